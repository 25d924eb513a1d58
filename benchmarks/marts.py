"""How long from the tables of the ledger to every table of receivables and measures?

Each SELECT file by itself, one after the other, from the ledger of a published snapshot into a new
file, on two cores, as a refresh makes them: without Dagster, without the checks of each table,
without reading extracts before and predicting after. Peak memory is that of the process while the
table was made.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import books
from benchmarks.data import refreshed
from benchmarks.measuring import Work, in_fresh_process, peak_mb, start_peak_anew
from benchmarks.writing import growths, number, table

TITLE = "From the ledger to the marts"
CORES = 2
ALL = "all tables"

Figures = dict[str, Any]


def make(folder: str) -> Callable[[], Figures]:
    """Make every table, and tell what each took."""
    made = books.marts(folder)
    out = tempfile.TemporaryDirectory()
    file = Path(out.name) / "marts.duckdb"
    con = books.opened(folder, {each.full_name for each in made}, file)

    def work() -> Figures:
        told = {}
        for each in made:
            start_peak_anew()
            began, cpu_before = time.perf_counter(), time.process_time()
            books.create(con, each)
            if books.keeps_nothing(each):
                continue
            told[each.full_name] = {
                "wall_seconds": time.perf_counter() - began,
                "cpu_seconds": time.process_time() - cpu_before,
                "peak_mb": peak_mb(),
                "rows": con.sql(f"select count(*) from {each.full_name}").fetchall()[0][0],
            }
        out.cleanup()
        return told

    return work


def measure(sizes: list[int]) -> list[Figures]:
    """Make the tables of each firm, once: what is many seconds long needs no median."""
    rows = []
    for items in sizes:
        work = Work("benchmarks.marts:make", (str(refreshed(items)),), CORES)
        told = in_fresh_process(work).answer
        for name, found in told.items():
            rows.append({"items": items, "subject": name, **found})
        rows.append(
            {
                "items": items,
                "subject": ALL,
                "wall_seconds": sum(each["wall_seconds"] for each in told.values()),
                "cpu_seconds": sum(each["cpu_seconds"] for each in told.values()),
                "peak_mb": max(each["peak_mb"] for each in told.values()),
                "rows": sum(each["rows"] for each in told.values()),
            }
        )
    return rows


def report(rows: list[Figures]) -> str:
    """Tell what was measured: the sums of every size, the tables of the largest."""
    largest = max(row["items"] for row in rows)
    told = [row for row in rows if row["subject"] == ALL]
    told += sorted(
        (row for row in rows if row["items"] == largest and row["subject"] != ALL),
        key=lambda row: -row["cpu_seconds"],
    )
    lines = [
        (
            row["subject"] if row["subject"] == ALL else f"`{row['subject']}`",
            f"{row['items']:,}",
            number(row["wall_seconds"]),
            number(row["cpu_seconds"]),
            number(row["peak_mb"]),
            f"{row['rows']:,}",
        )
        for row in told
    ]
    head = ("table", "items", "wall s", "CPU s", "peak MB", "rows")
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{table(head, lines)}

{growths([row for row in rows if row["subject"] == ALL])}
"""


def measured(rows: list[Figures]) -> dict[str, float]:
    """Return what was aimed at."""
    found = {}
    for row in rows:
        if row["subject"] == ALL and row["items"] == 1_000_000:
            found["marts_1m"] = row["wall_seconds"]
        if row["subject"] == ALL and row["items"] == 10_000_000:
            found |= {"marts_10m": row["wall_seconds"], "marts_memory_10m": row["peak_mb"]}
    return found
