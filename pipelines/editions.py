"""What the books said before a newer extract replaced what an older one had said.

`receivables.movements` is what is known now. Where a newer extract said otherwise than an older one,
`receivables.retracted_movements` keeps what the older one said, so that every past view can be asked
as it was known then.
"""

import duckdb
import pyarrow as pa

from pipelines.settings import Settings
from pipelines.sql_tables import make_schema
from pipelines.staging import MadeTable

MONEY = pa.decimal128(18, 2)

RETRACTED = pa.schema(
    [
        ("item_id", pa.int64()),
        ("entity_id", pa.string()),
        ("customer_id", pa.string()),
        ("account", pa.string()),
        ("currency", pa.string()),
        ("kind", pa.string()),
        ("side", pa.string()),
        ("event_on", pa.date32()),
        ("document_on", pa.date32()),
        ("due_on", pa.date32()),
        ("amount", MONEY),
        ("known_on", pa.date32()),
        ("source", pa.string()),
        ("retracted_on", pa.date32()),
        ("retracted_by_sha256", pa.string()),
    ]
)


def make_retracted_movements(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `receivables.retracted_movements`: what was once told, and is told no more."""
    del settings
    make_schema(con, "receivables")
    con.register("arriving", RETRACTED.empty_table())
    con.execute("create or replace table receivables.retracted_movements as from arriving")
    con.unregister("arriving")


RETRACTED_TABLE = MadeTable(
    "receivables.retracted_movements",
    "Movements that an extract told and a newer one took back: known from known_on, until "
    "retracted_on.",
    ("item_id", "event_on", "known_on", "source", "due_on", "retracted_on"),
    (),
    make_retracted_movements,
)
