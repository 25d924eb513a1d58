"""Simpler rules, held against the model on the same past, with the same knowledge.

Four of them say a day, or a curve, for each document, and are summed up as the model's own curves
are; two look at the weekly receipts alone. Where one of them is right more often on a firm's data,
it is what the firm is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.cash.issuance import Smoothing, find_smoothing, smooth
from models.timing.frame import CREDITED, PAID, History

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LAST_PAYMENTS = 10
A_YEAR_OF_WEEKS = 52
OLDEST = 730
"""Days after its issue from which a document's cohort counts as never paid."""

NORMAL_80 = 1.2815515655446004
"""Half the width of the normal distribution's middle 80 %, in standard deviations."""


@dataclass(frozen=True)
class OneDay:
    """Curves of a rule that names one day: all or nothing.

    Attributes:
        delay: The day foretold, in days after due. What is not paid by then is expected at once:
            on the day asked about.
    """

    delay: Floats
    asked: Floats
    cash_yield: float = 1.0

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.delay)

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the curves of some documents."""
        return replace(self, delay=self.delay[rows], asked=self.asked[rows])

    def paid_by(self, delays: ArrayLike) -> Floats:
        """Return 1 from the day foretold on, else 0.

        >>> OneDay(np.array([3.0, 3.0]), np.array([-20.0, 5.0])).paid_by([[2, 3, 4], [3, 4, 5]])
        array([[0., 1., 1.],
               [0., 0., 1.]])
        """
        day = np.maximum(self.delay, self.asked)
        return (np.asarray(delays) >= day[:, None]).astype(float)


@dataclass(frozen=True)
class Cohort:
    """The firm's one curve by days since issue, as dashboards draw it for monthly cohorts.

    Attributes:
        collected: Share of the amount issued that is collected by each day since issue.
        terms: Days from issue to due of each document.
        asked: Days since issue of each on the day asked about.
    """

    collected: Floats
    terms: Floats
    asked: Floats
    cash_yield: float = 1.0

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.terms)

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the curves of some documents."""
        return replace(self, terms=self.terms[rows], asked=self.asked[rows])

    def paid_by(self, delays: ArrayLike) -> Floats:
        """Return the share collected by each day of delay, of what was open when asked."""
        age = np.asarray(delays) + self.terms[:, None]
        before = self._by(self.asked - 1)[:, None]
        left = np.where(before < 1, 1 - before, 1.0)
        return np.where(
            age < self.asked[:, None], 0.0, np.clip((self._by(age) - before) / left, 0.0, 1.0)
        )

    def _by(self, age: Floats) -> Floats:
        inside = np.clip(age, 0, len(self.collected) - 1).astype(np.int64)
        return np.where(age < 0, 0.0, self.collected[inside])


class Wanted(NamedTuple):
    """Documents that a rule is asked about.

    Attributes:
        customer: Whose each is.
        issued: Day of issue.
        due: Day due.
        asked: Day asked about: the day after the last one known, or of issue.
    """

    customer: Codes
    issued: Codes
    due: Codes
    asked: Codes


def due_date(history: History, wanted: Wanted) -> OneDay:
    """Everybody pays on the due date; what is overdue, now."""
    del history
    return OneDay(np.zeros(len(wanted.due)), _asked(wanted))


def mean_delay(history: History, wanted: Wanted) -> OneDay:
    """Each customer pays as late as it did on average; one that never paid, as the firm's mean."""
    paid = history.take(history.kind == PAID)
    delays = (paid.exit - paid.due).astype(float)
    codes, code = np.unique(paid.customer, return_inverse=True)
    weight = np.bincount(code, paid.share, len(codes))
    means = np.bincount(code, paid.share * delays, len(codes)) / np.where(weight > 0, weight, 1.0)
    firm = float((paid.share * delays).sum() / paid.share.sum()) if len(paid) else 0.0
    return OneDay(np.rint(_of(codes, means, wanted.customer, firm)), _asked(wanted))


def median_10(history: History, wanted: Wanted) -> OneDay:
    """Each customer pays as late as the median of its last ten payments."""
    paid = np.flatnonzero(history.kind == PAID)
    customer, exits = history.customer[paid], history.exit[paid]
    laid = np.lexsort((history.item[paid], exits, customer))
    delays = (exits - history.due[paid]).astype(float)[laid]
    codes, starts, count = np.unique(customer[laid], return_index=True, return_counts=True)
    medians = _medians_of_last(delays, starts, count)
    firm = float(np.median(delays)) if len(delays) else 0.0
    return OneDay(np.rint(_of(codes, medians, wanted.customer, firm)), _asked(wanted))


