"""Find the snapshot that is published, and open it so that nothing but reading is possible."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from models.errors import EncaisseError
from published.machine import cores

STALE_AFTER_HOURS = 36
"""Age from which a snapshot of today's books is old, where the pointer does not say."""

THREADS = 4
"""Of a reader, at most, whatever the machine: others ask at the same time."""


@dataclass(frozen=True)
class ControlTotal:
    """What the ledger says of the receivable accounts, and what the open items add up to.

    Attributes:
        entity: Entity whose books these are.
        currency: Currency of the three amounts; totals of two currencies are never added.
        ledger: Sum of the receivable accounts at the snapshot's date. Positive is owed to us.
        open_items: Sum of the open items at that date.
        gap: `ledger - open_items`. A snapshot is published only where it is 0.00.
    """

    entity: str
    currency: str
    ledger: Decimal
    open_items: Decimal
    gap: Decimal


@dataclass(frozen=True)
class ListTotal:
    """What the newest list of open items of an entity shows, beside the open items of its day.

    Attributes:
        entity: An entity of which only lists of open items are known.
        currency: Currency of the three amounts.
        listed_on: Day of the list.
        listed: Sum of what it shows. Positive is owed to us.
        open_items: Sum of the open items of that day.
        gap: `listed - open_items`. A snapshot is published only where it is 0.00.
    """

    entity: str
    currency: str
    listed_on: date
    listed: Decimal
    open_items: Decimal
    gap: Decimal


@dataclass(frozen=True)
class FileIn:
    """One extract that the refresh found: `records_in = loaded + quarantined`."""

    name: str
    sha256: str
    format: str
    records_in: int
    loaded: int
    quarantined: int
    refused_reason: str | None


@dataclass(frozen=True)
class Previous:
    """The snapshot that was published before this one."""

    version: str
    as_of: date


@dataclass(frozen=True)
class Pointer:
    """What `CURRENT` says: which snapshot is published, of which day, and what went into it."""

    home: Path
    version: str
    file: str
    sha256: str
    as_of: date
    as_of_basis: str
    published_at: datetime
    duckdb_version: str
    control_totals: tuple[ControlTotal, ...]
    files: tuple[FileIn, ...]
    row_counts: dict[str, int]
    previous: Previous | None
    stale_after_hours: int
    list_totals: tuple[ListTotal, ...] = ()

    @property
    def path(self) -> Path:
        """The snapshot's file."""
        return self.home / "snapshots" / self.file


def current(home: Path) -> Pointer:
    """Return what is published in `home`.

    Raises:
        EncaisseError: Nothing has been published yet, or the pointer cannot be read.
    """
    pointer = home / "CURRENT"
    try:
        told = json.loads(pointer.read_text(encoding="utf-8"))
        return _pointer(home, told)
    except FileNotFoundError as error:
        raise EncaisseError(
            "Nothing has been published yet.",
            where=str(pointer),
            fix="run `make run` once, or `encaisse refresh --extracts <folder>` on your own files",
        ) from error
    except (ValueError, KeyError, TypeError, ArithmeticError, OSError) as error:
        raise EncaisseError(
            "The pointer to the published snapshot cannot be read.",
            where=str(pointer),
            fix="run `encaisse refresh` again: it writes the snapshot and its pointer anew",
        ) from error


def _pointer(home: Path, told: dict[str, Any]) -> Pointer:
    name = told["file"]
    if Path(name).name != name:
        raise ValueError("the snapshot is a file of the snapshots folder, not a path")
    amounts = ("ledger", "open_items", "gap")
    published_at = datetime.fromisoformat(told["published_at"])
    if published_at.tzinfo is None:
        raise ValueError("the time of publication has no time zone")
    return Pointer(
        home=home,
        version=told["version"],
        file=name,
        sha256=told["sha256"],
        as_of=date.fromisoformat(told["as_of"]),
        as_of_basis=told["as_of_basis"],
        published_at=published_at,
        duckdb_version=told["duckdb_version"],
        control_totals=tuple(
            ControlTotal(
                total["entity"],
                total["currency"],
                *(Decimal(total[name]) for name in amounts),
            )
            for total in told["control_totals"]
        ),
        files=tuple(FileIn(**file) for file in told["files"]),
        row_counts=told["row_counts"],
        previous=Previous(
            told["previous"]["version"], date.fromisoformat(told["previous"]["as_of"])
        )
        if told["previous"]
        else None,
        stale_after_hours=told.get("stale_after_hours", STALE_AFTER_HOURS),
        list_totals=tuple(
            ListTotal(
                total["entity"],
                total["currency"],
                date.fromisoformat(total["listed_on"]),
                *(Decimal(total[name]) for name in ("listed", "open_items", "gap")),
            )
            for total in told.get("list_totals", ())
        ),
    )


def connect(pointer: Pointer) -> duckdb.DuckDBPyConnection:
    """Open the snapshot read-only, with no way out of it: no file, no network, no setting.

    A snapshot never changes and its name is its version, so a reader that opens the file CURRENT
    names sees one refresh and never half of the next.

    Raises:
        EncaisseError: The file is not there, or is damaged.
    """
    try:
        return duckdb.connect(
            pointer.path,
            read_only=True,
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "enable_external_access": False,
                "memory_limit": "50%",
                "threads": min(THREADS, cores()),
                "lock_configuration": True,
            },
        )
    except duckdb.Error as error:
        raise _unreadable(error) from error


def rows(con: duckdb.DuckDBPyConnection, question: str, **values: Any) -> pa.Table:
    """Return the answer to `question`, an SQL text of ours, with `values` as its parameters.

    Money stays decimal128.

    Raises:
        EncaisseError: The snapshot turns out to be damaged, or was made by an older version.
    """
    try:
        return con.sql(question, params=values).to_arrow_table()
    except (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException) as error:
        raise _unreadable(error) from error
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise EncaisseError(
            "The published snapshot was made by an older version, and lacks what is asked.",
            where=str(error).splitlines()[0],
            fix="run `encaisse refresh` again: it builds the snapshot anew from the extracts",
        ) from error


def _unreadable(error: duckdb.Error) -> EncaisseError:
    return EncaisseError(
        "The published snapshot cannot be read.",
        where=str(error).splitlines()[0],
        fix="run `encaisse refresh` again: it builds the snapshot anew from the extracts",
    )
