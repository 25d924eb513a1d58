"""What is known at an edition, kept in the home: whole, or not at all."""

import os
import shutil
from pathlib import Path

import duckdb

from pipelines.overwritten import quoted

BUILDING = ".building-"
STATES = ("live", "retracted")


def is_kept(kept: Path, key: str) -> bool:
    """Say whether the edition of this key was kept."""
    return all((kept / key / f"{state}.parquet").exists() for state in STATES)


def load(bench: duckdb.DuckDBPyConnection, kept: Path, key: str) -> None:
    """Fill the tables of a bench with what is known at an edition."""
    for state in STATES:
        file = quoted(str(kept / key / f"{state}.parquet"))
        bench.execute(f"insert into {state} from read_parquet({file})")


def keep(bench: duckdb.DuckDBPyConnection, kept: Path, key: str) -> None:
    """Keep what the tables of a bench say is known at an edition."""
    kept.mkdir(exist_ok=True)
    building = kept / f"{BUILDING}{key}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for state in STATES:
        file = building / f"{state}.parquet"
        bench.execute(f"copy {state} to {quoted(str(file))} (format parquet)")
        _sync(file)
    _sync(building)
    shutil.rmtree(kept / key, ignore_errors=True)  # if it is there, it is not whole
    building.rename(kept / key)
    _sync(kept)


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
