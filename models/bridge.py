"""The bank balance bridge: from what is in the bank to what will be, period by period.

    closing = opening + receipts expected + adjustments - planned payments

The lowest closing balance is flagged, and so is each one that the bank would not cover. All amounts
are whole cents of one entity and one currency.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from models.errors import EncaisseError
from models.scenarios import Span

Basis = Literal["statement", "typed"]


class Opening(NamedTuple):
    """What was in the bank at the close of a day, and who says so."""

    cents: int
    on: date
    basis: Basis


class Dated(NamedTuple):
    """An amount of one day: a planned payment (positive is money out), or a receipt."""

    on: date
    cents: int


class Spread(NamedTuple):
    """An amount that belongs to a stretch of days, both ends included: an adjustment."""

    first_on: date
    last_on: date
    cents: int


class Expected(NamedTuple):
    """What is expected to come in during one period, and between which bounds 8 times out of 10."""

    period: Span
    cents: int
    low: int
    high: int


class Step(NamedTuple):
    """One period of the bridge.

    `low` and `high` bound the closing balance as if every period up to here fell on its own low, or
    high, bound at once: a cautious band, wider than 8 times out of 10. `is_lowest` marks the lowest
    closing balance, the first of equals. `is_uncovered` says that the closing balance is below what
    the bank lends; `may_be_uncovered`, that `low` is.
    """

    period: Span
    opening: int
    receipts: int
    adjustments: int
    payments: int
    closing: int
    low: int
    high: int
    is_lowest: bool
    is_uncovered: bool
    may_be_uncovered: bool


def choose_opening(
    statement: Opening | None, typed: Iterable[Opening], *, as_of: date
) -> Opening | None:
    """Return the opening balance to begin with: the newest that is known at the close of `as_of`.

    Of one day, what a person typed counts before what the statement says: they had a reason.

    >>> bank = Opening(500_00, date(2024, 3, 29), "statement")
    >>> mine = Opening(620_00, date(2024, 3, 29), "typed")
    >>> choose_opening(bank, [mine], as_of=date(2024, 3, 31)).cents
    62000
    """
    known = [each for each in (statement, *typed) if each is not None and each.on <= as_of]
    return max(known, key=lambda each: (each.on, each.basis == "typed"), default=None)


def carried_forward(
    opening: Opening, receipts: Iterable[Dated], payments: Iterable[Dated], *, as_of: date
) -> int:
    """Return the balance at the close of `as_of`, from one of an earlier day.

    What came in and what was to be paid after the day of the balance, up to `as_of`, is taken to
    have happened as the books and the plan say.

    >>> opening = Opening(500_00, date(2024, 3, 28), "typed")
    >>> paid_in = [Dated(date(2024, 3, 28), 90_00), Dated(date(2024, 3, 29), 40_00)]
    >>> paid_out = [Dated(date(2024, 3, 31), 15_00)]
    >>> carried_forward(opening, paid_in, paid_out, as_of=date(2024, 3, 31))
    52500
    """

    def since(rows: Iterable[Dated]) -> int:
        return sum(row.cents for row in rows if opening.on < row.on <= as_of)

    return opening.cents + since(receipts) - since(payments)


def bridge(
    opening_cents: int,
    expected: Sequence[Expected],
    *,
    adjustments: Sequence[Spread] = (),
    payments: Sequence[Dated] = (),
    overdraft_limit: int | None = None,
) -> list[Step]:
    """Return the balance at the end of each period.

    Args:
        opening_cents: What is in the bank before the first period begins.
        expected: Receipts by period, the model's own; periods rise and leave no gap.
        adjustments: What people add to it, each spread evenly over its days.
        payments: What is to be paid. One that was due before the first period is not here: it is
            in the opening balance, see `carried_forward`.
        overdraft_limit: How far below zero the bank goes, in cents, not negative. Without one, a
            balance below zero is uncovered.

    Returns:
        One step per period.

    Raises:
        EncaisseError: The limit is negative.

    >>> week = Span(date(2024, 4, 1), date(2024, 4, 7))
    >>> after = Span(date(2024, 4, 8), date(2024, 4, 14))
    >>> expected = [Expected(week, 80_00, 60_00, 95_00), Expected(after, 40_00, 30_00, 50_00)]
    >>> rent = [Dated(date(2024, 4, 5), 100_00)]
    >>> for step in bridge(15_00, expected, payments=rent):
    ...     print(step.closing, step.low, step.high, step.is_lowest, step.may_be_uncovered)
    -500 -2500 1000 True True
    3500 500 6000 False False
    """
    if overdraft_limit is not None and overdraft_limit < 0:
        raise EncaisseError(
            "An overdraft limit below zero has no meaning.",
            where=f"the limit of {overdraft_limit} cents",
            fix="give how far below zero the bank goes as an amount above zero",
        )
    periods = [each.period for each in expected]
    adjusted = spread_over(adjustments, periods)
    paid = spread_over([Spread(row.on, row.on, row.cents) for row in payments], periods)
    floor = -(overdraft_limit or 0)
    steps: list[Step] = []
    balance = low = high = opening_cents
    for each, more, out in zip(expected, adjusted, paid, strict=True):
        opening = balance
        balance += each.cents + more - out
        low += each.low + more - out
        high += each.high + more - out
        steps.append(
            Step(
                each.period,
                opening,
                each.cents,
                more,
                out,
                balance,
                low,
                high,
                is_lowest=False,
                is_uncovered=balance < floor,
                may_be_uncovered=low < floor,
            )
        )
    if steps:
        lowest = min(range(len(steps)), key=lambda place: steps[place].closing)
        steps[lowest] = steps[lowest]._replace(is_lowest=True)
    return steps


def spread_over(spreads: Iterable[Spread], periods: Sequence[Span]) -> list[int]:
    """Return what falls in each period when every amount is spread evenly over its days.

    Each amount is rounded at the end of its days only, so that its parts add up to it; what falls
    on days outside of the periods is in none of them.

    >>> weeks = [Span(date(2024, 4, 1), date(2024, 4, 7)), Span(date(2024, 4, 8), None)]
    >>> spread_over([Spread(date(2024, 4, 1), date(2024, 4, 30), 100_00)], weeks)
    [2333, 7667]
    """
    totals = [0] * len(periods)
    for spread in spreads:
        days = (spread.last_on - spread.first_on).days + 1

        def until(day: date, spread: Spread = spread, days: int = days) -> int:
            """Return what falls on the days up to this one, half up."""
            passed = min(max((day - spread.first_on).days + 1, 0), days)
            return (2 * spread.cents * passed + days) // (2 * days)

        for place, period in enumerate(periods):
            before = date.fromordinal(period.first_on.toordinal() - 1)
            totals[place] += until(period.last_on or date.max) - until(before)
    return totals
