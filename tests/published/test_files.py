"""Files that open cleanly where they go: a French or an English Excel, a script, an engine."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from models.errors import EncaisseError
from published import files

TABLE = pa.table(
    {
        "customer": pa.array(["Lefèvre; Fils", 'dit "le Grand"', None]),
        "amount": pa.array([Decimal("-1234.50"), Decimal("0.05"), None], pa.decimal128(18, 2)),
        "ratio": pa.array([Decimal("12.500000"), None, None], pa.decimal128(18, 6)),
        "due_on": pa.array([date(2024, 3, 31), None, date(1800, 1, 1)]),
        "at": pa.array([datetime(2024, 3, 31, 6, 5, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC")),
        "item_count": pa.array([1, 2, 3]),
        "is_overdue": pa.array([True, False, None]),
    }
)

FULL_WIDTH = ["\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "\u3000\uff1d1"]  # = + - @ =
PAYLOADS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "=1;2", '="a"'),
    *("\u00a0=1", "\u202f=1", "\ufeff=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")'),
    *("\tx", "\rx", "-", "=", "+33 1 23 45 67 89", "@", "=\n1", "--", "-2+3", "+=1"),
    *FULL_WIDTH,
]


def read_csv(content: bytes, delimiter: str) -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    )


def read_xlsx(content: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_an_english_csv_has_commas_a_decimal_point_and_iso_dates():
    header, first, second, third = read_csv(files.to_bytes(TABLE, "csv"), ",")
    assert header == TABLE.column_names
    assert first[:4] == ["Lefèvre; Fils", "-1234.50", "12.500000", "2024-03-31"]
    assert first[4:] == ["2024-03-31 06:05:00", "1", "true"]
    assert second[:4] == ['dit "le Grand"', "0.05", "", ""]
    assert third[:4] == ["", "", "", "1800-01-01"]


def test_a_french_csv_has_semicolons_a_decimal_comma_and_french_dates():
    _, first, *_ = read_csv(files.to_bytes(TABLE, "csv", language="fr"), ";")
    assert first[:5] == [
        "Lefèvre; Fils",
        "-1234,50",
        "12,500000",
        "31/03/2024",
        "31/03/2024 06:05:00",
    ]


def test_a_csv_says_that_it_is_utf8_and_ends_its_lines_as_the_rfc_says():
    content = files.to_bytes(TABLE, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == TABLE.num_rows + 1


def test_a_workbook_keeps_numbers_dates_and_texts_what_they_are():
    header, first, second, third = read_xlsx(files.to_bytes(TABLE, "xlsx"))
    assert header == TABLE.column_names
    assert first == ["Lefèvre; Fils", -1234.5, 12.5, date(2024, 3, 31),
                     datetime(2024, 3, 31, 6, 5), 1.0, True]  # fmt: skip  # noqa: DTZ001
    assert second[1:4] == [0.05, "", ""]
    assert third[3] == "1800-01-01"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_formula_in_a_text_is_only_text(payload):
    table = pa.table({"name": [payload], "amount": pa.array([Decimal(-1)], pa.decimal128(18, 2))})
    for language, delimiter in (("en", ","), ("fr", ";")):
        cell, amount = read_csv(files.to_bytes(table, "csv", language=language), delimiter)[1]
        assert cell == "'" + payload
        assert amount in ("-1.00", "-1,00")
    content = files.to_bytes(table, "xlsx")
    assert b"<f>" not in content
    [cell, amount] = read_xlsx(content)[1]
    assert cell == payload.replace("\r", "\n") or cell == payload
    assert amount == -1.0


def test_plain_text_is_left_alone():
    table = pa.table({"name": ["Acme - Paris", "3 = 2 + 1", "É", "'quoted'", "12-34", ""]})
    cells = [row[0] if row else "" for row in read_csv(files.to_bytes(table, "csv"), ",")[1:]]
    assert cells == table.column("name").to_pylist()


def test_parquet_keeps_decimals_exact():
    back = pq.read_table(io.BytesIO(files.to_bytes(TABLE, "parquet")))
    assert back.schema.field("amount").type == pa.decimal128(18, 2)
    assert back.equals(TABLE)


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_the_same_table_gives_the_same_bytes(format):
    assert files.to_bytes(TABLE, format) == files.to_bytes(TABLE, format)


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
cents = st.integers(-(10**13), 10**13)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(texts, cents), min_size=1, max_size=5))
def test_what_is_written_is_read_back_to_the_cent(rows):
    table = pa.table(
        {
            "name": [name for name, _ in rows],
            "amount": pa.array([Decimal(n) / 100 for _, n in rows], pa.decimal128(18, 2)),
        }
    )
    told = read_csv(files.to_bytes(table, "csv"), ",")[1:]
    assert [name.removeprefix("'") for name, _ in told] == [n.removeprefix("'") for n, _ in rows]
    assert [Decimal(amount) * 100 for _, amount in told] == [n for _, n in rows]
    french = read_csv(files.to_bytes(table, "csv", language="fr"), ";")[1:]
    assert [amount.replace(",", ".") for _, amount in french] == [amount for _, amount in told]
    cells = read_xlsx(files.to_bytes(table, "xlsx"))[1:]
    assert [round(Decimal(cell[1]) * 100) for cell in cells] == [n for _, n in rows]


def test_a_text_longer_than_a_cell_is_cut_visibly():
    [_, [cell]] = read_xlsx(files.to_bytes(pa.table({"value": ["x" * 40_000]}), "xlsx"))
    assert len(cell) == 32_767
    assert cell.endswith("…")


def test_more_rows_than_excel_holds_are_refused_with_a_way_out():
    table = pa.table({"n": pa.nulls(files.EXCEL_ROWS, pa.int8())})
    with pytest.raises(EncaisseError, match="1,048,575 rows") as caught:
        files.to_bytes(table, "xlsx")
    assert "CSV or Parquet" in caught.value.fix


def test_a_table_without_rows_is_a_file_with_a_header():
    empty = TABLE.slice(0, 0)
    assert read_csv(files.to_bytes(empty, "csv"), ",") == [TABLE.column_names]
    assert read_xlsx(files.to_bytes(empty, "xlsx")) == [TABLE.column_names]


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    files.write(TABLE, tmp_path / "out.csv", "csv")
    assert (tmp_path / "out.csv").read_bytes() == files.to_bytes(TABLE, "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    with pytest.raises(EncaisseError, match="could not be written"):
        files.write(TABLE, tmp_path / "nowhere" / "out.csv", "csv")
    with pytest.raises(EncaisseError, match="pdf is not a format"):
        files.write(TABLE, tmp_path / "out.pdf", "pdf")


def test_excel_keeps_every_digit_of_an_identifier():
    items = pa.table({"item_id": [57446577476672362, 12], "line": [7, 8]})
    assert read_xlsx(files.to_bytes(items, "xlsx"))[1:] == [["57446577476672362", 7], [12, 8]]
