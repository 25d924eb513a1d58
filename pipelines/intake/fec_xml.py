"""Read a FEC in the XML form that the law allows beside the flat one.

    <comptabilite><exercice><DateCloture/><journal><JournalCode/><JournalLib/>
      <ecriture><EcritureNum/> ... <ligne><CompteNum/> ... <Debit/> or <Credit/></ligne></ecriture>

What a journal or an entry says holds for each of its lines.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from pipelines.intake.fec_fields import Piece
from pipelines.intake.fec_header import NAMES, Layout, lawful_name
from pipelines.intake.fec_load import Lines, workbench
from pipelines.intake.fec_read import Form, read_lines
from pipelines.intake.reading import Progress, Reading
from pipelines.intake.text import WHITE_SPACE

_PIECE = 64 * 1024
_SEPARATOR = "\x1f"  # no XML document can hold it
_COLUMNS = tuple(name for name in NAMES if name not in ("Montant", "Sens"))
_LONGEST_VALUE = 10_000  # characters
_PARENTS = ("journal", "ecriture", "ligne")


def looks_like_xml(head: str) -> bool:
    """Say whether the beginning of a file is that of a FEC in XML.

    >>> looks_like_xml('<?xml version="1.0"?><comptabilite xmlns:xsi="x"><exercice>')
    True
    """
    begins = head.lstrip(WHITE_SPACE + "\n\ufeff").startswith("<")
    return begins and re.search(r"<(!DOCTYPE\s+)?comptabilite[\s>]", head) is not None


def read_fec_xml(path: Path, out: Path, *, progress: Progress) -> Reading:
    """Read a FEC in XML into the landing table `fec_lines`, as `read_fec` reads a flat one.

    The number of a line is that of the physical line on which its `<ligne>` begins; where several
    begin on one, they are numbered on from there, so that no two have the same. A journal without a
    code, which the law allows on a cash basis, is called by its name or its number.

    Raises:
        EncaisseError: What was written is not what was read.
        OSError: The file cannot be read, or the disk is full.
    """
    layout = Layout(_SEPARATOR, _COLUMNS, {name: n for n, name in enumerate(_COLUMNS, 1)})
    source = _Source(path)
    lines = Lines(source.pieces(), layout, len(_COLUMNS), source.share)
    with workbench(out) as con:
        return read_lines(
            con,
            lines,
            out,
            lambda: Form("fec_xml", {"delimiter": "xml"}, problem=source.problem),
            progress,
        )


@dataclass
class _Source:
    """The lines of the file, in batches."""

    path: Path
    problem: str | None = None
    done: int = 0

    def share(self) -> float:
        """Return the share of the file that has been handed out."""
        return min(1.0, self.done / max(1, self.path.stat().st_size))

    def pieces(self) -> Iterator[Piece]:
        """Hand out lines as the file is read. Where it is damaged they end: `problem` says it."""
        entries = _Entries()
        parser = DefusedXMLParser(target=entries, forbid_dtd=True)
        entries.line_number = lambda: parser.parser.CurrentLineNumber
        try:
            with self.path.open("rb") as file:
                while piece := file.read(_PIECE):
                    parser.feed(piece)
                    self.done += len(piece)
                    if entries.ready:
                        yield entries.take()
            parser.close()
        except DefusedXmlException:
            self.problem = "The XML has a DOCTYPE, which a FEC has not: it could be an attack."
        except (ParseError, ValueError, LookupError) as error:
            self.problem = f"The XML is damaged or breaks off ({error}). Export it again, whole."
        if entries.ready:
            yield entries.take()


@dataclass
class _Entries:
    """Puts the lines of an entry together, as the parser goes through the file."""

    ready: list[tuple[int, str]] = field(default_factory=list)
    said: dict[str, dict[str, str]] = field(default_factory=dict)  # by journal, entry and line
    lines: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # of the entry
    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    size: int = 0
    journals: int = 0
    began: int = 0
    line_number: Callable[[], int] = lambda: 0  # where the parser is

    def start(self, tag: str, _: dict[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        self.path.append(name)
        self.text, self.size = [], 0
        if name in _PARENTS:
            self.said[name] = {}
        if name == "journal":
            self.journals += 1
        elif name == "ligne":
            self.began = max(self.line_number(), self.began + 1)

    def data(self, text: str) -> None:
        """Text within an element."""
        self.size += len(text)
        if self.size > _LONGEST_VALUE:
            raise ValueError(f"a value of more than {_LONGEST_VALUE:,} characters")
        self.text.append(text)

    def end(self, _: str) -> None:
        """An element ends."""
        name = self.path.pop()
        parent = self.path[-1] if self.path else ""
        if name == "ligne":
            self.lines.append((self.began, self.said["ligne"]))
        elif name == "ecriture":
            self._finish_entry()
        elif parent in _PARENTS and (lawful := lawful_name(name)):
            value = re.sub(r"[\t\r\n]+", " ", "".join(self.text))
            self.said[parent][lawful] = value.strip(WHITE_SPACE)
        self.text, self.size = [], 0

    def close(self) -> None:
        """Do nothing: the file ends."""

    def take(self) -> Piece:
        """Return the lines that are ready, and forget them."""
        numbers = np.array([number for number, _ in self.ready])
        data = np.frombuffer("".join(f"{text}\n" for _, text in self.ready).encode(), np.uint8)
        self.ready = []
        return Piece(numbers, data, np.flatnonzero(data == ord("\n")))

    def _finish_entry(self) -> None:
        journal = self.said.get("journal", {})
        code = journal.get("JournalCode") or journal.get("JournalLib") or str(self.journals)
        for number, line in self.lines:
            values = {**journal, **self.said["ecriture"], **line, "JournalCode": code}
            _tell_side(values)
            fields = (values.get(name, "") for name in _COLUMNS)
            self.ready.append((number, _SEPARATOR.join(fields)))
        self.lines = []


def _tell_side(values: dict[str, str]) -> None:
    """Write an amount with its side as debit or credit."""
    if "Montant" not in values and "Sens" not in values:
        return
    amount, side = values.get("Montant", ""), values.get("Sens", "")
    if side.upper() in ("D", "+1", "1"):
        values["Debit"] = amount
    elif side.upper() in ("C", "-1"):
        values["Credit"] = amount
    else:
        values["Debit"] = f"{amount} {side}?"  # not an amount, and shown as it stands
