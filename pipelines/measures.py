"""The measures, month by month: SQL adds up what they are made of, and makes them of it.

`measures.inputs` holds the sums of each customer and month end; those of a segment or an entity are
theirs added together. `measures.figures` is made of them in exact whole numbers, by the rules and
with the sentences of `models`, whose functions say the same of one customer and one month: a
figure, a lower bound, or the reason why there is none. `measures.monthly` shows them with whose
they are.
"""

import re
from collections.abc import Mapping
from datetime import date

import duckdb
import pyarrow as pa

from models.delays import NOTHING_PAID, NOTHING_PAID_OR_OVERDUE
from models.dso import BEST_POSSIBLE_IS_A_BOUND, HISTORY_EXHAUSTED, NO_SALES
from models.effectiveness import NOTHING_OWED, NOTHING_TO_COLLECT
from models.lawful_terms import NO_RULE_KNOWN, NOTHING_INVOICED, check_due_date
from models.terms import parse_terms
from pipelines.engines.steps import Step, run_steps
from pipelines.settings import Settings
from pipelines.sql_tables import FUNCTIONS, SQL, SqlTable, create_macro, of_day
from pipelines.staging import MadeTable

TOP_DEBTORS = 10
"""How many debtors the concentration takes."""

OF_TOP_DEBTORS = "what the ten largest debtors owe"
BOOKS_TOO_SHORT = "the books do not reach back to the start of the period"
TOO_LARGE = "too large a figure to mean anything"
"""What is left of a figure that comes of next to no sales."""

LIMIT = 10**11

STEPS = SQL / "measures" / "monthly"
STEPS_ASKED = ("scopes", "countback", "debtors")
"""What is worked out for any day. Lawful terms are judged in between, and not asked of the past."""

PAIRS = """
select distinct document_on, due_on, terms from measuring.invoiced
"""

LARGEST = {"top_debtors": TOP_DEBTORS}
"""What `debtors.sql` is told."""

SAID: dict[str, str | int] = {
    "limit": LIMIT,
    "too_large": TOO_LARGE,
    "books_too_short": BOOKS_TOO_SHORT,
    "of_top_debtors": OF_TOP_DEBTORS,
    "no_sales": NO_SALES,
    "history_exhausted": HISTORY_EXHAUSTED,
    "best_possible_is_a_bound": BEST_POSSIBLE_IS_A_BOUND,
    "nothing_to_collect": NOTHING_TO_COLLECT,
    "nothing_owed": NOTHING_OWED,
    "nothing_paid": NOTHING_PAID,
    "nothing_paid_or_overdue": NOTHING_PAID_OR_OVERDUE,
    "nothing_invoiced": NOTHING_INVOICED,
    "no_rule_known": NO_RULE_KNOWN,
}
"""What `figures.sql` is told: the bounds above, and the sentences of `models`."""

FIGURES = """
create or replace table measures.figures (
    series integer, month_end date, measure varchar, value decimal(18, 6), is_lower_bound boolean,
    note varchar
)
"""

# What was known on the day: an item of which a change was not known yet counts as open.
MOVEMENTS_KNOWN = """
select * replace (
    case
        when $known_on is null or closed_known_on <= $known_on then open_until
        else date '9999-12-31'
    end as open_until
)
from receivables.movements_known($known_on)
"""

# A payment that came back is one until that was known.
PAYMENTS_KNOWN = """
select *
from measures.payments_made
where
    ($known_on is null or known_on <= $known_on)
    and (undone_known_on is null or undone_known_on > $known_on)
"""

NOT_ASKED = """
select
    cast(null as int) as series,
    cast(null as date) as month_end,
    cast(0 as decimal(18, 2)) as judged,
    cast(0 as decimal(18, 2)) as above,
    cast(0 as decimal(18, 2)) as not_judged,
    cast(null as varchar) as warning
where false
"""

AT = """
select
    series.scope, series.entity_id, series.currency, series.segment, series.customer_id,
    figures.measure, figures.value, figures.is_lower_bound, figures.note
from asked_measuring_figures as figures
join asked_measures_series as series on series.series = figures.series
where figures.month_end = cast($as_of as date) and figures.measure <> 'lawful_terms_percent'
"""

JUDGED = pa.schema(
    [
        ("document_on", pa.date32()),
        ("due_on", pa.date32()),
        ("terms", pa.string()),
        ("is_lawful", pa.bool_()),
        ("warning", pa.string()),
    ]
)


