"""Years of the books, worked by hand: openings that repeat, exports that overlap."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipelines.defs.checks import RULES, find
from tests.pipelines.books import Fec, build, lettered, open_items

D = Decimal


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


@pytest.mark.parametrize("listed", [[("A", "160"), ("B", "-40"), ("A", "10")], [(None, "130")]])
def test_who_is_listed_again_after_a_year_opened_without_customers_owes_everything_once(listed):
    third = Fec("2025").opening("2025-01-01", *listed).sale("2025-02-01", "B", "7", "F4")
    con = build(year_2023(), year_2024((None, "120")), third)
    assert open_items(con, "2025-12-31") == {
        ("A", "F1", "EUR"): D("100"),
        ("A", "F2", "EUR"): D("60"),
        ("A", "F3", "EUR"): D("10"),
        ("B", "P9", "EUR"): D("-40"),
        ("B", "F4", "EUR"): D("7"),
    }


def test_an_account_opened_without_customers_and_cleared_by_customer_owes_nothing_the_year_after():
    def accrual(fec, day, amount):
        return fec.entry(day, ("418100", "A", amount), ("701000", None, str(-D(amount))))

    first = accrual(Fec("2023").sale("2023-11-01", "A", "60", "F1"), "2023-12-31", "100")
    second = Fec("2024").entry(
        "2024-01-01", ("411000", None, "60"), ("418100", None, "100"), ("120000", None, "-160"),
        journal="AN",
    )  # fmt: skip
    third = Fec("2025").opening("2025-01-01", (None, "60")).sale("2025-02-01", "A", "7", "F2")
    con = build(first, accrual(second, "2024-01-01", "-100"), third)
    owed = con.sql("select customer_id, sum(amount) from ledger.items group by all").fetchall()
    assert owed == [("A", D("67"))]


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


def test_opening_lines_lettered_on_no_day_settle_from_the_extract_that_has_them():
    first = Fec("2023").sale("2023-11-01", "A", "100", "F1").receipt("2023-12-30", "A", "100", "P1")
    first.sale("2023-11-01", "B", "7", "F2")
    detail = [
        ("A", "100", {"document_ref": "F1", **lettered("AA")}),
        ("A", "-100", {"document_ref": "P1", **lettered("AA")}),
    ]
    for openings in (detail, [("A", "100", lettered("AA")), ("A", "-100", lettered("AA"))]):
        second = Fec("2024").opening("2024-01-01", *openings, ("B", "7"))
        con = build(first, second.sale("2024-04-19", "B", "5", "F3"))
        asked = "from receivables.open_items(date '2023-12-31', _known_on := ?) select document_ref"
        known = [
            {reference for (reference,) in con.execute(asked, [on]).fetchall()}
            for on in ("2024-04-18", "2024-04-19")
        ]
        assert known == [{"F1", "P1", "F2"}, {"F2"}]


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


@pytest.mark.parametrize("label", ["VIR SARL LA NOUVEAUTE", "VISA NOUVEAU PARIS"])
def test_a_name_that_has_the_letters_of_an_opening_opens_no_year(label):
    january = Fec("january").sale("2024-01-10", "A", "100", "F1").sale("2024-01-11", "B", "50")
    february = Fec("february").receipt("2024-02-01", "B", "50", label=label)
    con = build(january, february.sale("2024-02-02", "A", "7", "F2"))
    assert sum(open_items(con, "2024-02-29").values()) == D("107")
    assert con.sql("select sum(amount) from receivables.receipts").fetchall() == [(D("50"),)]


def test_an_opening_of_who_owed_nothing_is_named():
    year = Fec("2023").sale("2023-03-01", "A", "100", "F1").receipt("2023-04-01", "A", "100")
    year.sale("2023-05-01", "B", "30", "F2")
    con = build(year, Fec("2024").opening("2024-01-01", ("A", "50"), ("B", "30"), ("C", "8")))
    [rule] = [rule for rule in RULES if rule.name == "openings_repeat_the_year_before"]
    assert find(con, rule) == (
        1, "main, customer A, account 411000 on 2024-01-01: opening 50.00, closing 0.00"
    )  # fmt: skip


def test_a_file_of_two_years_counts_the_opening_between_them_once_even_if_it_differs():
    fec = Fec().sale("2023-01-02", "B", "1", "F0").sale("2023-11-10", "A", "100", "F1")
    fec.opening("2024-01-01", ("A", "99"), ("B", "1")).sale("2024-02-10", "A", "50", "F2")
    con = build(fec)
    assert sum(open_items(con, "2023-12-31").values()) == D("101")
    assert sum(open_items(con, "2024-02-10").values()) == D("150")


def test_an_opening_within_a_file_counts_once_though_one_customer_of_it_differs():
    fec = Fec().sale("2023-09-15", "B", "1", "F0").sale("2023-11-10", "A", "100", "F1")
    fec.sale("2023-11-12", "C", "70", "F2").sale("2023-11-12", "D", "30").receipt(
        "2023-12-01", "D", "30"
    )
    fec.opening("2024-01-01", ("A", "99"), ("B", "1"), ("C", "70"))
    con = build(fec.sale("2024-02-10", "A", "50", "F3"))
    assert sum(open_items(con, "2023-12-31").values()) == D("171")
    assert sum(open_items(con, "2024-02-10").values()) == D("220")


def test_what_is_taken_over_within_a_file_is_added_to_what_was_owed():
    fec = Fec().sale("2023-09-15", "A", "100", "F0").sale("2023-11-10", "B", "60", "F1")
    fec.sale("2023-11-12", "C", "70", "F2").opening("2024-01-01", ("D", "20"), ("B", "60"))
    assert sum(open_items(build(fec), "2024-01-01").values()) == D("310")


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


def test_a_correction_that_knows_no_later_day_is_named():
    first = Fec("first", landed_at=datetime(2026, 1, 1, tzinfo=UTC))
    first.sale("2024-01-01", "A", "100", "F1").sale("2024-01-09", "A", "60", "F2")
    second = Fec("second", landed_at=datetime(2026, 2, 1, tzinfo=UTC), lines=first.lines[:3])
    [rule] = [rule for rule in RULES if rule.name == "later_exports_know_more"]
    told = "second came later and knows no later day than first, which counts"
    assert find(build(first, second), rule) == (1, told)
    second.sale("2024-01-10", "A", "5", "F3")
    assert find(build(first, second), rule) == (0, rule.means)


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


@pytest.mark.parametrize("opening", ["none", "not lettered", "lettered"])
@pytest.mark.parametrize(("paid", "is_left"), [("110", {"P1": "-10"}), ("70", {"F1": "30"})])
def test_a_partial_lettering_across_two_years_settles_what_it_can(opening, paid, is_left):
    code = lettered("AA", "2025-01-15")
    old = Fec(name="2024").sale("2024-01-02", "Z", "50", "F0")
    old.sale("2024-12-10", "A", "100", "F1", **code)
    new = Fec(name="2025")
    if opening != "none":
        more = code if opening == "lettered" else {}
        new.opening("2025-01-01", ("A", "100", {"document_ref": "F1", **more}), ("Z", "50"))
    new.receipt("2025-01-15", "A", paid, "P1", **code)
    new.entry("2025-01-31", ("401000", "S", "-1"), ("601000", None, "1"))
    con = build(old, new)
    found = {
        reference: amount
        for (customer, reference, _), amount in open_items(con, "2025-01-31").items()
        if customer == "A"
    }
    assert found == {reference: D(amount) for reference, amount in is_left.items()}


def test_openings_in_dollars_lettered_with_their_difference_settle_what_they_stand_for():
    code = lettered("AC", "2025-01-20")
    dollars = {"currency": "USD"}
    old = Fec(name="2024").sale("2024-01-02", "Z", "50", "F0")
    invoice = {"document_ref": "F1", "currency_amount": D("479.01"), **dollars}
    payment = {"document_ref": "P1", "currency_amount": D("-479.01"), **dollars}
    old.entry("2024-12-05", ("411000", "A", "435.46", invoice), ("701000", None, "-435.46"))
    old.entry("2024-12-29", ("411000", "A", "-456.20", payment), ("512000", None, "456.20"))
    new = Fec(name="2025")
    new.opening(
        "2025-01-01",
        ("A", "435.46", {**invoice, **code}),
        ("A", "-456.20", {**payment, **code}),
        ("Z", "50"),
    )
    gain = {"document_ref": "E1", "currency_amount": D(0), **dollars, **code}
    new.entry("2025-01-20", ("411000", "A", "20.74", gain), ("766000", None, "-20.74"))
    con = build(old, new)
    assert {key for key in open_items(con, "2025-01-31") if key[0] == "A"} == set()
