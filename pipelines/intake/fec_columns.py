"""Split lines of a FEC into columns, read these, and part the lines that cannot be read.

Columns are read as a whole while they are in the processor's cache. What is not in the usual form
is read value by value, strictly, and each different value once.
"""

from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from models.errors import EncaisseError
from pipelines.intake.fec_header import Layout
from pipelines.intake.fec_parse import (
    CREDIT,
    DAY_COLUMNS,
    DEBIT,
    LINE_COLUMNS,
    LONGEST,
    MAY_BE_BLANK,
    strict_amounts,
    strict_days,
)
from pipelines.intake.fec_usual import tidy, usual_cents, usual_days
from pipelines.intake.reading import LANDING, MONEY
from pipelines.intake.text import WHITE_SPACE

LINES = pa.schema([("source_line", pa.int64()), ("line", pa.string())])
TABLE = LANDING["fec_lines"]

_BYTE_ORDER_MARK = "\ufeff".encode()
_NEEDED = ("journal_code", "entry_number", "account")


class Piece(NamedTuple):
    """Some lines of a FEC, the header not among them.

    Attributes:
        numbers: Of each line.
        data: The lines as UTF-8, each ended by LF or CR LF.
        ends: Where in `data` the LFs are.
    """

    numbers: np.ndarray
    data: np.ndarray
    ends: np.ndarray

    def line(self, place: int) -> str:
        """Return the text of a line, without its end."""
        start = self.ends[place - 1] + 1 if place else 0
        return self.data[start : self.ends[place]].tobytes().decode().removesuffix("\r")

    def is_too_long(self) -> np.ndarray:
        """Say of each line whether, with its end, it has more bytes than one that is read."""
        lengths = np.diff(self.ends, prepend=-1)
        if not (lengths > LONGEST).any():
            return np.zeros(len(lengths), bool)
        return lengths - (self.data[self.ends - 1] == ord("\r")) > LONGEST


class Parted(NamedTuple):
    """What lines came to: each of them is in one of these, once.

    Attributes:
        good: Rows of the landing table.
        spoilt: Rows of `LINES` that cannot be read, the lines ended by a separator. What a line has
            beyond the longest that is read may be missing.
        blank: Lines with nothing on them.
    """

    good: pa.RecordBatch
    spoilt: pa.RecordBatch
    blank: int


class _Read(NamedTuple):
    """Values of a column in cents or days, and in which rows there is one, or one that is bad."""

    values: np.ndarray
    is_there: np.ndarray
    is_bad: np.ndarray


