"""The cash forecast of today: periods, documents, customers and days, bounds; all of it published.

The sums are made by `models.cash`; here they are read and written. Amounts come in and go out as
whole cents.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.cash.backtest import MODEL, TOP_DOWN, Track, chosen, parts_of, shown
from models.cash.combination import COMBINED, CURVES, together
from models.cash.foretelling import Population, foretell
from models.cash.intervals import Widths, grown, spread_of, widened, widths_now, widths_of_sum
from models.cash.issuance import Issuance, forecast_issuance
from models.cash.periods import WEEKS, Period, receipt_days
from models.cash.receipts import Horizon
from models.cash.rivals import RULES, ets, same_week_last_year
from models.cash.telling import (
    NewInvoices,
    OpenBook,
    Stretches,
    scaled,
    stretches_of,
    tell_new_invoices,
    tell_open_book,
)
from pipelines.predictions.cash_books import CashBook, day_number
from pipelines.predictions.cash_today import Today

OPEN_BOOK, NEW_INVOICES, TOTAL = "open_book", "new_invoices", "total"
BACKTESTED, ASSUMED = "backtest", "assumed"

SUMS = (4, 8, 13)
"""How many weeks are told together too, with the bounds of their sum."""

LIKE_A_MONTH = slice(WEEKS - 4, WEEKS)
"""The weeks whose sum is as far off as a month's, before it is further away."""

Floats = NDArray[np.float64]
Cents = NDArray[np.int64]


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of one series, and what its bounds rest on."""

    number: int
    rows: NDArray[np.intp]
    opened: OpenBook
    new: NewInvoices
    method: str
    spread: Floats
    usual: float
    widths: Widths
    month_widths: Widths
    sum_widths: dict[int, Widths]


def forecast_series(
    book: CashBook, today: Today, track: Track | None, number: int, periods: list[Period]
) -> SeriesForecast:
    """Return the forecast of one series, by the method that was right most often on its past."""
    told = receipt_days(periods)
    stretches = stretches_of([period for period, _, _ in told])
    method = chosen(track, len(track.origins)) if track and len(track.origins) else MODEL
    curves_of = MODEL if method in (*TOP_DOWN, COMBINED) else method
    is_rule = curves_of in RULES
    horizon = Horizon(
        today.as_of,
        np.array([day_number(last) for _, _, last in told]),
        book.holidays,
        None if is_rule else book.habits_at(today.as_of),
    )
    series_of = book.documents["series"][today.row]
    is_open = np.arange(len(today.row)) < len(today.item)
    open_rows = np.flatnonzero(is_open & (series_of == number))
    new_rows = np.flatnonzero(~is_open & (series_of == number))
    of_method = today.curves[curves_of]
    opened = tell_open_book(
        Population(
            book.documents_at(today.row[open_rows], today.expected[open_rows]),
            of_method.take(open_rows),
        ),
        today.cents[open_rows],
        horizon,
        stretches,
    )
    recent = today.row[new_rows]
    days_ahead = int(horizon.ends[-1]) - today.as_of
    issuance = forecast_issuance(
        book.issued_daily(number, today.as_of), today.as_of, days_ahead, book.holidays
    )
    new = tell_new_invoices(
        Population(
            book.documents_at(recent, book.documents["cents"][recent]), of_method.take(new_rows)
        ),
        issuance,
        horizon,
        stretches,
    )
    weekly = book.received_weekly(number, today.as_of)
    if method in TOP_DOWN:
        new = _as_told(_top_down(method, weekly), opened, new, periods, stretches)
    if method == COMBINED and track:
        by_curves = _by_curves(book, today, (open_rows, new_rows), issuance, periods)
        combined = _combined(track, (weekly, by_curves), opened, new, periods)
        new = _as_told(combined, opened, new, periods, stretches)
    total = (opened.by_period[:, :-1].sum(axis=0) + new.by_period).astype(float)
    usual = float(weekly[-52:].mean()) if len(weekly) else 0.0
    spread = spread_of(total, opened.variance + new.variance, usual)
    seen = _seen(track)
    return SeriesForecast(
        number,
        open_rows,
        opened,
        new,
        method,
        spread,
        usual,
        _widths(seen),
        _sum_widths(seen, LIKE_A_MONTH),
        {weeks: _sum_widths(seen, slice(0, weeks)) for weeks in SUMS},
    )


def _top_down(method: str, weekly: Floats) -> Floats:
    """Return the coming weeks as a rule tells them that sees weekly receipts alone."""
    told = same_week_last_year(weekly, WEEKS) if method == "same_week_last_year" else None
    return ets(weekly, WEEKS).amounts if told is None else told


def _by_curves(
    book: CashBook,
    today: Today,
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
    issuance: Issuance,
    periods: list[Period],
) -> Floats:
    """Return the coming weeks as the customers' curves alone tell them.

    Args:
        book: The firm.
        today: What is asked about.
        rows: The open and the recent documents of the series.
        issuance: What will be issued.
        periods: Those of the forecast.
    """
    ends = [day_number(each.last_on) for each in periods if each.kind == "week" and each.last_on]
    days = ends[-1] - today.as_of
    horizon = Horizon(today.as_of, np.array(ends), book.holidays, book.habits_at(today.as_of))
    of_document = np.concatenate(
        [today.expected, book.documents["cents"][today.row[len(today.item) :]]]
    )
    opened, recent = (
        Population(
            book.documents_at(today.row[each], of_document[each]),
            today.curves[CURVES].take(each),
        )
        for each in rows
    )
    coming = issuance._replace(amounts=issuance.amounts[:days], kinds=issuance.kinds[:days])
    return foretell(opened, recent, coming, horizon).total[-WEEKS:]


def _combined(
    track: Track,
    others: tuple[Floats, Floats],
    opened: OpenBook,
    new: NewInvoices,
    periods: list[Period],
) -> Floats:
    """Return the coming weeks as the model and its partners tell them together.

    Args:
        track: The forecasts of the past.
        others: The weekly receipts so far, and the coming weeks by the customers' curves.
        opened: What the model says of the open book.
        new: What it says of invoices not yet issued.
        periods: Those of the forecast.
    """
    weekly, by_curves = others
    total = opened.by_period[:, :-1].sum(axis=0) + new.by_period
    model = np.zeros(WEEKS)
    for place, period in enumerate(periods[:-1]):
        if period.kind == "week" and not period.is_partial:
            model[period.number - 1] = total[place]
    partners = {**{name: _top_down(name, weekly) for name in TOP_DOWN}, CURVES: by_curves}
    return together(model, partners, parts_of(track, len(track.origins)))


def _as_told(
    told: Floats, opened: OpenBook, new: NewInvoices, periods: list[Period], stretches: Stretches
) -> NewInvoices:
    """Let new invoices bring what is told of a week's total beyond the open book."""
    by_period = new.by_period.copy()
    for place, period in enumerate(periods[:-1]):
        if period.kind == "week" and not period.is_partial:
            rest = told[period.number - 1] - opened.by_period[:, place].sum()
            by_period[place] = max(round(rest), 0)
    return scaled(new, by_period, stretches)


