"""Forecast against actual: what was said of each past week, what came, and why they differ.

SQL brings together what the archive says was said and what has become of it; `models.variances`
tells the causes, in whole cents, so that they add up to the difference.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from models.variances import CustomerWeek, Documents, add_up, explain_customer, explain_documents
from pipelines.predictions.cash_books import CashBook, day_number
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from pipelines.staging import MadeTable

STEPS = SQL / "predictions" / "variances"

READ_BY_THE_BOOK = (
    "features.customers",
    "features.documents",
    "features.transfers",
    "ledger.items",
    "ledger.matches",
    "receivables.receipts",
)
"""What `CashBook` reads."""

VARIANCES = """
create or replace table predictions.variances (
    forecast_on date, first_on date, last_on date, entity_id varchar, currency varchar,
    cause varchar, customer_id varchar, amount decimal(18, 2)
)
"""

SAID = """
select week_id, cast(cast(said_amount as decimal(28, 2)) * 100 as bigint)
from staging.weeks_to_explain
"""

FOUND = pa.schema(
    [
        ("week_id", pa.int64()),
        ("cause", pa.string()),
        ("customer_id", pa.string()),
        ("cents", pa.int64()),
    ]
)

Key = tuple[int, str | None]
"""A week to explain, and a customer; None where nobody in particular was meant."""

Row = dict[str, Any]

SUMS = ("said", "paid", "paid_new", "covered", "covered_new")
"""What is added up of a customer's documents, beside the shares of their differences."""


