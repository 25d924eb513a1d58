"""The same table in a workbook, in Parquet and as text gives the same rows."""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.sheets import cell_text
from tests.pipelines.table_files import HEADER, land, mapping

NAMES = HEADER.split(";")


def workbook(tmp_path, rows, *, first=(0, 0), sheets=(), hidden=()):
    """Write a workbook of one table, beside sheets that hold something else."""
    path = tmp_path / "written.xlsx"
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    for name in sheets:
        book.add_worksheet(name).write_row(0, 0, ["a", "remark"])
    sheet = book.add_worksheet("Factures")
    for name in hidden:
        other = book.add_worksheet(name)
        other.write_row(0, 0, NAMES)
        other.hide()
    for line, row in enumerate(rows, first[0]):
        for column, value in enumerate(row, first[1]):
            if isinstance(value, date):
                sheet.write_datetime(line, column, value, days)
            elif isinstance(value, float | int):
                sheet.write_number(line, column, value)
            elif value is not None:
                sheet.write_string(line, column, value)
    book.close()
    return path.read_bytes()


def invoice(number, amount, *, day=date(2026, 2, 3)):
    return [number, "C1", day, date(2026, 3, 5), amount]


def test_cells_keep_their_type_and_lines_are_those_that_excel_shows(tmp_path):
    rows = [NAMES, invoice("F1", 12.5), [], invoice("F2", "1 234,56 €"), invoice(1001, 7)]
    landed = land(tmp_path, workbook(tmp_path, rows, first=(2, 1)), mapping())
    assert landed.amounts == {"F1": "12.50", "F2": "1234.56", "1001": "7.00"}
    assert [item["source_line"] for item in landed.items] == [4, 6, 7]
    assert {item["booked_on"] for item in landed.items} == {date(2026, 2, 3)}
    assert landed.receipt.facts["container"] == "xlsx"


def test_binary_dust_is_no_cents_and_real_ones_are_not_rounded_away(tmp_path):
    rows = [NAMES, invoice("F1", 0.1 + 0.2), invoice("F2", 1.005), invoice("F3", 1 / 3)]
    landed = land(tmp_path, workbook(tmp_path, rows), mapping())
    assert landed.amounts == {"F1": "0.30"}
    assert all("more than two decimals" in reason for reason in landed.reasons.values())


def test_a_typed_number_is_not_read_with_the_decimal_mark_of_texts(tmp_path):
    landed = land(tmp_path, workbook(tmp_path, [NAMES, invoice("F1", 1.25)]), mapping(decimal=","))
    assert landed.amounts == {"F1": "1.25"}


def test_the_number_of_a_date_is_not_a_date(tmp_path):
    rows = [NAMES, invoice("F1", 1, day=46056.0), invoice("F2", 2)]
    assert list(land(tmp_path, workbook(tmp_path, rows), mapping()).amounts) == ["F2"]


def test_a_code_that_excel_has_cut_is_set_aside(tmp_path):
    rows = [NAMES, invoice(12345678901234567890, 1), invoice("12345678901234567890", 2)]
    landed = land(tmp_path, workbook(tmp_path, rows), mapping())
    assert landed.amounts == {"12345678901234567890": "2.00"}
    assert "more than 15 digits" in landed.reasons[2]


def test_the_sheet_is_found_by_its_header_and_the_others_are_named(tmp_path):
    content = workbook(tmp_path, [NAMES, invoice("F1", 1)], sheets=["Lisez-moi"], hidden=["Vieux"])
    landed = land(tmp_path, content, mapping())
    assert list(landed.amounts) == ["F1"]
    assert landed.receipt.facts["sheet"] == "Factures"
    assert landed.receipt.facts["sheets_not_read"] == "Lisez-moi; Vieux"


def test_a_formula_as_text_stays_a_text(tmp_path):
    rows = [NAMES, invoice("=1+1", 1), invoice("@SUM(A1)", 2), invoice("+33", 3)]
    landed = land(tmp_path, workbook(tmp_path, rows), mapping())
    assert landed.amounts == {"=1+1": "1.00", "@SUM(A1)": "2.00", "+33": "3.00"}


def test_formulas_in_a_text_file_stay_texts(tmp_path):
    lines = [HEADER, "=cmd|' /C calc'!A0;-C1;03/02/2026;05/03/2026;1,00"]
    [item] = land(tmp_path, lines, mapping()).items
    assert (item["document_ref"], item["customer_id"]) == ("=cmd|' /C calc'!A0", "-C1")


def parquet(tmp_path, table):
    path = tmp_path / "written.parquet"
    pq.write_table(table, path)
    return path.read_bytes()


@pytest.mark.parametrize(
    "amounts",
    [
        pa.array([Decimal("12.50"), Decimal("-7.00")], pa.decimal128(10, 2)),
        pa.array([Decimal("12.5000"), Decimal("-7.0000")], pa.decimal128(18, 4)),
        pa.array([12.5, -7.0], pa.float64()),
        pa.array(["12,50 €", "7,00-"], pa.string()),
        pa.array(["12,50", "(7,00)"]).dictionary_encode(),
    ],
    ids=["decimals", "longer decimals", "floats", "texts", "a dictionary"],
)
def test_parquet_columns_of_any_type_give_the_same_amounts(tmp_path, amounts):
    day = pa.array([date(2026, 2, 3)] * 2)
    table = pa.table([pa.array([1, 2]), pa.array(["C1", "C1"]), day, day, amounts], names=NAMES)
    landed = land(tmp_path, parquet(tmp_path, table), mapping())
    assert landed.amounts == {"1": "12.50", "2": "-7.00"}
    assert [item["source_line"] for item in landed.items] == [1, 2]


def test_a_timestamp_is_the_day_on_the_clock_of_who_wrote_it(tmp_path):
    evening = datetime.fromisoformat("2026-02-03T23:30:00-08:00")
    days = pa.array([evening], pa.timestamp("us", tz="America/Los_Angeles"))
    table = pa.table([["F1"], ["C1"], days, days, pa.array([Decimal("1.00")])], names=NAMES)
    [item] = land(tmp_path, parquet(tmp_path, table), mapping()).items
    assert item["booked_on"] == date(2026, 2, 3)


def test_a_damaged_workbook_or_parquet_file_is_refused_with_a_reason(tmp_path):
    book = workbook(tmp_path, [NAMES, invoice("F1", 1)])
    table = parquet(tmp_path, pa.table({name: ["x"] for name in NAMES}))
    for content in (book[: len(book) // 2], table[: len(table) // 2]):
        receipt = land(tmp_path, content, mapping()).receipt
        assert receipt.refused_reason
        assert ".." not in receipt.refused_reason
        assert "defect" not in receipt.facts


@given(st.integers(-(10**14), 10**14))
def test_cents_that_excel_stores_in_binary_come_back_as_they_were(cents):
    amount = Decimal(cents).scaleb(-2)
    assert Decimal(cell_text(float(amount))) == amount


def test_what_is_no_text_is_refused_and_not_shown_as_one(tmp_path):
    reason = land(tmp_path, bytes(range(256)) * 20, mapping()).receipt.refused_reason
    assert reason.startswith("This is no text")
