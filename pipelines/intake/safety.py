"""What may be dangerous in a file that comes from outside, refused before anything reads it.

A member of an archive is read as a stream and its name is a label: no name from outside ever
becomes a path.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import IO, Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from models.errors import EncaisseError
from pipelines.intake.reading import Progress

MAX_MEMBERS = 1_000
MAX_RATIO = 100  # unpacked to packed; a ledger packs about 10 to 1
RATIO_FROM_BYTES = 1 << 20  # below this, a high ratio harms nobody
MAX_DIRECTORY_BYTES = 4 << 20
MAX_ARCHIVE_BYTES = 16 << 30
MAX_WORKBOOK_BYTES = 1 << 30
MAX_XML_BYTES = 1 << 30
MAX_XML_DEPTH = 100
MAX_NAME = 4_096
"""Characters of a label. No path of a file has more: patterns of the settings see all of it."""


def label(name: str) -> str:
    r"""Return a name as it can be shown: no path tricks, no control characters, no endless one.

    Two names may have one label: `found.contents_of` tells them apart.

    >>> label("../../etc/passwd"), label("/abs.txt"), label("C:\\ledger\\a.txt")
    ('etc/passwd', 'abs.txt', 'ledger/a.txt')
    >>> label("a\x00b\n.csv"), label(".."), len(label("x" * 5000))
    ('a_b_.csv', 'unnamed', 4096)
    """
    parts = re.split(r"[/\\]", name)
    kept = [part for part in parts if part not in ("", ".", "..") and not part.endswith(":")]
    # A byte of a file's name that is no UTF-8 comes as half a character, which nothing can write.
    shown = re.sub(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]", "_", "/".join(kept))
    return shown[-MAX_NAME:] or "unnamed"


def holds(path: Path) -> str:
    """Tell what a zip file is: a workbook, another office document, or an archive of files.

    Raises:
        EncaisseError: It is no zip file that can be opened, or a dangerous one.
    """
    with _opened(path) as archive:
        names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return "workbook"
    return "document" if names & {"[Content_Types].xml", "mimetype"} else "archive"


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive whose members are safe to read one after the other.

    Raises:
        EncaisseError: It has too many members, unpacks to too much, or is locked by a password.
    """
    with _opened(path) as archive:
        _check_sizes(path, archive, MAX_ARCHIVE_BYTES)
        yield archive


def check_workbook(path: Path) -> None:
    """Refuse a workbook that would unpack to more than it should, or is damaged.

    Every member is unpacked once, to nowhere: a size that is announced falsely shows here, and not
    in the memory of the program that reads the sheets.

    Raises:
        EncaisseError: The workbook is dangerous or damaged, or it is not a workbook at all.
    """
    with _opened(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            raise _unsafe(
                "An archive is opened only where it lies in the extracts folder itself.",
                path,
                "Unpack it there.",
            )
        _check_sizes(path, archive, MAX_WORKBOOK_BYTES)
        damaged = archive.testzip()
        if damaged is not None:
            raise _unsafe(
                f"The workbook is damaged in its part {label(damaged)}.",
                path,
                "Export it again.",
            )


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; what its content does wrong becomes one kind of error."""
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        RuntimeError,
        OSError,
    ) as error:
        if isinstance(error, OSError) and error.errno == ENOSPC:
            raise
        raise _unsafe(
            f"The archive is damaged, or packed in a way that is not read here: {error}.",
            path,
            "Pack it again as a plain zip file, or put the files themselves into the folder.",
        ) from error


def _check_directory(path: Path) -> None:
    """Refuse a list of members so long that opening it would already do harm."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end >= 0 and int.from_bytes(tail[end + 12 : end + 16], "little") > MAX_DIRECTORY_BYTES:
        raise _too_many(path)


def _check_sizes(path: Path, archive: zipfile.ZipFile, limit: int) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise _too_many(path)
    if any(member.flag_bits & 0x1 for member in members):
        raise _unsafe(
            "The archive is locked by a password.",
            path,
            "Put it there without a password.",
        )
    unpacked = sum(member.file_size for member in members)
    ratio = unpacked / max(1, path.stat().st_size)
    if unpacked > limit or (unpacked > RATIO_FROM_BYTES and ratio > MAX_RATIO):
        raise _unsafe(
            f"The file unpacks to {unpacked / 1e6:,.0f} MB, {ratio:,.0f} times its size: "
            "it could fill the machine.",
            path,
            "If it is what it should be, put it there unpacked, or as CSV.",
        )


@contextmanager
def parsing_xml(path: Path, progress: Progress) -> Iterator[Iterator[tuple[str, Any]]]:
    """Go through an XML file as `(event, element)` pairs of start and end, in bounded memory.

    The caller removes the elements it has done with.

    Raises:
        EncaisseError: The file is no XML, is too large or too deep, or declares a DOCTYPE or an
            entity, which no bank and no ledger needs.
    """
    if path.stat().st_size > MAX_XML_BYTES:
        raise _unsafe(
            f"The file is larger than {MAX_XML_BYTES / 1e6:,.0f} MB.",
            path,
            "Ask for one file for each month.",
        )
    with path.open("rb") as file:
        try:
            yield _shallow(file, path, progress)
        except DefusedXmlException as error:
            raise _unsafe(
                "The file declares a DOCTYPE or an entity, which can be used to attack.",
                path,
                "Ask whoever made it for a plain file.",
            ) from error
        except (ElementTree.ParseError, LookupError, ValueError) as error:
            if isinstance(error, EncaisseError):
                raise
            raise _unsafe(
                f"The file is not well-formed XML, or is cut short: {error}.",
                path,
                "Export it again.",
            ) from error


def _shallow(file: IO[bytes], path: Path, progress: Progress) -> Iterator[tuple[str, Any]]:
    depth, size = 0, max(1, path.stat().st_size)
    events = ElementTree.iterparse(file, events=("start", "end"), forbid_dtd=True)
    for number, (event, element) in enumerate(events):
        depth += 1 if event == "start" else -1
        if depth > MAX_XML_DEPTH:
            raise _unsafe(
                f"The file nests elements more than {MAX_XML_DEPTH} deep.",
                path,
                "Ask whoever made it for a plain file.",
            )
        if number % 10_000 == 0:
            progress(min(1.0, file.tell() / size))
        yield event, element


def _too_many(path: Path) -> EncaisseError:
    return _unsafe(
        f"The archive holds more than {MAX_MEMBERS:,} files.",
        path,
        "Put the files themselves into the folder.",
    )


def _unsafe(what: str, path: Path, fix: str) -> EncaisseError:
    return EncaisseError(what, where=path.name, fix=fix)
