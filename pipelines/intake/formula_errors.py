"""The cells of a sheet in which a formula failed: #DIV/0!, #REF!, #N/A and the like.

The library that reads the sheets gives such a cell as an empty one. An amount that could not be
computed is not an amount that is missing, so these cells are looked up in the XML of the sheet.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from models.errors import EncaisseError
from pipelines.intake.safety import open_archive

BLOCK_BYTES = 1 << 20
MOST_INDEX_BYTES = 16 << 20  # of the parts that name the sheets
SHOWN = 100  # characters of an error
_FAILED = re.compile(rb"""\st\s*=\s*["']e["']""")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def formula_errors(path: Path, sheet: str) -> Iterator[tuple[int, dict[int, str]]]:
    """Yield the line of each row with failed formulas, and what stands in which column from 0 on.

    Args:
        path: A workbook that `safety.check_workbook` let through.
        sheet: The name of the sheet.

    Raises:
        EncaisseError: The XML of the workbook is damaged or dangerous, or its rows have no order.
    """
    try:
        with open_archive(path) as archive:
            part = _part_of(archive, sheet)
            with archive.open(part) as stream:
                failed = _has_any(stream)
            if failed:  # few sheets have any, and to look closely takes seconds
                with archive.open(part) as stream:
                    yield from _in_order(_errors(stream))
    except (ElementTree.ParseError, DefusedXmlException, LookupError, ValueError) as error:
        if isinstance(error, EncaisseError):
            raise
        raise EncaisseError(
            f"The workbook cannot be read: {error}.",
            where=path.name,
            fix="open it in Excel, save it again as .xlsx, or export it as CSV",
        ) from error


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the part of the archive that holds the sheet of this name."""
    parts = {name.replace("\\", "/").casefold(): name for name in archive.namelist()}

    def index(name: str) -> Iterator[tuple[str, dict[str, str]]]:
        part = parts[name]
        if archive.getinfo(part).file_size > MOST_INDEX_BYTES:
            raise ValueError(f"its part {name} is too large")
        for element in ElementTree.fromstring(archive.read(part), forbid_dtd=True).iter():
            yield _bare(element.tag), {_bare(key): text for key, text in element.attrib.items()}

    sheets = (told for tag, told in index("xl/workbook.xml") if tag == "sheet")
    wanted = next((told["id"] for told in sheets if told.get("name") == sheet), None)
    for tag, told in index("xl/_rels/workbook.xml.rels"):
        if tag == "Relationship" and told.get("Id") == wanted:
            found = posixpath.normpath(posixpath.join("/xl", told["Target"])).lstrip("/")
            return parts[found.casefold()]
    raise LookupError(f"no part of it is the sheet {sheet}")


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _has_any(stream: IO[bytes]) -> bool:
    """Say whether there may be a failed formula, without reading the XML as such."""
    end = b""
    while block := stream.read(BLOCK_BYTES):
        if _FAILED.search(end + block):
            return True
        end = block[-32:]
    return False


def _errors(stream: IO[bytes]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and error of each cell, as they come."""
    seen = _Cells()
    parser = ElementTree.DefusedXMLParser(target=seen, forbid_dtd=True)
    while block := stream.read(BLOCK_BYTES):
        parser.feed(block)
        yield from seen.failed
        seen.failed.clear()
    parser.close()
    yield from seen.failed


def _in_order(errors: Iterator[tuple[int, int, str]]) -> Iterator[tuple[int, dict[int, str]]]:
    """Put the errors of a row together."""
    line, row = 0, dict[int, str]()
    for found, column, error in errors:
        if found < line:
            raise ValueError(f"its row {found} comes after its row {line}")
        if found > line and row:
            yield line, row
            row = {}
        line = found
        row[column] = error
    if row:
        yield line, row


class _Cells:
    """Told of each element of a sheet, keeps the cells with an error, and no tree of them."""

    def __init__(self) -> None:
        self.failed: list[tuple[int, int, str]] = []
        self.line, self.column = 0, -1
        self.is_failed = self.in_value = False
        self.text = ""

    def start(self, tag: str, told: dict[str, str]) -> None:
        name = _bare(tag)
        if name == "row":
            self.line = int(told.get("r", self.line + 1))
            self.column = -1
        elif name == "c":
            self.column += 1
            if "r" in told:
                self.line, self.column = _place(told["r"])
            self.is_failed, self.text = told.get("t") == "e", ""
        self.in_value = self.is_failed and name == "v"

    def data(self, text: str) -> None:
        if self.in_value and len(self.text) < SHOWN:
            self.text = (self.text + text)[:SHOWN]

    def end(self, tag: str) -> None:
        self.in_value = False
        if self.is_failed and _bare(tag) == "c":
            self.failed.append((self.line, self.column, self.text))
            self.is_failed = False

    def close(self) -> None:
        """Do what a parser asks for at the end: nothing."""


def _place(reference: str) -> tuple[int, int]:
    """Return line and column of a cell.

    >>> _place("A1"), _place("AB12")
    ((1, 0), (12, 27))
    """
    found = _PLACE.fullmatch(reference)
    if found is None:
        raise ValueError(f"{reference[:SHOWN]} is no cell")
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(found[2]), column - 1
