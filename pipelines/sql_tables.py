"""One .sql file is one table, or one question with parameters.

The file holds a single SELECT. The comment above it is the documentation, and two of its lines are
read by machines: `grain:` names the columns that identify a row, and is executed as a blocking
check; `asks:` lists parameters, and turns the file into a table macro that every reader of the
snapshot can call, `from receivables.open_items(date '2024-03-31')`.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import duckdb

from models.errors import EncaisseError

SQL = Path(__file__).parent / "sql"

FUNCTIONS = (
    # The number that the first 15 hexadecimal digits of an MD5 write: 60 bits, never negative.
    "number_of(said) as cast('0x' || substr(md5(said), 1, 15) as bigint)",
)
"""What the SQL calls and DuckDB has no word for. `engines.spark` has the same ones."""


@dataclass(frozen=True)
class SqlTable:
    """A table, or a table macro, defined by one SELECT."""

    schema: str
    name: str
    comment: str
    grain: tuple[str, ...]
    asks: tuple[tuple[str, str | None], ...]  # parameter, its default as SQL
    select: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read `sql/<schema>/<name>.sql`.

        Raises:
            EncaisseError: The file does not say what one of its rows is.
        """
        text = path.read_text(encoding="utf-8")
        comment = "\n".join(
            line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")
        )
        grain = re.search(r"^grain: *(.+)$", comment, re.MULTILINE)
        if grain is None:
            raise EncaisseError(
                f"{path.name} does not say what one of its rows is.",
                where=str(path),
                fix="add a line such as `-- grain: as_of, customer_id` above the SELECT",
            )
        asks = re.search(r"^asks: *(.+)$", comment, re.MULTILINE)
        return cls(
            path.parent.name,
            path.stem,
            comment,
            tuple(re.split(r", *", grain[1].strip())),
            tuple(_parameter(each) for each in re.split(r"; *", asks[1].strip())) if asks else (),
            text,
        )

    @property
    def full_name(self) -> str:
        """The name SQL uses: schema.name."""
        return f"{self.schema}.{self.name}"

    def reads(self) -> list[str]:
        """Return the tables this one selects from, as DuckDB's own parser sees them.

        A table is always written with its schema; a bare name is a step of the same query.
        """
        [(tree,)] = (
            _parser()
            .sql("select json_serialize_sql($select)", params={"select": self.select})
            .fetchall()
        )
        found: set[str] = set()

        def collect(node: dict[str, Any]) -> dict[str, Any]:
            if node.get("type") == "BASE_TABLE" and node["schema_name"]:
                found.add(f"{node['schema_name']}.{node['table_name']}")
            function = node.get("function")
            if node.get("type") == "TABLE_FUNCTION" and function and function["schema"]:
                found.add(f"{function['schema']}.{function['function_name']}")
            return node

        json.loads(tree, object_hook=collect)
        return sorted(found)

    def create(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the table anew, or the macro."""
        make_functions(con)
        make_schema(con, self.schema)
        if not self.asks:
            con.execute(f"create or replace table {self.full_name} as ({self.select})")
            return
        select = self.select
        for name, _ in self.asks:
            select = re.sub(rf"\${name}\b", f"_{name}", select)
        parameters = ", ".join(
            f"_{name}" if default is None else f"_{name} := {default}"
            for name, default in self.asks
        )
        con.execute(f"create or replace macro {self.full_name}({parameters}) as table ({select})")


def make_functions(con: duckdb.DuckDBPyConnection) -> None:
    """Give the connection the functions that each engine writes in its own way: docs/dialect.md."""
    for function in FUNCTIONS:
        con.execute(f"create or replace temp macro {function}")


def make_schema(con: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Make the schema, unless a database of that name is attached and takes its place."""
    attached = con.sql(
        "select 1 from duckdb_databases() where database_name = $schema", params={"schema": schema}
    ).fetchall()
    if not attached:
        con.execute(f"create schema if not exists {schema}")


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return the connection that parses every file: opening one takes longer than parsing all."""
    return duckdb.connect()


def duplicates(
    con: duckdb.DuckDBPyConnection, source: str, grain: tuple[str, ...], *values: Any
) -> list[tuple[Any, ...]]:
    """Return up to ten keys that more than one row carries. It should be empty.

    Args:
        con: A connection to the database that holds the table.
        source: The table's full name; for a macro, with a `?` for each parameter without a default.
        grain: The columns that identify a row.
        values: The values of those parameters.
    """
    keys = ", ".join(grain)
    return con.execute(
        f"select {keys} from {source} group by {keys} having count(*) > 1 limit 10",  # noqa: S608
        list(values),
    ).fetchall()


def _parameter(text: str) -> tuple[str, str | None]:
    name, _, default = text.partition("=")
    return name.strip(), default.strip() or None


def read_all() -> list[SqlTable]:
    """Return every table of the project, sorted by name. Files deeper down are steps of one."""
    return [SqlTable.read(path) for path in sorted(SQL.glob("*/*.sql"))]
