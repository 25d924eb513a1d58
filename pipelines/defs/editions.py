"""What older extracts said, for whoever asks what was known on a day."""

from collections.abc import Iterator

import dagster as dg

from pipelines.defs.tables import check_grain, grain_spec
from pipelines.editions import TABLES, make_editions
from pipelines.replaying import RAW
from pipelines.room import AMPLE, with_room
from pipelines.workshop import Workshop

READ = (
    "ledger.customers",
    "ledger.items",
    "intake.extract_days",
    "staging.files",
    "staging.item_changes",
    "staging.replacements",
    *(f"raw.{table}" for table in RAW),
)


@dg.multi_asset(
    name="editions",
    specs=[
        dg.AssetSpec(
            dg.AssetKey(name.split(".")),
            deps=[dg.AssetKey(each.split(".")) for each in READ],
            description=comment,
            group_name=name.partition(".")[0],
            kinds={"duckdb", "python"},
        )
        for name, (_, comment) in TABLES.items()
    ],
    check_specs=[grain_spec(name, grain) for name, (grain, _) in TABLES.items()],
)
def editions(
    context: dg.AssetExecutionContext, workshop: Workshop
) -> Iterator[dg.MaterializeResult]:
    """What older extracts said and newer ones took back, and since when the rest is known."""
    kept = workshop.folder / "editions"
    count = with_room(
        workshop.con,
        lambda: make_editions(workshop.con, workshop.settings, kept, workshop.landing),
        room=AMPLE,
    )
    context.log.info(f"{count} earlier editions of the books")
    for name, (grain, _) in TABLES.items():
        [(rows,)] = workshop.con.sql(f"select count(*) from {name}").fetchall()  # noqa: S608
        yield dg.MaterializeResult(
            asset_key=name.split("."),
            metadata={"dagster/row_count": rows},
            check_results=[check_grain(workshop.con, name, grain)],
        )
