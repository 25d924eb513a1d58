"""Effectiveness, turnover, overdue share and concentration."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.effectiveness import (
    cei_percent,
    concentration_percent,
    overdue_percent,
    receivables_turnover,
)
from models.errors import EncaisseError
from models.measure import Measure


def decimals(*amounts):
    return [Decimal(amount) for amount in amounts]


def test_cei_worked_by_hand():
    # 500 + 300 - 420 = 380 collected, of 500 + 300 - 240 = 560 that could be
    found = cei_percent(*decimals(500, 300, 420, 240))
    assert round(found.value, 2) == Decimal("67.86")


def test_cei_is_100_when_nothing_is_left_overdue():
    assert cei_percent(*decimals(500, 300, 240, 240)).value == 100


def test_cei_is_undefined_when_there_was_nothing_to_collect():
    nothing_to_collect = Measure(None, note="there was nothing to collect in the period")
    assert cei_percent(*decimals(0, 300, 300, 300)) == nothing_to_collect
    assert cei_percent(*decimals(0, 300, 400, 400)) == nothing_to_collect


def test_turnover_worked_by_hand():
    # 1,200 of sales over a mean receivable of 200: six times; 365/6 is a DSO of 60.8 days
    assert receivables_turnover(Decimal(1200), decimals(150, 250, 200)).value == 6


def test_turnover_of_nothing_owed_is_undefined():
    assert receivables_turnover(Decimal(1200), decimals(0, 0)) == Measure(
        None, note="nothing is owed"
    )


def test_turnover_without_balances_is_refused():
    with pytest.raises(EncaisseError, match="no receivable to turn over"):
        receivables_turnover(Decimal(1), [])


def test_overdue_share_worked_by_hand():
    assert overdue_percent(Decimal(90), Decimal(300)).value == 30
    assert overdue_percent(Decimal(0), Decimal(0)) == Measure(None, note="nothing is owed")


def test_concentration_takes_the_largest_and_leaves_customers_in_credit_out():
    owed = decimals(50, 500, -80, 150, 300)
    assert [concentration_percent(owed, top=top).value for top in (1, 2, 3, 10)] == [
        50,
        80,
        95,
        100,
    ]


def test_concentration_of_nobody_is_refused_and_of_nothing_undefined():
    with pytest.raises(EncaisseError, match="The 0 largest customers are nobody"):
        concentration_percent(decimals(1), top=0)
    assert concentration_percent(decimals(-5, 0), top=3) == Measure(None, note="nothing is owed")


cents = st.integers(0, 10**9).map(lambda n: Decimal(n) / 100)
balances = st.lists(
    st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100), min_size=1, max_size=20
)


@given(cents, cents, cents, st.integers(0, 100))
def test_collecting_more_never_lowers_the_cei(opening, sales, overdue, percent_more):
    collected_more = overdue * percent_more / 100
    before = cei_percent(opening, sales, overdue, Decimal(0)).value
    after = cei_percent(opening, sales, overdue - collected_more, Decimal(0)).value
    assert before is None or before <= after


@given(balances, st.integers(1, 25))
def test_more_debtors_never_owe_a_smaller_share(owed, top):
    fewer, more = (concentration_percent(owed, top=n).value for n in (top, top + 1))
    assert fewer is None or 0 < fewer <= more <= 100


@given(balances, st.integers(1, 25))
def test_the_order_of_customers_does_not_matter(owed, top):
    one, other = concentration_percent(owed, top=top), concentration_percent(owed[::-1], top=top)
    assert one == other
