"""Where the records of a table come from, whatever the container; here a CSV file, as text.

A source first shows its beginning, for the header to be found by its names. Then it gives all that
is below the header as texts, in chunks, with the line of each record.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa

from models.errors import EncaisseError
from pipelines.intake.reading import Quarantined
from pipelines.intake.splitting import SHOWN, Shape, split
from pipelines.intake.text import Survey, blocks, survey

PREVIEW_LINES = 60  # a report has a title and its filters above the header, not more
CHUNK_CHARS = 4 << 20
DELIMITERS = (";", ",", "\t", "|")
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",
    "cp1252": "cp1252",
    "iso8859-1": "cp1252",  # which is the same, and more
    "iso8859-15": "iso-8859-15",
}


class Beginning(NamedTuple):
    """How a table begins, read in one of the ways in which it can be read."""

    rows: tuple[tuple[int, tuple[str, ...]], ...]  # line number and cells
    part: str = ""  # the delimiter of a text, the name of a sheet


class Below(NamedTuple):
    """What to read of a table: the records below its header."""

    part: str
    header_line: int
    width: int
    wanted: tuple[int, ...]  # positions of the columns
    mark: str = "."  # the decimal mark with which to write numbers that are no texts


@dataclass
class Chunk:
    """Some records: the columns that are wanted, as texts."""

    lines: pa.Array
    columns: Sequence[pa.Array]
    share: float  # of the source that is behind us
    aside: list[Quarantined] = field(default_factory=list)
    blank: int = 0
    ends_open: bool = False  # no line end follows the last record: it may be cut


class Source(Protocol):
    """A table in some container."""

    container: str
    facts: dict[str, str]

    def beginnings(self, part: str | None) -> Iterator[Beginning]:
        """Yield how the table begins: in each way it can be read, or in the one that is stated."""

    def chunks(self, below: Below) -> Iterator[Chunk]:
        """Yield the records, the last chunk even where it is empty."""


class TextSource:
    """A CSV or TSV file."""

    container = "csv"

    def __init__(self, path: Path, encoding: str | None) -> None:
        self.path = path
        self.found = survey(path)
        if self.found.encoding == "unreadable" or self.found.has_long_line:
            raise EncaisseError(
                "The file looks like text, but is none: a line has no end, or no encoding fits.",
                where=path.name,
                fix="export it again as CSV, in UTF-8",
            )
        if encoding:
            self.found = replace(self.found, encoding=stated_encoding(encoding, self.found))
        self.facts = {"encoding": self.found.encoding, "line_end": self.found.line_end}
        if self.found.odd_bytes:
            self.facts["bytes_read_as_cp1252"] = str(self.found.odd_bytes)

    def beginnings(self, part: str | None) -> Iterator[Beginning]:
        """Yield the first lines, split by each delimiter that a table may have."""
        head = list(islice(self._lines(), PREVIEW_LINES))
        for delimiter in (part,) if part else DELIMITERS:
            rows = enumerate((tuple(_cells(line, delimiter)) for line in head), 1)
            yield Beginning(tuple(rows), delimiter)

    def chunks(self, below: Below) -> Iterator[Chunk]:
        """Yield the records below the header."""
        shape = Shape(below.part, below.width, below.wanted)
        size, read = max(1, self.path.stat().st_size), 0
        lines: list[str] = []
        first = below.header_line + 1
        text = ""
        for block in blocks(self.path, self.found):
            read += block.size
            above = max(0, below.header_line - block.first_line + 1)
            found = bytes(block.data).decode()
            text += found.split("\n", above)[-1] if above else found
            if len(text) >= CHUNK_CHARS:
                lines += text.split("\n")[:-1]
                text = ""
                chunk, rest = self._chunk(lines, first, shape, is_last=False)
                chunk.share = read / size
                yield chunk
                first += len(lines) - rest
                lines = lines[len(lines) - rest :]
        lines += text.split("\n")[:-1]
        chunk, _ = self._chunk(lines, first, shape, is_last=True)
        chunk.ends_open = bool(lines) and not self.found.is_closed and not lines[-1].endswith('"')
        yield chunk

    def _lines(self) -> Iterator[str]:
        for block in blocks(self.path, self.found):
            yield from bytes(block.data).decode().split("\n")[:-1]

    def _chunk(
        self, lines: list[str], first: int, shape: Shape, *, is_last: bool
    ) -> tuple[Chunk, int]:
        """Split lines into a chunk, and return it with the number of lines that are left over."""
        aside = []
        if self.found.has_nul:
            for number, line in enumerate(lines):
                if "\0" in line:
                    reason = "The line holds a NUL byte: it is damaged. Export the file again."
                    aside.append(Quarantined(first + number, None, line[:SHOWN], reason))
                    lines[number] = ""
        found = split(lines, first, shape, is_last=is_last)
        blank = found.blank - len(aside)
        return Chunk(found.lines, found.columns, 1, aside + found.aside, blank), found.rest


def stated_encoding(name: str, found: Survey) -> str:
    """Return the encoding that the settings state, as the text reader names it.

    Raises:
        EncaisseError: It is none that is read here, or the file is not written in it.
    """
    try:
        encoding = ENCODINGS[codecs.lookup(name).name]
    except (LookupError, KeyError):
        raise EncaisseError(
            f"Tables in the encoding {name} are not read.",
            where="encaisse.toml, tables, encoding",
            fix=f"write one of {', '.join(ENCODINGS)}, or leave it out",
        ) from None
    seen = found.encoding
    if (encoding == "utf-8" and seen not in ("ascii", "utf-8")) or (
        encoding != seen and "utf-16" in (encoding, seen)
    ):
        raise EncaisseError(
            f"The file is stated to be in {name}, and its bytes are not: they look like {seen}.",
            where="encaisse.toml, tables, encoding",
            fix="leave the encoding out, or export the file again",
        )
    return "ascii" if seen == "ascii" else encoding


def _cells(line: str, delimiter: str) -> list[str]:
    """Split one line of the beginning; a line that cannot be split is one cell."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]
