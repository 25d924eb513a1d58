"""Rivals and scores: the past judged without hindsight."""

import numpy as np
import pytest

from models.cash.backtest import (
    HORIZONS,
    SHOWN,
    Track,
    chosen,
    combined,
    score,
    shown,
    with_combination,
)
from models.cash.rivals import (
    RULES,
    OneDay,
    Wanted,
    cohort,
    ets,
    mean_delay,
    median_10,
    same_week_last_year,
)
from models.timing.frame import OPEN, PAID, History


def history(*slices, as_of=100):
    """History of slices given as (customer, issued, due, paid or None[, amount])."""
    rows = [(*each, 100.0) if len(each) == 4 else each for each in slices]
    return History.of(
        as_of=as_of,
        item=list(range(len(rows))),
        customer=[row[0] for row in rows],
        issued=[row[1] for row in rows],
        due=[row[2] for row in rows],
        exit=[2**31 - 1 if row[3] is None else row[3] for row in rows],
        amount=[row[4] for row in rows],
        kind=[OPEN if row[3] is None else PAID for row in rows],
    )


def wanted(customer, issued, due, asked=101):
    return Wanted(*(np.array([each], np.int64) for each in (customer, issued, due, asked)))


def test_a_customers_mean_delay_is_expected_of_its_next_document():
    told = mean_delay(history((1, 0, 30, 35), (1, 10, 40, 55), (2, 0, 30, 30)), wanted(1, 90, 120))
    assert told.delay.tolist() == [10.0]


def test_a_customer_never_seen_has_the_firms_mean():
    told = mean_delay(history((1, 0, 30, 35), (1, 10, 40, 55), (2, 0, 30, 31)), wanted(9, 90, 120))
    assert told.delay.tolist() == [7.0]


def test_the_median_looks_at_the_last_ten_payments():
    old = [(1, 0, 10, 60)] * 5
    recent = [(1, 20, 70, 70 + late) for late in (1, 2, 3, 4, 5, 6, 7, 8, 9, 30)]
    assert median_10(history(*old, *recent), wanted(1, 90, 120)).delay.tolist() == [6.0]  # 5.5


def test_a_rule_that_names_a_day_gone_by_means_now():
    told = OneDay(np.array([2.0]), np.array([9.0]))
    assert told.paid_by([[8, 9]]).tolist() == [[0.0, 1.0]]


def test_a_cohort_is_collected_as_those_before_it_by_amount():
    # Of 400, 100 is paid 10 days after issue and 200 after 20; 100 is open 50 days after it.
    told = cohort(
        history((1, 0, 30, 10), (2, 0, 30, 20, 200.0), (3, 50, 80, None)), wanted(5, 101, 131)
    )
    paid = told.paid_by([[9 - 30, 10 - 30, 20 - 30, 300]])[0]
    assert paid.tolist() == pytest.approx([0, 0.25, 0.75, 0.75])


def test_what_is_open_for_ten_days_is_collected_like_the_rest_of_its_cohort():
    told = cohort(history((1, 0, 30, 10), (2, 0, 30, 20), (3, 50, 80, None)), wanted(5, 86, 116))
    assert told.asked.tolist() == [15]
    assert told.paid_by([[20 - 30]])[0].tolist() == pytest.approx([0.5])


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_answers_without_any_history(rule):
    told = RULES[rule](history(), wanted(1, 90, 120))
    assert np.isfinite(told.paid_by([[0, 30]])).all()


def test_last_year_is_asked_only_where_there_is_one():
    assert same_week_last_year(np.arange(51.0), 13) is None
    assert same_week_last_year(np.arange(104.0), 3).tolist() == [52, 53, 54]


def test_the_top_down_interval_widens_with_the_distance():
    weekly = 100 + 20 * np.sin(np.arange(80.0))
    told = ets(weekly, 13)
    assert (np.diff(told.width_80) >= 0).all() and told.width_80[0] > 0
    assert not ets(np.zeros(0), 13).amounts.any()


