"""Extracts that were overwritten in place: what landing still holds of them.

A firm may export its ledger under one name, again and again. Only the newest is in the folder, and
only it counts; but what the older ones said was known until then, and landing has it for as long as
nobody deletes it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.intake.receipts import Receipt
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, make_schema
from pipelines.staging import MadeTable

LEDGER = {"fec_lines", "items"}


@dataclass(frozen=True)
class Overwritten:
    """An older content of a file of the folder."""

    receipt: Receipt
    folder: Path  # where it landed
    by: str  # SHA-256 of the content that the file has now


def find_overwritten(con: duckdb.DuckDBPyConnection, landing: Path) -> list[Overwritten]:
    """Return what landed under the name of a file that has another content now, by name and day.

    Only what was read in the way in which the file is read now: otherwise it says nothing of it.
    """
    present = dict(
        con.sql(
            "select name, source_sha256 from staging.files where refused_reason is null"
        ).fetchall()
    )
    hashes = set(present.values())
    recipes: dict[str, set[str]] = {}
    for folder in landing.glob("*.*"):
        sha256, _, recipe = folder.name.partition(".")
        if sha256 in hashes:
            recipes.setdefault(sha256, set()).add(recipe)
    found = []
    for folder in sorted(landing.glob("*.*")):
        sha256, _, recipe = folder.name.partition(".")
        if sha256 in hashes or not sha256:
            continue
        try:
            receipt = Receipt.from_json((folder / "receipt.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # of no use, and of no harm: the next reading of it makes it anew
        by = present.get(receipt.name)
        if (
            by is not None
            and recipe in recipes.get(by, ())
            and receipt.refused_reason is None
            and LEDGER & set(receipt.tables)
        ):
            found.append(Overwritten(receipt, folder, by))
    return sorted(found, key=lambda each: (each.receipt.name, str(each.receipt.latest_on)))


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
    """Return `staging.files` with the overwritten ones: whose they are is told as it is now."""
    files = con.sql("from staging.files").to_arrow_table()
    of = {row["source_sha256"]: row for row in files.to_pylist()}
    rows = [
        {
            **of[each.by],
            "source_sha256": each.receipt.sha256,
            "first_on": each.receipt.first_on,
            "last_on": each.receipt.last_on,
            "latest_on": each.receipt.latest_on,
        }
        for each in found
    ]
    return pa.concat_tables([files, pa.Table.from_pylist(rows, files.schema)])


def quoted(text: str) -> str:
    """Return a text as SQL writes it, where no parameter can stand."""
    return "'" + text.replace("'", "''") + "'"
