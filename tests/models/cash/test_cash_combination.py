"""The model together with rules that see weekly receipts alone."""

import numpy as np

from models.cash.backtest import chosen, parts_of, with_combination
from tests.models.cash.test_cash_backtest import track


def partnered(**wrong):
    """The track of the back-test's tests, with all partners there."""
    return track(
        **{"same_week_last_year": 5000.0, "ets": 5000.0, "customer_curve": 5000.0, **wrong}
    )


def test_a_partner_that_errs_the_other_way_takes_half_and_the_errors_cancel():
    past = with_combination(partnered(mix=100.0, same_week_last_year=-100.0))
    assert parts_of(past, 40)[0].tolist() == [0.5, 0.0, 0.0]
    assert np.allclose(past.total["combined"][30:, 0], past.actual[30:, 0])
    assert chosen(past, 40) == "combined"


def test_a_partner_that_only_errs_more_has_no_part():
    past = with_combination(partnered(mix=100.0))
    assert not parts_of(past, 40).any()
    assert chosen(past, 40) == "mix"


def test_the_parts_of_an_origin_do_not_know_what_came_after_it():
    past = partnered(mix=100.0, same_week_last_year=-100.0)
    told = with_combination(past).total["combined"][15].copy()
    past.actual[15:] *= 3
    assert np.array_equal(with_combination(past).total["combined"][15], told)


def test_until_eight_forecasts_are_over_the_model_stands_alone():
    past = with_combination(partnered(mix=100.0, same_week_last_year=-100.0))
    assert np.array_equal(past.total["combined"][:8], past.total["mix"][:8])
    assert (past.total["combined"][9, 0] != past.total["mix"][9, 0]).all()


def test_a_partner_without_last_year_has_no_part():
    past = partnered(mix=100.0, same_week_last_year=-100.0)
    past.total["same_week_last_year"][:30] = np.nan
    told = with_combination(past)
    assert np.isfinite(told.total["combined"]).all()
    assert parts_of(past, 35)[0].tolist() == [0.0, 0.0, 0.0]
