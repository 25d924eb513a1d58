"""What of a FEC is counted and yet asks for a person, said with file, line and value."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pipelines.defs.checks import RULES, find
from tests.pipelines.books import Fec, build, open_items

D = Decimal


def found(con, name):
    [rule] = [rule for rule in RULES if rule.name == name]
    assert not rule.blocking
    return find(con, rule)


def test_a_line_with_a_debit_and_a_credit_counts_as_their_difference_and_is_named():
    fec = Fec("ventes").sale("2024-01-05", "A", "100", "F1").sale("2024-01-06", "A", "60", "F2")
    fec.lines[3] |= {"debit": D("72.00"), "credit": D("12.00")}
    con = build(fec)
    assert open_items(con, "2024-01-31")["A", "F2", "EUR"] == D("60")
    assert found(con, "lines_are_debit_or_credit") == (
        1,
        "ventes, line 5: debit 72.00 and credit 12.00 on one line, whose difference counts",
    )


def test_lines_of_one_side_are_nothing_to_ask_about_even_below_zero():
    fec = Fec().sale("2024-01-05", "A", "100", "F1")
    fec.lines[0] |= {"debit": D(0), "credit": D(-100)}
    count, _ = found(build(fec), "lines_are_debit_or_credit")
    assert count == 0


def test_an_account_that_is_none_of_the_chart_is_named_once_for_each_file_and_refuses_nothing():
    fec = Fec("ventes").sale("2024-01-05", "A", "100", "F1")
    for account in ("ABC", "ABC", "41", "0411"):
        fec.entry("2024-01-06", (account, None, "50"), ("512000", None, "-50"))
    con = build(fec)
    assert open_items(con, "2024-01-31") == {("A", "F1", "EUR"): D("100")}
    count, said = found(con, "accounts_are_of_the_chart")
    assert count == 3
    assert "ventes, line 5: account ABC begins with no three digits of the chart" in said


def test_an_account_with_letters_behind_its_three_digits_is_of_the_chart():
    fec = Fec().entry("2024-01-06", ("411DUPONT", None, "50"), ("701", None, "-50"))
    assert found(build(fec), "accounts_are_of_the_chart")[0] == 0


def test_an_entry_dated_long_after_its_extract_is_named():
    fec = Fec("ventes", landed_at=datetime(2024, 2, 1, tzinfo=UTC))
    fec.sale("2024-01-05", "A", "100", "F1").sale("2099-01-05", "A", "60", "F2")
    assert found(build(fec), "entries_are_not_dated_ahead") == (
        1,
        "ventes, line 5: dated 2099-01-05, more than 31 days after the extract was made",
    )


@pytest.mark.parametrize(("last", "count"), [("2024-02-05", 0), ("2024-02-06", 1)])
def test_an_entry_dated_long_after_everything_was_validated_is_named(last, count):
    fec = Fec("ventes").sale("2024-01-05", "A", "100", "F1")
    lines = [("411000", "A", "60"), ("701000", None, "-60")]
    fec.entry(last, *lines, validated_on=date(2024, 1, 5))
    assert found(build(fec), "entries_are_not_dated_ahead")[0] == count


def test_entries_that_follow_one_another_after_the_last_validation_are_not_dated_ahead():
    fec = Fec("ventes").sale("2024-01-05", "A", "100", "F1")
    lines = [("411000", "A", "60"), ("701000", None, "-60")]
    for month in (1, 2, 3, 4):
        fec.entry(f"2024-0{month}-28", *lines, validated_on=date(2024, 1, 5))
    assert found(build(fec), "entries_are_not_dated_ahead")[0] == 0
