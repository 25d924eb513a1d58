"""The invoice part of the back-test: when documents were said to be paid, and when they were.

For each cut-off T a model learns from what was known at the end of T. It is then asked about the
documents issued in the 91 days after, each on its day of issue, with features and customers'
curves that go on (the trees do not); and about the book that was open at the end of T, on the day
after, given that it is open. What is still unpaid at the end of the data counts as unpaid by then.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.timing.answering import Score
from models.timing.frame import Frame, History
from models.timing.model import TimingModel, fit
from models.timing.trial import Trial, judged_by, scored
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


class CutOff(NamedTuple):
    """What a model that knew nothing after a day scored.

    Attributes:
        learnt_to: The cut-off: last day the model learnt from.
        method: The method it chose for itself.
        scores: What every method it can answer by scored, on new and on open documents.
    """

    learnt_to: date
    method: str
    scores: tuple[Score, ...]


def study(snapshot: Path, cut_offs: Sequence[date], until: date) -> list[CutOff]:
    """Score the timing model on past days of a published snapshot.

    Args:
        snapshot: The snapshot's file; it is only read.
        cut_offs: Days at whose end a model learns.
        until: Last day whose payments count as known in the end.
    """
    answers = []
    with opened(snapshot) as con:
        last = history_at(con, until)
        for day in cut_offs:
            known = history_at(con, day)
            model = fit(known, ask_training(con, day).frame)
            after = day + timedelta(NEW_DAYS)
            asked = ask_training(con, after).frame
            cut = (day - EPOCH).days
            new = asked.take((asked.asked == asked.issued) & (asked.issued > cut))
            later = history_at(con, after)
            book = ask_book_as_known(con, day).frame
            scores = (
                *_scores(model, new, later, judged_by(last, new, known)),
                *_scores(model, book, known, judged_by(last, book, known)),
            )
            answers.append(CutOff(day, model.method, scores))
    return answers


def _scores(model: TimingModel, frame: Frame, history: History, trial: Trial) -> tuple[Score, ...]:
    methods = METHODS if model.trees is not None else METHODS[1:]
    return scored(trial, {name: model.predict(history, frame, name) for name in methods})


def averaged(cut_offs: Sequence[CutOff]) -> dict[tuple[str, str, str], float]:
    """Return the mean over the cut-offs of each (method, horizon, metric)."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for cut in cut_offs:
        for score in cut.scores:
            found.setdefault((score.method, score.horizon, score.metric), []).append(score.value)
    return {key: float(np.mean(values)) for key, values in sorted(found.items())}
