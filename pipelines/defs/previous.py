"""What the previous snapshot said, for the question "what changed, and why"."""

from collections.abc import Iterator

import dagster as dg
import duckdb

from pipelines.workshop import Workshop

# Only firms that are in the books now: another firm's ledger in the same home is not a change.
ITEMS = """
create or replace table staging.previous_items as
select item_id, entity_id, customer_id, currency, kind, amount
from {source}
where booked_on <= $as_of and entity_id in (select entity_id from ledger.items)
"""
MONTH_ENDS = """
create or replace table staging.previous_month_ends as
select entity_id, customer_id, currency, bucket, bucket_rank, is_overdue, amount
from {source}
where month_end = $as_of and entity_id in (select entity_id from ledger.items)
"""


def make_previous(con: duckdb.DuckDBPyConnection, workshop: Workshop) -> None:
    """Copy what is compared from the previous snapshot; without one, make the tables empty."""
    previous = workshop.previous
    items, month_ends = "ledger.items", "receivables.month_ends"
    if previous is not None:
        con.execute(f"attach {_quoted(str(previous.path))} as previous (read_only)")
        items, month_ends = f"previous.{items}", f"previous.{month_ends}"
    try:
        as_of = {"as_of": previous.as_of if previous else None}
        con.execute(ITEMS.format(source=items), as_of)
        con.execute(MONTH_ENDS.format(source=month_ends), as_of)
    finally:
        if previous is not None:
            con.execute("detach previous")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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
def previous_snapshot(workshop: Workshop) -> Iterator[dg.MaterializeResult]:
    """What the previous snapshot said of the entities that are in the books now."""
    make_previous(workshop.con, workshop)
    yield dg.MaterializeResult(asset_key=["staging", "previous_items"])
    yield dg.MaterializeResult(asset_key=["staging", "previous_month_ends"])
