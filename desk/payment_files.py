"""Read a file of planned payments: which day, how much, of whom, for what.

Nothing is guessed. A line that can be read in two ways is a bad line, and so is one that cannot be
read; each is told with its line, its column and the reason.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from desk.money import LARGEST_CENTS
from models.errors import EncaisseError

MOST_BYTES = 20 << 20
MOST_UNPACKED_BYTES = 200 << 20
MOST_LINES = 50_000
MOST_LETTERS = 500

HEADERS = {
    "date": ("date", "paid on", "payment date", "due date", "echeance", "date de paiement"),
    "amount": ("amount", "montant"),
    "currency": ("currency", "devise"),
    "entity": ("entity", "entite", "societe"),
    "label": ("label", "libelle", "description", "reference"),
}
"""The columns, and what a file may call them: letters without accents, any case."""

NEEDED = ("date", "amount")


class PlannedRow(NamedTuple):
    """A payment that is planned; `cents` are positive: money that we pay out."""

    line: int
    paid_on: date
    cents: int
    currency: str
    entity_id: str
    label: str


class BadLine(NamedTuple):
    """What cannot be read, where it stands and why."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class PaymentFile:
    """What a file holds. It can be imported if no line is bad and there is at least one row."""

    rows: list[PlannedRow]
    bad: list[BadLine]


def read_payments(
    name: str, content: bytes, *, entities: Sequence[str], entity_id: str, currency: str
) -> PaymentFile:
    """Read a CSV or XLSX file of planned payments.

    The first line names the columns (`HEADERS`); a date and an amount are needed. Days are written
    2026-03-31 or 31/03/2026, amounts 1234.56 or 1 234,56.

    Args:
        name: The file's name; it ends in .csv or .xlsx.
        content: Its bytes.
        entities: The entities that there are; a line may name no other.
        entity_id: Whose payments they are, where the file has no such column.
        currency: In which currency, where the file has no such column.

    Raises:
        EncaisseError: It is no such file at all.
    """
    if len(content) > MOST_BYTES:
        raise _no_file(name, "is larger than 20 MB", "split it")
    if name.lower().endswith(".xlsx"):
        lines = _sheet_lines(name, content)
    elif name.lower().endswith(".csv"):
        lines = _csv_lines(name, content)
    else:
        raise _no_file(name, "is neither .csv nor .xlsx", "export it as one of these")
    header = next(lines, None)
    if header is None:
        raise _no_file(name, "is empty", "begin it with a line that names the columns")
    places = _places(name, header[1])
    rows: list[PlannedRow] = []
    bad: list[BadLine] = []
    for line, cells in lines:
        if not any(str(cell).strip() for cell in cells):
            continue
        if len(rows) + len(bad) >= MOST_LINES:
            raise _no_file(name, f"has more than {MOST_LINES} lines", "split it")
        read = _Line(line, cells, places)
        row = PlannedRow(
            line,
            read.day(),
            read.cents(),
            read.code(currency),
            read.entity(entities, entity_id),
            read.label(),
        )
        if read.bad:
            bad.extend(read.bad)
        else:
            rows.append(row)
    return PaymentFile(rows, bad)


