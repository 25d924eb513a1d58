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
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import kept_editions, knowledge, overwritten, replaying, staging
from pipelines.intake import land
from pipelines.kept_editions import (
    Told,
    beside,
    forget,
    is_kept,
    keep,
    look,
    on_disk,
    write_first,
    write_next,
)
from pipelines.knowledge import COLUMNS, RETRACTED, Shown, Step, advance
from pipelines.overwritten import find_overwritten, quoted, with_overwritten
from pipelines.replaying import RAW, Edition, needed, replay, told_by
from pipelines.settings import Settings
from pipelines.sql_tables import make_schema

STATES_KEPT = 3  # of an entity: the last ones; a refresh needs one, another refresh may need more

ORDER = f"{COLUMNS}, retracted_on"

CHANGES_KNOWN = pa.schema(
    [
        ("item_id", pa.int64()),
        ("event_on", pa.date32()),
        ("known_on", pa.date32()),
        ("source", pa.string()),
        ("amount", knowledge.MONEY),
    ]
)

OVERWRITTEN = pa.schema(
    [
        ("entity_id", pa.string()),
        ("source_sha256", pa.string()),
        ("name", pa.string()),
        ("extracted_on", pa.date32()),
        ("recency", pa.int64()),
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
    "intake.overwritten": (
        ("entity_id", "source_sha256"),
        "Older contents of files of the folder, as far as landing still has them, the oldest with "
        "the lowest recency: what they said is in the past views alone.",
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
    select *, true as is_known from (from known except from now_told)
    union all
    select *, false from (from now_told except from known)
),

dated as (
    select known.*
    from known
    where (item_id, event_on, source) in (select (item_id, event_on, source) from differing)
)

from dated
union all
-- What cancels out, and was over before it could be known: nothing of it stands.
select item_id, event_on, known_on, source, cast(0 as decimal(18, 2))
from differing
where not is_known and (item_id, event_on, source) not in (
    select (item_id, event_on, source) from dated
)
order by all
"""


def make_editions(
    con: duckdb.DuckDBPyConnection, settings: Settings, kept: Path, landing: Path | None = None
) -> int:
    """Make the tables of `TABLES`.

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
        older = _overwritten(past, con)
    forget(kept, used)
    put(con, pa.concat_tables(retracted), pa.concat_tables(dated), older)
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


def _overwritten(past: duckdb.DuckDBPyConnection, con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the extracts that are in the past alone: their days, by entity."""
    past.register("here", con.sql("select source_sha256 from staging.files").to_arrow_table())
    found = past.sql(
        "select entity_id, source_sha256, name, extracted_on, recency from intake.extract_days "
        "anti join here using (source_sha256) order by all"
    ).to_arrow_table()
    past.unregister("here")
    return found.cast(OVERWRITTEN)


def put(con: duckdb.DuckDBPyConnection, *rows_of: pa.Table) -> None:
    """Make the tables of `TABLES` of these rows, in their order."""
    for table, rows in zip(TABLES, rows_of, strict=True):
        make_schema(con, table.partition(".")[0])
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
        "select source_sha256, extracted_on, name, (select list(listed_on order by listed_on) "
        "from staging.open_lists as lists where lists.entity_id = days.entity_id "
        "and lists.source_sha256 = days.source_sha256) "
        "from intake.extract_days as days where entity_id = ? order by recency",
        [entity],
    ).fetchall()
    cuts = past.execute(
        "select replaced_on, source_sha256 from staging.replacements where entity_id = ? "
        "order by 1",
        [entity],
    ).fetchall()
    key = hashlib.sha256(f"{recipe()}|{_decided(settings)}|{entity}".encode())
    chain: list[Edition] = []
    for until, brought in zip([*(on for on, _ in cuts), None], [None, *cuts], strict=True):
        chosen: dict[str, tuple[str, str]] = {}
        for sha, on, name, listed in extracts:
            if sha in here if until is None else on is None or on < until:
                chosen.pop(name, None)  # of the contents that one file had, the newest of that time
                days = [str(day) for day in listed or () if until is None or day < until]
                chosen[name] = sha, f"{name}|{sha}|{on}|{days}"
        step = None
        if brought is not None:
            on, by = brought
            step = Step(on, by, _shown(past, entity, chain[-1].extracts))
        key.update(f"|{brought}|{[told for _, told in chosen.values()]}".encode())
        shas = tuple(sorted(sha for sha, _ in chosen.values()))
        chain.append(Edition(entity, shas, until, step, key.hexdigest()))
    return chain


def _decided(settings: Settings) -> str:
    """Return the settings that decide, beside the extracts, what an edition tells."""
    return settings.model_dump_json(
        include={"entities", "defaults", "accounts", "tables", "matching"}
    )


def _terms(con: duckdb.DuckDBPyConnection, entity: str) -> Told:
    """Return what decides it too: the terms that customers have now, in every edition."""
    return Told(
        con,
        "select customer_id, payment_terms from ledger.customers "  # noqa: S608  (quoted)
        f"where entity_id = {quoted(entity)}",
    )


def _shown(
    con: duckdb.DuckDBPyConnection, entity: str, extracts: Sequence[str]
) -> tuple[Shown, ...]:
    """Return what these extracts cover, so that they should have shown it.

    A ledger shows the whole month with which it begins: an opening may be booked later, on its
    first day. Beside a ledger, a table only lends due dates: it shows nothing.
    """
    rows = con.execute(
        """
        select null, cast(date_trunc('month', first_on) as date), last_on, extracted_on
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
    modules = (kept_editions, knowledge, land, overwritten, replaying, staging)
    files += [*(Path(module.__file__ or "") for module in modules), Path(__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _keep_first(con: duckdb.DuckDBPyConnection, kept: Path, edition: Edition) -> None:
    """Keep what is told now, of which nothing was replaced yet."""
    terms = _terms(con, edition.entity)
    if not is_kept(kept, edition.key, terms):
        with beside(kept) as folder:
            write_first(told_by(con, edition.entity), folder / "state")
            keep(kept, edition.key, folder / "state", terms)


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
    terms = _terms(con, chain[-1].entity)
    kept_ones = (n for n, edition in enumerate(chain) if is_kept(kept, edition.key, terms))
    begun = max(kept_ones, default=-1)
    state = kept / chain[begun].key
    with beside(kept) as folder, on_disk(folder / "bench") as bench:
        for number in range(begun + 1, len(chain)):
            edition, reached = chain[number], folder / f"{number}"
            if number == len(chain) - 1:
                told = told_by(con, edition.entity)
            else:
                replayed = replay(past, settings, edition, folder)
                told = Told(bench, replayed)
            if edition.step is None:
                write_first(told, reached)
            else:
                look(bench, state, told, folder)
                advance(bench, edition.step)
                write_next(bench, state, reached)
            state = reached
            if number >= len(chain) - STATES_KEPT:
                keep(kept, edition.key, state, terms)
        if begun == len(chain) - 1:
            look(bench, state, told_by(con, chain[-1].entity), folder)
        return (
            bench.sql(f"from retracted order by {ORDER}").to_arrow_table(),
            bench.sql(DATED_OTHERWISE).to_arrow_table(),
        )
