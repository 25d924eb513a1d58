"""Split lines of a FEC into columns, read these, and part the lines that cannot be read.

Columns are read as a whole while they are in the processor's cache. What is not in the usual form
is read value by value, strictly, and each different value once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.errors import EncaisseError
from pipelines.intake.fec_fields import Columns, Fields, Piece, mended, split
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
from pipelines.intake.fec_reasons import AMOUNTS
from pipelines.intake.fec_usual import tidy, usual_cents, usual_days
from pipelines.intake.reading import LANDING, MONEY
from pipelines.intake.text import WHITE_SPACE

LINES = pa.schema([("source_line", pa.int64()), ("line", pa.string())])
TABLE = LANDING["fec_lines"]

_NEEDED = ("journal_code", "entry_number", "account")


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
        separator, header = self.layout.separator, len(self.layout.names)
        fields, odd = split(piece, separator, self.width)
        if odd:
            whole = mended(piece, odd, separator, header, self.width)
            fields, odd = split(whole, separator, self.width)
        if odd or fields.bounds.shape[1] != len(piece.numbers):
            raise EncaisseError(
                f"Of {len(piece.numbers)} lines {fields.bounds.shape[1]} came back.",
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

    def _rows(self, numbers: np.ndarray, fields: Fields, is_bad: np.ndarray) -> pa.RecordBatch:
        """Read the fields of each column, adding to `is_bad` the rows that cannot be read."""
        columns: dict[str, pa.Array] = {"source_line": pa.array(numbers)}
        texts = self._texts(fields)
        columns |= {column: texts[name] for column, name in LINE_COLUMNS.items() if name in texts}
        if "currency" in columns:
            columns["currency"] = pc.utf8_upper(columns["currency"])
        for column in _NEEDED:
            if columns[column].null_count:
                is_bad |= columns[column].is_null().to_numpy(zero_copy_only=False)
        days = self._read(fields, DAY_COLUMNS.values(), usual_days, strict_days())
        for column, name in DAY_COLUMNS.items():
            if name in days:
                is_bad |= days[name].is_bad if column != "entry_on" else ~days[name].is_there
                columns[column] = _day_array(days[name])
        amounts = self._read(fields, AMOUNTS, usual_cents, strict_amounts())
        for each in amounts.values():
            is_bad |= each.is_bad
        if "Montant" in amounts:
            is_debit, is_credit = (_is_one_of(texts["Sens"], side) for side in (DEBIT, CREDIT))
            is_bad |= ~(is_debit | is_credit)
            columns["debit"] = _money(np.where(is_debit, amounts["Montant"].values, 0))
            columns["credit"] = _money(np.where(is_credit, amounts["Montant"].values, 0))
        else:
            columns["debit"] = _money(amounts["Debit"].values)
            columns["credit"] = _money(amounts["Credit"].values)
        if "Montantdevise" in amounts:
            in_currency = amounts["Montantdevise"]
            columns["currency_amount"] = _money(in_currency.values, in_currency.is_there)
        for number in range(len(self.layout.names), self.width):
            beyond = tidy(fields.columns([number]), np.zeros(1, bool))
            if beyond.null_count < len(beyond):
                is_bad |= beyond.is_valid().to_numpy(zero_copy_only=False)
        return pa.record_batch(
            [
                columns[each.name] if each.name in columns else pa.nulls(len(numbers), each.type)
                for each in TABLE
            ],
            schema=TABLE,
        )

    def _texts(self, fields: Fields) -> dict[str, pa.StringArray]:
        """Return the columns that are text, by their lawful names."""
        names = self._in_file({*LINE_COLUMNS.values(), "Sens"})
        may_be_blank = np.array([name in MAY_BE_BLANK for name in names])
        texts = tidy(self._columns(fields, names), may_be_blank)
        count = len(texts) // len(names)
        return {name: texts[n * count : (n + 1) * count] for n, name in enumerate(names)}

    def _read(
        self,
        fields: Fields,
        wanted: Iterable[str],
        usual: Callable[[Columns], tuple[np.ndarray, np.ndarray]],
        question: str,
    ) -> dict[str, _Read]:
        """Return columns of days or amounts, by their lawful names."""
        names = self._in_file(wanted)
        columns = self._columns(fields, names)
        values, is_usual = usual(columns)
        read = self._strictly(columns, question, _Read(values, is_usual, ~is_usual))
        each = (part.reshape(len(names), -1) for part in read)
        return {name: _Read(*one) for name, *one in zip(names, *each, strict=True)}

    def _in_file(self, names: Iterable[str]) -> list[str]:
        """Return those of some columns that the file has, in its order."""
        place = self.layout.position
        return sorted((name for name in names if name in place), key=place.__getitem__)

    def _columns(self, fields: Fields, names: list[str]) -> Columns:
        """Return columns together: what is done to all of them at once costs less."""
        return fields.columns([self.layout.position[name] - 1 for name in names])

    def _strictly(self, columns: Columns, question: str, usual: _Read) -> _Read:
        """Read what is there and was not usual, each different value once."""
        is_there, is_bad = usual.is_there, usual.is_bad
        is_bad &= (columns.ends > columns.starts).ravel()
        if not is_bad.any():
            return usual
        rows = np.flatnonzero(is_bad)
        unusual = columns.texts_at(rows).dictionary_encode()
        places = pa.array(np.arange(len(unusual.dictionary)))
        with self.con.cursor() as cursor:
            cursor.register("texts", pa.table({"place": places, "text": unusual.dictionary}))
            answer = cursor.sql(question).to_arrow_table().combine_chunks()
        values, is_unreadable = (each.chunk(0).take(unusual.indices) for each in answer.columns)
        is_there[rows] = values.is_valid().to_numpy(zero_copy_only=False)
        usual.values[rows] = _plain(values)
        is_bad[rows] = is_unreadable.to_numpy(zero_copy_only=False)
        return usual


def _lines(rows: list[tuple[int, str]]) -> pa.RecordBatch:
    numbers = pa.array([number for number, _ in rows], pa.int64())
    return pa.record_batch([numbers, pa.array([line for _, line in rows], pa.string())], LINES)


def _is_one_of(texts: pa.StringArray, values: tuple[str, ...]) -> np.ndarray:
    return pc.is_in(texts, value_set=pa.array(values)).to_numpy(zero_copy_only=False)


def _plain(values: pa.Array) -> np.ndarray:
    """Return days as numbers, or amounts in cents; whatever where there is none."""
    if pa.types.is_date32(values.type):
        return values.view(pa.int32()).fill_null(0).to_numpy()
    return cents(values)


def _day_array(days: _Read) -> pa.Array:
    valid = None if days.is_there.all() else _bits(days.is_there)
    return pa.Array.from_buffers(pa.date32(), len(days.values), [valid, pa.py_buffer(days.values)])


def _bits(is_there: np.ndarray) -> pa.Buffer:
    """Return which values there are as Arrow keeps it."""
    return pa.py_buffer(np.packbits(is_there, bitorder="little"))


def _money(amounts: np.ndarray, is_there: np.ndarray | None = None) -> pa.Array:
    """Return cents as DECIMAL(18, 2)."""
    halves = np.empty((len(amounts), 2), np.int64)
    halves[:, 0] = amounts
    halves[:, 1] = amounts >> 63
    valid = None if is_there is None else _bits(is_there)
    return pa.Array.from_buffers(MONEY, len(amounts), [valid, pa.py_buffer(halves)])


def cents(amounts: pa.Array) -> np.ndarray:
    """Return DECIMAL(18, 2) as cents. Arrow keeps 128 bits, of which the lower half says it all."""
    halves = np.frombuffer(amounts.buffers()[1], np.int64).reshape(-1, 2)
    return halves[amounts.offset : amounts.offset + len(amounts), 0]
