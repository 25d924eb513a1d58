"""The measures, once every table that they are made of is there."""

import dagster as dg

from pipelines.defs.tables import table_asset
from pipelines.measures import FIGURES_TABLE


@dg.definitions
def defs() -> dg.Definitions:
    """The one table of measures that Python makes; those of SQL are among the tables."""
    return dg.Definitions(assets=[table_asset(FIGURES_TABLE)])
