"""Copies of the desk that can be trusted, and how one takes its place.

A backup is one SQLite file, whatever the desk is kept in, checked before it gets its name. A
restore checks the file again, on a copy beside the desk, and swaps the two; what was there before
is kept under another name.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, func, insert, select
from sqlalchemy.exc import DBAPIError

from desk.places import location, make_engine
from desk.schema import history, metadata
from desk.store import Desk, bring_up_to_date, current_revision, find_problems, open_desk
from models.errors import EncaisseError

SIDES = ("", "-wal", "-shm")  # what SQLite may keep of one database


@dataclass(frozen=True)
class Status:
    """How a desk is: where, how much it holds, who was last, and what is wrong with it."""

    place: str
    revision: str | None
    rows: dict[str, int]
    last_at: datetime | None
    last_author: str | None
    problems: list[str]


def status(desk: Desk) -> Status:
    """Count the rows of a desk, and hold every one of them against the history."""
    with desk.reading() as con:
        rows = {
            table.name: con.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }
        last = con.execute(
            select(history.c.at, history.c.author).order_by(history.c.id.desc()).limit(1)
        ).first()
        problems = [*_file_problems(con), *find_problems(con)]
        at, author = last or (None, None)
        return Status(desk.name, current_revision(con), rows, at, author, problems)


def backup(desk: Desk, file: Path) -> None:
    """Write a copy of the desk as it is at one moment, and check it before it gets its name.

    People go on working meanwhile.

    Raises:
        EncaisseError: There is a file of that name already, the desk is damaged, or the copy
            cannot be written.
    """
    file = file.resolve()
    if file.exists():
        raise _would_overwrite(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    with _beside(file) as beside:
        if desk.is_sqlite:
            with desk.turn():
                _copy_file(desk.file, beside)
        else:
            with desk.reading() as con:
                _copy_rows(con, beside)
        _check(beside, "The desk is damaged, and no backup was made", "restore the last good one")
        _without_log(beside)
        _sync(beside)
        try:
            os.link(beside, file)  # unlike a rename, it never takes another's place
        except FileExistsError as error:
            raise _would_overwrite(file) from error
    _sync(file.parent)


def restore(home: Path, file: Path, now: datetime) -> Path | None:
    """Put a backup in the place of the desk of a home.

    Args:
        home: The home.
        file: The backup.
        now: The time, for the name under which the old desk is kept.

    Returns:
        Where the desk that was there before is now; None where there was none.

    Raises:
        EncaisseError: The backup cannot be read, is damaged, or is of a newer version; or the desk
            is in PostgreSQL and holds something already.
    """
    if not file.is_file():
        raise EncaisseError(
            "There is no such backup.",
            where=str(file),
            fix="name a file that `encaisse desk backup` made",
        )
    desk = Desk(home, location(home))  # not opened: a damaged one is what a restore is for
    restoring = desk.file if desk.is_sqlite else home / "desk.sqlite"
    restoring.parent.mkdir(parents=True, exist_ok=True)
    with _beside(restoring) as beside:
        fix = "the desk is as it was; take another backup"
        try:
            for side in SIDES[:2]:
                if (part := file.with_name(file.name + side)).exists():
                    shutil.copyfile(part, beside.with_name(beside.name + side))
            _without_log(beside)
            _refuse_other_files(beside, file)
            bring_up_to_date(_engine(beside), str(file))
        except (sqlite3.Error, DBAPIError) as error:
            raise EncaisseError(
                f"The backup cannot be read: {error}.", where=str(file), fix=fix
            ) from error
        _check(beside, "The backup is damaged, and was not restored", fix)
        _without_log(beside)
        _sync(beside)
        if not desk.is_sqlite:
            _load_rows(desk, beside)
            return None
        with desk.turn(alone=True):  # nobody has it open, so nobody writes into the old one
            kept = _set_aside(desk.file, now)
            os.replace(beside, desk.file)
            _sync(desk.file.parent)
            return kept


def _refuse_other_files(beside: Path, file: Path) -> None:
    """Refuse a database that is no desk: migrated, it would pass for one that holds nothing.

    Raises:
        EncaisseError: It has no migration of ours.
    """
    with _engine(beside).connect() as con:
        if current_revision(con) is None:
            raise EncaisseError(
                "This is no backup of a desk.",
                where=str(file),
                fix="name a file that `encaisse desk backup` made",
            )


def _set_aside(file: Path, now: datetime) -> Path | None:
    """Give what is there a second name, under which it stays."""
    if not file.exists():
        return None
    kept = file.with_name(f"{file.stem}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{file.suffix}")
    if kept.exists():
        raise _would_overwrite(kept)
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(file)) as con:
        # What is in the log goes into the file; a damaged desk is kept as it is, log and all.
        [(in_use, *_)] = con.execute("pragma wal_checkpoint(truncate)")
        if in_use:
            raise EncaisseError(
                "Another program has the desk open, so nothing was restored.",
                where=str(file),
                fix="close it, and try again",
            )
    # The log first: the new desk must never find the old one's. The name last, and never nobody's:
    # killed at any instant, there is a desk.
    for side in reversed(SIDES[1:]):
        part = file.with_name(file.name + side)
        if part.exists():
            os.replace(part, kept.with_name(kept.name + side))
    os.link(file, kept)
    return kept


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """Give a name beside a file to work under, and leave nothing of it."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield beside
    finally:
        for side in (*SIDES, "-journal"):
            beside.with_name(beside.name + side).unlink(missing_ok=True)


