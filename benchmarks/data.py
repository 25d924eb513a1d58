"""The data that is measured on: the sample company, at every size, in a folder of its own.

A size is a number of ledger items: the invoices of a firm, and the payments, credit notes and
returns that settle them. A sample of n invoices has about 2 n items, so half as many invoices are
asked for as items are wanted.
"""

import os
from pathlib import Path

import duckdb

from benchmarks.measuring import Work, in_fresh_process
from published.snapshot import connect, current

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "data" / "benchmarks"
USUAL_SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 50_000_000)
ITEMS_OF_AN_INVOICE = 2


def sizes() -> list[int]:
    """Return the numbers of items to measure at, up to `BENCH_ITEMS` (default 1,000,000)."""
    largest = int(os.environ.get("BENCH_ITEMS") or 1_000_000)
    return sorted({size for size in USUAL_SIZES if size < largest} | {largest})


def seed() -> int:
    """Return which firm of the generator is measured: `BENCH_SEED` (default 1)."""
    return int(os.environ.get("BENCH_SEED") or 1)


def home(items: int) -> Path:
    """Return the home of the firm with so many items; its extracts are in it."""
    return FOLDER / (f"items-{items}" if seed() == 1 else f"items-{items}-seed-{seed()}")


def invoices_of(items: int) -> int:
    """Return how many invoices the firm with so many items issued."""
    return items // ITEMS_OF_AN_INVOICE


def items_of(invoices: int) -> int:
    """Return how many items a firm with so many invoices has."""
    return invoices * ITEMS_OF_AN_INVOICE


def with_extracts(items: int) -> Path:
    """Return the home of that firm, with its extracts: made here, where nobody did before."""
    folder = home(items)
    if not any((folder / "extracts").glob("*FEC*.txt")):
        arguments = (str(folder / "extracts"), str(invoices_of(items)))
        in_fresh_process(Work("benchmarks.sample:generate", arguments))
    return folder


def refreshed(items: int) -> Path:
    """Return the home of that firm, with a snapshot: published here, where nobody did before."""
    folder = with_extracts(items)
    if not (folder / "CURRENT").exists():
        in_fresh_process(Work("benchmarks.refresh:refresh", (str(folder),), cores=4))
    return folder


def published(folder: str) -> duckdb.DuckDBPyConnection:
    """Open the snapshot of a home as every reader does."""
    return connect(current(Path(folder)))


def largest_fec(items: int) -> Path:
    """Return the largest FEC of that firm: a year of one entity."""
    extracts = with_extracts(items) / "extracts"
    return max(extracts.glob("*FEC*.txt"), key=lambda path: path.stat().st_size)


def rounds(items: int) -> int:
    """Return how often to measure: the larger, the less a single run is disturbed."""
    return 5 if items <= 10_000 else 3
