"""Scenarios: what each lever moves, what it must never touch, and that no cent is lost."""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import EncaisseError
from models.levers import (
    CollectMore,
    Default,
    Facts,
    PayLater,
    Receipt,
    SalesChange,
    TermsChange,
    main_customers,
)
from models.scenarios import (
    Span,
    apply_levers,
    by_period,
    lever_from_dict,
    lever_to_dict,
    side_by_side,
)

AS_OF = date(2024, 3, 31)
CUSTOMERS = ["acme", "bolt", "cask", None]


def day(number):
    return AS_OF + timedelta(days=number)


def told(receipts):
    return [(r.customer_id, (r.expected_on - AS_OF).days, r.cents) for r in receipts]


def expected(*rows):
    """Receipts from (customer, days from now, cents[, new])."""
    return [
        Receipt(who, "new_invoices" if new else "open_book", day(number), cents)
        for who, number, cents, *new in rows
    ]


BOOK = expected(("acme", 5, 600), ("bolt", 10, 500), ("acme", 40, 300, True), (None, 50, 99, True))


def test_the_main_customer_pays_fifteen_days_later():
    facts = Facts(AS_OF)
    assert told(apply_levers(BOOK, [PayLater(15, main_count=1)], facts)) == [
        ("bolt", 10, 500), ("acme", 20, 600), (None, 50, 99), ("acme", 55, 300),
    ]  # fmt: skip
    chosen = apply_levers(BOOK, [PayLater(15, customer_ids=("bolt",))], facts)
    assert told(chosen)[1] == ("bolt", 25, 500)


def test_a_tenth_less_is_sold_and_what_is_invoiced_stays():
    assert told(apply_levers(BOOK, [SalesChange(Decimal(-10))], Facts(AS_OF))) == [
        ("acme", 5, 600), ("bolt", 10, 500), ("acme", 40, 270), (None, 50, 89),
    ]  # fmt: skip


def test_one_customer_defaults():
    assert told(apply_levers(BOOK, [Default("acme")], Facts(AS_OF))) == [
        ("bolt", 10, 500),
        (None, 50, 99),
    ]


def test_more_collection_brings_late_money_forward_by_its_share_of_the_delay():
    facts = Facts(AS_OF, days_late={"acme": 21, "bolt": -4})
    assert told(apply_levers(BOOK, [CollectMore(50)], facts)) == [
        ("acme", 1, 600),  # 11 days sooner would be over: tomorrow
        ("bolt", 10, 500),
        ("acme", 29, 300),
        (None, 50, 99),
    ]


def test_terms_change_for_who_has_them_and_what_is_still_to_be_invoiced():
    facts = Facts(AS_OF, terms_days={"acme": 45, "bolt": 30})
    assert told(apply_levers(BOOK, [TermsChange(45, 30)], facts)) == [
        ("acme", 5, 600), ("bolt", 10, 500), ("acme", 25, 300), (None, 50, 99),
    ]  # fmt: skip


def test_levers_work_in_one_order_however_they_are_listed():
    facts = Facts(AS_OF, days_late={"bolt": 6})
    levers = [PayLater(10, main_count=1), CollectMore(100), Default("acme")]
    # Acme is gone when the main customer is looked for, and bolt is first sooner, then later.
    answer = [("bolt", 14, 500), (None, 50, 99)]
    assert told(apply_levers(BOOK, levers, facts)) == answer
    assert told(apply_levers(BOOK, levers[::-1], facts)) == answer


def test_of_equal_customers_the_first_by_name_is_the_main_one():
    assert main_customers(expected(("bolt", 1, 5), ("acme", 1, 5), (None, 1, 9)), 1) == ["acme"]


RECEIPTS = st.lists(
    st.builds(
        Receipt,
        st.sampled_from(CUSTOMERS),
        st.sampled_from(["open_book", "new_invoices"]),
        st.integers(1, 380).map(day),
        st.integers(0, 10**13),
    ),
    max_size=12,
)
MOVES = st.one_of(
    st.builds(PayLater, st.integers(1, 60), main_count=st.integers(1, 3)),
    st.builds(CollectMore, st.integers(1, 100)),
    st.builds(TermsChange, st.integers(0, 90), st.integers(0, 90)),
)
SALES = st.integers(-1000, 5000).map(lambda tenths: SalesChange(Decimal(tenths) / 10))
FACTS = st.builds(
    Facts,
    st.just(AS_OF),
    st.dictionaries(st.sampled_from(CUSTOMERS[:3]), st.integers(-30, 90)),
    st.dictionaries(st.sampled_from(CUSTOMERS[:3]), st.integers(0, 90)),
)


