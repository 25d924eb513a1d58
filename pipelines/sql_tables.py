"""One .sql file is one table, or one question with parameters.

The file holds a single SELECT. The comment above it is the documentation, and two of its lines are
read by machines: `grain:` names the columns that identify a row, and is executed as a blocking
check; `asks:` lists parameters, and turns the file into a table macro that every reader of the
snapshot can call, `from receivables.open_items(date '2024-03-31')`. A file that `asks too` is both:
the table, as known now at the snapshot's day, and a macro of the same SELECT for another day, as
known by then, `from receivables.daily_balances_known(date '2024-03-31', _known_on := ...)`. A table
that is made `in ranges of` others, which have a column `series`, is made of some customers at a
time. One of `kind: view` keeps no rows: it shows those of other tables, whose grain is its own.
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
    # Money as whole cents. Most of it is multiplied in 64 bits, several times as fast.
    "cents(amount) as case when abs(amount) < 1000000000000 then cast(100 * amount as bigint) "
    "else cast(100 * cast(amount as decimal(28, 2)) as bigint) end",
    "median_of(numbers) as list_median(numbers)",
)
"""What the SQL calls and DuckDB has no word for. `engines.spark` has the same ones."""


KNOWN = "_known"
"""What follows the name of a table in the name of the macro that asks it as it was known."""

RANGE_ROWS = 5_000_000
"""How many movements are worked on at a time, where a table can be made in ranges of customers: the
time that it takes grows with the books, and not the memory."""

DAY = "(select as_of from staging.run)"
MOVEMENTS = "receivables.movements"


@dataclass(frozen=True)
class SqlTable:
    """A table, or a table macro, or both, defined by one SELECT."""

    schema: str
    name: str
    comment: str
    grain: tuple[str, ...]
    asks: tuple[tuple[str, str | None], ...]  # parameter, its default as SQL
    asks_too: tuple[tuple[str, str | None], ...]
    in_ranges_of: tuple[str, ...]  # tables with a column `series`
    is_view: bool
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
        return cls(
            path.parent.name,
            path.stem,
            comment,
            tuple(re.split(r", *", grain[1].strip())),
            _parameters("asks", comment),
            _parameters("asks too", comment),
            tuple(name for name, _ in _parameters("in ranges of", comment)),
            re.search(r"^kind: *view$", comment, re.MULTILINE) is not None,
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
        found = _read_by(self.select)
        if self.asks_too and MOVEMENTS in found:
            found.add(MOVEMENTS + KNOWN)
        return sorted(found)

    def create(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the table anew, or the macro, or both; or the view."""
        make_functions(con)
        make_schema(con, self.schema)
        if self.is_view:
            con.execute(f"create or replace view {self.full_name} as ({self.select})")
            return
        if self.asks:
            create_macro(con, self.full_name, self.select, self.asks)
            return
        first, *others = self._selects(con)
        con.execute(f"create or replace table {self.full_name} as ({first})")
        for select in others:
            con.execute(f"insert into {self.full_name} {select}")
        self.create_known(con)

    def create_known(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the macro of a table that asks too."""
        if self.asks_too:
            create_macro(con, self.full_name + KNOWN, self.known_select(), self.asks_too)

    def _selects(self, con: duckdb.DuckDBPyConnection) -> list[str]:
        """Return the SELECTs whose rows are the table: one, or one for each range of customers."""
        if not self.in_ranges_of:
            return [self.select]
        [(rows, last)] = con.sql(
            f"select count(*), coalesce(max(series), 0) from {MOVEMENTS}"  # noqa: S608 (our own)
        ).fetchall()
        size = -(-last // (1 + rows // RANGE_ROWS)) or 1
        selects = []
        for first in range(1, max(last, 1) + 1, size):
            select = self.select
            for name in self.in_ranges_of:
                part = f"series between {first} and {first + size - 1}"
                select = re.sub(
                    rf"\b{name}\b",
                    f"(select * from {name} where {part})",  # noqa: S608 (our own)
                    select,
                )
            selects.append(select)
        return selects

    def known_select(self) -> str:
        """Return the SELECT of `asks too`: of any day, from what was known by another.

        It reads the movements, and the tables made of them, as they were known on that day.
        """
        select = of_day(self.select)
        for name in _read_by(self.select):
            path = SQL / f"{name.replace('.', '/')}.sql"
            if name == MOVEMENTS:
                select = re.sub(rf"{name}\b", f"{name}{KNOWN}($known_on)", select)
            elif path.exists() and SqlTable.read(path).asks_too:
                known = f"{name}{KNOWN}($as_of, _known_on := $known_on)"
                select = re.sub(rf"{name}\b", known, select)
        return select


def create_macro(
    con: duckdb.DuckDBPyConnection,
    name: str,
    select: str,
    asks: tuple[tuple[str, str | None], ...],
) -> None:
    """Create the macro of a SELECT that asks: each `$name` becomes the parameter `_name`."""
    for parameter, _ in asks:
        select = re.sub(rf"\${parameter}\b", f"_{parameter}", select)
    parameters = ", ".join(
        f"_{parameter}" if default is None else f"_{parameter} := {default}"
        for parameter, default in asks
    )
    con.execute(f"create or replace macro {name}({parameters}) as table ({select})")


def of_day(select: str) -> str:
    """Return the SELECT of a table for whatever day is asked, in place of the snapshot's."""
    return select.replace(DAY, "cast($as_of as date)")


def _read_by(select: str) -> set[str]:
    [(tree,)] = (
        _parser().sql("select json_serialize_sql($select)", params={"select": select}).fetchall()
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
    return found


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


def _parameters(key: str, comment: str) -> tuple[tuple[str, str | None], ...]:
    told = re.search(rf"^{key}: *(.+)$", comment, re.MULTILINE)
    return tuple(_parameter(each) for each in re.split(r"; *", told[1].strip())) if told else ()


def _parameter(text: str) -> tuple[str, str | None]:
    name, _, default = text.partition("=")
    return name.strip(), default.strip() or None


def read_all() -> list[SqlTable]:
    """Return every table of the project, sorted by name. Files deeper down are steps of one."""
    return [SqlTable.read(path) for path in sorted(SQL.glob("*/*.sql"))]
