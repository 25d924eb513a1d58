"""What will be invoiced: the amount issued on each coming day, from what was issued so far.

The amount of a day is a level times what such a day usually has: invoices go out on working days,
many firms send most of them at the close of the month, and fewer in August. Both are learnt from
the firm's own days, each pulled towards "a day like any other" as far as few days were seen. The
level is the weekly amount with the calendar taken out, foretold by exponential smoothing.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from models.cash.days import Calendar, Days, Holidays, calendar_of

Floats = NDArray[np.float64]

FEWEST_WEEKS = 60
"""Under so many weeks of history the level is the mean of the last eight: no season can be seen."""

RECENT_WEEKS = 8
MOST_WEEKS = 156
PULL_DAYS = 2.0
"""A kind of day is pulled towards the usual day as if so many usual days had been seen."""

PULL_MONTH_DAYS = 28.0
"""The same for a month of the year."""

LEAST_OF_LINE = 0.2
"""A firm that shrinks fast is still held against this part of its mean."""

SCALED_ON_WEEKS = 52
GAIN_NEEDED = 0.02
"""By how much the kinds of day must lower the squared error of weeks left out, to be used."""

FOLDS = 4
KINDS = 12
FIRST_DAYS, LAST_DAYS = 2, 3
"""How many working days at the start and at the close of a month are kinds of their own."""


class Smoothing(NamedTuple):
    """How the level is smoothed: found once, used until it is found anew.

    Attributes:
        level: Weight of the newest week in the level; None: the mean of the last eight weeks.
        trend: Weight of the newest step in the trend; None without one.
        damping: How much of the trend is left a week later; None without one.
    """

    level: float | None
    trend: float | None = None
    damping: float | None = None

    @property
    def method(self) -> str:
        """The name of the method: `mean_8`, `ets` or `ets_trend`."""
        if self.level is None:
            return "mean_8"
        return "ets" if self.trend is None else "ets_trend"


class Issuance(NamedTuple):
    """What will be issued.

    Attributes:
        amounts: Of each coming day, in the unit of what was given; zero or more.
        kinds: The kind of each coming day, as `kinds_of` names them.
        smoothing: What the level was foretold with.
    """

    amounts: Floats
    kinds: Days
    smoothing: Smoothing


def kinds_of(calendar: Calendar) -> Days:
    """Return the kind of each day, 0 to `KINDS` - 1, by which invoices are counted.

    Weekdays, Saturdays, closed days; then the first two and the last three working days of the
    month, the very last first.
    """
    kind = np.where(
        calendar.is_working & (calendar.since_start < FIRST_DAYS),
        7 + calendar.since_start,
        calendar.kind,
    )
    at_close = calendar.is_working & (calendar.to_end <= LAST_DAYS)
    return np.where(at_close, 6 + FIRST_DAYS + calendar.to_end, kind)


def at_close(kinds: Days) -> NDArray[np.bool_]:
    """Tell which kinds of day are those of the close of a month."""
    return kinds > 6 + FIRST_DAYS


def forecast_issuance(
    amounts: Floats,
    as_of: int,
    days_ahead: int,
    holidays: Holidays,
    smoothing: Smoothing | None = None,
) -> Issuance:
    """Return the amount that will be issued on each of the days after `as_of`.

    Less than a week of history says nothing of it.

    Args:
        amounts: What was issued on each day of the history, the last being `as_of`; zero or more.
        as_of: Last day known.
        days_ahead: How many days to foretell.
        holidays: The bank holidays of history and future.
        smoothing: As an earlier forecast found it; None to find it now.

    >>> like_any_other = np.full(7 * 20, 100.0)
    >>> told = forecast_issuance(like_any_other, 19_000, 3, np.array([], "datetime64[D]"))
    >>> told.amounts.round(6).tolist(), told.smoothing.method
    ([100.0, 100.0, 100.0], 'mean_8')
    """
    weeks = min(len(amounts) // 7, MOST_WEEKS)
    coming = calendar_of(as_of + 1 + np.arange(days_ahead), holidays)
    kinds = kinds_of(coming)
    if weeks < 1 or not amounts[-7 * weeks :].any():
        rate = float(amounts.mean()) if weeks else 0.0
        return Issuance(np.full(days_ahead, rate), kinds, Smoothing(None))
    known = amounts[-7 * weeks :]
    past = calendar_of(as_of + 1 - len(known) + np.arange(len(known)), holidays)
    weights = _weights_of_kinds(kinds_of(past), past.month, known)
    usual = weights[kinds_of(past)]
    months = np.ones(12)
    if weeks >= FEWEST_WEEKS:
        months = _weights_of_months(past.month, usual, known)
    usual = usual * months[past.month]
    level_of_week = _without_calendar(known, usual)
    if smoothing is None:
        smoothing = find_smoothing(level_of_week)
    levels = smooth(level_of_week, smoothing, -(-days_ahead // 7))
    coming_usual = weights[kinds] * months[coming.month]
    return Issuance(np.repeat(levels, 7)[:days_ahead] * coming_usual, kinds, smoothing)


def find_smoothing(weekly: Floats) -> Smoothing:
    """Return how to smooth a weekly series: with a damped trend only where the AICc asks for it.

    Source: the ETS family, statsmodels' `ExponentialSmoothing`; Hurvich and Tsai's AICc.
    """
    if len(weekly) < FEWEST_WEEKS or not weekly.any():
        return Smoothing(None)
    weekly = weekly / weekly.mean()  # in cents, the search for the weights would lose its way
    plain, damped = _fit(weekly, None), _fit(weekly, None, trend="add", damped_trend=True)
    if damped.aicc < plain.aicc:
        found = damped.params
        return Smoothing(
            float(found["smoothing_level"]),
            float(found["smoothing_trend"]),
            float(found["damping_trend"]),
        )
    return Smoothing(float(plain.params["smoothing_level"]))


def smooth(weekly: Floats, smoothing: Smoothing, weeks_ahead: int) -> Floats:
    """Return the coming weeks of a series, zero or more.

    Args:
        weekly: The series so far, oldest first.
        smoothing: How to smooth it, as `find_smoothing` found it now or some weeks ago.
        weeks_ahead: How many weeks to foretell.

    >>> smooth(np.arange(10.0), Smoothing(None), 2).tolist()   # the mean of 2 to 9
    [5.5, 5.5]
    """
    if smoothing.level is None or len(weekly) < 2 * RECENT_WEEKS:
        return np.full(weeks_ahead, weekly[-RECENT_WEEKS:].mean())
    scale = weekly.mean() or 1.0
    weekly = weekly / scale
    if smoothing.trend is None:
        fitted = _fit(weekly, {"smoothing_level": smoothing.level})
    else:
        weights = {
            "smoothing_level": smoothing.level,
            "smoothing_trend": smoothing.trend,
            "damping_trend": smoothing.damping,
        }
        fitted = _fit(weekly, weights, trend="add", damped_trend=True)
    return np.maximum(np.asarray(fitted.forecast(weeks_ahead)), 0.0) * scale


def _fit(weekly: Floats, weights: dict[str, Any] | None, **form: Any) -> Any:
    """Fit statsmodels' smoothing; weights that are given are kept, and only its start is found."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a search that ends early still ends at a usable value
        model = ExponentialSmoothing(weekly, initialization_method="estimated", **form)
        return model.fit(**(weights or {}))


