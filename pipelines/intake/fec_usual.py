"""Read whole columns of a FEC at once, where they are written as nearly all are.

A day is eight digits, an amount is digits, a comma or a dot, and two digits. That, and nothing
else, is read here, by arithmetic on bytes. What is not in this form is pointed out, and is for
`fec_parse` to read strictly: this can be fast because it may always say no.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.text import WHITE_SPACE

_FIRST_DAY, _END = 19_000_101, 21_000_101  # as YYYYMMDD
_EPOCH = np.int32(1 + (np.datetime64("1970-01-01") - np.datetime64("1900-01-01")).astype(int))
_SHORTEST, _LONGEST = 4, 18  # characters of an amount: `0,00`, and what 64 bits surely hold
_MARKS = np.zeros(256, bool)
_MARKS[[ord(","), ord(".")]] = True

# Bytes that white space begins or ends with. Letters do so too (`à` ends with A0), so that
# this only says where to look.
_EDGES = np.zeros(256, bool)
_EDGES[[byte for space in WHITE_SPACE for byte in (space.encode()[0], space.encode()[-1])]] = True


class Days(NamedTuple):
    """Days since 1970-01-01, and in which rows there is one in the usual form."""

    days: np.ndarray
    is_usual: np.ndarray


class Cents(NamedTuple):
    """Amounts in cents, and in which rows there is one in the usual form."""

    cents: np.ndarray
    is_usual: np.ndarray


class _Bytes(NamedTuple):
    """The bytes of a text column, one value after the other."""

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        return self.ends - self.starts


def usual_days(column: pa.StringArray) -> Days:
    """Read days that are written YYYYMMDD, from 1900 to 2099, and are in the calendar."""
    text = _bytes(column)
    found = Days(np.zeros(len(column), np.int32), np.zeros(len(column), bool))
    has_eight = text.lengths == 8
    count = np.count_nonzero(has_eight)
    if not count:
        return found
    data = text.data
    if len(data) != 8 * count:  # there are values of other lengths in between
        data = data.take(text.starts[has_eight][:, None] + np.arange(8)).ravel()
    # The eight characters of a day are one number of 64 bits, the first of them its lowest byte:
    # digits are joined to pairs, pairs to fours, and these to one number, each in one step.
    digits = data.view("<u8") ^ np.uint64(0x3030303030303030)
    beyond = (digits | (digits + np.uint64(0x0606060606060606))) & np.uint64(0xF0F0F0F0F0F0F0F0)
    pairs = (digits * np.uint64((10 << 8) + 1) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64((100 << 16) + 1) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    number = fours * np.uint64((10_000 << 32) + 1) >> np.uint64(32)
    # What lies before the first day is, without a sign, far beyond the last.
    place = np.where(beyond == 0, number, 0) - np.uint64(_FIRST_DAY)
    day = _calendar().take(np.minimum(place, _END - _FIRST_DAY).astype(np.intp))
    if count == len(column):
        return Days(day - _EPOCH, day != 0)
    found.days[has_eight] = day - _EPOCH
    found.is_usual[has_eight] = day != 0
    return found


@cache
def _calendar() -> np.ndarray:
    """Return, for each YYYYMMDD from the first on, its day counted from 1; 0 where there is none.

    Only what is asked for is ever in memory: the rest of it are zeros, which no page stands for.
    """
    days = np.arange("1900-01-01", "2100-01-01", dtype="datetime64[D]")
    year = days.astype("datetime64[Y]").astype(int) + 1970
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(int) + 1
    table = np.zeros(_END - _FIRST_DAY + 1, np.int32)
    table[year * 10_000 + month * 100 + day - _FIRST_DAY] = np.arange(1, len(days) + 1)
    return table


def usual_cents(column: pa.StringArray) -> Cents:
    """Read amounts that are written with digits, a comma or a dot, and two more digits.

    A minus sign may stand first, as it does in the currency of a credit.
    """
    text = _bytes(column)
    if not len(text.data):
        return Cents(np.zeros(len(column), np.int64), np.zeros(len(column), bool))
    is_digit = text.data - np.uint8(ord("0")) < 10
    others = len(text.data) - np.count_nonzero(is_digit)
    is_negative = (text.lengths > 0) & (text.data.take(text.starts, mode="clip") == ord("-"))
    lengths = text.lengths - is_negative
    is_usual = (lengths >= _SHORTEST) & (lengths <= _LONGEST)
    marks = text.ends[is_usual] - 3
    if len(marks) != others or not _MARKS.take(text.data.take(marks)).all():
        # Not every value is usual, or empty: count the other characters of each.
        count = np.concatenate([[0], np.cumsum(~is_digit, dtype=np.int32)])
        is_usual &= count[text.ends] - count[text.starts] - is_negative == 1
        is_usual[is_usual] = _MARKS[text.data[text.ends[is_usual] - 3]]
    found = Cents(np.zeros(len(column), np.int64), is_usual)
    if is_usual.any():
        kept = is_digit
        if np.count_nonzero(is_usual) != np.count_nonzero(lengths):
            kept = is_digit & np.repeat(is_usual, text.lengths)
        found.cents[is_usual] = _numbers(text.data[kept], lengths[is_usual] - 1)
        found.cents[is_negative] *= -1
    return found


def _numbers(digits: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Read digits as numbers of these lengths, one after the other."""
    bounds = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=bounds[1:])
    texts = pa.StringArray.from_buffers(len(lengths), pa.py_buffer(bounds), pa.py_buffer(digits))
    return pc.cast(texts, pa.int64()).to_numpy()


def tidy(column: pa.StringArray, *, may_be_blank: bool) -> pa.StringArray:
    """Cut white space off the values of a column; those with nothing in them become null.

    Args:
        column: As it stands in the file; what is empty is null already.
        may_be_blank: A dash stands for nothing, as some write where the law allows a blank.
    """
    text = _bytes(column)
    if not len(text.data):
        return column
    first = text.data.take(text.starts, mode="clip")
    looks_odd = _EDGES.take(first)
    looks_odd |= _EDGES.take(text.data.take(text.ends - 1, mode="clip"))
    if may_be_blank:
        looks_odd |= first == ord("-")
    looks_odd &= text.lengths > 0
    if not looks_odd.any():
        return column
    looked_at = pc.utf8_trim(column.filter(looks_odd), WHITE_SPACE)
    nothing = ["", "-"] if may_be_blank else [""]
    is_nothing = pc.is_in(looked_at, value_set=pa.array(nothing))
    values = pc.if_else(is_nothing, pa.scalar(None, pa.string()), looked_at)
    return pc.replace_with_mask(column, pa.array(looks_odd), values)


def _bytes(column: pa.StringArray) -> _Bytes:
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    held = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    places = bounds.astype(np.intp) - bounds[0]
    return _Bytes(held[bounds[0] : bounds[-1]], places[:-1], places[1:])
