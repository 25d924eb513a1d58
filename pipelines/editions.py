"""What the books said before a newer extract replaced what an older one had said.

`receivables.movements` is what the extracts tell now. Where a newer extract said otherwise than an
older one, the books are made again from the extracts there were before it, by the same SQL, in a
database of their own; what differs is kept in `receivables.retracted_movements`, so that every past
view can be asked as it was known then. Where nothing was replaced, nothing is made again.

What an edition told is kept in the home, under `editions/`, named by the extracts and the SQL that
it comes from, that of now too: what replaces it tomorrow finds it there, and a daily refresh makes
no edition twice. Deleted, it is made again, the same.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import knowledge, overwritten, staging
from pipelines.kept_editions import beside, forget, is_kept, keep, load, on_disk
from pipelines.knowledge import COLUMNS, RETRACTED, Shown, Step, advance, begin
from pipelines.overwritten import find_overwritten, quoted, with_overwritten
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, make_schema, read_all
from pipelines.staging import MADE, MadeTable

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
where items.entity_id = {entity}
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


def make_editions(
    con: duckdb.DuckDBPyConnection, settings: Settings, kept: Path, landing: Path | None = None
) -> int:
    """Make `receivables.retracted_movements` and `staging.changes_known`.

    Args:
        con: The workshop's connection, with the ledger made.
        settings: The firm's settings.
        kept: The folder that keeps what editions told; may not be there yet.
        landing: Where overwritten extracts may still be found.

    Returns:
        How many editions there were, beside the ones of now.
    """
    retracted, dated = [RETRACTED.empty_table()], [CHANGES_KNOWN.empty_table()]
    used: set[str] = set()
    count = 0
    with _all_there_ever_was(con, settings, landing) as past:
        entities = {
            entity
            for books, table in ((con, "ledger.items"), (past, "staging.replacements"))
            for (entity,) in books.sql(f"select distinct entity_id from {table}").fetchall()  # noqa: S608
        }
        for entity in sorted(entities):
            chain = editions_of(past, con, settings, entity)
            used |= {edition.key for edition in chain[-STATES_KEPT:]}
            count += len(chain) - 1
            if len(chain) == 1:
                _keep_first(con, kept, chain[0])
                continue
            took_back, dates = _follow(chain, past, con, settings, kept)
            retracted.append(took_back)
            dated.append(dates)
    forget(kept, used)
    put(con, pa.concat_tables(retracted), pa.concat_tables(dated))
    return count


@contextmanager
def _all_there_ever_was(
    con: duckdb.DuckDBPyConnection, settings: Settings, landing: Path | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the extracts of the folder with those that they overwrote; mostly there are none."""
    found = find_overwritten(con, landing) if landing else []
    if not found:
        yield con
        return
    with with_overwritten(con, settings, found, RAW, needed("staging.replacements")) as past:
        yield past


def put(con: duckdb.DuckDBPyConnection, retracted: pa.Table, dated: pa.Table) -> None:
    """Make both tables of these rows."""
    make_schema(con, "receivables")
    for table, rows in zip(TABLES, (retracted, dated), strict=True):
        con.register("arriving", rows)
        con.execute(f"create or replace table {table} as from arriving")
        con.unregister("arriving")


def editions_of(
    past: duckdb.DuckDBPyConnection,
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    entity: str,
) -> list[Edition]:
    """Return the editions of an entity's books, the oldest first; the last is the one of now.

    Args:
        past: A connection to all extracts, overwritten ones too.
        con: The workshop's connection, to those of now.
        settings: The firm's settings.
        entity: Whose books.
    """
    here = {sha for (sha,) in con.sql("select source_sha256 from staging.files").fetchall()}
    extracts = past.execute(
        "select source_sha256, extracted_on, name from intake.extract_days where entity_id = ? "
        "order by recency",
        [entity],
    ).fetchall()
    cuts = past.execute(
        "select replaced_on, source_sha256 from staging.replacements where entity_id = ? "
        "order by 1",
        [entity],
    ).fetchall()
    key = hashlib.sha256(f"{recipe()}|{_decided(con, settings, entity)}|{entity}".encode())
    chain: list[Edition] = []
    for until, brought in zip([*cuts, None], [None, *cuts], strict=True):
        # Of the contents that one file had, the newest of that time.
        chosen = {
            name: sha
            for sha, on, name in extracts
            if (sha in here if until is None else on is None or on < until[0])
        }
        step = None
        if brought is not None:
            on, by = brought
            step = Step(on, by, _shown(past, entity, chain[-1].extracts))
        key.update(f"|{brought}|{sorted(chosen.values())}".encode())
        chain.append(Edition(entity, tuple(sorted(chosen.values())), step, key.hexdigest()))
    return chain


def _decided(con: duckdb.DuckDBPyConnection, settings: Settings, entity: str) -> str:
    """Return what beside the extracts decides what an edition tells: settings, customers' terms."""
    told = settings.model_dump_json(
        include={"entities", "defaults", "accounts", "tables", "matching"}
    )
    terms = con.execute(
        "select customer_id, payment_terms from ledger.customers "
        "where entity_id = ? and payment_terms is not null order by all",
        [entity],
    ).fetchall()
    return f"{told}|{terms}"


