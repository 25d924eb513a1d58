"""Every table is an asset: its comment the description, its SELECT the lineage."""

import dagster as dg
import duckdb

from models.errors import EncaisseError
from pipelines.checks import record_check
from pipelines.sql_tables import SqlTable, duplicates, read_all
from pipelines.staging import MADE, MadeTable
from pipelines.workshop import Workshop

ONE_ROW_PER_KEY = "one_row_per_key"


def table_asset(table: SqlTable | MadeTable) -> dg.AssetsDefinition:
    """Return the asset that makes `table`, or its macro, and checks the grain it states.

    The check is a part of the step, not a step of its own: nobody may read a table whose grain
    does not hold, and the refresh is half as many steps.
    """
    key = dg.AssetKey(table.full_name.split("."))
    made_by = "python" if isinstance(table, MadeTable) else "sql"

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(name.split(".")) for name in table.reads()],
        description=table.comment,
        group_name=key.path[0],
        kinds={"duckdb", made_by},
        check_specs=[
            dg.AssetCheckSpec(
                ONE_ROW_PER_KEY,
                asset=key,
                blocking=True,
                description=f"One row per {', '.join(table.grain)}.",
            )
        ],
    )
    def build(workshop: Workshop) -> dg.MaterializeResult:
        try:
            if isinstance(table, MadeTable):
                table.make(workshop.con, workshop.settings)
            else:
                table.create(workshop.con)
        except duckdb.CatalogException as error:
            raise EncaisseError(
                f"{table.full_name} reads a table that this run has not made: {error}",
                where=table.full_name,
                fix="launch the whole job `refresh`: each run begins with an empty database",
            ) from error
        asks = isinstance(table, SqlTable) and table.asks
        source = f"{table.full_name}(?)" if asks else table.full_name
        found = duplicates(workshop.con, source, table.grain, *([workshop.as_of] if asks else []))
        metadata = {}
        if not asks:
            [(metadata["dagster/row_count"],)] = workshop.con.sql(
                f"select count(*) from {table.full_name}"  # noqa: S608 - a name of our own
            ).fetchall()
        return dg.MaterializeResult(
            metadata=metadata,
            check_results=[
                record_check(
                    workshop.con,
                    ONE_ROW_PER_KEY,
                    subject=table.full_name,
                    passed=not found,
                    detail=_told(table.grain, found),
                    failing_rows=len(found),
                )
            ],
        )

    return build


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
