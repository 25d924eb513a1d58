"""Tables that are not text: Excel workbooks and Parquet files. Their numbers have a type already.

A number that a program stored in binary is written out as the decimal it stands for: 12.3 and not
12.300000000000001. What has no such decimal keeps its digits, and is set aside where it is money.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from models.errors import EncaisseError
from pipelines.intake.formula_errors import formula_errors
from pipelines.intake.reading import Quarantined
from pipelines.intake.safety import check_workbook
from pipelines.intake.sources import PREVIEW_LINES, Beginning, Below, Chunk

ROWS_AT_ONCE = 50_000
EXACT_BELOW = 10**15  # a binary number keeps 15 digits
FAILED = (
    "The formula in this cell gives an error in place of a value. "
    "Correct it in the workbook, and save it again."
)
MAX_PARQUET_ROWS = 200_000_000  # a few bytes can claim any number of equal rows

Cell = str | float | int | bool | date | datetime | time | None


class FormulaError(str):
    """What stands in a cell whose formula failed, such as #DIV/0!."""

    __slots__ = ()


def cell_text(cell: Cell, mark: str = ".") -> str:
    """Write a cell as text: numbers with the decimal `mark`, dates as ISO 8601.

    >>> cell_text(1001.0), cell_text(12.3, ","), cell_text(0.1 + 0.2), cell_text(1 / 3)
    ('1001', '12,3', '0.3', '0.333333333')
    >>> cell_text(datetime(2026, 1, 31)), cell_text(datetime(2026, 1, 31, 13, 5)), cell_text("007")
    ('2026-01-31', '2026-01-31 13:05:00', '007')
    """
    if cell is None or isinstance(cell, str):
        return "" if isinstance(cell, FormulaError) else cell or ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else f"{cell:%Y-%m-%d %H:%M:%S}"
    if not isinstance(cell, int | float):
        return str(cell)
    number = Decimal(repr(cell))
    if not number.is_finite() or abs(number) >= EXACT_BELOW:
        return repr(cell)
    return f"{round(number, 9).normalize():f}".replace("-0", "0", number == 0).replace(".", mark)


class SheetSource:
    """A sheet of an Excel workbook."""

    container = "xlsx"

    def __init__(self, path: Path) -> None:
        check_workbook(path)
        self.path = path
        with _calamine(path):
            self.workbook = CalamineWorkbook.from_path(path)
        self.facts: dict[str, str] = {}

    def beginnings(self, part: str | None) -> Iterator[Beginning]:
        """Yield the first rows of each sheet that can be seen."""
        for sheet in self.workbook.sheets_metadata:
            if part in (None, sheet.name) and sheet.visible == SheetVisibleEnum.Visible:
                rows = islice(self._rows(sheet.name), PREVIEW_LINES)
                texts = ((line, tuple(cell_text(cell) for cell in row)) for line, row in rows)
                yield Beginning(tuple(texts), sheet.name)

    def chunks(self, below: Below) -> Iterator[Chunk]:
        """Yield the records below the header."""
        self.facts["sheet"] = below.part
        others = [name for name in self.workbook.sheet_names if name != below.part]
        if others:
            self.facts["sheets_not_read"] = "; ".join(others)
        rows = self._rows(below.part)
        last = max(1, self._sheet(below.part).total_height)
        header = next((row for line, row in rows if line == below.header_line), [])
        while True:
            batch = list(islice(rows, ROWS_AT_ONCE))
            share = min(1.0, batch[-1][0] / last) if batch else 1.0
            yield _chunk_of(batch, below, header, share=share)
            if not batch:
                return

    def _rows(self, name: str) -> Iterator[tuple[int, list[Cell]]]:
        """Yield the rows that hold something, with their numbers as Excel shows them."""
        sheet = self._sheet(name)
        if sheet.start is None:
            return
        left = sheet.start[1]
        errors = formula_errors(self.path, name)
        failed_line, failed = next(errors, (0, {}))
        with _calamine(self.path):  # which leaves out empty columns at the left, but no rows
            for line, row in enumerate(sheet.iter_rows(), 1):
                cells = [""] * left + row
                if line == failed_line:
                    cells += [""] * (max(failed) + 1 - len(cells))
                    for column, error in failed.items():
                        cells[column] = FormulaError(error)
                    failed_line, failed = next(errors, (0, {}))
                yield line, cells

    def _sheet(self, name: str) -> CalamineSheet:
        with _calamine(self.path):
            return self.workbook.get_sheet_by_name(name)


