"""Bounds of all entities together: not the sum of theirs, since they do not all fail at once."""

from datetime import date

import numpy as np
import pytest

from models.cash.periods import forecast_periods
from pipelines.predictions.cash_bounds import SUMS, Outlook, Seen, joint

AS_OF = date(2025, 12, 28)
PERIODS = forecast_periods(AS_OF)
DATED = len(PERIODS) - 1


def outlook(off, origins=40, first=0):
    """A series that brings 1,000.00 a period, and was off by so many cents, up and down in turn."""
    turn = np.where(np.arange(origins) % 2 == 0, 1, -1)[:, None]
    seen = Seen(
        first + 7 * np.arange(origins),
        np.full((origins, 13), 1e5) + off * turn,
        np.full((origins, 13), 1e6),
        np.full((origins, 13), 1e5),
        np.full(origins, 1e5),
    )
    return Outlook(np.full(DATED, 100_000), np.full(DATED, 1e6), 1e5, seen)


def width(of):
    low, high, assumed, counts = of.bounds((AS_OF - date(1970, 1, 1)).days, PERIODS)
    return (high - low)[0, 1], assumed[0], counts[0]


def test_together_they_bring_what_each_brings():
    together = joint([outlook(2e4), outlook(1e4)])
    assert together.total.tolist() == [200_000] * DATED
    for weeks in SUMS:
        told, low, high, _, _ = together.sum_of(PERIODS, weeks)
        assert told == weeks * 200_000
        assert (low <= told).all()
        assert (told <= high).all()


def test_where_one_is_above_when_the_other_is_below_the_sum_is_surer_than_its_parts():
    one, other = outlook(2e4), outlook(-1.9e4)
    alone, assumed, count = width(one)
    together, *basis = width(joint([one, other]))
    assert together < alone / 4
    assert basis == [assumed, count] == [False, count]


def test_where_both_fail_alike_the_bounds_add_up():
    one = outlook(2e4)
    assert width(joint([one, one]))[0] == pytest.approx(2 * width(one)[0], rel=1e-3)


def test_series_that_were_not_foretold_on_the_same_days_have_assumed_bounds_together():
    together = joint([outlook(2e4), outlook(2e4, origins=30)])
    assert width(together)[1:] == (True, 0)
