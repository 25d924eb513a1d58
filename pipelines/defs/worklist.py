"""Risk and the collection list, once the timing of every open document is there."""

import dagster as dg

from pipelines.defs.tables import table_asset
from pipelines.predictions.risk import RISK_TABLES
from pipelines.predictions.worklist import WORKLIST_TABLES


@dg.definitions
def defs() -> dg.Definitions:
    """The tables that Python makes of the timing of payments: risks, priorities, outcomes."""
    return dg.Definitions(assets=[table_asset(table) for table in (*RISK_TABLES, *WORKLIST_TABLES)])
