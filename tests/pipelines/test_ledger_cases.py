"""The ledger, worked by hand: each case of the accounts that has caught somebody before."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build, lettered, open_items

D = Decimal


def kinds(con):
    return dict(con.sql("select coalesce(document_ref, label), kind from ledger.items").fetchall())


# Kinds of items


@pytest.mark.parametrize(
    ("kind", "amount", "others", "label"),
    [
        ("invoice", "120", [("701000", "-100"), ("445710", "-20")], "Invoice"),
        ("credit_note", "-120", [("709000", "100"), ("445710", "20")], "Credit note"),
        ("payment", "-120", [("512000", "120")], "Transfer received"),
        ("payment", "-120", [("511200", "120")], "Cheque"),
        ("payment", "-120", [("471000", "120")], "Receipt identified"),
        ("returned_payment", "120", [("512000", "-120")], "Rejet prélèvement"),
        ("returned_payment", "120", [("512000", "-125"), ("627000", "5")], "F12"),
        ("refund", "120", [("512000", "-120")], "Remboursement client"),
        ("refund", "120", [("512000", "-121"), ("627000", "1")], "Remboursement avoir AV1"),
        ("refund", "120", [("512000", "-120")], "Remboursement retour marchandises"),
        ("returned_payment", "120", [("512000", "-120")], "Retour prélèvement"),
        ("returned_payment", "120", [("512000", "-120")], "Remboursement chèque impayé"),
        ("returned_payment", "120", [("512000", "-125"), ("627000", "5")], "Savoir Faire SARL"),
        ("invoice", "40", [("763000", "-40")], "Pénalités"),
        ("credit_note", "-40", [("763000", "40")], "Pénalités annulées"),
        ("unknown", "120", [("512000", "-120")], "F12"),
        ("discount", "-12", [("665000", "10"), ("445710", "2")], "Escompte"),
        ("payment", "-120", [("512000", "117"), ("665000", "3")], "Net of discount"),
        ("bad_debt", "-120", [("654000", "100"), ("445710", "20")], "Irrécouvrable"),
        ("adjustment", "-0.02", [("658000", "0.02")], "Cents"),
        ("adjustment", "-120", [("467000", "120")], "Sold to the factor"),
        ("unknown", "120", [("108000", "-120")], "Owner"),
    ],
)
def test_the_other_accounts_of_the_entry_tell_the_kind(kind, amount, others, label):
    fec = Fec().entry(
        "2024-03-01",
        ("411000", "A", amount, {"label": label}),
        *[(account, None, other) for account, other in others],
    )
    assert build(fec).sql("select kind from ledger.items").fetchall() == [(kind,)]


def test_a_firm_may_give_an_account_another_role():
    fec = Fec().entry("2024-03-01", ("467100", None, "50"), ("701000", None, "-50"))
    assert build(fec).sql("from ledger.items").fetchall() == []
    own = Settings(accounts={"4671": "receivable"})
    assert kinds(build(fec, settings=own)) == {None: "invoice"}


# Matches


def test_a_code_used_again_by_another_customer_or_another_day_is_another_group():
    fec = (
        Fec()
        .sale("2024-01-01", "A", "100", "F1", **lettered("AA", "2024-02-01"))
        .receipt("2024-02-01", "A", "100", **lettered("AA", "2024-02-01"))
        .sale("2024-03-01", "A", "70", "F2", **lettered("AA", "2024-04-01"))
        .receipt("2024-04-01", "A", "60", **lettered("AA", "2024-04-01"))
        .sale("2024-03-01", "B", "30", "F3", **lettered("AA", "2024-04-01"))
    )
    con = build(fec)
    assert open_items(con, "2024-12-31") == {
        ("A", "F2", "EUR"): D("10"),
        ("B", "F3", "EUR"): D("30"),
    }


def test_a_code_used_again_in_the_next_year_without_a_date_is_another_group():
    fec = Fec().sale("2023-05-01", "A", "100", "F1", **lettered("AA"))
    fec.receipt("2023-06-01", "A", "100", **lettered("AA"))
    later = Fec("later").opening("2024-01-01", ("A", "0.00"))
    later.lines.clear()
    later.opening("2024-01-01", ("B", "5"))
    fec.sale("2023-02-01", "B", "5", "F0")
    later.sale("2024-05-01", "A", "40", "F2", **lettered("AA"))
    later.receipt("2024-06-01", "A", "30", **lettered("AA"))
    con = build(fec, later)
    assert open_items(con, "2024-12-31") == {
        ("A", "F2", "EUR"): D("10"),
        ("B", "F0", "EUR"): D("5"),
    }


def test_a_group_that_spans_two_years_settles_across_them():
    first = Fec("2023").sale("2023-12-01", "A", "100", "F1", **lettered("AA", "2024-01-20"))
    second = (
        Fec("2024")
        .opening("2024-01-01", ("A", "100", {"document_ref": "F1", **lettered("AA", "2024-01-20")}))
        .receipt("2024-01-15", "A", "100", **lettered("AA", "2024-01-20"))
    )
    con = build(first, second)
    assert open_items(con, "2023-12-31") == {("A", "F1", "EUR"): D("100")}
    assert open_items(con, "2024-01-14") == {("A", "F1", "EUR"): D("100")}
    assert open_items(con, "2024-01-15") == {}


def test_a_partial_lettering_settles_what_it_can_oldest_first():
    fec = (
        Fec()
        .sale("2024-01-01", "A", "100", "F1", **lettered("aa"))
        .sale("2024-02-01", "A", "50", "F2", **lettered("aa"))
        .receipt("2024-03-01", "A", "120", **lettered("aa"))
    )
    assert open_items(build(fec), "2024-12-31") == {("A", "F2", "EUR"): D("30")}


def test_lettering_takes_effect_on_the_later_booking_not_on_the_day_it_was_done():
    fec = (
        Fec()
        .receipt("2024-01-01", "A", "100", "P1", **lettered("AA", "2024-06-30"))
        .sale("2024-02-01", "A", "100", "F1", **lettered("AA", "2024-06-30"))
    )
    con = build(fec)
    assert open_items(con, "2024-01-31") == {("A", "P1", "EUR"): D("-100")}
    assert open_items(con, "2024-02-01") == {}
    [known] = con.sql("select known_on from ledger.matches").fetchall()
    assert known == (date(2024, 6, 30),)


def test_an_unlettered_payment_stays_visible_and_nets_nothing():
    fec = Fec().sale("2024-01-01", "A", "100", "F1").receipt("2024-02-01", "A", "100", "P1")
    buckets = build(fec).sql(
        "select bucket, amount from receivables.aged_balances(date '2024-02-15')"
    )
    assert dict(buckets.fetchall()) == {"1-30": D("100"), "unapplied": D("-100")}


def test_matching_by_reference_and_by_age_is_opted_for_and_says_its_method():
    fec = (
        Fec()
        .sale("2024-01-01", "A", "100", "FA-001")
        .sale("2024-01-05", "A", "80", "FA-002")
        .receipt("2024-02-01", "A", "80", label="VIR MARTIN FA-002 merci")
        .receipt("2024-02-02", "A", "30", label="VIR")
    )
    methods = Settings(matching={"methods": ["reference", "fifo"]})
    con = build(fec, settings=methods)
    assert open_items(con, "2024-12-31") == {("A", "FA-001", "EUR"): D("70")}
    rows = con.sql("select method, amount from ledger.matches order by all").fetchall()
    assert rows == [("fifo", D("30.00")), ("reference", D("80.00"))]


def test_a_reference_that_two_invoices_carry_matches_neither():
    fec = (
        Fec()
        .sale("2024-01-01", "A", "100", "VE 0124")
        .sale("2024-01-05", "A", "80", "VE 0124")
        .receipt("2024-02-01", "A", "80", "VE 0124")
    )
    con = build(fec, settings=Settings(matching={"methods": ["reference"]}))
    assert con.sql("from ledger.matches").fetchall() == []


# Returned payments


def returned(again=None):
    fec = (
        Fec()
        .sale("2024-01-10", "A", "100", "F1", **lettered("AA", "2024-02-20"))
        .receipt("2024-02-10", "A", "100", "P1", **lettered("AA", "2024-02-20"))
    )
    fec.entry(
        "2024-02-18",
        ("411000", "A", "100", {"label": "IMPAYE PRLV", "document_ref": "P1", **(again or {})}),
        ("512000", None, "-100"),
    )
    return fec


def test_a_returned_payment_opens_its_invoice_again_with_its_due_date():
    con = build(returned())
    assert open_items(con, "2024-02-17") == {}
    rows = con.sql(
        "select document_ref, due_on, days_late, open_amount "
        "from receivables.open_items(date '2024-03-10')"
    ).fetchall()
    assert rows == [("F1", date(2024, 2, 9), 30, D("100.00"))]


def test_a_movement_says_from_which_day_on_nothing_of_its_item_is_open():
    fec = (
        Fec()
        .sale("2024-01-01", "A", "100", "F1", **lettered("AA"))
        .receipt("2024-02-01", "A", "40", **lettered("AA"))
        .receipt("2024-03-01", "A", "60", **lettered("AA"))
        .sale("2024-01-01", "A", "100", "F2", **lettered("AB"))
        .receipt("2024-02-01", "A", "99", **lettered("AB"))
    )
    with build(fec) as con:
        closed = dict(
            con.sql(
                "select distinct document_ref, open_until from receivables.movements "
                "join ledger.items using (item_id) where document_ref is not null"
            ).fetchall()
        )
    assert closed == {"F1": date(2024, 3, 1), "F2": date(9999, 12, 31)}


def test_a_second_payment_settles_the_invoice_that_the_return_opened_again():
    fec = returned(lettered("AB", "2024-03-05")).receipt(
        "2024-03-01", "A", "100", **lettered("AB", "2024-03-05")
    )
    con = build(fec)
    assert open_items(con, "2024-02-29") == {("A", "F1", "EUR"): D("100")}
    assert open_items(con, "2024-03-01") == {}


def test_a_return_whose_lettering_was_undone_cancels_its_payment():
    fec = returned()
    for line in fec.lines:
        line.pop("lettering", None)
    con = build(fec)
    assert open_items(con, "2024-03-31") == {("A", "F1", "EUR"): D("100")}
    assert con.sql("select method from ledger.matches").fetchall() == [("return",)]


def test_a_return_that_two_payments_fit_is_not_guessed():
    fec = (
        Fec()
        .receipt("2024-02-10", "A", "100", "P1")
        .receipt("2024-02-11", "A", "100", "P2")
        .entry(
            "2024-02-18",
            ("411000", "A", "100", {"label": "REJET", "document_ref": "R1"}),
            ("512000", None, "-100"),
        )
    )
    con = build(fec)
    assert con.sql("from ledger.matches").fetchall() == []
    assert open_items(con, "2024-03-31")["A", "R1", "EUR"] == D("100")


def test_a_doubtful_invoice_keeps_the_due_date_it_had():
    fec = Fec().sale("2024-01-10", "A", "100", "F1", **lettered("AA"))
    fec.entry(
        "2024-06-30",
        ("416000", "A", "100", {"document_ref": "F1"}),
        ("411000", "A", "-100", {"document_ref": "F1", **lettered("AA")}),
    )
    rows = build(fec).sql(
        "select account, kind, due_on, due_basis, open_amount "
        "from receivables.open_items(date '2024-12-31')"
    )
    assert rows.fetchall() == [("416000", "adjustment", date(2024, 2, 9), "original", D("100.00"))]


def test_of_documents_that_one_code_letters_a_bill_has_the_due_date_of_its_own():
    fec = Fec().sale("2024-01-10", "A", "100", "F1", **lettered("AB"))
    fec.sale("2024-03-17", "A", "70", "F2", **lettered("AB"))
    fec.receipt("2024-03-20", "A", "70", **lettered("AB"))
    fec.entry(
        "2024-01-20",
        ("413000", "A", "100", {"document_ref": "F1"}),
        ("411000", "A", "-100", {"document_ref": "F1", **lettered("AB")}),
    )
    rows = build(fec).sql("select due_on from ledger.items where account = '413000'")
    assert rows.fetchall() == [(date(2024, 2, 9),)]


def test_an_invoice_accepted_as_a_bill_keeps_its_due_date_without_any_reference():
    fec = Fec().sale("2024-01-10", "A", "100", "F1", **lettered("AA"))
    fec.entry(
        "2024-01-20",
        ("413000", "A", "100", {"document_ref": "LCR7"}),
        ("411000", "A", "-100", lettered("AA")),
    )
    rows = build(fec).sql(
        "select account, due_on, due_basis from receivables.open_items(date '2024-12-31')"
    )
    assert rows.fetchall() == [("413000", date(2024, 2, 9), "original")]


# Allocations that an extract states


def item(key, kind, amount, day):
    return {
        "item_key": key,
        "customer_id": "A",
        "kind": kind,
        "document_ref": key,
        "booked_on": date.fromisoformat(day),
        "document_on": date.fromisoformat(day),
        "amount": D(amount),
        "currency": "EUR",
        "is_open_list": False,
    }


def test_a_credit_allocated_to_a_debit_in_two_rows_settles_both_amounts():
    parts = {"debit_key": "F1", "credit_key": "P1"}
    con = build(
        items=[
            item("F1", "invoice", "100", "2024-01-10"),
            item("P1", "payment", "-100", "2024-02-10"),
        ],
        allocations=[{**parts, "amount": D("60")}, {**parts, "amount": D("30")}],
    )
    assert open_items(con, "2024-02-09") == {("A", "F1", "EUR"): D("100")}
    assert open_items(con, "2024-02-10") == {
        ("A", "F1", "EUR"): D("10"),
        ("A", "P1", "EUR"): D("-10"),
    }


# Bank statements


def test_a_statement_received_again_counts_once():
    con = build(Fec().sale("2024-01-10", "A", "10", "F1"))
    con.execute(
        "insert into staging.files by name select unnest(['one', 'two']) as source_sha256, "
        "unnest(['a.xml', 'b.xml']) as name, 'camt053' as format, 'main' as entity_id, "
        "date '2024-01-31' as latest_on, timestamptz '2024-02-01 00:00:00+00' as landed_at"
    )
    con.execute(
        "insert into raw.bank_lines by name select unnest(['one', 'two', 'two']) as source_sha256, "
        "unnest([1, 1, 2]) as source_line, 'FR76' as bank_account, '1' as statement_id, "
        "date '2024-01-05' as booked_on, unnest([100.00, 100.00, 50.00]) as amount, "
        "'EUR' as currency"
    )
    SqlTable.read(SQL / "ledger" / "bank_lines.sql").create(con)
    rows = con.sql("select source_sha256, amount from ledger.bank_lines order by amount").fetchall()
    assert rows == [("two", D("50.00")), ("two", D("100.00"))]
