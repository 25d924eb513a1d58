"""Where the desk keeps its rows, and the only way to add one.

By default that is `desk.sqlite` in the home: one file, written by one process at a time and read by
any number meanwhile. A team may name a PostgreSQL instead. Whatever is added is added together with
its entry in the history, or not at all.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from desk.places import PATIENCE_SECONDS, location, make_engine
from desk.schema import FACTS, HEAD, canonical, history
from models.errors import EncaisseError

NOTHING_BEFORE = "0" * 64
WRITERS = 0x656E6361  # the number of PostgreSQL's lock that our writers take turns with
LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Desk:
    """The store of one home. `open_desk` makes it; every function of the desk takes it."""

    home: Path
    url: URL

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours, which can be copied and swapped."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path:
        """The file of an SQLite desk."""
        return Path(self.url.database or "")

    @property
    def name(self) -> str:
        """Where it is, for a person, without a password."""
        return str(self.file) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine. It keeps nothing open: the file may be swapped."""
        return make_engine(self.url)

    @contextmanager
    def turn(self, *, alone: bool = False) -> Iterator[None]:
        """Keep the file from being swapped under us; `alone`, keep everybody else out of it.

        The lock is the kernel's: it falls with its holder, however that ends.
        """
        if not self.is_sqlite:
            yield
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        lock = self.file.with_name(f".{self.file.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not _locked(descriptor, alone=alone):
                if time.monotonic() > deadline:
                    raise self._busy()
                time.sleep(0.01)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that sees one moment of the desk.

        Raises:
            EncaisseError: The desk cannot be read.
        """
        with self.turn(), self._told(), self.engine.connect() as con:
            if not self.is_sqlite:
                con.execution_options(isolation_level="REPEATABLE READ")
            with con.begin():
                yield con

    @contextmanager
    def changing(
        self, action: str, *, author: str, reason: str = "", needs_reason: bool = False
    ) -> Iterator["Change"]:
        """Add rows, and the entry of the history that says who, what and why: all, or nothing.

        Args:
            action: What is done, in two or three words; the history shows it.
            author: Who does it.
            reason: Why.
            needs_reason: Whether it may not be left out.

        Raises:
            EncaisseError: No author, no reason where one is needed, or somebody else keeps the
                desk busy for longer than ten seconds.
        """
        author = plain_text(author, "The author", needed=True)
        reason = plain_text(reason, "The reason", needed=needs_reason)
        with self.turn(), self._told(), self.engine.connect() as con:
            con.execution_options(desk_writes=True)
            with con.begin():
                if not self.is_sqlite:
                    con.execute(text(f"set local lock_timeout = '{PATIENCE_SECONDS}s'"))
                    con.execute(select(func.pg_advisory_xact_lock(WRITERS)))
                change = Change(con, 1 + (con.scalar(select(func.max(history.c.id))) or 0))
                yield change
                change.write_down(author, action, reason)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what the database says."""
        try:
            yield
        except DBAPIError as error:
            said = str(error.orig)
            if "locked" in said or "lock timeout" in said:
                raise self._busy() from error
            raise EncaisseError(
                f"The desk cannot be used: {said.splitlines()[0]}",
                where=self.name,
                fix="run `encaisse desk status`; a damaged desk is replaced by "
                "`encaisse desk restore <backup>`",
            ) from error

    def _busy(self) -> EncaisseError:
        return EncaisseError(
            f"The desk was busy for {PATIENCE_SECONDS} seconds, so nothing was written.",
            where=self.name,
            fix="try again; if it stays so, see which process holds it",
        )


@dataclass
class Change:
    """What one person adds at one time."""

    con: Connection
    history_id: int
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: Table, **values: Any) -> int:
        """Add a row, and return its id."""
        [row_id] = self.add_all(table, [values])
        return row_id

    def add_all(self, table: Table, rows: list[dict[str, Any]]) -> list[int]:
        """Add rows, and return their ids."""
        first = 1 + (self.con.scalar(select(func.max(table.c.id))) or 0)
        numbered = [{"id": row_id, **row} for row_id, row in enumerate(rows, first)]
        if numbered:
            of_entry = [{**row, "history_id": self.history_id} for row in numbered]
            self.con.execute(insert(table), of_entry)
        self.facts.setdefault(table.name, []).extend(numbered)
        return [row["id"] for row in numbered]

    def write_down(self, author: str, action: str, reason: str) -> None:
        """Add the entry of the history."""
        previous = self.con.scalar(
            select(history.c.sha256).where(history.c.id == self.history_id - 1)
        )
        entry = {
            "id": self.history_id,
            "at": datetime.now(UTC),
            "author": author,
            "action": action,
            "reason": reason,
            "facts": self.facts,
            "previous_sha256": previous or NOTHING_BEFORE,
        }
        self.con.execute(insert(history), {**entry, "sha256": seal(entry)})


