"""What is known at an edition, kept in the home: whole, or not at all.

From one day to the next little changes. So what is known stands in two files: as an older edition
knew it, which all later ones share, and the items that have changed since then. Of both, the sums
are kept too, by buckets of items: where those of the next edition are the same, nothing was said
otherwise, and the rows need not be looked at.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import knowledge
from pipelines.knowledge import BUCKET, TOLD, begin, sums_of
from pipelines.overwritten import quoted

BUILDING = ".building-"
MEMORY_SHARE = "25%"
"""Of the machine's memory, for what is made beside the workshop; beyond it DuckDB uses the disk."""

BASE, SINCE, CHANGED, SUMS, RETRACTED, TERMS = (
    f"{name}.parquet" for name in ("base", "since", "changed", "sums", "retracted", "terms")
)
FILES = (BASE, SINCE, CHANGED, SUMS, RETRACTED, TERMS)
ITEMS = pa.schema([("item_id", pa.int64())])

SHARE_SINCE = 8
"""Once an eighth of the rows have changed since the base, there is a new base."""


@dataclass(frozen=True)
class Told:
    """What an edition tells: a SELECT, and whom to ask it."""

    con: duckdb.DuckDBPyConnection
    select: str


def is_kept(kept: Path, key: str, terms: Told) -> bool:
    """Say whether the edition of this key was kept, and its customers have the terms they had.

    Args:
        kept: The folder that keeps editions.
        key: Names the edition.
        terms: The terms that each customer has now. Who was none yet has made no due date.
    """
    if not all((kept / key / name).exists() for name in FILES):
        return False
    then = f"from {_read(kept / key / TERMS)}"
    return not terms.con.execute(f"{then} except ({terms.select}) limit 1").fetchall()


def write_first(told: Told, state: Path) -> None:
    """Write what is known at the first edition: what it tells.

    Args:
        told: What it tells.
        state: A folder to write to; there is none yet.
    """
    state.mkdir()
    _write(told.con, told.select, state / BASE)
    _write(told.con, sums_of(told.select), state / SUMS)
    for name, schema in ((SINCE, TOLD), (CHANGED, ITEMS), (RETRACTED, knowledge.RETRACTED)):
        pq.write_table(schema.empty_table(), state / name)


def look(bench: duckdb.DuckDBPyConnection, before: Path, told: Told, beside: Path) -> None:
    """Fill a bench with all of which an edition tells otherwise than is known, and more.

    Args:
        bench: A database to work in: `told`, `live` and `retracted` are made anew.
        before: The folder of what is known at the edition before, or at this one.
        told: What it tells.
        beside: A folder to work in.
    """
    sums, asked, rows = (beside / f"{name}.parquet" for name in ("sums", "asked", "told"))
    _write(told.con, sums_of(told.select), sums)
    differing = f"""
        select coalesce(known.bucket, told.bucket) as bucket
        from {_read(before / SUMS)} as known
        full join {_read(sums)} as told on told.bucket = known.bucket
        where coalesce(known.changes, 0) <> coalesce(told.changes, 0)
            or coalesce(known.days, 0) <> coalesce(told.days, 0)
    """  # noqa: S608  (files of our own)
    _write(bench, differing, asked)
    _write(told.con, _asked(told.select, asked), rows)
    bench.execute(f"create or replace temp table told as from {_read(rows)}")
    begin(bench)
    bench.execute(f"insert into live {_asked(_live(before), asked)}")
    bench.execute(f"insert into retracted from {_read(before / RETRACTED)}")
    bench.execute(f"create or replace temp table asked as from {_read(asked)}")


def write_next(bench: duckdb.DuckDBPyConnection, before: Path, state: Path) -> None:
    """Write what is known at the next edition.

    Args:
        bench: A database that has looked, and has advanced: `changed` has the items of which
            something was changed in `live`.
        before: The folder of what was known before.
        state: A folder to write to; there is none yet.
    """
    state.mkdir()
    anew = "select item_id from changed"
    since = (
        f"select * from {_read(before / SINCE)} where item_id not in ({anew}) "  # noqa: S608
        f"union all by name select * from live where item_id in ({anew})"
    )
    _write(bench, since, state / SINCE)
    _write(bench, f"from {_read(before / CHANGED)} union {anew}", state / CHANGED)
    _write(
        bench,
        f"select * from {_read(before / SUMS)} where bucket not in (from asked) "  # noqa: S608
        f"union all by name {sums_of('from live')}",
        state / SUMS,
    )
    _write(bench, "from retracted", state / RETRACTED)
    _share(before / BASE, state / BASE)
    if _rows(state / SINCE) * SHARE_SINCE > _rows(state / BASE):
        _write_base_anew(bench, state)


def _write_base_anew(bench: duckdb.DuckDBPyConnection, state: Path) -> None:
    anew = state / f"{BUILDING}{BASE}"
    _write(bench, _live(state), anew)
    anew.replace(state / BASE)
    _write(bench, f"from {_read(state / SINCE)} where false", state / SINCE)
    _write(bench, f"from {_read(state / CHANGED)} where false", state / CHANGED)


def keep(kept: Path, key: str, state: Path, terms: Told) -> None:
    """Keep what is known at an edition.

    Args:
        kept: The folder that keeps editions.
        key: Names the edition.
        state: What was written of it, on the same disk.
        terms: The terms that each customer has now.
    """
    _write(terms.con, terms.select, state / TERMS)
    building = kept / f"{BUILDING}{key}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for name in FILES:
        _share(state / name, building / name)
        _sync(building / name)
    _sync(building)
    shutil.rmtree(kept / key, ignore_errors=True)  # not whole, or of other terms
    building.rename(kept / key)
    _sync(kept)


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Make a folder to work in, on the disk of another one, and remove it."""
    folder.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix=BUILDING, dir=folder) as made:
        yield Path(made)


@contextmanager
def on_disk(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a new database that may outgrow its part of the memory."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_SHARE,
        "preserve_insertion_order": False,
    }
    with duckdb.connect(file, config=config) as con:
        yield con


def forget(kept: Path, used: set[str]) -> None:
    """Remove what no refresh would use again, and what a killed one left."""
    if kept.is_dir():
        for folder in kept.iterdir():
            if folder.name not in used:
                shutil.rmtree(folder)


def _live(state: Path) -> str:
    """Return the SELECT of what is known at an edition."""
    return (
        f"select * from {_read(state / BASE)} "  # noqa: S608  (files of our own)
        f"where item_id not in (from {_read(state / CHANGED)}) "
        f"union all by name select * from {_read(state / SINCE)}"
    )


def _asked(rows: str, asked: Path) -> str:
    """Return the SELECT of those rows whose bucket is asked about."""
    return f"select * from ({rows}) where {BUCKET} in (from {_read(asked)})"  # noqa: S608  (ours)


def _read(file: Path) -> str:
    return f"read_parquet({quoted(str(file))})"


def _write(con: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    con.execute(f"copy ({select}) to {quoted(str(file))} (format parquet)")


def _rows(file: Path) -> int:
    return int(pq.read_metadata(file).num_rows)


def _share(file: Path, name: Path) -> None:
    """Give a file another name; where the disk cannot, copy it."""
    try:
        os.link(file, name)
    except OSError:
        shutil.copyfile(file, name)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
