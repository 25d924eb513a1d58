"""Scoring: the open book asked about on the day after, and what the model answers.

`open_book` is what the cash forecast and the risk build on: the questions of the open book, and a
distribution over days for each. What is published of it is dated and rounded here.
"""

from datetime import date
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.timing.answering import TimingModel
from models.timing.curves import Curves
from models.timing.features import GROUPS, KNOWN
from models.timing.frame import Frame, History
from pipelines.predictions.features import Asked, ask_open_book, history_at
from pipelines.sql_tables import SQL, SqlTable

STEPS = SQL / "predictions" / "payment_timing"
QUANTILES = (10, 25, 50, 75, 90)
MOST_REASONED = 10_000
"""How many items are given reasons: a reason takes twenty answers. The largest are."""

LIKELIER_NEVER = 0.5
"""From this probability of never being paid on, no day is expected."""


class Answers(NamedTuple):
    """The open book of a day and what the model says of it, row by row.

    Attributes:
        asked: The questions; `asked.item` is the open item of each row.
        curves: When each will be paid, given that it is open at the end of the day.
        history: What was known at the end of the day.
    """

    asked: Asked
    curves: Curves
    history: History


def open_book(con: duckdb.DuckDBPyConnection, model: TimingModel, as_of: date) -> Answers:
    """Ask the model about every open debit of a day, as published."""
    history = history_at(con, as_of)
    asked = ask_open_book(con, as_of)
    return Answers(asked, model.predict(history, asked.frame), history)


def make_payment_timing(
    con: duckdb.DuckDBPyConnection, model: TimingModel, answers: Answers
) -> None:
    """Make `predictions.payment_timing` and `predictions.reasons` of what the model answers."""
    con.execute("create schema if not exists predictions")
    con.register("said", _said(model, answers))
    con.execute(f"create or replace table predictions.payment_timing as ({_select('timing')})")
    con.unregister("said")
    con.register("told", _told(model, answers))
    con.register("known", _known(answers))
    con.execute(f"create or replace temp table facts as ({_facts()})")
    con.execute(f"create or replace table predictions.reasons as ({_select('reasons')})")
    con.execute("drop table facts")
    con.unregister("told")
    con.unregister("known")


def _said(model: TimingModel, answers: Answers) -> pa.Table:
    asked, curves, history = answers
    frame = asked.frame
    never = curves.never()
    expected = curves.expected_delay()
    columns = {f"p{each}_on": _dated(frame, curves.quantile(each / 100)) for each in QUANTILES}
    likely = np.where(never < LIKELIER_NEVER, expected, np.nan)
    rests_on, counts = model.rests_on(history, frame)
    return pa.table(
        {
            "item_id": asked.item,
            **columns,
            "expected_on": _dated(frame, likely),
            "expected_delay": expected,
            "late": curves.late_probability(0),
            "late_30": curves.late_probability(30),
            "unpaid_90": curves.late_probability(90),
            "never": never,
            "method": pa.array([model.method] * len(frame), pa.string()),
            "rests_on": pa.array(rests_on.tolist(), pa.string()),
            "rests_on_count": np.asarray(counts, np.int32),
        }
    )


def _dated(frame: Frame, delays: NDArray[np.floating]) -> pa.Array:
    """Return days of delay as dates; null where there is none."""
    missing = np.isnan(delays)
    days = frame.due + np.round(np.where(missing, 0, delays)).astype(np.int32)
    return pa.array(days.astype(np.int32), mask=missing).cast(pa.date32())


def _told(model: TimingModel, answers: Answers) -> pa.Table:
    """Return the reasons of the rows, one below the other: item, code, effect in days."""
    asked = answers.asked
    largest = np.lexsort((asked.item, -asked.frame.amount))[:MOST_REASONED]
    codes, days = model.reasons(answers.history, asked.frame.take(largest))
    wide = codes.shape[1]
    return pa.table(
        {
            "item_id": np.repeat(asked.item[largest], wide),
            "code": pa.array(codes.ravel().tolist(), pa.string()),
            "effect": days.ravel().astype(np.float64),
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


def _known(answers: Answers) -> pa.Table:
    frame = answers.asked.frame
    return pa.table(
        {
            "item_id": answers.asked.item,
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
