"""Settlement: which credit settles which debit within a group."""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import EncaisseError
from models.settlement import SettlementItem, settle

DAY = date(2024, 1, 1)


def item(item_id, day, amount):
    return SettlementItem(item_id, DAY + timedelta(days=day), Decimal(amount))


def open_amounts(items, settled, side):
    left = {one.item_id: one.amount for one in items}
    for row in settled:
        left[getattr(row, side)] -= row.amount
    return left


def test_the_oldest_credit_settles_the_oldest_debit():
    debits = [item("i2", 9, "250.00"), item("i1", 2, "100.00")]
    credits = [item("p2", 40, "70.00"), item("p1", 30, "150.00")]
    assert settle(debits, credits) == [
        ("i1", "p1", Decimal("100.00")),
        ("i2", "p1", Decimal("50.00")),
        ("i2", "p2", Decimal("70.00")),
    ]


def test_items_of_one_day_go_in_the_order_of_their_ids():
    debits = [item("i-b", 0, 10), item("i-a", 0, 10)]
    assert settle(debits, [item("p", 1, 10)]) == [("i-a", "p", Decimal(10))]


def test_a_payment_before_its_invoice_settles_it_all_the_same():
    assert settle([item("i", 10, 100)], [item("p", 0, 100)]) == [("i", "p", Decimal(100))]


def test_an_overpayment_leaves_the_rest_of_the_credit_open():
    debits, credits = [item("i", 0, "99.99")], [item("p", 5, "100.00")]
    settled = settle(debits, credits)
    assert open_amounts(credits, settled, "credit_item_id") == {"p": Decimal("0.01")}
    assert open_amounts(debits, settled, "debit_item_id") == {"i": Decimal("0.00")}


def test_one_side_alone_settles_nothing():
    assert settle([item("i", 0, 10)], []) == []
    assert settle([], [item("p", 0, 10)]) == []


@pytest.mark.parametrize("amount", [0, -5])
def test_an_amount_on_the_wrong_side_is_refused(amount):
    with pytest.raises(EncaisseError, match=f"'p' of {amount} cannot be settled") as caught:
        settle([], [item("p", 0, amount)])
    assert caught.value.where == "the credits of one group"


def test_an_item_given_twice_is_refused():
    with pytest.raises(EncaisseError, match="cannot be settled"):
        settle([item("i", 0, 5), item("i", 1, 5)], [])


def sides(prefix):
    rows = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 400)), max_size=6)
    return rows.map(
        lambda drawn: [
            item(f"{prefix}{number}", day, Decimal(cents) / 100)
            for number, (day, cents) in enumerate(drawn)
        ]
    )


@given(sides("i"), sides("p"))
def test_settlement_counted_cent_by_cent(debits, credits):
    """The oracle: lay both sides out in date order as single cents, and pair them off."""

    def laid_out(items):
        ordered = sorted(items, key=lambda one: (one.booked_on, one.item_id))
        return [one.item_id for one in ordered for _ in range(int(one.amount * 100))]

    pairs = Counter(zip(laid_out(debits), laid_out(credits), strict=False))
    expected = {pair: Decimal(count) / 100 for pair, count in pairs.items()}
    settled = settle(debits, credits)
    assert {(debit, credit): amount for debit, credit, amount in settled} == expected
    assert len(settled) == len(expected)


@given(sides("i"), sides("p"))
def test_nothing_is_settled_twice_and_the_smaller_side_is_settled_whole(debits, credits):
    settled = settle(debits, credits)
    left = [
        *open_amounts(debits, settled, "debit_item_id").values(),
        *open_amounts(credits, settled, "credit_item_id").values(),
    ]
    assert all(amount >= 0 for amount in left)
    owed, received = (sum(one.amount for one in side) for side in (debits, credits))
    assert sum(row.amount for row in settled) == min(owed, received)


@given(sides("i"), sides("p"), st.randoms())
def test_the_order_of_a_file_does_not_matter(debits, credits, random):
    shuffled = [random.sample(side, len(side)) for side in (debits, credits)]
    assert settle(*shuffled) == settle(debits, credits)


@pytest.mark.reference
def test_erpnext_spreads_a_payment_and_a_credit_note_over_instalments_as_we_do(reference_data):
    cases = json.loads((reference_data / "ageing/erpnext_cases.json").read_text())["cases"]
    case = next(case for case in cases if case["id"] == "erp-05")
    instalments = [
        item(f"due {term['due']:03}", term["due"], term["amount"])
        for term in case["invoices"][0]["terms"]
    ]
    credits = []
    for day, step in enumerate(case["steps"]):
        credits.append(item(f"credit {day}", day, step.get("payment") or step["credit_note"]))
        left = open_amounts(instalments, settle(instalments, credits), "debit_item_id")
        outstanding = [amount for amount in left.values() if amount]
        assert outstanding == [row["outstanding"] for row in step["expected_rows"]]


@pytest.mark.reference
def test_a_cent_that_is_left_stays_open_as_in_erpnext(reference_data):
    cases = json.loads((reference_data / "ageing/erpnext_cases.json").read_text())["cases"]
    case = next(case for case in cases if case["id"] == "erp-11")
    debits = [item("i", 0, case["invoices"][0]["total"])]
    credits = [item("p", 1, str(case["payments"][0]["amount"]))]
    left = open_amounts(debits, settle(debits, credits), "debit_item_id")["i"]
    assert left == Decimal(str(case["expected_rows"][0]["outstanding"])) == Decimal("0.01")
