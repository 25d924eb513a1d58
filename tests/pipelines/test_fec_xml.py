"""The XML form of a FEC says the same lines as the flat one."""

from datetime import date
from decimal import Decimal

import pytest

from tests.pipelines.fec_files import BOOKS, line, read

OF_ENTRY = {
    "EcritureNum": "entry_number",
    "EcritureDate": "entry_on",
    "EcritureLib": "label",
    "PieceRef": "document_ref",
    "PieceDate": "document_on",
    "EcritureLet": "lettering",
    "DateLet": "lettered_on",
    "ValidDate": "validated_on",
}
OF_LINE = {
    "CompteNum": "account",
    "CompteLib": "account_label",
    "CompteAuxNum": "auxiliary",
    "CompteAuxLib": "auxiliary_label",
    "Montantdevise": "currency_amount",
    "Idevise": "currency",
}


def elements(row, columns, indent):
    for name, column in columns.items():
        if row[column] is not None:
            value = str(row[column]).replace("&", "&amp;")
            yield f"{indent}<{name}>{value}</{name}>"


def debit_or_credit(row):
    name, amount = ("Credit", row["credit"]) if row["debit"] == 0 else ("Debit", row["debit"])
    return f"<{name}>{amount}</{name}>"


def xml(rows=BOOKS, *, amount=debit_or_credit, head='<?xml version="1.0" encoding="UTF-8"?>'):
    """Write books as XML, one element a line."""
    text = [head, "<comptabilite>", " <exercice>", "  <DateCloture>2024-12-31</DateCloture>"]
    text += [
        "  <journal>",
        "   <JournalCode>VE</JournalCode>",
        "   <JournalLib>Ventes</JournalLib>",
    ]
    for number in dict.fromkeys(row["entry_number"] for row in rows):
        entry = [row for row in rows if row["entry_number"] == number]
        text += ["   <ecriture>", *elements(entry[0], OF_ENTRY, "    ")]
        for row in entry:
            text += ["    <ligne>", *elements(row, OF_LINE, "     "), f"     {amount(row)}"]
            text += ["    </ligne>"]
        text += ["   </ecriture>"]
    return "\n".join([*text, "  </journal>", " </exercice>", "</comptabilite>", ""])


def test_the_xml_form_says_the_same_lines(tmp_path):
    text = xml()
    outcome = read(tmp_path, text)
    assert outcome.plain_rows == BOOKS
    physical = text.splitlines()
    assert all("<ligne>" in physical[row["source_line"] - 1] for row in outcome.rows)
    assert outcome.reading.format == "fec_xml"
    assert outcome.reading.latest_on == date(2024, 2, 29)
    assert outcome.reading.facts["debit"] == "1179.90"


def test_lines_of_xml_without_line_ends_are_numbered_one_by_one(tmp_path):
    outcome = read(tmp_path, "".join(each.strip() for each in xml().splitlines()))
    assert outcome.plain_rows == BOOKS
    assert [row["source_line"] for row in outcome.rows] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("sides", [("D", "C"), ("+1", "-1")])
def test_an_amount_may_say_its_side_beside_it(tmp_path, sides):
    def amount(row):
        value = row["debit"] or row["credit"]
        return f"<Montant>{value}</Montant><Sens>{sides[row['debit'] == 0]}</Sens>"

    assert read(tmp_path, xml(amount=amount)).plain_rows == BOOKS


def test_declared_encodings_are_followed(tmp_path):
    for name in ("ISO-8859-15", "windows-1252", "UTF-16"):
        text = xml(head=f'<?xml version="1.0" encoding="{name}"?>')
        assert read(tmp_path, text.encode(name)).plain_rows == BOOKS


def test_a_journal_without_a_code_is_called_by_its_name(tmp_path):
    outcome = read(tmp_path, xml().replace("   <JournalCode>VE</JournalCode>\n", ""))
    assert {row["journal_code"] for row in outcome.rows} == {"Ventes"}


def test_lettering_of_an_entry_holds_for_its_lines(tmp_path):
    lettered = {"lettering": "AA", "lettered_on": date(2024, 3, 1)}
    rows = [
        line("1", "411000", "5.00", "0.00", currency_amount=Decimal("5.50"), currency="USD"),
        line("1", "706000", "0.00", "5.00"),
    ]
    rows = [row | lettered for row in rows]
    assert read(tmp_path, xml(rows)).plain_rows == rows


def test_a_bad_line_takes_its_entry_with_it(tmp_path):
    text = xml().replace("<Debit>59.90</Debit>", "<Debit>5e3</Debit>")
    number = next(n for n, each in enumerate(text.splitlines(), 1) if "5e3" in each)
    outcome = read(tmp_path, text)
    assert outcome.plain_rows == [row for row in BOOKS if row["entry_number"] != "2"]
    assert outcome.set_aside[0][1:] == ("Debit", "5e3")
    assert outcome.set_aside[0][0] < number <= outcome.set_aside[1][0]


def test_a_side_that_is_none_is_shown_as_it_stands(tmp_path):
    def amount(row):
        side = "D" if row["debit"] else "C"
        side = "X" if row is BOOKS[0] else side
        return f"<Montant>{row['debit'] or row['credit']}</Montant><Sens>{side}</Sens>"

    assert read(tmp_path, xml(amount=amount)).set_aside[0][1:] == ("Debit", "120.00 X?")


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE comptabilite>",
        '<!DOCTYPE comptabilite [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>',
        '<!DOCTYPE comptabilite SYSTEM "file:///etc/passwd">',
    ],
)
def test_a_doctype_is_refused(tmp_path, head):
    outcome = read(tmp_path, xml(head=head))
    assert "DOCTYPE" in outcome.reading.refused_reason


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_xml_that_breaks_off_is_refused(tmp_path, kept):
    text = xml()
    outcome = read(tmp_path, text[: int(len(text) * kept)])
    assert "damaged or breaks off" in outcome.reading.refused_reason


def test_an_unbalanced_entry_is_refused(tmp_path):
    outcome = read(tmp_path, xml().replace("<Debit>120.00<", "<Debit>121.00<"))
    assert "debit 1,180.90, credit 1,179.90" in outcome.reading.refused_reason


def test_a_value_without_end_is_refused(tmp_path):
    outcome = read(tmp_path, xml().replace("Facture", "x" * 200_000, 1))
    assert "more than 10,000 characters" in outcome.reading.refused_reason
