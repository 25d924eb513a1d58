"""The back-tests of the firm's own data: made when the model is trained, kept beside it.

What was foretold is kept; what came in is looked up anew in every refresh, so that weeks which were
not over when the model was trained count once they are.
"""

import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.cash.backtest import MODEL, Track
from models.cash.periods import WEEKS
from models.timing.answering import Correction, TimingModel
from models.timing.counting import Readied
from models.timing.curves import Curves
from models.timing.frame import Frame, History
from models.timing.person_periods import person_periods
from models.timing.sums import ForSums
from models.timing.trees import grown
from pipelines.backtests.rolling import Questions, Rolling, Timing, Trainer, sundays
from pipelines.predictions.cash_books import CashBook, date_of, day_number
from pipelines.predictions.features import ask_training

FILE = "backtest.parquet"
MOST_ORIGINS = 52
"""A year of Sundays."""

RETRAINED_EVERY = 26
MOST_ROWS = 150_000
"""How many person-period rows a model of the past learns from."""

CUSTOMER_CURVE = "customer_curve"

SCHEMA = pa.schema(
    [
        ("entity_id", pa.string()),
        ("currency", pa.string()),
        ("origin_on", pa.date32()),
        ("horizon_week", pa.int32()),
        ("what", pa.string()),
        ("method", pa.string()),
        ("value", pa.float64()),
    ]
)


@dataclass(frozen=True)
class ForCash:
    """A model as it tells cash: with its trees, and by customers' curves alone."""

    model: TimingModel

    def predict(
        self, history: History, frame: Frame, readied: Readied | None = None
    ) -> dict[str, Curves]:
        """Return what both methods say of each question, by name."""
        told = ForSums(self.model).predict(history, frame, readied)
        return {MODEL: told.with_trees, CUSTOMER_CURVE: told.alone}


def like(model: TimingModel) -> Trainer:
    """Return what trains a model of the past as today's was made: its trees alone are grown anew.

    What was chosen for today's model (how the customers' curves are drawn, the trees' part) is
    taken over: to choose it anew each time would take longer than the rest of the refresh. It is
    learnt from fewer rows too. Its correction, which was learnt on the last days, is not used.
    """

    def train(history: History, frame: Frame) -> Timing:
        then = replace(model, as_of=history.as_of, trees=None, correction=Correction())
        frame = frame.take(frame.issued <= history.as_of)
        periods = person_periods(history, frame, MOST_ROWS)
        if model.trees is not None and periods.paid.any():
            trees = grown(Readied.of(history), frame, periods, model.recipe, model.step)
            then = replace(then, trees=trees)
        return ForCash(then)

    return train


def make_tracks(
    con: duckdb.DuckDBPyConnection, book: CashBook, as_of: date, model: TimingModel
) -> list[Track]:
    """Foretell the firm's own past, Sunday by Sunday; empty where there is too little of it."""
    origins = sundays(book, day_number(as_of), MOST_ORIGINS)
    if not len(origins):
        return []
    questions = Questions.of(ask_training(con, as_of), book)
    rolling = Rolling(con, book, questions, like(model), day_number(as_of), RETRAINED_EVERY)
    return rolling.tracks(origins)


def keep_tracks(folder: Path, book: CashBook, tracks: list[Track]) -> None:
    """Keep the tracks in a model's folder, whole or not at all."""
    tables = [
        _rows(series.entity_id, series.currency, track)
        for series, track in zip(book.series, tracks, strict=False)
    ]
    table = pa.concat_tables([SCHEMA.empty_table(), *tables])
    beside = folder / f"{FILE}.tmp"
    pq.write_table(table, beside, compression="zstd")
    os.replace(beside, folder / FILE)


def load_tracks(folder: Path, book: CashBook, as_of: date) -> list[Track] | None:
    """Return the tracks kept in a model's folder, with what has come in since; None without any.

    A series that is new since then has an empty track.
    """
    file = folder / FILE
    if not file.exists():
        return None
    kept = pq.read_table(file)
    return [_track(kept, number, book, day_number(as_of)) for number in range(len(book.series))]


def _rows(entity_id: str, currency: str, track: Track) -> pa.Table:
    every = {
        **{("open_book", method): told for method, told in track.open_book.items()},
        **{("total", method): told for method, told in track.total.items()},
        ("variance", ""): track.variance,
        ("ets_width", ""): track.ets_width,
        ("actual_open", ""): track.actual_open,
        ("usual", ""): np.repeat(track.usual[:, None], WEEKS, axis=1),
    }
    count = len(track.origins) * WEEKS
    days = [date_of(day) for day in np.repeat(track.origins, WEEKS)]
    weeks = np.tile(np.arange(1, WEEKS + 1, dtype=np.int32), len(track.origins))
    return pa.concat_tables(
        pa.table(
            [
                pa.repeat(entity_id, count),
                pa.repeat(currency, count),
                pa.array(days, pa.date32()),
                pa.array(weeks),
                pa.repeat(what, count),
                pa.repeat(method, count),
                pa.array(values.ravel(), pa.float64()),
            ],
            schema=SCHEMA,
        )
        for (what, method), values in every.items()
    )


def _track(kept: pa.Table, number: int, book: CashBook, as_of: int) -> Track:
    series = book.series[number]
    told: dict[tuple[str, str], NDArray[np.float64]] = {}
    origins: NDArray[np.int64] = np.zeros(0, np.int64)
    mine = kept.filter(
        (pa.compute.field("entity_id") == series.entity_id)
        & (pa.compute.field("currency") == series.currency)
    )
    if len(mine):
        days = mine["origin_on"].cast(pa.int32()).to_numpy()
        origins = np.unique(days).astype(np.int64)
        whats, methods = mine["what"].to_pylist(), mine["method"].to_pylist()
        values = mine["value"].to_numpy()
        block = len(origins) * WEEKS
        for begin in range(0, len(mine), block):
            told[whats[begin], methods[begin]] = values[begin : begin + block].reshape(-1, WEEKS)
    nothing = np.zeros((len(origins), WEEKS))
    return Track(
        origins,
        {method: values for (what, method), values in told.items() if what == "open_book"},
        {method: values for (what, method), values in told.items() if what == "total"},
        told.get(("variance", ""), nothing),
        told.get(("usual", ""), nothing)[:, 0],
        told.get(("actual_open", ""), nothing),
        book.received_after(number, origins, as_of),
        told.get(("ets_width", ""), nothing),
    )
