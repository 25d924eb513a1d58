"""Days and what they are: working or not, and where in their month.

A day is a whole number, the days since 1970-01-01. Bank holidays are given by whoever knows the
country, so that nothing here looks anything up.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]
Holidays = NDArray[np.datetime64]

SATURDAY, CLOSED = 5, 6
"""Kinds of day after the five working weekdays: Saturday; Sunday or a bank holiday."""


class Calendar(NamedTuple):
    """What each of a row of days is.

    Attributes:
        kind: 0 to 4 a working Monday to Friday, `SATURDAY`, `CLOSED`.
        is_working: Neither weekend nor bank holiday.
        since_start: Working days of the month before it.
        to_end: Working days from it to the month's end, itself included.
        day_of_month: 1 to 31.
        month: 0 for January to 11.
    """

    kind: Days
    is_working: NDArray[np.bool_]
    since_start: Days
    to_end: Days
    day_of_month: Days
    month: Days


def calendar_of(days: Days, holidays: Holidays) -> Calendar:
    """Return what each day is.

    >>> from datetime import date
    >>> easter = np.array(["2024-03-29", "2024-04-01"], "datetime64[D]")
    >>> thursday = (date(2024, 3, 28) - date(1970, 1, 1)).days
    >>> told = calendar_of(thursday + np.arange(6), easter)
    >>> told.kind.tolist(), told.to_end.tolist(), told.since_start.tolist()
    ([3, 6, 5, 6, 6, 1], [1, 0, 0, 0, 21, 21], [19, 20, 20, 20, 0, 0])
    """
    dates = np.asarray(days, np.int64).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    after = (months + 1).astype("datetime64[D]")
    working = np.is_busday(dates, holidays=holidays)
    weekday = (np.asarray(days, np.int64) + 3) % 7
    return Calendar(
        kind=np.where(working, weekday, np.where(weekday == SATURDAY, SATURDAY, CLOSED)),
        is_working=working,
        since_start=np.busday_count(first, dates, holidays=holidays).astype(np.int64),
        to_end=np.busday_count(dates, after, holidays=holidays).astype(np.int64),
        day_of_month=(dates - first).astype(np.int64) + 1,
        month=months.astype(np.int64) % 12,
    )


def month_ends(days: Days) -> Days:
    """Return the last day of each day's month.

    >>> month_ends(np.array([0, 31])).tolist()   # 1 January and 1 February 1970
    [30, 58]
    """
    months = np.asarray(days, np.int64).astype("datetime64[D]").astype("datetime64[M]")
    return (months + 1).astype("datetime64[D]").astype(np.int64) - 1
