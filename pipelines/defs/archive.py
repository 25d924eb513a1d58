"""What earlier snapshots said would happen, for whoever holds it against what did."""

from collections.abc import Iterator

import dagster as dg

from pipelines.predictions.archive import ARCHIVED, attach_archive
from pipelines.workshop import Workshop


@dg.multi_asset(
    name="archive",
    group_name="staging",
    specs=[
        dg.AssetSpec(
            ["staging", f"archived_{table.name}"],
            deps=[["staging", "run"]],
            description=f"What earlier snapshots said in {table.source}, each on its day.",
        )
        for table in ARCHIVED
    ],
)
def archived(
    context: dg.AssetExecutionContext, workshop: Workshop
) -> Iterator[dg.MaterializeResult]:
    """Everything that earlier snapshots of this home said, as they said it."""
    for file in attach_archive(workshop.con, workshop.folder):
        context.log.warning(f"{file} cannot be read, and what it said is left out.")
    for table in ARCHIVED:
        yield dg.MaterializeResult(asset_key=["staging", f"archived_{table.name}"])
