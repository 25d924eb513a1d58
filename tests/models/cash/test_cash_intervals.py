"""Bounds: nested, never negative, and holding as often as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cash.intervals import (
    ASSUMED,
    LEVELS,
    grown,
    rolling_bounds,
    spread_of,
    widths_now,
    widths_of_sum,
)


def firm(origins, error, seed=0, weeks=13):
    """Forecasts of 1,000, and actuals that are off by shocks common to neighbouring weeks."""
    random = np.random.default_rng(seed)
    shocks = random.normal(0, error, origins + weeks)
    came = 1000 * np.exp(shocks)
    actual = np.array([came[row + 1 : row + 1 + weeks] for row in range(origins)])
    return np.full((origins, weeks), 1000.0), np.full((origins, weeks), 300.0), actual


def covered(bounds, actual, level, first=52):
    low, high = bounds.low[first:, :, level], bounds.high[first:, :, level]
    return ((low <= actual[first:]) & (actual[first:] <= high)).mean()


@pytest.mark.parametrize("error", [0.05, 0.2, 0.5])
def test_bounds_hold_as_often_as_they_say_however_good_the_forecast(error):
    forecast, spread, actual = firm(200, error)
    bounds = rolling_bounds(forecast, spread, actual)
    for level, wanted in enumerate(LEVELS):
        assert covered(bounds, actual, level) == pytest.approx(wanted, abs=0.05)


def test_bounds_follow_a_firm_that_becomes_less_sure():
    forecast, spread, calm = firm(120, 0.1)
    actual = np.vstack([calm, firm(160, 0.5, seed=1)[2]])
    forecast, spread = np.full((280, 13), 1000.0), np.full((280, 13), 300.0)
    bounds = rolling_bounds(forecast, spread, actual)
    assert covered(bounds, actual, 1, first=200) == pytest.approx(0.8, abs=0.06)


def test_without_history_the_widths_are_assumed_and_said_to_be():
    forecast, spread, actual = firm(3, 0.2)
    bounds = rolling_bounds(forecast, spread, actual)
    assert bounds.is_assumed.all()
    assert bounds.high[0, 0] == pytest.approx(1000 + 300 * np.array(ASSUMED))
    assert widths_now(forecast, spread, actual).is_assumed.all()


def test_weeks_before_the_books_began_are_no_forecasts_that_were_right():
    before, now = np.zeros((60, 13)), firm(3, 0.2)
    forecast, spread, actual = (
        np.vstack([old, new]) for old, new in zip((before, before + 1, before), now, strict=True)
    )
    assert widths_now(forecast, spread, actual).is_assumed.all()
    told = widths_of_sum(forecast, before[:1].repeat(63, 0), actual, np.zeros(63), slice(0, 4))
    assert told.is_assumed.all()
    assert told.by_week[0] == pytest.approx(ASSUMED)


def test_no_bound_knows_a_week_that_was_not_over():
    forecast, spread, actual = firm(60, 0.3)
    before = rolling_bounds(forecast, spread, actual)
    changed = actual.copy()
    for row in range(60):  # everything that was over only after origin 40
        changed[row, max(0, 40 - row) :] *= 7
    after = rolling_bounds(forecast, spread, changed)
    assert (before.high[41:] != after.high[41:]).any()
    assert (before.low[:41] == after.low[:41]).all()
    assert (before.high[:41] == after.high[:41]).all()


@given(
    scale=st.floats(0, 1e6),
    seed=st.integers(0, 50),
    holes=st.floats(0, 1),
    origins=st.integers(0, 40),
)
@settings(max_examples=40, deadline=None)
def test_bounds_are_nested_and_never_below_zero(scale, seed, holes, origins):
    random = np.random.default_rng(seed)
    forecast = random.gamma(0.3, scale + 1, (origins, 13))
    actual = random.gamma(0.3, scale + 1, (origins, 13))
    actual[random.uniform(size=actual.shape) < holes] = np.nan
    spread = np.array([spread_of(row, row * 100, 50.0) for row in forecast]).reshape(-1, 13)
    bounds = rolling_bounds(forecast, spread, actual)
    assert (bounds.low >= 0).all()
    assert (np.diff(bounds.low, axis=2) <= 0).all() and (np.diff(bounds.high, axis=2) >= 0).all()
    assert (bounds.low <= forecast[:, :, None]).all() and (
        forecast[:, :, None] <= bounds.high
    ).all()


def test_a_sum_of_weeks_is_less_far_off_than_its_weeks():
    forecast, spread, actual = firm(150, 0.4)
    weeks = widths_now(forecast, spread, actual)
    told = widths_of_sum(forecast, np.zeros((150, 13)), actual, np.full(150, 1000.0), slice(0, 13))
    # Both in units of a spread of 0.3 of what is foretold.
    assert told.by_week[0, 1] < 0.6 * weeks.by_week[:, 1].mean()
    assert not told.is_assumed[0]


def test_the_spread_holds_documents_common_shocks_and_a_floor():
    told = spread_of(np.array([1000.0, 0.0]), np.array([160_000.0, 0.0]), usual=2000.0)
    assert told.tolist() == [500.0, 200.0]  # sqrt(400² + 300²); a tenth of the usual


def test_beyond_what_was_tried_bounds_grow_with_the_fourth_root_of_the_distance():
    assert grown(np.array([13.0, 208.0]), 13).tolist() == [1.0, 2.0]
