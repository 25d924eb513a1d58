"""Every table is an asset: its comment the description, its SELECT the lineage."""

from typing import Any

import dagster as dg
import duckdb

from models.errors import EncaisseError
from pipelines.checks import record_check
from pipelines.room import AMPLE, LITTLE, with_room
from pipelines.sql_tables import SqlTable, duplicates, read_all
from pipelines.staging import MADE, MadeTable
from pipelines.workshop import Workshop

ONE_ROW_PER_KEY = "one_row_per_key"
MARTS = ("receivables", "measures")
"""Schemas of tables that are made in little memory: from the movements, in ranges of customers."""


def table_asset(table: SqlTable | MadeTable) -> dg.AssetsDefinition:
    """Return the asset that makes `table`, or its macro, and checks the grain it states.

    The check is a part of the step, not a step of its own: nobody may read a table whose grain
    does not hold, and the refresh is half as many steps. A view has the grain of what it shows.
    """
    key = dg.AssetKey(table.full_name.split("."))
    made_by = "python" if isinstance(table, MadeTable) else "sql"
    is_view = isinstance(table, SqlTable) and table.is_view
    room = LITTLE if key.path[0] in MARTS else AMPLE

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(name.split(".")) for name in table.reads()],
        description=table.comment,
        group_name=key.path[0],
        kinds={"duckdb", made_by},
        check_specs=[] if is_view else [grain_spec(table.full_name, table.grain)],
    )
    def build(workshop: Workshop) -> dg.MaterializeResult:
        with workshop.stopped_at_once():
            return with_room(workshop.con, lambda: make_and_check(workshop), room=room)

    def make_and_check(workshop: Workshop) -> dg.MaterializeResult:
        try:
            workshop.make(table)
        except duckdb.CatalogException as error:
            raise EncaisseError(
                f"{table.full_name} reads a table that this run has not made: {error}",
                where=table.full_name,
                fix="launch the whole job `refresh`: each run begins with an empty database",
            ) from error
        if is_view:
            return dg.MaterializeResult()
        asks = table.asks if isinstance(table, SqlTable) else ()
        # What has a default is not asked; what has none is the day.
        values = [workshop.as_of for _, default in asks if default is None]
        source = f"{table.full_name}({', '.join('?' * len(values))})" if asks else table.full_name
        metadata = {}
        if not asks:
            [(metadata["dagster/row_count"],)] = workshop.con.sql(
                f"select count(*) from {table.full_name}"  # noqa: S608 - a name of our own
            ).fetchall()
        return dg.MaterializeResult(
            metadata=metadata,
            check_results=[
                check_grain(workshop.con, table.full_name, table.grain, source, *values)
            ],
        )

    return build


def grain_spec(table: str, grain: tuple[str, ...]) -> dg.AssetCheckSpec:
    """Declare the check that no two rows of a table have the same key."""
    return dg.AssetCheckSpec(
        ONE_ROW_PER_KEY,
        asset=dg.AssetKey(table.split(".")),
        blocking=True,
        description=f"One row per {', '.join(grain)}.",
    )


def check_grain(
    con: duckdb.DuckDBPyConnection,
    table: str,
    grain: tuple[str, ...],
    source: str | None = None,
    *values: Any,
) -> dg.AssetCheckResult:
    """Check it.

    Args:
        con: The workshop's connection.
        table: The table's full name.
        grain: The columns that identify a row.
        source: What to read, where it is not the table: a macro with its question marks.
        values: The values of those.
    """
    found = duplicates(con, source or table, grain, *values)
    return record_check(
        con,
        ONE_ROW_PER_KEY,
        subject=table,
        passed=not found,
        detail=_told(grain, found),
        failing_rows=len(found),
    )


def _told(grain: tuple[str, ...], found: list[tuple[object, ...]]) -> str:
    keys = ", ".join(grain)
    if not found:
        return f"One row per {keys}."
    first = ", ".join(map(str, found[0]))
    return f"More than one row for the same {keys}; the first is {first}."


@dg.definitions
def defs() -> dg.Definitions:
    """All tables of the project, in whatever order their SELECTs need."""
    tables: list[SqlTable | MadeTable] = [*read_all(), *MADE]
    return dg.Definitions(assets=[table_asset(table) for table in tables])
