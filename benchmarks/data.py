"""The data that is measured on: the sample company, at every size, in a folder of its own."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "data" / "benchmarks"
USUAL_SIZES = (10_000, 100_000, 500_000, 1_000_000, 10_000_000, 50_000_000)


def sizes() -> list[int]:
    """Return the numbers of invoices to measure at, up to `BENCH_ITEMS` (default 1,000,000)."""
    largest = int(os.environ.get("BENCH_ITEMS") or 1_000_000)
    return sorted({size for size in USUAL_SIZES if size < largest} | {largest})


def home(items: int) -> Path:
    """Return the home of the firm that issued so many invoices; its extracts are in it."""
    return FOLDER / str(items)


def largest_fec(items: int) -> Path:
    """Return the largest FEC of that firm: a year of one entity."""
    return max((home(items) / "extracts").glob("*FEC*.txt"), key=lambda path: path.stat().st_size)


def rounds(items: int) -> int:
    """Return how often to measure: the larger, the less a single run is disturbed."""
    return 5 if items <= 100_000 else 3


def refreshes(items: int) -> int:
    """Return how often to measure a whole refresh, which takes longer than a question."""
    return 3 if items <= 100_000 else 1
