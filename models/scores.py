"""Scores: how right a prediction was, once the truth is known.

Three kinds of prediction are scored: a probability of something that happened or did not (a late
payment), a distribution over days of delay, and an amount of cash. Every score is a plain function
of arrays, with no random draw but in the two bootstraps, whose seed is fixed: the same predictions
always score the same, in whatever order they come.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import EncaisseError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

FIRST_DAY, LAST_DAY = -120, 365
"""The grid of days of delay on which distributions are compared, both ends in it."""


class Bounds(NamedTuple):
    """A score with the bounds that drawing other cases like these would have left it within."""

    value: float
    low: float
    high: float


# --- a probability of what happened or did not -------------------------------------------------


def auc(probabilities: ArrayLike, happened: ArrayLike) -> float:
    """Return how often a case that happened was given more than one that did not.

    Args:
        probabilities: What was said, one per case; only their order matters.
        happened: 1 or 0 per case.

    Returns:
        The area under the ROC curve, 0 to 1: 0.5 is a coin. Ties count half. NaN where all
        happened, or none did.

    Of the 2 x 2 pairs below, 0.8 and 0.6 beat 0.1, 0.8 beats 0.7, and 0.6 does not:

    >>> auc([0.8, 0.6, 0.7, 0.1], [1, 1, 0, 0])
    0.75
    """
    said, truth = _pairs(probabilities, happened)
    ones = truth.sum()
    zeros = len(truth) - ones
    if not ones or not zeros:
        return float("nan")
    _, place, counts = np.unique(said, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float(((ranks * truth).sum() - ones * (ones + 1) / 2) / (ones * zeros))


def average_precision(probabilities: ArrayLike, happened: ArrayLike) -> float:
    """Return the precision of the list of the most probable, averaged over what it finds.

    Args:
        probabilities: What was said, one per case; only their order matters.
        happened: 1 or 0 per case.

    Returns:
        Sum over the thresholds of (recall gained) x (precision there), 0 to 1; cases said alike
        are taken together. Compare it with the share that happened, which a coin gets.

    Taking the list from the top: 1 of 1 right, then 2 of 3.

    >>> round(average_precision([0.8, 0.6, 0.7, 0.1], [1, 1, 0, 0]), 4)   # (1/1 + 2/3) / 2
    0.8333
    """
    said, truth = _pairs(probabilities, happened)
    if not truth.sum():
        return float("nan")
    values, place = np.unique(-said, return_inverse=True)
    found = np.cumsum(np.bincount(place, weights=truth, minlength=len(values)))
    listed = np.cumsum(np.bincount(place, minlength=len(values)))
    gained = np.diff(np.concatenate([[0.0], found])) / truth.sum()
    return float((gained * found / listed).sum())


def brier(probabilities: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean squared difference between what was said and what happened (0 or 1).

    >>> round(brier([0.8, 0.5], [1, 0]), 4)   # (0.04 + 0.25) / 2
    0.145
    """
    said, truth = _pairs(probabilities, happened)
    return float(((said - truth) ** 2).mean())


class CalibrationBin(NamedTuple):
    """Cases that were given about the same probability.

    Attributes:
        predicted: Mean of what was said.
        observed: Share of them that happened.
        cases: How many.
    """

    predicted: float
    observed: float
    cases: int


def calibration(
    probabilities: ArrayLike, happened: ArrayLike, bins: int = 10
) -> list[CalibrationBin]:
    """Return what was said against what happened, in bins of (nearly) as many cases each.

    Cases said alike share what happened to them, so that the bin a tied case falls into does not
    depend on its place in the list.

    >>> calibration([0.1, 0.1, 0.6, 0.8], [0, 0, 1, 1], bins=2)[1]
    CalibrationBin(predicted=0.7, observed=1.0, cases=2)
    """
    said, truth = _pairs(probabilities, happened)
    values, place, counts = np.unique(said, return_inverse=True, return_counts=True)
    shared = np.bincount(place, weights=truth) / counts
    said, truth = np.repeat(values, counts), np.repeat(shared, counts)
    return [
        CalibrationBin(round(float(a.mean()), 12), round(float(b.mean()), 12), len(a))
        for a, b in zip(np.array_split(said, bins), np.array_split(truth, bins), strict=True)
        if len(a)
    ]


