"""The small firm, published as the pipelines publish."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from pipelines.editions import CHANGES_KNOWN, OVERWRITTEN, put
from pipelines.knowledge import RETRACTED
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from pipelines.staging import make_buckets
from tests.published import small_predictions
from tests.published.small_firm import (
    AS_OF,
    CUSTOMERS,
    CUSTOMERS_KNOWN,
    CUT,
    CUT_REASON,
    FEC,
    FILES,
    ITEMS,
    MATCHES,
    SUD,
    TAKEN_BACK,
    TERMS,
)

# The tables and questions that come of the movements, each after those that it reads.
MOVEMENTS = (
    "series",
    "movements",
    "movements_known",
    "bucket_spans",
    "open_items",
    "aged_items",
    "aged_balances",
    "restatements",
)

DAILY = ("receivables/daily_balances", "measures/daily_dso")


def publish(
    home: Path,
    version: str = "20240701T060000Z",
    previous: str | None = None,
    predictions: Literal["some", "none", "missing"] = "some",
) -> Path:
    """Write the snapshot and the pointer to it, and return `home`.

    `predictions` says what is predicted: `some` of it all, `none` where the tables are empty, as
    for a firm of which too little is known, `missing` where an older version published.
    """
    (home / "snapshots").mkdir(parents=True, exist_ok=True)
    path = home / "snapshots" / f"{version}.duckdb"
    with duckdb.connect(path) as con:
        _intake(con)
        _ledger(con)
        _receivables(con, is_first=previous is None)
        _measures(con)
        if predictions != "missing":
            for name, columns, rows in small_predictions.tables():
                _fill(con, name, columns, [] if predictions == "none" else rows)
        con.execute("create schema meta")
        con.execute(
            "create table meta.snapshot as select $version as version, $as_of::date as as_of, "
            "timestamptz '2024-07-01 06:00:00+00' as published_at, "
            "$previous::varchar as previous_version, null::date as previous_as_of, "
            "'last_entry' as as_of_basis, true as sample",
            {"version": version, "as_of": AS_OF, "previous": previous},
        )
    (home / "CURRENT").write_text(json.dumps(pointer(path, version, previous)))
    return home


def pointer(path: Path, version: str, previous: str | None = None) -> dict:
    """Return what `CURRENT` says of the small snapshot."""
    totals = [("nord", "EUR", "3250.00"), ("nord", "USD", "999.99"), ("sud", "EUR", "100.00")]
    return {
        "version": version,
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "as_of": AS_OF.isoformat(),
        "as_of_basis": "last_entry",
        "published_at": "2024-07-01T06:00:00+00:00",
        "duckdb_version": duckdb.__version__,
        "control_totals": [
            {"entity": e, "currency": c, "ledger": t, "open_items": t, "gap": "0.00"}
            for e, c, t in totals
        ],
        "files": [
            {
                "name": name,
                "sha256": sha,
                "format": kind,
                "records_in": n,
                "loaded": loaded,
                "quarantined": aside,
                "refused_reason": refused,
            }
            for sha, name, kind, _, _, n, loaded, aside, refused, *_ in FILES
        ],
        "row_counts": {"ledger.items": len(ITEMS)},
        "previous": {"version": previous, "as_of": "2024-06-29"} if previous else None,
    }


def _fill(con, table: str, columns: str, rows: list[tuple]) -> None:
    con.execute(f"create schema if not exists {table.partition('.')[0]}")
    con.execute(f"create table {table} ({columns})")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        con.executemany(f"insert into {table} values ({marks})", rows)


def _intake(con) -> None:
    _no_lists(con)
    _fill(
        con,
        "intake.files",
        "source_sha256 text, name text, format text, entity_id text, entity_basis text, "
        "records_in bigint, loaded bigint, quarantined bigint, refused_reason text, "
        "first_on date, last_on date, latest_on date, landed_at text, status text, facts text",
        [
            (*row[:11], row[10], "2024-07-01T05:59:00+00:00", row[11], '{"encoding": "utf-8"}')
            for row in FILES
        ],
    )
    _fill(
        con,
        "intake.extract_days",
        "entity_id text, source_sha256 text, name text, is_table boolean, first_on date, "
        "last_on date, recency int, extracted_on date",
        [
            ("nord", FEC, FILES[0][1], False, "2024-01-15", AS_OF, 1, AS_OF),
            ("sud", SUD, "sud.txt", False, "2024-02-28", AS_OF, 2, AS_OF),
        ],
    )
    _fill(
        con,
        "intake.quarantine",
        "source_sha256 text, name text, source_line bigint, column_name text, value text, "
        "reason text",
        [
            (FEC, FILES[0][1], 29, "Debit", "12,5O", "Debit is not an amount. Write 1234,56."),
            (
                FEC,
                FILES[0][1],
                30,
                "EcritureDate",
                "20241345",
                "EcritureDate is a day that no calendar has.",
            ),
            (CUT, "cut.txt", None, None, None, CUT_REASON),
        ],
    )
    _fill(
        con,
        "intake.checks",
        "check_name text, subject text, severity text, passed boolean, detail text, "
        "failing_rows bigint",
        [
            ("entries_balance", "staging.fec_entries", "blocking", True, None, 0),
            ("files_are_used", "intake.files", "warning", False, "cut.txt", 1),
        ],
    )
    _fill(
        con,
        "intake.contracts",
        "suite text, expectation text, column_name text, passed boolean, unexpected_count bigint, "
        "evaluated_count bigint, detail text",
        [("customers", "expect_column_values_to_not_be_null", "payment_terms", False, 1, 6, TERMS)],
    )
    _fill(
        con,
        "intake.contract_failures",
        "suite text, expectation text, column_name text, source_sha256 text, source_line bigint, "
        "value text",
        [("customers", "expect_column_values_to_not_be_null", "payment_terms", CUSTOMERS, 5, None)],
    )


def _ledger(con) -> None:
    _fill(
        con,
        "ledger.entities",
        "entity_id text, name text",
        [("nord", "Maison du Nord SAS"), ("sud", None)],
    )
    _fill(
        con,
        "ledger.customers",
        "entity_id text, customer_id text, name text, parent_id text, group_id text, "
        "group_name text, siren text, vat_number text, country text, language text, segment text, "
        "currency text, payment_terms text, payment_method text, credit_limit decimal(18,2), "
        "insured_amount decimal(18,2), collector text, contact_name text, contact_email text, "
        "contact_phone text",
        [
            (
                *(e, c, name, parent, group, group_name, "732829320", None, "FR", "fr", segment),
                *(None, terms, "transfer", limit, None, "Nadia", None, None, None),
            )
            for e, c, name, parent, group, group_name, segment, terms, limit in CUSTOMERS_KNOWN
        ],
    )
    _fill(
        con,
        "ledger.items",
        "item_id bigint, entity_id text, customer_id text, account text, kind text, "
        "document_ref text, booked_on date, document_on date, due_on date, due_basis text, "
        "amount decimal(18,2), currency text, amount_book decimal(18,2), book_currency text, "
        "known_on date, source_sha256 text, source_line bigint, journal_code text, "
        "entry_number text, label text, settled_after date, settled_by date",
        [
            (
                *(item, entity, customer, "411000", kind, ref, on, on),
                *(None if due == "-" else due, basis, Decimal(amount), unit),
                *(Decimal(amount), "EUR", on, FEC if file == "fec" else SUD, n),
                *("VE" if kind == "invoice" else "BQ", n, f"{kind} {ref}", None, None),
            )
            for item, entity, customer, kind, ref, on, due, basis, amount, unit, file, n in ITEMS
        ],
    )
    SqlTable.read(SQL / "ledger" / "books.sql").create(con)
    con.execute(
        "create table ledger.matches (match_id bigint, debit_item_id bigint, "
        "credit_item_id bigint, entity_id text, customer_id text, currency text, "
        "amount decimal(18,2), matched_on date, known_on date, method text)"
    )
    for match, debit, credit, amount, on in MATCHES:
        con.execute(
            "insert into ledger.matches select ?, ?, ?, entity_id, customer_id, currency, ?, ?, ?, "
            "'lettering' from ledger.items where item_id = ?",
            [match, debit, credit, Decimal(amount), on, on, debit],
        )


def _no_lists(con) -> None:
    _fill(
        con,
        "intake.open_lists",
        "entity_id text, listed_on date, source_sha256 text, name text, basis text, "
        "previous_on date, file_count int, previous_file_count int, item_count int, "
        "gone_count int, currency_lost text, replaced_by text",
        [],
    )


def _receivables(con, is_first: bool) -> None:
    changes = [("nord", "EUR", "C002", "receipts", "-300.00", 1)]
    changes += [("nord", "EUR", "C003", "new_invoices", "50.00", 1)]
    moves = [("nord", "EUR", "C001", "not_due", "1-30", True, "0.00", "1000.00")]
    if is_first:
        changes, moves = [], []
    con.execute("create schema receivables; create schema staging")
    con.execute(
        """
        create table staging.item_changes as
        select item_id, booked_on as event_on, amount, known_on, 'booked' as source
        from ledger.items
        union all
        select debit_item_id, matched_on, -amount, known_on, 'matched' from ledger.matches
        union all
        select credit_item_id, matched_on, amount, known_on, 'matched' from ledger.matches
        """
    )
    taken_back = pa.Table.from_pylist(TAKEN_BACK, RETRACTED)
    put(con, taken_back, CHANGES_KNOWN.empty_table(), OVERWRITTEN.empty_table())
    for name in MOVEMENTS:
        SqlTable.read(SQL / "receivables" / f"{name}.sql").create(con)
    con.execute("create table staging.run as select $day::date as as_of", {"day": AS_OF})
    make_buckets(con, Settings())
    for name in DAILY:
        SqlTable.read(SQL / f"{name}.sql").create(con)
    con.execute("drop schema staging cascade")
    con.execute(
        "create table receivables.month_ends (entity_id text, customer_id text, currency text, "
        "month_end date, bucket text, bucket_rank int, is_overdue boolean, amount decimal(18, 2))"
    )
    for month in range(1, 7):
        con.execute(
            "insert into receivables.month_ends select entity_id, customer_id, currency, as_of, "
            "bucket, bucket_rank, is_overdue, amount "
            "from receivables.aged_balances(last_day(make_date(2024, ?, 1)))",
            [month],
        )
    _fill(
        con,
        "receivables.changes",
        "entity_id text, currency text, customer_id text, reason text, amount decimal(18, 2), "
        "item_count bigint",
        changes,
    )
    _fill(
        con,
        "receivables.bucket_moves",
        "entity_id text, currency text, customer_id text, worst_before text, worst_now text, "
        "is_worse boolean, overdue_before decimal(18, 2), overdue_now decimal(18, 2)",
        moves,
    )


def _measures(con) -> None:
    ends = [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31), AS_OF]
    rows = []
    for n, end in enumerate(ends):
        for entity in ("nord", "sud", "*"):
            scope = "firm" if entity == "*" else "entity"
            for measure, value in (
                ("dso_simple", 45 + n), ("dso_countback", 50 + n), ("dso_best_possible", 30),
                ("add_days", 20 + n), ("overdue_percent", 61), ("cei_percent", None),
            ):  # fmt: skip
                told = None if value is None else Decimal(value)
                row = (scope, entity, "EUR", None, None, end, measure, told, False, None)
                rows.append(row)
    rows.append(
        ("segment", "nord", "EUR", "GMS", None, AS_OF, "dso_countback", Decimal("90"), True, None)
    )
    _fill(
        con,
        "measures.monthly",
        "scope text, entity_id text, currency text, segment text, customer_id text, "
        "month_end date, measure text, value decimal(18, 6), is_lower_bound boolean, note text",
        rows,
    )
