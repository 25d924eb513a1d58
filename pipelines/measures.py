"""The measures, month by month: SQL adds up what they are made of, `models` makes them of it.

`measures.inputs` holds the sums of each customer and month end; those of a segment or an entity are
theirs added together. Here each is handed to the pure functions, as exact decimals, and what they
answer becomes `measures.monthly`: a figure, a lower bound, or the reason why there is none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby, islice
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from models.delays import (
    AmountDays,
    days_beyond_terms_open,
    days_beyond_terms_paid,
    weighted_average_days_to_pay,
)
from models.dso import MonthSales, calendar_months, dso_family_countback, dso_simple
from models.effectiveness import (
    cei_percent,
    concentration_percent,
    overdue_percent,
    receivables_turnover,
)
from models.lawful_terms import NO_RULE_KNOWN, check_due_date, lawful_terms_percent
from models.measure import Measure
from models.terms import parse_terms
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from pipelines.staging import MadeTable

TOP_DEBTORS = 10
"""How many debtors the concentration takes."""

OF_TOP_DEBTORS = "what the ten largest debtors owe"
BOOKS_TOO_SHORT = "the books do not reach back to the start of the period"
TOO_LARGE = Measure(None, note="too large a figure to mean anything")
"""What is left of a figure that comes of next to no sales."""

LIMIT = Decimal(10) ** 11

STEPS = SQL / "measures" / "monthly"

ROWS_AT_ONCE = 20_000
"""How many inputs are in Python's hands at a time."""

# Segment is of scope segment alone, customer_id of scope customer. Where value is null, note says
# why there is none. The last month_end is the snapshot's day.
MONTHLY = """
create or replace table measures.monthly (
    scope varchar, entity_id varchar, currency varchar, segment varchar, customer_id varchar,
    month_end date, measure varchar, value decimal(18, 6), is_lower_bound boolean, note varchar
)
"""

KEY_TYPES = [*[pa.string()] * 5, pa.date32()]

JUDGED = pa.schema(
    [
        ("document_on", pa.date32()),
        ("due_on", pa.date32()),
        ("terms", pa.string()),
        ("is_lawful", pa.bool_()),
        ("warning", pa.string()),
    ]
)


class Inputs(NamedTuple):
    """A row of `measures/monthly/scopes.sql`: what the measures of one month end are made of."""

    scope: str
    entity_id: str
    currency: str
    segment: str | None
    customer_id: str | None
    month_end: date
    sales: Decimal
    sales_three_months: Decimal
    sales_year: Decimal
    receivable: Decimal
    opening_three_months: Decimal
    opening_year: Decimal
    open_debits: Decimal
    overdue: Decimal
    overdue_days: Decimal
    paid: Decimal
    paid_days_to_pay: Decimal
    paid_due: Decimal
    paid_days_late: Decimal
    judged: Decimal
    above: Decimal
    not_judged: Decimal
    warning: str | None
    month_on: date
    begun_on: date
    three_months_from: date
    three_months_days: int
    year_from: date


class Key(NamedTuple):
    """What a measure is of. Segment and customer are null in the other scopes."""

    scope: str
    entity_id: str
    currency: str
    segment: str | None
    customer_id: str | None
    month_end: date


Found = dict[str, Measure]
"""The measures of one scope and month end, by name."""


