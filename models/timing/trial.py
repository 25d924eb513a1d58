"""The days kept back: what was asked on them, what came of it, and how the methods scored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import scores
from models.scores import Bounds
from models.timing.answering import Calibrated, Score
from models.timing.curves import Curves
from models.timing.frame import OPEN, PAID, Floats, Frame, History
from models.timing.grid import FIRST, LAST

KEPT_BACK = 91
"""Days at the end of the history that choices are made on."""

JUDGED = 6_000
"""Questions of each kind (new, open) that choices are made on, at most."""

FEWEST = 30
"""Fewer slices than this are not scored."""

_GRID = np.arange(FIRST, LAST + 1)


class Trial(NamedTuple):
    """Questions of the days kept back, and what is known of their outcome.

    Attributes:
        earlier: The history as it was known before those days.
        as_of: Last day of them.
        frame: The questions: documents new on those days, and the open book of their first Monday.
        question: Position in the frame of the question each slice answers; one per slice of a
            document that was open when it was asked about.
        delay: The delay at which the slice was paid; NaN if it is not.
        weight: The slice's share of its document.
        known_to: Last day of delay known of the slice.
    """

    earlier: History
    as_of: int
    frame: Frame
    question: NDArray[np.intp]
    delay: Floats
    weight: Floats
    known_to: Floats

    @property
    def is_new(self) -> NDArray[np.bool_]:
        """Whether each question was asked on its document's day of issue."""
        return self.frame.asked == self.frame.issued


def trial_of(history: History, frame: Frame) -> Trial:
    """Keep back the last days of a history."""
    earlier = history.as_known(history.as_of - KEPT_BACK)
    new = (frame.asked == frame.issued) & (frame.issued > earlier.as_of)
    open_then = (frame.issued <= earlier.as_of) & (frame.asked > earlier.as_of)
    open_then &= frame.asked <= earlier.as_of + 7
    judged = frame.take(np.concatenate([_spread(frame, new), _spread(frame, open_then)]))
    return judged_by(history, judged, earlier)


def judged_by(history: History, frame: Frame, earlier: History) -> Trial:
    """Return questions with what a later history says became of them.

    Args:
        history: The later history.
        frame: The questions; all of them asked by its end.
        earlier: What was known when the models learnt.
    """
    order = np.argsort(history.item, kind="stable")
    items = history.item[order]
    begin = np.searchsorted(items, frame.item, side="left")
    count = np.searchsorted(items, frame.item, side="right") - begin
    question = np.repeat(np.arange(len(frame)), count)
    within = np.arange(len(question)) - np.repeat(np.cumsum(count) - count, count)
    piece = order[begin[question] + within]
    kept = (history.kind[piece] == OPEN) | (history.exit[piece] >= frame.asked[question])
    question, piece = question[kept], piece[kept]
    paid = history.kind[piece] == PAID
    due = frame.due[question]
    # A credit ends what can be known of a slice the day before it.
    ends = paid | (history.kind[piece] == OPEN)
    until = np.where(ends, history.as_of, history.exit[piece] - 1)
    return Trial(
        earlier,
        history.as_of,
        frame,
        question,
        np.where(paid, history.exit[piece] - due, np.nan),
        history.share[piece],
        (until - due).astype(float),
    )


