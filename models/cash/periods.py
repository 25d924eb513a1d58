"""The calendar of a forecast: what is left of this week, 13 whole weeks, months to a year ahead."""

import calendar
from datetime import date, timedelta
from typing import Literal, NamedTuple

WEEKS = 13
"""Whole weeks, Monday to Sunday, that a forecast tells one by one."""

MONTHS_AHEAD = 12

Kind = Literal["week", "month", "beyond"]


class Period(NamedTuple):
    """A stretch of days of the forecast.

    Attributes:
        number: 0 is what is left of the week that the forecast is made in, 1 to 13 the whole weeks
            after it, then months, and last what lies beyond.
        kind: What it is a part of.
        first_on: First day.
        last_on: Last day, in it; None for what lies beyond.
        is_partial: Whether it is less than a whole week or calendar month.
    """

    number: int
    kind: Kind
    first_on: date
    last_on: date | None
    is_partial: bool


def forecast_periods(as_of: date) -> list[Period]:
    """Return the periods of a forecast made at the end of a day, in order and without a gap.

    What is left of the week is missing when there is nothing left of it, on a Sunday. The first
    month begins the day after the thirteenth week; the last one holds the day twelve months ahead.

    >>> for period in forecast_periods(date(2024, 3, 29))[::14]:   # a Friday
    ...     print(period.number, period.kind, period.first_on, period.last_on, period.is_partial)
    0 week 2024-03-30 2024-03-31 True
    14 month 2024-07-01 2024-07-31 False
    >>> [period.number for period in forecast_periods(date(2024, 3, 31))][:2]   # a Sunday
    [1, 2]
    """
    sunday = as_of + timedelta(days=6 - as_of.weekday())
    found = []
    if sunday > as_of:
        found.append(Period(0, "week", as_of + timedelta(days=1), sunday, True))
    for week in range(1, WEEKS + 1):
        first_on = sunday + timedelta(days=7 * week - 6)
        found.append(Period(week, "week", first_on, first_on + timedelta(days=6), False))
    covered_to = _months_later(as_of, MONTHS_AHEAD)
    number, first_on = WEEKS + 1, sunday + timedelta(days=7 * WEEKS + 1)
    while first_on <= covered_to:
        last_on = first_on.replace(day=calendar.monthrange(first_on.year, first_on.month)[1])
        found.append(Period(number, "month", first_on, last_on, first_on.day > 1))
        number, first_on = number + 1, last_on + timedelta(days=1)
    found.append(Period(number, "beyond", first_on, None, False))
    return found


def receipt_days(periods: list[Period]) -> list[tuple[int, date, date]]:
    """Return the days on which expected receipts are told, each with the stretch it stands for.

    Every day of the weeks; after them four days of a month, the middles of its quarters: nobody
    knows the day of a payment five months ahead.

    Returns:
        (period, day told, last day of the stretch), in order. Stretches touch, and none crosses
        the end of a period. What lies beyond has none.

    >>> days = receipt_days(forecast_periods(date(2024, 3, 29)))
    >>> [(told.isoformat(), last.isoformat()) for period, told, last in days if period == 14]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('2024-07-04', '2024-07-07'), ('2024-07-11', '2024-07-14'),
     ('2024-07-18', '2024-07-21'), ('2024-07-26', '2024-07-31')]
    """
    found = []
    for period in periods:
        if period.last_on is None:
            continue
        if period.kind == "week":
            days = (period.last_on - period.first_on).days + 1
            for day in range(days):
                on = period.first_on + timedelta(days=day)
                found.append((period.number, on, on))
            continue
        for told, last in ((4, 7), (11, 14), (18, 21), (26, 31)):
            ends_on = min(_day(period.first_on, last), period.last_on)
            if ends_on >= period.first_on:
                told_on = max(_day(period.first_on, told), period.first_on)
                found.append((period.number, told_on, ends_on))
    return found


def _day(month_of: date, day: int) -> date:
    return month_of.replace(day=min(day, calendar.monthrange(month_of.year, month_of.month)[1]))


def _months_later(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
