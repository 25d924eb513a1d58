"""Tell what a file is by its content, never by its name, and who reads it."""

import re
from pathlib import Path

from pipelines.intake.camt import read_camt
from pipelines.intake.fec import looks_like_fec, read_fec
from pipelines.intake.plans import Stated
from pipelines.intake.reading import Progress, Reading, refuse
from pipelines.intake.tables import read_table
from pipelines.intake.text import decode_head

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
CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\v\f\r\x1a"}
OLD_STATEMENT = re.compile(
    r"^\s*:60[FM]:[CD]\d{6}[A-Z]{3}|^\s*:61:\d{6}|\A\s*01\d{5}.{4}[\d ]{5}[A-Z]{3}[\d ]",
    re.MULTILINE,
)
"""The opening balance or a line of an MT940, or the first record of a CFONB 120."""

MOST_CONTROLS = 0.01
"""A text has no control characters but those that end and indent its lines, or a stray few."""


def sort_of(head: bytes) -> str:
    """Return what a file is, from its first `HEAD_BYTES`.

    One of: empty, fec, xml, zip (a workbook or an archive), parquet, old_excel, not_read, binary,
    old_statement, text.

    >>> sort_of(b"invoice;amount\\n1;10,00\\n"), sort_of(bytes(range(256)))
    ('text', 'binary')
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
    return _sort_of_text(decode_head(head))


def _sort_of_text(text: str) -> str:
    if text.lstrip().startswith("<"):
        return "xml"
    if OLD_STATEMENT.search(text):
        return "old_statement"
    controls = len(text) - len(text.translate(CONTROLS))
    return "binary" if controls > MOST_CONTROLS * len(text) else "text"


def read(path: Path, sort: str, out: Path, *, stated: Stated, progress: Progress) -> Reading:
    """Read a file of a sort that `sort_of` tells, with the reader that is made for it.

    Raises:
        EncaisseError: The file cannot be used; the reason of a refusal.
    """
    if sort in TABLES:
        return read_table(path, sort, out, stated=stated, progress=progress)
    if sort == "fec":
        return read_fec(path, out, progress=progress)
    if sort == "xml":
        return read_camt(path, out, progress=progress)
    return refuse(out, sort, REASONS.get(sort) or _not_read(path))


REASONS = {
    "empty": "The file is empty. Export it again.",
    "old_excel": "This is an old Excel file, or a locked one. Save it as .xlsx without a password.",
    "binary": "This is no text: it is damaged, locked, or in a form of another program. "
    "Export it again, as a FEC, CSV, XLSX or Parquet.",
    "old_statement": "This is a bank statement in an older form, MT940 or CFONB. "
    "Ask the bank for the statement of the day, camt.053.",
}


def _not_read(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    what = next(name for magic, name in NOT_READ.items() if head.startswith(magic))
    return f"This is {what}. Ledgers, tables (CSV, XLSX, Parquet) and camt.053 files are read."