def _spread(frame: Frame, wanted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the wanted questions, or of too many an even part by day and amount."""
    rows = np.flatnonzero(wanted)
    if len(rows) <= JUDGED:
        return rows
    order = np.lexsort((frame.due[rows], frame.amount[rows], frame.asked[rows]))
    return np.asarray(rows[order[:: -(-len(rows) // JUDGED)]])


def losses(trial: Trial, curves: Curves) -> Floats:
    """Return the CRPS in days of each slice, judged up to the last day known of it."""
    parts = np.array_split(np.arange(len(trial.question)), len(trial.question) // 5_000 + 1)
    each = [
        scores.crps(
            curves.take(trial.question[part]).paid_by(_GRID),
            trial.delay[part],
            trial.known_to[part],
        )
        for part in parts
    ]
    return np.concatenate(each)


def loss(trial: Trial, curves: Curves, kind: NDArray[np.bool_] | None = None) -> float:
    """Return the mean of `losses`, each slice by its share; of one kind of questions if told."""
    each = losses(trial, curves)
    weight = trial.weight if kind is None else trial.weight * kind[trial.question]
    return float((each * weight).sum() / weight.sum()) if weight.sum() else float("nan")


class Cases(NamedTuple):
    """Parts of documents, what was said of each and what came of it: one row each.

    What was not said of a case, or is not known of it, is NaN, and its scores leave it out.

    Attributes:
        customer: Whose document it is.
        crps: CRPS of its distribution, in days.
        before: Probability said of a payment before the day it was paid ...
        by: ... and by the end of that day.
        error: Days from the middle of its distribution to the day it was paid.
        said_late: Probability said of a payment after the due day.
        was_late: 1 if it was paid after it, or not at all; else 0.
    """

    customer: NDArray[np.int64]
    crps: Floats
    before: Floats
    by: Floats
    error: Floats
    said_late: Floats
    was_late: Floats

    def take(self, rows: NDArray[Any]) -> "Cases":
        """Return some of the cases: a mask or positions."""
        return Cases(*(column[rows] for column in self))


class Metric(NamedTuple):
    """A score of cases.

    Attributes:
        needs: What must be known of a case.
        score: Returns the score of cases of which all that is.
    """

    needs: tuple[str, ...]
    score: Callable[..., float]


_LATENESS = ("said_late", "was_late")
METRICS: dict[str, Metric] = {
    "crps": Metric(("crps",), lambda crps: float(crps.mean())),
    "pit_80": Metric(("before", "by"), scores.share_within),
    "mae_days": Metric(("error",), lambda error: float(np.abs(error).mean())),
    "auc": Metric(_LATENESS, scores.auc),
    "average_precision": Metric(_LATENESS, scores.average_precision),
    "ece": Metric(_LATENESS, scores.calibration_error),
    "brier": Metric(_LATENESS, scores.brier),
}
"""Every score of payment days and of lateness, by name."""


def cases_of(trial: Trial, curves: Curves) -> Cases:
    """Return every slice with what the curves say of it."""
    question = trial.question
    before, by = _transformed(trial, curves)
    middle = np.nan_to_num(curves.quantile(0.5), nan=float(LAST))[question]
    return Cases(
        trial.frame.customer[question],
        losses(trial, curves),
        before,
        by,
        middle - trial.delay,
        curves.late_probability(0)[question],
        was_late(trial),
    )


def was_late(trial: Trial) -> Floats:
    """Return 1 for each slice that was paid after its due day or not at all, 0 for the others.

    NaN where it is not known: of what falls due at the end, only what was paid early is.
    """
    return np.where(_judgeable(trial, 0), ~(trial.delay <= 0), np.nan)


def judged(cases: Sequence[Cases]) -> dict[str, tuple[Bounds, int]]:
    """Return every score of cases, the mean over several days that were judged, with its bounds.

    Args:
        cases: Those of each day that was judged. Metrics of which one day has fewer than `FEWEST`
            cases are left out.

    Returns:
        By metric: the score with the bounds of drawing customers anew, the same ones on all days;
        and how many cases it rests on.
    """
    together = Cases(*(np.concatenate(column) for column in zip(*cases, strict=True)))
    day = np.repeat(np.arange(len(cases)), [len(each.customer) for each in cases])
    told = {}
    for name, metric in METRICS.items():
        columns = [getattr(together, needed) for needed in metric.needs]
        rows = np.flatnonzero(~np.isnan(np.column_stack(columns)).any(axis=1))
        if np.bincount(day[rows], minlength=len(cases)).min() < FEWEST:
            continue
        scoring = _mean_over_days([column[rows] for column in columns], day[rows], metric.score)
        told[name] = (scores.by_customer(scoring, together.customer[rows]), len(rows))
    return told


def _mean_over_days(
    columns: list[Floats], day: NDArray[np.intp], score: Callable[..., float]
) -> Callable[[NDArray[np.intp]], float]:
    count = int(day.max()) + 1

    def scoring(rows: NDArray[np.intp]) -> float:
        found = []
        for each in range(count):
            mine = rows[day[rows] == each]
            if len(mine):
                found.append(float(score(*(column[mine] for column in columns))))
        return float(np.mean(found))

    return scoring


def scored(trial: Trial, methods: Mapping[str, Curves]) -> tuple[Score, ...]:
    """Return what each method scored on the days kept back, with bounds by customer."""
    told: list[Score] = []
    is_new = trial.is_new[trial.question]
    for method, curves in methods.items():
        cases = cases_of(trial, curves)
        for horizon, kind in (("new", is_new), ("open", ~is_new)):
            for metric, (bounds, count) in judged([cases.take(kind)]).items():
                told.append(Score(method, horizon, metric, *bounds, count))
    return tuple(told)


def _transformed(trial: Trial, curves: Curves) -> tuple[Floats, Floats]:
    """Return where in its distribution each slice's payment lies: from F(day before) to F(day).

    Of what is not paid it is only known to lie beyond the last day known of it.
    """
    paid = ~np.isnan(trial.delay)
    day = np.where(paid, np.nan_to_num(trial.delay), trial.known_to)
    both = np.empty((len(day), 2))
    for part in np.array_split(np.arange(len(day)), len(day) // 50_000 + 1):
        days = np.column_stack([day[part] - paid[part], day[part]]).astype(np.int64)
        both[part] = curves.take(trial.question[part]).paid_by(days)
    return both[:, 0], np.where(paid, both[:, 1], 1.0)


def calibrated(trial: Trial, methods: Mapping[str, Curves]) -> tuple[Calibrated, ...]:
    """Return what each method said of lateness against what happened on the days kept back."""
    told: list[Calibrated] = []
    for method, curves in methods.items():
        for target, days in (("late", 0), ("late_30", 30)):
            rows = np.flatnonzero(_judgeable(trial, days))
            if len(rows) < FEWEST:
                continue
            said = curves.late_probability(days)[trial.question[rows]]
            happened = ~(trial.delay[rows] <= days)
            for number, each in enumerate(scores.calibration(said, happened), 1):
                told.append(Calibrated(method, target, number, *each))
    return tuple(told)


def _judgeable(trial: Trial, days: int) -> NDArray[np.bool_]:
    """Return of which slices it is known whether they came more than so many days late.

    Known of all of them alike: due so long ago that each is paid by then or late, not so late
    already when asked that nothing was left to say, and not credited first.
    """
    asked = (trial.frame.asked - trial.frame.due)[trial.question]
    passed = (trial.as_of - trial.frame.due[trial.question]) > days
    return passed & (asked <= days) & (trial.known_to >= days)
