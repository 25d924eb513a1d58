"""What the books said before a newer extract replaced what an older one had said.

`receivables.movements` is what the extracts tell now. Where a newer extract said otherwise than an
older one, the books are made again from the extracts there were before it, by the same SQL, in a
database of their own; what differs is kept in `receivables.retracted_movements`, so that every past
view can be asked as it was known then. Where nothing was replaced, nothing is made again.

What an edition told is kept in the home, under `editions/`, named by the extracts and the SQL that
it comes from: a daily refresh makes no edition twice. Deleted, it is made again, the same.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import knowledge, staging
from pipelines.knowledge import COLUMNS, RETRACTED, Shown, Step, advance, begin
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, make_schema, read_all
from pipelines.staging import MADE, MadeTable

BUILDING = ".building-"
STATES_KEPT = 3  # of an entity: the last ones; a refresh needs one, another refresh may need more

RAW = ("fec_lines", "items", "allocations", "customers")
"""The landing tables that the movements are made of."""

ORDER = f"{COLUMNS}, retracted_on"

TARGETS = ("ledger.items", "staging.item_changes")

TOLD_BY = """
select
    changes.item_id, items.entity_id, items.customer_id, items.account, items.currency, items.kind,
    case when items.amount > 0 then 'debit' else 'credit' end as side,
    changes.event_on, items.booked_on, items.document_on, items.due_on, changes.amount,
    changes.known_on, changes.source, items.due_basis, items.document_ref,
    items.amount as item_amount, items.journal_code, items.entry_number, items.label,
    items.source_sha256, items.source_line
from staging.item_changes as changes
join ledger.items as items on items.item_id = changes.item_id
where items.entity_id = $entity
order by changes.item_id, changes.event_on, changes.source, changes.known_on
"""

CHANGES_KNOWN = pa.schema(
    [
        ("item_id", pa.int64()),
        ("event_on", pa.date32()),
        ("known_on", pa.date32()),
        ("source", pa.string()),
        ("amount", knowledge.MONEY),
    ]
)

TABLES = {
    "receivables.retracted_movements": (
        ("item_id", "event_on", "known_on", "source", "due_on", "customer_id", "retracted_on"),
        "Movements that an extract told and a newer one took back: known from known_on until "
        "retracted_on, with the item as it was told.",
    ),
    "staging.changes_known": (
        ("item_id", "event_on", "known_on", "source"),
        "Changes of items that were known on another day than the newest extract states.",
    ),
}

# Of the changes that some edition knew earlier, or not yet: all rows, as they were known.
DATED_OTHERWISE = """
with known as (
    select item_id, event_on, known_on, source, cast(sum(amount) as decimal(18, 2)) as amount
    from live
    group by all
),

now_told as (
    select item_id, event_on, known_on, source, cast(sum(amount) as decimal(18, 2)) as amount
    from told
    group by all
),

differing as (
    (from known except from now_told)
    union all
    (from now_told except from known)
)

