"""Publish a snapshot: whole or not at all, and never over a newer one.

A reader follows `CURRENT`, which names one immutable file. Killed at any instant, a publication
leaves either the old pointer or the new one, and the file it names complete on disk.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from models.errors import EncaisseError
from pipelines.engines.cluster import keep_marts
from pipelines.predictions.archive import archive, settle_archive
from pipelines.workshop import Workshop, pointer_bytes

PUBLISHED = ("intake", "ledger", "measures", "meta", "predictions", "receivables", "worklist")
"""The schemas a snapshot keeps. The others are scaffolding, and stay in the workshop."""

Told = Mapping[str, Any]


def publish(workshop: Workshop) -> Told:
    """Make what the workshop built the published snapshot, and return what CURRENT now says.

    The workshop's connection is closed: nothing can be made after publication.

    Raises:
        EncaisseError: The lock was lost, or somebody else published since this refresh began.
    """
    con = workshop.con
    published_at = datetime.now(UTC)
    _write_meta(con, published_at)
    [(folder, content_key)] = con.sql(
        "select extracts_folder, extracts_content_key from staging.run"
    ).fetchall()
    for (schema,) in con.sql(
        "select schema_name from duckdb_schemas() "
        "where not internal and schema_name <> 'main' and database_name = current_database()"
    ).fetchall():
        if schema not in PUBLISHED:
            con.execute(f"drop schema {schema} cascade")
    for scaffolding in ("staging", "features"):
        con.execute(f"detach {scaffolding}")
    told: dict[str, Any] = {
        "version": workshop.version,
        "file": f"{workshop.version}.duckdb",
        **_day(con),
        "published_at": published_at.isoformat(),
        "duckdb_version": duckdb.__version__,
        "control_totals": _control_totals(con),
        "list_totals": _list_totals(con),
        "files": _files(con),
        "row_counts": _row_counts(con),
        "stale_after_hours": workshop.settings.stale_after_hours,
        "extracts": {"folder": folder, "content_key": content_key},
    }
    archive(con, workshop.folder, workshop.version, date.fromisoformat(told["as_of"]))
    con.execute("checkpoint")
    con.close()

    final = workshop.snapshots / told["file"]
    _sync(workshop.building)
    told["sha256"] = _sha256(workshop.building)
    os.replace(workshop.building, final)
    if workshop.cluster:
        keep_marts(workshop.marts_building, workshop.marts / workshop.version, PUBLISHED)
    _sync(workshop.snapshots)
    _move_pointer(workshop, told)
    settle_archive(workshop.folder, workshop.version)
    _forget_old(workshop, told)
    return told


def _write_meta(con: duckdb.DuckDBPyConnection, published_at: datetime) -> None:
    con.execute("create schema if not exists meta")
    con.execute(
        "create table meta.snapshot as "
        "select version, as_of, $published_at::timestamptz as published_at, previous_version, "
        "previous_as_of, as_of_basis, sample from staging.run",
        {"published_at": published_at},
    )


def _day(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    [(as_of, basis, previous, previous_as_of)] = con.sql(
        "select as_of::varchar, as_of_basis, previous_version, previous_as_of::varchar "
        "from meta.snapshot"
    ).fetchall()
    return {
        "as_of": as_of,
        "as_of_basis": basis,
        "previous": {"version": previous, "as_of": previous_as_of} if previous else None,
    }


def _control_totals(con: duckdb.DuckDBPyConnection) -> list[Told]:
    rows = con.sql(
        "select entity_id, currency, sum(ledger_amount), sum(open_amount), "
        "sum(ledger_amount) - sum(open_amount) "
        "from receivables.control_balances where day = (select as_of from meta.snapshot) "
        "group by all order by all"
    ).fetchall()
    return [
        {
            "entity": entity,
            "currency": currency,
            "ledger": str(ledger),
            "open_items": str(open_items),
            "gap": str(gap),
        }
        for entity, currency, ledger, open_items, gap in rows
    ]


def _list_totals(con: duckdb.DuckDBPyConnection) -> list[Told]:
    """Return what the newest list of each entity shows, beside the open items of its day."""
    rows = con.sql(
        "with newest as (select entity_id, max(listed_on) as listed_on from intake.open_lists "
        "group by all), last_ones as (select entity_id, customer_id, currency, "
        "max_by(list_amount, listed_on) as listed, max_by(open_amount, listed_on) as open_amount "
        "from receivables.list_balances group by all) "
        "select entity_id, currency, listed_on::varchar, sum(listed), sum(open_amount), "
        "sum(listed) - sum(open_amount) from last_ones join newest using (entity_id) "
        "group by all order by all"
    ).fetchall()
    return [
        {
            "entity": entity,
            "currency": currency,
            "listed_on": listed_on,
            "listed": str(listed),
            "open_items": str(open_items),
            "gap": str(gap),
        }
        for entity, currency, listed_on, listed, open_items, gap in rows
    ]


def _files(con: duckdb.DuckDBPyConnection) -> list[Told]:
    names = ("name", "sha256", "format", "records_in", "loaded", "quarantined", "refused_reason")
    rows = con.sql(
        "select name, source_sha256, format, records_in, loaded, quarantined, refused_reason "
        "from intake.files order by name"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _row_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = con.sql(
        "select schema_name || '.' || table_name as name from duckdb_tables() "
        "where not internal and not temporary and database_name = current_database() "
        "order by name"
    ).fetchall()
    return {
        name: con.sql(f"select count(*) from {name}").fetchall()[0][0]  # noqa: S608  (catalogue)
        for (name,) in tables
    }


def _move_pointer(workshop: Workshop, told: Told) -> None:
    """Write CURRENT, unless what we know of it is no longer true."""
    home = workshop.folder
    beside = home / "CURRENT.tmp"
    beside.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _sync(beside)
    if not workshop.lock.is_held():
        raise EncaisseError(
            "The writer's lock was taken away during the refresh, so nothing was published.",
            where=str(workshop.lock.path),
            fix="leave the file .writer alone, and refresh again",
        )
    if pointer_bytes(home) != workshop.pointer_before:
        raise EncaisseError(
            "Another snapshot was published while this refresh was at work, so this one was not.",
            where=str(home / "CURRENT"),
            fix="refresh again, if the extracts have changed since",
        )
    os.replace(beside, home / "CURRENT")
    _sync(home)


def _forget_old(workshop: Workshop, told: Told) -> None:
    """Delete the oldest snapshots. A reader that still has one open keeps it until it closes.

    The one this snapshot is compared with stays, however old: the same refresh may be run again.
    """
    newest_first = sorted(workshop.snapshots.glob("*.duckdb"), reverse=True)
    compared_with = told["previous"] and told["previous"]["version"]
    for file in newest_first[workshop.settings.snapshots_kept :]:
        if file.stem != compared_with:
            file.unlink()
    workshop.clear_marts()


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Have the kernel put a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
