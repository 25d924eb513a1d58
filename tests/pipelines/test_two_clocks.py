"""What was known on a day, worked by hand; and what is kept of older books."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines import editions
from pipelines.editions import TABLES, make_editions
from pipelines.kept_editions import BUILDING, FILES
from pipelines.settings import Settings
from tests.pipelines.books import Fec, build, lettered

WANTED = ("receivables.restatements", "receivables.aged_items", "receivables.open_items")
D = Decimal
MARCH = "2025-03-31"


def quarter(name="first", last="2025-03-31"):
    """An export of the first quarter, taken on its last day."""
    fec = Fec(name=name)
    fec.entry("2025-01-02", *[("401000", "S", "-1"), ("601000", None, "1")])
    for number in range(8):  # what stands unchanged in every export
        fec.entry("2025-01-02", ("401000", "S", f"-{number + 2}"), ("601000", None, number + 2))
    fec.entries = 100
    fec.entry(last, ("401000", "S", "-1"), ("601000", None, "1"))
    return fec


def later(last="2025-06-30", name="second"):
    return quarter(name, last)


def known(con, as_of, known_on=None):
    """Open amounts by document, as known on a day."""
    rows = con.execute(
        "select document_ref, open_amount from receivables.open_items(?, _known_on := ?)",
        [as_of, known_on],
    ).fetchall()
    return dict(rows)


def restated(con, as_of, since, until=None):
    """What changed: cause and difference by document."""
    rows = con.execute(
        "select document_ref, cause, difference, extract_name "
        "from receivables.restatements(?, ?, _until := ?)",
        [as_of, since, until],
    ).fetchall()
    return {document: (cause, difference, name) for document, cause, difference, name in rows}


def test_a_backdated_invoice_is_known_from_the_day_it_was_entered():
    first = quarter().sale("2025-03-10", "A", "100", "F1")
    second = later().sale("2025-03-10", "A", "100", "F1")
    second.sale("2025-03-20", "A", "50", "F2", validated_on=date(2025, 4, 18))
    con = build(first, second, wanted=WANTED)
    assert known(con, MARCH, MARCH) == {"F1": D(100)}
    assert known(con, MARCH, "2025-04-17") == {"F1": D(100)}
    assert known(con, MARCH, "2025-04-18") == known(con, MARCH) == {"F1": D(100), "F2": D(50)}
    assert restated(con, MARCH, MARCH) == {"F2": ("added_late", D(50), "second")}


def test_a_line_that_says_it_was_there_and_was_not_is_known_from_its_extract():
    first = quarter().sale("2025-03-10", "A", "100", "F1")
    second = later().sale("2025-03-10", "A", "100", "F1").sale("2025-03-20", "A", "50", "F2")
    con = build(first, second, wanted=WANTED)  # F2 states 20 March, and the first export has it not
    assert known(con, MARCH, "2025-06-29") == {"F1": D(100)}
    assert known(con, MARCH, "2025-06-30") == {"F1": D(100), "F2": D(50)}


def test_a_payment_lettered_late_is_open_until_then():
    first = quarter().sale("2025-01-10", "A", "100", "F1").receipt("2025-02-10", "A", "100", "P1")
    codes = lettered("AA", "2025-04-15")
    second = later().sale("2025-01-10", "A", "100", "F1", **codes)
    second.receipt("2025-02-10", "A", "100", "P1", **codes)
    con = build(first, second, wanted=WANTED)
    assert known(con, MARCH, "2025-04-14") == {"F1": D(100), "P1": D(-100)}
    assert known(con, MARCH, "2025-04-15") == {}
    assert restated(con, MARCH, MARCH) == {
        "F1": ("settled_late", D(-100), "second"),
        "P1": ("settled_late", D(100), "second"),
    }


def test_a_lettering_without_a_day_is_known_from_the_first_extract_that_has_it():
    def books(fec, code):
        return fec.sale("2025-01-10", "A", "100", "F1", **code).receipt(
            "2025-02-10", "A", "100", "P1", **code
        )

    exports = [
        books(quarter(), {}),
        books(later("2025-04-30", "second"), lettered("AA")),
        books(later("2025-05-31", "third"), lettered("AA")),
    ]
    con = build(*exports, wanted=WANTED)
    assert known(con, MARCH, "2025-04-29") == {"F1": D(100), "P1": D(-100)}
    assert known(con, MARCH, "2025-04-30") == {}


def test_a_partial_lettering_that_goes_on_is_known_part_by_part():
    def books(fec, *payments):
        fec.sale("2025-01-10", "A", "100", "F1", **lettered("aa", "2025-02-20"))
        for booked, amount, reference in payments:
            fec.receipt(booked, "A", amount, reference, **lettered("aa", booked))
        return fec

    one, two = ("2025-02-20", "30", "P1"), ("2025-04-15", "40", "P2")
    for exports in ([books(later(), one, two)], [books(quarter(), one), books(later(), one, two)]):
        con = build(*exports, wanted=WANTED)
        assert known(con, "2025-04-30", "2025-02-19") == {"F1": D(100)}
        assert known(con, "2025-04-30", MARCH) == {"F1": D(70)}
        assert known(con, "2025-04-30") == {"F1": D(30)}


def test_a_corrected_amount_a_removed_line_and_another_customer_are_told_apart():
    first = quarter().sale("2025-01-10", "A", "100", "F1").sale("2025-01-11", "A", "70", "F2")
    first.sale("2025-01-12", "A", "30", "F3")
    second = later().sale("2025-01-10", "A", "110", "F1")
    second.entries += 1
    second.sale("2025-01-12", "B", "30", "F3")
    con = build(first, second, wanted=WANTED)
    assert known(con, MARCH, "2025-06-29") == {"F1": D(100), "F2": D(70), "F3": D(30)}
    assert known(con, MARCH) == {"F1": D(110), "F3": D(30)}
    rows = con.execute(
        "select document_ref, customer_id, cause, amount_before, amount_after "
        "from receivables.restatements(?, ?) order by all",
        [MARCH, MARCH],
    ).fetchall()
    assert rows == [
        ("F1", "A", "amount_changed", D(100), D(110)),
        ("F2", "A", "removed", D(70), D(0)),
        ("F3", "A", "customer_changed", D(30), D(0)),
        ("F3", "B", "customer_changed", D(0), D(30)),
    ]


def test_a_corrected_due_date_moves_the_bucket_and_no_amount():
    def books(fec, due):
        return fec.sale("2025-01-10", "A", "100", "F1", due_on=date.fromisoformat(due))

    con = build(books(quarter(), "2025-01-31"), books(later(), "2025-03-31"), wanted=WANTED)
    buckets = [
        con.execute(
            "select bucket from receivables.aged_items(?, _known_on := ?)", [MARCH, on]
        ).fetchall()
        for on in (MARCH, None)
    ]
    assert buckets == [[("31-60",)], [("not_due",)]]
    assert restated(con, MARCH, MARCH) == {"F1": ("due_date_changed", D(0), "second")}


def test_a_lettering_undone_opens_the_invoice_again_from_the_extract_that_shows_it():
    codes = lettered("AA", "2025-02-10")

    def books(fec, code):
        return fec.sale("2025-01-10", "A", "100", "F1", **code).receipt(
            "2025-02-10", "A", "100", "P1", **code
        )

    con = build(books(quarter(), codes), books(later(), {}), wanted=WANTED)
    assert known(con, MARCH, "2025-06-29") == {}
    assert known(con, MARCH) == {"F1": D(100), "P1": D(-100)}
    assert {cause for cause, _, _ in restated(con, MARCH, MARCH).values()} == {"unsettled"}


def test_a_payment_that_came_back_and_was_entered_late_reopens_its_invoice_only_then():
    codes = lettered("AA", "2025-02-10")

    def books(fec):
        return fec.sale("2025-01-10", "A", "100", "F1", **codes).receipt(
            "2025-02-10", "A", "100", "P1", **codes
        )

    second = books(later()).entry(
        "2025-03-25",
        ("411000", "A", "100", {"document_ref": "R1", "label": "rejet prelevement"}),
        ("512000", None, "-100"),
        validated_on=date(2025, 4, 3),
    )
    con = build(books(quarter()), second, wanted=WANTED)
    assert known(con, MARCH, "2025-04-02") == {}
    assert known(con, MARCH, "2025-04-03") == known(con, MARCH) == {"F1": D(100)}


def books_of_a_payment_that_came_back(fec, invoice, payment, returned):
    """Invoiced and paid 100 in January and February, back on 20 February."""
    fec.sale("2025-01-10", "A", "100", "F1", **invoice)
    fec.receipt("2025-02-10", "A", "100", "P1", **payment)
    return fec.entry(
        "2025-02-20",
        ("411000", "A", "100", {"document_ref": "R1", "label": "rejet prelevement", **returned}),
        ("512000", None, "-100"),
    )


@pytest.mark.parametrize("lettered_with", ["what it had paid", "its return", "all of them"])
def test_a_payment_that_came_back_cancels_out_whatever_day_it_is_lettered(lettered_with):
    codes = lettered("AA", "2025-04-15")
    invoice = codes if lettered_with != "its return" else {}
    returned = codes if lettered_with != "what it had paid" else {}
    exports = [
        books_of_a_payment_that_came_back(quarter(), {}, {}, {}),
        books_of_a_payment_that_came_back(later(), invoice, codes, returned),
    ]
    if lettered_with == "all of them":
        exports[-1].receipt("2025-04-10", "A", "100", "P2", **codes)
    for books in (exports, exports[1:]):
        con = build(*books, wanted=WANTED)
        assert known(con, "2025-02-19", MARCH) == {"F1": D(100), "P1": D(-100)}
        assert known(con, MARCH, MARCH) == known(con, MARCH) == {"F1": D(100)}
        assert restated(con, MARCH, MARCH) == {}


def test_an_item_told_by_two_exports_and_removed_by_a_third_is_open_once():
    """A payment of 150, half used by a lettering of the second export, is gone from the third."""
    first = quarter().sale("2025-01-10", "A", "100", "F1").receipt("2025-02-10", "A", "150", "P1")
    codes = lettered("AA", "2025-02-10")
    second = later("2025-04-30").sale("2025-01-10", "A", "100", "F1", **codes)
    second.receipt("2025-02-10", "A", "150", "P1", **codes)
    con = build(first, second, later("2025-05-31", "third"), wanted=WANTED)
    rows = con.execute(
        "select document_ref, open_amount from receivables.open_items(?, _known_on := ?)",
        [MARCH, "2025-04-30"],
    ).fetchall()
    assert rows == [("P1", D(-50))]


def test_entities_and_currencies_are_told_apart():
    dollars = {"currency": "USD", "currency_amount": D(20)}
    first = quarter().sale("2025-01-10", "A", "100", "F1")
    second = later().sale("2025-01-10", "A", "100", "F1")
    second.sale("2025-02-01", "A", "10", "F2", validated_on=date(2025, 5, 1), **dollars)
    other = Fec(name="other", entity_id="sud").sale("2025-01-10", "A", "7", "S1")
    con = build(first, second, other, wanted=WANTED)
    rows = con.execute(
        "select entity_id, currency, sum(difference) from receivables.restatements(?, ?) "
        "group by all",
        [MARCH, MARCH],
    ).fetchall()
    assert rows == [("main", "USD", D(20))]
    assert known(con, MARCH, MARCH) == {"F1": D(100), "S1": D(7)}


def test_before_the_first_extract_its_lines_are_known_as_they_were_booked():
    con = build(quarter().sale("2025-01-10", "A", "100", "F1"), wanted=WANTED)
    assert known(con, MARCH, "2025-01-09") == {}
    assert known(con, MARCH, "2025-01-10") == {"F1": D(100)}


def test_what_is_not_dated_is_known_from_the_first_extract_that_has_it():
    blank = {"validated_on": None}
    first = quarter().sale("2025-01-10", "A", "100", "F1", **blank)
    second = later().sale("2025-01-10", "A", "100", "F1", **blank)
    second.sale("2025-04-10", "A", "50", "F2", **blank)
    third = later("2025-09-30", "third")
    third.lines += second.lines[len(later().lines) :]
    con = build(first, second, third, wanted=WANTED)
    assert known(con, "2025-09-30", "2025-01-10") == {"F1": D(100)}
    assert known(con, "2025-09-30", "2025-06-29") == {"F1": D(100)}
    assert known(con, "2025-09-30", "2025-06-30") == {"F1": D(100), "F2": D(50)}


def test_a_day_after_that_of_knowledge_shows_what_was_booked_ahead_by_then():
    fec = quarter().sale("2025-05-31", "A", "100", "F1", validated_on=date(2025, 3, 1))
    con = build(fec, wanted=WANTED)
    assert known(con, "2025-05-30", MARCH) == {}
    assert known(con, "2025-05-31", MARCH) == {"F1": D(100)}


def test_what_both_exports_book_ahead_does_not_make_them_of_one_day():
    def books(fec, amount):
        lines = ("411000", "Z", "7", {"document_ref": "F9"}), ("701000", None, "-7")
        fec.entry("2025-12-31", *lines, validated_on=date(2025, 1, 5))
        return fec.sale("2025-03-10", "A", amount, "F1")

    con = build(books(quarter(), "100"), books(later(), "110"), wanted=WANTED)
    assert known(con, MARCH, MARCH) == {"F1": D(100)}
    assert known(con, MARCH) == {"F1": D(110)}
    assert restated(con, MARCH, MARCH) == {"F1": ("amount_changed", D(10), "second")}


def test_what_changed_twice_is_brought_by_the_last_extract():
    exports = [
        fec.sale("2025-03-10", "A", amount, "F1")
        for fec, amount in (
            (quarter(), "100"),
            (later("2025-04-30", "second"), "110"),
            (later("2025-05-31", "third"), "120"),
        )
    ]
    con = build(*exports, wanted=WANTED)
    assert restated(con, MARCH, MARCH) == {"F1": ("amount_changed", D(20), "third")}


def test_an_opening_that_restates_is_known_when_it_was_validated():
    before = Fec("2024").sale("2024-11-10", "A", "100", "F1")
    after = Fec("2025").opening("2025-01-01", ("A", "130", {"validated_on": date(2025, 5, 15)}))
    after.sale("2025-06-30", "B", "5", "F2")
    con = build(before, after, wanted=WANTED)
    assert sum(known(con, "2025-01-31", "2025-01-31").values()) == D(100)
    assert sum(known(con, "2025-01-31", "2025-05-15").values()) == D(130)


# What is kept of editions


def exports():
    first = quarter().sale("2025-01-10", "A", "100", "F1").sale("2025-01-20", "A", "60", "F2")
    second = later("2025-04-30", "second").sale("2025-01-10", "A", "100", "F1")
    second.sale("2025-01-20", "A", "66", "F2")
    third = later("2025-05-31", "third").sale("2025-01-10", "B", "100", "F1")
    third.sale("2025-01-20", "A", "66", "F2", **lettered("AA"))
    return [first, second, third]


def kept_rows(fecs, folder):
    """What editions gave, with what an earlier refresh kept in the folder."""
    with build(*fecs, wanted=WANTED) as con:
        make_editions(con, Settings(), folder)
        return [con.sql(f"from {table} order by all").fetchall() for table in TABLES]


@pytest.fixture
def replays(monkeypatch):
    """How often the books were made again."""
    made = []
    replay = editions.replay
    monkeypatch.setattr(editions, "replay", lambda *args: made.append(args[3]) or replay(*args))
    return made


def test_extracts_that_come_day_by_day_give_the_rows_of_those_that_come_at_once(tmp_path, replays):
    at_once = kept_rows(exports(), tmp_path / "at once")
    assert at_once[0]
    replays.clear()
    for count in (1, 2, 3):
        by_and_by = kept_rows(exports()[:count], tmp_path / "kept")
    assert by_and_by == at_once
    again = kept_rows(exports(), tmp_path / "kept")
    assert again == at_once


def test_what_is_replaced_tomorrow_is_kept_today(tmp_path, replays):
    kept_rows(exports()[:1], tmp_path)
    replays.clear()
    with build(*exports()[:2], wanted=WANTED) as con:
        replays.clear()
        make_editions(con, Settings(), tmp_path)
    assert not replays


def test_what_is_kept_is_not_made_again(tmp_path, replays):
    with build(*exports(), wanted=WANTED) as con:
        replays.clear()
        make_editions(con, Settings(), tmp_path)
        assert len(replays) == 2  # that of now need not be
        make_editions(con, Settings(), tmp_path)
        assert len(replays) == 2


def test_a_customer_who_was_none_yet_makes_nothing_again_and_other_terms_do(tmp_path, replays):
    told = [{"customer_id": "A", "payment_terms": "45 net"}]
    new = {"customer_id": "Z", "payment_terms": "60 net"}
    for customers, count in (
        (told, 2),
        ([*told, new], 0),
        ([{**told[0], "payment_terms": "60 net"}, new], 2),
    ):
        with build(*exports(), customers=customers, wanted=WANTED) as con:
            replays.clear()
            make_editions(con, Settings(), tmp_path)
            assert len(replays) == count


def test_a_refresh_that_was_killed_leaves_nothing_that_is_believed(tmp_path):
    expected = kept_rows(exports(), tmp_path / "whole")
    kept = tmp_path / "kept"
    kept_rows(exports(), kept)
    for folder in list(kept.iterdir()):  # killed between two files
        folder.rename(kept / f"{BUILDING}{folder.name}")
        (kept / f"{BUILDING}{folder.name}" / "retracted.parquet").unlink()
    assert kept_rows(exports(), kept) == expected
    assert not list(kept.glob(f"{BUILDING}*"))


def test_where_nothing_is_replaced_nothing_is_made_again(tmp_path, replays):
    year = Fec(name="next").sale("2026-01-10", "A", "40", "F9")
    with build(exports()[0], year, wanted=WANTED) as con:
        make_editions(con, Settings(), tmp_path / "kept")
    assert not replays
    [only] = (tmp_path / "kept").iterdir()
    assert {file.name for file in only.iterdir()} == set(FILES)
