"""Late-payment risk of each customer: SQL adds up what is expected, `models.risk` judges it."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from models.delays import AmountDays
from models.risk import (
    Outlook,
    Quarter,
    Trend,
    late_probability,
    ranks,
    risk_class,
    stake,
    trend,
)
from pipelines.settings import Settings
from pipelines.sql_tables import SQL, SqlTable
from pipelines.staging import MadeTable

STEPS = SQL / "predictions" / "customer_risk"

MONEY = pa.decimal128(18, 2)
CENT, TENTH = Decimal("0.01"), Decimal("0.1")

RATE_WINDOW_DAYS = 365
"""How far back bookings tell what a currency is worth."""

RATES = pa.schema(
    [
        ("currency", pa.string()),
        ("book_currency", pa.string()),
        ("rate", pa.decimal128(18, 8)),
        ("basis", pa.string()),
    ]
)

RISKS = pa.schema(
    [
        ("entity_id", pa.string()),
        ("customer_id", pa.string()),
        ("currency", pa.string()),
        ("customer_name", pa.string()),
        ("open_amount", MONEY),
        ("overdue_amount", MONEY),
        ("due_30_amount", MONEY),
        ("late_probability", pa.decimal128(7, 6)),
        ("expected_late_amount", MONEY),
        ("expected_loss_amount", MONEY),
        ("doubtful_amount", MONEY),
        ("stake_amount", MONEY),
        ("expected_days_late", pa.decimal128(9, 1)),
        ("usual_days_late", pa.decimal128(9, 1)),
        ("trend_days", pa.decimal128(9, 1)),
        ("trend", pa.string()),
        ("risk_class", pa.string()),
        ("rank", pa.int32()),
        ("rank_before", pa.int32()),
        ("class_before", pa.string()),
    ]
)


class Sums(NamedTuple):
    """A row of `predictions/customer_risk/sums.sql`: what a customer's expectations add up to."""

    entity_id: str
    customer_id: str
    currency: str
    customer_name: str
    open_amount: Decimal
    overdue_amount: Decimal
    due_30_amount: Decimal
    expected_late: Decimal
    expected_loss: Decimal
    doubtful_amount: Decimal
    awaited_amount: Decimal | None
    awaited_days: Decimal | None
    wait_milli: Decimal


class Delays(NamedTuple):
    """A row of `predictions/customer_risk/delays.sql`, without its key."""

    recent_paid: Decimal
    recent_paid_days: Decimal
    recent_unpaid: Decimal
    recent_unpaid_days: Decimal
    recent_documents: int
    earlier_paid: Decimal
    earlier_paid_days: Decimal
    earlier_unpaid: Decimal
    earlier_unpaid_days: Decimal
    earlier_documents: int
    usual_days: int | None
    usual_count: int | None

    @property
    def trend(self) -> Trend:
        """How the last quarter compares with the one before."""
        return trend(
            Quarter(
                AmountDays(self.recent_paid, self.recent_paid_days),
                AmountDays(self.recent_unpaid, self.recent_unpaid_days),
                self.recent_documents,
            ),
            Quarter(
                AmountDays(self.earlier_paid, self.earlier_paid_days),
                AmountDays(self.earlier_unpaid, self.earlier_unpaid_days),
                self.earlier_documents,
            ),
        )

    @property
    def usual(self) -> Decimal | None:
        """The median of the last ten delays."""
        if not self.usual_count or self.usual_days is None:
            return None
        return _tenths(Decimal(self.usual_days) / self.usual_count)


Key = tuple[str, str, str]
"""Entity, customer, currency."""


