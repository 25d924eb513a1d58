"""Find the fields of FEC lines: between which bytes of the file each of them stands.

A FEC has no quotes, so that every separator parts two fields. All of them are looked up at once,
and nothing is copied until somebody asks for the text of a column.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.intake.fec_parse import LONGEST
from pipelines.intake.text import WHITE_SPACE


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


class Column(NamedTuple):
    """A field of every line: bytes of `data` from a start up to, and without, an end."""

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def texts(self) -> pa.StringArray:
        """Return the fields as texts. What is empty is null."""
        count = len(self.starts)
        is_there = self.ends > self.starts
        if not is_there.any():
            return pa.nulls(count, pa.string())
        # To Arrow a text ends where the next begins: every second one is what lies in between.
        bounds = np.empty(2 * count + 1, np.int32)
        bounds[:-1:2], bounds[1::2], bounds[-1] = self.starts, self.ends, self.ends[-1]
        both = pa.StringArray.from_buffers(2 * count, pa.py_buffer(bounds), pa.py_buffer(self.data))
        texts = both.take(pa.array(np.arange(0, 2 * count, 2, dtype=np.int32)))
        if is_there.all():
            return texts
        valid = pa.py_buffer(np.packbits(is_there, bitorder="little"))
        return pa.StringArray.from_buffers(count, *texts.buffers()[1:], valid)

    def only(self, rows: np.ndarray) -> "Column":
        """Return the fields of some lines."""
        return Column(self.data, self.starts[rows], self.ends[rows])


class Fields(NamedTuple):
    """All fields of some lines.

    `bounds` has a row for each separator, and one more before and behind them: what stands between
    the n-th and the next of them is the n-th field, counted from 0.
    """

    data: np.ndarray
    bounds: np.ndarray

    def column(self, number: int) -> Column:
        """Return one field of every line, counted from 0."""
        return Column(self.data, self.bounds[number] + 1, self.bounds[number + 1])


def split(piece: Piece, separator: str, width: int) -> tuple[Fields, list[int]]:
    """Split lines into fields; say which have not `width` of them.

    Where there are such lines, there are no fields, until somebody has mended these.
    """
    marks = np.flatnonzero(piece.data == ord(separator))
    odd = _odd(marks, piece.ends, width)
    if len(odd):
        return Fields(piece.data, np.empty((0, 0), np.int32)), odd.tolist()
    bounds = np.empty((width + 1, len(piece.ends)), np.int32)
    bounds[0, 0], bounds[0, 1:] = -1, piece.ends[:-1]
    bounds[1:-1] = marks.reshape(-1, width - 1).T
    bounds[-1] = piece.ends - (piece.data.take(piece.ends - 1, mode="clip") == ord("\r"))
    return Fields(piece.data, bounds), []


def _odd(marks: np.ndarray, ends: np.ndarray, width: int) -> np.ndarray:
    """Return which lines have not as many separators as `width` fields have between them."""
    if len(marks) == len(ends) * (width - 1):
        each = marks.reshape(-1, width - 1)
        if (each[:, -1] < ends).all() and (each[1:, 0] > ends[:-1]).all():
            return np.empty(0, np.intp)
    counts = np.diff(np.searchsorted(marks, ends), prepend=0)
    return np.flatnonzero(counts != width - 1)


def mended(piece: Piece, odd: list[int], separator: str, count: int, width: int) -> Piece:
    """Give some lines `width` fields, or leave nothing in them.

    Only separators at the end of a line, beyond the `count` fields of the header, may be more or
    fewer than in the others.
    """
    lines = piece.data.tobytes().split(b"\n")[:-1]
    for place in odd:
        fields = piece.line(place).split(separator)
        is_whole = len(fields) >= count and not "".join(fields[count:]).strip(WHITE_SPACE)
        kept = fields[:count] if is_whole else []
        lines[place] = separator.join(kept + [""] * (width - len(kept))).encode()
    data = np.frombuffer(b"".join(line + b"\n" for line in lines), np.uint8)
    return Piece(piece.numbers, data, np.flatnonzero(data == ord("\n")))
