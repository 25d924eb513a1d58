"""What does the second clock cost: a past day as it was known on a day, beside as it is known now?

The same macros of the published snapshot, once with `known_on` and once without, on one core: the
aged balances of {as_of} as they were known on that day; and the balances of every day of the
history, as they were known half a year before its end.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.data import published, refreshed, rounds
from benchmarks.measuring import Work, in_turn
from benchmarks.writing import compared, growths, times
from published.snapshot import current

TITLE = "Two clocks"
AS_OF = date(2025, 6, 30)
QUESTIONS = {
    "aged balances": "from receivables.aged_balances($as_of, _known_on := $known_on)",
    "every day": "from receivables.daily_balances_known($as_of, _known_on := $known_on)",
}
NOW, THEN = "as known now", "as known then"


def asked(folder: str, name: str, known_on: str) -> Callable[[], Callable[[], int]]:
    """Ask one of the questions, as known on a day, or now."""
    con = published(folder)
    last = current(Path(folder)).as_of if name == "every day" else AS_OF
    values = {"as_of": last, "known_on": date.fromisoformat(known_on) if known_on else None}

    def work() -> Callable[[], int]:
        found = con.sql(QUESTIONS[name], params=values).to_arrow_table()
        return lambda: len(found)

    work()
    return work


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Ask each question with each clock, in turn."""
    rows = []
    for items in sizes:
        folder = str(refreshed(items))
        for name in QUESTIONS:
            works = {
                clock: Work("benchmarks.clocks:asked", (folder, name, known_on))
                for clock, known_on in ((NOW, ""), (THEN, str(AS_OF)))
            }
            for clock, run in in_turn(works, rounds(items)).items():
                rows.append({"items": items, "question": name, "subject": clock, **vars(run)})
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured, question by question."""
    parts = []
    for name in QUESTIONS:
        of_it = [row for row in rows if row["question"] == name]
        parts.append(f"{name.capitalize()}:\n\n{compared(of_it, NOW)}\n\n{growths(of_it)}")
    told = (__doc__ or "").format(as_of=AS_OF).split("\n", 2)[2].strip()
    largest = max(row["items"] for row in rows)
    ratios = ", ".join(f"{name} {times(ratio)}" for name, ratio in _ratios(rows, largest).items())
    return f"{told}\n\n{(chr(10) * 2).join(parts)}\n\nAt {largest:,} items: {ratios}.\n"


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the worst of both questions, at a million items."""
    found = _ratios(rows, 1_000_000)
    return {"known_on": max(found.values())} if found else {}


def _ratios(rows: list[dict[str, Any]], items: int) -> dict[str, float]:
    cpu = {
        (row["question"], row["subject"]): row["cpu_seconds"]
        for row in rows
        if row["items"] == items
    }
    return {name: cpu[name, THEN] / cpu[name, NOW] for name in QUESTIONS if (name, NOW) in cpu}
