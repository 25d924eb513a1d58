"""Split the lines of a CSV file into records, strictly, and keep count of the physical lines.

Python's own reader does the work; what is added is that a stray quote costs the line it is on and
no other, that a record of the wrong width is set aside, and that every record knows its line.
Stretches without any quote, which is most of most files, are split by Arrow, to the same result.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.reading import Quarantined

MAX_RECORD_LINES = 100  # an address has a few lines; a quote left open has thousands
SHOWN = 500  # characters of a line that the quarantine keeps


class Shape(NamedTuple):
    """What every record of a file looks like."""

    delimiter: str
    width: int  # how many fields the header has
    wanted: tuple[int, ...]  # positions of the fields that somebody will read


@dataclass
class Split:
    """Records of a stretch of lines."""

    columns: list[pa.Array]  # one for each wanted position, texts as they stand in the file
    lines: pa.Array  # where each record begins in the file, the first line is 1
    aside: list[Quarantined] = field(default_factory=list)
    blank: int = 0  # lines with nothing on them but separators
    rest: int = 0  # how many lines at the end belong to a record that goes on


def split(lines: Sequence[str], first: int, shape: Shape, *, is_last: bool) -> Split:
    r"""Split physical lines, without their ends, into records.

    Args:
        lines: Consecutive lines of the file.
        first: Number of the first of them in the file.
        shape: What every record looks like.
        is_last: Whether the file ends here; else a record may go on after the last line.

    >>> lines = ['a,1', 'b,"two', 'lines"', 'c', ',', 'd,"4', 'e,5']
    >>> found = split(lines, 2, Shape(",", 2, (0, 1)), is_last=True)
    >>> found.lines.to_pylist(), [column.to_pylist() for column in found.columns], found.blank
    ([2, 3, 8], [['a', 'b', 'e'], ['1', 'two\nlines', '5']], 1)
    >>> for line, _, text, reason in found.aside: print(line, repr(text), reason)
    5 'c' The record has 1 field, the header has 2: a separator is missing, or the line is cut.
    7 'd,"4' A quote opens here and does not close. Close it, or export the file again.
    """
    if not any('"' in line for line in lines):
        plain = _split_plain(lines, first, shape)
        if plain is not None:
            return plain
    return _split_quoted(lines, first, shape, is_last=is_last)


def _split_plain(lines: Sequence[str], first: int, shape: Shape) -> Split | None:
    """Split lines that hold no quote, where every one that is not blank has the right width."""
    texts = pa.array(lines, pa.string())
    fields = pc.split_pattern(texts, shape.delimiter)
    filled = pc.not_equal(pc.utf8_trim(texts, f"{shape.delimiter} \t"), "")
    numbers = pa.array(range(first, first + len(lines)), pa.int64())
    if not pc.all(filled).as_py():
        fields, numbers = fields.filter(filled), numbers.filter(filled)
    if len(fields) and not pc.all(pc.equal(pc.list_value_length(fields), shape.width)).as_py():
        return None
    columns = [pc.list_element(fields, position) for position in shape.wanted]
    return Split(columns, numbers, blank=len(lines) - len(fields))


def _split_quoted(lines: Sequence[str], first: int, shape: Shape, *, is_last: bool) -> Split:
    rows: list[list[str]] = []
    numbers: list[int] = []
    aside: list[Quarantined] = []
    rest, start, stray = 0, 0, 0
    ended = [line + "\n" for line in lines]
    while start < len(lines):
        source = iter(ended)
        source.__setstate__(start)  # type: ignore[attr-defined]  # go on there, without a copy
        base, reader = start, csv.reader(source, delimiter=shape.delimiter, strict=True)
        try:
            for row in reader:
                end = base + reader.line_num
                if end - start > 1 and _swallows(lines[start:end], shape):
                    aside.append(_set_aside(first + end - 1, lines[end - 1], STRAY))
                    ended[end - 1] = "\n"  # it is accounted for
                    stray += 1
                    raise csv.Error(OPEN)
                rows.append(row)
                numbers.append(first + start)
                start = end
        except csv.Error as error:
            read = base + reader.line_num
            goes_on = not is_last and read >= len(lines) and len(lines) - start < MAX_RECORD_LINES
            if OPEN in str(error) and goes_on:
                rest = len(lines) - start
                break
            aside.append(_set_aside(first + start, lines[start], _why(error)))
            start += 1
    return _collect(rows, numbers, Split([], pa.array([]), aside, -stray, rest), shape)


OPEN = "unexpected end of data"  # what Python's reader says of a quote that is still open
STRAY = "A quote closes here that another line opened. Check both, or export the file again."


def _swallows(lines: Sequence[str], shape: Shape) -> bool:
    """Say whether a record of several lines has eaten lines that look like records themselves."""
    too_long = len(lines) > MAX_RECORD_LINES
    return too_long or (
        shape.width > 2
        and any(line.count(shape.delimiter) == shape.width - 1 for line in lines[1:])
    )


def _why(error: csv.Error) -> str:
    if OPEN in str(error):
        return "A quote opens here and does not close. Close it, or export the file again."
    if "field larger" in str(error):
        return "A field is longer than 131,072 characters: a quote or a separator is missing."
    return f"The quotes on this line do not fit ({error}). Double those inside a text."


def _set_aside(line: int, text: str, reason: str) -> Quarantined:
    return Quarantined(line, None, text[:SHOWN], reason)


def _collect(rows: list[list[str]], numbers: list[int], found: Split, shape: Shape) -> Split:
    """Keep the records of the right width; count the blank ones, set the others aside."""
    kept: list[list[str]] = []
    lines: list[int] = []
    for line, row in zip(numbers, rows, strict=True):
        if not "".join(row).strip():
            found.blank += 1
        elif len(row) == shape.width:
            kept.append(row)
            lines.append(line)
        elif len(row) > shape.width and not any(row[shape.width :]):
            kept.append(row[: shape.width])  # separators at the end of the line say nothing
            lines.append(line)
        else:
            cause = (
                "a separator is missing, or the line is cut"
                if len(row) < shape.width
                else "a text holds the separator and is not quoted"
            )
            fields = f"{len(row)} field{'s' if len(row) > 1 else ''}"
            reason = f"The record has {fields}, the header has {shape.width}: {cause}."
            found.aside.append(_set_aside(line, shape.delimiter.join(row), reason))
    found.aside.sort(key=lambda record: record.source_line or 0)
    found.columns = [
        pa.array([row[position] for row in kept], pa.string()) for position in shape.wanted
    ]
    found.lines = pa.array(lines, pa.int64())
    return found
