"""Find the fields of FEC lines: between which bytes of the file each of them stands.

A FEC has no quotes, so that every separator parts two fields. All of them are looked up at once,
and nothing is copied until somebody asks for the text of a column.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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


class Columns(NamedTuple):
    """Some fields of every line: bytes of `data` from a start up to, and without, an end.

    `starts` and `ends` have a row for each of the columns, which follow each other as in the file.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def texts(self) -> pa.StringArray:
        """Return the fields as texts, one column after the other. What is empty is null."""
        columns, lines = self.starts.shape
        # To Arrow a text ends where the next begins: every second one is what lies in between,
        # as long as the fields are in the order of the file.
        count = 2 * columns * lines
        offsets = np.empty(count + 1, np.int32)
        bounds = offsets[:-1].reshape(lines, columns, 2)
        bounds[:, :, 0], bounds[:, :, 1] = self.starts.T, self.ends.T
        offsets[-1] = self.ends[-1, -1]
        both = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(self.data))
        first, step = (np.arange(0, end, 2, dtype=np.int32) for end in (2 * columns, 2 * lines))
        places = np.add.outer(first, step * columns)
        texts = pc.take(both, pa.array(places.ravel()), boundscheck=False)
        valid = np.packbits(self.ends > self.starts, bitorder="little")
        return pa.StringArray.from_buffers(len(texts), *texts.buffers()[1:], pa.py_buffer(valid))

    def texts_at(self, places: np.ndarray) -> pa.StringArray:
        """Return some of the fields, which are not empty, as texts."""
        starts, ends = self.starts.ravel()[places], self.ends.ravel()[places]
        order = np.argsort(starts)
        texts = Columns(self.data, starts[None, order], ends[None, order]).texts()
        return texts.take(pa.array(np.argsort(order)))


class Fields(NamedTuple):
    """All fields of some lines.

    `bounds` has a row for each separator, and one more before and behind them: what stands between
    the n-th and the next of them is the n-th field, counted from 0.
    """

    data: np.ndarray
    bounds: np.ndarray

    def columns(self, numbers: list[int]) -> Columns:
        """Return some fields, counted from 0 and in that order, of every line."""
        behind = [number + 1 for number in numbers]
        return Columns(self.data, self.bounds[numbers] + 1, self.bounds[behind])


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
