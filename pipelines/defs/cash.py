"""The cash forecast and how right it was, once the model of the day is there."""

from collections.abc import Iterator

import dagster as dg

from pipelines.defs.tables import check_grain, grain_spec
from pipelines.predictions.cash_refresh import make_cash
from pipelines.predictions.cash_tables import COMMENTS, GRAINS
from pipelines.room import with_room
from pipelines.workshop import Workshop

READ = (
    "features.customers",
    "features.documents",
    "features.history",
    "features.open_book",
    "features.slices",
    "features.transfers",
    "ledger.books",
    "ledger.items",
    "ledger.matches",
    "ledger.standings",
    "predictions.model_card",
    "receivables.open_items",
    "receivables.receipts",
    "staging.invoice_scores",
)


@dg.multi_asset(
    name="cash_forecast",
    specs=[
        dg.AssetSpec(
            ["predictions", name],
            deps=[dg.AssetKey(each.split(".")) for each in READ],
            description=comment,
            group_name="predictions",
            kinds={"duckdb", "python"},
        )
        for name, comment in COMMENTS.items()
    ],
    check_specs=[grain_spec(f"predictions.{name}", grain) for name, grain in GRAINS.items()],
)
def cash_forecast(
    context: dg.AssetExecutionContext, workshop: Workshop
) -> Iterator[dg.MaterializeResult]:
    """What will come in, by document, customer, day, week and month; and how right that was."""
    con = workshop.con
    is_new = with_room(
        con, lambda: make_cash(con, workshop.folder, workshop.settings, workshop.as_of)
    )
    context.log.info("back-tests made anew" if is_new else "back-tests loaded with their model")
    for name, grain in GRAINS.items():
        table = f"predictions.{name}"
        [(count,)] = workshop.con.sql(f"select count(*) from {table}").fetchall()  # noqa: S608
        yield dg.MaterializeResult(
            asset_key=["predictions", name],
            metadata={"dagster/row_count": count},
            check_results=[check_grain(workshop.con, table, grain)],
        )
