"""The Dagster code location: everything under `defs/`, published last."""

import os
from pathlib import Path

import dagster as dg

from pipelines.defs.publish import automation, snapshot_asset
from pipelines.settings import ROOT, Settings
from pipelines.workshop import Workshop


@dg.definitions
def defs() -> dg.Definitions:
    """Load every definition, and put publication after all of them.

    A module added under `defs/` is in the refresh, and its blocking checks stand in the way of
    publication, with nothing to register.
    """
    home = Path(os.environ.get("ENCAISSE_HOME") or ROOT / "data")
    settings = Settings.load(home)
    made = dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
        automation(home, settings),
        dg.Definitions(
            resources={"workshop": Workshop(home=str(home))},
            executor=dg.in_process_executor,  # DuckDB has one writer, so steps take turns
        ),
    )
    last = snapshot_asset(sorted(made.resolve_all_asset_keys()), settings)
    return dg.Definitions.merge(made, dg.Definitions(assets=[last]))