def seal(entry: dict[str, Any]) -> str:
    """Return the SHA-256 of an entry and, through it, of all that came before."""
    return hashlib.sha256(canonical(entry).encode()).hexdigest()


def find_problems(con: Connection) -> Iterator[str]:
    """Tell, in words, where the rows are not what the history says was added."""
    columns = [column for column in history.columns if column.name != "sha256"]
    found: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for table in FACTS:
        told = [column for column in table.columns if column.name != "history_id"]
        question = select(table.c.history_id, *told).order_by(table.c.id)
        for history_id, *values in con.execute(question):
            row = dict(zip((column.name for column in told), values, strict=True))
            found.setdefault(history_id, {}).setdefault(table.name, []).append(row)
    previous, expected_id = NOTHING_BEFORE, 1
    for *values, sha256 in con.execute(select(*columns, history.c.sha256).order_by(history.c.id)):
        entry = dict(zip((column.name for column in columns), values, strict=True))
        where = f"entry {entry['id']} of the history"
        if entry["id"] != expected_id:
            yield f"{where} follows entry {expected_id - 1}: what was between is gone"
        if entry["previous_sha256"] != previous or seal(entry) != sha256:
            yield f"{where} is not as it was written"
        rows = found.pop(entry["id"], {})
        if canonical(rows) != canonical(
            {name: rows for name, rows in entry["facts"].items() if rows}
        ):
            yield f"{where} says other rows than the tables hold"
        previous, expected_id = sha256, entry["id"] + 1
    for history_id in found:
        yield f"rows belong to entry {history_id} of the history, which is not there"


def plain_text(value: str, what: str, *, needed: bool) -> str:
    """Return a text as it is kept: trimmed, on one line or several, without control characters.

    >>> plain_text("  Léa Martin ", "The author", needed=True)
    'Léa Martin'

    Raises:
        EncaisseError: It is empty and needed, too long, or holds what no keyboard types.
    """
    value = value.strip()
    refused = None
    if needed and not value:
        refused = f"{what} is missing."
    elif len(value) > LONGEST_TEXT:
        refused = f"{what} has {len(value)} characters; {LONGEST_TEXT} is the most."
    elif any(not letter.isprintable() and letter != "\n" for letter in value):
        refused = f"{what} holds a character that cannot be shown."
    if refused:
        raise EncaisseError(refused, where="what was typed", fix="type it again")
    return value


def open_desk(home: Path) -> Desk:
    """Open the desk of a home; make it if it is not there, and bring an older one up to date.

    Raises:
        EncaisseError: It cannot be reached or read, or was made by a newer version of Encaisse.
    """
    desk = Desk(home, location(home))
    with desk._told():
        with desk.turn(), desk.engine.connect() as con:
            revision = current_revision(con)
        if revision != HEAD:
            with desk.turn(alone=True):
                bring_up_to_date(desk.engine, desk.name)
    return desk


def current_revision(con: Connection) -> str | None:
    """Return the migration that a database is at; None where there is no desk yet."""
    if not inspect(con).has_table("alembic_version"):
        return None
    return con.scalar(text("select version_num from alembic_version"))


def bring_up_to_date(engine: Engine, name: str) -> None:
    """Run the migrations that are lacking, in one transaction.

    Raises:
        EncaisseError: The database is ahead of us.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "desk:migrations")
    with engine.connect().execution_options(desk_writes=True) as con, con.begin():
        if engine.dialect.name != "sqlite":
            con.execute(select(func.pg_advisory_xact_lock(WRITERS)))
        config.attributes["connection"] = con
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise EncaisseError(
                "The desk was made by a newer version of Encaisse.",
                where=name,
                fix="install that version, or restore a backup that this one made",
            ) from error


def _locked(descriptor: int, *, alone: bool) -> bool:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
