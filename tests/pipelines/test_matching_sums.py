"""Payments of several invoices: matched where one set alone adds up to them, refused otherwise."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.settings import Settings
from tests.pipelines.books import Fec, build, open_items

SUMS = Settings(matching={"methods": ["sum"]})
DAY_0 = date(2024, 1, 1)


def owing(*amounts, customer="A"):
    fec = Fec()
    for number, amount in enumerate(amounts, 1):
        fec.sale("2024-01-10", customer, str(amount), f"F{number}")
    return fec


def settled(*fecs):
    """Return the invoices that each payment settles, by their references."""
    con = build(*fecs, settings=SUMS, wanted=["ledger.matches"])
    rows = con.sql(
        "select credits.document_ref, debits.document_ref from ledger.matches "
        "join ledger.items as debits on debits.item_id = debit_item_id "
        "join ledger.items as credits on credits.item_id = credit_item_id "
        "where method = 'sum' order by all"
    ).fetchall()
    found = defaultdict(list)
    for payment, invoice in rows:
        found[payment].append(invoice)
    return dict(found)


@pytest.mark.parametrize(
    ("amounts", "paid", "expected"),
    [
        ([100, 250, 300], "400", {"P": ["F1", "F3"]}),
        ([100, 250, 300], "250", {"P": ["F2"]}),
        ([1, 2, 4, 8, 16], "29", {"P": ["F1", "F3", "F4", "F5"]}),
        ([1, 2, 4, 8, 16], "31", {}),  # five of them
        ([100, 100], "100", {}),
        ([100, 200, 300], "300", {}),  # the third, or the first two
        ([100, 250], "349.99", {}),
        # None counts twice: 8 is not 1 + 1 + 2 + 4 too.
        *(([1, 2, 4, paid], str(paid), {"P": ["F4"]}) for paid in (8, 9, 11)),
        ([3, 5], "13", {}),
    ],
)
def test_a_payment_settles_the_only_set_of_one_to_four_invoices_that_adds_up(
    amounts, paid, expected
):
    assert settled(owing(*amounts).receipt("2024-02-01", "A", paid, "P")) == expected


def test_what_is_matched_is_settled_to_the_cent_and_the_rest_stays_open():
    fec = owing(100, 250, 300).receipt("2024-02-01", "A", "400", "P")
    assert open_items(build(fec, settings=SUMS), "2024-12-31") == {("A", "F2", "EUR"): 250}


def test_nothing_is_looked_for_unless_the_firm_asks():
    fec = owing(100, 250, 300).receipt("2024-02-01", "A", "400", "P")
    assert build(fec, wanted=["ledger.matches"]).sql("from ledger.matches").fetchall() == []


def test_invoices_of_another_customer_or_of_later_are_not_looked_at():
    fec = owing(100).sale("2024-01-10", "B", "300", "G").receipt("2024-02-01", "A", "400", "P")
    assert settled(fec.sale("2024-02-02", "A", "300", "late")) == {}


def test_two_payments_that_would_settle_one_invoice_settle_none():
    fec = owing(100, 250, 300)
    fec.receipt("2024-02-01", "A", "400", "P").receipt("2024-02-02", "A", "350", "Q")
    assert settled(fec) == {}


@pytest.mark.parametrize(("others", "expected"), [(18, {"P": ["F1", "F2"]}), (19, {})])
def test_of_more_than_twenty_open_invoices_nothing_is_looked_for(others, expected):
    fec = owing("10.01", "20.02", *[1000 + 7 * number for number in range(others)])
    assert settled(fec.receipt("2024-02-01", "A", "30.03", "P")) == expected


def test_what_came_after_the_payment_does_not_count_among_the_twenty():
    fec = owing("10.01", "20.02").receipt("2024-01-10", "A", "30.03", "P")
    for number in range(30):
        fec.sale("2024-01-11", "A", str(1000 + 7 * number), f"G{number}")
    assert settled(fec) == {"P": ["F1", "F2"]}


def by_trying_all(invoices, payments):
    """The twin: every set of one to four, for each payment."""
    found = {}
    for name, customer, day, cents in payments:
        known = [each for each in invoices if each[1] == customer and each[2] <= day]
        sets = [
            chosen
            for count in range(1, 5)
            for chosen in combinations(known, count)
            if sum(each[3] for each in chosen) == cents
        ]
        if len(known) <= 20 and len(sets) == 1:
            found[name] = sorted(each[0] for each in sets[0])
    wanted = Counter(invoice for names in found.values() for invoice in names)
    return {
        name: names for name, names in found.items() if all(wanted[each] == 1 for each in names)
    }


CUSTOMERS = "ABCDEF"
drawn = st.tuples(st.sampled_from(CUSTOMERS), st.integers(0, 9), st.integers(1, 60))


@settings(max_examples=8, deadline=None)
@given(st.lists(drawn, min_size=10, max_size=40), st.lists(drawn, min_size=5, max_size=20))
def test_the_sql_finds_what_trying_every_set_finds(invoices, payments):
    named = [(f"F{place}", *each) for place, each in enumerate(invoices)]
    paid = [(f"P{place}", *each[:2], 2 * each[2]) for place, each in enumerate(payments)]
    fec = Fec()
    for name, customer, day, cents in named:
        fec.sale(f"{DAY_0 + timedelta(day)}", customer, Decimal(cents) / 100, name)
    for name, customer, day, cents in paid:
        fec.receipt(f"{DAY_0 + timedelta(day)}", customer, Decimal(cents) / 100, name)
    found = {payment: sorted(names) for payment, names in settled(fec).items()}
    assert found == by_trying_all(named, paid)
