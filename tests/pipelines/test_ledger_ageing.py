"""Due dates, ageing and currencies, worked by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from models.ageing import Buckets, Convention, days_late
from tests.pipelines.books import Fec, build, lettered, open_items

D = Decimal


# Currencies


def test_currencies_stand_apart_and_an_exchange_difference_moves_the_book_amount_alone():
    usd = {"currency": "USD"}
    fec = Fec()
    fec.entry(
        "2024-01-10",
        (
            "411000",
            "A",
            "920",
            {**usd, "currency_amount": D(1000), "document_ref": "F1", **lettered("AA")},
        ),
        ("707000", None, "-920"),
    )
    fec.entry(
        "2024-03-10",
        ("512000", None, "900"),
        ("411000", "A", "-900", {**usd, "currency_amount": D(1000), **lettered("AA")}),
    )
    fec.entry("2024-03-10", ("666000", None, "20"), ("411000", "A", "-20", lettered("AA")))
    con = build(fec)
    assert open_items(con, "2024-02-01") == {("A", "F1", "USD"): D("1000")}
    assert open_items(con, "2024-03-31") == {}
    assert con.sql("select sum(amount_book) from ledger.items").fetchall() == [(D("0.00"),)]


def test_an_invoice_in_dollars_lettered_with_a_payment_in_euros_is_followed_in_euros():
    fec = Fec()
    fec.entry(
        "2024-01-10",
        ("411000", "A", "920", {"currency": "USD", "currency_amount": D(1000), **lettered("AA")}),
        ("707000", None, "-920"),
    )
    fec.receipt("2024-03-10", "A", "920", **lettered("AA"))
    con = build(fec)
    assert open_items(con, "2024-02-01") == {("A", "invoice", "EUR"): D("920")}
    assert open_items(con, "2024-03-31") == {}


def test_a_lettering_code_used_again_in_another_currency_changes_nothing_of_what_it_settled():
    usd = {"currency": "USD", "currency_amount": D(110)}
    first, second = lettered("AA", "2024-01-31"), lettered("AA", "2024-03-31")
    fec = Fec()
    fec.sale("2024-01-10", "A", "100", "F1", **usd, **first)
    fec.receipt("2024-01-21", "A", "100", "P1", **usd, **first)
    fec.sale("2024-03-11", "A", "70", "F2", **second).receipt("2024-03-21", "A", "70", **second)
    con = build(fec)
    assert open_items(con, "2024-01-15") == {("A", "F1", "USD"): D("110")}
    assert open_items(con, "2024-03-15") == {("A", "F2", "EUR"): D("70")}
    assert open_items(con, "2024-03-31") == {}


def test_a_currency_without_an_amount_in_it_is_followed_in_book_currency():
    fec = Fec().sale("2024-01-10", "A", "100", "F1", currency="USD", currency_amount=D(0))
    assert open_items(build(fec), "2024-01-31") == {("A", "F1", "EUR"): D("100")}


def test_a_currency_amount_that_is_always_positive_takes_the_sign_of_debit_less_credit():
    fec = Fec().entry(
        "2024-03-10",
        ("411000", "A", "-900", {"currency": "USD", "currency_amount": D(1000)}),
        ("512000", None, "900"),
    )
    assert list(open_items(build(fec), "2024-03-31").values()) == [D("-1000")]


# Due dates


@pytest.mark.parametrize(
    ("terms", "document_on", "due_on"),
    [
        ("30 net", "2026-01-31", "2026-03-02"),
        ("60 net", "2026-12-20", "2027-02-18"),
        ("45 days then end of month", "2026-01-15", "2026-03-31"),
        ("end of month + 45 days", "2026-01-15", "2026-03-17"),
        ("60 days then end of month, the 15th", "2003-03-17", "2003-06-15"),
        ("30 days, the 10th", "2026-01-05", "2026-02-10"),
    ],
)
def test_terms_give_the_due_date_that_the_domain_gives(terms, document_on, due_on):
    from models.terms import due_on as by_hand
    from models.terms import parse_terms

    fec = Fec().sale(document_on, "A", "100", "F1")
    con = build(fec, customers=[{"customer_id": "A", "payment_terms": terms}])
    rows = con.sql("select due_on, due_basis from ledger.items").fetchall()
    assert rows == [(date.fromisoformat(due_on), "terms")]
    assert by_hand(parse_terms(terms), date.fromisoformat(document_on)) == rows[0][0]


def test_the_due_date_says_what_it_rests_on():
    fec = (
        Fec()
        .sale("2024-01-10", "A", "10", "F1", due_on=date(2024, 1, 31))
        .sale("2024-01-10", "B", "10", "F2")
        .sale("2024-01-10", "C", "10", "F3")
        .opening("2024-01-10", ("D", "10", {"document_ref": "F4"}))
    )
    con = build(fec, customers=[{"customer_id": "B", "payment_terms": "60 net"}])
    rows = con.sql("select document_ref, due_on, due_basis from ledger.items order by 1").fetchall()
    assert rows == [
        ("F1", date(2024, 1, 31), "stated"),
        ("F2", date(2024, 3, 10), "terms"),
        ("F3", date(2024, 2, 9), "default"),
        ("F4", None, "missing"),
    ]


def test_terms_that_nobody_can_read_give_no_due_date():
    fec = Fec().sale("2024-01-10", "A", "10", "F1")
    con = build(fec, customers=[{"customer_id": "A", "payment_terms": "when it suits"}])
    assert con.sql("select due_on, due_basis from ledger.items").fetchall() == [(None, "missing")]
    assert con.sql("select count(*) from staging.terms where problem is not null").fetchall() == [
        (1,)
    ]


def test_an_invoice_list_lends_its_due_dates_to_the_ledger():
    fec = Fec().sale("2024-01-10", "A", "10", "F1")
    con = build(
        fec,
        items=[
            {
                "item_key": "F1", "customer_id": "A", "kind": "invoice", "document_ref": "F1",
                "booked_on": date(2024, 1, 10), "document_on": date(2024, 1, 10),
                "due_on": date(2024, 2, 29), "amount": D("10"), "currency": "EUR",
                "is_open_list": False,
            }
        ],
    )  # fmt: skip
    rows = con.sql("select due_on, due_basis from ledger.items").fetchall()
    assert rows == [(date(2024, 2, 29), "stated")]


# Ageing


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, "not_due"), (0, "not_due"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"),
        (61, "61-90"), (90, "61-90"), (91, "91-120"), (120, "91-120"), (121, "over_120"),
    ],
)  # fmt: skip
def test_each_bucket_holds_its_first_and_its_last_day(days, bucket):
    fec = Fec().sale("2024-01-10", "A", "10", "F1", due_on=date(2024, 1, 31))
    con = build(fec)
    rows = con.execute(
        "select bucket, oldest_days from receivables.aged_balances(date '2024-01-31' + ?::int)",
        [days],
    ).fetchall()
    assert rows == [(bucket, days)]


@pytest.mark.parametrize("convention", list(Convention))
def test_another_firms_convention_gives_the_buckets_that_the_domain_gives(convention):
    fec = Fec().sale("2024-01-10", "A", "10", "F1", due_on=date(2024, 1, 31))
    fec.opening("2024-01-05", ("A", "20"))  # no due date
    con = build(fec)
    buckets = Buckets(convention=convention)
    for days in (-1, 0, 1, 29, 30, 31, 60, 61, 90, 91, 120, 121):
        as_of = date(2024, 1, 31) + timedelta(days=days)
        rows = con.execute(
            "select due_on, booked_on, bucket, bucket_rank from "
            "receivables.aged_items(?, _convention := ?)",
            [as_of, str(convention)],
        ).fetchall()
        assert len(rows) == 2
        for due_on, booked_on, bucket, rank in rows:
            by_hand = buckets.code(days_late(as_of, buckets.aged_from(due_on, booked_on)))
            assert bucket == (by_hand or "not_due")  # ERPNext shows what is not due nowhere
            assert rank == (buckets.rank(by_hand) if by_hand else 0)


def test_a_parents_total_counts_each_child_once():
    fec = (
        Fec()
        .sale("2024-01-10", "CHILD1", "10", "F1")
        .sale("2024-01-11", "CHILD2", "20", "F2")
        .sale("2024-01-12", "PARENT", "5", "F3")
        .sale("2024-01-12", "OTHER", "7", "F4")
    )
    customers = [
        {"customer_id": "TOP", "name": "Top"},
        {"customer_id": "PARENT", "name": "Parent", "parent_id": "TOP"},
        {"customer_id": "CHILD1", "name": "One", "parent_id": "PARENT"},
        {"customer_id": "CHILD2", "name": "Two", "parent_id": "PARENT"},
    ]
    rows = build(fec, customers=customers).sql(
        "select group_id, sum(amount) from receivables.aged_balances(date '2024-12-31') "
        "group by all"
    )
    assert dict(rows.fetchall()) == {"TOP": D("35"), "OTHER": D("7")}


def test_customers_who_are_each_others_parent_do_not_go_round_for_ever():
    fec = Fec().sale("2024-01-10", "A", "10", "F1")
    customers = [
        {"customer_id": "A", "parent_id": "B"},
        {"customer_id": "B", "parent_id": "A"},
    ]
    con = build(fec, customers=customers)
    assert con.sql("select count(*) from ledger.customers").fetchall() == [(2,)]
