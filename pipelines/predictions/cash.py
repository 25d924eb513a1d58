"""The cash forecast of today: periods, documents, customers and days, bounds; all of it published.

The sums are made by `models.cash`; here they are read and written. Amounts come in and go out as
whole cents.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cash.backtest import MODEL, TOP_DOWN, Track, chosen, parts_of
from models.cash.combination import COMBINED, CURVES, together
from models.cash.foretelling import Population, foretell
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
from pipelines.predictions.cash_bounds import Outlook, Seen
from pipelines.predictions.cash_today import Today

OPEN_BOOK, NEW_INVOICES, TOTAL = "open_book", "new_invoices", "total"
BACKTESTED, ASSUMED = "backtest", "assumed"

Floats = NDArray[np.float64]
Cents = NDArray[np.int64]


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of one series: of its documents, by period, and in total."""

    number: int
    rows: NDArray[np.intp]
    opened: OpenBook
    new: NewInvoices
    method: str
    outlook: Outlook


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
        None if is_rule else today.habits,
    )
    series_of = book.documents["series"][today.row]
    is_open = np.arange(len(today.row)) < len(today.item)
    open_rows = np.flatnonzero(is_open & (series_of == number))
    new_rows = np.flatnonzero(~is_open & (series_of == number))
    of_method = today.curves_of(curves_of)
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
    outlook = Outlook(
        np.asarray(opened.by_period[:, :-1].sum(axis=0) + new.by_period),
        opened.variance + new.variance,
        float(weekly[-52:].mean()) if len(weekly) else 0.0,
        Seen.of(track),
    )
    return SeriesForecast(number, open_rows, opened, new, method, outlook)


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
    horizon = Horizon(today.as_of, np.array(ends), book.holidays, today.habits)
    of_document = np.concatenate(
        [today.expected, book.documents["cents"][today.row[len(today.item) :]]]
    )
    opened, recent = (
        Population(
            book.documents_at(today.row[each], of_document[each]),
            today.curves_of(CURVES).take(each),
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