class _Line:
    """One line, read cell by cell; what is wrong with it is kept in `bad`."""

    def __init__(self, line: int, cells: Sequence[Any], places: dict[str, tuple[int, str]]) -> None:
        self.line = line
        self.bad: list[BadLine] = []
        self._cells = cells
        self._places = places

    def day(self) -> date:
        """Read the day."""
        value = self._cell("date")
        if isinstance(value, datetime) and value.time() == time():
            return value.date()
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                return date.fromisoformat(text)
            if found := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text):
                return date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            return self._is_bad("date", "there is no such day", date.min)
        return self._is_bad("date", "write it as 2026-03-31 or 31/03/2026", date.min)

    def cents(self) -> int:
        """Read the amount."""
        value = self._cell("amount")
        if isinstance(value, float | int) and not isinstance(value, bool):
            text = str(round(Decimal(repr(value)), 9))  # a binary 12.3 is 12.3
        else:
            text = re.sub("[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", "", str(value))
            if re.fullmatch(r"-?\d{1,3}[.,]\d{3}", text):
                return self._is_bad("amount", "thousands or decimals? write 1234.56", 0)
            if re.fullmatch(r"-?\d{1,3}(\.\d{3})+,\d{1,2}", text):
                text = text.replace(".", "")
            elif re.fullmatch(r"-?\d{1,3}(,\d{3})+\.\d{1,2}", text):
                text = text.replace(",", "")
            text = text.replace(",", ".")
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            return self._is_bad("amount", "it is no amount; write 1234.56 or 1 234,56", 0)
        cents = Decimal(text) * 100
        if cents != int(cents):
            return self._is_bad("amount", "it has more than two decimals", 0)
        if not 0 < cents < LARGEST_CENTS:
            return self._is_bad("amount", "a payment is an amount above zero", 0)
        return int(cents)

    def code(self, otherwise: str) -> str:
        """Read the currency."""
        text = str(self._cell("currency", otherwise)).strip().upper()
        if not re.fullmatch(r"[A-Z]{3}", text):
            return self._is_bad("currency", "write it as EUR or USD", otherwise)
        return text

    def entity(self, entities: Sequence[str], otherwise: str) -> str:
        """Read whose payment it is."""
        value = self._cell("entity", otherwise)
        text = str(int(value)) if isinstance(value, float) and value == int(value) else str(value)
        text = text.strip()
        if text not in entities:
            return self._is_bad("entity", f"it is none of {', '.join(entities)}", otherwise)
        return text

    def label(self) -> str:
        """Read what it is for."""
        text = " ".join(str(self._cell("label", "")).split())
        if len(text) > MOST_LETTERS or not text.isprintable():
            return self._is_bad("label", "it is too long, or cannot be shown", "")
        return text

    def _cell(self, column: str, otherwise: Any = "") -> Any:
        place, _ = self._places.get(column, (None, ""))
        if place is None:
            return otherwise
        return self._cells[place] if place < len(self._cells) else ""

    def _is_bad(self, column: str, reason: str, instead: Any) -> Any:
        _, header = self._places.get(column, (0, column))
        value = str(self._cell(column))[:MOST_LETTERS]
        self.bad.append(BadLine(self.line, header, value, reason if value else "it is missing"))
        return instead


def _places(name: str, header: Sequence[Any]) -> dict[str, tuple[int, str]]:
    """Return where each of our columns stands, and what the file calls it."""
    places: dict[str, tuple[int, str]] = {}
    for place, cell in enumerate(header):
        words = _plain(str(cell))
        ours = next((column for column, names in HEADERS.items() if words in names), None)
        if ours in places:
            raise _no_file(name, f"has two columns of {ours}", "leave one of them out")
        if ours is not None:
            places[ours] = (place, str(cell).strip())
    lacking = [column for column in NEEDED if column not in places]
    if lacking:
        raise _no_file(
            name,
            f"has no column {' and none of '.join(lacking)}",
            "begin it with a line such as date;amount;currency;entity;label",
        )
    return places


_ACCENTS = str.maketrans("àâäçéèêëîïôöùûü", "aaaceeeeiioouuu")


def _plain(text: str) -> str:
    return " ".join(text.lower().translate(_ACCENTS).replace("_", " ").split())


def _csv_lines(name: str, content: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise _no_file(name, "is not text", "export it as CSV, UTF-8")
    first = text.split("\n", 1)[0]
    delimiter = max(";\t,", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        before = 1
        for cells in rows:
            yield before, cells
            before = rows.line_num + 1
    except csv.Error as error:
        raise _no_file(
            name, f"breaks at line {rows.line_num}: {error}", "export it again"
        ) from error


def _sheet_lines(name: str, content: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > MOST_UNPACKED_BYTES:
                raise _no_file(name, "is far larger than it looks", "export it as CSV")
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except EncaisseError:
        raise
    except BaseException as error:  # a panic in the library is no Exception
        if isinstance(error, CalamineError | OSError | zipfile.BadZipFile) or (
            "Panic" in type(error).__name__
        ):
            raise _no_file(name, "is no workbook", "save it again as .xlsx, or as CSV") from error
        raise
    yield from enumerate(rows, 1)


def _no_file(name: str, what: str, fix: str) -> EncaisseError:
    return EncaisseError(f"The file {what}, so nothing was imported.", where=name, fix=fix)