def make_history(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `predictions.forecast_history`: what was said of each week, and what came in it."""
    del settings
    _make_step(con, "staging.forecasts_of_record", "of_record")
    _make_step(con, "staging.actual_weeks", "actual")
    con.execute("create schema if not exists predictions")
    _make_step(con, "predictions.forecast_history", "forecast_history")


def make_variances(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `predictions.variances`: by how much each customer and cause made a week differ."""
    _make_step(con, "staging.forecasts_of_record", "of_record")
    _make_step(con, "staging.weeks_to_explain", "weeks")
    con.execute("create schema if not exists predictions")
    con.execute(VARIANCES)
    said = dict(con.sql(SAID).fetchall())
    if not said:
        return
    _make_still_open(con, settings)
    _make_step(con, "staging.documents_to_explain", "documents")
    rows = [
        {"week_id": week_id, "customer_id": customer_id, "cause": cause, "cents": cents}
        for (week_id, customer_id), causes in explain_weeks(said, _customers(con), _documents(con))
        for cause, cents in causes.items()
    ]
    con.register("arriving", pa.Table.from_pylist(rows, FOUND))
    con.execute(
        """
        insert into predictions.variances
        select weeks.forecast_on, weeks.first_on, weeks.last_on, weeks.entity_id, weeks.currency,
            arriving.cause, arriving.customer_id,
            cast(cast(arriving.cents as decimal(18, 0)) * 0.01 as decimal(18, 2))
        from arriving
        join staging.weeks_to_explain as weeks on weeks.week_id = arriving.week_id
        """
    )
    con.unregister("arriving")


def explain_weeks(
    said: dict[int, int], customers: dict[Key, Row], documents: dict[Key, Row]
) -> Iterator[tuple[Key, dict[str, int]]]:
    """Return the causes of each week's difference, customer by customer.

    Args:
        said: What was said of each week in all, in cents.
        customers: received, said_open_book and said_new of each customer, in cents.
        documents: said, paid, paid_new, covered, covered_new and the shares of each customer's
            documents, in cents.

    Yields:
        Week and customer, and the causes. Those of a week add up to what came in less `said`. Where
        new sales were foreseen for nobody in particular, they are told of nobody in particular.
    """
    nobody: dict[int, list[dict[str, int]]] = defaultdict(list)
    unsaid = dict(said)
    for (week_id, _), row in customers.items():
        unsaid[week_id] -= row["said_open_book"] + row["said_new"]
    for week_id, cents in unsaid.items():
        if cents:  # said of the week, and of no customer
            nobody[week_id].append({"other": -cents})
    nothing = {**dict.fromkeys(SUMS, 0), "shares": (0, 0, 0)}
    is_nobodys = {week_id for (week_id, who), row in customers.items() if who is None}
    for key in sorted({*customers, *documents}, key=lambda key: (key[0], key[1] or "")):
        week_id, customer_id = key
        whole = customers.get(key, {"received": 0, "said_open_book": 0, "said_new": 0})
        parts = documents.get(key, nothing)
        causes = explain_customer(
            CustomerWeek(
                whole["received"],
                whole["said_open_book"],
                whole["said_new"],
                parts["paid_new"],
                parts["said"],
                parts["paid"],
                parts["covered"],
                parts["covered_new"],
                parts["shares"],
            )
        )
        if customer_id is None:
            nobody[week_id].append(causes)
            continue
        if week_id in is_nobodys and "new_sales" in causes:
            nobody[week_id].append({"new_sales": causes.pop("new_sales")})
        yield key, causes
    for week_id, several in nobody.items():
        yield (week_id, None), add_up(several)


def _make_still_open(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.still_open`: what is open of each document, and what loose money covers."""
    [(as_of,)] = con.sql("select as_of from staging.run").fetchall()
    found = con.sql(_select("open_documents")).fetchnumpy()
    document_id = np.asarray(found["document_id"], np.int64)
    open_cents = np.asarray(found["open_cents"], np.int64)
    book = CashBook.read(con, settings.defaults.country)
    expected = book.expected_of(book.rows_of(document_id), open_cents, day_number(as_of))
    table = pa.table(
        {
            "document_id": document_id,
            "open_cents": open_cents,
            "covered_cents": open_cents - expected,
        }
    )
    con.register("arriving", table)
    con.execute("create or replace table staging.still_open as from arriving")
    con.unregister("arriving")


def _customers(con: duckdb.DuckDBPyConnection) -> dict[Key, Row]:
    names = ("received", "said_open_book", "said_new")
    rows = con.sql(_select("customers")).fetchall()
    return {(week_id, who): dict(zip(names, cents, strict=True)) for week_id, who, *cents in rows}


def _documents(con: duckdb.DuckDBPyConnection) -> dict[Key, Row]:
    """Return what became of each customer's documents, added up."""
    names = ", ".join(Documents._fields)
    table = con.sql(
        f"select week_id, customer_id, is_new, {names} from staging.documents_to_explain "  # noqa: S608
        "order by week_id, customer_id, document_id"
    ).to_arrow_table()
    if not table.num_rows:
        return {}
    is_new = table["is_new"].to_numpy()
    values = [table[name].to_numpy() for name in Documents._fields]
    shares = explain_documents(Documents(*(np.where(is_new, 0, value) for value in values)))
    all_of = Documents(*values)
    columns = {
        "said": np.where(is_new, 0, all_of.said),
        "paid": np.where(is_new, 0, all_of.paid_in_week),
        "paid_new": np.where(is_new, all_of.paid_in_week, 0),
        "covered": np.where(is_new, 0, all_of.covered),
        "covered_new": np.where(is_new, all_of.covered, 0),
        **shares._asdict(),
    }
    keys = list(zip(table["week_id"].to_pylist(), table["customer_id"].to_pylist(), strict=True))
    starts = [place for place, key in enumerate(keys) if place == 0 or keys[place - 1] != key]
    summed = {name: np.add.reduceat(column, starts).tolist() for name, column in columns.items()}
    return {
        keys[start]: {
            **{name: summed[name][place] for name in SUMS},
            "shares": tuple(summed[name][place] for name in shares._fields),
        }
        for place, start in enumerate(starts)
    }


def _make_step(con: duckdb.DuckDBPyConnection, table: str, step: str) -> None:
    con.execute(f"create or replace table {table} as ({_select(step)})")


def _select(step: str) -> str:
    return SqlTable.read(STEPS / f"{step}.sql").select


def _sources(*steps: str) -> tuple[str, ...]:
    """Return the published and archived tables that these steps read, as their SQL says."""
    own = {
        f"staging.{name}"
        for name in (
            "forecasts_of_record",
            "actual_weeks",
            "weeks_to_explain",
            "documents_to_explain",
            "still_open",
        )
    }
    read = {name for step in steps for name in SqlTable.read(STEPS / f"{step}.sql").reads()}
    return tuple(sorted(read - own))


VARIANCE_TABLES = (
    MadeTable(
        "predictions.forecast_history",
        "What was said of each week, published or replayed, and what came in it.",
        ("forecast_on", "entity_id", "currency", "first_on"),
        _sources("of_record", "actual", "forecast_history"),
        make_history,
    ),
    MadeTable(
        "predictions.variances",
        "Why a week that is over differs from what was said the week before, and four weeks "
        "before: by cause and customer.",
        ("forecast_on", "entity_id", "currency", "first_on", "cause", "customer_id"),
        tuple(
            sorted(
                {
                    *_sources("of_record", "weeks", "documents", "customers", "open_documents"),
                    *READ_BY_THE_BOOK,
                }
            )
        ),
        make_variances,
    ),
)
