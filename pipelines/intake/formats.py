"""Tell what a file is by its content, never by its name, and who reads it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipelines.intake.fec import looks_like_fec, read_fec
from pipelines.intake.reading import Progress, Reading, refuse
from pipelines.settings import TableMapping

HEAD_BYTES = 64 * 1024
TABLES = frozenset({"text", "zip", "parquet"})  # what the settings say how to read

NOT_READ = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def sort_of(head: bytes) -> str:
    """Return what a file is, from its first `HEAD_BYTES`.

    One of: empty, fec, xml, zip (a workbook or an archive), parquet, old_excel, not_read, text.
    """
    if not head.strip():
        return "empty"
    for magic, sort in ((b"PK", "zip"), (b"PAR1", "parquet"), (OLD_EXCEL, "old_excel")):
        if head.startswith(magic):
            return sort
    if any(head.startswith(magic) for magic in NOT_READ):
        return "not_read"
    if looks_like_fec(head):
        return "fec"
    return "xml" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "text"


@dataclass(frozen=True)
class Stated:
    """What the settings say on how to read a table file."""

    mapping: TableMapping | None  # None: none is for this file, a preset may fit
    currency: str  # of amounts that do not say theirs

    @property
    def fingerprint(self) -> str:
        """A short name for all that is stated."""
        text = f"{self.currency}{self.mapping.model_dump_json() if self.mapping else ''}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def read(path: Path, sort: str, out: Path, *, stated: Stated, progress: Progress) -> Reading:
    """Read a file of a sort that `sort_of` tells, with the reader that is made for it."""
    del stated
    if sort == "fec":
        return read_fec(path, out, progress=progress)
    if sort == "empty":
        return refuse(out, "empty", "The file is empty. Export it again.")
    return refuse(out, "unknown", "Nothing here reads such a file.")
