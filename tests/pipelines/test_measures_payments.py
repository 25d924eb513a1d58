"""What the monthly measures count as paid, and when. Terms are 30 days net."""

from datetime import date
from decimal import Decimal

from tests.pipelines.books import Fec
from tests.pipelines.monthly import inputs, measured, values


def test_a_credit_note_lowers_the_sales_and_pays_nothing():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "1200.00", "F1", lettering="A")
        .sale("2024-03-20", "C1", "600.00", "F2")
    )
    fec.entry(
        "2024-03-15",
        ("411000", "C1", "-1200.00", {"lettering": "A"}),
        ("701000", None, "1000.00"),
        ("445710", None, "200.00"),
    )
    con = measured(fec, as_of="2024-03-31")
    assert inputs(con, "2024-03-31")["sales_three_months"] == Decimal("600.00")
    found = values(con, "2024-03-31")
    assert found["days_to_pay"] is None
    assert found["dso_simple"] == "91.00"
    assert found["cei_percent"] is None  # nothing was to collect: 0 + 600 - 600


def test_cash_not_applied_lowers_what_is_owed_and_not_what_is_overdue():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "1000.00", "F1")
        .receipt("2024-03-10", "C1", "200.00")
        .sale("2024-02-10", "C1", "100.00", "F2")
    )
    con = measured(fec, as_of="2024-03-31")
    found = values(con, "2024-03-31")
    assert found["overdue_percent"] == "100.00"  # 1,100 / 1,100: the cash is in neither
    assert found["dso_simple"] == "74.45"  # 900 / 1,100 x 91
    assert found["dso_best_possible"] == "0.00"
    assert found["days_to_pay"] is None  # nobody has said what it paid


def test_a_payment_before_its_invoice_is_early_and_counts_once_both_are_booked():
    fec = (
        Fec()
        .receipt("2024-01-10", "C1", "300.00", lettering="A")
        .sale("2024-03-01", "C1", "300.00", "F1", lettering="A")
    )
    con = measured(fec, as_of="2024-03-31")
    assert values(con, "2024-02-29")["days_to_pay"] is None
    found = values(con, "2024-03-31")
    assert found["days_to_pay"] == "-51.00"
    assert found["days_beyond_terms_paid"] == "-81.00"


def returned_payment():
    """Paid on time, sent back by the bank, and made good on 20 May."""
    return (
        Fec()
        .sale("2024-01-10", "C1", "500.00", "F1", lettering="A")
        .receipt("2024-02-05", "C1", "500.00", lettering="A")
        .entry(
            "2024-02-12",
            ("411000", "C1", "500.00", {"label": "rejet prelevement", "lettering": "B"}),
            ("512000", None, "-500.00"),
        )
        .receipt("2024-05-20", "C1", "500.00", lettering="B")
    )


def test_a_returned_payment_has_paid_nothing():
    con = measured(returned_payment(), as_of="2024-04-30")
    assert values(con, "2024-04-30")["days_to_pay"] is None
    assert values(con, "2024-04-30")["days_beyond_terms_open"] == "81.00"  # due on 9 February


def test_a_payment_made_good_is_late_from_the_day_the_invoice_was_due():
    con = measured(returned_payment(), as_of="2024-05-31")
    found = values(con, "2024-05-31")
    assert found["days_to_pay"] == "131.00"  # 10 January to 20 May
    assert found["days_beyond_terms_paid"] == "101.00"
    assert con.sql("select count(*) from measures.payments").fetchall() == [(1,)]


def test_a_bill_that_comes_back_on_the_account_of_its_invoice_has_paid_nothing():
    fec = Fec().sale("2024-01-10", "C1", "500.00", "FA101", lettering="A")
    fec.entry(
        "2024-01-15",
        ("413000", "C1", "500.00", {"document_ref": "FA101", "lettering": "B"}),
        ("411000", "C1", "-500.00", {"document_ref": "FA101", "lettering": "A"}),
    )
    fec.entry(
        "2024-03-10",
        ("512000", None, "500.00"),
        ("413000", "C1", "-500.00", {"label": "LCR FA101", "lettering": "B"}),
    )
    fec.entry(
        "2024-03-14",
        ("411000", "C1", "500.00", {"label": "LCR impayee", "document_ref": "FA101"}),
        ("512000", None, "-500.00"),
    )
    con = measured(fec, as_of="2024-03-31")
    found = values(con, "2024-03-31")
    assert found["days_beyond_terms_paid"] is None
    assert found["days_beyond_terms_open"] == "51.00"  # due on 9 February
    known = con.sql("select undone_known_on from measures.payments_made").fetchall()
    assert known == [(date(2024, 3, 14),)]


def test_a_returned_payment_of_two_invoices_is_made_good_in_their_order():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "300.00", "F1", lettering="A")
        .sale("2024-01-20", "C1", "200.00", "F2", lettering="A")
        .receipt("2024-02-05", "C1", "500.00", lettering="A")
        .entry(
            "2024-02-12",
            ("411000", "C1", "500.00", {"label": "rejet prelevement", "lettering": "B"}),
            ("512000", None, "-500.00"),
        )
        .receipt("2024-03-20", "C1", "350.00", lettering="B")
    )
    con = measured(fec, as_of="2024-03-31")
    open_amounts = dict(
        con.sql(
            "select document_ref, open_amount from receivables.open_items(date '2024-03-31')"
        ).fetchall()
    )
    paid = dict(
        con.sql(
            "select document_ref, payments.amount from measures.payments join ledger.items "
            "using (item_id)"
        ).fetchall()
    )
    assert {ref: paid.get(ref, 0) + open_amounts.get(ref, 0) for ref in ("F1", "F2")} == {
        "F1": 300,
        "F2": 200,
    }
    assert sum(paid.values()) == 350
