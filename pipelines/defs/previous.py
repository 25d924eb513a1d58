"""What the previous snapshot said, for the question "what changed, and why"."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb

from pipelines.workshop import Workshop

# An older snapshot names items by the MD5 of which the number is the first 15 digits.
# Only firms that are in the books now: another firm's ledger in the same home is not a change.
ITEMS = """
create or replace table staging.previous_items as
select
    case
        when typeof(item_id) = 'VARCHAR'
            then cast('0x' || substr(cast(item_id as varchar), 1, 15) as bigint)
        else cast(item_id as bigint)
    end as item_id,
    entity_id, customer_id, currency, kind, amount
from {source}
where booked_on <= $as_of and entity_id in (select entity_id from ledger.items)
"""
MONTH_ENDS = """
create or replace table staging.previous_month_ends as
select entity_id, customer_id, currency, bucket, bucket_rank, is_overdue, amount
from {source}
where month_end = $as_of and entity_id in (select entity_id from ledger.items)
"""


def make_previous(con: duckdb.DuckDBPyConnection, snapshots: Path) -> bool:
    """Copy what is compared from the previous snapshot; without one, make the tables empty.

    Args:
        con: The workshop's connection; `staging.run` says which snapshot is the previous one.
        snapshots: The folder of the snapshots.

    Returns:
        Whether the previous snapshot could be read. A damaged one is no reason not to refresh: it
        is a reason to.
    """
    [(version, as_of)] = con.sql(
        "select previous_version, previous_as_of from staging.run"
    ).fetchall()
    if version is None:
        _copy(con, "", None)
        return True
    try:
        file = str(snapshots / f"{version}.duckdb").replace("'", "''")
        con.execute(f"attach '{file}' as previous (read_only)")
        _copy(con, "previous.", as_of)
    except duckdb.Error:
        _copy(con, "", None)
        return False
    finally:
        con.execute("detach database if exists previous")
    return True


def _copy(con: duckdb.DuckDBPyConnection, database: str, as_of: date | None) -> None:
    con.execute(ITEMS.format(source=f"{database}ledger.items"), {"as_of": as_of})
    con.execute(MONTH_ENDS.format(source=f"{database}receivables.month_ends"), {"as_of": as_of})


@dg.multi_asset(
    name="previous_snapshot",
    group_name="staging",
    specs=[
        dg.AssetSpec(
            ["staging", name],
            deps=[["ledger", "items"], ["receivables", "month_ends"], ["staging", "run"]],
            description=description,
        )
        for name, description in (
            ("previous_items", "Items that the previous snapshot had on its day."),
            ("previous_month_ends", "Aged balances of the previous snapshot on its day."),
        )
    ],
)
def previous_snapshot(
    context: dg.AssetExecutionContext, workshop: Workshop
) -> Iterator[dg.MaterializeResult]:
    """What the previous snapshot said of the entities that are in the books now."""
    if not make_previous(workshop.con, workshop.snapshots):
        context.log.warning("The previous snapshot cannot be read: nothing is compared with it.")
    yield dg.MaterializeResult(asset_key=["staging", "previous_items"])
    yield dg.MaterializeResult(asset_key=["staging", "previous_month_ends"])
