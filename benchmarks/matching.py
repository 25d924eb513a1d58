"""How many lines a second are matched, by reference and first in first out?

The SELECTs of `ledger.matches` that a firm without lettering relies on, on one core, over every
item of the firm as if nothing were matched yet: first the credits that name one invoice of their
customer, by its document or in the words of their label; then what is left, oldest first. Lines are
the items that go in. Several invoices that add up to one payment are never looked for: of those,
nothing is guessed.
"""

from collections.abc import Callable
from typing import Any, Literal

from benchmarks.books import opened
from benchmarks.data import refreshed, rounds
from benchmarks.measuring import Work, in_turn
from benchmarks.writing import growths, number, table
from pipelines.settings import Matching, Settings
from pipelines.staging import MATCHES_TABLE, match_steps, run_steps

TITLE = "Matching"
METHODS: tuple[Literal["reference", "fifo"], ...] = ("reference", "fifo")
STEPS_OF_A_METHOD = 3
OURS = "Encaisse"

Answer = Callable[[], dict[str, int]]


def encaisse(folder: str) -> Callable[[], Answer]:
    """Match every item of a firm."""
    con = opened(folder, {"ledger.matches"})
    steps = match_steps(Settings(matching=Matching(methods=METHODS)))
    con.execute(MATCHES_TABLE)

    def work() -> Answer:
        run_steps(con, steps[-STEPS_OF_A_METHOD * len(METHODS) :])

        def told() -> dict[str, int]:
            [(items,)] = con.sql("select count(*) from ledger.items").fetchall()
            found = con.sql("select method, count(*) from ledger.matches group by all order by 1")
            return {"items": items, **dict(found.fetchall())}

        return told

    return work


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Match the items of each firm."""
    rows = []
    for items in sizes:
        work = Work("benchmarks.matching:encaisse", (str(refreshed(items)),))
        run = in_turn({OURS: work}, rounds(items))[OURS]
        rows.append({"items": items, "subject": OURS, **vars(run)})
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """Tell what was measured."""
    head = (
        *("items", "wall s", "CPU s", "peak MB", "lines per CPU s", "matched by reference"),
        "matched oldest first",
    )
    lines = [
        (
            f"{row['items']:,}",
            number(row["wall_seconds"]),
            number(row["cpu_seconds"]),
            number(row["peak_mb"]),
            number(row["answer"]["items"] / row["cpu_seconds"]),
            *(f"{row['answer'].get(method, 0):,}" for method in METHODS),
        )
        for row in rows
    ]
    return f"""{(__doc__ or "").split(chr(10), 2)[2].strip()}

{table(head, lines)}

{growths(rows)}
"""


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return what was aimed at, at a million items."""
    found = {row["items"]: row["answer"]["items"] / row["cpu_seconds"] for row in rows}
    return {"matching_rate": found[1_000_000]} if 1_000_000 in found else {}
