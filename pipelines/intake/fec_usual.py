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

from pipelines.intake.fec_fields import Columns
from pipelines.intake.text import WHITE_SPACE

_FIRST_DAY, _END = 19_000_101, 21_000_101  # as YYYYMMDD
_EPOCH = np.int32(1 + (np.datetime64("1970-01-01") - np.datetime64("1900-01-01")).astype(int))
_SHORTEST, _LONGEST = 4, 16  # characters of an amount: `0,00`, and what two times eight hold

_LAST = np.array([(1 << 64) - (1 << 64 - 8 * count) for count in range(9)], np.uint64)

# Bytes that white space begins or ends with, and the dash. Letters have them too (`à` ends with
# A0), so that this only says where to look.
_EDGES = np.zeros(256, bool)
_EDGES[[byte for space in WHITE_SPACE for byte in (space.encode()[0], space.encode()[-1])]] = True
_EDGES[ord("-")] = True


class Days(NamedTuple):
    """Days since 1970-01-01, and in which rows there is one in the usual form."""

    days: np.ndarray
    is_usual: np.ndarray


class Cents(NamedTuple):
    """Amounts in cents, and in which rows there is one in the usual form."""

    cents: np.ndarray
    is_usual: np.ndarray


def usual_days(columns: Columns) -> Days:
    """Read days that are written YYYYMMDD, from 1900 to 2099, and are in the calendar."""
    ends = columns.ends.ravel()
    found = Days(np.zeros(len(ends), np.int32), np.zeros(len(ends), bool))
    rows = np.flatnonzero(columns.ends - columns.starts == 8)
    if not len(rows):
        return found
    text = _eight(columns.data, ends[rows])
    # Lines that follow each other are often of one day: it is read once.
    heads = np.append(0, np.flatnonzero(text[1:] != text[:-1]) + 1)
    number, is_number = _number(text[heads], 8)
    # What lies before the first day is, without a sign, far beyond the last.
    place = np.where(is_number, number, 0) - np.uint64(_FIRST_DAY)
    read = _calendar().take(np.minimum(place, _END - _FIRST_DAY).astype(np.intp))
    day = np.repeat(read, np.diff(heads, append=len(text)))
    found.days[rows] = day - _EPOCH
    found.is_usual[rows] = day != 0
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


def usual_cents(columns: Columns) -> Cents:
    """Read amounts that are written with digits, a comma or a dot, and two more digits.

    A minus sign may stand first, as it does in the currency of a credit.
    """
    data, starts, ends = columns.data, columns.starts.ravel(), columns.ends.ravel()
    found = Cents(np.zeros(len(ends), np.int64), np.zeros(len(ends), bool))
    is_negative = (data.take(starts, mode="clip") == ord("-")) & (ends > starts)
    lengths = ends - starts - is_negative
    has_length = (lengths >= _SHORTEST) & (lengths <= _LONGEST)
    rows = np.flatnonzero(has_length & (ends >= _LONGEST))  # so many bytes are looked at
    if not len(rows):
        return found
    ends, lengths = ends[rows], lengths[rows]
    last = _eight(data, ends)
    mark = (last >> np.uint64(40)).astype(np.uint8)
    # The mark is left out of the last eight characters: seven of them are digits, or fewer.
    digits = (last << np.uint64(8)) & np.uint64(0x0000FFFFFFFFFF00)
    digits |= last & np.uint64(0xFFFF000000000000)
    cents, is_usual = _number(digits, np.minimum(lengths, 8) - 1)
    is_usual &= (mark == ord(",")) | (mark == ord("."))
    if len(long := np.flatnonzero(lengths > 8)):
        above, is_number = _number(_eight(data, ends[long] - 8), lengths[long] - 8)
        cents[long] += above * np.uint64(10**7)
        is_usual[long] &= is_number
    found.cents[rows] = cents
    if is_negative.any():
        found.cents[is_negative] *= -1
    found.is_usual[rows] = is_usual
    return found


def _eight(data: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the eight bytes before each end as one number, the first of them its lowest byte."""
    every = np.ndarray(len(data) - 7, "<u8", data, strides=(1,))
    return every[ends.astype(np.intp) - 8]


def _number(text: np.ndarray, count: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """Read the last `count` of eight characters as a number, and say where they are digits.

    Digits are joined to pairs, pairs to fours, and these to one number, each in one step.
    """
    digits = (text ^ np.uint64(0x3030303030303030)) & _LAST.take(count)
    beyond = (digits | (digits + np.uint64(0x0606060606060606))) & np.uint64(0xF0F0F0F0F0F0F0F0)
    pairs = (digits * np.uint64((10 << 8) + 1) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64((100 << 16) + 1) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    number = fours * np.uint64((10_000 << 32) + 1) >> np.uint64(32)
    return number, beyond == 0


def tidy(columns: Columns, may_be_blank: np.ndarray) -> pa.StringArray:
    """Cut white space off the values of columns; those with nothing in them become null.

    Args:
        columns: As they stand in the file.
        may_be_blank: Of each column whether a dash stands for nothing in it, as some write where
            the law allows a blank.
    """
    starts, ends = columns.starts.ravel(), columns.ends.ravel()
    first = columns.data.take(starts, mode="clip")
    last = columns.data.take(ends - 1, mode="clip")
    looks_odd = _is_no_sign(first) | _is_no_sign(last) | (first == ord("-"))
    looks_odd &= ends > starts
    places = np.flatnonzero(looks_odd)
    places = places[_EDGES[first[places]] | _EDGES[last[places]]]
    return (_trimmed(columns, places, may_be_blank) if len(places) else columns).texts()


def _trimmed(columns: Columns, places: np.ndarray, may_be_blank: np.ndarray) -> Columns:
    """Cut white space off in some places, by other starts and ends."""
    shape = columns.starts.shape
    starts, ends = columns.starts.flatten(), columns.ends.flatten()
    without_left = pc.utf8_ltrim(columns.texts_at(places), WHITE_SPACE)
    starts[places] = ends[places] - pc.binary_length(without_left).to_numpy()
    bare = pc.utf8_rtrim(without_left, WHITE_SPACE)
    ends[places] = starts[places] + pc.binary_length(bare).to_numpy()
    is_dash = pc.equal(bare, "-").to_numpy(zero_copy_only=False)
    blank = places[is_dash & may_be_blank[places // shape[1]]]
    ends[blank] = starts[blank]
    return Columns(columns.data, starts.reshape(shape), ends.reshape(shape))


def _is_no_sign(byte: np.ndarray) -> np.ndarray:
    """Say which bytes are none of the 94 visible signs of ASCII. Below 21, they wrap around."""
    return byte - np.uint8(0x21) > np.uint8(0x7E - 0x21)