def make_figures(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `measures.figures`: every measure of every entity, segment and customer, by month."""
    con.execute(FIGURES)
    run_steps(con, figures_steps(settings))
    con.execute("drop schema measuring cascade")
    make_at(con)


def figures_steps(settings: Settings) -> list[Step]:
    """Return the tables to make, one after the other."""

    def judge(pairs: list[tuple[date, date, str]]) -> pa.Table:
        return _judge_terms(pairs, settings.defaults.country)

    return [
        Step("measuring.invoiced", _select("invoiced")),
        Step("measuring.judged", PAIRS, make=judge),
        Step("measuring.lawful", _select("lawful")),
        Step("measuring.scopes", _select("scopes")),
        Step("measuring.countback", _select("countback")),
        Step("measuring.debtors", _select("debtors"), LARGEST),
        Step("measures.figures", _select("figures"), SAID, add=True),
    ]


def make_at(con: duckdb.DuckDBPyConnection) -> None:
    """Make the macro `measures.at`: the measures of any day, as they were known by another.

    It is the SELECTs of the tables, one reading the other: the same rules, for one day. The history
    up to that day is worked out each time. Whether terms are lawful is not asked of the past.
    """
    [cents] = (function for function in FUNCTIONS if function.startswith("cents("))
    con.execute(f"create or replace macro measures.{cents}")
    names = {
        "measures.periods": SQL / "measures" / "periods.sql",
        "receivables.month_ends": SQL / "receivables" / "month_ends.sql",
        "measures.inputs": SQL / "measures" / "inputs.sql",
        "measures.series": SQL / "measures" / "series.sql",
        **{f"measuring.{step}": STEPS / f"{step}.sql" for step in STEPS_ASKED},
        "measuring.figures": STEPS / "figures.sql",
    }
    steps = {
        "receivables.movements": MOVEMENTS_KNOWN,
        "measures.payments": PAYMENTS_KNOWN,
        "measuring.lawful": NOT_ASKED,
        **{name: SqlTable.read(path).select for name, path in names.items()},
    }
    told = ",\n".join(
        f"{_asked(name)} as (\n{_read_from(select, steps)}\n)" for name, select in steps.items()
    )
    create_macro(con, "measures.at", f"with {told}\n{AT}", (("as_of", None), ("known_on", "null")))


def _read_from(select: str, steps: Mapping[str, str]) -> str:
    """Return the SELECT of a step as it reads the others, with what it is told written out."""
    select = of_day(select)
    for name in steps:
        if select not in (MOVEMENTS_KNOWN, PAYMENTS_KNOWN):
            select = re.sub(rf"\b{name}\b", _asked(name), select)
    for name, value in {**LARGEST, **SAID}.items():
        said = str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
        select = re.sub(rf"\${name}\b", said, select)
    return select.replace("cents(", "measures.cents(")


def _asked(table: str) -> str:
    return "asked_" + table.replace(".", "_")


def _judge_terms(pairs: list[tuple[date, date, str]], country: str) -> pa.Table:
    """Return `measuring.judged`: each pair of dates on the same terms is judged once."""
    terms = {text: parse_terms(text) if text else None for _, _, text in pairs}
    judged = []
    for document_on, due_on, text in pairs:
        check = check_due_date(document_on, due_on, terms=terms[text], country=country)
        judged.append(
            {
                "document_on": document_on,
                "due_on": due_on,
                "terms": text,
                "is_lawful": check.is_lawful,
                "warning": check.warning,
            }
        )
    return pa.Table.from_pylist(judged, JUDGED)


def _select(step: str) -> str:
    return SqlTable.read(STEPS / f"{step}.sql").select


def figures_sources() -> tuple[str, ...]:
    """Return the tables that the measures are made from, as their SQL files say."""
    read = {name for file in sorted(STEPS.glob("*.sql")) for name in SqlTable.read(file).reads()}
    return tuple(sorted(name for name in read if not name.startswith("measuring.")))


FIGURES_TABLE = MadeTable(
    "measures.figures",
    "What measures.monthly shows, by the number that measures.series gives to whose it is.",
    ("series", "month_end", "measure"),
    figures_sources(),
    make_figures,
    figures_steps,
    make_at,
)