def _medians_of_last(values: Floats, starts: NDArray[np.intp], count: NDArray[np.intp]) -> Floats:
    """Return the median of the last ten values of each group that begins at one of `starts`.

    >>> _medians_of_last(np.array([9.0, 1.0, 2.0, *range(20)]), np.array([0, 3]), np.array([3, 20]))
    array([ 2. , 14.5])
    """
    kept = np.minimum(count, LAST_PAYMENTS)
    group = np.repeat(np.arange(len(count)), kept)
    begin = np.cumsum(kept) - kept
    rows = (starts + count - kept)[group] + np.arange(len(group)) - begin[group]
    last = values[rows]
    last = last[np.lexsort((last, group))]
    return np.asarray((last[begin + (kept - 1) // 2] + last[begin + kept // 2]) / 2)


def cohort(history: History, wanted: Wanted) -> Cohort:
    """All documents are collected along the firm's one curve by days since issue, by amount.

    The product-limit estimate over what is paid and what is still open, so that young cohorts do
    not pull it down; what was credited leaves it.
    """
    until = np.where(history.kind == 0, history.as_of + 1, history.exit)
    age = np.clip(until - history.issued, 0, OLDEST)
    gone = np.bincount(age, history.amount, OLDEST + 1)
    paid = np.bincount(age, history.amount * (history.kind == PAID), OLDEST + 1)
    at_risk = np.cumsum(gone[::-1])[::-1]
    hazard = np.where(at_risk > 0, paid / np.where(at_risk > 0, at_risk, 1.0), 0.0)
    terms = (wanted.due - wanted.issued).astype(float)
    asked = (wanted.asked - wanted.issued).astype(float)
    collected = np.asarray(1.0 - np.cumprod(1.0 - np.minimum(hazard, 1.0)), dtype=np.float64)
    return Cohort(collected, terms, asked, _cash(history))


RULES: dict[str, Callable[[History, Wanted], OneDay | Cohort]] = {
    "due_date": due_date,
    "mean_delay": mean_delay,
    "median_10": median_10,
    "cohort": cohort,
}
"""The rules that say something of each document, by name."""


def same_week_last_year(weekly: Floats, weeks_ahead: int) -> Floats | None:
    """Return what came in 52 weeks before each coming week; None under a year of history.

    Args:
        weekly: Receipts of each week so far, oldest first.
        weeks_ahead: At most 52.

    >>> same_week_last_year(np.arange(60.0), 2).tolist()
    [8.0, 9.0]
    """
    if len(weekly) < A_YEAR_OF_WEEKS:
        return None
    return weekly[len(weekly) - A_YEAR_OF_WEEKS :][:weeks_ahead]


class TopDown(NamedTuple):
    """Weekly receipts foretold from weekly receipts.

    Attributes:
        amounts: Of each coming week.
        width_80: Half the width of its 80 % interval.
        smoothing: As found, to be used again.
    """

    amounts: Floats
    width_80: Floats
    smoothing: Smoothing


def ets(weekly: Floats, weeks_ahead: int, smoothing: Smoothing | None = None) -> TopDown:
    """Return the weekly receipts that exponential smoothing foretells, with its own interval.

    Args:
        weekly: Receipts of each week so far, oldest first.
        weeks_ahead: How many to foretell.
        smoothing: As found some weeks ago; None to find it now.

    Source:
        Hyndman and others, "Forecasting with exponential smoothing", class 1: the variance grows
        with the square of what each week leaves in the level and the trend.
    """
    if not len(weekly):
        return TopDown(np.zeros(weeks_ahead), np.zeros(weeks_ahead), Smoothing(None))
    smoothing = smoothing or find_smoothing(weekly)
    amounts = smooth(weekly, smoothing, weeks_ahead)
    level = smoothing.level or 1.0 / 8
    steps = np.arange(1, weeks_ahead)
    kept = np.full(weeks_ahead - 1, level)
    if smoothing.trend is not None and smoothing.damping is not None:
        kept = level + level * smoothing.trend * np.cumsum(smoothing.damping**steps)
    growth = np.sqrt(1.0 + np.concatenate([[0.0], np.cumsum(kept**2)]))
    errors = weekly[1:] - _one_step(weekly, level)
    spread = float(np.sqrt((errors**2).mean())) if len(errors) else 0.0
    return TopDown(amounts, NORMAL_80 * spread * growth, smoothing)


def _one_step(weekly: Floats, weight: float) -> Floats:
    """Return what simple smoothing would have said of each week but the first."""
    level, said = float(weekly[0]), []
    for value in weekly[:-1]:
        level += weight * (float(value) - level)
        said.append(level)
    return np.array(said)


def _cash(history: History) -> float:
    """Return the share of what was settled that was paid."""
    paid = float(history.amount[history.kind == PAID].sum())
    credited = float(history.amount[history.kind == CREDITED].sum())
    return paid / (paid + credited) if paid + credited > 0 else 1.0


def _asked(wanted: Wanted) -> Floats:
    return (wanted.asked - wanted.due).astype(float)


def _of(codes: Codes, values: Floats, wanted: Codes, otherwise: float) -> Floats:
    if not len(codes):
        return np.full(len(wanted), otherwise)
    place = np.searchsorted(codes, wanted).clip(0, len(codes) - 1)
    return np.where(codes[place] == wanted, values[place], otherwise)
