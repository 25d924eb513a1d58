"""Whom to contact first: worked by hand, and held against every other choice."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import EncaisseError
from models.worklist import (
    WAIT_WEIGHTS,
    Action,
    Assumptions,
    Chased,
    OpenItem,
    action_on,
    contact_worth,
    days_brought_forward,
    fits,
    in_order,
    left_to_chase,
    propose_contact,
    shortfall_bound,
)

ASSUMED = Assumptions(7, Decimal(10), Decimal(8))
MINUTES = {Action.REMIND: 3, Action.CALL: 15, Action.DISPUTE: 30, Action.ESCALATE: 20}
NOTHING = Chased(Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0))
TODAY = date(2024, 3, 29)


def chased_of(items, credit, *, moved=7, never=Decimal("0.01")):
    """What can be chased of items given as (days late, amount), once a credit is taken off."""
    told = [
        OpenItem(number, TODAY - timedelta(days), amount)
        for number, (days, amount) in enumerate(items)
    ]
    lefts = left_to_chase(told, credit)
    late = [(days, left) for (days, _), left in zip(items, lefts, strict=True) if left > 0]
    return Chased(
        sum((left for days, left in late if days > 0), Decimal(0)),
        sum((left for days, left in late if days > 60), Decimal(0)),
        sum((left for days, left in late if days <= 0), Decimal(0)),
        sum(lefts, Decimal(0)) * moved,
        sum(lefts, Decimal(0)) * never * (1 - never),
    )


def contact(items, credit=Decimal(0), disputed=Decimal(0), minutes=MINUTES):
    return propose_contact(
        chased_of(items, Decimal(0)),
        chased_of(items, credit),
        disputed,
        assumed=ASSUMED,
        minutes=minutes,
    )


def test_a_call_is_worth_the_days_and_the_loss_it_moves():
    # 9,000 a week sooner at 10 %: 17.26; 8 % of 9,000 x 0.01 x 0.99: 7.13
    assert contact([(12, Decimal(9000))]) == (Action.CALL, Decimal("24.39"), 15)


def test_who_has_paid_is_not_called_though_the_payment_is_unapplied():
    assert contact([(12, Decimal(100))], credit=Decimal(5000)) is None


def test_what_a_credit_leaves_is_called_for():
    found = contact([(40, Decimal(1000)), (5, Decimal(1000))], credit=Decimal(1500))
    assert found.action == Action.CALL
    assert found.worth == contact([(5, Decimal(500))]).worth


@pytest.mark.parametrize(
    "items, action",
    [
        ([(61, Decimal(5000)), (60, Decimal(5000))], Action.ESCALATE),
        ([(61, Decimal(4999)), (60, Decimal(5001))], Action.CALL),
        ([(60, Decimal(10_000))], Action.CALL),
        ([(1, Decimal(1000)), (-3, Decimal(9000))], Action.CALL),
        ([(900, Decimal(999)), (-3, Decimal(9000))], Action.REMIND),
        ([(0, Decimal(10_000))], Action.REMIND),
        ([(-10, Decimal(10_000))], Action.REMIND),
    ],
)
def test_the_action_follows_from_the_days(items, action):
    assert contact(items).action == action


def test_what_is_surely_lost_is_worth_no_contact():
    sure = contact_worth(Decimal(0), Decimal(9000) * 1 * 0, ASSUMED)
    either_way = contact_worth(Decimal(0), Decimal(9000) * Decimal("0.25"), ASSUMED)
    assert (sure, either_way) == (Decimal(0), Decimal(180))


def test_nothing_to_chase_asks_for_nothing():
    assert action_on(NOTHING) is None
    assert contact([]) is None


def test_a_dispute_is_settled_where_that_is_worth_more_than_to_chase_the_rest():
    assert contact([(12, Decimal(100))], disputed=Decimal(5000)).action == Action.DISPUTE
    assert contact([(12, Decimal(5000))], disputed=Decimal(100)).action == Action.CALL
    assert contact([], disputed=Decimal(5000)) == (Action.DISPUTE, Decimal("9.59"), 30)


def test_nothing_is_worth_less_than_a_cent():
    assert contact([(12, Decimal("0.01"))]) is None


amounts = st.decimals("0.01", 20_000, places=2)
owed = st.lists(st.tuples(st.integers(-10, 200), amounts), max_size=6)
credit = st.decimals(0, 60_000, places=2)
any_minutes = st.fixed_dictionaries({action: st.integers(1, 60) for action in Action})


@settings(max_examples=400)
@given(owed, credit, credit, st.decimals(0, 20_000, places=2), any_minutes)
def test_a_credit_never_raises_a_customer(items, first, more, disputed, minutes):
    before = contact(items, first, disputed, minutes)
    after = contact(items, first + more, disputed, minutes)
    if after is not None:
        assert before is not None
        assert after.worth <= before.worth
        assert after.worth * before.minutes <= before.worth * after.minutes


@given(owed, credit)
def test_credits_take_off_what_they_are_worth_and_no_more(items, amount):
    told = [
        OpenItem(number, TODAY - timedelta(days), each) for number, (days, each) in enumerate(items)
    ]
    lefts = left_to_chase(told, amount)
    total = sum((each for _, each in items), Decimal(0))
    assert sum(lefts, Decimal(0)) == max(Decimal(0), total - amount)
    assert all(0 <= left <= item.open_amount for left, item in zip(lefts, told, strict=True))


def test_what_has_no_due_date_is_covered_last():
    items = [OpenItem(1, None, Decimal(100)), OpenItem(2, TODAY, Decimal(100))]
    assert left_to_chase(items, Decimal(100)) == [Decimal(100), Decimal(0)]


def test_a_debit_is_no_credit():
    with pytest.raises(EncaisseError, match="cannot be taken off"):
        left_to_chase([], Decimal(-1))


def test_the_percentiles_stand_for_the_whole_chance():
    assert sum(WAIT_WEIGHTS) == 1000


def test_a_contact_moves_nothing_to_before_the_due_date():
    due_on = TODAY + timedelta(5)
    early = [due_on - timedelta(3)] * 5
    assert days_brought_forward(early, as_of=TODAY, due_on=due_on, days_moved=7) == 0
    late = [due_on + timedelta(3)] * 5
    assert days_brought_forward(late, as_of=TODAY, due_on=due_on, days_moved=7) == 3


def test_a_contact_moves_nothing_that_never_comes():
    assert days_brought_forward([None] * 5, as_of=TODAY, due_on=TODAY, days_moved=7) == 0


def test_worth_is_rounded_half_up_to_cents():
    assert contact_worth(Decimal(0), Decimal("0.0625"), ASSUMED) == Decimal("0.01")
    assert contact_worth(Decimal(0), Decimal("0.0624"), ASSUMED) == Decimal("0.00")


contacts = st.lists(st.tuples(st.decimals("0.01", 500, places=2), st.integers(1, 40)), max_size=9)


def choice(told, capacity):
    order = in_order([(worth, minutes, (str(n),)) for n, (worth, minutes) in enumerate(told)])
    ordered = [told[place] for place in order]
    return ordered, fits([minutes for _, minutes in ordered], capacity)


def total(told, taken, column):
    return sum(row[column] for row, takes in zip(told, taken, strict=True) if takes)


@given(contacts, st.integers(0, 200))
def test_a_day_is_never_longer_than_it_is(told, capacity):
    ordered, taken = choice(told, capacity)
    assert total(ordered, taken, 1) <= capacity


@settings(max_examples=60, deadline=None)
@given(contacts, st.integers(0, 120))
def test_no_other_choice_is_worth_more_than_the_bound_says(told, capacity):
    ordered, taken = choice(told, capacity)
    best = max(
        total(ordered, other, 0)
        for other in product([False, True], repeat=len(ordered))
        if total(ordered, other, 1) <= capacity
    )
    bound = shortfall_bound(
        [worth for worth, _ in ordered], [minutes for _, minutes in ordered], capacity
    )
    ours = total(ordered, taken, 0)
    assert ours <= best <= ours + bound + Decimal("1e-20")
    assert bound <= max((worth for worth, _ in ordered), default=Decimal(0))


def test_the_choice_is_the_best_where_everything_fits():
    assert shortfall_bound([Decimal(30), Decimal(40)], [15, 30], 45) == 0


@given(contacts, st.randoms())
def test_the_order_of_rows_changes_nothing(told, chance):
    named = [(worth, minutes, (f"{n:02}",)) for n, (worth, minutes) in enumerate(told)]
    ordered = [named[place] for place in in_order(named)]
    chance.shuffle(named)
    assert [named[place] for place in in_order(named)] == ordered


def test_ties_are_broken_by_worth_and_then_by_name():
    told = [(Decimal(30), 15, ("B",)), (Decimal(60), 30, ("C",)), (Decimal(30), 15, ("A",))]
    assert in_order(told) == [1, 2, 0]
