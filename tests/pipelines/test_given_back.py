"""Two clocks where books go back and forth: given back, paired anew, returned, told anew."""

from datetime import date

import pytest

from tests.pipelines.books import Fec, build, lettered
from tests.pipelines.test_two_clocks import MARCH, WANTED, D, known, later, quarter, restated

FEBRUARY, JUNE = "2025-02-28", "2025-06-30"


def total(con, as_of, known_on=None):
    return sum(known(con, as_of, known_on).values())


def corrected(fec: Fec, amount: str) -> Fec:
    """Add an invoice of another customer, of which a newer export tells another amount."""
    return fec.sale("2025-01-15", "B", amount, "X1")


def test_a_lettering_that_is_undone_and_done_again_was_undone_in_between():
    def books(fec, **codes):
        fec.sale("2025-01-02", "A", "100", "F1", **codes)
        return fec.receipt("2025-01-20", "A", "100", "P1", **codes)

    con = build(
        books(quarter("first", "2025-01-31"), **lettered("AA", "2025-01-25")),
        books(quarter("second", FEBRUARY)),
        books(quarter("third", JUNE), **lettered("AB", "2025-06-15")),
        wanted=WANTED,
    )
    assert known(con, "2025-01-31", "2025-02-27") == {}
    assert known(con, MARCH, FEBRUARY) == {"F1": D(100), "P1": D(-100)}
    assert known(con, MARCH, "2025-06-14") == {"F1": D(100), "P1": D(-100)}
    assert known(con, MARCH, "2025-06-15") == known(con, MARCH) == {}


def test_a_line_that_is_gone_and_comes_back_was_gone_in_between():
    def books(fec, validated_on):
        if validated_on is None:
            return fec
        return fec.sale(
            "2025-01-10", "A", "100", "F1", validated_on=date.fromisoformat(validated_on)
        )

    con = build(
        books(quarter("first", "2025-01-31"), "2025-01-10"),
        books(quarter("second", FEBRUARY), None),
        books(quarter("third", JUNE), "2025-06-15"),
        wanted=WANTED,
    )
    assert known(con, MARCH, "2025-02-27") == {"F1": D(100)}
    assert known(con, MARCH, MARCH) == known(con, MARCH, "2025-06-14") == {}
    assert known(con, MARCH, "2025-06-15") == known(con, MARCH) == {"F1": D(100)}


def test_a_payment_that_turns_up_before_another_takes_nothing_of_it_before_it_is_known():
    def books(fec, amount):
        code = lettered("ab", "2025-01-20")
        fec.sale("2025-01-10", "A", "500", "F1", **code).sale(
            "2025-01-10", "A", "800", "F2", **code
        )
        return corrected(fec.receipt("2025-01-05", "A", "530", "P1", **code), amount)

    second = books(later(), "8")
    second.receipt(
        "2025-01-03",
        "A",
        "770",
        "P2",
        **lettered("ab", "2025-02-20"),
        validated_on=date(2025, 2, 20),
    )
    con = build(books(quarter("first", "2025-01-31"), "7"), second, wanted=WANTED)
    before = {"F2": D(770), "X1": D(7)}
    assert known(con, "2025-01-31", "2025-01-31") == known(con, MARCH, "2025-02-19") == before
    assert known(con, MARCH) == {"X1": D(8)}
    for day in ("2025-02-20", MARCH, "2025-06-29", JUNE):
        assert total(con, MARCH, day) == (8 if day == JUNE else 7)


def test_a_returned_payment_counts_once_before_it_is_lettered():
    def books(fec, amount, **codes):
        fec.sale("2025-01-10", "A", "100", "F1", **codes)
        fec.receipt("2025-01-20", "A", "100", "P1", **codes)
        rejected = {"document_ref": "R1", "label": "Rejet prelevement"}
        fec.entry(
            "2025-01-27", ("411000", "A", "100", rejected), ("512000", None, "-100"), journal="BQ"
        )
        return corrected(fec, amount)

    con = build(
        books(quarter("first", "2025-01-31"), "7"),
        books(later(), "8", **lettered("AA", "2025-02-15")),
        wanted=WANTED,
    )
    for day in ("2025-01-31", "2025-02-14", "2025-02-15", "2025-06-29"):
        assert total(con, MARCH, day) == 107
    assert total(con, MARCH, JUNE) == total(con, MARCH) == 108


