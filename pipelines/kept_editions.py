"""What is known at an edition, kept in the home: whole, or not at all."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipelines.overwritten import quoted

BUILDING = ".building-"
STATES = ("live", "retracted")
MEMORY_SHARE = "25%"
"""Of the machine's memory, for what is made beside the workshop; beyond it DuckDB uses the disk."""


def is_kept(kept: Path, key: str) -> bool:
    """Say whether the edition of this key was kept."""
    return all((kept / key / f"{state}.parquet").exists() for state in STATES)


def load(bench: duckdb.DuckDBPyConnection, kept: Path, key: str) -> None:
    """Fill the tables of a bench with what is known at an edition."""
    for state in STATES:
        file = quoted(str(kept / key / f"{state}.parquet"))
        bench.execute(f"insert into {state} from read_parquet({file})")


def keep(
    con: duckdb.DuckDBPyConnection, kept: Path, key: str, selects: Mapping[str, str] | None = None
) -> None:
    """Keep what is known at an edition.

    Args:
        con: A bench, with a table of each state; or a connection that the SELECTs can be asked of.
        kept: The folder that keeps editions.
        key: Names the edition.
        selects: A SELECT for each state; default the tables of the bench.
    """
    kept.mkdir(exist_ok=True)
    building = kept / f"{BUILDING}{key}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for state in STATES:
        file = building / f"{state}.parquet"
        select = selects[state] if selects else f"from {state}"
        con.execute(f"copy ({select}) to {quoted(str(file))} (format parquet)")
        _sync(file)
    _sync(building)
    shutil.rmtree(kept / key, ignore_errors=True)  # if it is there, it is not whole
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


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
