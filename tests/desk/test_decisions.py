"""What people decide: scenarios, adjustments, balances and limits, as they are read again."""

from datetime import date
from decimal import Decimal

import pytest

from desk.adjustments import cancel_adjustment, list_adjustments
from desk.balances import (
    overdraft_limit,
    set_overdraft_limit,
    type_balance,
    typed_balances,
)
from desk.log import list_history
from desk.scenarios import list_scenarios, remove_scenario, save_scenario, scenario_history
from models.errors import EncaisseError
from models.levers import CollectMore, Default, PayLater, SalesChange, TermsChange
from tests.desk.adding import adjust, problems

LEVERS = (
    PayLater(15, main_count=5),
    SalesChange(Decimal("-2.5")),
    CollectMore(50),
    TermsChange(45, 30),
    Default("411DUPONT"),
)
WHOSE = {"entity_id": "main", "currency": "EUR"}


def test_a_scenario_is_read_as_it_was_saved(desk):
    saved = save_scenario(desk, "Hard winter", LEVERS, author="Léa Martin", reason="for the bank")
    assert list_scenarios(desk) == [saved]
    assert (saved.name, saved.levers, saved.version) == ("Hard winter", LEVERS, 1)
    assert (saved.author, saved.reason) == ("Léa Martin", "for the bank")
    assert problems(desk) == []


def test_every_version_of_a_scenario_is_kept(desk):
    first = save_scenario(desk, "Winter", LEVERS[:1], author="Léa")
    second = save_scenario(desk, "Hard winter", LEVERS[:2], author="Paul", replaces=first)
    assert list_scenarios(desk) == [second]
    assert scenario_history(desk, first.id) == [second, first]
    remove_scenario(desk, second, author="Léa", reason="over")
    assert list_scenarios(desk) == []
    last, *before = scenario_history(desk, first.id)
    assert (last.is_removed, last.reason, before) == (True, "over", [second, first])


def test_of_two_who_change_a_scenario_the_second_is_told(desk):
    first = save_scenario(desk, "Winter", LEVERS[:1], author="Léa")
    save_scenario(desk, "Winter", LEVERS[:2], author="Paul", replaces=first)
    with pytest.raises(EncaisseError, match="changed by Paul meanwhile"):
        save_scenario(desk, "Winter", LEVERS[:3], author="Léa", replaces=first)
    with pytest.raises(EncaisseError, match="changed by Paul meanwhile"):
        remove_scenario(desk, first, author="Léa")
    assert len(scenario_history(desk, first.id)) == 2


def test_two_scenarios_never_have_one_name(desk):
    first = save_scenario(desk, "Winter", LEVERS[:1], author="Léa")
    with pytest.raises(EncaisseError, match="There is a scenario 'Winter' already, by Léa"):
        save_scenario(desk, "winter", LEVERS[:1], author="Paul")
    remove_scenario(desk, first, author="Léa")
    assert save_scenario(desk, "Winter", LEVERS[:1], author="Paul").id != first.id


def test_a_scenario_without_a_lever_is_not_saved(desk):
    with pytest.raises(EncaisseError, match="0 levers"):
        save_scenario(desk, "Nothing", (), author="Léa")
    assert list_history(desk) == []


def test_an_adjustment_is_cancelled_by_a_row_of_its_own(desk):
    kept, gone = adjust(desk, "10.00"), adjust(desk, "-20.05", author="Paul")
    cancel_adjustment(desk, gone, author="Ines", reason="Dupont paid")
    assert [each.id for each in list_adjustments(desk)] == [kept]
    both = list_adjustments(desk, with_cancelled=True)
    assert [(each.amount, each.author, each.cancelled_by) for each in both] == [
        (Decimal("10.00"), "Léa Martin", None),
        (Decimal("-20.05"), "Paul", "Ines"),
    ]
    assert both[1].cancelled_because == "Dupont paid"
    assert both[1].at <= both[1].cancelled_at
    with pytest.raises(EncaisseError, match="cancelled already, by Ines"):
        cancel_adjustment(desk, gone, author="Paul", reason="again")
    with pytest.raises(EncaisseError, match="is not there"):
        cancel_adjustment(desk, 99, author="Paul", reason="which?")
    assert problems(desk) == []


def test_adjustments_are_asked_for_by_entity_and_currency(desk):
    adjust(desk, "1.00")
    adjust(desk, "2.00", currency="USD")
    adjust(desk, "3.00", entity_id="lyon")
    found = list_adjustments(desk, entity_id="main", currency="USD")
    assert [each.amount for each in found] == [Decimal("2.00")]


@pytest.mark.parametrize("amount", ["0.00", "1.005", "NaN", "Infinity", "1e30"])
def test_what_is_no_amount_is_refused(desk, amount):
    with pytest.raises(EncaisseError):
        adjust(desk, amount)


def test_days_in_the_wrong_order_are_refused(desk):
    with pytest.raises(EncaisseError, match="last day comes before its first"):
        adjust(desk, last_on=date(2024, 3, 31))


def test_the_largest_amounts_keep_their_cents(desk):
    adjust(desk, "9999999999999.99")
    assert list_adjustments(desk)[0].amount == Decimal("9999999999999.99")


def test_of_the_balances_typed_for_a_day_the_last_counts(desk):
    def typed(day, amount):
        amount = amount and Decimal(amount)
        type_balance(desk, **WHOSE, balance_on=date(2024, 3, day), amount=amount, author="Léa")

    typed(29, "100.00")
    typed(31, "250.00")
    typed(31, "-260.10")
    typed(30, "70.00")
    typed(30, None)  # taken back
    found = [(each.balance_on.day, each.amount) for each in typed_balances(desk)]
    assert found == [(31, Decimal("-260.10")), (29, Decimal("100.00"))]
    assert len(list_history(desk)) == 5


def test_the_overdraft_limit_is_the_last_one_set(desk):
    assert overdraft_limit(desk, "main", "EUR") is None
    for amount in ("50000", "80000.00"):
        set_overdraft_limit(desk, **WHOSE, amount=Decimal(amount), author="Léa")
    assert overdraft_limit(desk, "main", "EUR") == Decimal("80000.00")
    assert overdraft_limit(desk, "main", "USD") is None
    set_overdraft_limit(desk, **WHOSE, amount=None, author="Léa")
    assert overdraft_limit(desk, "main", "EUR") is None
    with pytest.raises(EncaisseError, match="has no meaning"):
        set_overdraft_limit(desk, **WHOSE, amount=Decimal(-1), author="Léa")
