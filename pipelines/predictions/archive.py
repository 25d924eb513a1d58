"""What was said, kept: every published forecast, list and ranking, for as long as the home lasts.

`predictions/<as_of>-<version>/` holds one Parquet file per table. It is written before the pointer
moves and gets its name after, so that an archive is there exactly if its snapshot was published:
a publication that was killed between the two is completed by whoever holds the lock next. Nothing
ever writes into a folder that has its name.

The next refresh sees the archive as views, `staging.archived_<table>`: every table with the columns
it was published with, and `forecast_on` and `version` before them. Of several snapshots of one day
only the last is seen.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

FOLDER = "predictions"
BUILDING = ".building-"

DAYS_BY_DOCUMENT = 35
"""How far ahead what was said of each document is kept: what is left of a week, and four whole."""


@dataclass(frozen=True)
class Archived:
    """A table to keep: which rows of what was published, and the columns its readers count on."""

    name: str
    source: str
    columns: tuple[tuple[str, str], ...]
    select: str | None = None

    def rows(self, as_of: date) -> str:
        """Return the SELECT of what is kept of a snapshot of that day."""
        # COPY takes no parameters; a date is safe to write.
        select = self.select or f"select * from {self.source}"  # noqa: S608  (a name of our own)
        return select.replace("$as_of", f"date '{as_of}'")


KEYS = (("entity_id", "varchar"), ("customer_id", "varchar"), ("currency", "varchar"))
MONEY = "decimal(18, 2)"

# A day of one customer says little years later, and takes twenty times the room of a week.
BY_WEEK = """
select
    receipts.entity_id, receipts.customer_id, receipts.currency, receipts.source,
    periods.period, periods.kind, periods.first_on, periods.last_on,
    cast(sum(receipts.amount) as decimal(18, 2)) as amount
from predictions.expected_receipts as receipts
join predictions.periods as periods
    on receipts.expected_on >= periods.first_on
    and (receipts.expected_on <= periods.last_on or periods.last_on is null)
group by all
"""

BY_DOCUMENT = f"""
select
    timing.item_id, timing.entity_id, timing.customer_id, timing.currency, timing.open_amount,
    periods.period, periods.first_on, periods.last_on, said.amount
