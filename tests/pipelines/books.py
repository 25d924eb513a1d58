"""Books small enough to check by hand: FEC lines in, every table of the ledger out."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.editions import make_editions
from pipelines.intake.reading import LANDING
from pipelines.predictions.archive import attach_archive
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, read_all
from pipelines.staging import MADE, MadeTable

FILES = """
create table staging.files (
    source_sha256 varchar, name varchar, format varchar, entity_id varchar, entity_basis varchar,
    records_in bigint, loaded bigint, quarantined bigint, refused_reason varchar, first_on date,
    last_on date, latest_on date, landed_at timestamptz, facts varchar, once_in varchar
)
"""

PREVIOUS = """
create table staging.previous_items (
    item_id bigint, entity_id varchar, customer_id varchar, currency varchar, kind varchar,
    amount decimal(18, 2)
);
create table staging.previous_month_ends (
    entity_id varchar, customer_id varchar, currency varchar, bucket varchar, bucket_rank integer,
    is_overdue boolean, amount decimal(18, 2)
)
"""


@dataclass
class Fec:
    """One FEC, built entry by entry. Amounts are strings; customers are auxiliaries of 411."""

    name: str = "fec"
    entity_id: str = "main"
    landed_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    lines: list[dict] = field(default_factory=list)
    entries: int = 0

    def entry(self, day: str, *lines: tuple, journal: str = "OD", **common) -> "Fec":
        """Add an entry. A line is (account, customer, signed amount[, more fields])."""
        self.entries += 1
        for account, customer, amount, *more in lines:
            signed = Decimal(amount)
            fields = {
                "source_line": len(self.lines) + 2,
                "journal_code": journal,
                "journal_label": journal,
                "entry_number": f"{self.entries:05}",
                "entry_on": date.fromisoformat(day),
                "account": account,
                "account_label": account,
                "auxiliary": customer,
                "auxiliary_label": customer and f"Customer {customer}",
                "document_on": date.fromisoformat(day),
                "debit": max(signed, Decimal(0)),
                "credit": max(-signed, Decimal(0)),
                "validated_on": date.fromisoformat(day),
                **common,
                **(more[0] if more else {}),
            }
            self.lines.append(fields)
        return self

    def sale(self, day, customer, amount, ref=None, **more):
        """Invoice of `amount`, VAT included."""
        net = (Decimal(amount) / Decimal("1.2")).quantize(Decimal("0.01"))
        return self.entry(
            day,
            ("411000", customer, amount, {"document_ref": ref, **more}),
            ("701000", None, -net),
            ("445710", None, net - Decimal(amount)),
            journal="VE",
        )

    def receipt(self, day, customer, amount, ref=None, **more):
        """Money in from a customer."""
        return self.entry(
            day,
            ("512000", None, amount),
            ("411000", customer, -Decimal(amount), {"document_ref": ref, **more}),
            journal="BQ",
        )

    def opening(self, day, *lines):
        """Opening entry: (customer, amount[, more fields]) on 411, balanced on 120."""
        total = sum((Decimal(amount) for _, amount, *_ in lines), Decimal(0))
        return self.entry(
            day,
            *[("411000", customer, amount, *more) for customer, amount, *more in lines],
            ("120000", None, -total),
            journal="AN",
        )


def lettered(code: str, day: str | None = None) -> dict:
    """Fields of a line that was lettered."""
    return {"lettering": code, "lettered_on": day and date.fromisoformat(day)}


def build(  # noqa: PLR0913  (books are made of all this)
    *fecs: Fec,
    settings: Settings | None = None,
    customers: Iterable[dict] = (),
    items: Iterable[dict] = (),
    allocations: Iterable[dict] = (),
    as_of: str = "2025-12-31",
    wanted: Iterable[str] = (),
) -> duckdb.DuckDBPyConnection:
    """Return a database with every SQL table of the project made from these extracts.

    Or with the `wanted` ones alone, and those that they need.
    """
    con = duckdb.connect()
    con.execute("create schema raw; create schema staging; create schema intake")
    con.execute(FILES)
    rows: dict[str, list[dict]] = {table: [] for table in LANDING}
    for number, fec in enumerate(fecs):
        sha = f"fec{number}-{fec.name}"
        days = [line["entry_on"] for line in fec.lines]
        known = [line.get("validated_on") or line["entry_on"] for line in fec.lines]
        known += [line["lettered_on"] for line in fec.lines if line.get("lettered_on")]
        con.execute(
            "insert into staging.files by name select ? as source_sha256, ? as name, "
            "'fec' as format, ? as entity_id, ?::date as first_on, ?::date as last_on, "
            "?::date as latest_on, ?::timestamptz as landed_at",
            [sha, fec.name, fec.entity_id, min(days, default=None), max(days, default=None),
             max(known, default=None), fec.landed_at],
        )  # fmt: skip
        rows["fec_lines"] += [{**line, "source_sha256": sha} for line in fec.lines]
    tables = {"customers": customers, "items": items, "allocations": allocations}
    for table, given in tables.items():
        con.execute(
            "insert into staging.files by name select ? as source_sha256, ? as name, "
            "? as format, 'main' as entity_id, date '2026-01-01' as latest_on, "
            "timestamptz '2026-01-02 00:00:00+00' as landed_at",
            [f"sha-{table}", f"{table}.csv", f"csv:{table}"],
        )
        rows[table] = [
            {"source_line": line, "source_sha256": f"sha-{table}", **row}
            for line, row in enumerate(given, start=2)
        ]
    for table, schema in LANDING.items():
        arrow = pa.Table.from_pylist(
            rows[table], schema.append(pa.field("source_sha256", pa.string()))
        )
        con.register("arriving", arrow)
        con.execute(f"create table raw.{table} as from arriving")
        con.unregister("arriving")
    con.execute(f"create table staging.run as select date '{as_of}' as as_of")
    con.execute(PREVIOUS)
    attach_archive(con, Path("a home where nothing was ever said"))
    make_tables(con, settings or Settings(), wanted)
    return con


def make_tables(con: duckdb.DuckDBPyConnection, settings: Settings, wanted: Iterable[str]) -> None:
    """Make every table of what is in `raw` and `staging.files`, or those that are wanted."""
    chosen = _needed(tuple(wanted))
    for table in ORDERED:
        if wanted and table.full_name not in chosen:
            continue
        if isinstance(table, MadeTable):
            table.make(con, settings)
        else:
            table.create(con)


def _no_home(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Tell the editions apart as a refresh of a new home does."""
    with tempfile.TemporaryDirectory() as home:
        make_editions(con, settings, Path(home) / "editions")


