"""A database to make tables in, from the ledger of a published snapshot."""

from collections.abc import Collection, Iterable
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from pipelines.defs.previous import ITEMS, MONTH_ENDS
from pipelines.editions import CHANGES_KNOWN
from pipelines.measures import FIGURES_TABLE
from pipelines.room import begin_small
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, make_schema, read_all
from pipelines.staging import MADE, MadeTable
from published.machine import cores
from published.snapshot import Pointer, current

BUCKETS = next(table for table in MADE if table.full_name == "receivables.buckets")
MARTS = ("receivables.", "measures.")
GIVEN = frozenset(
    f"staging.{name}"
    for name in (
        *("run", "entities", "table_items", "changes_known"),
        *("previous_items", "previous_month_ends"),
    )
)
"""Scaffolding that a snapshot does not keep, and that is made again here."""


def opened(
    folder: str, making: Collection[str] = (), file: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a database that shows what a home has published, and the scaffolding.

    Args:
        folder: The home.
        making: Full names of the tables that are to be made: the snapshot's own are hidden.
        file: The database's file; default memory.
    """
    pointer = current(Path(folder))
    con = duckdb.connect(
        file or ":memory:", config={"preserve_insertion_order": False, "threads": cores()}
    )
    begin_small(con)
    snapshot = str(pointer.path).replace("'", "''")
    con.execute(f"attach '{snapshot}' as books (read_only)")
    _make_scaffolding(con, pointer)
    there = con.sql(
        "select schema_name, table_name from duckdb_tables() where database_name = 'books'"
    ).fetchall()
    for schema, name in there:
        make_schema(con, schema)
        if f"{schema}.{name}" not in making:
            con.execute(f"create view {schema}.{name} as from books.{schema}.{name}")
    for previous, source in ((ITEMS, "ledger.items"), (MONTH_ENDS, "receivables.month_ends")):
        con.execute(previous.format(source=f"books.{source}"), {"as_of": None})  # no row of it
    return con


def create(con: duckdb.DuckDBPyConnection, table: SqlTable | MadeTable) -> None:
    """Make a table, or a macro, as a refresh does."""
    if isinstance(table, MadeTable):
        table.make(con, Settings())
    else:
        table.create(con)


def keeps_nothing(table: SqlTable | MadeTable) -> bool:
    """Say whether nothing of it is kept: a question with parameters, or a view."""
    return isinstance(table, SqlTable) and (bool(table.asks) or table.is_view)


def in_order(tables: Iterable[SqlTable | MadeTable]) -> list[SqlTable | MadeTable]:
    """Return the tables, each after those of them that it reads."""
    by_name = {table.full_name: table for table in tables}
    graph = {name: set(table.reads()) & by_name.keys() for name, table in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def marts(folder: str) -> list[SqlTable | MadeTable]:
    """Return the tables and macros of receivables and measures that a ledger is enough to make.

    In the order in which they can be made, with the steps that they need. What needs the extracts
    too is taken as published.
    """
    there = {*current(Path(folder)).row_counts, *GIVEN}
    found: list[SqlTable | MadeTable] = []
    for table in in_order([*read_all(), *MADE, FIGURES_TABLE]):
        is_mart = table.full_name.startswith(("staging.", *MARTS))
        if is_mart and table.full_name not in GIVEN and set(table.reads()) <= there:
            found.append(table)
            there.add(table.full_name)
    needed: set[str] = set()
    for table in reversed(found):
        if table.full_name.startswith(MARTS) or table.full_name in needed:
            needed |= {table.full_name, *table.reads()}
    return [table for table in found if table.full_name in needed]


def _make_scaffolding(con: duckdb.DuckDBPyConnection, pointer: Pointer) -> None:
    con.execute("create schema staging")
    con.execute(
        "create table staging.run as select cast($as_of as date) as as_of", {"as_of": pointer.as_of}
    )
    con.execute(
        "create table staging.entities as select *, $terms as payment_terms "
        "from books.ledger.entities",
        {"terms": Settings().defaults.payment_terms},
    )
    con.register("nothing", CHANGES_KNOWN.empty_table())  # the sample's files replace no other
    con.execute("create table staging.changes_known as from nothing")
    con.unregister("nothing")
    con.execute("create table staging.table_items (item_id bigint, terms varchar)")
