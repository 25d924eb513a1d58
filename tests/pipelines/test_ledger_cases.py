"""The ledger, worked by hand: each case of the accounts that has caught somebody before."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from models.ageing import Buckets, Convention, days_late
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build, open_items

D = Decimal


def lettered(code, day=None):
    return {"lettering": code, "lettered_on": day and date.fromisoformat(day)}


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


# Years: opening entries and overlapping exports


def year_2023():
    return (
        Fec("2023")
        .sale("2023-11-01", "A", "100", "F1")
        .sale("2023-12-01", "A", "60", "F2")
        .receipt("2023-12-15", "B", "40", "P9")
    )


def year_2024(*openings):
    return Fec("2024").opening("2024-01-01", *openings).sale("2024-02-01", "A", "10", "F3")


def test_opening_entries_do_not_count_an_invoice_twice():
    detail = [
        ("A", "100", {"document_ref": "F1"}),
        ("A", "60", {"document_ref": "F2"}),
        ("B", "-40"),
    ]
    for openings in (detail, [("A", "160"), ("B", "-40")]):
        con = build(year_2023(), year_2024(*openings))
        assert open_items(con, "2024-12-31") == {
            ("A", "F1", "EUR"): D("100"),
            ("A", "F2", "EUR"): D("60"),
            ("A", "F3", "EUR"): D("10"),
            ("B", "P9", "EUR"): D("-40"),
        }


def test_without_the_year_before_the_opening_lines_are_the_items():
    con = build(year_2024(("A", "160"), ("B", "-40")))
    assert open_items(con, "2024-12-31") == {
        ("A", "opening", "EUR"): D("160"),
        ("A", "F3", "EUR"): D("10"),
        ("B", "opening", "EUR"): D("-40"),
    }


def test_an_opening_without_customers_stands_for_all_of_them():
    con = build(year_2023(), year_2024((None, "120")))
    assert open_items(con, "2024-01-01")["A", "F1", "EUR"] == D("100")
    assert sum(open_items(con, "2024-01-01").values()) == D("120")


def test_an_opening_that_differs_is_right_and_its_difference_is_an_item():
    con = build(year_2023(), year_2024(("A", "150"), ("B", "-40")))
    assert open_items(con, "2023-12-31")["A", "F1", "EUR"] == D("100")
    assert open_items(con, "2024-01-01") == {
        ("A", "F1", "EUR"): D("100"),
        ("A", "F2", "EUR"): D("60"),
        ("A", "opening", "EUR"): D("-10"),
        ("B", "P9", "EUR"): D("-40"),
    }


def test_a_payment_lettered_with_an_opening_line_settles_the_invoice_of_the_year_before():
    second = (
        Fec("2024")
        .opening(
            "2024-01-01",
            ("A", "100", {"document_ref": "F1", **lettered("AA", "2024-03-02")}),
            ("A", "60", {"document_ref": "F2"}),
            ("B", "-40"),
        )
        .receipt("2024-03-01", "A", "100", **lettered("AA", "2024-03-02"))
    )
    con = build(year_2023(), second)
    assert open_items(con, "2024-12-31") == {
        ("A", "F2", "EUR"): D("60"),
        ("B", "P9", "EUR"): D("-40"),
    }


def test_payments_lettered_with_a_summed_up_opening_settle_all_that_it_sums_up():
    second = (
        Fec("2024")
        .opening("2024-01-01", ("A", "160", lettered("AA")), ("B", "-40"))
        .receipt("2024-02-01", "A", "110", **lettered("AA"))
        .receipt("2024-03-01", "A", "50", **lettered("AA"))
    )
    con = build(year_2023(), second)
    assert open_items(con, "2024-02-01") == {
        ("A", "F2", "EUR"): D("50"),
        ("B", "P9", "EUR"): D("-40"),
    }
    assert open_items(con, "2024-03-01") == {("B", "P9", "EUR"): D("-40")}


def test_opening_lines_lettered_with_each_other_settle_the_lines_they_stand_for():
    first = Fec("2023").sale("2023-11-01", "A", "100", "F1").receipt("2023-12-30", "A", "100", "P1")
    first.sale("2023-11-01", "B", "7", "F2")
    both = lettered("AA", "2024-01-06")
    second = Fec("2024").opening(
        "2024-01-01",
        ("A", "100", {"document_ref": "F1", **both}),
        ("A", "-100", {"document_ref": "P1", **both}),
        ("B", "7"),
    )
    con = build(first, second)
    assert open_items(con, "2023-12-29")["A", "F1", "EUR"] == D("100")
    assert open_items(con, "2023-12-30") == {("B", "F2", "EUR"): D("7")}


def test_a_partial_lettering_with_an_opening_line_settles_what_it_can():
    part = lettered("ad", "2024-01-12")
    first = Fec("2023").sale("2023-10-31", "A", "100", "F1")
    second = (
        Fec("2024")
        .opening("2024-01-01", ("A", "100", {"document_ref": "F1", **part}))
        .receipt("2024-01-12", "A", "80", "P1", **part)
    )
    assert open_items(build(first, second), "2024-12-31") == {("A", "F1", "EUR"): D("20")}


def test_an_entry_that_only_sounds_like_an_opening_does_not_open_a_year():
    fec = year_2023()
    fec.entry(
        "2023-12-20",
        ("411000", "C", "7", {"label": "Reprise a nouveau litige"}),
        ("120000", None, "-7"),
    )
    assert sum(open_items(build(fec), "2023-12-31").values()) == D("127")


def test_the_same_period_exported_again_replaces_the_earlier_export():
    first = Fec("first", landed_at=datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(1, 6):
        first.sale(f"2024-01-0{number}", "A", "100", f"F{number}")
    second = Fec("second", landed_at=datetime(2026, 2, 1, tzinfo=UTC), lines=list(first.lines[:-3]))
    second.entries = 4
    second.sale("2024-01-05", "A", "90", "F5")  # corrected
    second.lines = second.lines[3:]  # the first invoice was removed ...
    second.entry("2024-01-01", ("471000", None, "1"), ("512000", None, "-1"))
    con = build(first, second)
    assert open_items(con, "2024-12-31") == {
        ("A", "F2", "EUR"): D("100"),
        ("A", "F3", "EUR"): D("100"),
        ("A", "F4", "EUR"): D("100"),
        ("A", "F5", "EUR"): D("90"),
    }


def test_exports_that_overlap_count_each_entry_once_in_any_order():
    whole = Fec("whole")
    for number in range(1, 7):
        whole.sale(f"2024-0{number}-10", "A", "100", f"F{number}")
    half = Fec("half", lines=whole.lines[:9])
    for fecs in ((whole, half), (half, whole)):
        assert sum(open_items(build(*fecs), "2024-12-31").values()) == D("600")


def test_parts_of_a_split_export_and_weekly_exports_are_all_counted():
    whole = Fec("whole")
    for number in range(1, 7):
        whole.sale(f"2024-01-{number:02}", "A", "100", f"F{number}")
    odd = Fec("odd", lines=[line for line in whole.lines if int(line["entry_number"]) % 2])
    even = Fec("even", lines=[line for line in whole.lines if not int(line["entry_number"]) % 2])
    assert sum(open_items(build(odd, even), "2024-12-31").values()) == D("600")


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
        "select bucket from receivables.aged_balances(date '2024-01-31' + ?::int)", [days]
    ).fetchall()
    assert rows == [(bucket,)]


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
