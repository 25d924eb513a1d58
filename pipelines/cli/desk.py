"""`encaisse desk`: how the desk is, a copy of it, and a copy in its place."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from desk.backup import Status, backup, restore, status
from desk.store import open_desk
from models.errors import EncaisseError


def status_lines(home: Path) -> Iterator[str]:
    """Tell how the desk of a home is, after holding every row against the history.

    Raises:
        EncaisseError: It is damaged, or cannot be opened.
    """
    found = status(open_desk(home))
    yield f"Desk {found.place}, version {found.revision}"
    if found.last_at is not None:
        yield f"last change {found.last_at.astimezone():%Y-%m-%d %H:%M} by {found.last_author}"
    width = max(map(len, found.rows))
    for table, count in found.rows.items():
        yield f"  {table:{width}}  {count:>9,}"
    _refuse_damaged(found)
    yield "every row is as its history says"


def make_backup(home: Path, out: Path) -> str:
    """Back the desk of a home up, and tell where."""
    backup(open_desk(home), out)
    return f"Backup written to {out}, and checked"


def restore_backup(home: Path, file: Path) -> Iterator[str]:
    """Put a backup in the place of the desk, and tell where the old one is."""
    kept = restore(home, file, datetime.now(UTC))
    yield f"The desk is what {file} holds"
    if kept is not None:
        yield f"what was there before is kept as {kept}"


def _refuse_damaged(found: Status) -> None:
    if found.problems:
        raise EncaisseError(
            "The desk is damaged: " + "; ".join(found.problems[:3]) + ".",
            where=found.place,
            fix="put the last good backup in its place with `encaisse desk restore <backup>`; the "
            "desk as it is now is kept beside it",
        )
