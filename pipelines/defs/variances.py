"""What was said of past weeks, once the back-tests say what would have been said before."""

import dagster as dg

from pipelines.defs.tables import table_asset
from pipelines.predictions.variances import VARIANCE_TABLES


@dg.definitions
def defs() -> dg.Definitions:
    """The tables that hold forecasts against what came."""
    return dg.Definitions(assets=[table_asset(table) for table in VARIANCE_TABLES])