def make_monthly(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `measures.monthly`: every measure of every entity, segment and customer, by month."""
    con.execute("create schema if not exists measuring")
    _judge_terms(con, settings.defaults.country)
    con.execute(MONTHLY)
    measured = measure_each(map(Inputs._make, _rows(con, "scopes")))
    concentrated = concentrations(_rows(con, "debtors"))
    for found in (measured, concentrated):
        while _keep_some(con, found):
            pass
    con.execute("drop schema measuring cascade")


def measure_each(rows: Iterable[Inputs]) -> Iterator[tuple[Key, Found]]:
    """Return the measures of each row, in the order of the rows.

    Args:
        rows: Sorted by scope, entity, currency, segment and customer, then by month end. In a
            month without a row nothing was sold and nothing owed.
    """
    for _, rows_of_one in groupby(rows, key=lambda row: row[:5]):
        history = list(rows_of_one)
        begun_on = history[0].begun_on
        # From the beginning of the books, not of the customer: what a customer owed when they
        # began is older than all of their months.
        sales = {begun_on: Decimal(0)} | {row.month_on: row.sales for row in history}
        months = calendar_months(sales, as_of=history[-1].month_end)
        owed = [Decimal(0)] * len(months)
        for row in history:
            month = _months_between(begun_on, row.month_on)
            owed[month] = row.receivable
            year = owed[max(0, _months_between(begun_on, row.year_from)) : month + 1]
            yield (
                Key(*row[:6]),
                measures_of(row, months[: month + 1], [row.opening_year, *year]),
            )


def measures_of(row: Inputs, months: Sequence[MonthSales], balances: Sequence[Decimal]) -> Found:
    """Return every measure that the inputs of one scope and month end give.

    Args:
        row: The inputs.
        months: Sales by month since the books began, as `calendar_months` gives them.
        balances: What was owed a year before, and at each month end since.

    Returns:
        By name. What compares sales with balances is undefined until the books cover its period.
    """
    dso = cei = turnover = Measure(None, note=BOOKS_TOO_SHORT)
    if row.three_months_from >= row.begun_on:
        dso = dso_simple(row.receivable, row.sales_three_months, row.three_months_days)
        cei = cei_percent(
            row.opening_three_months,
            row.sales_three_months,
            closing=row.receivable,
            closing_not_due=row.receivable - row.overdue,
        )
    if row.year_from >= row.begun_on:
        turnover = receivables_turnover(row.sales_year, balances)
    countback = dso_family_countback(row.receivable, row.overdue, months)
    paid = AmountDays(row.paid_due, row.paid_days_late)
    overdue = AmountDays(row.overdue, row.overdue_days)
    return {
        "dso_simple": dso,
        "dso_countback": countback.dso,
        "dso_best_possible": countback.best_possible,
        "add_days": countback.add,
        "cei_percent": cei,
        "days_beyond_terms_paid": days_beyond_terms_paid(paid),
        "days_beyond_terms_open": days_beyond_terms_open(paid, overdue),
        "days_to_pay": weighted_average_days_to_pay(AmountDays(row.paid, row.paid_days_to_pay)),
        "turnover": turnover,
        "overdue_percent": overdue_percent(row.overdue, row.open_debits),
        "lawful_terms_percent": _lawful(row),
    }


def concentrations(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Key, Found]]:
    """Return the concentration of each entity, currency and month end.

    Args:
        rows: (entity_id, currency, month_end, group_id, owed), sorted.
    """
    for (entity_id, currency, month_end), debtors in groupby(rows, key=lambda row: row[:3]):
        share = concentration_percent((owed for *_, owed in debtors), top=TOP_DEBTORS)
        if share.value is not None:
            share = share._replace(note=OF_TOP_DEBTORS)
        yield (
            Key("entity", entity_id, currency, None, None, month_end),
            {"concentration_percent": share},
        )


def _lawful(row: Inputs) -> Measure:
    if row.judged == 0 and row.not_judged > 0:
        return Measure(None, note=NO_RULE_KNOWN)
    return lawful_terms_percent(row.judged, row.above, warning=row.warning)


def _judge_terms(con: duckdb.DuckDBPyConnection, country: str) -> None:
    """Make `measuring.lawful`. A pair of dates on the same terms is judged once, however often."""
    con.execute(f"create or replace view measuring.invoiced as {_select('invoiced')}")
    pairs = con.sql("select distinct document_on, due_on, terms from measuring.invoiced").fetchall()
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
    con.register("arriving", pa.Table.from_pylist(judged, JUDGED))
    con.execute("create or replace table measuring.judged as from arriving")
    con.unregister("arriving")
    con.execute(f"create or replace table measuring.lawful as {_select('lawful')}")


def _select(step: str) -> str:
    return SqlTable.read(STEPS / f"{step}.sql").select


def _rows(con: duckdb.DuckDBPyConnection, step: str) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a step as they come, on a connection of their own."""
    with con.cursor() as reader:
        reader.execute(_select(step))
        while rows := reader.fetchmany(ROWS_AT_ONCE):
            yield from rows


def _keep_some(con: duckdb.DuckDBPyConnection, found: Iterator[tuple[Key, Found]]) -> bool:
    """Add the next keys and their measures to `measures.monthly`; tell whether there were any."""
    keys: list[Key] = []
    columns: dict[str, tuple[list[Any], list[Any], list[Any]]] = defaultdict(lambda: ([], [], []))
    for key, measures in islice(found, ROWS_AT_ONCE):
        keys.append(key)
        # Into columns at once: millions of small objects would keep Python's collector busy.
        for name, measure in measures.items():
            values, bounds, notes = columns[name]
            value, is_lower_bound, note = measure
            if value is not None and abs(value) >= LIMIT:
                value, is_lower_bound, note = TOO_LARGE
            values.append(None if value is None else str(value))
            bounds.append(is_lower_bound)
            notes.append(note)
    if not keys:
        return False
    of_key = dict(zip(Key._fields, map(pa.array, zip(*keys, strict=True), KEY_TYPES), strict=True))
    tables = [
        pa.table(
            {
                **of_key,
                "measure": pa.repeat(name, len(keys)),
                "value": pa.array(values, pa.string()),
                "is_lower_bound": pa.array(bounds, pa.bool_()),
                "note": pa.array(notes, pa.string()),
            }
        )
        for name, (values, bounds, notes) in columns.items()
    ]
    con.register("arriving", pa.concat_tables(tables))
    # As text, every digit arrives; here they are rounded, half away from zero.
    con.execute(
        "insert into measures.monthly "
        "select * replace (cast(value as decimal(18, 6)) as value) from arriving"
    )
    con.unregister("arriving")
    return True


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def monthly_sources() -> tuple[str, ...]:
    """Return the tables that the measures are made from, as their SQL files say."""
    read = {name for file in sorted(STEPS.glob("*.sql")) for name in SqlTable.read(file).reads()}
    return tuple(sorted(name for name in read if not name.startswith("measuring.")))


MONTHLY_TABLE = MadeTable(
    "measures.monthly",
    "Every measure of each entity, segment and customer at each month end, by currency.",
    (*Key._fields, "measure"),
    monthly_sources(),
    make_monthly,
)