def track(origins=40, **methods):
    """Every week brings 1,000; a method is off by its figure in every second week."""
    actual = np.full((origins, 13), 1000.0)
    for row in range(origins):
        actual[row, max(origins - row, 0) :] = np.nan
    sign = np.where(np.arange(origins) % 2 == 0, 1, -1)[:, None]
    told = {name: 1000.0 + off * sign * np.ones(13) for name, off in methods.items()}
    open_book = {name: each for name, each in told.items() if name not in ("ets",)}
    flat = np.full((origins, 13), 1e4)
    usual = np.full(origins, 1000.0)
    return Track(
        np.arange(origins) * 7,
        open_book,
        told,
        flat,
        usual,
        actual,
        actual,
        np.full((origins, 13), 50.0),
    )


def test_the_model_is_shown_until_a_rule_has_been_right_more_often():
    past = track(mix=100.0, due_date=50.0)
    methods = shown(past).methods
    assert methods[:12] == ["mix"] * 12  # too little is over to judge
    assert methods[20:] == ["due_date"] * 20
    assert chosen(past, 40) == "due_date"


def test_the_model_is_shown_with_its_partners_once_they_have_a_part():
    past = track(mix=100.0, same_week_last_year=-100.0, ets=200.0, due_date=99.0)
    methods = shown(with_combination(past)).methods
    assert methods[:8] == ["mix"] * 8  # too little is over for a partner
    assert methods[20:] == ["combined"] * 20  # half of each: nothing is left of their errors


def test_the_customers_curves_may_make_up_three_quarters():
    past = with_combination(track(mix=300.0, customer_curve=-100.0))
    assert past.total["combined"][30].tolist() == pytest.approx([1000.0] * 13)


def test_a_rule_that_is_hardly_better_does_not_take_the_models_place():
    assert chosen(track(mix=100.0, due_date=99.0), 40) == "mix"


def test_a_method_that_had_nothing_to_say_is_not_chosen():
    past = track(mix=100.0, same_week_last_year=0.0)
    past.total["same_week_last_year"][:30] = np.nan
    assert chosen(past, 40) == "mix"


def test_scores_of_a_track_worked_by_hand():
    past = track(mix=100.0, ets=200.0)
    found = {
        (each.subject, each.method, each.horizon, each.metric): each
        for each in score(past, shown(past))
    }
    assert found["total", "mix", "1-4", "wape"].value == pytest.approx(0.1)
    assert found["total", "ets", "all", "wape"].value == pytest.approx(0.2)
    assert found["open_book", "mix", "9-13", "wape"].value == pytest.approx(0.1)
    assert found["total", "ets", "1-4", "width_80"].value == pytest.approx(0.1)
    assert found["total", "ets", "1-4", "coverage_80"].value == 0
    assert found["total", SHOWN, "all", "coverage_80"].value > 0.5
    assert ("open_book", "ets", "1-4", "wape") not in found
    of_week_1 = sum(1 for row in range(40) if row < 40)
    assert found["total", "mix", "1-4", "wape"].cases == 4 * of_week_1 - 6  # the last are not over


def test_a_firm_scores_the_weighted_mean_of_its_series():
    one, two = (score(past, shown(past)) for past in (track(mix=100.0), track(mix=200.0)))
    found = {
        (each.subject, each.method, each.horizon, each.metric): each.value
        for each in combined([(3.0, one), (1.0, two)])
    }
    assert found["total", "mix", "all", "wape"] == pytest.approx(0.125)


def test_nothing_is_scored_where_nothing_came_in():
    past = track(mix=100.0)
    nothing = past._replace(actual=past.actual * 0, actual_open=past.actual_open * 0)
    assert score(nothing, shown(nothing)) == []
    assert set(HORIZONS) == {"1-4", "5-8", "9-13", "1-8", "all"}