def _weights_of_kinds(kinds: Days, months: Days, amounts: Floats) -> Floats:
    """Return how much a kind of day has against the mean day; ones where that foretells nothing.

    Judged on months that were left out: a firm that invoices every day alike has kinds that
    differ by chance.
    """
    number_of_month = np.cumsum(np.diff(months, prepend=months[0]) != 0)
    week = np.arange(len(amounts)) // 7
    error = error_alike = 0.0
    for fold in range(FOLDS):
        out = number_of_month % FOLDS == fold
        if out.all() or not out.any():
            return np.ones(KINDS)
        mean = amounts[~out].mean()
        told = mean * _ratios(kinds[~out], amounts[~out])[kinds[out]]
        error += (np.bincount(week[out], amounts[out] - told) ** 2).sum()
        error_alike += (np.bincount(week[out], amounts[out] - mean) ** 2).sum()
    if error > (1 - GAIN_NEEDED) * error_alike:
        return np.ones(KINDS)
    return _ratios(kinds, amounts)


def _ratios(kinds: Days, amounts: Floats) -> Floats:
    mean = amounts.mean()
    if mean <= 0:
        return np.ones(KINDS)
    count = np.bincount(kinds, minlength=KINDS)
    total = np.bincount(kinds, amounts / mean, KINDS)
    return (total + PULL_DAYS) / (count + PULL_DAYS)


def _weights_of_months(months: Days, usual: Floats, amounts: Floats) -> Floats:
    """Return how much a month has against the year, the kinds of its days taken out.

    Held against a straight line through the history: of a firm that grows, the late months of the
    year would otherwise seem to be a season.
    """
    level = amounts.sum() / usual.sum()
    days = np.arange(len(amounts)) - (len(amounts) - 1) / 2
    slope = (days * (amounts - level * usual)).sum() / (days**2 * usual).sum()
    line = np.maximum(level + slope * days, LEAST_OF_LINE * level)
    told = np.bincount(months, amounts / line, 12)
    expected = np.bincount(months, usual, 12)
    return (told + PULL_MONTH_DAYS) / (expected + PULL_MONTH_DAYS)


def _without_calendar(amounts: Floats, usual: Floats) -> Floats:
    """Return the level of each week, such that what it says of the last year adds up to it."""
    per_week, usual_week = amounts.reshape(-1, 7).sum(axis=1), usual.reshape(-1, 7).sum(axis=1)
    level = per_week / usual_week
    last_year = slice(-SCALED_ON_WEEKS, None)
    mean = level[last_year].mean()
    if mean <= 0:
        return level
    return level * (per_week[last_year].sum() / usual_week[last_year].sum() / mean)