def calibration_error(probabilities: ArrayLike, happened: ArrayLike, bins: int = 10) -> float:
    """Return the mean distance between said and observed over `calibration`'s bins (ECE).

    >>> calibration_error([0.1, 0.1, 0.6, 0.8], [0, 0, 1, 1], bins=2)   # (0.1 + 0.3) / 2
    0.2
    """
    told = calibration(probabilities, happened, bins)
    total = sum(each.cases for each in told)
    return round(sum(abs(each.predicted - each.observed) * each.cases for each in told) / total, 12)


# --- a distribution over days of delay ---------------------------------------------------------


def crps(
    paid_by: NDArray[np.floating],
    delay: ArrayLike,
    known_to: ArrayLike | None = None,
    first_day: int = FIRST_DAY,
) -> Floats:
    """Return the continuous ranked probability score of each case, in days.

    The sum over the days of the grid of (F(d) - 1 where paid by d, else 0) squared. For a single
    day foretold with certainty it is the absolute error.

    Args:
        paid_by: Cumulative probabilities, one row per case, one column per day from `first_day`.
        delay: The day each was paid, in days after due; NaN while it is not.
        known_to: Last day of delay known of each case: later days are not judged. None: all known.
        first_day: The first column's day of delay.

    Returns:
        One score per case, 0 at best.

    Half on day 1 and half on day 3, paid on day 1: it errs by a half on days 1 and 2.

    >>> crps(np.array([[0, 0.5, 0.5, 1.0]]), [1], first_day=0).tolist()
    [0.5]
    """
    days = first_day + np.arange(paid_by.shape[1])
    delays = np.asarray(delay, dtype=float)
    paid = delays[:, None] <= days
    errors = (np.asarray(paid_by, dtype=float) - paid) ** 2
    if known_to is not None:
        errors = np.where(days <= np.asarray(known_to, dtype=float)[:, None], errors, 0.0)
    return errors.sum(axis=1)


def share_within(before: ArrayLike, by: ArrayLike, low: float = 0.1, high: float = 0.9) -> float:
    """Return the share of cases whose truth lies within the stated part of its distribution.

    The probability integral transform of a case paid on day y is drawn evenly from F(y - 1) to
    F(y). Instead of drawing, the expected share is returned: fair where much of the probability
    sits on one day, which an interval of days with both ends counted is not.

    Args:
        before: F(y - 1) of each case, y the day it was paid.
        by: F(y) of each case.
        low: Lower bound of the part.
        high: Upper bound: with 0.1 and 0.9 the share should be 0.80.

    >>> share_within([0.0, 0.5], [0.2, 0.6])   # half of the first, all of the second
    0.75
    """
    start, end = np.asarray(before, dtype=float), np.asarray(by, dtype=float)
    width = end - start
    inside = np.clip(end, low, high) - np.clip(start, low, high)
    held = np.where(width > 0, inside / np.where(width > 0, width, 1.0), 0.0)
    sure = (width <= 0) & (start >= low) & (start <= high)
    return float(np.where(sure, 1.0, held).mean())


# --- an amount, or a day -----------------------------------------------------------------------