def _copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite database, whatever is being written to it, into one file without a log."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def _without_log(file: Path) -> None:
    """Make a database one file: what is in its log goes into it."""
    with closing(sqlite3.connect(file)) as con:
        con.execute("pragma journal_mode = delete")


def _copy_rows(con: Connection, target: Path) -> None:
    """Copy every row of a desk that is no file of ours into a new one that is."""
    engine = _engine(target)
    bring_up_to_date(engine, str(target))
    with engine.connect() as written, written.begin():
        _insert_all(con, written)


def _load_rows(desk: Desk, file: Path) -> None:
    """Put the rows of a backup into an empty desk."""
    open_desk(desk.home)
    with desk.reading() as con:
        count = con.scalar(select(func.count()).select_from(history))
    if count:
        raise EncaisseError(
            f"The desk in PostgreSQL holds {count} entries, and rows are only ever added to it.",
            where=desk.name,
            fix="make a new, empty database, and name it in the address of the desk",
        )
    with _engine(file).connect() as con, desk.engine.connect() as written, written.begin():
        _insert_all(con, written)


def _insert_all(con: Connection, target: Connection) -> None:
    for table in metadata.sorted_tables:
        rows = [row._asdict() for row in con.execute(select(table).order_by(table.c.id))]
        if rows:
            target.execute(insert(table), rows)


def _check(file: Path, what: str, fix: str) -> None:
    """Refuse a copy that is not whole.

    Raises:
        EncaisseError: SQLite or the history finds something wrong with it.
    """
    try:
        with _engine(file).connect() as con, con.begin():
            problems = [*_file_problems(con), *find_problems(con)]
    except (DBAPIError, ValueError) as error:
        problems = [str(error).splitlines()[0]]
    if problems:
        raise EncaisseError(f"{what}: {problems[0]}.", where=str(file.name), fix=fix)


def _file_problems(con: Connection) -> Iterator[str]:
    if con.dialect.name != "sqlite":
        return
    for (said,) in con.exec_driver_sql("pragma integrity_check(3)"):
        if said != "ok":
            yield said
    for row in con.exec_driver_sql("pragma foreign_key_check"):
        yield f"a row of {row[0]} belongs to none of {row[2]}"


def _engine(file: Path) -> Engine:
    return make_engine(URL.create("sqlite", database=str(file)))


def _would_overwrite(file: Path) -> EncaisseError:
    return EncaisseError(
        "There is a file of that name already, and a backup never takes its place.",
        where=str(file),
        fix="name another file",
    )


def _sync(path: Path) -> None:
    """Have the kernel put a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
