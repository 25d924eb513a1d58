"""What a table is made of, step by step, where one SELECT is not enough; on either engine."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.sql_tables import make_functions, make_schema


@dataclass(frozen=True)
class Step:
    """A SELECT whose rows are a table; or few rows, of which Python makes the table."""

    table: str
    select: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the SELECT asks for by name."""
    add: bool = False
    """The rows are added to what the table has."""
    make: Callable[[list[tuple[Any, ...]]], pa.Table] | None = None


def run_steps(con: duckdb.DuckDBPyConnection, steps: Iterable[Step]) -> None:
    """Run the steps in DuckDB. A table that is added to exists before."""
    make_functions(con)
    for step in steps:
        make_schema(con, step.table.partition(".")[0])
        if step.make:
            rows = con.execute(step.select, dict(step.values)).fetchall()
            con.register("arriving", step.make(rows))
            con.execute(f"create or replace table {step.table} as from arriving")
            con.unregister("arriving")
        elif step.add:
            con.execute(f"insert into {step.table} {step.select}", dict(step.values))
        else:
            con.execute(
                f"create or replace table {step.table} as ({step.select})", dict(step.values)
            )