from predictions.payment_periods as said
join predictions.periods as periods on periods.period = said.period and periods.kind = 'week'
join predictions.payment_timing as timing on timing.item_id = said.item_id
where said.amount <> 0 and periods.last_on <= $as_of + {DAYS_BY_DOCUMENT}
"""  # noqa: S608  (a number of our own)

WITH_PERIOD = """
select forecast.*, periods.kind, periods.first_on, periods.last_on, periods.is_partial
from predictions.cash_forecast as forecast
join predictions.periods as periods on periods.period = forecast.period
"""

ARCHIVED = (
    Archived(
        "cash_forecast",
        "predictions.cash_forecast",
        (
            ("entity_id", "varchar"),
            ("currency", "varchar"),
            ("period", "integer"),
            ("kind", "varchar"),
            ("first_on", "date"),
            ("last_on", "date"),
            ("is_partial", "boolean"),
            ("source", "varchar"),
            *((column, MONEY) for column in ("amount", "low_80", "high_80")),
        ),
        WITH_PERIOD,
    ),
    Archived(
        "expected_receipts",
        "predictions.expected_receipts",
        (
            *KEYS,
            ("source", "varchar"),
            ("period", "integer"),
            ("kind", "varchar"),
            ("first_on", "date"),
            ("last_on", "date"),
            ("amount", MONEY),
        ),
        BY_WEEK,
    ),
    Archived(
        "payment_periods",
        "predictions.payment_periods",
        (
            ("item_id", "bigint"),
            *KEYS,
            ("open_amount", MONEY),
            ("period", "integer"),
            ("first_on", "date"),
            ("last_on", "date"),
            ("amount", MONEY),
        ),
        BY_DOCUMENT,
    ),
    Archived(
        "customer_risk",
        "predictions.customer_risk",
        (
            *KEYS,
            *((column, MONEY) for column in ("open_amount", "expected_late_amount")),
            ("expected_loss_amount", MONEY),
            ("late_probability", "decimal(7, 6)"),
            ("expected_days_late", "decimal(9, 1)"),
            ("risk_class", "varchar"),
            ("rank", "integer"),
        ),
    ),
    Archived(
        "priorities",
        "worklist.priorities",
        (
            *KEYS,
            ("rank", "integer"),
            ("action", "varchar"),
            ("fits_today", "boolean"),
            ("worth_amount", MONEY),
            ("late_amount", MONEY),
        ),
    ),
    Archived(
        "worklist_items",
        "worklist.items",
        (
            ("item_id", "bigint"),
            *KEYS,
            ("rank", "integer"),
            ("open_amount", MONEY),
            ("chased_amount", MONEY),
            ("due_on", "date"),
            ("set_apart", "varchar"),
        ),
    ),
)


def archive(con: duckdb.DuckDBPyConnection, home: Path, version: str, as_of: date) -> Path | None:
    """Write what this snapshot says into a folder that has no name yet; `settle_archive` names it.

    Args:
        con: The workshop's connection, with every table made.
        home: Where everything is kept.
        version: The snapshot's version.
        as_of: The day it is of.

    Returns:
        The folder, its files on the disk; None where the snapshot predicts nothing.
    """
    present = {
        name
        for (name,) in con.sql(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = current_database()"
        ).fetchall()
    }
    kept = [table for table in ARCHIVED if table.source in present]
    if not kept:
        return None
    folder = home / FOLDER / f"{BUILDING}{as_of}-{version}"
    folder.mkdir(parents=True)
    for table in kept:
        file = folder / f"{table.name}.parquet"
        con.execute(
            f"copy (with said as ({table.rows(as_of)}) "  # noqa: S608  (names of our own)
            f"select date '{as_of}' as forecast_on, '{version}' as version, * from said "
            f"order by all) to {_quoted(file)} (format parquet, compression zstd)"
        )
        _sync(file)
    _sync(folder)
    _sync(folder.parent)
    return folder


def settle_archive(home: Path, published_version: str | None) -> None:
    """Name the archive of the published snapshot, if it has no name yet; clear other beginnings.

    Only ever called under the writer's lock: at the end of a publication, and before the next
    refresh, for what a killed one left.

    Args:
        home: Where everything is kept.
        published_version: The version that CURRENT names; None where it names none.
    """
    for begun in sorted((home / FOLDER).glob(f"{BUILDING}*")):
        name = begun.name.removeprefix(BUILDING)
        if published_version is not None and name.endswith(f"-{published_version}"):
            os.replace(begun, begun.with_name(name))
            _sync(begun.parent)
        else:
            shutil.rmtree(begun)


def attach_archive(con: duckdb.DuckDBPyConnection, home: Path) -> list[Path]:
    """Make the views `staging.archived_<table>` over everything that was kept in `home`.

    Each is there, with the columns that `ARCHIVED` names at least, even where nothing was kept.

    Returns:
        The files that cannot be read. They are left out: a damaged past is no reason to have no
        present.
    """
    folders = list(_last_of_each_day(home))
    damaged = []
    for table in ARCHIVED:
        # A version that did not make the table yet has no file of it.
        there = [file for folder in folders if (file := folder / f"{table.name}.parquet").exists()]
        files = there if _can_be_read(con, there) else []
        if there and not files:
            files = [file for file in there if _can_be_read(con, [file])]
            damaged += [file for file in there if file not in files]
        columns = (("forecast_on", "date"), ("version", "varchar"), *table.columns)
        empty = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns)
        select = f"select {empty} where false"
        if files:
            kept = f"read_parquet({_listed(files)}, union_by_name = true)"
            select += f" union all by name select * from {kept}"  # noqa: S608  (our own files)
        con.execute(f"create or replace view staging.archived_{table.name} as {select}")
    return damaged


def _last_of_each_day(home: Path) -> Iterator[Path]:
    """Return the folder of the last version of each day, in the order of the days."""
    last = {
        folder.name[:10]: folder
        for folder in sorted((home / FOLDER).glob("[0-9]*"))
        if folder.is_dir()
    }
    yield from last.values()


def _can_be_read(con: duckdb.DuckDBPyConnection, files: list[Path]) -> bool:
    """Tell whether every one of these is a whole Parquet file, by what stands at its end."""
    if not files:
        return True
    try:
        con.sql(f"select count(*) from parquet_file_metadata({_listed(files)})").fetchall()  # noqa: S608
    except duckdb.Error:
        return False
    return True


def _listed(files: list[Path]) -> str:
    return f"[{', '.join(map(_quoted, files))}]"


def _quoted(file: Path) -> str:
    return "'" + str(file).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    """Have the kernel put a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
