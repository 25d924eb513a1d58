"""The tables of the back-tests: every week that was foretold, and how right each method was."""

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import numpy as np

from models.cash.backtest import SHOWN, Score, Shown, Track, combined, score, shown
from models.cash.periods import WEEKS
from pipelines.predictions.cash_books import CashBook, date_of
from pipelines.predictions.cash_tables import BOUNDS, bounds_of, columns_of, write


def make_scores(
    con: duckdb.DuckDBPyConnection,
    book: CashBook,
    tracks: Sequence[Track],
    of_invoices: Sequence[Score] = (),
) -> None:
    """Make the tables of the back-tests: every week foretold, and the scores.

    Args:
        con: The workshop's connection.
        book: The firm.
        tracks: The back-test of each series.
        of_invoices: Scores of the timing of single documents, subject `invoices`.
    """
    weeks: list[dict[str, Any]] = []
    scores: list[tuple[str | None, str | None, Score]] = []
    of_firm = []
    weights = weights_of(con, book)
    for series, track in zip(book.series, tracks, strict=False):
        if not len(track.origins):
            continue
        seen = shown(track)
        found = score(track, seen)
        of_firm.append((weights.get((series.entity_id, series.currency), 0.0), found))
        scores += [(series.entity_id, series.currency, each) for each in found]
        weeks += _week_rows(series._asdict(), track, seen)
    scores += [(None, None, each) for each in (*combined(of_firm), *of_invoices)]
    write(con, "backtest_weeks", columns_of(weeks, "backtest_weeks"))
    rows = [
        {
            "entity_id": entity_id,
            "currency": currency,
            **each._asdict(),
            "count": each.cases,
        }
        for entity_id, currency, each in scores
        if np.isfinite(each.value)
    ]
    write(con, "backtest_scores", columns_of(rows, "backtest_scores"))


def _week_rows(key: dict[str, Any], track: Track, seen: Shown) -> Iterable[dict[str, Any]]:
    """Return the weeks of a series as every method foretold them, amounts in cents."""
    for method, told in {SHOWN: seen.total, **track.total}.items():
        for row, origin in enumerate(track.origins.tolist()):
            for week in range(WEEKS):
                if np.isnan(told[row, week]):
                    continue
                yield {
                    **key,
                    "origin_on": date_of(origin),
                    "horizon_week": week + 1,
                    "method": method,
                    "forecast_amount": round(told[row, week]),
                    **_bounds_then(method, track, seen, row, week),
                    "actual_amount": _cents(track.actual[row, week]),
                }


def _bounds_then(method: str, track: Track, seen: Shown, row: int, week: int) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(BOUNDS)
    if method == SHOWN:
        found.update(bounds_of(seen.bounds.low[row, week], seen.bounds.high[row, week]))
    elif method == "ets":
        told, half = track.total["ets"][row, week], track.ets_width[row, week]
        found.update(low_80=round(max(told - half, 0.0)), high_80=round(told + half))
    return found


def weights_of(con: duckdb.DuckDBPyConnection, book: CashBook) -> dict[tuple[str, str], float]:
    """Return the part of each series in what was invoiced, in the currency of the books."""
    if not book.series:
        return {}
    rows = con.sql(
        "select entity_id, currency, cast(sum(coalesce(amount_book, 0)) as double) "
        "from ledger.items where kind = 'invoice' and amount > 0 group by all"
    ).fetchall()
    if any(amount for _, _, amount in rows):
        return {(entity, currency): amount for entity, currency, amount in rows}
    return {(entity, currency): 1.0 for entity, currency, _ in rows}


def _cents(value: float) -> int | None:
    return None if np.isnan(value) else round(value)
