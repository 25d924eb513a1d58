"""How much memory DuckDB works in: little, and most of the machine's for what does not fit.

It fills what it is given with what it has read, whether or not that makes anything faster.
"""

from collections.abc import Callable
from typing import TypeVar

import dagster as dg
import duckdb

Done = TypeVar("Done")

LITTLE = "1800MB"
"""The marts of ten million items are made in it as fast as in eight times as much."""

AMPLE = "5GB"
"""What sorts and groups every line of a ledger of ten million items needs so much, or it writes to
disk what it reads again: the widest tables take half as long again."""

MOST = "60%"
"""Of the machine's memory. Beyond it, as beyond the others, DuckDB spills to disk."""


def begin_small(con: duckdb.DuckDBPyConnection) -> None:
    """Have a connection work in little memory; on a small machine, in most of what it has."""
    _give(con, LITTLE)


def with_room(
    con: duckdb.DuckDBPyConnection, work: Callable[[], Done], *, room: str = LITTLE
) -> Done:
    """Do some work, from its beginning again with most of the memory if it did not fit.

    Args:
        con: What it is done with. Once something did not fit, it keeps most of the memory.
        work: Makes anew whatever it makes.
        room: `LITTLE`, or `AMPLE`.

    Raises:
        duckdb.OutOfMemoryException: It does not fit in that either.
    """
    if not _has_most(con):
        _give(con, room)
    try:
        return work()
    except duckdb.OutOfMemoryException:
        dg.get_dagster_logger().info(f"does not fit in {room}; again, in {MOST} of the memory")
        con.execute(f"set memory_limit = '{MOST}'")
        return work()


def _give(con: duckdb.DuckDBPyConnection, room: str) -> None:
    con.execute(f"set memory_limit = '{MOST}'")
    con.execute(
        f"""
        set memory_limit = (
            least(
                parse_formatted_bytes('{room}'),
                parse_formatted_bytes(current_setting('memory_limit'))
            ) || 'B'
        )
        """
    )


def _has_most(con: duckdb.DuckDBPyConnection) -> bool:
    [(more_than_ample,)] = con.sql(
        "select parse_formatted_bytes(current_setting('memory_limit')) "
        f"> parse_formatted_bytes('{AMPLE}')"
    ).fetchall()
    return bool(more_than_ample)