def _shown(
    con: duckdb.DuckDBPyConnection, entity: str, extracts: Sequence[str]
) -> tuple[Shown, ...]:
    """Return what these extracts cover, so that they should have shown it.

    Beside a ledger, a table only lends due dates: it shows nothing.
    """
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
            and $entity not in (select entity_id from intake.extract_days where not is_table)
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
    files += [Path(module.__file__ or "") for module in (knowledge, overwritten, staging)] + [
        Path(__file__)
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _keep_first(con: duckdb.DuckDBPyConnection, kept: Path, edition: Edition) -> None:
    """Keep what is told now, of which nothing was replaced yet."""
    if not is_kept(kept, edition.key):
        told = TOLD_BY.format(entity=quoted(edition.entity))
        nothing = (
            "select *, cast(null as date) as retracted_on, "  # noqa: S608  (ours)
            f"cast(null as varchar) as retracted_by_sha256 from ({told}) where false"
        )
        keep(con, kept, edition.key, {"live": told, "retracted": nothing})


def _follow(
    chain: Sequence[Edition],
    past: duckdb.DuckDBPyConnection,
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    kept: Path,
) -> tuple[pa.Table, pa.Table]:
    """Go from one edition to the next, up to that of now.

    Returns:
        What was retracted on the way, and the changes that were known on another day than the
        edition of now tells.
    """
    begun = max((n for n, edition in enumerate(chain) if is_kept(kept, edition.key)), default=-1)
    with beside(kept) as folder, on_disk(folder / "bench") as bench:
        begin(bench)
        if begun >= 0:
            load(bench, kept, chain[begun].key)
        raw, told = folder / "raw", folder / "told.parquet"
        for number, edition in enumerate(chain):
            is_now = number == len(chain) - 1
            if number <= begun and not is_now:
                continue
            if is_now:
                _write_told(con, edition, told)
            else:
                _copy_raw(past, edition.entity, raw)
                _replay(past, settings, edition, raw, told)
            bench.execute(
                f"create or replace temp view told as from read_parquet({quoted(str(told))})"
            )
            if number > begun:
                if edition.step is None:
                    bench.execute("insert into live from told")
                else:
                    advance(bench, "told", edition.step)
                if number >= len(chain) - STATES_KEPT:
                    keep(bench, kept, edition.key)
        return (
            bench.sql(f"from retracted order by {ORDER}").to_arrow_table(),
            bench.sql(DATED_OTHERWISE).to_arrow_table(),
        )


def _write_told(con: duckdb.DuckDBPyConnection, edition: Edition, file: Path) -> None:
    told = TOLD_BY.format(entity=quoted(edition.entity))
    con.execute(f"copy ({told}) to {quoted(str(file))} (format parquet)")


def _copy_raw(past: duckdb.DuckDBPyConnection, entity: str, folder: Path) -> None:
    """Write what the extracts of an entity say into `folder`, once."""
    if folder.exists():
        return
    folder.mkdir()
    for table in RAW:
        # A customer file has no date, and may be of every entity.
        past.execute(
            f"copy (select * from raw.{table} where {table == 'customers'} or source_sha256 in "  # noqa: S608
            f"(select source_sha256 from intake.extract_days where entity_id = {quoted(entity)})"
            f") to {quoted(str(folder / table))} (format parquet)"
        )


def _replay(
    past: duckdb.DuckDBPyConnection, settings: Settings, edition: Edition, raw: Path, told: Path
) -> None:
    """Write what an edition's extracts tell, by the SQL that tells what is told now."""
    dated = past.execute(
        "select source_sha256 from intake.extract_days where entity_id = ?", [edition.entity]
    ).fetchall()
    left_out = sorted({sha for (sha,) in dated} - set(edition.extracts))
    files = past.sql(
        "select * from staging.files where not list_contains($left_out::varchar[], source_sha256)",
        params={"left_out": left_out},
    ).to_arrow_table()
    with beside(raw) as folder, on_disk(folder / "scratch") as scratch:
        for schema in ("raw", "staging", "intake", "ledger", "receivables"):
            make_schema(scratch, schema)
        scratch.register("arriving", files)
        scratch.execute("create table staging.files as from arriving")
        scratch.unregister("arriving")
        for table in RAW:
            scratch.execute(
                f"create view raw.{table} as select * from "  # noqa: S608  (quoted)
                f"read_parquet({quoted(str(raw / table))}) "
                f"where source_sha256 in (select source_sha256 from staging.files)"
            )
        for each in needed(*TARGETS):
            if isinstance(each, MadeTable):
                each.make(scratch, settings)
            else:
                each.create(scratch)
        _write_told(scratch, edition, told)


@cache
def needed(*targets: str) -> tuple[SqlTable | MadeTable, ...]:
    """Return these tables and those that they need, each after those that it reads."""
    every: list[SqlTable | MadeTable] = [*read_all(), *MADE]
    tables = {table.full_name: table for table in every}
    ordered: dict[str, SqlTable | MadeTable] = {}

    def add(name: str) -> None:
        if name in tables and name not in ordered:
            for read in tables[name].reads():
                add(read)
            ordered[name] = tables[name]

    for target in targets:
        add(target)
    return tuple(ordered.values())
