"""How long does a whole refresh take, and where does it go?

The first one reads every extract, makes and checks every table from the first to the last, learns
how customers pay, foretells and publishes, on four cores. Another one, on two, finds the extracts
in landing and the model fresh: it makes and checks every table again, foretells and publishes.
`steps` is the time of the steps between reading the extracts and publishing, by Dagster's own
record. One run each: a refresh is long.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.data import with_extracts
from benchmarks.measuring import Work, in_fresh_process
from benchmarks.writing import growths, number, table, where

TITLE = "A refresh"
NOT_TABLES = ("extracts", "published__snapshot")
SLOWEST = 12
FIRST, ANOTHER = "the first", "another"
CORES = {FIRST: 4, ANOTHER: 2}

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
    """Refresh each firm, first with nothing but its extracts, then again."""
    rows = []
    for items in sizes:
        folder = with_extracts(items)
        for left in folder.iterdir():
            if left.is_dir() and left.name != "extracts":
                shutil.rmtree(left)
        (folder / "CURRENT").unlink(missing_ok=True)
        for subject, cores in CORES.items():
            work = Work("benchmarks.refresh:refresh", (str(folder),), cores)
            run = in_fresh_process(work)
            steps = run.answer["steps"]
            rows.append(
                {
                    "items": items,
                    "subject": subject,
                    **vars(run),
                    "steps_seconds": sum(steps.values())
                    - sum(steps.get(step, 0.0) for step in NOT_TABLES),
                }
            )
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    head = (
        *("refresh", "items", "items in the ledger", "cores", "steps s", "wall s", "CPU s"),
        *("peak MB", "snapshot MB"),
    )
    lines = [
        (
            row["subject"],
            f"{row['items']:,}",
            f"{row['answer']['items_in_ledger']:,}",
            str(CORES[row["subject"]]),
            number(row["steps_seconds"]),
            number(row["wall_seconds"]),
            number(row["cpu_seconds"]),
            number(row["peak_mb"]),
            number(row["answer"]["snapshot_mb"]),
        )
        for row in rows
    ]
    last = rows[-1]
    steps = sorted(last["answer"]["steps"].items(), key=lambda step: -step[1])
    slowest = {f"`{name.replace('__', '.')}`": seconds for name, seconds in steps[:SLOWEST]}
    slowest["all others"] = sum(seconds for _, seconds in steps[SLOWEST:])
    gaps = sorted({gap for row in rows for gap in row["answer"]["gaps"]})
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{table(head, lines)}

{growths(rows)} A part of the time is the same for every size. Every gap between ledger and open
items: {", ".join(gaps)}.

{where(slowest, last["items"], f"{last['subject']} refresh by step, wall seconds")}
"""
