"""A FEC that is refused whole: it lacks something, is cut, or does not balance."""

import pytest

from pipelines.intake import fec_load
from pipelines.intake.fec import looks_like_fec
from tests.pipelines.fec_files import BOOKS, LAWFUL, fec, lawful_text, line, read, sale, spoil


def test_a_file_that_does_not_balance_is_refused_with_both_sums(tmp_path):
    rows = [*BOOKS, line("4", "411000", "10.00", "0.00"), line("4", "706000", "0.00", "9.00")]
    outcome = read(tmp_path, fec([*rows, *sale("5")]))
    assert outcome.reading.refused_reason == (
        "The file does not balance: debit 1,309.90, credit 1,308.90. "
        "Look at entry 4 of journal VE (lines 8 to 9), debit 10.00, credit 9.00. "
        "Export the file again, whole."
    )
    assert (outcome.reading.records_in, outcome.reading.quarantined) == (10, 10)
    assert [q["source_line"] for q in outcome.quarantine] == [8, 9]
    assert outcome.reading.facts["debit"] == "1309.90"


def test_entries_that_cancel_out_in_the_total_are_still_refused(tmp_path):
    rows = [line("1", "411000", "10.00", "0.00"), line("2", "706000", "0.00", "10.00")]
    reason = read(tmp_path, fec([*rows, *sale("3")])).reading.refused_reason
    assert reason.startswith("The file balances as a whole (debit 130.00, credit 130.00), but not")
    assert "entry 1 of journal VE (line 2)" in reason and "entry 2 of journal VE" in reason


@pytest.mark.parametrize("kept", [1, 20, 60])
def test_a_file_cut_in_its_last_line_is_refused(tmp_path, kept):
    lines = fec().splitlines(keepends=True)
    reason = read(tmp_path, "".join(lines[:-1]) + lines[-1][:kept]).reading.refused_reason
    assert reason == "The file is cut in its last line, 7. Export it again, whole."


def test_a_file_whose_lines_all_lack_a_field_is_not_said_to_be_cut(tmp_path):
    header, *lines = fec().splitlines()
    text = "\r\n".join([header, *(each.rpartition("|")[0] for each in lines), ""])
    assert read(tmp_path, text).reading.refused_reason == (
        "6 of 6 lines cannot be read, too many to trust the others. The first is line 2: The line "
        "has 17 fields, the header has 18: a separator is missing, or the line is broken in two."
    )


def test_a_file_cut_in_its_only_line_is_refused_as_such(tmp_path):
    header, line = fec().splitlines()[:2]
    reason = read(tmp_path, f"{header}\n{line[:60]}").reading.refused_reason
    assert reason == "The file is cut in its last line, 2. Export it again, whole."


def test_a_file_cut_in_its_last_amount_is_refused(tmp_path):
    amounts_last = [*LAWFUL[:11], *LAWFUL[13:], "Debit", "Credit"]
    text = fec(columns=amounts_last)
    assert text.endswith("|0,00|1000,00\n")
    for cut in (1, 2, 3, 4):  # 1000, still is a thousand, and the entry balances
        assert read(tmp_path, text[:-cut]).reading.loaded == 6
    for cut, credit in [(5, "279.90"), (6, "189.90"), (8, "179.90")]:
        reason = read(tmp_path, text[:-cut]).reading.refused_reason
        assert f"credit {credit}" in reason
        assert "the last entry of the file, which has no line end" in reason
    assert "is cut in its last line" in read(tmp_path, text[:-9]).reading.refused_reason


def test_a_file_cut_in_its_last_date_is_refused(tmp_path):
    text = fec(columns=[*LAWFUL[:15], "Montantdevise", "Idevise", "ValidDate"])
    reason = read(tmp_path, text[:-3]).reading.refused_reason
    assert reason == "The file is cut in its last line, 7. Export it again, whole."


def test_a_file_cut_between_two_lines_of_an_entry_is_refused(tmp_path):
    lines = fec().splitlines(keepends=True)
    reason = read(tmp_path, "".join(lines[:-1])).reading.refused_reason
    assert "entry 3 of journal VE (line 6), debit 1,000.00, credit 0.00" in reason


@pytest.mark.parametrize("missing", [*LAWFUL[:6], *LAWFUL[8:13]])
def test_a_missing_column_is_named(tmp_path, missing):
    columns = [name for name in LAWFUL if name != missing]
    outcome = read(tmp_path, fec(columns=columns))
    assert outcome.reading.refused_reason.startswith(f"The header has no column {missing}.")
    assert (outcome.reading.records_in, outcome.reading.quarantined) == (6, 6)
    assert outcome.quarantine[0]["source_line"] is None