def _chunk_of(
    batch: list[tuple[int, list[Cell]]], below: Below, header: list[Cell], *, share: float
) -> Chunk:
    lines: list[int] = []
    kept: list[list[str]] = []
    aside: list[Quarantined] = []
    for line, row in batch:
        cells = row + [""] * (below.width - len(row))
        failed = [each for each in below.wanted if isinstance(cells[each], FormulaError)]
        if failed:
            value = str(cells[failed[0]])
            aside.append(Quarantined(line, cell_text(header[failed[0]]).strip(), value, FAILED))
            continue
        if all(cell in ("", None) or isinstance(cell, FormulaError) for cell in cells):
            continue
        wanted = [cells[position] for position in below.wanted]
        inexact = next((cell for cell in wanted if _is_inexact(cell)), None)
        if inexact is not None:
            reason = (
                "A number has more than 15 digits, which Excel does not keep. "
                "Format the column as text before typing, and export again."
            )
            aside.append(Quarantined(line, None, repr(inexact), reason))
            continue
        lines.append(line)
        kept.append([cell_text(cell, below.mark) for cell in wanted])
    columns = [pa.array([row[i] for row in kept], pa.string()) for i in range(len(below.wanted))]
    blank = len(batch) - len(kept) - len(aside)
    return Chunk(pa.array(lines, pa.int64()), columns, share, aside, blank)


def _is_inexact(cell: Cell) -> bool:
    return isinstance(cell, float) and not abs(cell) < EXACT_BELOW


@contextmanager
def _calamine(path: Path) -> Iterator[None]:
    """Turn what the spreadsheet library says of a broken workbook into the error of this project.

    A panic in it is no Exception in Python's sense, and would end the whole refresh.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, CalamineError | OSError) or "Panic" in type(error).__name__:
            raise EncaisseError(
                f"The workbook cannot be read: {error}.",
                where=path.name,
                fix="open it in Excel, save it again as .xlsx, or export it as CSV",
            ) from error
        raise


@contextmanager
def _arrow(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a damaged Parquet file into the error of this project."""
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise EncaisseError(
            f"The Parquet file cannot be read: {' '.join(str(error).split()).rstrip('.')}.",
            where=path.name,
            fix="write it again",
        ) from error


class ParquetSource:
    """A Parquet file. It has no header line: its first record is line 1."""

    container = "parquet"

    def __init__(self, path: Path) -> None:
        self.facts: dict[str, str] = {}
        self.path = path
        with _arrow(path):
            self.file = pq.ParquetFile(path)
        if self.file.metadata.num_rows > MAX_PARQUET_ROWS:
            raise EncaisseError(
                f"The file claims {self.file.metadata.num_rows:,} rows.",
                where=path.name,
                fix="split it, one file for each year",
            )

    def beginnings(self, part: str | None) -> Iterator[Beginning]:
        """Yield the names of the columns and the first rows."""
        del part
        with _arrow(self.path):
            names = tuple(field.name for field in self.file.schema_arrow)
            batch = next(self.file.iter_batches(PREVIEW_LINES), None)
            columns = [_texts(column, ".").to_pylist() for column in batch.columns] if batch else []
        rows = enumerate(zip(*columns, strict=True), 1)
        yield Beginning(((0, names), *((line, tuple(row)) for line, row in rows)))

    def chunks(self, below: Below) -> Iterator[Chunk]:
        """Yield the records, batch by batch."""
        total, line = max(1, self.file.metadata.num_rows), 1
        with _arrow(self.path):
            for batch in self.file.iter_batches(ROWS_AT_ONCE):
                columns = [_texts(batch.column(position), below.mark) for position in below.wanted]
                lines = pa.array(range(line, line + len(batch)), pa.int64())
                line += len(batch)
                yield Chunk(lines, columns, min(1.0, line / total))
        yield Chunk(pa.array([], pa.int64()), [pa.array([], pa.string()) for _ in below.wanted], 1)


def _texts(column: pa.Array, mark: str) -> pa.Array:
    """Write a typed column as texts; null and the empty text are the same."""
    kind = column.type
    if pt.is_dictionary(kind):
        return _texts(column.dictionary_decode(), mark)
    if pt.is_floating(kind):
        return pa.array([cell_text(value, mark) for value in column.to_pylist()], pa.string())
    if pt.is_timestamp(kind):  # a business day is the day on the clock of who wrote it
        local = pc.local_timestamp(column) if kind.tz else column
        column = pc.strftime(local, "%Y-%m-%d %H:%M:%S")
    elif pt.is_decimal(kind):
        column = pc.replace_substring(column.cast(pa.string()), ".", mark)
    elif pt.is_nested(kind) or pt.is_binary(kind) or pt.is_large_binary(kind):
        column = pa.array([repr(value) for value in column.to_pylist()], pa.string())
    return pc.fill_null(column.cast(pa.string()), "")
