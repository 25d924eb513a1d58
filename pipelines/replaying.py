"""The books made again as an edition's extracts tell them, and what books tell of their items."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb

from pipelines.kept_editions import Told, beside, on_disk
from pipelines.knowledge import Step
from pipelines.overwritten import quoted
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, make_schema, read_all
from pipelines.staging import MADE, MadeTable

RAW = ("fec_lines", "items", "allocations", "customers")
"""The landing tables that the movements are made of."""

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


@dataclass(frozen=True)
class Edition:
    """What the extracts of an entity told, up to the one that said otherwise.

    Attributes:
        entity: Whose books these are.
        extracts: SHA-256 of the extracts, sorted.
        until: Lists of this day and of later ones are none of it, also where one file has several.
        step: What brought the edition before to this one; None for the first.
        key: Names the edition: its extracts with their names, days and order, those of the
            editions before it, and the recipe. Two of the same key differ in nothing but the
            terms of customers.
    """

    entity: str
    extracts: tuple[str, ...]
    until: date | None
    step: Step | None
    key: str


def told_by(books: duckdb.DuckDBPyConnection, entity: str) -> Told:
    """Return what books tell of the items of an entity."""
    return Told(books, TOLD_BY.format(entity=quoted(entity)))


def replay(
    past: duckdb.DuckDBPyConnection,
    settings: Settings,
    edition: Edition,
    folder: Path,
) -> str:
    """Make the books of an entity again from some of its extracts.

    Args:
        past: A connection to all extracts, overwritten ones too.
        settings: The firm's settings.
        edition: Whose books, and which extracts.
        folder: Where to work; the same for all editions of an entity.

    Returns:
        The SELECT of what they tell, from a file in the folder.
    """
    raw, told = folder / "raw", quoted(str(folder / "replayed.parquet"))
    _copy_raw(past, edition.entity, raw)
    with _books_of(past, settings, edition, raw) as books:
        books.execute(f"copy ({told_by(books, edition.entity).select}) to {told} (format parquet)")
    return f"from read_parquet({told})"


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


@contextmanager
def _books_of(
    past: duckdb.DuckDBPyConnection, settings: Settings, edition: Edition, raw: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make the books of some extracts, by the SQL that makes those of now."""
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
            told = "source_sha256 in (select source_sha256 from staging.files)"
            if table == "items" and edition.until is not None:
                told += f" and (extracted_on is null or extracted_on < date '{edition.until}')"
            scratch.execute(
                f"create view raw.{table} as select * from "  # noqa: S608  (quoted)
                f"read_parquet({quoted(str(raw / table))}) where {told}"
            )
        for each in needed(*TARGETS):
            if isinstance(each, MadeTable):
                each.make(scratch, settings)
            else:
                each.create(scratch)
        yield scratch


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
