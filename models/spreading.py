"""Spread an amount evenly over days, and add it up by period, to the cent."""

from collections.abc import Sequence
from datetime import date

from models.scenarios import Span


def spread(cents: int, first_on: date, last_on: date, periods: Sequence[Span]) -> list[int]:
    """Return what falls in each period of an amount that belongs evenly to a run of days.

    Args:
        cents: The amount in hundredths of its currency; may be negative.
        first_on: First of its days.
        last_on: Last of its days, included.
        periods: Rising. Days that are in none of them are left out with their share.

    Returns:
        Cents by period. Where the periods hold all of the days they add up to `cents`: each bound
        between two periods is rounded once, half away from zero, and belongs to both.

    >>> weeks = [Span(date(2024, 4, 1), date(2024, 4, 7)), Span(date(2024, 4, 8), None)]
    >>> spread(100_00, date(2024, 4, 5), date(2024, 4, 11), weeks)
    [4286, 5714]
    """
    days = (last_on - first_on).days + 1

    def up_to(day: date) -> int:
        """Return what has come by the end of `day`."""
        passed = min(max((day - first_on).days + 1, 0), days)
        whole = (2 * abs(cents) * passed + days) // (2 * days)
        return whole if cents >= 0 else -whole

    return [
        up_to(period.last_on or last_on) - up_to(date.fromordinal(period.first_on.toordinal() - 1))
        if (period.last_on or last_on) >= period.first_on
        else 0
        for period in periods
    ]
