"""What is lettered across currencies, worked by hand: what the accountant closed stays closed."""

from decimal import Decimal

import pytest

from tests.pipelines.books import Fec, build, lettered, open_items

D = Decimal
TOGETHER = lettered("AA", "2024-03-01")


def usd(amount, **more):
    return {"currency": "USD", "currency_amount": D(amount), **more}


def invoiced(**more):
    """Invoice F1 of 100 dollars, 90 euros in the books."""
    return Fec().entry(
        "2024-01-10",
        ("411000", "A", "90", usd(100, document_ref="F1", **(more or TOGETHER))),
        ("707000", None, "-90"),
        journal="VE",
    )


def paid_at_a_loss(fec, *, payment=None, difference=None):
    """Add an entry: 88 euros came in, and the 2 that the dollar lost are a second line of 411."""
    return fec.entry(
        "2024-03-01",
        ("512000", None, "88"),
        ("411000", "A", "-88", usd(-100, **TOGETHER) if payment is None else payment),
        ("666000", None, "2"),
        ("411000", "A", "-2", TOGETHER if difference is None else difference),
        journal="BQ",
    )


def items(con):
    found = con.sql("select kind, currency, amount, amount_book from ledger.items order by all")
    return [(*words, str(one), str(other)) for *words, one, other in found.fetchall()]


@pytest.mark.parametrize("difference", [TOGETHER, usd(0, **TOGETHER)])
def test_an_exchange_loss_on_a_line_beside_its_payment_closes_with_the_invoice(difference):
    con = build(paid_at_a_loss(invoiced(), difference=difference))
    assert open_items(con, "2024-02-29") == {("A", "F1", "USD"): D(100)}
    assert open_items(con, "2024-03-01") == {}
    assert items(con) == [
        ("adjustment", "USD", "0.00", "-2.00"),
        ("invoice", "USD", "100.00", "90.00"),
        ("payment", "USD", "-100.00", "-88.00"),
    ]


def test_an_exchange_gain_beside_its_payment_is_no_refund_whatever_its_words():
    con = build(
        invoiced().entry(
            "2024-03-01",
            ("512000", None, "93"),
            ("411000", "A", "-93", usd(-100, **TOGETHER)),
            ("766000", None, "-3"),
            ("411000", "A", "3", {"label": "Gain sur avoir en dollars", **TOGETHER}),
        )
    )
    assert open_items(con, "2024-03-01") == {}
    assert ("adjustment", "USD", "0.00", "3.00") in items(con)


def test_an_exchange_difference_that_nobody_lettered_is_of_the_currency_of_its_payment():
    con = build(paid_at_a_loss(invoiced(document_on=None), payment=usd(-100), difference={}))
    assert open_items(con, "2024-03-01") == {
        ("A", "F1", "USD"): D(100),
        ("A", "payment", "USD"): D(-100),
    }


@pytest.mark.parametrize(
    ("account", "amount"), [("666000", "-2"), ("476000", "-2"), ("477000", "2")]
)
def test_an_exchange_difference_that_states_its_currency_owes_nothing_in_the_books_one(
    account, amount
):
    fec = invoiced(document_on=None).entry(
        "2024-03-31",
        ("411000", "A", amount, usd(0, label="Ecart de conversion")),
        (account, None, str(-D(amount))),
    )
    con = build(fec)
    assert open_items(con, "2024-12-31") == {("A", "F1", "USD"): D(100)}
    assert ("adjustment", "USD", "0.00", f"{amount}.00") in items(con)


def test_an_exchange_difference_lettered_on_a_later_day_is_of_the_currency_of_its_code():
    fec = invoiced().entry(
        "2024-03-01", ("512000", None, "88"), ("411000", "A", "-88", usd(-100, **TOGETHER))
    )
    fec.entry(
        "2024-03-31", ("666000", None, "2"), ("411000", "A", "-2", lettered("AA", "2024-03-31"))
    )
    assert open_items(build(fec), "2024-03-31") == {}


def test_what_balances_in_the_books_is_closed_although_its_dollars_do_not_balance():
    fec = invoiced().entry(
        "2024-03-01",
        ("512000", None, "86"),
        ("411000", "A", "-86", usd(-98, **TOGETHER)),
        ("666000", None, "2"),
        ("411000", "A", "-2", TOGETHER),
        ("658000", None, "2"),
        ("411000", "A", "-2", TOGETHER),
    )
    con = build(fec)
    assert open_items(con, "2024-02-29") == {("A", "F1", "EUR"): D(90)}
    assert open_items(con, "2024-03-01") == {}


def test_a_payment_and_its_exchange_loss_in_book_currency_close_an_invoice_in_dollars():
    con = build(paid_at_a_loss(invoiced(), payment=TOGETHER))
    assert open_items(con, "2024-02-29") == {("A", "F1", "EUR"): D(90)}
    assert open_items(con, "2024-03-01") == {}


def test_one_letter_for_two_currencies_leaves_each_in_its_own_where_each_balances():
    fec = paid_at_a_loss(invoiced()).sale("2024-01-12", "A", "60", "F2", **TOGETHER)
    fec.receipt("2024-03-01", "A", "60", **TOGETHER)
    con = build(fec)
    assert open_items(con, "2024-02-29") == {
        ("A", "F1", "USD"): D(100),
        ("A", "F2", "EUR"): D(60),
    }
    assert open_items(con, "2024-03-01") == {}


@pytest.mark.parametrize("payment", [usd(-100, **TOGETHER), TOGETHER])
@pytest.mark.parametrize("has_year_before", [True, False])
def test_an_opening_without_its_currency_closes_with_its_payment_over_the_year_end(
    payment, has_year_before
):
    before = Fec("2023").entry(
        "2023-12-10",
        ("411000", "A", "90", usd(100, document_ref="F1")),
        ("707000", None, "-90"),
    )
    after = Fec("2024").opening("2024-01-01", ("A", "90", {"document_ref": "F1", **TOGETHER}))
    paid_at_a_loss(after, payment=payment)
    con = build(*([before] if has_year_before else []), after)
    assert open_items(con, "2024-03-01") == {}
    assert con.sql("select sum(amount_book) from ledger.items").fetchall() == [(D("0.00"),)]
