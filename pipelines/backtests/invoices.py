"""The invoice part of the back-test: when documents were said to be paid, and when they were.

For each cut-off T a model learns from what was known at the end of T. It is then asked about the
documents issued in the 91 days after, each on its day of issue, with features and customers'
curves that go on (the trees do not); and about the book that was open at the end of T, on the day
after, given that it is open. What is still unpaid at the end of the data counts as unpaid by then.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np

from models.cash.backtest import Score
from models.timing.frame import Floats, Frame, History
from models.timing.model import TimingModel, fit
from models.timing.trial import Cases, Trial, cases_of, judged, judged_by, was_late
from pipelines.predictions.features import (
    EPOCH,
    ask_book_as_known,
    ask_training,
    history_at,
    opened,
)

NEW_DAYS = 91
"""Days after a cut-off whose new documents are asked about."""

METHODS = ("mix", "customer_curve", "terms_curve")
NEW, OPEN_BOOK = "new", "open"


CUT_OFFS = 3
"""How many days a firm's model is judged on, a quarter apart; what is new after the last is paid
as far as half a year tells."""


def cut_offs_of(snapshot: Path) -> tuple[list[date], date]:
    """Return the days on which the model of a firm is judged, and the last day known."""
    with duckdb.connect(str(snapshot), read_only=True) as con:
        [(as_of,)] = con.sql("select as_of from meta.snapshot").fetchall()
    days = [as_of - timedelta(NEW_DAYS * (back + 2)) for back in range(CUT_OFFS)]
    return days[::-1], as_of


def study(snapshot: Path, cut_offs: Sequence[date], until: date) -> list[Score]:
    """Score the timing model and its rivals on past days of a published snapshot.

    Args:
        snapshot: The snapshot's file; it is only read.
        cut_offs: Days at whose end a model learns.
        until: Last day whose payments count as known in the end.

    Returns:
        Of each method the mean over the cut-offs, with the bounds of drawing customers anew.
        Horizons are `new` and `open`. Trees are scored as the mix they are used in.
    """
    found: dict[tuple[str, str], list[Cases]] = {}
    with opened(snapshot) as con:
        last = history_at(con, until)
        for day in cut_offs:
            for key, cases in _judged_on(con, day, last).items():
                found.setdefault(key, []).append(cases)
    return [
        Score("invoices", method, horizon, metric, *bounds, count)
        for (method, horizon), cases in found.items()
        for metric, (bounds, count) in judged(cases).items()
    ]


def _judged_on(
    con: duckdb.DuckDBPyConnection, day: date, last: History
) -> dict[tuple[str, str], Cases]:
    """Return the cases of one cut-off, by method and horizon."""
    known = history_at(con, day)
    model = fit(known, ask_training(con, day).frame)
    after = day + timedelta(NEW_DAYS)
    asked = ask_training(con, after).frame
    new = asked.take((asked.asked == asked.issued) & (asked.issued > (day - EPOCH).days))
    book = ask_book_as_known(con, day).frame
    cases = {}
    for horizon, frame, history in (
        (NEW, new, history_at(con, after)),
        (OPEN_BOOK, book, known),
    ):
        trial = judged_by(last, frame, known)
        for method, told in (*_of_model(model, trial, history), *_of_rules(trial)):
            cases[method, horizon] = told
    return cases


def _of_model(model: TimingModel, trial: Trial, history: History) -> list[tuple[str, Cases]]:
    return [
        (method, cases_of(trial, model.predict(history, trial.frame, method)))
        for method in METHODS
        if method != "mix" or model.trees is not None
    ]


def _of_rules(trial: Trial) -> list[tuple[str, Cases]]:
    """Return what simple rules say, with what was known on the day asked: a day, or a chance.

    A day that is over is moved to the day asked. Of a customer that never paid, the due day is
    said, and the chance that all others have in the mean.
    """
    frame, question = trial.frame, trial.question
    nothing = np.full(len(question), np.nan)
    asked = (frame.asked - frame.due).astype(float)
    customer, late = frame.customer[question], was_late(trial)
    unsaid = Cases(customer, nothing, nothing, nothing, nothing, nothing, late)
    told = []
    for name, delay in (
        ("due_date", np.zeros(len(frame))),
        ("mean_delay", _known(frame, "delay_mean_days", 0.0)),
        ("median_10", _known(frame, "last_10_median_days", 0.0)),
    ):
        day = np.maximum(np.rint(delay), asked)
        told.append((name, unsaid._replace(error=day[question] - trial.delay)))
    chance = _known(frame, "late_rate", float(np.nanmean(frame.feature("late_rate"))))
    told.append(("late_rate", unsaid._replace(said_late=chance[question])))
    return told


def _known(frame: Frame, name: str, otherwise: float) -> Floats:
    """Return a feature, with something for where it is not known."""
    return np.nan_to_num(frame.feature(name).astype(float), nan=otherwise)
