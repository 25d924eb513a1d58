"""Answer every question, or those named, and write docs/benchmarks.md."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import psutil
import pyarrow as pa

from benchmarks import aged, intake, pages, predictions, sample, tables
from benchmarks.data import FOLDER, ROOT, sizes
from benchmarks.writing import table

QUESTIONS = {
    "sample": sample,
    "intake": intake,
    "tables": tables,
    "aged": aged,
    "pages": pages,
    "predictions": predictions,
}
"""In this order: each is asked of what the ones before it leave behind."""

HEAD = """# Benchmarks

How fast Encaisse is, beside named others, measured by `make bench` on the sample company, which
anybody can make again. Every result that is compared was checked to be the same to the cent.

**How to read it.** The machine is shared and the data is in memory, so that CPU seconds and ratios
are to be trusted and wall seconds less so. Figures are medians of runs in fresh processes; those
that are compared ran in turn, in the same job. Sizes are invoices of the firm over three years;
each makes about five ledger lines and two items. A growth exponent of 1 is linear.

**The machine.** {machine}

**Not measured.** A cold disk, several people at once, a network drive, Windows, macOS, ARM, the
browser's own drawing, sizes above those shown. The data is invented: real ledgers are less regular.
The algorithms of ERPNext and OCA were restated and run without their frameworks and databases;
those products themselves were not run.
"""


def main() -> None:
    """Measure, and write the report of everything that was ever measured here."""
    asked = sys.argv[1:] or list(QUESTIONS)
    for name in asked:
        print(
            f"measuring {name} at {', '.join(f'{size:,}' for size in sizes())} invoices", flush=True
        )
        when = f"{datetime.now(UTC).date()}, Encaisse at commit {_commit()}"
        _keep(name, {"when": when, "rows": QUESTIONS[name].measure(sizes())})
    results = {
        name: json.loads(_kept(name).read_text()) for name in QUESTIONS if _kept(name).exists()
    }
    head = HEAD.format(machine=_machine())
    report = ROOT / "docs" / "benchmarks.md"
    sections = [_section(QUESTIONS[name], **found) for name, found in results.items()]
    report.write_text(
        "\n".join([head, _against_targets(results), *sections]),
        encoding="utf-8",
    )
    print(f"written to {report.relative_to(ROOT)}")


def _against_targets(results: dict[str, Any]) -> str:
    """Tell what was aimed at and whether it is reached, before anything else is told."""
    rows = [
        (each.what, each.aim, each.measured, "yes" if each.is_met else "**no**")
        for name, found in results.items()
        if hasattr(QUESTIONS[name], "targets")
        for each in QUESTIONS[name].targets(found["rows"])
    ]
    return f"## Against the targets\n\n{table(('what', 'aim', 'measured', 'met'), rows)}\n"


def _section(question: ModuleType, when: str, rows: Any) -> str:
    return f"## {question.TITLE}\n\n{question.report(rows)}\nMeasured on {when}.\n"


def _kept(name: str) -> Path:
    return FOLDER / f"{name}.json"


def _keep(name: str, found: dict[str, Any]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    _kept(name).write_text(json.dumps(found, indent=1), encoding="utf-8")


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return (
        f"{processor}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, PyArrow "
        f"{pa.__version__}, pandas {pd.__version__}, Polars {pl.__version__}."
    )


def _commit() -> str:
    head = (ROOT / ".git" / "HEAD").read_text().strip()
    if not head.startswith("ref: "):
        return head[:10]
    branch = ROOT / ".git" / head.removeprefix("ref: ")
    return branch.read_text().strip()[:10] if branch.exists() else "unknown"


if __name__ == "__main__":
    main()
