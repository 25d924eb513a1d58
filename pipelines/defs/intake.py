"""Extracts in: every file of the folder landed, counted, and put before the SQL as tables."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.errors import EncaisseError
from pipelines.entities import tell_entities
from pipelines.intake.land import land_folder
from pipelines.intake.reading import LANDING, QUARANTINE, Progress
from pipelines.intake.receipts import Receipt
from pipelines.remembered import ONCE_IN, with_remembered
from pipelines.watching import content_key, published_from
from pipelines.workshop import Workshop
from published.snapshot import Previous

FEC_LINES = "fec_lines"
LEDGER = {FEC_LINES, "items"}
"""The landing tables that say what customers owe; the others only tell more about it."""

SAMPLE = "_truth"
"""A folder that only the sample company has, beside its extracts: what the intake may not know."""

HISTORICAL_AFTER_DAYS = 31
"""A ledger that ends earlier than this before today is looked at as of its last day."""

FILES = pa.schema(
    [
        ("source_sha256", pa.string()),
        ("name", pa.string()),
        ("format", pa.string()),
        ("entity_id", pa.string()),
        ("entity_basis", pa.string()),
        ("records_in", pa.int64()),
        ("loaded", pa.int64()),
        ("quarantined", pa.int64()),
        ("refused_reason", pa.string()),
        ("first_on", pa.date32()),
        ("last_on", pa.date32()),
        ("latest_on", pa.date32()),
        ("landed_at", pa.timestamp("us", "UTC")),
        ("facts", pa.string()),
        ("once_in", pa.string()),
    ]
)


WAIT_SECONDS = 5
"""Before a folder that could not be read is tried again, twice."""


class Asked(dg.Config):
    """What a person may ask of a refresh."""

    as_of: str = ""
    """The day the snapshot is of, YYYY-MM-DD. Empty: chosen by the age of the ledger."""


class SnapshotDay(NamedTuple):
    """The day a snapshot is of, and why that day: `asked`, `last_entry` or `today`."""

    as_of: date
    basis: str


@dg.multi_asset(
    name="extracts",
    group_name="intake",
    specs=[
        dg.AssetSpec(["staging", "files"], description="One row per extract, refused ones too."),
        dg.AssetSpec(["intake", "quarantine"], description="Every record set aside, and why."),
        dg.AssetSpec(["staging", "run"], description="What this refresh is: version, day, reason."),
        *(
            dg.AssetSpec(["raw", table], description=f"All landed {table}, with their file.")
            for table in LANDING
        ),
    ],
)
def extracts(
    context: dg.AssetExecutionContext, config: Asked, workshop: Workshop
) -> Iterator[dg.MaterializeResult]:
    """Every file of the extracts folder, landed once per content, counted and accounted for."""
    folder = workshop.extracts_folder
    if not folder.is_dir():
        raise EncaisseError(
            "There is no folder with extracts.",
            where=str(folder),
            fix="make it and put the firm's FEC in it, or name another with --extracts",
        )
    try:
        receipts = land_folder(
            folder,
            workshop.landing,
            workshop.settings,
            now=workshop.started_at,
            progress=_told_now_and_then(context),
        )
    except OSError as error:  # a network drive that blinks, a file still being copied
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=WAIT_SECONDS) from error
    _refuse_to_forget(receipts, workshop)
    in_folder = len(receipts)
    receipts = with_remembered(receipts, workshop.landing, workshop.settings)
    day = choose_day(config.as_of, receipts, workshop.today, workshop.landing)
    remembered = len(receipts) - in_folder
    context.log.info(
        f"{in_folder} extracts, {remembered} overwritten; as of {day.as_of} ({day.basis})"
    )

    con = workshop.con
    con.execute("create schema raw")
    make_files(con, receipts, workshop.landing)
    for table in LANDING:
        make_raw_table(con, table, receipts, workshop.landing)
    if workshop.cluster:
        workshop.cluster.landed = {
            f"raw.{table}": landed_files(table, receipts, workshop.landing) for table in LANDING
        }
    tell_entities(con, workshop.settings)
    make_run(workshop, day, content_key(folder, {r.name: r.sha256 for r in receipts}))
    for key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=key)


def choose_day(
    asked: str, receipts: Sequence[Receipt], today: date, landing: Path | None = None
) -> SnapshotDay:
    """Choose the day that a snapshot is of.

    The day that was asked for; else the last day of the ledger, where it ended more than 31 days
    before `today`; else `today`. What a FEC dates ahead is no end of the ledger.

    Args:
        asked: The day that was asked for, YYYY-MM-DD, or nothing.
        receipts: All extracts.
        today: The day of the refresh.
        landing: Where they landed: asked for the days of a FEC that dates something ahead.

    Raises:
        EncaisseError: What was asked for is no date.
    """
    if asked:
        try:
            return SnapshotDay(date.fromisoformat(asked), "asked")
        except ValueError as error:
            raise EncaisseError(
                f"{asked} is not a date.", where="as_of", fix="write it as 2024-03-31"
            ) from error
    ends = []
    for receipt in filter(is_ledger, receipts):
        end, made_on = receipt.last_on, min(receipt.latest_on or today, today)
        if landing and end and end > made_on and FEC_LINES in receipt.tables:
            end = last_day_booked(_days_of(receipt, landing), made_on)
        ends.append(end)
    last = max(filter(None, ends), default=today)
    if last < today - timedelta(days=HISTORICAL_AFTER_DAYS):
        return SnapshotDay(last, "last_entry")
    return SnapshotDay(today, "today")


def last_day_booked(days: Sequence[date], made_on: date) -> date | None:
    """Return the day to which a FEC goes on, whatever it dates further ahead; None: there is none.

    Its newest validation or lettering says when it was made, at the earliest: what is booked after
    that is believed as long as no more than 31 days are without an entry. One entry of 2099 after
    those of 2023 is a slip.

    Args:
        days: The days on which something is booked, in order.
        made_on: The newest day that the FEC knows; today, if that is earlier.

    >>> days = [date(2023, 12, 20), date(2024, 1, 10), date(2099, 1, 1)]
    >>> last_day_booked(days, made_on=date(2023, 12, 31))
    datetime.date(2024, 1, 10)
    """
    end = made_on
    for day in days:
        if day > end + timedelta(days=HISTORICAL_AFTER_DAYS):
            break
        end = max(end, day)
    return max((day for day in days if day <= end), default=None)


def _days_of(receipt: Receipt, landing: Path) -> list[date]:
    [file] = landed_files(FEC_LINES, [receipt], landing)
    days = pq.read_table(file, columns=["entry_on"])["entry_on"]
    return sorted(pc.unique(days).drop_null().to_pylist())


def is_ledger(receipt: Receipt) -> bool:
    """Tell whether the extract says what customers owe, and was not refused."""
    return bool(LEDGER & set(receipt.tables))


def make_files(con: duckdb.DuckDBPyConnection, receipts: Sequence[Receipt], landing: Path) -> None:
    """Make `staging.files` and `intake.quarantine`."""
    _make(con, "staging.files", pa.Table.from_pylist([_file_row(r) for r in receipts], FILES))
    landed = [landing / r.folder / "quarantine.parquet" for r in receipts]
    _make_landed(con, "view intake.set_aside", QUARANTINE, [f for f in landed if f.exists()])
    con.execute(
        "create table intake.quarantine as "
        "select source_sha256, name, source_line, column_name, value, reason "
        "from intake.set_aside join staging.files using (source_sha256) "
        "order by name, source_line, column_name"
    )
    con.execute("drop view intake.set_aside")


def make_raw_table(
    con: duckdb.DuckDBPyConnection, table: str, receipts: Sequence[Receipt], landing: Path
) -> None:
    """Make `raw.<table>`: all rows of that landing table, each with the file it came from.

    A view: what landed is read where it lies, and not copied.
    """
    files = landed_files(table, receipts, landing)
    _make_landed(con, f"view raw.{table}", LANDING[table], files)


def landed_files(table: str, receipts: Sequence[Receipt], landing: Path) -> list[Path]:
    """Return the files of a landing table, one of each extract that has rows for it."""
    return [landing / r.folder / f"{table}.parquet" for r in receipts if table in r.tables]


def _make_landed(
    con: duckdb.DuckDBPyConnection, view: str, schema: pa.Schema, files: Sequence[Path]
) -> None:
    """Make a view of landed files with their SHA-256: their folder is named <sha256>.<recipe>."""
    if files:
        named = ", ".join(_quoted(str(file)) for file in files)
        con.execute(
            f"create {view} as "  # noqa: S608  (a view has no parameters; the names are quoted)
            "select * exclude (filename), left(parse_path(filename)[-2], 64) as source_sha256 "
            f"from read_parquet([{named}], filename = true)"
        )
    else:
        empty = con.from_arrow(schema.append(pa.field("source_sha256", pa.string())).empty_table())
        columns = ", ".join(
            f"null::{kind} as {name}" for name, kind in zip(empty.columns, empty.types, strict=True)
        )
        con.execute(f"create {view} as select {columns} where false")


def _make(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    con.register("arriving", rows)
    con.execute(f"create table {name} as from arriving")
    con.unregister("arriving")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def make_run(workshop: Workshop, day: SnapshotDay, content_key: str) -> None:
    """Make `staging.run`: the one row that says what this refresh is."""
    previous = _compared_with(workshop, day, content_key)
    folder = workshop.extracts_folder
    own = folder.resolve() == (workshop.folder / "extracts").resolve()
    workshop.con.execute(
        "create table staging.run as select $version as version, $as_of::date as as_of, "
        "$basis as as_of_basis, $started_at::timestamptz as started_at, "
        "$previous_version::varchar as previous_version, $previous_as_of::date as previous_as_of, "
        "$folder as extracts_folder, $content_key as extracts_content_key, $sample as sample",
        {
            "version": workshop.version,
            "as_of": day.as_of,
            "basis": day.basis,
            "started_at": workshop.started_at,
            "previous_version": previous.version if previous else None,
            "previous_as_of": previous.as_of if previous else None,
            "folder": ""
            if own
            else str(folder.resolve()),  # a home may be moved, with its extracts
            "content_key": content_key,
            "sample": (folder / SAMPLE).is_dir(),
        },
    )


def _compared_with(workshop: Workshop, day: SnapshotDay, content_key: str) -> Previous | None:
    """Return the snapshot before this one: the last that says something else.

    To refresh the same extracts again for the same day is to make the same snapshot again; what
    changed is then still what had changed the first time.
    """
    published = workshop.previous
    if published is None:
        return None
    made_from = published_from(workshop.folder)
    if made_from.content_key == content_key and published.as_of == day.as_of:
        return published.previous
    return Previous(published.version, published.as_of)


def _refuse_to_forget(receipts: Sequence[Receipt], workshop: Workshop) -> None:
    """Keep the figures that are published when a folder has no ledger in it any more."""
    if any(map(is_ledger, receipts)):
        return
    refused = [f"{r.name}: {r.refused_reason}" for r in receipts if r.refused_reason]
    if workshop.previous is not None or not refused:
        raise EncaisseError(
            "None of the extracts is a ledger that can be used, so there is nothing to publish."
            + "".join(f"\n  {each}" for each in refused),
            where=str(workshop.extracts_folder),
            fix="put the firm's FEC, or a table of its invoices, in that folder",
        )


def _file_row(receipt: Receipt) -> dict[str, object]:
    values = {name: getattr(receipt, name, None) for name in FILES.names}
    values["source_sha256"] = receipt.sha256
    values["landed_at"] = datetime.fromisoformat(receipt.landed_at).astimezone(UTC)
    values["once_in"] = receipt.facts.get(ONCE_IN)
    values["facts"] = json.dumps(receipt.facts, ensure_ascii=False)
    return values


def _told_now_and_then(context: dg.AssetExecutionContext) -> Progress:
    """Return a progress that says in the log how far the reading is, at most once a second."""
    told_at = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= 1:
            told_at = time.monotonic()
            context.log.info(f"read {share:.0%} of the extracts")

    return tell
