"""What will be invoiced: the firm's own calendar, level and trend."""

from datetime import date

import numpy as np
import pytest

from models.cash.days import calendar_of
from models.cash.issuance import at_close, find_smoothing, forecast_issuance, kinds_of, smooth

NO_HOLIDAYS = np.array([], "datetime64[D]")
MONDAY = (date(2023, 1, 2) - date(1970, 1, 1)).days


def issued(weeks, of_day):
    """Amounts of each day of so many weeks from a Monday on: `of_day(calendar, week)`."""
    days = MONDAY + np.arange(7 * weeks)
    return np.array(of_day(calendar_of(days, NO_HOLIDAYS), np.arange(7 * weeks) // 7), float)


def foretold(amounts, weeks=13):
    return forecast_issuance(amounts, MONDAY + len(amounts) - 1, 7 * weeks, NO_HOLIDAYS)


def test_a_firm_that_invoices_at_the_close_of_the_month_goes_on_doing_so():
    amounts = issued(
        100,
        lambda days, week: np.where(
            days.is_working & (days.to_end == 1), 1e6, 1e4 * days.is_working
        ),
    )
    told = foretold(amounts)
    coming = calendar_of(MONDAY + len(amounts) + np.arange(91), NO_HOLIDAYS)
    close = coming.is_working & (coming.to_end == 1)
    assert close.sum() == 3
    assert told.amounts[close].min() > 0.6e6
    assert told.amounts[~close & coming.is_working].max() < 0.1e6
    assert told.amounts[~coming.is_working].max() < 0.02e6


def test_nothing_is_read_into_days_that_differ_by_chance():
    random = np.random.default_rng(3)
    told = foretold(random.gamma(1.0, 100.0, 7 * 40))
    assert len(set(told.amounts.round(6))) == 1


def test_a_quiet_august_is_quiet_again():
    amounts = issued(120, lambda days, week: np.where(days.month == 7, 20.0, 100.0))
    told = foretold(amounts, weeks=30)  # from April to November
    coming = calendar_of(MONDAY + len(amounts) + np.arange(7 * 30), NO_HOLIDAYS)
    assert told.amounts[coming.month == 7].mean() < 0.6 * told.amounts[coming.month == 5].mean()


def test_under_sixty_weeks_the_level_is_the_mean_of_the_last_eight():
    amounts = issued(40, lambda days, week: np.where(week >= 32, 300.0, 100.0))
    told = foretold(amounts)
    assert told.smoothing.method == "mean_8"
    assert told.amounts.mean() == pytest.approx(300.0)


@pytest.mark.parametrize("days", [0, 1, 6])
def test_less_than_a_week_of_books_foretells_no_invoices(days):
    told = foretold(np.full(days, 120.0))
    assert told.amounts.tolist() == [0.0] * 91


def test_a_growing_firm_is_foretold_at_its_size_of_today():
    amounts = issued(104, lambda days, week: 100.0 + week)
    told = foretold(amounts)
    assert told.smoothing.method.startswith("ets")
    assert told.amounts[:28].mean() == pytest.approx(204, rel=0.05)


def test_the_same_history_in_another_unit_gives_the_same_forecast_in_it():
    random = np.random.default_rng(5)
    amounts = random.gamma(2.0, 50.0, 7 * 90)
    assert foretold(amounts * 1000).amounts == pytest.approx(
        foretold(amounts).amounts * 1000, rel=1e-4
    )


@pytest.mark.parametrize("days", [0, 3, 7, 20])
def test_a_firm_that_issued_nothing_is_foretold_nothing(days):
    assert not foretold(np.zeros(days)).amounts.any()


def test_smoothing_is_kept_for_the_weeks_between_two_trainings():
    weekly = 100.0 + np.arange(80.0) % 5
    kept = find_smoothing(weekly)
    assert smooth(np.append(weekly, 104.0), kept, 3) == pytest.approx(np.full(3, 102.0), rel=0.05)


def test_the_close_of_a_month_has_kinds_of_its_own():
    days = (date(2024, 3, 25) - date(1970, 1, 1)).days + np.arange(10)  # Monday to Wednesday week
    kinds = kinds_of(calendar_of(days, np.array(["2024-03-29", "2024-04-01"], "datetime64[D]")))
    assert kinds.tolist() == [0, 11, 10, 9, 6, 5, 6, 6, 7, 8]
    assert at_close(kinds).tolist() == [False, True, True, True] + 6 * [False]