EDITIONS = MadeTable(
    "receivables.retracted_movements",
    "",
    (),
    ("staging.item_changes", "staging.replacements"),
    _no_home,
)

DATED = MadeTable(
    "staging.changes_known", "", (), (EDITIONS.full_name,), lambda con, settings: None
)
"""Made with the editions."""


def _in_order() -> list[SqlTable | MadeTable]:
    waiting: dict[str, tuple[SqlTable | MadeTable, set[str]]] = {
        table.full_name: (table, set(table.reads()))
        for table in (*read_all(), *MADE, EDITIONS, DATED)
        if table.full_name != "measures.monthly"  # shows figures that are made when asked for
    }
    ordered: list[SqlTable | MadeTable] = []
    while waiting:
        name = next(n for n, (_, reads) in waiting.items() if not reads & waiting.keys())
        ordered.append(waiting.pop(name)[0])
    return ordered


ORDERED = _in_order()


@cache
def _needed(wanted: tuple[str, ...]) -> set[str]:
    tables = {table.full_name: table for table in ORDERED}
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found and name in tables:
            found.add(name)
            waiting += tables[name].reads()
    return found


def open_items(con, day: str) -> dict[tuple, Decimal]:
    """Open amounts of a day by (customer, document or kind, currency)."""
    rows = con.execute(
        "select customer_id, coalesce(document_ref, kind), currency, "
        "sum(open_amount)::decimal(18, 2) from receivables.open_items(?) group by all",
        [date.fromisoformat(day)],
    ).fetchall()
    return {(customer, what, currency): amount for customer, what, currency, amount in rows}
