"""Extracts that were overwritten by a newer edition: what landing still holds of them.

A firm may export its ledger under one name, again and again. Of those that tell of the same days
only the newest counts (see `pipelines.remembered`); but what the older ones said was known until
then, and landing has it for as long as nobody deletes it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.intake.listed import is_open_list
from pipelines.intake.receipts import Receipt
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, make_schema
from pipelines.staging import MadeTable

LEDGER = {"fec_lines", "items", "allocations"}


@dataclass(frozen=True)
class Overwritten:
    """An older content of a file of the folder."""

    receipt: Receipt
    folder: Path  # where it landed
    by: str  # SHA-256 of the content that tells of the same days now


def find_overwritten(con: duckdb.DuckDBPyConnection, landing: Path) -> list[Overwritten]:
    """Return what landed under the name of a file that has another content now, by name and day.

    Only what was read in the way in which the file is read now: otherwise it says nothing of it.
    What still counts, though the folder has it no more, is none of them: it is a file like others.
    """
    named: dict[str, list[tuple[date | None, str]]] = {}
    for name, last_on, sha256 in con.sql(
        "select coalesce(once_in, name), last_on, source_sha256 from staging.files "
        "where refused_reason is null order by once_in is not null, last_on, source_sha256"
    ).fetchall():
        named.setdefault(name, []).append((last_on, sha256))
    hashes = {sha256 for contents in named.values() for _, sha256 in contents}
    recipes: dict[str, set[str]] = {}
    for folder in landing.glob("*.*"):
        sha256, _, recipe = folder.name.partition(".")
        if sha256 in hashes:
            recipes.setdefault(sha256, set()).add(recipe)
    found: dict[str, Overwritten] = {}  # read in two ways, the one with the sign that others told
    for folder in sorted(landing.glob("*.*")):
        sha256, _, recipe = folder.name.partition(".")
        if sha256 in hashes or not sha256:
            continue
        try:
            receipt = Receipt.from_json((folder / "receipt.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # of no use, and of no harm: the next reading of it makes it anew
        by = _replaced_by(receipt, named.get(receipt.name, ()))
        if (
            by is not None
            and recipe in recipes.get(by, ())
            and receipt.refused_reason is None
            and LEDGER & set(receipt.tables)
        ):
            found[sha256] = Overwritten(receipt, folder, by)
    return sorted(found.values(), key=lambda each: (each.receipt.name, str(each.receipt.latest_on)))


def _replaced_by(receipt: Receipt, contents: Sequence[tuple[date | None, str]]) -> str | None:
    """Return which of the contents that count under its name tells of its last day.

    That is the one that ends first from then on; else the one that the file has now.
    """
    day = receipt.latest_on if is_open_list(receipt) else receipt.last_on
    since = sorted(
        (last_on, sha256) for last_on, sha256 in contents if last_on and day and last_on >= day
    )
    return next((sha256 for _, sha256 in (*since, *contents)), None)


@contextmanager
def with_overwritten(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    found: Sequence[Overwritten],
    raw: Sequence[str],
    tables: Sequence[SqlTable | MadeTable],
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in which the overwritten extracts stand beside those of the folder.

    Args:
        con: The workshop's connection.
        settings: The firm's settings.
        found: What was overwritten.
        raw: The landing tables to bring together.
        tables: What to make of them, each after those that it reads.
    """
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as past:
        for schema in ("raw", "staging", "intake", "ledger", "receivables"):
            make_schema(past, schema)
        past.register("arriving", _files(con, found))
        past.execute("create table staging.files as from arriving")
        past.unregister("arriving")
        for table in raw:
            present = quoted(str(Path(folder) / table))
            con.execute(f"copy (from raw.{table}) to {present} (format parquet)")
            parts = [f"select * from read_parquet({present})"]  # noqa: S608  (quoted)
            parts += [
                f"select *, '{each.receipt.sha256}' as source_sha256 "  # noqa: S608  (quoted)
                f"from read_parquet({quoted(str(each.folder / f'{table}.parquet'))})"
                for each in found
                if table in each.receipt.tables
            ]
            past.execute(f"create view raw.{table} as {' union all by name '.join(parts)}")
        for each in tables:
            if isinstance(each, MadeTable):
                each.make(past, settings)
            else:
                each.create(past)
        yield past


def _files(con: duckdb.DuckDBPyConnection, found: Sequence[Overwritten]) -> pa.Table:
    """Return `staging.files` with the overwritten ones: whose they are is told as it is now.

    Each was taken in before what overwrote it, also where the file has an old content again.
    """
    files = con.sql("from staging.files").to_arrow_table()
    of = {row["source_sha256"]: row for row in files.to_pylist()}
    in_turn = sorted(found, key=lambda each: each.receipt.landed_at)
    rows = [
        {
            **of[each.by],
            "source_sha256": each.receipt.sha256,
            "landed_at": min(
                datetime.fromisoformat(each.receipt.landed_at),
                of[each.by]["landed_at"] - timedelta(seconds=len(in_turn) - place),
            ),
            "first_on": each.receipt.first_on,
            "last_on": each.receipt.last_on,
            "latest_on": each.receipt.latest_on,
        }
        for place, each in enumerate(in_turn)
    ]
    return pa.concat_tables([files, pa.Table.from_pylist(rows, files.schema)])


def quoted(text: str) -> str:
    """Return a text as SQL writes it, where no parameter can stand."""
    return "'" + text.replace("'", "''") + "'"