@given(RECEIPTS, st.lists(MOVES, max_size=4), FACTS)
def test_levers_that_move_money_keep_every_cent_of_every_customer(receipts, levers, facts):
    moved = apply_levers(receipts, levers, facts)

    def cents(rows):
        found = Counter()
        for receipt in rows:
            found[receipt.customer_id, receipt.source] += receipt.cents
        return found

    assert cents(moved) == cents(receipts)
    assert all(receipt.expected_on > AS_OF for receipt in moved)


@given(RECEIPTS, SALES, FACTS)
def test_sales_change_by_their_percentage_to_the_cent(receipts, lever, facts):
    changed = apply_levers(receipts, [lever], facts)

    def total(rows, source):
        return sum(receipt.cents for receipt in rows if receipt.source == source)

    exact = Decimal(total(receipts, "new_invoices")) * (100 + lever.percent) / 100
    assert total(changed, "new_invoices") == exact.quantize(Decimal(1), ROUND_HALF_UP)
    assert total(changed, "open_book") == total(receipts, "open_book")
    assert all(receipt.cents >= 0 for receipt in changed)


@given(RECEIPTS, st.lists(st.one_of(MOVES, SALES), max_size=4), FACTS, st.randoms())
def test_the_order_of_the_receipts_does_not_matter(receipts, levers, facts, random):
    shuffled = list(receipts)
    random.shuffle(shuffled)
    weeks = [Span(day(1), day(90)), Span(day(91), None)]
    one, other = (
        by_period(apply_levers(rows, levers, facts), weeks) for rows in (receipts, shuffled)
    )
    assert one == other


def test_scenarios_stand_side_by_side_by_period():
    weeks = [Span(day(1), day(7)), Span(day(8), day(14)), Span(day(15), None)]
    rows = side_by_side(BOOK, [[Default("bolt")], [PayLater(7, ("acme",))]], Facts(AS_OF), weeks)
    assert [(row.forecast, row.scenarios) for row in rows] == [
        (600, (600, 0)),
        (500, (0, 1100)),
        (399, (399, 399)),
    ]


def test_a_receipt_outside_of_the_periods_is_told():
    for receipt in expected(("acme", 0, 1), ("acme", 9, 1)):
        with pytest.raises(EncaisseError, match="falls in no period"):
            by_period([receipt], [Span(day(1), day(7))])


@pytest.mark.parametrize(
    "lever",
    [PayLater(15, ("acme", "bolt")), PayLater(1, main_count=3), SalesChange(Decimal("-12.5")),
     CollectMore(30), TermsChange(45, 30), Default("acme")],
)  # fmt: skip
def test_a_lever_is_read_as_it_was_written(lever):
    assert lever_from_dict(lever_to_dict(lever)) == lever


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "weather"},
        {"kind": "default"},
        {"kind": "default", "customer_id": ""},
        {"kind": "default", "customer_id": 5},
        {"kind": "default", "customer_id": "acme", "why": "x"},
        {"kind": "sales", "percent": "-101"},
        {"kind": "sales", "percent": "1.25"},
        {"kind": "sales", "percent": "NaN"},
        {"kind": "sales", "percent": "a tenth"},
        {"kind": "sales", "percent": 10},
        {"kind": "collection", "percent": 0},
        {"kind": "collection", "percent": True},
        {"kind": "terms", "from_days": 45, "to_days": -1},
        {"kind": "later", "days": 0, "main_count": 1},
        {"kind": "later", "days": 15},
        {"kind": "later", "days": 15, "main_count": 5, "customer_ids": ["acme"]},
        {"kind": "later", "days": 15, "customer_ids": "acme"},
        {"kind": "later", "days": 1.5, "main_count": 1},
    ],
)
def test_what_is_no_lever_is_refused_in_words(values):
    with pytest.raises(EncaisseError, match="A scenario cannot have"):
        lever_from_dict(values)