select known.*
from known
where (item_id, event_on, source) in (select (item_id, event_on, source) from differing)
order by all
"""


@dataclass(frozen=True)
class Edition:
    """What the extracts of an entity told, up to the one that said otherwise.

    Attributes:
        entity: Whose books these are.
        extracts: SHA-256 of the extracts, sorted.
        step: What brought the edition before to this one; None for the first.
        key: Names the edition: its extracts, those of the editions before it, and the recipe.
    """

    entity: str
    extracts: tuple[str, ...]
    step: Step | None
    key: str


def make_editions(con: duckdb.DuckDBPyConnection, settings: Settings, kept: Path) -> int:
    """Make `receivables.retracted_movements` and `staging.changes_known`.

    Args:
        con: The workshop's connection, with the ledger made.
        settings: The firm's settings.
        kept: The folder that keeps what editions told; may not be there yet.

    Returns:
        How many editions there were, beside the ones of now.
    """
    entities = con.sql("select distinct entity_id from staging.replacements order by 1").fetchall()
    retracted, dated = [RETRACTED.empty_table()], [CHANGES_KNOWN.empty_table()]
    used: set[str] = set()
    count = 0
    for (entity,) in entities:
        chain = editions_of(con, settings, entity)
        used |= {edition.key for edition in chain[-STATES_KEPT:]}
        count += len(chain) - 1
        with duckdb.connect() as bench:
            _follow(bench, chain, con, settings, kept)
            retracted.append(bench.sql(f"from retracted order by {ORDER}").to_arrow_table())
            dated.append(bench.sql(DATED_OTHERWISE).to_arrow_table())
    _forget(kept, used)
    put(con, pa.concat_tables(retracted), pa.concat_tables(dated))
    return count


def put(con: duckdb.DuckDBPyConnection, retracted: pa.Table, dated: pa.Table) -> None:
    """Make both tables of these rows."""
    make_schema(con, "receivables")
    for table, rows in zip(TABLES, (retracted, dated), strict=True):
        con.register("arriving", rows)
        con.execute(f"create or replace table {table} as from arriving")
        con.unregister("arriving")


def editions_of(con: duckdb.DuckDBPyConnection, settings: Settings, entity: str) -> list[Edition]:
    """Return the editions of an entity's books, the oldest first; the last is the one of now."""
    extracts = con.execute(
        "select source_sha256, extracted_on from intake.extract_days where entity_id = ? "
        "order by 1",
        [entity],
    ).fetchall()
    cuts = con.execute(
        "select replaced_on, source_sha256 from staging.replacements where entity_id = ? "
        "order by 1",
        [entity],
    ).fetchall()
    key = hashlib.sha256(f"{recipe()}|{settings.model_dump_json()}|{entity}".encode())
    chain: list[Edition] = []
    for until, brought in zip([*cuts, None], [None, *cuts], strict=True):
        chosen = tuple(sha for sha, on in extracts if until is None or on is None or on < until[0])
        step = None
        if brought is not None:
            on, by = brought
            step = Step(on, by, _shown(con, entity, chain[-1].extracts))
        key.update(f"|{brought}|{chosen}".encode())
        chain.append(Edition(entity, chosen, step, key.hexdigest()))
    return chain


def _shown(
    con: duckdb.DuckDBPyConnection, entity: str, extracts: Sequence[str]
) -> tuple[Shown, ...]:
    """Return what these extracts cover, so that they should have shown it."""
    rows = con.execute(
        """
        select null, first_on, last_on, extracted_on
        from intake.extract_days
        where entity_id = $entity and source_sha256 in $extracts and not is_table
            and first_on is not null and extracted_on is not null
        union
        select items.kind, min(coalesce(items.booked_on, items.document_on)),
            max(coalesce(items.booked_on, items.document_on)), days.extracted_on
        from raw.items as items
        join intake.extract_days as days on days.source_sha256 = items.source_sha256
        where days.entity_id = $entity and days.source_sha256 in $extracts
            and not items.is_open_list and days.extracted_on is not null
        group by items.kind, days.source_sha256, days.extracted_on
        having min(coalesce(items.booked_on, items.document_on)) is not null
        order by all
        """,
        {"entity": entity, "extracts": list(extracts)},
    ).fetchall()
    return tuple(Shown(*row) for row in rows)


