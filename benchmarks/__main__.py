"""Answer every question, or those named, and write docs/benchmarks.md.

What was not measured here keeps the section that is published, with its own date and machine: a
figure takes hours to measure, and the next machine has not got those of the last.
"""

import json
import os
import platform
import re
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

from benchmarks import (
    aged,
    clocks,
    day,
    features,
    history,
    intake,
    marts,
    matching,
    months,
    mornings,
    pages,
    predictions,
    refresh,
    sample,
)
from benchmarks.aims import against
from benchmarks.data import FOLDER, ROOT, seed, sizes

QUESTIONS: dict[str, Any] = {
    "sample": sample,
    "intake": intake,
    "refresh": refresh,
    "day": day,
    "mornings": mornings,
    "matching": matching,
    "marts": marts,
    "aged": aged,
    "clocks": clocks,
    "history": history,
    "months": months,
    "features": features,
    "pages": pages,
    "predictions": predictions,
}
"""Each can be asked alone: what it needs and is not there is made first."""

HEAD = """# Benchmarks

How fast Encaisse is, beside named others, measured by `make bench` on the sample company, which
anybody can make again; `BENCH_SEED=7 make bench` measures another one, with other customers, dates
and amounts. Every result that is compared was checked to be the same to the cent.
`python -m benchmarks` writes this page: no figure in it was typed.

**How to read it.** A size is a number of ledger items: invoices, and the payments, credit notes and
returns that settle them. The generator is asked for half as many invoices, over three years; each
makes about five ledger lines and two items. The data is in memory and the machine may be shared, so
that CPU seconds and ratios are to be trusted and wall seconds less so: each section says at which
load it was measured. Figures are medians of runs in fresh processes, imports not counted; those
that are compared ran in turn, in the same job. A growth exponent of 1 is linear, and is fitted over
at least three sizes. Each section says on which machine and at which commit it was measured: a
ratio may be carried from one to another, seconds may not.

**Not measured.** A cold disk, but for the opening of a snapshot; several people at once, a network
drive, Windows, macOS, ARM, the browser's own drawing, sizes above those shown. The data is
invented: real ledgers are less regular. The algorithms of ERPNext and OCA were restated and run
without their frameworks and databases; those products themselves were not run. Spark is measured
apart, and told in [scaling](scaling.md).
"""


def main() -> None:
    """Measure, and write the report of everything that was ever measured here."""
    asked = sys.argv[1:] or list(QUESTIONS)
    for name in asked:
        print(f"{name}, at {', '.join(f'{size:,}' for size in sizes())} items", flush=True)
        load = os.getloadavg()[0]
        rows = QUESTIONS[name].measure(sizes())
        keep(
            name,
            {
                "on": str(datetime.now(UTC).date()),
                "machine": _machine(),
                "commit": _commit(),
                "seed": seed(),
                "load": [round(load, 1), round(os.getloadavg()[0], 1)],
                "rows": rows,
            },
        )
        print(f"written to {write()}", flush=True)


def write() -> str:
    """Write the report of what is kept here and what is published, and return where it is."""
    report = ROOT / "docs" / "benchmarks.md"
    page = report.read_text(encoding="utf-8") if report.exists() else ""
    published = {part.partition("\n")[0]: part for part in re.split(r"(?m)^## ", page)}
    figures: dict[str, float] = {}
    sections = []
    for name, question in QUESTIONS.items():
        if _kept(name).exists():
            found = json.loads(_kept(name).read_text())
            if hasattr(question, "measured"):
                figures |= question.measured(found["rows"])
            sections.append(_section(question, found))
        elif question.TITLE in published:
            sections.append(f"## {published[question.TITLE].strip()}\n")
    if _kept("spark").exists():  # by `make parity`
        figures["spark"] = len(json.loads(_kept("spark").read_text())["differing"])
    aims = f"## Against the targets\n\n{against(figures, page)}\n"
    report.write_text("\n".join([HEAD, aims, *sections]), encoding="utf-8")
    return str(report.relative_to(ROOT))


def _section(question: ModuleType, found: dict[str, Any]) -> str:
    before, after = found["load"]
    return f"""## {question.TITLE}

{question.report(found["rows"])}
Measured on {found["on"]}, seed {found.get("seed", 1)}, Encaisse at commit {found["commit"]}; load
of the machine, one minute's mean, {before:g} when it began and {after:g} when it ended.
{found["machine"]}
"""


def _kept(name: str) -> Path:
    return FOLDER / f"{name}.json"


def keep(name: str, found: dict[str, Any]) -> None:
    """Keep what a question found, to be written now and again."""
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
