"""The bridge of the bank balance: it adds up, and the lowest point is the lowest."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bridge import (
    Dated,
    Expected,
    Opening,
    Spread,
    bridge,
    carried_forward,
    choose_opening,
    spread_over,
)
from models.errors import EncaisseError
from models.scenarios import Span

MONDAY = date(2024, 4, 1)
WEEKS = [
    Span(MONDAY + timedelta(weeks=week), MONDAY + timedelta(weeks=week, days=6))
    for week in range(3)
]


def day(number):
    return MONDAY + timedelta(days=number)


def expected(*cents):
    return [
        Expected(week, each, each - 10, each + 20) for week, each in zip(WEEKS, cents, strict=True)
    ]


def test_a_bridge_worked_by_hand():
    steps = bridge(
        1000,
        expected(500, 300, 900),
        adjustments=[Spread(day(5), day(8), 40)],  # two days in each week
        payments=[Dated(day(0), 100), Dated(day(13), 2000), Dated(day(40), 5)],
        overdraft_limit=250,
    )
    closings = [(step.opening, step.adjustments, step.payments, step.closing) for step in steps]
    assert closings == [(1000, 20, 100, 1420), (1420, 20, 2000, -260), (-260, 0, 0, 640)]
    assert [(step.low, step.high) for step in steps] == [(1410, 1440), (-280, -220), (610, 700)]
    assert [step.is_lowest for step in steps] == [False, True, False]
    assert [step.is_uncovered for step in steps] == [False, True, False]


def test_without_a_limit_a_balance_below_zero_is_uncovered():
    [_, second, _] = bridge(0, expected(5, 5, 5), payments=[Dated(day(8), 11)])
    assert (second.closing, second.is_uncovered, second.may_be_uncovered) == (-1, True, True)
    [first, *_] = bridge(4, expected(5, 5, 5))
    assert (first.low, first.is_uncovered, first.may_be_uncovered) == (-1, False, True)


def test_the_bank_may_be_short_only_at_the_low_bound():
    [first, *_] = bridge(0, expected(5, 5, 5), overdraft_limit=4)
    assert (first.is_uncovered, first.may_be_uncovered) == (False, True)
    with pytest.raises(EncaisseError, match="has no meaning"):
        bridge(0, expected(5, 5, 5), overdraft_limit=-1)


def test_of_equal_lowest_points_the_first_is_flagged():
    steps = bridge(100, expected(0, 0, 0))
    assert [step.is_lowest for step in steps] == [True, False, False]
    assert bridge(100, []) == []


def test_the_opening_is_the_newest_that_is_known():
    bank = Opening(100, date(2024, 3, 29), "statement")
    older, newer = Opening(90, date(2024, 3, 28), "typed"), Opening(80, date(2024, 3, 30), "typed")
    later = Opening(70, date(2024, 4, 2), "typed")
    as_of = date(2024, 3, 31)
    assert choose_opening(bank, [older, later], as_of=as_of) == bank
    assert choose_opening(bank, [older, newer, later], as_of=as_of) == newer
    assert choose_opening(None, [later], as_of=as_of) is None


def test_what_happened_since_the_balance_is_in_it_once():
    opening = Opening(1000, date(2024, 3, 29), "statement")
    receipts = [Dated(date(2024, 3, day), 10**day) for day in (28, 29, 30, 31)]
    receipts.append(Dated(date(2024, 4, 1), 5))
    found = carried_forward(
        opening, receipts, [Dated(date(2024, 3, 30), 7)], as_of=date(2024, 3, 31)
    )
    assert found == 1000 + 10**30 + 10**31 - 7


AMOUNTS = st.integers(-(10**13), 10**13)
SPREADS = st.builds(
    lambda first, length, cents: Spread(day(first), day(first + length), cents),
    st.integers(0, 20),
    st.integers(0, 60),
    AMOUNTS,
)


@given(st.lists(SPREADS, max_size=6))
def test_what_is_spread_adds_up_to_what_it_was(spreads):
    periods = [*WEEKS[:2], Span(WEEKS[2].first_on, None)]
    assert sum(spread_over(spreads, periods)) == sum(spread.cents for spread in spreads)


@given(
    AMOUNTS,
    st.tuples(AMOUNTS, AMOUNTS, AMOUNTS),
    st.lists(SPREADS, max_size=3),
    st.lists(st.builds(Dated, st.integers(0, 20).map(day), st.integers(1, 10**13)), max_size=4),
)
def test_every_step_adds_up_and_begins_where_the_one_before_ended(opening, cents, more, out):
    steps = bridge(opening, expected(*cents), adjustments=more, payments=out)
    before = opening
    for step in steps:
        assert step.opening == before
        before = step.opening + step.receipts + step.adjustments - step.payments
        assert step.closing == before
        assert step.low <= step.closing <= step.high
    assert [step.closing for step in steps if step.is_lowest] == [
        min(step.closing for step in steps)
    ]
    inside = spread_over(more, WEEKS)
    paid = sum(row.cents for row in out)
    assert steps[-1].closing == opening + sum(cents) + sum(inside) - paid
