"""A distribution of the payment day of each document: what every timing model answers with."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.timing.grid import BINS, HIGH, LAST, LOW, bin_of, share_left

Masses = NDArray[np.float32]

PART = 20_000
"""Questions of which a day or a probability is told together: bounds the memory."""


@dataclass(frozen=True)
class Curves:
    """When each document will be paid, given that it is still open when asked.

    One row per question. Delays are days after due, negative early. All probabilities are given
    that the document is unpaid at the start of the day asked about, and that it is paid rather
    than credited: `cash_yield` says what share of a settled euro is cash.

    Attributes:
        asked: Delay on the day asked about: no payment can be earlier.
        mass: Probability of payment in each bin of `models.timing.grid`, float32, 0 before
            `asked`; a row sums to 1 less the probability of never.
        cash_yield: Share of what is settled that is cash, 0 to 1: euros expected by a day are
            amount x cash_yield x paid_by(day).
    """

    asked: NDArray[np.int32]
    mass: Masses
    cash_yield: float = 1.0

    def __len__(self) -> int:
        """Return the number of questions."""
        return len(self.asked)

    @classmethod
    def from_hazards(
        cls, hazards: NDArray[np.floating], asked: ArrayLike, cash_yield: float = 1.0
    ) -> Self:
        """Make curves from the probability of payment in each bin of what is open at its start.

        Args:
            hazards: One row per question, one column per bin, 0 to 1. What lies before the day
                asked about is not looked at; of the bin that holds it, the days left count.
            asked: Delay on the day asked about.
            cash_yield: Share of a settled euro that is cash.

        >>> flat = np.full((1, BINS), 0.5)
        >>> curves = Curves.from_hazards(flat, [0])
        >>> curves.paid_by([-1, 0, 1]).tolist()
        [[0.0, 0.5, 0.75]]
        """
        days = np.asarray(asked, dtype=np.int32)
        first = bin_of(days)
        place = np.arange(BINS)
        survived = np.clip(1.0 - np.asarray(hazards, dtype=np.float64), 0.0, 1.0)
        survived = np.where(place < first[:, None], 1.0, survived)
        rows = np.flatnonzero(first < BINS)
        left = share_left(days[rows])
        survived[rows, first[rows]] **= left
        still = np.cumprod(survived, axis=1)
        before = np.concatenate([np.ones((len(days), 1)), still[:, :-1]], axis=1)
        return cls(days, (before - still).astype(np.float32), cash_yield)

    def mixed_with(self, other: "Curves", weight: float | NDArray[np.floating]) -> "Curves":
        """Return the mean of two distributions, `weight` of it the other's (one, or a column).

        >>> one = Curves.from_hazards(np.zeros((1, BINS)), [0])
        >>> two = Curves.from_hazards(np.ones((1, BINS)), [0])
        >>> one.mixed_with(two, 0.5).paid_by([0]).tolist()
        [[0.5]]
        """
        mixed = (1.0 - weight) * self.mass.astype(np.float64) + weight * other.mass
        return replace(self, mass=mixed.astype(np.float32))

    def take(self, rows: NDArray[Any]) -> "Curves":
        """Return some of the questions: a mask or positions."""
        return replace(self, asked=self.asked[rows], mass=self.mass[rows])

    def paid_by(self, delays: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of payment up to the end of each day of delay.

        Within a bin of several days each day is as likely as another.

        Args:
            delays: Days of delay: one list for all (k), or one row per question (n, k).

        Returns:
            (n, k), rising along delays; 0 before the day asked about. After the last day of the
            grid it no longer rises: the rest is never paid.
        """
        days = np.atleast_1d(np.asarray(delays))
        wanted = np.broadcast_to(days, (len(self), days.shape[-1]))
        place = bin_of(wanted)
        ends = self._ends()
        inside = np.minimum(place, BINS - 1)
        start = self._starts(inside)
        length = HIGH[inside] - start + 1
        part = np.clip((wanted - start + 1) / length, 0.0, 1.0)
        held = np.take_along_axis(self.mass, inside, axis=1) * part
        answer = np.take_along_axis(ends, inside, axis=1) + held
        answer = np.where(place == BINS, ends[:, -1:], answer)
        return np.where(wanted < self.asked[:, None], 0.0, np.minimum(answer, 1.0))

    def quantile(self, probability: float) -> NDArray[np.float64]:
        """Return the first day of delay by which the payment has at least this probability.

        NaN where it never has: the probability of never is too great. Rises with `probability`
        by construction.

        >>> coin = Curves.from_hazards(np.full((1, BINS), 0.5), [0])
        >>> [float(coin.quantile(p)[0]) for p in (0.1, 0.5, 0.9)]
        [0.0, 0.0, 3.0]
        """
        return self._in_parts(lambda part: part._first_day_of(probability))

    def _first_day_of(self, probability: float) -> NDArray[np.float64]:
        ends = self._ends()
        # A probability that was stored in 24 bits is not held against one of 53.
        wanted = probability - 1e-7
        place = (ends[:, 1:] < wanted).sum(axis=1)
        inside = np.minimum(place, BINS - 1)[:, None]
        start = self._starts(inside)
        length = HIGH[inside] - start + 1
        mass = np.take_along_axis(self.mass, inside, axis=1).astype(np.float64)
        missing = wanted - np.take_along_axis(ends, inside, axis=1)
        steps = np.ceil(missing / np.where(mass > 0, mass, 1.0) * length)
        day = start + np.clip(steps, 1, length) - 1
        return np.where(place == BINS, np.nan, day[:, 0])

    def expected_delay(self) -> NDArray[np.float64]:
        """Return the mean delay in days, where what is never paid counts with the grid's last day.

        The restricted mean: it exists however much is never paid, and grows when less is paid.
        """
        return self._in_parts(Curves._mean)

    def _mean(self) -> NDArray[np.float64]:
        bins = np.broadcast_to(np.arange(BINS), (len(self), BINS))
        middle = (self._starts(bins) + HIGH) / 2
        return np.asarray((self.mass * middle).sum(axis=1) + self.never() * LAST)

    def late_probability(self, days: int = 0) -> NDArray[np.float64]:
        """Return the probability of payment more than so many days after due, or never.

        >>> coin = Curves.from_hazards(np.full((1, BINS), 0.5), [0])
        >>> coin.late_probability(1).tolist()
        [0.25]
        """
        return self._in_parts(lambda part: 1.0 - part.paid_by([days])[:, 0])

    def never(self) -> NDArray[np.float64]:
        """Return the probability of no payment within the grid, a year after due."""
        return np.clip(1.0 - self.mass.sum(axis=1, dtype=np.float64), 0.0, 1.0)

    def _in_parts(self, tell: Callable[["Curves"], NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return what is told of each question; of very many, by several threads, part by part."""
        if len(self) <= PART:
            return tell(self)
        places = range(0, len(self), PART)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            parts = (
                replace(self, asked=self.asked[at : at + PART], mass=self.mass[at : at + PART])
                for at in places
            )
            return np.concatenate(list(threads.map(tell, parts)))

    def _starts(self, bins: NDArray[Any]) -> NDArray[np.int32]:
        """Return the first day of each bin that can still come; the first bin has no lower end."""
        asked = self.asked[:, None]
        start = np.where(bins == 0, asked, np.maximum(LOW[bins], asked))
        return np.minimum(start, HIGH[bins])

    def _ends(self) -> NDArray[np.float64]:
        """Return the cumulative probability before each bin, and after the last."""
        cumulated = np.cumsum(self.mass, axis=1, dtype=np.float64)
        return np.concatenate([np.zeros((len(self), 1)), cumulated], axis=1)