@cache
def recipe() -> str:
    """Return a name for all that makes an edition of its extracts: the SQL and the code."""
    files = [*sorted(staging.SQL.glob("*/**/*.sql"))]
    files += [Path(module.__file__ or "") for module in (knowledge, staging)] + [Path(__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _follow(
    bench: duckdb.DuckDBPyConnection,
    chain: Sequence[Edition],
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    kept: Path,
) -> None:
    """Bring the bench to the edition of now: its tables `live`, `retracted` and `told`."""
    begin(bench)
    begun = max((n for n, edition in enumerate(chain) if _is_kept(kept, edition)), default=-1)
    if begun >= 0:
        _load(bench, kept / chain[begun].key)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder)
        for number, edition in enumerate(chain):
            is_now = number == len(chain) - 1
            if number <= begun and not is_now:
                continue
            if is_now:
                told = con.sql(TOLD_BY, params={"entity": edition.entity}).to_arrow_table()
            else:
                _copy_raw(con, edition.entity, raw)
                told = _replay(con, settings, edition, raw)
            bench.register("told", told)
            if number > begun:
                if edition.step is None:
                    bench.execute("insert into live from told")
                else:
                    advance(bench, "told", edition.step)
                if number >= len(chain) - STATES_KEPT:
                    _keep(bench, kept, edition)


def _copy_raw(con: duckdb.DuckDBPyConnection, entity: str, folder: Path) -> None:
    """Write what the extracts of an entity say into `folder`, once."""
    if any(folder.iterdir()):
        return
    for table in RAW:
        # A customer file has no date, and may be of every entity.
        con.execute(
            f"copy (select * from raw.{table} where {table == 'customers'} or source_sha256 in "  # noqa: S608
            f"(select source_sha256 from intake.extract_days where entity_id = {_quoted(entity)})"
            f") to {_quoted(str(folder / table))} (format parquet)"
        )


def _replay(
    con: duckdb.DuckDBPyConnection, settings: Settings, edition: Edition, raw: Path
) -> pa.Table:
    """Return what an edition's extracts tell, by the SQL that tells what is told now."""
    dated = con.execute(
        "select source_sha256 from intake.extract_days where entity_id = ?", [edition.entity]
    ).fetchall()
    left_out = sorted({sha for (sha,) in dated} - set(edition.extracts))
    files = con.sql(
        "select * from staging.files where not list_contains($left_out::varchar[], source_sha256)",
        params={"left_out": left_out},
    ).to_arrow_table()
    with duckdb.connect() as scratch:
        for schema in ("raw", "staging", "intake", "ledger", "receivables"):
            make_schema(scratch, schema)
        scratch.register("arriving", files)
        scratch.execute("create table staging.files as from arriving")
        scratch.unregister("arriving")
        for table in RAW:
            scratch.execute(
                f"create view raw.{table} as select * from "  # noqa: S608  (quoted)
                f"read_parquet({_quoted(str(raw / table))}) "
                f"where source_sha256 in (select source_sha256 from staging.files)"
            )
        for each in needed():
            if isinstance(each, MadeTable):
                each.make(scratch, settings)
            else:
                each.create(scratch)
        return scratch.sql(TOLD_BY, params={"entity": edition.entity}).to_arrow_table()


@cache
def needed() -> tuple[SqlTable | MadeTable, ...]:
    """Return the tables that the movements need, each after those that it reads."""
    every: list[SqlTable | MadeTable] = [*read_all(), *MADE]
    tables = {table.full_name: table for table in every}
    ordered: dict[str, SqlTable | MadeTable] = {}

    def add(name: str) -> None:
        if name in tables and name not in ordered:
            for read in tables[name].reads():
                add(read)
            ordered[name] = tables[name]

    for target in TARGETS:
        add(target)
    return tuple(ordered.values())


def _is_kept(kept: Path, edition: Edition) -> bool:
    return (kept / edition.key / "retracted.parquet").exists()


def _load(bench: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for table in ("live", "retracted"):
        file = _quoted(str(folder / f"{table}.parquet"))
        bench.execute(f"insert into {table} from read_parquet({file})")


def _keep(bench: duckdb.DuckDBPyConnection, kept: Path, edition: Edition) -> None:
    """Keep what is known at an edition: whole, or not at all."""
    kept.mkdir(exist_ok=True)
    building = kept / f"{BUILDING}{edition.key}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for table in ("live", "retracted"):
        file = building / f"{table}.parquet"
        bench.execute(f"copy {table} to {_quoted(str(file))} (format parquet)")
        _sync(file)
    _sync(building)
    building.rename(kept / edition.key)
    _sync(kept)


def _forget(kept: Path, used: set[str]) -> None:
    """Remove what no refresh would use again, and what a killed one left."""
    if kept.is_dir():
        for folder in kept.iterdir():
            if folder.name not in used:
                shutil.rmtree(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
