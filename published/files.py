"""Write a table as a file that opens cleanly where it is going: Excel, a script, another engine.

An extract may hold text that a spreadsheet would run (`=HYPERLINK(...)`). Text stays text here: a
workbook stores it as a string, and a CSV, which cannot say so, gets an apostrophe before it.
Numbers are never touched.
"""

import io
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import xlsxwriter

from models.errors import EncaisseError

Format = Literal["csv", "xlsx", "parquet"]
Language = Literal["en", "fr"]

EXCEL_ROWS = 1_048_576  # of a sheet, the header included
EXCEL_TEXT = 32_767  # characters of a cell
EXCEL_DIGITS = 15  # of a number; what comes after them is lost
NO_CLOCK = datetime(2000, 1, 1)  # noqa: DTZ001  (Excel has no zones; the same table, the same file)

# What makes a spreadsheet take a text for a formula: one of = + - @, in full width too, after any
# blanks; or a tab or a carriage return at the start, which some programs drop before they look.
FORMULA = (
    r"^((?:[\s\x{00A0}\x{202F}\x{3000}\x{FEFF}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])|[\t\r])"
)


def write(table: pa.Table, path: Path, format: Format, *, language: Language = "en") -> None:
    """Write `table` to `path`. The file is there whole, or not at all.

    Args:
        table: Columns of text, decimals, whole numbers, dates, times or yes and no.
        path: Where to write; an existing file is replaced.
        format: `csv`, `xlsx` or `parquet`.
        language: Dialect of a CSV and format of its dates and numbers: `en` has commas between
            fields, a decimal point and ISO dates; `fr` has semicolons, a decimal comma and
            31/03/2026, so that Excel in that language opens the file with a double click.

    Raises:
        EncaisseError: Unknown format, more rows than Excel can hold, or no place to write.
    """
    content = to_bytes(table, format, language=language)
    beside = path.with_name(f".{path.name}.writing")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        raise EncaisseError(
            f"The file could not be written: {error.strerror}.",
            where=str(path),
            fix="choose a folder that exists and that you may write to",
        ) from error


def to_bytes(table: pa.Table, format: Format, *, language: Language = "en") -> bytes:
    """Return `table` as the content of a file; see `write`."""
    if format == "csv":
        return _csv(table, language)
    if format == "xlsx":
        return _xlsx(table, language)
    if format == "parquet":
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd")
        return sink.getvalue()
    raise EncaisseError(
        f"{format} is not a format that can be written.",
        where="the format of the file",
        fix="choose one of " + ", ".join(get_args(Format)),
    )


def _csv(table: pa.Table, language: Language) -> bytes:
    plain = pa.table(
        [_csv_column(column, language) for column in table.columns],
        names=[_inert(pa.chunked_array([[name]]))[0].as_py() for name in table.column_names],
    )
    sink = io.BytesIO("\N{ZERO WIDTH NO-BREAK SPACE}".encode())  # Excel takes it for UTF-8
    sink.seek(0, io.SEEK_END)
    pyarrow.csv.write_csv(
        plain,
        sink,
        pyarrow.csv.WriteOptions(delimiter=";" if language == "fr" else ",", eol="\r\n"),
    )
    return sink.getvalue()


def _csv_column(column: pa.ChunkedArray, language: Language) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _inert(column)
    if pa.types.is_decimal(kind) and language == "fr":
        return pc.replace_substring(column.cast(pa.string()), ".", ",")
    if pa.types.is_date(kind):
        return pc.strftime(column, "%d/%m/%Y") if language == "fr" else column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        seconds = column.cast(pa.timestamp("s", kind.tz), safe=False)
        return pc.strftime(
            seconds, "%d/%m/%Y %H:%M:%S" if language == "fr" else "%Y-%m-%d %H:%M:%S"
        )
    return column


def _inert(text: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(text, FORMULA, r"'\1")


def _xlsx(table: pa.Table, language: Language) -> bytes:
    if table.num_rows >= EXCEL_ROWS:
        raise EncaisseError(
            f"An Excel sheet holds {EXCEL_ROWS - 1:,} rows, and this table has {table.num_rows:,}.",
            where="the Excel file",
            fix="write CSV or Parquet, or choose one entity, currency or customer",
        )
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(
        sink,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "in_memory": False,
        },
    )
    book.set_properties({"created": NO_CLOCK})
    sheet = book.add_worksheet("Encaisse")
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 0)
    day = "dd/mm/yyyy" if language == "fr" else "yyyy-mm-dd"
    writers = []
    for index, field in enumerate(table.schema):
        pattern = _excel_pattern(field.type, day)
        writers.append(_cell_writer(sheet, field.type, book.add_format({"num_format": pattern})))
        sheet.set_column(index, index, _width(field.name, table.column(index), field.type))
    for index, name in enumerate(table.column_names):
        sheet.write_string(0, index, name, bold)
    if table.num_columns:
        sheet.autofilter(0, 0, table.num_rows, table.num_columns - 1)
    row = 0
    for batch in table.to_batches(max_chunksize=10_000):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row += 1
            for index, value in enumerate(values):
                if value is not None:
                    writers[index](row, index, value)
    book.close()
    return sink.getvalue()


def _excel_pattern(kind: pa.DataType, day: str) -> str:
    if pa.types.is_decimal(kind):
        return "#,##0." + "0" * min(kind.scale, 2) + "#" * (kind.scale - 2)
    if pa.types.is_timestamp(kind):
        return f"{day} hh:mm"
    return day if pa.types.is_date(kind) else "General"


def _cell_writer(sheet: Any, kind: pa.DataType, style: Any) -> Any:
    """Return what writes one value: numbers and dates as such, everything else as text."""

    def number(row: int, column: int, value: Any) -> None:
        if isinstance(value, int) and abs(value) >= 10**EXCEL_DIGITS:
            sheet.write_string(row, column, str(value))  # an identifier: every digit of it counts
        else:
            sheet.write_number(row, column, value, style)

    def moment(row: int, column: int, value: date | datetime) -> None:
        if isinstance(value, datetime):
            value = value.replace(tzinfo=None)
        if value.year >= 1900:  # Excel knows no earlier day
            sheet.write_datetime(row, column, value, style)
        else:
            sheet.write_string(row, column, value.isoformat())

    def boolean(row: int, column: int, value: bool) -> None:
        sheet.write_boolean(row, column, value)

    def text(row: int, column: int, value: Any) -> None:
        value = str(value)
        if len(value) > EXCEL_TEXT:
            value = value[: EXCEL_TEXT - 1] + "…"
        sheet.write_string(row, column, value)

    if pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return number
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return moment
    return boolean if pa.types.is_boolean(kind) else text


def _width(name: str, column: pa.ChunkedArray, kind: pa.DataType) -> float:
    """Return a column width in characters: what it holds, within reason."""
    if pa.types.is_string(kind) and len(column):
        longest = pc.max(pc.utf8_length(column)).as_py() or 0
        return min(max(len(name), longest) + 2, 60)
    return max(len(name) + 3, 17 if pa.types.is_timestamp(kind) else 14)
