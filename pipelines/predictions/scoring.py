"""Scoring: the open book asked about on the day after, and what the model answers.

Which items are asked about, and which of them are the largest, is seen here. Each one is answered
by itself (`predictions.answers`): in this process, or by the workers of a cluster.
"""

from collections.abc import Callable
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.timing.answering import TimingModel
from models.timing.features import GROUPS, KNOWN
from models.timing.of_a_day import ModelOfADay
from pipelines.engines.batches import Answer, answer_here
from pipelines.predictions.answers import Answers, rows_that_ask
from pipelines.predictions.features import Asked, history_at, open_book
from pipelines.sql_tables import SQL, SqlTable

STEPS = SQL / "predictions" / "payment_timing"
MOST_REASONED = 10_000
"""How many items are given reasons: a reason takes twenty answers. The largest are."""


def make_payment_timing(
    con: duckdb.DuckDBPyConnection,
    model: TimingModel,
    as_of: date,
    score: Callable[[pa.Table, Answer], pa.Table] = answer_here,
) -> None:
    """Make `predictions.payment_timing` and `predictions.reasons`: every open debit, asked about.

    Args:
        con: A connection with the tables of the features, the open book of the day among them.
        model: What is asked.
        as_of: The day, as published; the questions are of the day after.
        score: Has the rows of the first answered by the second.
    """
    asked = open_book(con)
    is_reasoned = _are_largest(asked)
    answers = Answers(ModelOfADay.of(model, history_at(con, as_of)))
    # Those with reasons come first: few of them in every batch would take longer than all in some.
    rows = rows_that_ask(asked.frame, asked.item, is_reasoned)
    rows = rows.take(np.argsort(~is_reasoned, kind="stable"))
    said = score(rows, answers).sort_by("item_id")
    con.execute("create schema if not exists predictions")
    con.register("said", _with_method(said, model.method))
    con.execute(f"create or replace table predictions.payment_timing as ({_select('timing')})")
    con.unregister("said")
    con.register("told", _told(said))
    con.register("known", _known(asked).filter(pa.array(is_reasoned)))
    con.execute(f"create or replace temp table facts as ({_facts()})")
    con.execute(f"create or replace table predictions.reasons as ({_select('reasons')})")
    con.execute("drop table facts")
    con.unregister("told")
    con.unregister("known")


def _are_largest(asked: Asked) -> NDArray[np.bool_]:
    """Tell which items are to have reasons."""
    found = np.zeros(len(asked.item), bool)
    found[np.lexsort((asked.item, -asked.frame.amount))[:MOST_REASONED]] = True
    return found


def _with_method(said: pa.Table, method: str) -> pa.Table:
    return said.append_column("method", pa.array([method] * len(said), pa.string()))


def _told(said: pa.Table) -> pa.Table:
    """Return the reasons of the rows, one below the other: item, code, effect in days."""
    reasoned = said.filter(pc.is_valid(said["codes"]))
    place = pc.list_parent_indices(reasoned["codes"])
    return pa.table(
        {
            "item_id": reasoned["item_id"].take(place),
            "code": pc.list_flatten(reasoned["codes"]),
            "effect": pc.list_flatten(reasoned["effects"]),
        }
    )


DAYS = {
    "term_days": ("terms", "due - issued"),
    "asked_delay_days": ("item", "asked - due"),
    "due_weekday": ("calendar", "(due + 3) % 7"),
    "due_day_of_month": ("calendar", "extract(day from date '1970-01-01' + due)"),
    "due_to_month_end_days": (
        "calendar",
        "cast(last_day(date '1970-01-01' + due) - date '1970-01-01' as int) - due",
    ),
}
"""The facts that follow from the document's own days: their group, and how they follow."""


def _known(asked: Asked) -> pa.Table:
    frame = asked.frame
    return pa.table(
        {
            "item_id": asked.item,
            **{name: getattr(frame, name) for name in ("issued", "due", "asked")},
            **{each.name: frame.feature(each.name) for each in KNOWN},
        }
    )


def _facts() -> str:
    """Return the SELECT of the facts of each row and group: JSON of what is known, no more.

    A logarithm of an amount is said as the amount.
    """
    selects = []
    for group in GROUPS:
        facts = [_fact(each.name, each.name, each.unit) for each in KNOWN if each.group == group]
        facts += [_fact(name, how, "days") for name, (own, how) in DAYS.items() if own == group]
        if facts:
            said = f"'{{' || concat_ws(', ', {', '.join(facts)}) || '}}'"
            # All that is put together here are names of our own.
            selects.append(
                f"select item_id, '{group}' as code, {said} as facts from known"  # noqa: S608
            )
    return " union all ".join(selects)


DECIMALS = {"days": 1, "share": 3, "count": 2, "log": 3, "flag": 0}


def _fact(name: str, value: str, unit: str) -> str:
    digits = DECIMALS[unit]
    if unit == "log" and name.endswith("_amount_log"):
        name, value, digits = name.removesuffix("_log"), f"exp(cast({value} as double)) - 1", 2
    number = f"cast(cast({value} as double) as decimal(18, {digits}))"
    return (
        f"case when not isnan(cast({value} as double)) "
        f"then '\"{name}\": ' || cast({number} as varchar) end"
    )


def _select(name: str) -> str:
    return SqlTable.read(STEPS / f"{name}.sql").select
