"""What older extracts said, for whoever asks what was known on a day."""

import dagster as dg

from pipelines.defs.tables import table_asset
from pipelines.editions import RETRACTED_TABLE


@dg.definitions
def defs() -> dg.Definitions:
    """The rows that a newer extract took back."""
    return dg.Definitions(assets=[table_asset(RETRACTED_TABLE)])
