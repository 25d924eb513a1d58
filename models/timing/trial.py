"""The days kept back: what was asked on them, what came of it, and how the methods scored."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import scores
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


Scoring = Callable[[NDArray[np.intp]], float]
LATENESS: tuple[tuple[str, Callable[[Floats, Floats], float]], ...] = (
    ("auc", scores.auc),
    ("average_precision", scores.average_precision),
    ("ece", scores.calibration_error),
    ("brier", scores.brier),
)


def _mean_of(values: Floats) -> Scoring:
    return lambda rows: float(values[rows].mean())


def _within(before: Floats, by: Floats) -> Scoring:
    return lambda rows: scores.share_within(before[rows], by[rows])


def _held(score: Callable[[Floats, Floats], float], said: Floats, truth: Floats) -> Scoring:
    return lambda rows: score(said[rows], truth[rows])


def scored(trial: Trial, methods: Mapping[str, Curves]) -> tuple[Score, ...]:
    """Return what each method scored on the days kept back, with bounds by customer.

    Whether a slice was late is judged of those due before the last day alone: of the others only
    the early ones are known.
    """
    told: list[Score] = []
    is_new = trial.is_new[trial.question]
    for method, curves in methods.items():
        crps = losses(trial, curves)
        before, by = _transformed(trial, curves)
        late = curves.late_probability(0)[trial.question]
        middle = np.nan_to_num(curves.quantile(0.5), nan=float(LAST))[trial.question]
        for horizon, kind in (("new", is_new), ("open", ~is_new)):
            judged = np.flatnonzero(kind)
            due = np.flatnonzero(kind & _judgeable(trial, 0))
            paid = np.flatnonzero(kind & ~np.isnan(trial.delay))
            was_late = (~(trial.delay[due] <= 0)).astype(float)
            tries = [
                ("crps", judged, _mean_of(crps[judged])),
                ("pit_80", judged, _within(before[judged], by[judged])),
                ("mae_days", paid, _mean_of(np.abs(middle[paid] - trial.delay[paid]))),
                *((name, due, _held(each, late[due], was_late)) for name, each in LATENESS),
            ]
            for metric, rows, score in tries:
                if len(rows) >= FEWEST:
                    customers = trial.frame.customer[trial.question[rows]]
                    bounds = scores.by_customer(score, customers)
                    told.append(Score(method, horizon, metric, *bounds, len(rows)))
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
