"""Read a FEC (fichier des ecritures comptables), the ledger that French law makes every firm keep.

Every form that the law allows is read (LPF A47 A-1), and those that software writes in its stead
where they can only mean one thing. What can be read two ways is not read at all: the line is set
aside, or the file is refused, and the reason says why.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from pipelines.intake.fec_fields import Piece
from pipelines.intake.fec_header import HeaderError, Layout, find_layout, is_header
from pipelines.intake.fec_load import Lines, workbench
from pipelines.intake.fec_parse import LONGEST
from pipelines.intake.fec_read import Form, read_lines
from pipelines.intake.fec_xml import looks_like_xml, read_fec_xml
from pipelines.intake.reading import Progress, Reading, refuse
from pipelines.intake.text import (
    WHITE_SPACE,
    Block,
    NotPlainError,
    Survey,
    blocks,
    decode_head,
    plain_blocks,
    survey,
)

HEAD_BYTES = 64 * 1024

_SEPARATORS = {"\t": "tab", "|": "pipe", ";": "semicolon", ",": "comma"}


def looks_like_fec(head: bytes) -> bool:
    """Say whether a file is a FEC, from its first bytes and never from its name.

    A FEC that lacks a column still is one: `read_fec` says which.

    >>> looks_like_fec(b"JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib")
    True
    >>> looks_like_fec(b"invoice;customer;amount")
    False
    """
    text = decode_head(head[:HEAD_BYTES])
    return looks_like_xml(text) or is_header(_header_in(text).text)


def read_fec(path: Path, out: Path, *, progress: Progress) -> Reading:
    """Read a FEC, flat or XML, into the landing table `fec_lines`.

    A line that cannot be read is set aside together with the other lines of its entry, so that what
    is loaded balances entry by entry, to the cent.

    Args:
        path: The file. Its name means nothing.
        out: A folder that exists. It receives `fec_lines.parquet`, unless the file is refused, and
            `quarantine.parquet`.
        progress: Called with the share of the file that is read, 0.0 to 1.0.

    Returns:
        The reading. Its facts are `encoding`, `line_end`, `delimiter`, `decimal`, `amount_form`
        (debit_credit or montant_sens), `debit` and `credit` (totals of the lines loaded, or of the
        lines read where the file is refused), `blank_lines`, `columns`; and where there are any,
        `byte_order_mark`, `bytes_read_as_cp1252`, `missing_columns`; and `unbalanced`, the number
        of entries that do not balance, where these are why it is refused.

    Raises:
        EncaisseError: What was written is not what was read.
        OSError: The file cannot be read, or the disk is full.
    """
    with path.open("rb") as file:
        text = decode_head(file.read(HEAD_BYTES))
    if looks_like_xml(text):
        return read_fec_xml(path, out, progress=progress)
    header = _header_in(text)
    try:
        layout = find_layout(header.text)
    except HeaderError as error:
        return _refuse(path, out, survey(path), header, str(error))
    asked = _Asked(path, out, header, layout, _sample(text, header, layout), _forward(progress))
    with workbench(out) as con:
        try:
            found = Survey()
            return _read(con, asked, found, plain_blocks(path, found))
        except NotPlainError:
            (out / "fec_lines.parquet").unlink(missing_ok=True)
            found = survey(path)
        problem = _problem(found)
        if problem is not None:
            return _refuse(path, out, found, header, problem)
        return _read(con, asked, found, blocks(path, found, keeps_crlf=True))


def _read(
    con: duckdb.DuckDBPyConnection, asked: "_Asked", found: Survey, read: Iterator[Block]
) -> Reading:
    """Read the lines. The survey may be complete only once they are out."""
    source = _Source(asked.path, read, asked.header.line)
    lines = Lines(source.pieces(), asked.layout, asked.sample.width, source.share)

    def form() -> Form:
        facts = _facts(found) | {
            "delimiter": _SEPARATORS[asked.layout.separator],
            "decimal": asked.sample.decimal,
            "amount_form": asked.layout.amount_form,
            "columns": ", ".join(name.strip() for name in asked.layout.names),
        }
        if asked.layout.missing:
            facts["missing_columns"] = ", ".join(asked.layout.missing)
        return Form("fec", facts, is_closed=found.is_closed, blank=asked.header.line - 1)

    return read_lines(con, lines, asked.out, form, asked.progress)


def _forward(progress: Progress) -> Progress:
    """Return a progress that never goes back, where a file is begun a second time."""
    furthest = 0.0

    def tell(share: float) -> None:
        nonlocal furthest
        furthest = max(furthest, share)
        progress(furthest)

    return tell


class _Header(NamedTuple):
    text: str
    line: int  # physical number: blank lines may stand before it


def _header_in(text: str) -> _Header:
    lines = re.split(r"\r\r\n|\r\n|\r|\n", text)
    for number, line in enumerate(lines, 1):
        if line.strip(WHITE_SPACE):
            return _Header(line, number)
    return _Header("", 1)


def _problem(found: Survey) -> str | None:
    """Return why no line of the file can be trusted, if so."""
    if found.has_nul:
        return "The file holds NUL bytes, which no text has: it is damaged. Export it again."
    if found.has_long_line:
        return "The file has a line of more than 16 million bytes: it is damaged. Export it again."
    if found.encoding == "unreadable":
        return "The file begins as UTF-16 and is something else. Export it again, as UTF-8."
    return None


def _refuse(path: Path, out: Path, found: Survey, header: _Header, reason: str) -> Reading:
    """Refuse the file without reading its lines as records: they are only counted."""
    records = 0
    if _problem(found) is None or found.has_nul:
        for block in blocks(path, found):
            lines = block.data.tobytes().split(b"\n")
            records += sum(1 for line in lines if line.strip(b" \t\v\f|;,"))
        records -= bool(header.text)
    return refuse(out, "fec", reason, records_in=records, **_facts(found))


def _facts(found: Survey) -> dict[str, str]:
    facts = {"encoding": found.encoding, "line_end": found.line_end}
    if found.bom_size:
        facts["byte_order_mark"] = "yes"
    if found.odd_bytes:
        facts["bytes_read_as_cp1252"] = str(found.odd_bytes)
    return facts


class _Sample(NamedTuple):
    width: int  # fields of the lines
    decimal: str


class _Asked(NamedTuple):
    path: Path
    out: Path
    header: _Header
    layout: Layout
    sample: _Sample
    progress: Progress


def _sample(text: str, header: _Header, layout: Layout) -> _Sample:
    """Look at the first lines of a file."""
    lines = re.split(r"\r\r\n|\r\n|\r|\n", text)[header.line : -1]
    split = [line.split(layout.separator) for line in lines]
    whole = [fields for fields in split if len(fields) >= len(layout.names)]
    amounts = (
        fields[layout.position[name] - 1] for fields in whole for name in layout.amount_columns
    )
    marks = {mark for amount in amounts for mark in ",." if mark in amount}
    beyond = whole[0][len(layout.names) :] if whole else []
    return _Sample(
        len(layout.names) + (0 if "".join(beyond).strip(WHITE_SPACE) else len(beyond)),
        {"": "none", ",": "comma", ".": "dot"}.get("".join(marks), "comma and dot"),
    )


@dataclass
class _Source:
    """The lines of a flat file."""

    path: Path
    blocks: Iterator[Block]
    header_line: int
    done: int = 0

    def share(self) -> float:
        """Return the share of the file that has been handed out."""
        return min(1.0, self.done / max(1, self.path.stat().st_size))

    def pieces(self) -> Iterator[Piece]:
        """Hand out the lines after the header."""
        for read in self.blocks:
            block = _shortened(read)
            above = max(0, min(len(block.ends), self.header_line + 1 - block.first_line))
            start = block.ends[above - 1] + 1 if above else 0
            first = block.first_line + above
            ends = block.ends[above:] - start
            self.done += block.size
            if len(ends):
                numbers = np.arange(first, first + len(ends))
                yield Piece(numbers, block.data[start:], ends)


def _shortened(block: Block) -> Block:
    """Cut off what lines have beyond the longest that is read: it would only fill the memory."""
    lengths = block.ends[1:] - block.ends[:-1]
    if block.ends[0] <= LONGEST and (not len(lengths) or lengths.max() <= LONGEST):
        return block
    lines = [
        line if len(line) <= LONGEST else line[: LONGEST + 4].decode(errors="ignore").encode()
        for line in block.data.tobytes().split(b"\n")
    ]
    data = np.frombuffer(bytearray(b"\n".join(lines)), np.uint8)
    return block._replace(data=data, ends=np.flatnonzero(data == ord("\n")))
