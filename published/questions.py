"""The questions that scripts, exports and screens ask of a snapshot, each with one definition.

A question is a published table, or one of the three that a script asks most: `open_items`,
`aged_balances` and `measures`. Values travel as parameters; a name reaches the SQL only if it is
in the snapshot's own catalogue.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import duckdb
import pyarrow as pa

from models.ageing import Convention
from models.errors import EncaisseError
from published.snapshot import rows

Basis = Literal["due", "document"]

BOUNDS = (30, 60, 90, 120)
"""Last day late of each bucket, where nobody says otherwise."""

MEASURES = "measures.monthly"

# The two questions that age the open items. Ordered, so that the same question gives the same file.
AGED = {
    "open_items": (
        "from receivables.aged_items("
        "$as_of, _known_on := $known_on, _basis := $basis, _bounds := $bounds, "
        "_convention := $convention) "
        "{where} order by entity_id, currency, customer_id, bucket_rank, item_id"
    ),
    "aged_balances": (
        "from receivables.aged_balances("
        "$as_of, _known_on := $known_on, _basis := $basis, _bounds := $bounds, "
        "_convention := $convention) "
        "{where} order by entity_id, currency, customer_id, bucket_rank"
    ),
}

RESTATEMENTS = (
    "from receivables.restatements($as_of, $since, _until := $until) {where} "
    "order by entity_id, currency, customer_id, document_ref, item_id"
)

KNOWN = "_known"
"""What ends the name of the macro of a table that can be asked as it was known on a day."""

# The column that says from which day on a row counts, of the tables that have one.
DAY_OF = {
    "ledger.items": "booked_on",
    "ledger.matches": "matched_on",
    "ledger.bank_lines": "booked_on",
    "receivables.movements": "event_on",
    "receivables.daily_balances": "day",
    "receivables.month_ends": "month_end",
    "receivables.receipts": "received_on",
    "worklist.outcomes": "listed_on",
    "measures.daily_dso": "day",
    MEASURES: "month_end",
}


def ask(  # noqa: PLR0913  (these are the filters that scripts rely on)
    con: duckdb.DuckDBPyConnection,
    table: str,
    *,
    as_of: date | None = None,
    known_on: date | None = None,
    basis: Basis = "due",
    bounds: Sequence[int] | None = None,
    convention: Convention = Convention.ENCAISSE,
    entity: str | None = None,
    currency: str | None = None,
    customer: str | None = None,
) -> pa.Table:
    """Return a published table, or the answer to one of the named questions.

    Args:
        con: A connection to a snapshot.
        table: A name that `tables` lists, with its schema or without.
        as_of: The day to look at; default the snapshot's own. `open_items` and `aged_balances` are
            worked out for that day; of a list of dated facts (items, matches, measures), those up
            to that day; a table without dates refuses it.
        known_on: Only what was known at the close of that day, and as it was told then; default
            what is known now. `open_items`, `aged_balances` and the tables that have a macro
            `<table>_known` can be asked so; a list of matches or items says itself when each row
            was known.
        basis: Age by due date or by document date. Only the two aged questions have an age.
        bounds: Last day late of each bucket, rising; default 30, 60, 90, 120.
        convention: Whose boundaries to age by, to compare with the system a total came from.
        entity: Only this entity.
        currency: Only this currency, three capital letters.
        customer: Only this customer.

    Returns:
        Money as decimal128, positive is owed to us, in the currency of its row. Sorted: the same
        question of the same snapshot gives the same rows in the same order.

    Raises:
        EncaisseError: There is no such table, entity, currency or customer, or the table cannot be
            filtered in that way.
    """
    filters = {"entity_id": entity, "currency": currency, "customer_id": customer}
    wanted = {column: value for column, value in filters.items() if value is not None}
    name = table.removeprefix("receivables.")
    if name in AGED:
        ageing = {
            "as_of": as_of or snapshot_day(con),
            "known_on": known_on,
            "basis": basis,
            "bounds": _rising(bounds or BOUNDS),
            "convention": str(convention),
        }
        where = " and ".join(f"{column} = ${column}" for column in wanted)
        question = AGED[name].format(where=f"where {where}" if where else "")
        found = rows(con, question, **ageing, **wanted)
    elif basis != "due" or bounds is not None or convention is not Convention.ENCAISSE:
        raise EncaisseError(
            f"{table} has no age: it cannot be asked by document date, in buckets or by a "
            "convention.",
            where=table,
            fix="ask open_items or aged_balances, or leave out what says how to age",
        )
    else:
        found = _table(con, _full_name(con, table), as_of, known_on, wanted)
    if not found.num_rows:
        _refuse_strangers(con, wanted)
    return found


def restatements(  # noqa: PLR0913  (these are the filters that scripts rely on)
    con: duckdb.DuckDBPyConnection,
    *,
    as_of: date,
    since: date,
    until: date | None = None,
    entity: str | None = None,
    currency: str | None = None,
    customer: str | None = None,
) -> pa.Table:
    """Return what changed about a day between two days of knowledge, item by item.

    Args:
        con: A connection to a snapshot.
        as_of: The day looked at.
        since: What was known at the close of that day is `amount_before`.
        until: What was known at the close of that day is `amount_after`; default now.
        entity: Only this entity.
        currency: Only this currency, three capital letters.
        customer: Only this customer.

    Returns:
        One row for each item that changed; `difference` adds up, for each entity and currency, to
        the difference of the two views. Positive is owed to us.

    Raises:
        EncaisseError: `until` is before `since`, or there is no such entity, currency or customer.
    """
    if until is not None and until < since:
        raise EncaisseError(
            f"What was known on {until} is less than what was known on {since}.",
            where="the days of knowledge",
            fix="give the earlier day first",
        )
    filters = {"entity_id": entity, "currency": currency, "customer_id": customer}
    wanted = {column: value for column, value in filters.items() if value is not None}
    where = " and ".join(f"{column} = ${column}" for column in wanted)
    question = RESTATEMENTS.format(where=f"where {where}" if where else "")
    found = rows(con, question, as_of=as_of, since=since, until=until, **wanted)
    if not found.num_rows:
        _refuse_strangers(con, wanted)
    return found


def tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what can be asked: the named questions, then each published table with its schema."""
    return [*AGED, "measures", *_catalogue(con)]


