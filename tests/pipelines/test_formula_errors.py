"""A formula that failed is no empty cell: its record is set aside, with the error in its place."""

import io
import re
import zipfile

import pytest
import xlsxwriter

from tests.pipelines.table_files import land, mapping

NAMES = ["facture", "client", "date", "montant", "remarque"]
COLUMNS = {
    "document_ref": "facture",
    "customer_id": "client",
    "document_on": "date",
    "amount": "montant",
}
OPEN = {**COLUMNS, "open_amount": "solde", "extracted_on": "date"}
REASON = (
    "The formula in this cell gives an error in place of a value. "
    "Correct it in the workbook, and save it again."
)


def workbook(rows, first=(0, 0), *, sheet="Factures"):
    """Write a workbook; a text that begins with # is what a formula gave."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet("Lisez-moi").write_formula("A1", "=1/0", None, "#DIV/0!")
        table = book.add_worksheet(sheet)
        for line, row in enumerate(rows, first[0]):
            for column, value in enumerate(row, first[1]):
                if str(value).startswith("#"):
                    table.write_formula(line, column, "=A1", None, value)
                elif value is not None:
                    table.write(line, column, value)
    return content.getvalue()


def rewritten(content, change):
    """Write the sheets of a workbook as another program would."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name).decode()
            new.writestr(name, change(data) if "worksheets/" in name else data)
    return changed.getvalue()


def invoice(number, amount, remark=None):
    return [number, "C1", "03/02/2026", amount, remark]


@pytest.fixture
def rows():
    return [NAMES, invoice("F1", "#DIV/0!"), invoice("F2", 5), [], invoice("#REF!", 7)]


def test_a_record_with_a_failed_formula_is_set_aside_with_the_error(tmp_path, rows):
    landed = land(tmp_path, workbook(rows, first=(2, 1)), mapping(columns=COLUMNS))
    assert landed.amounts == {"F2": "5.00"}
    assert landed.counts == (3, 1, 2)
    assert [tuple(row.values()) for row in landed.quarantine] == [
        (4, "montant", "#DIV/0!", REASON),
        (7, "facture", "#REF!", REASON),
    ]


def test_what_is_open_is_not_the_whole_amount_where_its_formula_failed(tmp_path):
    rows = [
        [*NAMES[:4], "solde"],
        invoice("F1", 100, "#DIV/0!"),
        invoice("F2", 100, 40),
    ]
    landed = land(tmp_path, workbook(rows), mapping("open_items", OPEN))
    assert landed.reasons == {2: REASON}
    assert landed.counts == (2, 1, 1)


def test_a_failed_formula_in_a_column_that_is_not_read_harms_nobody(tmp_path):
    rows = [NAMES, invoice("F1", 1, "#N/A"), [None, None, None, None, "#N/A"]]
    landed = land(tmp_path, workbook(rows), mapping(columns=COLUMNS))
    assert (landed.amounts, landed.counts) == ({"F1": "1.00"}, (1, 1, 0))


def test_the_sheet_is_found_by_its_name_whatever_characters_it_has(tmp_path, rows):
    content = workbook(rows, sheet="Été & <2026> l'an")
    landed = land(tmp_path, content, mapping(columns=COLUMNS))
    assert landed.counts == (3, 1, 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: re.sub(r'(<(?:c|row)) r="[A-Z0-9]+"', r"\1", sheet),
        lambda sheet: sheet.replace('t="e"', "t='e'"),
        lambda sheet: re.sub(r"(</?)(?=\w)", r"\1x:", sheet).replace("xmlns=", "xmlns:x="),
    ],
    ids=["without places", "in single quotes", "with a prefix"],
)
def test_the_xml_of_other_programs_is_read_as_well(tmp_path, change):
    rows = [NAMES, invoice("F1", "#DIV/0!", "a"), invoice("F2", 5, "b")]
    landed = land(tmp_path, rewritten(workbook(rows), change), mapping(columns=COLUMNS))
    assert (landed.amounts, landed.reasons) == ({"F2": "5.00"}, {2: REASON})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda sheet: f"<!DOCTYPE a [<!ENTITY b 'c'>]>{sheet}", "The workbook cannot be read"),
        (lambda sheet: sheet.replace('r="D2"', 'r="??"'), "The workbook cannot be read"),
        (lambda sheet: sheet.replace('r="A5"', 'r="A1"'), "The workbook cannot be read"),
    ],
    ids=["an entity", "no cell", "rows without order"],
)
def test_a_sheet_that_cannot_be_searched_for_errors_is_refused(tmp_path, rows, change, reason):
    content = rewritten(workbook(rows), change)
    receipt = land(tmp_path, content, mapping(columns=COLUMNS)).receipt
    assert receipt.refused_reason.startswith(reason)
    assert "defect" not in receipt.facts