@pytest.mark.parametrize("paid_in", ["its own currency", "another currency"])
def test_an_invoice_in_dollars_was_in_dollars_until_it_was_settled_in_euros(paid_in):
    dollars = {"currency_amount": D(100), "currency": "USD"}

    def books(fec, is_paid):
        codes = lettered("AA", "2025-04-20") if is_paid else {}
        fec.sale("2025-01-10", "A", "90", "F1", **dollars, **codes)
        if is_paid:
            own = {"currency_amount": D(-100), "currency": "USD"}
            more = own if paid_in == "its own currency" else {}
            fec.receipt("2025-04-15", "A", "90", "P1", **more, **codes)
        return fec

    con = build(books(quarter(), False), books(later(), True), wanted=WANTED)
    asked = "select currency, open_amount from receivables.open_items(?, _known_on := ?)"
    then, now = (con.execute(asked, [MARCH, day]).fetchall() for day in (MARCH, None))
    assert then == [("USD", D(100))]
    assert now == ([("USD", D(100))] if paid_in == "its own currency" else [("EUR", D(90))])


def test_a_difference_of_exchange_was_open_until_it_was_lettered():
    def books(fec, **codes):
        dollars = {"currency": "USD", **codes}
        fec.sale("2025-01-10", "A", "90", "F1", currency_amount=D(100), **dollars)
        fec.receipt("2025-01-25", "A", "88", "P1", currency_amount=D(-100), **dollars)
        lost = {"document_ref": "E1", **codes}
        return fec.entry("2025-01-26", ("411000", "A", "-2", lost), ("666000", None, "2"))

    codes = lettered("AA", "2025-04-20")
    con = build(books(quarter()), books(later(), **codes), wanted=WANTED)
    assert known(con, MARCH, MARCH)["E1"] == D(-2)
    assert known(con, MARCH) == {}


def test_a_doubtful_invoice_had_no_due_date_until_its_transfer_was_lettered():
    def books(fec, **codes):
        fec.sale("2025-01-10", "A", "90", "F1", **codes)
        return fec.entry(
            "2025-01-25",
            ("411000", "A", "-90", {"document_ref": "D1", **codes}),
            ("416000", "A", "90", {"document_ref": "D1"}),
        )

    con = build(books(quarter()), books(later(), **lettered("AA", "2025-04-20")), wanted=WANTED)
    asked = (
        "select account, due_on from receivables.open_items(?, _known_on := ?) "
        "where account = '416000'"
    )
    then, now = (con.execute(asked, [MARCH, day]).fetchall() for day in (MARCH, None))
    assert then == [("416000", None)]
    assert now != then
    assert restated(con, MARCH, MARCH)


def test_a_new_invoice_is_known_from_its_own_day_though_an_old_payment_is_moved_to_it():
    first = quarter().sale("2025-01-10", "A", "100", "F1", **lettered("AA", "2025-02-10"))
    first.receipt("2025-02-10", "A", "100", "P1", **lettered("AA", "2025-02-10"))
    second = later().sale("2025-01-10", "A", "100", "F1")
    second.receipt("2025-02-10", "A", "100", "P1", **lettered("AB", "2025-05-05"))
    second.sale("2025-04-10", "A", "100", "F2", **lettered("AB", "2025-05-05"))
    con = build(first, second, wanted=WANTED)
    assert known(con, "2025-04-30", "2025-04-09") == {}
    assert known(con, "2025-04-30", "2025-04-10") == {"F2": D(100)}
    assert known(con, "2025-04-30", "2025-06-29") == {"F2": D(100)}
    assert known(con, "2025-04-30", JUNE) == {"F1": D(100)}


def test_a_lettering_without_a_day_was_there_before_the_newest_export_also_if_it_came_back():
    def books(fec, *others):
        fec.sale("2025-01-02", "A", "100", "F1", lettering="AA")
        fec.receipt("2025-01-20", "A", "100", "P1", lettering="AA")
        fec.entry(
            "2025-02-03",
            ("411000", "A", "100", {"label": "Rejet de prelevement"}),
            ("512000", None, "-100"),
            validated_on=date(2025, 2, 28),
        )
        return fec.sale("2025-01-15", "B", "7", "X1") if others else fec

    first = quarter("first", "2025-01-25")
    first.entries += 1  # the invoice is not validated yet
    first.receipt("2025-01-20", "A", "100", "P1")
    own = build(first, books(quarter("second", FEBRUARY)), wanted=WANTED)
    con = build(
        first, books(quarter("second", FEBRUARY)), books(quarter("third", JUNE), 1), wanted=WANTED
    )
    assert total(con, FEBRUARY, FEBRUARY) == total(own, FEBRUARY, FEBRUARY) == D(100)
    assert known(con, FEBRUARY, FEBRUARY) == known(own, FEBRUARY, FEBRUARY)
    assert total(con, JUNE) == D(107)