def snapshot_day(con: duckdb.DuckDBPyConnection) -> date:
    """Return the day that the snapshot is of."""
    [(day,)] = con.sql("select as_of from meta.snapshot").fetchall()
    return day


def _catalogue(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        name
        for (name,) in con.sql(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal "
            "union all select schema_name || '.' || view_name from duckdb_views() "
            "where not internal order by all"
        ).fetchall()
    ]


def _full_name(con: duckdb.DuckDBPyConnection, table: str) -> str:
    if table == "measures":
        return MEASURES
    for name in _catalogue(con):
        if table in (name, name.partition(".")[2]):
            return name
    raise EncaisseError(
        f"There is no published table called {table}.",
        where="the published snapshot",
        fix="ask for one of " + ", ".join(tables(con)),
    )


def _table(
    con: duckdb.DuckDBPyConnection,
    name: str,
    as_of: date | None,
    known_on: date | None,
    wanted: dict[str, Any],
) -> pa.Table:
    columns = {
        column
        for (column,) in con.sql(
            "select column_name from duckdb_columns() "
            "where schema_name || '.' || table_name = $name",
            params={"name": name},
        ).fetchall()
    }
    missing = sorted(wanted.keys() - columns)
    if as_of is not None and name not in DAY_OF:
        missing.append("date")
    if known_on is not None and not _can_be_known(con, name):
        missing.append("day of knowledge")
    if missing:
        raise EncaisseError(
            f"{name} has no {' and no '.join(missing)} to choose by.",
            where=name,
            fix="ask for the whole table",
        )
    conditions = [f"{column} = ${column}" for column in wanted]
    source = name
    if known_on is not None:
        # What was known then of every day up to the one asked.
        source = f"{name}{KNOWN}($as_of, _known_on := $known_on)"
        wanted = {**wanted, "as_of": as_of or snapshot_day(con), "known_on": known_on}
    elif as_of is not None:
        conditions.append(f"{DAY_OF[name]} <= $as_of")
        wanted = {**wanted, "as_of": as_of}
    where = f"where {' and '.join(conditions)}" if conditions else ""
    # The name comes from the catalogue, the columns from the list above: nothing here was typed.
    return rows(con, f"from {source} {where} order by all", **wanted)


def _can_be_known(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(
        con.sql(
            "select 1 from duckdb_functions() "
            "where schema_name || '.' || function_name = $name "
            "and list_contains(parameters, '_as_of')",
            params={"name": f"{name}{KNOWN}"},
        ).fetchall()
    )


def _rising(bounds: Sequence[int]) -> list[int]:
    if list(bounds) != sorted(set(bounds)) or min(bounds) < 1:
        raise EncaisseError(
            f"The buckets {', '.join(map(str, bounds))} do not follow one another.",
            where="the last day late of each bucket",
            fix="give whole days, each larger than the one before, such as 30, 60, 90, 120",
        )
    return list(bounds)


def _refuse_strangers(con: duckdb.DuckDBPyConnection, wanted: dict[str, Any]) -> None:
    """Refuse a name that the books have never seen: an empty file would look like an answer."""
    for column, value in wanted.items():
        known = con.sql(
            f"select 1 from ledger.items where {column} = $value "  # noqa: S608  (our own names)
            f"union all select 1 from ledger.customers where {column} = $value limit 1",
            params={"value": value},
        ).fetchall()
        if not known:
            what = column.removesuffix("_id")
            raise EncaisseError(
                f"The books have no {what} called {value}.",
                where=what,
                fix=f"look the {what} up in the table customers, or in items",
            )
