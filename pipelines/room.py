"""How much memory DuckDB works in: little, and most of the machine's for what does not fit.

It fills what it is given with what it has read, whether or not that makes anything faster.
"""

from collections.abc import Callable
from typing import TypeVar

import dagster as dg
import duckdb

Done = TypeVar("Done")

LITTLE = "1800MB"
"""The tables of ten million items are made in it as fast as in eight times as much."""

MOST = "60%"
"""Of the machine's memory. Beyond it, as beyond the other, DuckDB spills to disk."""


def begin_small(con: duckdb.DuckDBPyConnection) -> None:
    """Have a connection work in little memory; on a small machine, in most of what it has."""
    con.execute(f"set memory_limit = '{MOST}'")
    con.execute(
        f"""
        set memory_limit = (
            least(
                parse_formatted_bytes('{LITTLE}'),
                parse_formatted_bytes(current_setting('memory_limit'))
            ) || 'B'
        )
        """
    )


def with_room(con: duckdb.DuckDBPyConnection, work: Callable[[], Done]) -> Done:
    """Do some work, from its beginning again with most of the memory if it did not fit.

    Args:
        con: What it is done with; keeps the room it was given.
        work: Makes anew whatever it makes.

    Raises:
        duckdb.OutOfMemoryException: It does not fit in that either.
    """
    try:
        return work()
    except duckdb.OutOfMemoryException:
        dg.get_dagster_logger().info(f"does not fit in {LITTLE}; again, in {MOST} of the memory")
        con.execute(f"set memory_limit = '{MOST}'")
        return work()