def mean_absolute_error(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Return the mean distance between forecast and actual.

    >>> mean_absolute_error([3, 10], [5, 10])
    1.0
    """
    said, truth = _pairs(forecast, actual)
    return float(np.abs(said - truth).mean())


def median_absolute_error(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Return the median distance between forecast and actual.

    >>> median_absolute_error([3, 10, 0], [5, 10, 9])
    2.0
    """
    said, truth = _pairs(forecast, actual)
    return float(np.median(np.abs(said - truth)))


def share_near(forecast: ArrayLike, actual: ArrayLike, within: float) -> float:
    """Return the share of cases forecast to within so many days (or euros).

    >>> share_near([3, 10], [5, 10], within=1)
    0.5
    """
    said, truth = _pairs(forecast, actual)
    return float((np.abs(said - truth) <= within).mean())


def wape(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Return the weighted absolute percentage error: all the errors over all that came in.

    >>> wape([90, 120], [100, 100])   # (10 + 20) / 200
    0.15
    """
    said, truth = _pairs(forecast, actual)
    return _over(np.abs(said - truth).sum(), truth.sum())


def bias(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Return how much too much was forecast, as a share of what came in; negative: too little.

    >>> bias([90, 120], [100, 100])   # (-10 + 20) / 200
    0.05
    """
    said, truth = _pairs(forecast, actual)
    return _over((said - truth).sum(), truth.sum())


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> float:
    """Return the share of cases within their bounds, both included.

    >>> coverage([0, 5], [10, 6], [10, 7])
    0.5
    """
    below, truth = _pairs(low, actual)
    above, _ = _pairs(high, actual)
    return float(((below <= truth) & (truth <= above)).mean())


def pinball(quantile: ArrayLike, actual: ArrayLike, level: float) -> float:
    """Return the mean pinball loss of a forecast quantile.

    Too low costs `level` per unit, too high costs 1 - `level`: the true quantile costs least.

    >>> round(pinball([8, 8], [10, 7], level=0.9), 2)   # (0.9 x 2 + 0.1 x 1) / 2
    0.95
    """
    said, truth = _pairs(quantile, actual)
    short = truth - said
    return float(np.maximum(level * short, (level - 1) * short).mean())


# --- how sure a score is -----------------------------------------------------------------------

DRAWS = 200
"""How often the bootstraps draw."""

SEED = 20240229
"""Of the bootstraps, so that the same cases give the same bounds."""


def by_customer(score: Callable[[Rows], float], customers: ArrayLike, level: float = 0.9) -> Bounds:
    """Return a score with the bounds of a bootstrap that draws whole customers.

    Cases of one customer resemble each other; drawn one by one they would make the score look
    surer than it is.

    Args:
        score: Scores the cases at the positions it is given (a position may come several times).
        customers: The customer of each case.
        level: Share of the draws within the bounds.

    >>> errors = np.array([1.0, 3.0, 2.0, 2.0])
    >>> by_customer(lambda rows: float(errors[rows].mean()), [7, 7, 8, 8])
    Bounds(value=2.0, low=2.0, high=2.0)
    """
    _, codes = np.unique(np.asarray(customers), return_inverse=True)
    groups = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])

    def draw(random: np.random.Generator) -> Rows:
        picked = random.integers(0, len(groups), len(groups))
        return np.concatenate([groups[each] for each in picked])

    return _bounds(score, len(codes), draw, level)


def by_blocks(
    score: Callable[[Rows], float], count: int, block: int = 13, level: float = 0.9
) -> Bounds:
    """Return a score with the bounds of a bootstrap that draws runs of neighbouring cases.

    Weeks and origins that follow each other share their weather. Blocks of `block` cases that
    begin anywhere are drawn until there are `count` cases.

    Args:
        score: Scores the cases at the positions it is given (a position may come several times).
        count: How many cases there are, in the order of time.
        block: Cases that are drawn together.
        level: Share of the draws within the bounds.

    >>> by_blocks(lambda rows: float(len(rows)), 40)
    Bounds(value=40.0, low=40.0, high=40.0)
    """
    length = max(1, min(block, count))

    def draw(random: np.random.Generator) -> Rows:
        starts = random.integers(0, count - length + 1, -(-count // length))
        return (starts[:, None] + np.arange(length)).ravel()[:count]

    return _bounds(score, count, draw, level)


def _bounds(
    score: Callable[[Rows], float],
    count: int,
    draw: Callable[[np.random.Generator], Rows],
    level: float,
) -> Bounds:
    if not count:
        return Bounds(float("nan"), float("nan"), float("nan"))
    random = np.random.default_rng(SEED)
    scores = [score(draw(random)) for _ in range(DRAWS)]
    low, high = np.nanquantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return Bounds(score(np.arange(count)), float(low), float(high))


def _pairs(said: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(said, dtype=float), np.asarray(truth, dtype=float)
    if first.shape != second.shape or not len(first):
        raise EncaisseError(
            f"{first.shape} forecasts are held against {second.shape} outcomes.",
            where="models.scores",
            fix="give one forecast for each outcome, and at least one",
        )
    return first, second


def _over(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
