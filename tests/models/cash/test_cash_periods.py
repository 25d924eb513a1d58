"""The calendar of a forecast, and cents that tie."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cash.allotment import allot, allot_rows
from models.cash.periods import forecast_periods, receipt_days
from models.errors import EncaisseError

any_day = st.dates(date(1999, 1, 1), date(2040, 12, 31))


@given(as_of=any_day)
@settings(max_examples=100)
def test_periods_follow_each_other_for_more_than_a_year(as_of):
    periods = forecast_periods(as_of)
    assert periods[0].first_on == as_of + timedelta(days=1)
    for before, after in pairwise(periods):
        assert after.first_on == before.last_on + timedelta(days=1)
        assert after.number == before.number + 1
    assert periods[-1].kind == "beyond" and periods[-1].last_on is None
    assert (periods[-1].first_on - as_of).days >= 365


@given(as_of=any_day)
@settings(max_examples=100)
def test_thirteen_whole_weeks_run_from_monday_to_sunday(as_of):
    weeks = [period for period in forecast_periods(as_of) if period.kind == "week"]
    whole = [period for period in weeks if not period.is_partial]
    assert [period.number for period in whole] == list(range(1, 14))
    assert all(period.first_on.weekday() == 0 and period.last_on.weekday() == 6 for period in whole)
    assert (len(weeks) == 13) == (as_of.weekday() == 6)


def test_on_a_sunday_nothing_is_left_of_the_week():
    assert forecast_periods(date(2025, 6, 29))[0].number == 1


def test_the_first_month_begins_where_the_weeks_end():
    months = [period for period in forecast_periods(date(2025, 12, 31)) if period.kind == "month"]
    assert (months[0].first_on, months[0].last_on) == (date(2026, 4, 6), date(2026, 4, 30))
    assert months[0].is_partial
    assert (months[-1].first_on, months[-1].last_on) == (date(2026, 12, 1), date(2026, 12, 31))
    assert not months[-1].is_partial


@given(as_of=any_day)
@settings(max_examples=100)
def test_every_day_is_told_by_one_stretch_within_its_period(as_of):
    periods = forecast_periods(as_of)
    by_number = {period.number: period for period in periods}
    last = as_of
    for number, told, ends in receipt_days(periods):
        assert by_number[number].first_on <= last + timedelta(days=1) <= told <= ends
        assert ends <= by_number[number].last_on
        last = ends
    assert last == periods[-2].last_on


cents = st.integers(0, 10**12)
weights = st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=20)


@given(total=cents, weights=weights)
@settings(max_examples=200)
def test_any_amount_shared_out_by_any_weights_ties_to_the_cent(total, weights):
    told = allot_rows(np.array([total]), np.array([weights]))[0]
    assert told.sum() == total
    assert (told >= 0).all()
    if sum(weights) > 0:
        exact = total * np.array(weights) / sum(weights)
        assert np.abs(told - exact).max() <= 1 + 1e-6 * total


def test_the_cent_left_over_goes_to_the_largest_remainder():
    # 100 cents by 1 : 2 : 4 is 14.28, 28.57, 57.14: the half cent is the second's.
    assert allot_rows(np.array([100]), np.array([[1.0, 2.0, 4.0]])).tolist() == [[14, 29, 57]]


def test_without_any_weight_everything_lies_beyond():
    assert allot_rows(np.array([5]), np.zeros((1, 3))).tolist() == [[0, 0, 5]]


def test_groups_in_any_order_keep_their_own_totals():
    told = allot(np.array([10, 7]), np.array([1, 0, 1, 0]), np.array([1.0, 1.0, 1.0, 3.0]), 2)
    assert told.tolist() == [4, 3, 3, 7]


def test_an_amount_beyond_what_a_float_counts_is_shared_out_to_the_cent():
    total = 2**60 + 12_345
    told = allot_rows(np.array([total, 10]), np.array([[1.0, 2.0, 4.0], [1.0, 1.0, 0.0]]))
    assert told.sum(axis=1).tolist() == [total, 10]
    assert told[1].tolist() == [5, 5, 0]
    assert np.abs(told[0] - total * np.array([1, 2, 4]) / 7).max() < 2**11


@pytest.mark.parametrize(
    ("totals", "group", "given_weights"),
    [([-1], [0], [1.0]), ([1], [0], [-1.0]), ([1], [0], [float("nan")]), ([0, 1], [0], [1.0])],
)
def test_what_cannot_be_shared_out_is_refused(totals, group, given_weights):
    with pytest.raises(EncaisseError):
        allot(np.array(totals), np.array(group), np.array(given_weights), len(totals))
