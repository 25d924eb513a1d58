"""DuckDB beside a cluster: it hands tables over as Parquet, and opens what the cluster made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.sql_tables import make_schema


class DuckDb:
    """A connection, and the folder in which tables are exchanged."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Exchange tables between a connection and a folder."""
        self.con = con
        self.folder = folder

    def has(self, table: str) -> bool:
        """Tell whether there is a table, or a view, of this name; a macro is neither."""
        schema, _, name = table.partition(".")
        return bool(
            self.con.execute(
                """
                select 1 from (
                    select database_name, schema_name, table_name as name from duckdb_tables()
                    union all
                    select database_name, schema_name, view_name from duckdb_views()
                )
                where name = $name and $schema in (database_name, schema_name)
                """,
                {"name": name, "schema": schema},
            ).fetchall()
        )

    def register_parquet(self, table: str, files: Sequence[Path], *, keep: bool) -> None:
        """Open files of Parquet as a table.

        Args:
            table: The full name of the table.
            files: The files, or patterns that name them.
            keep: Copy the rows; else the table is a view, and reads the files when it is asked.
        """
        make_schema(self.con, table.partition(".")[0])
        named = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        kind = "table" if keep else "view"
        self.con.execute(f"create or replace {kind} {table} as from read_parquet([{named}])")

    def run_select_to_parquet(self, table: str, select: str) -> Path:
        """Run a SELECT, keep its rows as Parquet under the name of a table, and return the file."""
        file = self.folder.joinpath(*table.split("."), "part.parquet")
        file.parent.mkdir(parents=True, exist_ok=True)
        name = str(file).replace("'", "''")
        self.con.execute(f"copy ({select}) to '{name}' (format parquet)")
        return file

    def fetch_small(self, select: str) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT of which there are few."""
        return self.con.sql(select).fetchall()