class _Seen(NamedTuple):
    """The forecasts that were shown in the past, and what came."""

    total: Floats
    variance: Floats
    actual: Floats
    usual: Floats


def _seen(track: Track | None) -> _Seen:
    if track is None or not len(track.origins):
        nothing = np.zeros((0, WEEKS))
        return _Seen(nothing, nothing, nothing, np.zeros(0))
    return _Seen(shown(track).total, track.variance, track.actual, track.usual)


def _widths(seen: _Seen) -> Widths:
    """Return how wide the bounds of today's weeks are, from the forecasts of the past."""
    spread = np.zeros(seen.total.shape)
    for row in range(len(spread)):
        spread[row] = spread_of(seen.total[row], seen.variance[row], float(seen.usual[row]))
    return widths_now(seen.total, spread, seen.actual)


def _sum_widths(seen: _Seen, weeks: slice) -> Widths:
    return widths_of_sum(seen.total, seen.variance, seen.actual, seen.usual, weeks)


def bounds_of(
    said: SeriesForecast, as_of: int, periods: list[Period]
) -> tuple[Cents, Cents, list[bool], list[int]]:
    """Return low and high of each period's total in cents, whether assumed, and from how many."""
    dated = [period for period in periods if period.last_on is not None]
    ends = [day_number(period.last_on) for period in dated if period.last_on is not None]
    ahead = (np.array(ends) - as_of) / 7
    is_week = np.array([period.kind == "week" for period in dated])
    of_month = said.month_widths.by_week * grown(ahead, WEEKS)[:, None]
    widths = np.where(is_week[:, None], widened(said.widths, ahead), of_month)
    low, high = _around(_total(said), widths * said.spread[:, None])
    week = np.clip(np.ceil(ahead).astype(int), 1, WEEKS) - 1
    assumed = said.widths.is_assumed[week] | ~is_week
    return low, high, assumed.tolist(), np.where(assumed, 0, said.widths.origins[week]).tolist()


def sum_of(
    said: SeriesForecast, periods: list[Period], weeks: int
) -> tuple[int, Cents, Cents, bool, int]:
    """Return what the first whole weeks bring together, what of this week is left included.

    Returns:
        The sum in cents; low and high of each level; whether the bounds are assumed; from how
        many errors they come.
    """
    rows = [place for place, each in enumerate(periods[:-1]) if each.kind == "week"]
    rows = [place for place in rows if periods[place].number <= weeks]
    told = _total(said)[rows].sum()
    variance = (said.opened.variance + said.new.variance)[rows].sum()
    spread = spread_of(np.array([float(told)]), np.array([variance]), weeks * said.usual)
    found = said.sum_widths[weeks]
    low, high = _around(np.array([told]), found.by_week * spread)
    return int(told), low[0], high[0], bool(found.is_assumed[0]), int(found.origins[0])


def _total(said: SeriesForecast) -> Cents:
    return np.asarray(said.opened.by_period[:, :-1].sum(axis=0) + said.new.by_period)


def _around(total: Cents, widths: Floats) -> tuple[Cents, Cents]:
    low = np.maximum(np.floor(total[:, None] - widths), 0).astype(np.int64)
    return low, np.ceil(total[:, None] + widths).astype(np.int64)


def exceptionals(
    book: CashBook, today: Today, said: list[SeriesForecast]
) -> Iterator[dict[str, Any]]:
    """Return what stands apart in the open book, with what of it the thirteen weeks bring."""
    for series in said:
        reasons = np.array([today.exceptional[row] or "" for row in series.rows], dtype=object)
        unapplied = np.where(reasons == "doubtful", 0, (today.cents - today.expected)[series.rows])
        brought = series.opened.by_period[:, :-1].sum(axis=1)
        kinds = [
            (kind, reasons == kind, today.cents[series.rows])
            for kind in ("collected_by_us", "disputed", "doubtful")
        ]
        kinds.append(("already_received", unapplied > 0, unapplied))
        for kind, rows, amount in kinds:
            if rows.any():
                yield {
                    **book.series[series.number]._asdict(),
                    "exceptional": kind,
                    "item_count": int(rows.sum()),
                    "cents": int(amount[rows].sum()),
                    "expected_cents": 0 if kind == "already_received" else int(brought[rows].sum()),
                }
