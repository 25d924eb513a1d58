"""Firms of which only lists of open items are known: the files in, the ledger out."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb

from pipelines.defs.intake import choose_day, make_files, make_raw_table
from pipelines.intake.land import land_folder
from pipelines.intake.reading import LANDING
from pipelines.settings import Settings, TableMapping
from pipelines.staging import MadeTable
from tests.pipelines.books import ORDERED, PREVIOUS
from tests.pipelines.table_files import NOW, quiet

HEADER = "facture;client;date;echeance;montant;reste;devise"
COLUMNS = {
    "document_ref": "facture",
    "customer_id": "client",
    "document_on": "date",
    "due_on": "echeance",
    "amount": "montant",
    "open_amount": "reste",
    "currency": "devise",
}
LISTS = TableMapping(
    files=("*",), kind="open_items", columns=COLUMNS, date_format="%d/%m/%Y", decimal=","
)
LAYERS = ("staging.", "ledger.", "receivables.", "intake.")


def written(rows, header=HEADER):
    """A list as the firm's program writes it. A row is a text, its cells between semicolons."""
    return "\n".join([header, *rows]) + "\n"


def put(tmp_path: Path, files: dict[str, str]) -> Path:
    """Write the files below `extracts`, and nothing else."""
    folder = tmp_path / "extracts"
    folder.mkdir(exist_ok=True)
    for old in folder.rglob("*.*"):
        old.unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def ledger_of(
    tmp_path: Path,
    files: dict[str, str],
    *mappings: TableMapping,
    as_of: str = "",
    now=NOW,
) -> duckdb.DuckDBPyConnection:
    """Take the files in as a refresh does, and return every table up to the open items."""
    settings = Settings(tables=mappings or (LISTS,))
    landing = tmp_path / "landing"
    receipts = land_folder(put(tmp_path, files), landing, settings, now=now, progress=quiet)
    con = duckdb.connect()
    con.execute("create schema raw; create schema staging; create schema intake")
    make_files(con, receipts, landing)
    for table in LANDING:
        make_raw_table(con, table, receipts, landing)
    day = choose_day(as_of, receipts, date(2026, 3, 31)).as_of
    con.execute(f"create table staging.run as select date '{day}' as as_of")
    con.execute(PREVIOUS)
    make_tables(con, settings)
    return con


def make_tables(
    con: duckdb.DuckDBPyConnection, settings: Settings, wanted: Iterable[str] = ()
) -> None:
    """Make the tables of the ledger and of the receivables, or those wanted and their sources."""
    needed = _needed(tuple(wanted)) if wanted else None
    for table in ORDERED:
        if table.full_name in needed if needed else table.full_name.startswith(LAYERS):
            if isinstance(table, MadeTable):
                table.make(con, settings)
            else:
                table.create(con)


@cache
def _needed(wanted: tuple[str, ...]) -> frozenset[str]:
    """Return these tables and all that they are made from."""
    sources = {table.full_name: table.reads() for table in ORDERED}
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in sources and name not in found:
            found.add(name)
            waiting += sources[name]
    return frozenset(found)


def is_open(con, day: str) -> dict[str, Decimal]:
    """What is open at the close of a day, by document."""
    rows = con.execute(
        "select coalesce(document_ref, kind), sum(open_amount)::decimal(18, 2) "
        "from receivables.open_items(?::date) group by all",
        [day],
    ).fetchall()
    return dict(rows)


def settlements(con) -> list[tuple[str, str, Decimal, str, str]]:
    """Document, kind, amount and the days between which it lies, of what the lists tell."""
    rows = con.sql(
        "select document_ref, kind, amount, settled_after, booked_on from ledger.items "
        "where kind in ('settlement', 'reopening') order by booked_on, document_ref"
    ).fetchall()
    return [
        (ref, kind, amount, str(after) if after else None, str(by))
        for ref, kind, amount, after, by in rows
    ]
