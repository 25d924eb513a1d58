"""Risk and collection list of small books, on hand-made expectations of each open document."""

from datetime import date, timedelta

import duckdb

from pipelines.predictions.risk import RISK_TABLES
from pipelines.predictions.worklist import WORKLIST_TABLES
from pipelines.settings import Settings

TIMING = """
create table predictions.payment_timing (
    item_id bigint, entity_id varchar, customer_id varchar, currency varchar,
    open_amount decimal(18, 2), due_on date, days_late integer, p10_on date, p25_on date,
    p50_on date, p75_on date, p90_on date, expected_on date, expected_days_late decimal(9, 1),
    late_probability decimal(7, 6), late_30_probability decimal(7, 6),
    unpaid_90_probability decimal(7, 6), never_probability decimal(7, 6), method varchar,
    rests_on varchar, rests_on_count integer, is_doubtful boolean
)
"""

PERCENTILES = ("p10_on", "p25_on", "p50_on", "p75_on", "p90_on")


def expect(con: duckdb.DuckDBPyConnection, said=None, previous_as_of=None) -> None:
    """Make `predictions.payment_timing`: one row for each open debit.

    `said` gives by document what differs from: paid for sure ten days after the due date, or after
    today where that is over. `pays` is a number of days after the due date, None for never.
    """
    con.execute("create schema if not exists predictions")
    con.execute(TIMING)
    con.execute(
        "create or replace table staging.run as select as_of, ?::date as previous_as_of "
        "from staging.run",
        [previous_as_of],
    )
    [(as_of,)] = con.sql("select as_of from staging.run").fetchall()
    found = con.execute(
        "select item_id, entity_id, customer_id, currency, open_amount, due_on, days_late, "
        "document_ref, coalesce(account like '416%', false) from receivables.open_items(?) "
        "where side = 'debit'",
        [as_of],
    ).fetchall()
    for item_id, entity, customer, currency, amount, due_on, days_late, document, doubtful in found:
        told = (said or {}).get(document, {})
        from_on = max(as_of, due_on or as_of)
        pays = told.get("pays", (from_on - (due_on or as_of)).days + 10)
        paid_on = None if pays is None else (due_on or as_of) + timedelta(pays)
        days = told.get("percentiles", [paid_on] * 5)
        con.execute(
            "insert into predictions.payment_timing by name select ? as item_id, ? as entity_id, "
            "? as customer_id, ? as currency, ? as open_amount, ?::date as due_on, "
            "?::int as days_late, ?::date as p10_on, ?::date as p25_on, ?::date as p50_on, "
            "?::date as p75_on, ?::date as p90_on, ?::decimal(9, 1) as expected_days_late, "
            "?::decimal(7, 6) as late_probability, ?::decimal(7, 6) as never_probability, "
            "? as is_doubtful",
            [
                *(item_id, entity, customer, currency, amount, due_on, days_late, *days),
                365 if pays is None else pays,
                told.get("late", 1 if pays is None or pays > 0 else 0),
                told.get("never", 1 if pays is None else 0),
                doubtful,
            ],
        )


def make_lists(con: duckdb.DuckDBPyConnection, settings: Settings | None = None) -> None:
    """Make the tables of risk and of the collection list."""
    for table in (*RISK_TABLES, *WORKLIST_TABLES):
        table.make(con, settings or Settings())


def rows(con: duckdb.DuckDBPyConnection, question: str, *columns: str) -> list[tuple]:
    """Return columns of a question, as text where they are not whole numbers, yes or no."""
    found = con.sql(f"select {', '.join(columns)} from {question}").fetchall()
    return [
        tuple(
            value if value is None or isinstance(value, (int, bool, date)) else str(value)
            for value in row
        )
        for row in found
    ]
