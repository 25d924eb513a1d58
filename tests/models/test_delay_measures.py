"""Delays: how late, with and without what is still unpaid, and how long to pay."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.delays import (
    AmountDays,
    days_beyond_terms_open,
    days_beyond_terms_paid,
    weighted_average_days_to_pay,
)
from models.measure import Measure

NOTHING = AmountDays(Decimal(0), Decimal(0))


def test_the_worst_payer_is_invisible_until_open_items_count():
    """400 paid 5 days late, 600 paid 25 days late, 1,000 open and 60 days late today."""
    paid = AmountDays.of([(Decimal(400), 5), (Decimal(600), 25)])
    overdue = AmountDays.of([(Decimal(1000), 60)])
    assert days_beyond_terms_paid(paid).value == Decimal("17.0")
    assert days_beyond_terms_open(paid, overdue).value == Decimal("38.5")


def test_early_payments_are_kept_and_not_clipped():
    paid = AmountDays.of([(Decimal(100), -10), (Decimal(100), 10)])
    assert days_beyond_terms_paid(paid).value == 0
    assert weighted_average_days_to_pay(AmountDays.of([(Decimal(50), -3)])).value == -3


def test_a_large_payment_weighs_more_than_a_small_one():
    paid = AmountDays.of([(Decimal(900), 40), (Decimal(100), 0)])
    assert weighted_average_days_to_pay(paid).value == 36


def test_without_payments_the_measure_is_undefined_and_says_why():
    nothing_paid = Measure(None, note="nothing was paid in the period")
    assert days_beyond_terms_paid(NOTHING) == nothing_paid
    assert weighted_average_days_to_pay(NOTHING) == nothing_paid
    assert days_beyond_terms_open(NOTHING, NOTHING) == Measure(
        None, note="nothing was paid in the period and nothing is overdue"
    )


def test_a_customer_who_never_paid_still_has_a_delay_when_open_items_count():
    overdue = AmountDays.of([(Decimal(70), 200)])
    assert days_beyond_terms_open(NOTHING, overdue).value == 200


amounts = st.integers(1, 10**9).map(lambda n: Decimal(n) / 100)
delays = st.lists(st.tuples(amounts, st.integers(-100, 1000)), min_size=1, max_size=10)


@given(delays)
def test_a_mean_lies_between_its_extremes(paid):
    mean = days_beyond_terms_paid(AmountDays.of(paid)).value
    assert min(days for _, days in paid) <= mean <= max(days for _, days in paid)


@given(delays, st.integers(-50, 50))
def test_everyone_paying_later_by_some_days_moves_the_mean_by_those_days(paid, more):
    later = [(amount, days + more) for amount, days in paid]
    moved = days_beyond_terms_paid(AmountDays.of(later)).value
    assert moved == pytest.approx(days_beyond_terms_paid(AmountDays.of(paid)).value + more)


@given(delays, delays)
def test_sums_of_two_customers_add_up_to_those_of_both(one, other):
    together = AmountDays.of(one + other)
    apart = (AmountDays.of(one), AmountDays.of(other))
    assert together == AmountDays(*(sum(column) for column in zip(*apart, strict=True)))


@given(delays, delays)
def test_counting_what_is_overdue_equals_a_payment_of_it_today(paid, overdue):
    expected = days_beyond_terms_paid(AmountDays.of(paid + overdue))
    assert days_beyond_terms_open(AmountDays.of(paid), AmountDays.of(overdue)) == expected
