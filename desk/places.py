"""Where the desk of a home is, and how it is opened: a file of SQLite, or a PostgreSQL database."""

import os
import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from models.errors import EncaisseError

ROOT = Path(__file__).resolve().parent.parent
URL_VARIABLE = "ENCAISSE_DESK_URL"
PATIENCE_SECONDS = 10


def location(home: Path) -> URL:
    """Return where the desk of a home is: by the environment, the settings, or a file in the home.

    Raises:
        EncaisseError: The address means nothing, or there is no driver for it.
    """
    stated, where = os.environ.get(URL_VARIABLE, ""), URL_VARIABLE
    for file in (home / "encaisse.toml", ROOT / "encaisse.toml"):
        if stated or not file.exists():
            continue
        try:
            stated = tomllib.loads(file.read_text(encoding="utf-8")).get("desk", {}).get("url", "")
        except ValueError as error:
            raise EncaisseError(
                f"The settings file is not valid TOML: {error}.",
                where=str(file),
                fix="correct the line that is named",
            ) from error
        where = str(file)
        break
    if not stated:
        return URL.create("sqlite", database=str((home / "desk.sqlite").resolve()))
    try:
        url = make_url(stated)
        if url.get_backend_name() == "postgresql":
            import psycopg  # noqa: F401  (say that it is lacking, before anything is asked of it)

            return url.set(drivername="postgresql+psycopg")
    except ImportError as error:
        raise EncaisseError(
            "The desk is kept in PostgreSQL, and its driver is not installed.",
            where=where,
            fix="install it with `pip install 'psycopg[binary]'`",
        ) from error
    except ArgumentError:
        pass  # said below, without the address: it may hold a password
    raise EncaisseError(
        "The address of the desk is not one of a PostgreSQL database.",
        where=where,
        fix="write it as postgresql://user@host/database, with the password in PGPASSWORD or "
        "~/.pgpass; or leave it out, and the desk is desk.sqlite in the home",
    )


def make_engine(url: URL) -> Engine:
    """Return an engine whose every connection keeps the rules of the store."""
    engine = create_engine(
        url,
        poolclass=NullPool,
        # SQLite: no transaction that we did not begin ourselves.
        connect_args={"isolation_level": None} if url.get_backend_name() == "sqlite" else {},
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {PATIENCE_SECONDS * 1000}",  # first: the next one may have to wait
        "journal_mode = wal",
        "synchronous = full",  # what was acknowledged outlives a power cut
        "foreign_keys = on",
        "recursive_triggers = on",  # else REPLACE deletes and no trigger sees it
        "trusted_schema = off",
    ):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _begin(con: Connection) -> None:
    # A transaction that reads first and writes later fails at once where another wrote between.
    writes = con.get_execution_options().get("desk_writes")
    con.exec_driver_sql("begin immediate" if writes else "begin")