def make_exchange_rates(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.exchange_rates`: what one unit of each currency was booked at.

    It serves to put amounts of several currencies in one order, never to add them up. The rate is
    that of the ledger's own bookings of the last year, else of all of them; where there are none,
    one for one, and `basis` says so.
    """
    del settings
    as_of = snapshot_day(con)
    found = con.sql(
        "select book_currency from staging.entities group by 1 order by count(*) desc, 1 limit 1"
    ).fetchall()
    book_currency = found[0][0] if found else "EUR"
    booked = con.execute(
        "select currency, book_currency, booked_on > $as_of - $window as is_recent, "
        "sum(abs(amount)) as amount, sum(abs(amount_book)) as amount_book from ledger.items "
        "where currency <> book_currency and amount <> 0 and amount_book <> 0 "
        "and booked_on <= $as_of group by all order by is_recent",
        {"as_of": as_of, "window": RATE_WINDOW_DAYS},
    ).fetchall()
    rates = {book_currency: (Decimal(1), "same")}
    for currency, book, _, amount, amount_book in booked:  # the recent ones last, to stay
        if book == book_currency:
            rates[currency] = (amount_book / amount, "booked")
        elif currency == book_currency:
            rates[book] = (amount / amount_book, "booked")
    used = con.sql("select distinct currency from ledger.items order by 1").fetchall()
    rows = []
    for (currency,) in used:
        rate, basis = rates.get(currency, (Decimal(1), "one_for_one"))
        rows.append(
            {
                "currency": currency,
                "book_currency": book_currency,
                "rate": rate.quantize(Decimal("0.00000001"), ROUND_HALF_UP),
                "basis": basis,
            }
        )
    keep(con, "staging.exchange_rates", rows, RATES)


def make_outlooks(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `staging.outlooks`: what is expected of each open document."""
    con.execute(
        f"create or replace table staging.outlooks as {select_of(STEPS / 'outlooks.sql')}",
        {"as_of": snapshot_day(con), "days_moved": settings.collection.days_moved},
    )


def make_customer_risk(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `predictions.customer_risk`."""
    as_of = snapshot_day(con)
    sums = list(map(Sums._make, con.execute(select_of(STEPS / "sums.sql")).fetchall()))
    delays = {
        row[:3]: Delays(*row[3:])
        for row in con.execute(select_of(STEPS / "delays.sql"), {"as_of": as_of}).fetchall()
    }
    before: dict[Key, tuple[int, str]] = {
        row[:3]: row[3:] for row in con.execute(BEFORE).fetchall()
    }
    rates = dict(con.sql("select currency, rate from staging.exchange_rates").fetchall())
    con.execute("create schema if not exists predictions")
    rows = risks(
        sums, delays, before, rates, late_cost_percent=settings.collection.late_cost_percent
    )
    keep(con, "predictions.customer_risk", rows, RISKS)


# What the snapshot before this one said, whatever was published of that day since.
BEFORE = """
select entity_id, customer_id, currency, rank, risk_class
from staging.archived_customer_risk
where forecast_on = (select previous_as_of from staging.run)
"""


def risks(
    sums: Sequence[Sums],
    delays: dict[Key, Delays],
    before: dict[Key, tuple[int, str]],
    rates: dict[str, Decimal],
    *,
    late_cost_percent: Decimal,
) -> list[dict[str, Any]]:
    """Return the rows of `predictions.customer_risk`, in the order of `sums`.

    Args:
        sums: What the expectations of each customer add up to.
        delays: How each paid, where it did.
        before: Rank and class of each in the snapshot before, where it was there.
        rates: What one unit of each currency is worth in the book currency. Ranks compare stakes
            of several currencies; no amount is converted.
        late_cost_percent: What waiting costs, percent a year.
    """
    rows = []
    for each in sums:
        key = each[:3]
        delay = delays.get(key)
        moved = delay.trend if delay else Trend(None, None)
        loss = each.expected_loss.quantize(CENT, ROUND_HALF_UP)
        expected = None
        if each.awaited_amount and each.awaited_days is not None:
            expected = _tenths(each.awaited_days / each.awaited_amount)
        probability = late_probability(each.due_30_amount, each.expected_late)
        outlook = Outlook(
            each.open_amount, loss, each.doubtful_amount, probability, expected, moved.direction
        )
        rows.append(
            {
                **each._asdict(),
                "late_probability": probability,
                "expected_late_amount": each.expected_late.quantize(CENT, ROUND_HALF_UP),
                "expected_loss_amount": loss,
                "stake_amount": stake(
                    loss, each.wait_milli / 1000, late_cost_percent=late_cost_percent
                ),
                "expected_days_late": expected,
                "usual_days_late": delay.usual if delay else None,
                "trend_days": moved.days,
                "trend": moved.direction,
                "risk_class": str(risk_class(outlook)),
                "rank_before": before[key][0] if key in before else None,
                "class_before": before[key][1] if key in before else None,
            }
        )
    stakes = ((row["stake_amount"] * rates[row["currency"]], _key(row)) for row in rows)
    for row, rank in zip(rows, ranks(stakes), strict=True):
        row["rank"] = rank
    return rows


def keep(
    con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict[str, Any]], schema: pa.Schema
) -> None:
    """Make a table of these rows; of each, the columns that the schema names."""
    con.register("arriving", pa.Table.from_pylist(list(rows), schema))
    con.execute(f"create or replace table {table} as from arriving")
    con.unregister("arriving")


def select_of(file: Path) -> str:
    """Return the SELECT of a step."""
    return SqlTable.read(file).select


def reads(*files: Path) -> tuple[str, ...]:
    """Return the tables that these steps read, as their SQL says."""
    return tuple(sorted({name for file in files for name in SqlTable.read(file).reads()}))


def snapshot_day(con: duckdb.DuckDBPyConnection) -> date:
    """Return the day that this snapshot is of."""
    [(day,)] = con.sql("select as_of from staging.run").fetchall()
    return day


def _tenths(days: Decimal) -> Decimal:
    return days.quantize(TENTH, ROUND_HALF_UP)


def _key(row: dict[str, Any]) -> Key:
    return row["entity_id"], row["customer_id"], row["currency"]


RISK_TABLES = (
    MadeTable(
        "staging.exchange_rates",
        "What one unit of each currency was booked at, to put amounts in one order.",
        ("currency",),
        ("ledger.items", "staging.entities", "staging.run"),
        make_exchange_rates,
    ),
    MadeTable(
        "staging.outlooks",
        "What is expected of each open document, and how it stands.",
        ("item_id",),
        (*reads(STEPS / "outlooks.sql"), "staging.run"),
        make_outlooks,
    ),
    MadeTable(
        "predictions.customer_risk",
        "Late-payment risk of each customer that owes something, by currency, ranked by the money "
        "at stake: expected loss and the price of waiting. Open amounts are debits, credits apart; "
        "late_probability and expected_late_amount are of what falls due in the next 30 days; "
        "days are calendar days, early is negative; rank_before and class_before are those of the "
        "snapshot before.",
        ("entity_id", "customer_id", "currency"),
        (
            *reads(STEPS / "sums.sql", STEPS / "delays.sql"),
            "staging.archived_customer_risk",
            "staging.exchange_rates",
            "staging.run",
        ),
        make_customer_risk,
    ),
)
