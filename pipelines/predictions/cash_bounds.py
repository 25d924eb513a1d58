"""How far off a forecast may be: of one series, and of all series of one currency together.

The bounds of several entities cannot be added up: they do not all come in low at once. Those of
all together come from how far off the sum of their forecasts was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.cash.backtest import Track, shown
from models.cash.intervals import Widths, grown, spread_of, widened, widths_now, widths_of_sum
from models.cash.periods import WEEKS, Period
from pipelines.predictions.cash_books import day_number

SUMS = (4, 8, 13)
"""How many weeks are told together too, with the bounds of their sum."""

LIKE_A_MONTH = slice(WEEKS - 4, WEEKS)
"""The weeks whose sum is as far off as a month's, before it is further away."""

Floats = NDArray[np.float64]
Cents = NDArray[np.int64]


class Seen(NamedTuple):
    """The forecasts that were shown in the past, and what came.

    Attributes:
        origins: The Sundays they were made on.
        total: (origins, weeks), what was shown, in cents.
        variance: The same shape, were documents independent.
        actual: The same shape, what came; NaN: not over.
        usual: What came in in a usual week, as of each origin.
    """

    origins: NDArray[np.int64]
    total: Floats
    variance: Floats
    actual: Floats
    usual: Floats

    @classmethod
    def of(cls, track: Track | None) -> "Seen":
        """Return what was shown of a series; nothing where it has no back-test."""
        if track is None or not len(track.origins):
            nothing = np.zeros((0, WEEKS))
            return cls(np.zeros(0, np.int64), nothing, nothing, nothing, np.zeros(0))
        return cls(track.origins, shown(track).total, track.variance, track.actual, track.usual)


@dataclass(frozen=True)
class Outlook:
    """What is expected in each dated period, and what its bounds rest on.

    Attributes:
        total: Of each dated period, in cents.
        variance: Of each, were documents independent.
        usual: What comes in in a usual week.
        seen: The forecasts of the past.
    """

    total: Cents
    variance: Floats
    usual: float
    seen: Seen

    def bounds(
        self, as_of: int, periods: list[Period]
    ) -> tuple[Cents, Cents, list[bool], list[int]]:
        """Return low and high of each period in cents, whether assumed, and from how many."""
        dated = [period for period in periods if period.last_on is not None]
        ends = [day_number(period.last_on) for period in dated if period.last_on is not None]
        ahead = (np.array(ends) - as_of) / 7
        is_week = np.array([period.kind == "week" for period in dated])
        widths = self._widths()
        of_month = self._of_sum(LIKE_A_MONTH).by_week * grown(ahead, WEEKS)[:, None]
        told = np.where(is_week[:, None], widened(widths, ahead), of_month)
        spread = spread_of(self.total.astype(float), self.variance, self.usual)
        low, high = _around(self.total, told * spread[:, None])
        week = np.clip(np.ceil(ahead).astype(int), 1, WEEKS) - 1
        assumed = widths.is_assumed[week] | ~is_week
        return low, high, assumed.tolist(), np.where(assumed, 0, widths.origins[week]).tolist()

    def sum_of(self, periods: list[Period], weeks: int) -> tuple[int, Cents, Cents, bool, int]:
        """Return what the first whole weeks bring, what of this week is left included.

        Returns:
            The sum in cents; low and high of each level; whether the bounds are assumed; from how
            many errors they come.
        """
        rows = [place for place, each in enumerate(periods[:-1]) if each.kind == "week"]
        rows = [place for place in rows if periods[place].number <= weeks]
        told, variance = self.total[rows].sum(), self.variance[rows].sum()
        spread = spread_of(np.array([float(told)]), np.array([variance]), weeks * self.usual)
        found = self._of_sum(slice(0, weeks))
        low, high = _around(np.array([told]), found.by_week * spread)
        return int(told), low[0], high[0], bool(found.is_assumed[0]), int(found.origins[0])

    def _widths(self) -> Widths:
        seen = self.seen
        spread = np.zeros(seen.total.shape)
        for row in range(len(spread)):
            spread[row] = spread_of(seen.total[row], seen.variance[row], float(seen.usual[row]))
        return widths_now(seen.total, spread, seen.actual)

    def _of_sum(self, weeks: slice) -> Widths:
        seen = self.seen
        return widths_of_sum(seen.total, seen.variance, seen.actual, seen.usual, weeks)


def joint(outlooks: Sequence[Outlook]) -> Outlook:
    """Return what several series of one currency bring together.

    Where they were not foretold on the same Sundays, nothing is known of how far off their sum
    was, and the bounds are assumed.
    """
    seen = [each.seen for each in outlooks]
    together = Seen.of(None)
    if all(np.array_equal(each.origins, seen[0].origins) for each in seen):
        together = Seen(
            seen[0].origins,
            *(
                np.sum([getattr(each, name) for each in seen], axis=0)
                for name in ("total", "variance", "actual", "usual")
            ),
        )
    return Outlook(
        np.sum([each.total for each in outlooks], axis=0),
        np.sum([each.variance for each in outlooks], axis=0),
        sum(each.usual for each in outlooks),
        together,
    )


def _around(total: Cents, widths: Floats) -> tuple[Cents, Cents]:
    low = np.maximum(np.floor(total[:, None] - widths), 0).astype(np.int64)
    return low, np.ceil(total[:, None] + widths).astype(np.int64)
