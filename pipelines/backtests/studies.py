"""What is measured: whole firms, from their extracts to the scores of their forecasts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from models.cash.backtest import Score, Track, combined, score, shown
from models.risk import captured_share, expected_late_euro_days
from models.timing.answering import TimingModel
from models.timing.frame import Frame, History
from models.timing.model import fit
from pipelines.backtests.rolling import Questions, Rolling, Timing, sundays
from pipelines.predictions.cash_books import CashBook, date_of, day_number
from pipelines.predictions.cash_scores import weights_of
from pipelines.predictions.cash_tracks import ForCash, like
from pipelines.predictions.features import ask_training, history_at, opened
from pipelines.running import publish_tables
from pipelines.sample import write_sample
from pipelines.settings import Settings
from published import snapshot

IBM_FIRST, IBM_ORIGINS = date(2012, 9, 30), 44
"""The Sundays of the published protocol: the file is right-truncated after them."""

LATE_DAYS = 180
"""How far the lateness of an open document is followed, where the order of risk is judged."""


@contextmanager
def published(extracts: Path) -> Iterator[Path]:
    """Publish the ledger of some extracts in a folder that goes away; yield the snapshot.

    Without the predictions of a refresh: here they are made for many days.
    """
    with tempfile.TemporaryDirectory(prefix="encaisse-backtest-") as folder:
        publish_tables(Path(folder), extracts, ("ledger", "receivables"))
        yield snapshot.current(Path(folder)).path


@contextmanager
def alone(file: Path) -> Iterator[Path]:
    """Copy one file into a folder of its own, which goes away; yield the folder."""
    with tempfile.TemporaryDirectory(prefix="encaisse-reference-") as folder:
        shutil.copy(file, folder)
        yield Path(folder)


@contextmanager
def sample(seed: int, items: int) -> Iterator[Path]:
    """Make a sample company and yield its extracts."""
    with tempfile.TemporaryDirectory(prefix="encaisse-sample-") as folder:
        extracts = Path(folder) / "extracts"
        write_sample(extracts, seed=seed, items=items, progress=lambda share: None)
        yield extracts


def by_the_protocol(snapshot_file: Path) -> list[Score]:
    """Score the cash of IBM's file on the Sundays of the protocol, trained every 13 weeks."""
    with opened(snapshot_file) as con:
        book, as_of = _read(con)
        origins = day_number(IBM_FIRST) + 7 * np.arange(IBM_ORIGINS)
        questions = Questions.of(ask_training(con, as_of), book)
        tracks = Rolling(con, book, questions, train, day_number(as_of)).tracks(origins)
        return _scored(con, book, tracks)


def train(history: History, frame: Frame) -> Timing:
    """Train the model from nothing, everything chosen anew, and its customers' curves."""
    return ForCash(fit(history, frame))


def of_a_firm(snapshot_file: Path, most_origins: int) -> list[Score]:
    """Score the cash of a firm on its last Sundays, with models grown like one of the first."""
    with opened(snapshot_file) as con:
        book, as_of = _read(con)
        origins = sundays(book, day_number(as_of), most_origins)
        if not len(origins):
            return []
        questions = Questions.of(ask_training(con, as_of), book)
        model = _first_model(con, questions, int(origins[0]))
        tracks = Rolling(con, book, questions, like(model), day_number(as_of)).tracks(origins)
        return [*_scored(con, book, tracks), *_captured(con, questions, model, origins)]


def _first_model(con: duckdb.DuckDBPyConnection, questions: Questions, day: int) -> TimingModel:
    """Fit on what was known on a day alone: nothing that is chosen knows what came later."""
    known = questions.frame.asked <= day
    return fit(history_at(con, date_of(day)), questions.frame.take(known))


def _read(con: duckdb.DuckDBPyConnection) -> tuple[CashBook, date]:
    [(as_of,)] = con.sql("select as_of from meta.snapshot").fetchall()
    return CashBook.read(con, Settings().defaults.country), as_of


def _scored(con: duckdb.DuckDBPyConnection, book: CashBook, tracks: list[Track]) -> list[Score]:
    weights = weights_of(con, book)
    return combined(
        [
            (weights.get((series.entity_id, series.currency), 0.0), score(track, shown(track)))
            for series, track in zip(book.series, tracks, strict=True)
        ]
    )


def _captured(
    con: duckdb.DuckDBPyConnection,
    questions: Questions,
    model: TimingModel,
    origins: NDArray[np.int64],
) -> list[Score]:
    """Score the order of risk: how much of the lateness that came its first 5 % had.

    Open documents, on every thirteenth Sunday that has half a year behind it; the mean over them.
    """
    last = int(origins[-1]) - LATE_DAYS
    days = [int(day) for day in origins[::13] if day <= last]
    shares: dict[str, list[float]] = {"expected": [], "ageing": [], "amount": []}
    for day in days:
        asked = np.flatnonzero(~questions.is_new & (questions.frame.asked == day + 1))
        frame = questions.frame.take(asked)
        came = _late_euro_days(history_at(con, date_of(last + LATE_DAYS)), frame, day)
        if not came.any():
            continue
        curves = model.predict(history_at(con, date_of(day)), frame)
        ahead = day + 1 + np.arange(LATE_DAYS)
        late = ahead[None, :] > frame.due[:, None]
        unpaid = np.where(late, 1.0 - curves.paid_by(ahead[None, :] - frame.due[:, None]), 0.0)
        amount = frame.amount.astype(float)
        overdue = np.maximum(day - frame.due, 0).astype(float)
        orders = {
            "expected": expected_late_euro_days(amount, unpaid),
            "ageing": overdue + amount / (amount.max() + 1.0),
            "amount": amount,
        }
        for name, order in orders.items():
            shares[name].append(captured_share(order, came))
    return [
        Score("ranking", name, "open", "captured_5", float(np.mean(each)), None, None, len(each))
        for name, each in shares.items()
        if each
    ]


def _late_euro_days(later: History, frame: Frame, day: int) -> NDArray[np.float64]:
    """Return the euro-days that each document was late in the half year after a day."""
    end = day + LATE_DAYS
    order = np.argsort(frame.item)
    place = np.searchsorted(frame.item[order], later.item).clip(0, len(frame) - 1)
    rows = order[place]
    mine = (frame.item[rows] == later.item) & (later.exit > day)
    until = np.minimum(later.exit.astype(np.int64), end)
    begin = np.maximum(frame.due[rows].astype(np.int64), day)
    days_late = np.maximum(until - begin, 0)
    return np.asarray(np.bincount(rows[mine], (later.amount * days_late)[mine], len(frame)), float)