@dataclass(frozen=True)
class Parter:
    """Reads the lines of one file. Several threads may use it at once.

    Attributes:
        con: A database to ask strict questions of.
        layout: Where the columns are.
        width: Fields of most lines. Those beyond the header's are empty in a good line.
    """

    con: duckdb.DuckDBPyConnection
    layout: Layout
    width: int

    def part(self, piece: Piece) -> Parted:
        """Read lines.

        Raises:
            EncaisseError: A line was lost on the way.
        """
        fields, odd = self._split(piece)
        if odd:
            fields, odd = self._split(self._mended(piece, odd))
        if odd or len(fields["0"]) != len(piece.ends):
            raise EncaisseError(
                f"Of {len(piece.ends)} lines {len(fields['0'])} came back.",
                where="the FEC reader",
                fix="report this as a defect, with the file: no line may be lost",
            )
        is_bad = piece.is_too_long()
        rows = self._rows(piece.numbers, fields, is_bad)
        if not is_bad.any():
            return Parted(rows, _lines([]), 0)
        end = self.layout.separator
        bad = np.flatnonzero(is_bad).tolist()
        spoilt = [(int(piece.numbers[place]), piece.line(place) + end) for place in bad]
        spoilt = [(n, line[: LONGEST + 1]) for n, line in spoilt if line.strip(end + WHITE_SPACE)]
        return Parted(rows.filter(pa.array(~is_bad)), _lines(spoilt), len(bad) - len(spoilt))

    def _split(self, piece: Piece) -> tuple[dict[str, pa.StringArray], list[int]]:
        """Split lines into fields, called by their number; say which have not `width` of them.

        A line with nothing on it has only empty fields.
        """
        odd: list[int] = []

        def leave_out(row: csv.InvalidRow) -> str:
            odd.append(row.number - 1)
            return "skip"

        data = piece.data
        if data[:3].tobytes() == _BYTE_ORDER_MARK:  # the parser takes one off
            data = np.concatenate([data[:3], data])
        names = [str(number) for number in range(self.width)]
        table = csv.read_csv(
            pa.py_buffer(data),
            read_options=csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, column_names=names
            ),
            parse_options=csv.ParseOptions(
                delimiter=self.layout.separator,
                quote_char=False,
                escape_char=False,
                ignore_empty_lines=False,
                invalid_row_handler=leave_out,
            ),
            convert_options=csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(number) for number in self._looked_at()],
            ),
        )
        columns = zip(table.column_names, table.columns, strict=True)
        return {name: _empty_as_null(column) for name, column in columns}, odd

    def _looked_at(self) -> list[int]:
        """Return the fields that are used, and those that must be empty, counted from 0."""
        used = {0} | {number - 1 for number in self.layout.position.values()}
        return sorted(used | set(range(len(self.layout.names), self.width)))

    def _mended(self, piece: Piece, odd: list[int]) -> Piece:
        """Give some lines their number of fields, or leave nothing of them.

        Only separators at the end of a line may be more or fewer than in the others.
        """
        lines = piece.data.tobytes().split(b"\n")[:-1]
        separator, count = self.layout.separator, len(self.layout.names)
        for place in odd:
            fields = piece.line(place).split(separator)
            is_whole = len(fields) >= count and not "".join(fields[count:]).strip(WHITE_SPACE)
            kept = fields[:count] + [""] * (self.width - count) if is_whole else []
            lines[place] = separator.join(kept).encode()
        data = np.frombuffer(b"".join(line + b"\n" for line in lines), np.uint8)
        return Piece(piece.numbers, data, np.flatnonzero(data == ord("\n")))

    def _rows(
        self, numbers: np.ndarray, fields: dict[str, pa.StringArray], is_bad: np.ndarray
    ) -> pa.RecordBatch:
        """Read the fields of each column, adding to `is_bad` the rows that cannot be read."""
        place = {name: str(number - 1) for name, number in self.layout.position.items()}
        columns: dict[str, pa.Array] = {"source_line": pa.array(numbers)}
        for column, name in LINE_COLUMNS.items():
            if name in place:
                text = tidy(fields[place[name]], may_be_blank=name in MAY_BE_BLANK)
                columns[column] = pc.utf8_upper(text) if column == "currency" else text
        for column in _NEEDED:
            if columns[column].null_count:
                is_bad |= columns[column].is_null().to_numpy(zero_copy_only=False)
        for column, name in DAY_COLUMNS.items():
            if name in place:
                days = self._days(fields[place[name]])
                is_bad |= days.is_bad if column != "entry_on" else ~days.is_there
                columns[column] = _day_array(days)
        if "Debit" in place:
            for column, name in (("debit", "Debit"), ("credit", "Credit")):
                amounts = self._amounts(fields[place[name]])
                is_bad |= amounts.is_bad
                columns[column] = _money(amounts.values)
        else:
            amounts = self._amounts(fields[place["Montant"]])
            sides = tidy(fields[place["Sens"]], may_be_blank=False)
            is_debit, is_credit = (_is_one_of(sides, side) for side in (DEBIT, CREDIT))
            is_bad |= amounts.is_bad | ~(is_debit | is_credit)
            columns["debit"] = _money(np.where(is_debit, amounts.values, 0))
            columns["credit"] = _money(np.where(is_credit, amounts.values, 0))
        if "Montantdevise" in place:
            amounts = self._amounts(fields[place["Montantdevise"]])
            is_bad |= amounts.is_bad
            columns["currency_amount"] = _money(amounts.values, amounts.is_there)
        for number in range(len(self.layout.names), self.width):
            beyond = tidy(fields[str(number)], may_be_blank=False)
            if beyond.null_count < len(beyond):
                is_bad |= beyond.is_valid().to_numpy(zero_copy_only=False)
        return pa.record_batch(
            [
                columns[each.name] if each.name in columns else pa.nulls(len(numbers), each.type)
                for each in TABLE
            ],
            schema=TABLE,
        )

    def _days(self, column: pa.StringArray) -> _Read:
        days, is_usual = usual_days(column)
        return self._strictly(column, strict_days(), _Read(days, is_usual, ~is_usual))

    def _amounts(self, column: pa.StringArray) -> _Read:
        cents, is_usual = usual_cents(column)
        return self._strictly(column, strict_amounts(), _Read(cents, is_usual, ~is_usual))

    def _strictly(self, column: pa.StringArray, question: str, usual: _Read) -> _Read:
        """Read what is there and was not usual, each different value once."""
        is_there, is_bad = usual.is_there, usual.is_bad
        if column.null_count:
            is_bad &= column.is_valid().to_numpy(zero_copy_only=False)
        if not is_bad.any():
            return usual
        unusual = column.filter(pa.array(is_bad)).dictionary_encode()
        places = pa.array(np.arange(len(unusual.dictionary)))
        with self.con.cursor() as cursor:
            cursor.register("texts", pa.table({"place": places, "text": unusual.dictionary}))
            answer = cursor.sql(question).to_arrow_table().combine_chunks()
        values, is_unreadable = (each.chunk(0).take(unusual.indices) for each in answer.columns)
        rows = np.flatnonzero(is_bad)
        is_there[rows] = values.is_valid().to_numpy(zero_copy_only=False)
        usual.values[rows] = _plain(values)
        is_bad[rows] = is_unreadable.to_numpy(zero_copy_only=False)
        return usual


