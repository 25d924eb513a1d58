"""Late-payment risk of a customer, worked by hand, and what must hold of any."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.delays import AmountDays
from models.errors import EncaisseError
from models.risk import (
    Outlook,
    Quarter,
    RiskClass,
    captured_share,
    expected_late_euro_days,
    late_probability,
    ranks,
    risk_class,
    stake,
    trend,
)

QUIET = Outlook(Decimal(1000), Decimal(0), Decimal(0), Decimal("0.2"), Decimal(3), "stable")
LEVELS = list(RiskClass)


def quarter(*delays, unpaid=()):
    paid = [(Decimal(amount), days) for amount, days in delays]
    left = [(Decimal(amount), days) for amount, days in unpaid]
    return Quarter(AmountDays.of(paid), AmountDays.of(left), len(paid) + len(left))


THREE_ON_TIME = quarter((100, 0), (100, 0), (100, 0))


@pytest.mark.parametrize(
    "change, expected",
    [
        ({}, "low"),
        ({"late_probability": Decimal("0.5")}, "low"),
        ({"late_probability": Decimal("0.500001")}, "watch"),
        ({"late_probability": None}, "low"),
        ({"expected_days_late": Decimal("14.9")}, "low"),
        ({"expected_days_late": Decimal(15)}, "watch"),
        ({"trend": "worse"}, "watch"),
        ({"trend": "better"}, "low"),
        ({"expected_days_late": Decimal(30)}, "high"),
        ({"expected_loss": Decimal("49.99")}, "low"),
        ({"expected_loss": Decimal(50)}, "high"),
        ({"expected_days_late": Decimal(90)}, "critical"),
        ({"expected_loss": Decimal(250)}, "critical"),
        ({"doubtful": Decimal("0.01")}, "critical"),
        ({"expected_days_late": None}, "low"),
    ],
)
def test_the_class_changes_exactly_where_it_is_said_to(change, expected):
    assert risk_class(QUIET._replace(**change)) == expected


@given(
    st.decimals(0, 1000, places=2),
    st.decimals(0, 1, places=6),
    st.decimals(-50, 200, places=1),
    st.decimals(0, 100, places=2),
)
def test_more_loss_never_makes_a_customer_safer(loss, probability, days, more):
    before = Outlook(Decimal(1000), loss, Decimal(0), probability, days, "stable")
    after = before._replace(expected_loss=loss + more)
    assert LEVELS.index(risk_class(after)) >= LEVELS.index(risk_class(before))


def test_a_customer_who_stops_paying_gets_worse_though_nothing_was_paid():
    stopped = quarter(unpaid=[(100, 80), (100, 50), (100, 20)])
    assert trend(stopped, THREE_ON_TIME) == (Decimal("50.0"), "worse")


def test_five_days_are_the_threshold_both_ways():
    assert trend(quarter((100, 5), (100, 5), (100, 5)), THREE_ON_TIME).direction == "worse"
    assert trend(quarter((100, 4), (100, 5), (100, 5)), THREE_ON_TIME).direction == "stable"
    assert trend(quarter((100, -5), (100, -5), (100, -5)), THREE_ON_TIME).direction == "better"


def test_two_payments_say_nothing():
    assert trend(quarter((100, 50), (100, 50)), THREE_ON_TIME) == (None, None)
    assert trend(THREE_ON_TIME, quarter()) == (None, None)


def test_nothing_about_to_fall_due_has_no_probability():
    assert late_probability(Decimal(0), Decimal(0)) is None


def test_a_large_delay_is_at_stake_before_a_certain_small_one():
    # 100,000 at 10 days for 20 %; 50 at 60 days for sure
    large = stake(Decimal(0), Decimal(100_000) * 2, late_cost_percent=Decimal(10))
    small = stake(Decimal(0), Decimal(50) * 60, late_cost_percent=Decimal(10))
    assert (large, small) == (Decimal("54.79"), Decimal("0.82"))
    assert ranks([(small, ("A",)), (large, ("B",))]) == [2, 1]


@given(
    st.lists(st.tuples(st.decimals(0, 9, places=0), st.integers(0, 99)), unique_by=lambda t: t[1])
)
def test_the_order_of_rows_changes_no_rank(rows):
    told = [(amount, (f"{key:02}",)) for amount, key in rows]
    found = dict(zip([key for _, key in told], ranks(told), strict=True))
    backwards = told[::-1]
    assert found == dict(zip([key for _, key in backwards], ranks(backwards), strict=True))
    assert sorted(found.values()) == list(range(1, len(told) + 1))


def test_a_document_counts_for_the_days_on_which_it_is_unpaid():
    assert expected_late_euro_days([1000], [[0.9, 0.6, 0.1]]).tolist() == pytest.approx([1600])


def test_probabilities_of_other_documents_are_refused():
    with pytest.raises(EncaisseError, match="2 documents"):
        expected_late_euro_days([1, 2], [[0.5]])


def test_an_order_that_knows_the_future_captures_most():
    came = np.array([0, 10, 1000, 50, 0, 300, 5, 0, 0, 20], float)
    best = captured_share(came, came, top=0.1)
    assert best == pytest.approx(1000 / 1385)
    assert captured_share(-came, came, top=0.1) == pytest.approx(0)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1000)), min_size=1, max_size=40),
    st.floats(0.01, 1),
    st.randoms(),
)
def test_the_order_of_rows_captures_nothing(rows, top, chance):
    share = captured_share(*zip(*rows, strict=True), top=top)
    chance.shuffle(rows)
    assert captured_share(*zip(*rows, strict=True), top=top) == pytest.approx(share)
    assert -1e-9 <= share <= 1 + 1e-9


def test_without_an_order_a_share_of_the_documents_captures_that_share():
    assert captured_share([7] * 40, list(range(40)), top=0.05) == pytest.approx(0.05)


def test_nothing_late_is_nothing_captured():
    assert captured_share([1, 2], [0, 0]) == 0


@pytest.mark.parametrize("scores, came, top", [([], [], 0.05), ([1], [1, 2], 0.05), ([1], [1], 0)])
def test_what_cannot_be_ordered_is_refused(scores, came, top):
    with pytest.raises(EncaisseError, match="cannot order"):
        captured_share(scores, came, top=top)
