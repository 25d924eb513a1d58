"""A FEC with faults: what is set aside, what is refused, and what the reasons say."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.pipelines.fec_files import BOOKS, LAWFUL, fec, lawful_text, line, read, sale, spoil


def test_a_line_that_cannot_be_read_takes_its_entry_with_it(tmp_path):
    outcome = read(tmp_path, spoil(5, "Credit", "1O,00"))
    assert outcome.plain_rows == [*sale("1"), *sale("3", "1000.00")]
    assert outcome.set_aside == [(5, "Credit", "1O,00"), (4, None, None)]
    bad, companion = (each["reason"] for each in outcome.quarantine)
    assert bad == "Credit is not an amount. Write digits and a decimal comma, as in 1234,56."
    assert companion == (
        "Line 5 of the same entry (VE 2) cannot be read, for its Credit. "
        "The whole entry is set aside, so that what is loaded balances."
    )
    assert (outcome.reading.records_in, outcome.reading.loaded) == (6, 4)
    assert outcome.reading.facts["debit"] == "1120.00"


def test_entries_of_the_same_number_in_other_journals_stay(tmp_path):
    rows = [*sale("1"), *sale("1", journal_code="OD")]
    outcome = read(tmp_path, spoil(5, "EcritureDate", "2024", rows))
    assert outcome.plain_rows == sale("1")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("Debit", "1 234,56", "Debit has a thousands separator"),
        ("Debit", "1\u00a0234,56", "Debit has a thousands separator"),
        ("Debit", "1\u202f234,56", "Debit has a thousands separator"),
        ("Debit", "1.234,56", "Debit has a thousands separator"),
        ("Debit", "1,234.56", "Debit has a thousands separator"),
        ("Debit", "120,005", "Debit has more than two decimals"),
        ("Debit", "0,001", "Debit has more than two decimals"),
        ("Debit", "1_000", "Debit is not an amount"),
        ("Debit", "1e3", "Debit is not an amount"),
        ("Debit", "1E3", "Debit is not an amount"),
        ("Debit", "0x10", "Debit is not an amount"),
        ("Debit", "(120,00)", "Debit is not an amount"),
        ("Debit", "120,00 €", "Debit is not an amount"),
        ("Debit", "- 120,00", "Debit is not an amount"),
        ("Debit", "-120,00-", "Debit is not an amount"),
        ("Debit", "--120,00", "Debit is not an amount"),
        ("Debit", ",", "Debit is not an amount"),
        ("Debit", "-", "Debit is not an amount"),
        ("Debit", "nan", "Debit is not an amount"),
        ("Debit", "Infinity", "Debit is not an amount"),
        ("Debit", "néant", "Debit is not an amount"),
        ("Debit", "\u0661\u0662\u0660,00", "Debit is not an amount"),
        ("Debit", '"120,00"', "Debit is not an amount"),
        ("Debit", "99999999999999999,00", "Debit is too large"),
        ("Debit", "10000000000000,00", "Debit is too large for an amount, which is below"),
        ("Debit", "-010000000000000", "Debit is too large for an amount, which is below"),
        ("Montantdevise", "10000000000000,00", "Montantdevise is too large for an amount"),
        ("Debit", "20240131", None),  # digits are an amount, and the entry does not balance
        ("Montantdevise", "1 000,00", "Montantdevise has a thousands separator"),
        ("Montantdevise", "12,345", "Montantdevise has more than two decimals"),
        ("EcritureDate", "26", "EcritureDate is not a day between 1900 and 2099"),
        ("EcritureDate", "00260131", "EcritureDate is not a day between 1900 and 2099"),
        ("EcritureDate", "18991231", "EcritureDate is not a day between 1900 and 2099"),
        ("EcritureDate", "21000101", "EcritureDate is not a day between 1900 and 2099"),
        ("EcritureDate", "20240230", "EcritureDate is a day that no calendar has"),
        ("EcritureDate", "20241301", "EcritureDate is a day that no calendar has"),
        ("EcritureDate", "31/02/2024", "EcritureDate is a day that no calendar has"),
        ("EcritureDate", "31/01/24", "EcritureDate is not a day"),
        ("EcritureDate", "1/2/2024", "EcritureDate is not a day"),
        ("EcritureDate", "2024013", "EcritureDate is not a day"),
        ("EcritureDate", "202401 1", "EcritureDate is not a day"),
        ("EcritureDate", "2024_131", "EcritureDate is not a day"),
        ("EcritureDate", "2.0241e7", "EcritureDate is not a day"),
        ("EcritureDate", "January 31", "EcritureDate is not a day"),
        ("EcritureDate", "", "EcritureDate is empty"),
        ("EcritureDate", "00000000", "EcritureDate is not a day"),
        ("PieceDate", "20240132", "PieceDate is a day that no calendar has"),
        ("DateLet", "soon", "DateLet is not a day"),
        ("ValidDate", "20250219 10h25", "ValidDate is"),
        ("JournalCode", "", "JournalCode is empty"),
        ("EcritureNum", " ", "EcritureNum is empty"),
        ("CompteNum", "", "CompteNum is empty"),
    ],
)
def test_what_can_be_read_two_ways_or_not_at_all_is_set_aside(tmp_path, column, value, reason):
    outcome = read(tmp_path, spoil(2, column, value))
    if reason is None:
        assert "does not balance" in outcome.reading.refused_reason
        return
    assert outcome.plain_rows == BOOKS[2:]
    assert outcome.set_aside == [(2, column, value.strip(" ")), (3, None, None)]
    assert outcome.quarantine[0]["reason"].startswith(reason)


@pytest.mark.parametrize("side", ["", "X", "+ 1", "2", "DC"])
def test_a_side_that_is_neither_debit_nor_credit_is_set_aside(tmp_path, side):
    columns = ["Montant" if c == "Debit" else "Sens" if c == "Credit" else c for c in LAWFUL]

    def text(name, row):
        if name == "Montant":
            return str(row["debit"] or row["credit"])
        if name == "Sens":
            return side if row is BOOKS[0] else "D" if row["debit"] else "C"
        return lawful_text(name, row)

    outcome = read(tmp_path, fec(columns=columns, text=text))
    assert outcome.set_aside == [(2, "Sens", side), (3, None, None)]
    assert outcome.quarantine[0]["reason"] == "Sens must say D or C, or +1 or -1."


def test_a_line_of_too_many_or_too_few_fields_is_set_aside_whole(tmp_path):
    lines = fec().splitlines()
    for broken, fields in [(lines[3] + "|x|y", 20), ("|".join(lines[3].split("|")[:12]), 12)]:
        outcome = read(tmp_path, "\n".join([*lines[:3], broken, *lines[4:], ""]))
        assert outcome.set_aside == [(4, None, broken), (5, None, None)]
        assert f"has {fields} fields, the header has 18" in outcome.quarantine[0]["reason"]


def test_an_entry_that_lacks_a_line_which_does_not_say_its_entry_is_set_aside_too(tmp_path):
    lines = fec().splitlines()
    broken = lines[4].replace("|", " ")
    outcome = read(tmp_path, "\n".join([*lines[:4], broken, *lines[5:], ""]))
    assert outcome.plain_rows == [*sale("1"), *sale("3", "1000.00")]
    assert [(line, column) for line, column, _ in outcome.set_aside] == [(4, None), (5, None)]
    assert outcome.quarantine[0]["reason"] == (
        "The entry VE 2 does not balance. It may lack a line that cannot be read "
        "and does not say its entry (line 5), so the whole entry is set aside."
    )


def test_one_lost_line_does_not_excuse_two_entries_that_do_not_balance(tmp_path):
    rows = [*BOOKS, line("4", "411000", "5.00", "0.00"), line("5", "411000", "6.00", "0.00")]
    lines = fec([*rows, *sale("6")]).splitlines()
    lines.insert(5, "lost")
    outcome = read(tmp_path, "\n".join([*lines, ""]))
    assert outcome.reading.refused_reason.startswith("The file does not balance: debit 1,310.90")


def test_a_line_that_explains_its_own_entry_does_not_excuse_another(tmp_path):
    rows = [*BOOKS, line("4", "411000", "5.00", "0.00"), *sale("5")]
    lines = fec(rows).splitlines()
    lines[4] += "|one|too many"  # entry 2 lacks it, and so says nothing about entry 4
    reason = read(tmp_path, "\n".join([*lines, ""])).reading.refused_reason
    assert "entry 4 of journal VE" in reason and "entry 2" not in reason


def test_a_number_sign_and_quotes_are_text_like_any_other(tmp_path):
    rows = [
        *sale("#1", label='"unclosed'),
        *sale("2", label="# not a comment", journal_code="#"),
        *sale("3", label="5\" pipe, l'eau", document_ref='""'),
        *sale("4", label="NULL", document_ref="NA", auxiliary="None"),
    ]
    assert read(tmp_path, fec(rows)).plain_rows == rows


def test_leading_zeros_of_codes_are_kept(tmp_path):
    rows = sale("0001", auxiliary="00042", document_ref="007")
    assert read(tmp_path, fec(rows)).plain_rows == rows


def test_swapped_columns_are_read_by_their_names(tmp_path):
    swapped = [*LAWFUL[:11], "Credit", "Debit", *LAWFUL[13:]]
    assert read(tmp_path, fec(columns=swapped)).plain_rows == BOOKS


def test_blank_lines_are_counted_and_are_no_records(tmp_path):
    header, *lines = fec().splitlines()
    text = "\n".join([header, "", *lines[:2], "   ", "|" * 17, *lines[2:], "", "\x1a"])
    outcome = read(tmp_path, text)
    assert outcome.plain_rows == BOOKS
    assert [row["source_line"] for row in outcome.rows] == [3, 4, 7, 8, 9, 10]
    assert (outcome.reading.records_in, outcome.reading.facts["blank_lines"]) == (6, "5")


def test_blank_lines_may_stand_before_the_header(tmp_path):
    outcome = read(tmp_path, "\n\n" + fec())
    assert [row["source_line"] for row in outcome.rows] == [4, 5, 6, 7, 8, 9]
    assert outcome.reading.facts["blank_lines"] == "2"


def test_a_second_header_is_set_aside_as_such(tmp_path):
    lines = fec().splitlines()
    outcome = read(tmp_path, "\n".join([*lines, lines[0], *fec(sale("9")).splitlines()[1:], ""]))
    assert outcome.plain_rows == [*BOOKS, *sale("9")]
    assert [(q["source_line"], q["reason"]) for q in outcome.quarantine] == [
        (8, "The line is the header once more. Export the file again, with one header.")
    ]


def test_an_entry_may_be_scattered_over_the_file(tmp_path):
    by_account = sorted(BOOKS, key=lambda row: row["account"])
    assert read(tmp_path, fec(by_account)).plain_rows == by_account


def test_a_line_far_too_long_is_set_aside_and_shown_in_part(tmp_path):
    outcome = read(tmp_path, spoil(4, "EcritureLib", "é" * 50_000))
    assert outcome.plain_rows == [*sale("1"), *sale("3", "1000.00")]
    assert outcome.quarantine[0]["reason"].startswith("The line has more than 10,000 bytes")
    assert len(outcome.quarantine[0]["value"]) == 500


GOOD = fec([each for number in range(5) for each in sale(f"{number}", f"{number}17.40")]).encode()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 2), st.integers(0, 255)),
        min_size=1,
        max_size=4,
    )
)
@example(changes=[(0, 0, 0)])
@example(changes=[(200, 0, 10), (400, 0, 13)])
@example(changes=[(len(GOOD) - 1, 1, 0)])
def test_a_file_changed_at_random_is_read_set_aside_or_refused(tmp_path, changes):
    data = bytearray(GOOD)
    for place, what, byte in changes:
        if what == 0:
            data[place : place + 1] = bytes([byte])
        elif what == 1:
            del data[place : place + 1]
        else:
            data[place:place] = bytes([byte])
    outcome = read(tmp_path, bytes(data), recognised=False)
    if outcome.rows is not None:
        lines = [each for each in bytes(data).split(b"\n") if each.strip(b" |\t\r")]
        assert outcome.reading.records_in >= len(lines) - 1
        debits = {row["debit"] for row in outcome.rows}
        assert debits <= {Decimal(f"{n}17.40") for n in range(5)} | {Decimal(0)}
