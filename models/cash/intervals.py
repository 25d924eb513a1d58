"""How far off a forecast may be: bounds that held as often as they say, when tried on the past.

Adding up invoices as if they were independent gives bounds that are far too narrow: customers share
their treasurers, their banks and their bad months. So the spread of each week starts from the
documents in it, and is then scaled by how far off earlier forecasts of the same firm were, at the
same distance, in units of their own spread. Common and same-customer shocks are in those errors,
and so is what nobody has thought of. The share of errors that a bound leaves out is adapted all
along (adaptive conformal inference), so that a firm that changes does not keep bounds of the past.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = (0.50, 0.80, 0.95)
GAMMA = 0.03
"""How fast the share that is left out is adapted; Gibbs and Candes use 0.005 to 0.1."""

SHOCK = 0.3
"""Part of a forecast that moves as one, beside what its documents do each for itself."""

WINDOW = 52
"""How many of the last forecasts scale the bounds."""

NEIGHBOURS = 1
"""A week is scaled by the errors of so many weeks before and after it too."""

FEWEST = 8
"""Fewer errors than this say nothing; then widths are assumed."""

ASSUMED = (0.7, 1.3, 2.2)
"""Widths assumed where there is no history, in units of the spread: a little above those that
invented firms of several sizes turned out to need (0.65, 1.2 and 1.8)."""

LEAST_LEFT_OUT = 0.004


class Bounds(NamedTuple):
    """Low and high of each level, narrowest first.

    Attributes:
        low: (..., 3), zero or more, falling along the levels.
        high: (..., 3), rising along the levels.
        is_assumed: (...), whether no history scaled them.
        origins: (...), from how many past errors.
    """

    low: Floats
    high: Floats
    is_assumed: NDArray[np.bool_]
    origins: NDArray[np.int64]


FLOOR = 0.1
"""Least spread of a week, as a part of what usually comes in: a week for which next to nothing is
foretold may still bring something."""


def spread_of(forecast: Floats, variance: Floats, usual: float) -> Floats:
    """Return the spread of forecasts before it is scaled, in their unit, above zero.

    Args:
        forecast: The amounts foretold.
        variance: What independent documents would make the variance of each.
        usual: What comes in in a usual week.

    >>> spread_of(np.array([1000.0]), np.array([160_000.0]), usual=2000.0).tolist()
    [500.0]
    """
    spread = np.sqrt(np.maximum(variance, 0.0) + (SHOCK * forecast) ** 2)
    return np.maximum(spread, max(FLOOR * usual, 1.0))


def rolling_bounds(forecast: Floats, spread: Floats, actual: Floats) -> Bounds:
    """Return the bounds of every forecast, each made of what was known when it was made.

    Args:
        forecast: (origins, weeks), weekly origins in order: what was foretold for each coming week.
        spread: The same shape, above zero: see `spread_of`.
        actual: The same shape; NaN where the week is not over, or not known.

    Returns:
        Bounds of shape (origins, weeks, 3). Of an outcome, only what was over by an origin counts
        for its bounds: week h of a forecast is known h origins later.

    Source:
        Gibbs and Candes, "Adaptive conformal inference under distribution shift", 2021: the share
        left out is moved by gamma x (wanted - whether the last bound failed).
    """
    origins, weeks = forecast.shape
    errors = _errors(forecast, spread, actual)
    low = np.zeros((origins, weeks, len(LEVELS)))
    high = np.zeros_like(low)
    left_out = np.repeat(1.0 - np.array(LEVELS)[None, :], weeks, axis=0)
    count = np.zeros((origins, weeks), np.int64)
    for origin in range(origins):
        for week in range(weeks):
            over = origin - week - 1
            if over >= 0 and not np.isnan(actual[over, week]) and count[over, week] >= FEWEST:
                failed = (actual[over, week] < low[over, week]) | (
                    actual[over, week] > high[over, week]
                )
                left_out[week] += GAMMA * (1.0 - np.array(LEVELS) - failed)
        for week in range(weeks):
            past = _past_errors(errors, origin, week)
            count[origin, week] = len(past)
            widths = _widths(past, left_out[week]) * spread[origin, week]
            low[origin, week] = np.maximum(forecast[origin, week] - widths, 0.0)
            high[origin, week] = np.maximum(forecast[origin, week] + widths, 0.0)
    return Bounds(low, high, count < FEWEST, count)


def _errors(forecast: Floats, spread: Floats, actual: Floats) -> Floats:
    """Return how far off each forecast was, in units of its spread; NaN where nothing says so.

    Where nothing was foretold and nothing came, there was nobody yet to foretell: a forecast of
    books that had not begun was not right.
    """
    return np.where((forecast == 0) & (actual == 0), np.nan, np.abs(actual - forecast) / spread)


def _past_errors(errors: Floats, origin: int, week: int) -> Floats:
    """Return the errors known at an origin, of this week ahead and its neighbours."""
    known = []
    for near in range(max(0, week - NEIGHBOURS), min(errors.shape[1], week + NEIGHBOURS + 1)):
        last = origin - near
        if last > 0:
            known.append(errors[max(0, last - WINDOW) : last, near])
    if not known:
        return np.zeros(0)
    found = np.concatenate(known)
    return found[~np.isnan(found)]


def _widths(past: Floats, left_out: Floats) -> Floats:
    """Return the width of each level in units of the spread, rising."""
    if len(past) < FEWEST:
        return np.array(ASSUMED)
    share = np.clip(1.0 - left_out, 0.0, 1.0 - LEAST_LEFT_OUT) * (len(past) + 1) / len(past)
    widths = np.quantile(past, np.minimum(share, 1.0))
    return np.maximum.accumulate(widths)


class Widths(NamedTuple):
    """How wide today's bounds are, in units of the spread, by week ahead.

    Attributes:
        by_week: (weeks, 3), rising along the levels.
        is_assumed: Of each week.
        origins: Of each week, from how many errors.
    """

    by_week: Floats
    is_assumed: NDArray[np.bool_]
    origins: NDArray[np.int64]


def widths_now(forecast: Floats, spread: Floats, actual: Floats) -> Widths:
    """Return how wide the bounds of a forecast made after all these are.

    Args:
        forecast: (origins, weeks), as `rolling_bounds` takes them.
        spread: The same shape.
        actual: The same shape.
    """
    weeks = forecast.shape[1]
    nothing = np.full((1, weeks), np.nan)
    # A forecast so large that nothing is cut off at zero: only its widths are of interest.
    large = np.full((1, weeks), 1e6)
    bounds = rolling_bounds(
        np.vstack([forecast, large]),
        np.vstack([spread, np.ones((1, weeks))]),
        np.vstack([actual, nothing]),
    )
    return Widths(bounds.high[-1] - 1e6, bounds.is_assumed[-1], bounds.origins[-1])


def widths_of_sum(
    forecast: Floats, variance: Floats, actual: Floats, usual: Floats, weeks: slice
) -> Widths:
    """Return how wide the bounds of a sum of weeks are, from such sums of the past.

    A sum of weeks is not as far off as its weeks are: what is late in one comes in the next.

    Args:
        forecast: (origins, weeks): what was foretold for each coming week.
        variance: The same shape, as `spread_of` takes it.
        actual: The same shape; NaN where a week is not over.
        usual: What came in in a usual week, as of each origin.
        weeks: Which weeks are added up.

    Returns:
        One row: the widths in units of the spread of the sum.
    """
    told, came = forecast[:, weeks].sum(axis=1), actual[:, weeks].sum(axis=1)
    count = forecast[:, weeks].shape[1]
    spread = np.array(
        [
            spread_of(
                np.array([told[row]]),
                variance[row : row + 1, weeks].sum(axis=1),
                count * float(usual[row]),
            )[0]
            for row in range(len(told))
        ]
    )
    errors = _errors(told, spread, came)
    past = errors[~np.isnan(errors)][-WINDOW:]
    widths = _widths(past, 1.0 - np.array(LEVELS))
    return Widths(widths[None, :], np.array([len(past) < FEWEST]), np.array([len(past)]))


def widened(widths: Widths, weeks_ahead: Floats) -> Floats:
    """Return the widths of weeks that end so many weeks ahead, which need not be whole.

    Between two whole weeks it lies between theirs; before the first it is the first's.

    >>> told = Widths(np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]), np.zeros(2, bool), np.ones(2))
    >>> widened(told, np.array([0.5, 1.5, 8.0])).tolist()
    [[1.0, 2.0, 3.0], [1.5, 2.5, 3.5], [2.0, 3.0, 4.0]]
    """
    weeks = np.arange(1, len(widths.by_week) + 1)
    return np.column_stack(
        [np.interp(weeks_ahead, weeks, widths.by_week[:, level]) for level in range(len(LEVELS))]
    )


def grown(weeks_ahead: Floats, weeks_known: int) -> Floats:
    """Return by how much bounds widen beyond the last week that was tried.

    With the fourth root of the distance. No past forecast of the firm says so: it is assumed. On
    invented firms the square root was too wide (docs/backtests.md, months 4 to 12); none at all
    would do for them, but they are more regular than real ones.

    >>> grown(np.array([10.0, 208.0]), 13).tolist()
    [1.0, 2.0]
    """
    return np.sqrt(np.sqrt(np.maximum(weeks_ahead / weeks_known, 1.0)))
