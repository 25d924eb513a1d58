"""How long do learning and foretelling take, from a snapshot that is there?

Features: every question that is learnt from, up to two million, with what was known of it on its
day. Training: the choice of the recipe on the last 91 days, and the trees. Scoring: as many open
items as the firm has items, the open book repeated, with their quantiles and probabilities. Four
cores, one run each: a training is long.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.data import FOLDER, items_of, refreshed
from benchmarks.measuring import Work, in_fresh_process
from benchmarks.writing import growths, number, table

TITLE = "Payment timing"
MILLION = 1_000_000
LEARNING = ("features", "training")

Figures = dict[str, Any]


def _opened(folder: str) -> Any:
    from pipelines.predictions.features import opened
    from published import snapshot

    return opened(snapshot.current(Path(folder)).path)


def _as_of(folder: str) -> date:
    from published import snapshot

    return snapshot.current(Path(folder)).as_of


def features(folder: str) -> Callable[[], Figures]:
    """Make the tables of the features, and answer every question that is learnt from."""
    from pipelines.predictions.features import ask_training

    def work() -> Figures:
        with _opened(folder) as con:
            return {"questions": len(ask_training(con, _as_of(folder)).frame)}

    return work


def training(folder: str, kept: str) -> Callable[[], Figures]:
    """Learn from every question, and keep the model for the scoring."""
    from models.timing.model import fit
    from pipelines.predictions.features import ask_training, history_at

    with _opened(folder) as con:
        frame = ask_training(con, _as_of(folder)).frame
        history = history_at(con, _as_of(folder))

    def work() -> Figures:
        model = fit(history, frame)
        Path(kept).write_bytes(model.to_bytes())
        return {"method": model.method, "slices": len(history)}

    return work


def scoring(folder: str, kept: str, items: str) -> Callable[[], Figures]:
    """Ask about so many open items, and read off what is published of each."""
    import numpy as np

    from models.timing.answering import TimingModel
    from pipelines.predictions.answers import QUANTILES
    from pipelines.predictions.features import history_at, keep_open_book, open_book

    model = TimingModel.from_bytes(Path(kept).read_bytes())
    with _opened(folder) as con:
        keep_open_book(con, _as_of(folder))
        book = open_book(con).frame
        history = history_at(con, _as_of(folder))
    rows = np.arange(int(items)) % len(book)
    frame = book.take(rows)

    def work() -> Figures:
        curves = model.predict(history, frame)
        for quantile in QUANTILES:
            curves.quantile(quantile / 100)
        for days in (0, 30, 90):
            curves.late_probability(days)
        return {"items": len(frame), "expected": round(float(curves.expected_delay().mean()), 6)}

    return work


def measure(sizes: list[int]) -> list[Figures]:
    """Measure at every size; the training's model is asked in the scoring."""
    rows = []
    kept = FOLDER / "timing.skops"
    for items in sizes:
        folder = str(refreshed(items))
        for name, arguments in (
            ("features", (folder,)),
            ("training", (folder, str(kept))),
            ("scoring", (folder, str(kept), str(items))),
        ):
            work = Work(f"benchmarks.predictions:{name}", arguments, cores=4)
            rows.append({"items": items, "subject": name, **vars(in_fresh_process(work))})
    kept.unlink(missing_ok=True)
    return rows


def measured(rows: list[Figures]) -> dict[str, float]:
    """Return what was aimed at: to learn from a million invoices, to foretell a million items."""
    learnt = {row["subject"]: row for row in rows if row["items"] == items_of(MILLION)}
    foretold = [row for row in rows if row["items"] == MILLION and row["subject"] == "scoring"]
    figures = {}
    if foretold:
        figures["scoring_1m"] = foretold[0]["wall_seconds"]
    if learnt:
        figures["training_1m"] = sum(learnt[name]["wall_seconds"] for name in LEARNING)
        figures["training_memory_1m"] = max(learnt[name]["peak_mb"] for name in LEARNING)
    return figures


def report(rows: list[Figures]) -> str:
    """Tell what was measured."""
    lines = [
        (
            row["subject"],
            f"{row['items']:,}",
            number(row["wall_seconds"]),
            number(row["cpu_seconds"]),
            number(row["peak_mb"]),
        )
        for row in rows
    ]
    head = ("what", "items", "wall s", "CPU s", "peak MB")
    return f"""{__doc__.split(chr(10), 2)[2].strip()}

{table(head, lines)}

{growths(rows)}
"""
