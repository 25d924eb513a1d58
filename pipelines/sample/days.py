"""The calendar of the sample. A day is a number: the days since 1 January 2022.

The three years that the extracts cover are 2023 to 2025. Before them lie the invoices of the first
opening balance; after them what will happen, which only the truth knows.
"""

from datetime import date, timedelta

import holidays
import numpy as np
import pyarrow as pa

FIRST = date(2022, 1, 1)
COUNT = (date(2029, 1, 1) - FIRST).days
YEARS = (2023, 2024, 2025)
NEVER = 1_000_000  # later than any day


def number(year: int, month: int, day: int) -> int:
    """Return the number of a date."""
    return (date(year, month, day) - FIRST).days


def as_date(day: int) -> date:
    """Return the date of a number.

    >>> as_date(number(2024, 2, 29))
    datetime.date(2024, 2, 29)
    """
    return FIRST + timedelta(days=int(day))


START = number(YEARS[0], 1, 1)
END = number(YEARS[-1], 12, 31)
YEAR_ENDS = tuple(number(year, 12, 31) for year in YEARS)
OPENING_FROM = START - 60  # the invoices of the first opening balance begin here
ORDERED_UNTIL = END + 40  # the last invoices that leave a trace before the end: advances, accruals

_DATES = np.datetime64(FIRST, "D") + np.arange(COUNT)
_MONTHS = _DATES.astype("datetime64[M]")
_HOLIDAYS = np.array(sorted(holidays.France(years=range(FIRST.year, 2030))), "datetime64[D]")


def _numbers(dates: np.ndarray) -> np.ndarray:
    found = (dates - _DATES[0]).astype(np.int64)
    return np.minimum(found, COUNT - 1)


YEAR = _DATES.astype("datetime64[Y]").astype(np.int64) + 1970
MONTH = _MONTHS.astype(np.int64) % 12 + 1
DAY_OF_MONTH = (_DATES - _MONTHS.astype("datetime64[D]")).astype(np.int64) + 1
WEEKDAY = (np.arange(COUNT) + FIRST.weekday()) % 7  # Monday is 0
MONTH_END = _numbers((_MONTHS + 1).astype("datetime64[D]") - 1)
IS_BUSINESS = np.is_busday(_DATES, holidays=_HOLIDAYS)
_NEXT = _numbers(np.busday_offset(_DATES, 0, roll="forward", holidays=_HOLIDAYS))
_PREVIOUS = _numbers(np.busday_offset(_DATES, 0, roll="backward", holidays=_HOLIDAYS))
MONTH_CLOSE = _PREVIOUS[MONTH_END]  # the last business day of the month

MONTHS = tuple((year, month) for year in YEARS for month in range(1, 13))
MONTHS_SINCE_START = (YEAR - YEARS[0]) * 12 + MONTH - 1

TEXT = pa.array(np.datetime_as_string(_DATES)).cast(pa.string())  # 2024-02-29
COMPACT = pa.array([f"{FIRST + timedelta(days=day):%Y%m%d}" for day in range(COUNT)])  # 20240229


def month_span(year: int, month: int) -> tuple[int, int]:
    """Return the first and the last day of a month.

    >>> [as_date(day).isoformat() for day in month_span(2024, 2)]
    ['2024-02-01', '2024-02-29']
    """
    first = number(year, month, 1)
    return first, int(MONTH_END[first])


def business(days: np.ndarray) -> np.ndarray:
    """Return each day, or the next business day (no weekend, no French bank holiday).

    What lies beyond the calendar is `NEVER`, and stays so.
    """
    days = np.asarray(days, np.int64)
    return np.where(days < COUNT, _NEXT[np.minimum(days, COUNT - 1)], NEVER)


def text(days: np.ndarray, form: pa.Array = TEXT) -> pa.Array:
    """Return the days written out; null where a day is `NEVER`."""
    days = np.asarray(days, np.int64)
    return form.take(pa.array(np.minimum(days, COUNT - 1), mask=days >= COUNT))


# Payment terms: what the customer file says, and the day each gives. "45 end of month" adds the
# days and goes to the end of that month; "end of month + 45" does it the other way round.
TERMS = ("30 net", "60 net", "30 end of month", "45 end of month", "end of month + 45", "90 net")


def due(terms: np.ndarray, issued: np.ndarray) -> np.ndarray:
    """Return the due day of invoices issued on a day, by the index of their terms in `TERMS`.

    >>> issued = np.full(6, number(2024, 1, 15))
    >>> [as_date(day).isoformat()[5:] for day in due(np.arange(6), issued)]
    ['02-14', '03-15', '02-29', '02-29', '03-16', '04-14']
    """
    return np.select(
        [terms == 0, terms == 1, terms == 2, terms == 3, terms == 4],
        [
            issued + 30,
            issued + 60,
            MONTH_END[issued + 30],
            MONTH_END[issued + 45],
            MONTH_END[issued] + 45,
        ],
        issued + 90,
    )


# When a customer's accounts department pays what has fallen due.
ANY_DAY, THURSDAYS, TENTH_AND_25TH, MONTH_CLOSES = range(4)


def _next_of(mask: np.ndarray) -> np.ndarray:
    marked = np.flatnonzero(mask)
    following = np.minimum(np.searchsorted(marked, np.arange(COUNT)), len(marked) - 1)
    return _NEXT[marked[following]]


_RUNS = np.stack(
    [
        _NEXT,
        _next_of(WEEKDAY == 3),
        _next_of(np.isin(DAY_OF_MONTH, (10, 25))),
        _next_of(np.arange(COUNT) == MONTH_CLOSE),
    ]
)


def payment_run(habit: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return the first payment run of a habit on or after each day."""
    return np.where(days < COUNT, _RUNS[habit, np.minimum(days, COUNT - 1)], NEVER)
