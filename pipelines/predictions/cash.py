"""The cash forecast of today: periods, documents, customers and days, bounds; all of it published.

The sums are made by `models.cash`; here they are read and written. Amounts come in and go out as
whole cents.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.cash.backtest import MODEL, TOP_DOWN, Track, chosen, parts_of, shown
from models.cash.combination import COMBINED, PARTNERS, together
from models.cash.foretelling import Population
from models.cash.intervals import Widths, grown, spread_of, widened, widths_now, widths_of_sum
from models.cash.issuance import forecast_issuance
from models.cash.periods import WEEKS, Period, receipt_days
from models.cash.receipts import Curves, Horizon
from models.cash.rivals import RULES, Wanted, ets, same_week_last_year
from models.cash.telling import (
    NewInvoices,
    OpenBook,
    Stretches,
    scaled,
    stretches_of,
    tell_new_invoices,
    tell_open_book,
)
from models.cash.unapplied import Credit, covered
from models.timing.frame import Frame, History
from pipelines.backtests.rolling import Timing
from pipelines.predictions.cash_books import CashBook, day_number
from pipelines.predictions.features import ask_open_book, ask_reissued, history_at

OPEN_BOOK, NEW_INVOICES, TOTAL = "open_book", "new_invoices", "total"
BACKTESTED, ASSUMED = "backtest", "assumed"

SUMS = (4, 8, 13)
"""How many weeks are told together too, with the bounds of their sum."""

LIKE_A_MONTH = slice(WEEKS - 4, WEEKS)
"""The weeks whose sum is as far off as a month's, before it is further away."""

Floats = NDArray[np.float64]
Cents = NDArray[np.int64]

# What nothing uses yet, as published.
CREDITS = """
select customers.customer_code, items.booked_on - date '1970-01-01' as day,
    cast(-items.open_amount * 100 as bigint) as cents
from receivables.open_items($as_of) as items
join features.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
    and customers.currency = items.currency
where items.side = 'credit' and items.open_amount < 0
order by all
"""

# Of an item nobody may expect money in the normal run of things, and why.
ITEMS = """
select
    items.item_id, cast(items.open_amount * 100 as bigint) as cents,
    case
        when items.account like '416%' or standings.standing = 'doubtful' then 'doubtful'
        when standings.standing = 'disputed' then 'disputed'
        when customers.is_collected = 1 then 'collected_by_us'
    end as exceptional
from receivables.open_items($as_of) as items
join features.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
    and customers.currency = items.currency
left join ledger.standings as standings on standings.item_id = items.item_id
where items.side = 'debit'
order by items.item_id
"""


DAYS_ASKED = {"issued_on": "issued", "due_on": "due"}


class Today(NamedTuple):
    """The open book and the recent documents, with everything that is known of them.

    Attributes:
        as_of: The day the forecast is made at the end of.
        history: What is known by then.
        frame: The questions: open items first, then recent documents as new.
        item: The item of each open question.
        row: The place of each question's document in the cash book.
        cents: What is open of each open item.
        expected: What of it may still come: not covered by a credit, not doubtful.
        exceptional: Why an item stands apart, or None.
        curves: By method, the curves of every question.
    """

    as_of: int
    history: History
    frame: Frame
    item: NDArray[np.int64]
    row: NDArray[np.intp]
    cents: Cents
    expected: Cents
    exceptional: list[str | None]
    curves: dict[str, Curves]


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


def look_at_today(
    con: duckdb.DuckDBPyConnection, book: CashBook, as_of: date, methods: dict[str, Timing]
) -> Today:
    """Ask every method about the open book and the documents of the last eight weeks."""
    day = day_number(as_of)
    opened = ask_open_book(con, as_of)
    items = con.sql(ITEMS, params={"as_of": as_of}).to_arrow_table()
    place = np.searchsorted(items["item_id"].to_numpy(), opened.item)
    cents = items["cents"].to_numpy()[place]
    reasons = items["exceptional"].take(pa.array(place)).to_pylist()
    recent = [book.recent(series, day) for series in range(len(book.series))]
    new_row = np.concatenate([*recent, np.zeros(0, np.intp)])
    new = ask_reissued(con, as_of, _as_they_were(book, new_row))
    frame = _together(opened.frame, new.frame)
    history = history_at(con, as_of)
    days = (column.astype(np.int64) for column in (frame.issued, frame.due, frame.asked))
    wanted = Wanted(frame.customer, *days)
    curves: dict[str, Curves] = {
        **{name: timing.predict(history, frame) for name, timing in methods.items()},
        **{name: rule(history, wanted) for name, rule in RULES.items()},
    }
    credits = [
        Credit(*map(int, row)) for row in con.sql(CREDITS, params={"as_of": as_of}).fetchall()
    ]
    due = opened.frame.due.astype(np.int64)
    expected = cents - covered(opened.frame.customer, due, cents, credits)
    expected[np.array([reason == "doubtful" for reason in reasons], bool)] = 0
    row = np.concatenate([book.rows_of(opened.frame.item), book.rows_of(new.frame.item)])
    return Today(day, history, frame, opened.item, row, cents, expected, reasons, curves)


def _as_they_were(book: CashBook, rows: NDArray[np.intp]) -> pa.Table:
    """Return documents with the days they have, to ask about them with what is known today."""
    of = book.documents
    days = {name: of[column][rows].astype(np.int32) for name, column in DAYS_ASKED.items()}
    return pa.table(
        {
            "document_id": pa.array(of["document_id"][rows].astype(np.int64)),
            **{name: pa.array(each, pa.int32()).cast(pa.date32()) for name, each in days.items()},
        }
    )


def _together(first: Frame, second: Frame) -> Frame:
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in vars(first)
    }
    return Frame(**columns)


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
        new = _as_told(
            _combined(track, weekly, opened, new, periods), opened, new, periods, stretches
        )
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


def _combined(
    track: Track, weekly: Floats, opened: OpenBook, new: NewInvoices, periods: list[Period]
) -> Floats:
    """Return the coming weeks as the model and its partners tell them together."""
    total = opened.by_period[:, :-1].sum(axis=0) + new.by_period
    model = np.zeros(WEEKS)
    for place, period in enumerate(periods[:-1]):
        if period.kind == "week" and not period.is_partial:
            model[period.number - 1] = total[place]
    partners = {name: _top_down(name, weekly) for name in PARTNERS}
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