def test_a_column_that_stands_twice_is_refused(tmp_path):
    outcome = read(tmp_path, fec(columns=[*LAWFUL, "Debit"]))
    assert outcome.reading.refused_reason.startswith("The header has two columns Debit")


def test_fields_in_quotation_marks_are_refused(tmp_path):
    text = "\n".join(
        ";".join(f'"{field}"' for field in each.split("|")) for each in fec().splitlines()
    )
    assert "quotation marks" in read(tmp_path, text).reading.refused_reason


@pytest.mark.parametrize("lines", ["", "\n", "\n\n   \n"])
def test_a_file_without_records_is_refused(tmp_path, lines):
    outcome = read(tmp_path, fec([]) + lines)
    assert outcome.reading.refused_reason == (
        "The file has a header and no records. Export it again."
    )
    assert outcome.reading.records_in == 0


def test_nul_bytes_are_refused(tmp_path):
    outcome = read(tmp_path, fec().replace("Ventes", "Ven\0es", 1))
    assert "NUL bytes" in outcome.reading.refused_reason
    assert outcome.reading.records_in == 6


def test_a_file_of_which_the_most_cannot_be_read_is_refused(tmp_path):
    def text(name, row):
        return "1 000,00" if name == "Debit" else lawful_text(name, row)

    outcome = read(tmp_path, fec(text=text))
    assert outcome.reading.refused_reason.startswith(
        "6 of 6 lines cannot be read, too many to trust the others. "
        "The first is line 2: Debit has a thousands separator"
    )
    assert [q["source_line"] for q in outcome.quarantine] == [2, 3, 4, 5, 6, 7]


def test_more_than_a_tenth_of_bad_lines_condemns_a_file_of_any_size(tmp_path):
    rows = [each for number in range(100) for each in sale(f"{number}")]

    def written(bad):
        def text(name, row):
            is_bad = row["debit"] and int(row["entry_number"]) < bad
            return "x" if name == "Debit" and is_bad else lawful_text(name, row)

        return fec(rows, text=text)

    assert read(tmp_path, written(20)).reading.quarantined == 40
    assert "21 of 200 lines" in read(tmp_path, written(21)).reading.refused_reason


def test_books_without_one_whole_entry_are_refused(tmp_path):
    outcome = read(tmp_path, spoil(2, "Debit", "x", sale("1")))
    assert outcome.reading.refused_reason.startswith("No entry can be read whole.")
    assert len(outcome.quarantine) == 2


def test_a_line_without_an_end_in_sight_is_refused(tmp_path):
    outcome = read(tmp_path, fec() + "x" * (17 * 1024 * 1024))
    assert "damaged" in outcome.reading.refused_reason


def test_more_bad_lines_than_anyone_would_read_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fec_load, "_MOST_BAD", 3)
    rows = [each for number in range(100) for each in sale(f"{number}")]

    def text(name, row):
        return (
            "x" if name == "Debit" and row["entry_number"] in [*"1234"] else lawful_text(name, row)
        )

    outcome = read(tmp_path, fec(rows, text=text))
    assert "8 of 200 lines cannot be read" in outcome.reading.refused_reason
    assert len(outcome.quarantine) == 3


def test_what_is_no_fec_is_not_taken_for_one():
    assert not looks_like_fec(b"")
    assert not looks_like_fec(b"\0\1\2\3")
    assert not looks_like_fec(b"Journal;Date;Compte;Libelle;Debit;Credit;Lettrage;Echeance\n")
    assert not looks_like_fec(b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022">')
    assert not looks_like_fec("Œuvre".encode("utf-16"))
    assert looks_like_fec(fec().encode("utf-16"))
    assert looks_like_fec(fec(line_end="\r").encode()[:300])


def test_a_file_whose_amounts_are_too_large_to_be_added_up_for_years_is_refused(tmp_path):
    rows = [each for number in range(101) for each in sale(f"{number}", "9999999999999.99")]
    outcome = read(tmp_path, fec(rows))
    assert outcome.reading.refused_reason == (
        "The debits of the file come to 1,009,999,999,999,998.99: they must be below "
        "1,000,000,000,000,000. Check its largest amounts."
    )
