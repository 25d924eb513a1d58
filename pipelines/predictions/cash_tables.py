"""The published tables of the cash forecast and of its back-tests."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.cash.backtest import Track
from models.cash.intervals import LEVELS
from models.cash.periods import Period, forecast_periods, receipt_days
from pipelines.backtests.rolling import Timing
from pipelines.predictions.cash import (
    ASSUMED,
    BACKTESTED,
    NEW_INVOICES,
    OPEN_BOOK,
    TOTAL,
    SeriesForecast,
    exceptionals,
    forecast_series,
)
from pipelines.predictions.cash_books import CashBook
from pipelines.predictions.cash_bounds import SUMS, Outlook, joint
from pipelines.predictions.cash_today import Today, look_at_today

MONEY = "decimal(18, 2)"
BOUNDS = [f"{side}_{level:.0%}".rstrip("%") for level in LEVELS for side in ("low", "high")]

# By table: its columns. Money arrives as cents, in columns that end in `_cents`.
TABLES = {
    "periods": "period integer, kind varchar, first_on date, last_on date, is_partial boolean",
    "payment_periods": f"item_id bigint, period integer, amount {MONEY}",
    "expected_receipts": (
        "entity_id varchar, customer_id varchar, currency varchar, source varchar, "
        f"expected_on date, amount {MONEY}"
    ),
    "cash_forecast": (
        "entity_id varchar, currency varchar, period integer, source varchar, "
        f"amount {MONEY}, {', '.join(f'{name} {MONEY}' for name in BOUNDS)}, "
        "method varchar, interval_basis varchar, origin_count integer"
    ),
    "cash_sums": (
        "entity_id varchar, currency varchar, weeks integer, "
        f"amount {MONEY}, {', '.join(f'{name} {MONEY}' for name in BOUNDS)}, "
        "interval_basis varchar, origin_count integer"
    ),
    "cash_exceptionals": (
        "entity_id varchar, currency varchar, exceptional varchar, item_count integer, "
        f"amount {MONEY}, expected_amount {MONEY}"
    ),
    "backtest_weeks": (
        "entity_id varchar, currency varchar, origin_on date, horizon_week integer, "
        f"method varchar, forecast_amount {MONEY}, "
        f"{', '.join(f'{name} {MONEY}' for name in BOUNDS)}, actual_amount {MONEY}"
    ),
    "backtest_scores": (
        "entity_id varchar, currency varchar, subject varchar, method varchar, horizon varchar, "
        "metric varchar, value decimal(18, 6), low decimal(18, 6), high decimal(18, 6), "
        "count integer"
    ),
}

GRAINS = {
    "periods": ("period",),
    "payment_periods": ("item_id", "period"),
    "expected_receipts": ("entity_id", "customer_id", "currency", "source", "expected_on"),
    "cash_forecast": ("entity_id", "currency", "period", "source"),
    "cash_sums": ("entity_id", "currency", "weeks"),
    "cash_exceptionals": ("entity_id", "currency", "exceptional"),
    "backtest_weeks": ("entity_id", "currency", "origin_on", "horizon_week", "method"),
    "backtest_scores": ("entity_id", "currency", "subject", "method", "horizon", "metric"),
}

COMMENTS = {
    "periods": (
        "The periods of the cash forecast: 0 is what is left of the week, 1 to 13 the whole weeks "
        "after it, then months until a year is covered, and last what lies beyond."
    ),
    "payment_periods": (
        "In which period each open item is expected to be paid, in cents that add up to what is "
        "open of it. What is never expected (credited, doubtful, already received) lies beyond."
    ),
    "expected_receipts": (
        "Expected receipts by customer, source and day; after the thirteenth week four days stand "
        "for a month. They add up to the cash forecast, period by period."
    ),
    "cash_forecast": (
        "Expected receipts of each period by entity and currency: from open items, from invoices "
        "not yet issued, and in total with its bounds. interval_basis says whether past forecasts "
        "scaled the bounds, origin_count how many of their errors did. Entity * is all entities of "
        "the currency together, in total alone: bounds cannot be added up."
    ),
    "cash_sums": (
        "Expected receipts of the next 4, 8 and 13 whole weeks together, what is left of this week "
        "included, with the bounds of the sum: it is not as far off as its weeks are. Entity * is "
        "all entities of the currency together."
    ),
    "cash_exceptionals": (
        "What stands apart in the open book: direct debits and bills that we collect, disputed and "
        "doubtful items, and what credits that nothing uses have already paid; with what of it the "
        "forecast counts on within a year."
    ),
    "backtest_weeks": (
        "What each method would have said on past Sundays of each coming week's receipts, and what "
        "came in. Null: the week is not over, or the method has no such bound. `encaisse` is what "
        "is shown: the best method as of that day."
    ),
    "backtest_scores": (
        "How right each method was, by weeks ahead. Without an entity it is of the whole firm: the "
        "mean of its series, weighted by what they invoice in the currency of the books."
    ),
}


EVERY = "*"
"""All entities of one currency together."""

NO_BOUNDS: dict[str, Any] = {**dict.fromkeys(BOUNDS), "interval_basis": None, "origin_count": None}


def write(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, Any]) -> None:
    """Make `predictions.<name>` of columns in the order of its definition.

    A column of money is given in whole cents, and becomes the exact decimal of them.
    """
    con.execute("create schema if not exists predictions")
    con.execute(f"create or replace table predictions.{name} ({TABLES[name]})")
    table = pa.table(columns)
    con.register("arriving", table)
    kinds = [part.strip().split(" ", 1) for part in _parts(TABLES[name])]
    select = ", ".join(
        f"cast(cast({column} as decimal(18, 0)) * 0.01 as {MONEY})" if kind == MONEY else column
        for column, kind in kinds
    )
    con.execute(f"insert into predictions.{name} select {select} from arriving")  # noqa: S608
    con.unregister("arriving")


def _parts(columns: str) -> list[str]:
    """Split a column list at the commas that are not in brackets."""
    parts, depth = [""], 0
    for letter in columns:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def make_forecast(
    con: duckdb.DuckDBPyConnection,
    book: CashBook,
    as_of: date,
    timing: Timing,
    tracks: Sequence[Track],
) -> None:
    """Make the tables of the forecast of a day.

    Args:
        con: The workshop's connection, with the ledger and the tables of the features.
        book: The firm.
        as_of: The day the forecast is made at the end of.
        timing: What tells when documents are paid: the model, and the customers' own curves.
        tracks: The back-test of each series; empty where there is none.
    """
    periods = forecast_periods(as_of)
    today = look_at_today(con, book, as_of, timing)
    said = [
        forecast_series(book, today, tracks[number] if tracks else None, number, periods)
        for number in range(len(book.series))
    ]
    numbered = [{**period._asdict(), "period": period.number} for period in periods]
    write(con, "periods", columns_of(numbered, "periods"))
    _write_payment_periods(con, today, said, periods)
    _write_receipts(con, book, said, periods)
    rows = [row for each in said for row in _forecast_rows(book, today, each, periods)]
    keyed = [(book.series[each.number]._asdict(), each.outlook) for each in said]
    for currency, together in _of_currencies(book, said):
        key = {"entity_id": EVERY, "currency": currency}
        keyed.append((key, joint([each.outlook for each in together])))
        [method, *others] = {each.method for each in together}
        told = {**key, "method": None if others else method}
        rows += _total_rows(told, keyed[-1][1], today.as_of, periods)
    write(con, "cash_forecast", columns_of(rows, "cash_forecast"))
    sums = [_sum_row(*each, periods, weeks) for each in keyed for weeks in SUMS]
    write(con, "cash_sums", columns_of(sums, "cash_sums"))
    apart = [
        {**row, "amount": row["cents"], "expected_amount": row["expected_cents"]}
        for row in exceptionals(book, today, said)
    ]
    write(con, "cash_exceptionals", columns_of(apart, "cash_exceptionals"))


def _write_payment_periods(
    con: duckdb.DuckDBPyConnection,
    today: Today,
    said: list[SeriesForecast],
    periods: list[Period],
) -> None:
    numbers = np.array([period.number for period in periods], np.int32)
    items, places, cents = [], [], []
    for each in said:
        row, place = np.nonzero(each.opened.by_period)
        items.append(today.item[each.rows][row])
        places.append(numbers[place])
        cents.append(each.opened.by_period[row, place])
    write(
        con,
        "payment_periods",
        {
            "item_id": _joined(items, np.int64),
            "period": _joined(places, np.int32),
            "amount": _joined(cents, np.int64),
        },
    )


def _write_receipts(
    con: duckdb.DuckDBPyConnection,
    book: CashBook,
    said: list[SeriesForecast],
    periods: list[Period],
) -> None:
    told = np.array([on for _, on, _ in receipt_days(periods)], "datetime64[D]")
    codes = dict(con.sql("select customer_code, customer_id from features.customers").fetchall())
    tables = []
    for each in said:
        series = book.series[each.number]
        for source, receipts in (
            (OPEN_BOOK, each.opened.receipts),
            (NEW_INVOICES, each.new.receipts),
        ):
            count = len(receipts.cents)
            known, place = np.unique(receipts.customer, return_inverse=True)
            names = pa.array([codes[code] for code in known.tolist()], pa.string())
            tables.append(
                pa.table(
                    {
                        "entity_id": pa.repeat(series.entity_id, count),
                        "customer_id": names.take(pa.array(place)),
                        "currency": pa.repeat(series.currency, count),
                        "source": pa.repeat(source, count),
                        "expected_on": pa.array(told[receipts.stretch]),
                        "amount": pa.array(receipts.cents),
                    }
                )
            )
    if not tables:
        write(con, "expected_receipts", columns_of([], "expected_receipts"))
        return
    joined = pa.concat_tables(tables)
    write(con, "expected_receipts", {name: joined[name] for name in joined.column_names})


def _forecast_rows(
    book: CashBook, today: Today, said: SeriesForecast, periods: list[Period]
) -> Iterable[dict[str, Any]]:
    """Return the rows of a series: every period, by source and in total."""
    opened = said.opened.by_period.sum(axis=0)
    key = {**book.series[said.number]._asdict(), "method": said.method}
    for place, period in enumerate(periods):
        sources = [(OPEN_BOOK, int(opened[place]))]
        if period.last_on is not None:
            sources.append((NEW_INVOICES, int(said.new.by_period[place])))
        for source, cents in sources:
            yield {**key, **NO_BOUNDS, "period": period.number, "source": source, "amount": cents}
        if period.last_on is None:
            yield {
                **key, **NO_BOUNDS, "period": period.number, "source": TOTAL,
                "amount": int(opened[place]),
            }  # fmt: skip
    yield from _total_rows(key, said.outlook, today.as_of, periods)


def _total_rows(
    key: dict[str, Any], outlook: Outlook, as_of: int, periods: list[Period]
) -> Iterable[dict[str, Any]]:
    """Return what every dated period brings in total, with its bounds."""
    low, high, assumed, counts = outlook.bounds(as_of, periods)
    for place, period in enumerate(each for each in periods if each.last_on is not None):
        yield {
            **key,
            "period": period.number,
            "source": TOTAL,
            "amount": int(outlook.total[place]),
            **bounds_of(low[place], high[place]),
            "interval_basis": ASSUMED if assumed[place] else BACKTESTED,
            "origin_count": counts[place],
        }


def _of_currencies(
    book: CashBook, said: list[SeriesForecast]
) -> Iterable[tuple[str, list[SeriesForecast]]]:
    """Return the series of each currency that several entities have."""
    for currency in sorted({series.currency for series in book.series}):
        together = [each for each in said if book.series[each.number].currency == currency]
        if len(together) > 1:
            yield currency, together


def _sum_row(
    key: dict[str, Any], outlook: Outlook, periods: list[Period], weeks: int
) -> dict[str, Any]:
    cents, low, high, assumed, count = outlook.sum_of(periods, weeks)
    return {
        **key,
        "weeks": weeks,
        "amount": cents,
        **bounds_of(low, high),
        "interval_basis": ASSUMED if assumed else BACKTESTED,
        "origin_count": 0 if assumed else count,
    }


def bounds_of(low: NDArray[Any], high: NDArray[Any]) -> dict[str, int]:
    """Return the bounds by name, in cents: low and high of each level."""
    cents = (round(float(bound)) for pair in zip(low, high, strict=True) for bound in pair)
    return dict(zip(BOUNDS, cents, strict=True))


def columns_of(rows: Iterable[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the columns of a table from its rows; an empty one has its columns too."""
    types = {
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "varchar": pa.string(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
        MONEY: pa.int64(),
        "decimal(18, 6)": pa.float64(),
    }
    held = list(rows)
    defined = (part.strip().split(" ", 1) for part in _parts(TABLES[name]))
    return {
        column: pa.array([row[column] for row in held], types[kind]) for column, kind in defined
    }


def _joined(parts: list[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([*parts, np.zeros(0, kind)])
