"""How long does a refresh take, once the extracts have landed, and where does it go?

A refresh with everything in landing: the extracts are found to be known, every table is made from
the first to the last, every check is run, the snapshot is published. `tables` is the time of the
steps that make and check tables, by Dagster's own record; the rest is looking at the extracts,
publishing and Dagster itself. The first refresh, which reads the extracts too, is beside it.
"""

import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.data import home, refreshes
from benchmarks.measuring import Work, growth, in_fresh_process
from benchmarks.writing import Target, number, table

TITLE = "A refresh"
NOT_TABLES = ("extracts", "published__snapshot")
SLOWEST = 8
TARGETS = {1_000_000: (6, 1_000), 10_000_000: (45, 2_200)}  # seconds for the tables, and peak MB

Answer = Callable[[], dict[str, Any]]


def refresh(folder: str) -> Callable[[], Answer]:
    """Refresh as `encaisse refresh` does."""
    from pipelines.instance import opened
    from pipelines.running import run
    from published.snapshot import current

    home = Path(folder)

    def work() -> Answer:
        outcome = run("refresh", home, extracts=None, as_of=None, tell=lambda share, doing: None)
        return lambda: told(outcome.run_id, outcome.refusals, outcome.blocked_by)

    def told(run_id: str, *problems: list[Any]) -> dict[str, Any]:
        if any(problems):
            raise ValueError(problems)
        with opened(home) as instance:
            stats = instance.get_run_step_stats(run_id)
        seconds = {
            each.step_key: each.end_time - each.start_time
            for each in stats
            if each.end_time and each.start_time
        }
        pointer = current(home)
        return {
            "steps": seconds,
            "snapshot_mb": pointer.path.stat().st_size / 1e6,
            "items_in_ledger": pointer.row_counts["ledger.items"],
            "gaps": sorted({str(total.gap) for total in pointer.control_totals}),
        }

    return work


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Refresh each firm, first with nothing in landing, then on two cores and on four."""
    rows = []
    for items in sizes:
        for left in ("landing", "snapshots", "dagster"):
            shutil.rmtree(home(items) / left, ignore_errors=True)
        (home(items) / "CURRENT").unlink(missing_ok=True)
        rows.append({"items": items, "first": True, **_refreshes(items, cores=4, times=1)})
        for cores in (2, 4):
            found = _refreshes(items, cores=cores, times=refreshes(items))
            rows.append({"items": items, "first": False, **found})
    return rows


def _refreshes(items: int, *, cores: int, times: int) -> dict[str, Any]:
    work = Work("benchmarks.tables:refresh", (str(home(items)),), cores)
    runs = [in_fresh_process(work) for _ in range(times)]
    steps = {
        step: statistics.median(run.answer["steps"][step] for run in runs)
        for step in runs[0].answer["steps"]
    }
    return {
        "cores": cores,
        "wall_seconds": statistics.median(run.wall_seconds for run in runs),
        "cpu_seconds": statistics.median(run.cpu_seconds for run in runs),
        "peak_mb": statistics.median(run.peak_mb for run in runs),
        **runs[-1].answer,
        "steps": steps,
        "tables_seconds": sum(each for step, each in steps.items() if step not in NOT_TABLES),
    }


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    again = [row for row in rows if not row["first"]]
    two = [row for row in again if row["cores"] == 2]
    slowest = sorted(two[-1]["steps"].items(), key=lambda step: step[1], reverse=True)[:SLOWEST]
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{
        table(
            (
                "refresh",
                "invoices",
                "ledger items",
                "cores",
                "tables s",
                "wall s",
                "CPU s",
                "peak MB",
                "snapshot MB",
            ),
            [
                (
                    "the first" if row["first"] else "another",
                    f"{row['items']:,}",
                    f"{row['items_in_ledger']:,}",
                    str(row["cores"]),
                    number(row["tables_seconds"]),
                    number(row["wall_seconds"]),
                    number(row["cpu_seconds"]),
                    number(row["peak_mb"]),
                    number(row["snapshot_mb"]),
                )
                for row in rows
            ],
        )
    }

Growth exponent of the tables on two cores:
{growth([row["items"] for row in two], [row["tables_seconds"] for row in two]):.2f}; a part of the
time is the same for every size. Every gap between ledger and open items:
{", ".join(sorted({gap for row in rows for gap in row["gaps"]}))}.

Where the time goes, at {two[-1]["items"]:,} invoices on two cores:

{table(("step", "s"), [(f"`{name.replace('__', '.')}`", number(each)) for name, each in slowest])}
"""


def targets(rows: list[dict[str, Any]]) -> list[Target]:
    """Hold the refreshes on two cores against what was aimed at."""
    found = []
    for row in rows:
        if row["items"] in TARGETS and row["cores"] == 2:
            seconds, megabytes = TARGETS[row["items"]]
            size = f"{row['items']:,} invoices, two cores"
            found += [
                Target.at_most(f"ledger tables, {size}", seconds, row["tables_seconds"], " s"),
                Target.at_most(f"peak of a refresh, {size}", megabytes, row["peak_mb"], " MB"),
            ]
    return found
