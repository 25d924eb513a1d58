"""Rows as they lie in a file, for whoever has to read them before the work can begin."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

Rows = TypeVar("Rows")


class Stored:
    """The answer to a question, in a Parquet file that is removed with this object."""

    def __init__(self, con: duckdb.DuckDBPyConnection, question: str, **values: Any) -> None:
        """Ask, and write the answer."""
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name) / "rows.parquet"
        answer = con.sql(question, params={k: v for k, v in values.items() if f"${k}" in question})
        pq.write_table(answer.to_arrow_table(), self.path)

    def table(self) -> pa.Table:
        """Read it into memory."""
        return pq.read_table(self.path)

    def frame(self) -> pd.DataFrame:
        """Read it into a pandas frame; for whole numbers and days, never for money."""
        table = self.table()
        for place, field in enumerate(table.schema):
            if pa.types.is_date32(field.type):  # or pandas would make an object of every day
                table = table.set_column(place, field.name, table[place].cast(pa.timestamp("s")))
        return table.to_pandas()

    def dicts(self) -> list[dict[str, Any]]:
        """Read it, each row a dictionary."""
        return self.table().to_pylist()


def ready_or_read(rows: Callable[[], Rows], how: str) -> Callable[[], Rows]:
    """Return what gives the rows: read now, once, or read each time it is called.

    Args:
        rows: Reads them.
        how: `ready` or `read`.
    """
    if how == "read":
        return rows
    kept = rows()
    return lambda: kept