def _lines(rows: list[tuple[int, str]]) -> pa.RecordBatch:
    numbers = pa.array([number for number, _ in rows], pa.int64())
    return pa.record_batch([numbers, pa.array([line for _, line in rows], pa.string())], LINES)


def _empty_as_null(column: pa.ChunkedArray) -> pa.StringArray:
    """Make what is empty null, which costs the parser more for each field."""
    texts = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    _, bounds, data = texts.buffers()
    ends = np.frombuffer(bounds, np.int32)[: len(texts) + 1]
    is_there = ends[1:] > ends[:-1]
    if is_there.all():
        return texts
    valid = pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.StringArray.from_buffers(len(texts), bounds, data, valid)


def _is_one_of(texts: pa.StringArray, values: tuple[str, ...]) -> np.ndarray:
    return pc.is_in(texts, value_set=pa.array(values)).to_numpy(zero_copy_only=False)


def _plain(values: pa.Array) -> np.ndarray:
    """Return days as numbers, or amounts in cents; whatever where there is none."""
    if pa.types.is_date32(values.type):
        return values.view(pa.int32()).fill_null(0).to_numpy()
    return cents(values)


def _day_array(days: _Read) -> pa.Array:
    if days.is_there.all():
        return pa.array(days.values).view(pa.date32())
    return pa.array(days.values, mask=~days.is_there).view(pa.date32())


def _money(amounts: np.ndarray, is_there: np.ndarray | None = None) -> pa.Array:
    """Return cents as DECIMAL(18, 2)."""
    halves = np.empty((len(amounts), 2), np.int64)
    halves[:, 0] = amounts
    halves[:, 1] = amounts >> 63
    valid = None
    if is_there is not None:
        valid = pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(MONEY, len(amounts), [valid, pa.py_buffer(halves)])


def cents(amounts: pa.Array) -> np.ndarray:
    """Return DECIMAL(18, 2) as cents. Arrow keeps 128 bits, of which the lower half says it all."""
    halves = np.frombuffer(amounts.buffers()[1], np.int64).reshape(-1, 2)
    return halves[amounts.offset : amounts.offset + len(amounts), 0]
