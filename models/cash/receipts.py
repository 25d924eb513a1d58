"""What comes in, and when: from the open book, and from what is not yet invoiced.

Both are sums over documents of an amount times the probability that it is paid in a stretch of
days. An invoice that does not exist yet is one like those of the last eight weeks, issued again on
a day of the same kind with the same terms, in the share that the issuance forecast gives that day.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.cash.days import Days, Holidays, calendar_of, month_ends
from models.cash.issuance import KINDS, RECENT_WEEKS, Issuance, at_close, kinds_of
from models.cash.pay_days import Habits, on_pay_days
from models.scores import FIRST_DAY, LAST_DAY

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

DAYS_BY_DAY = 112
"""How far ahead pay days are told apart: the thirteen weeks, and a month into what follows."""

ROWS_AT_ONCE = 8_000

MOST_REISSUED = 400
"""How many documents stand for those of one kind of day; of more, every n-th by amount."""

FEWEST_REISSUED = 3
SAME_DUE_SHARE = 0.8
"""A customer most of whose documents fall due on the last day of a month has terms to that day."""


class Curves(Protocol):
    """When each document is paid, as `models.timing` tells it."""

    @property
    def cash_yield(self) -> float:
        """Share of what is settled that is cash."""

    def __len__(self) -> int:
        """Return the number of documents."""

    def take(self, rows: NDArray[np.intp]) -> "Curves":
        """Return the curves of some documents."""

    def paid_by(self, delays: ArrayLike) -> Floats:
        """Return the probability of payment by each day of delay, one row per document."""


class Horizon(NamedTuple):
    """From when to when receipts are told, and what days these are.

    Attributes:
        as_of: Last day known.
        ends: Last day of each stretch, rising; the first stretch begins the day after `as_of`.
        holidays: The bank holidays, of the last eight weeks too.
        habits: Whose habits move payments onto pay days; None to take the curves as they are.
    """

    as_of: int
    ends: Days
    holidays: Holidays
    habits: Habits | None


class Documents(NamedTuple):
    """Documents whose payment is awaited: what they are, not when they are paid.

    Attributes:
        customer: Whose each is.
        issued: Day of issue.
        due: Day due.
        amount: What is expected of it, in cents, positive.
        to_month_end: Whether its terms go to the end of a month.
    """

    customer: Codes
    issued: Days
    due: Days
    amount: Floats
    to_month_end: NDArray[np.bool_]


class Expected(NamedTuple):
    """What some documents are expected to bring in each stretch of days.

    Attributes:
        rows: Which documents.
        probability: Of payment within each stretch, in cash; one row per document.
        amount: What each stands for, in cents.
    """

    rows: NDArray[np.intp]
    probability: Floats
    amount: Floats


def terms_to_month_end(customer: Codes, due: Days) -> NDArray[np.bool_]:
    """Tell of each document whether its customer's documents fall due at the ends of months.

    >>> terms_to_month_end(np.array([1, 1, 2]), np.array([30, 58, 40])).tolist()
    [True, True, False]
    """
    if not len(customer):
        return np.zeros(0, bool)
    codes, code = np.unique(customer, return_inverse=True)
    at_end = np.bincount(code, due == month_ends(due), len(codes)) / np.bincount(code)
    return np.asarray(at_end[code] >= SAME_DUE_SHARE)


def from_open_book(curves: Curves, documents: Documents, horizon: Horizon) -> Iterator[Expected]:
    """Return what the open documents are expected to bring, some thousands at a time.

    Args:
        curves: One per document, asked about on the day after the last day known.
        documents: The open book at the end of that day.
        horizon: What stretches to tell.
    """
    days, ends, factors = _days(horizon), horizon.ends[_beyond(horizon)], _factors(horizon)
    for begin in range(0, len(curves), ROWS_AT_ONCE):
        rows = np.arange(begin, min(begin + ROWS_AT_ONCE, len(curves)))
        of_part, due = curves.take(rows), documents.due[rows, None]
        own = None
        if factors is not None and horizon.habits is not None:
            own = factors[horizon.habits.rows_of(documents.customer[rows])]
        daily = of_part.paid_by(days - due)
        later = of_part.paid_by(ends - due) if len(ends) else np.zeros((len(rows), 0))
        by_end = _moved(daily, later, own, horizon)
        yield Expected(
            rows,
            np.diff(by_end, axis=1, prepend=0.0) * curves.cash_yield,
            documents.amount[rows],
        )


def from_new_invoices(
    curves: Curves,
    recent: Documents,
    issuance: Issuance,
    horizon: Horizon,
) -> Iterator[Expected]:
    """Return what invoices not yet issued are expected to bring, some thousands at a time.

    Args:
        curves: One per recent document, asked about on its own day of issue.
        recent: The documents of the last eight weeks, at their whole amounts.
        issuance: What is issued on each coming day.
        horizon: What stretches to tell.

    Returns:
        `rows` are of `recent`; `amount` is what is issued like it on one coming day, so that a
        document comes as often as there are days like its own.
    """
    if not len(recent.amount) or not recent.amount.sum():
        return
    pairs = list(_reissued(recent, issuance, horizon.holidays))
    if not pairs:
        return
    rows, day, amount = (np.concatenate(column) for column in zip(*pairs, strict=True))
    issued = horizon.as_of + 1 + day
    due = issued + (recent.due - recent.issued)[rows]
    # To the month's end that lies nearest: the terms say which, and the offset only about.
    nearest = month_ends(due - 15)
    due = np.where(recent.to_month_end[rows], np.maximum(nearest, issued), due)
    days, ends, factors = _days(horizon), horizon.ends[_beyond(horizon)], _factors(horizon)
    table = _Table(curves)
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        own = None
        if factors is not None and horizon.habits is not None:
            own = factors[horizon.habits.rows_of(recent.customer[rows[part]])]
        daily = table.paid_by(rows[part], days, due[part], issued[part])
        later = table.paid_by(rows[part], ends, due[part], issued[part])
        by_end = _moved(daily, later, own, horizon)
        yield Expected(
            rows[part],
            np.diff(by_end, axis=1, prepend=0.0) * curves.cash_yield,
            amount[part],
        )


class _Table:
    """Curves written out by day of delay: each is looked at for many days of issue."""

    def __init__(self, curves: Curves) -> None:
        self._by = curves.paid_by(np.arange(FIRST_DAY, LAST_DAY + 1))

    def paid_by(self, rows: NDArray[np.intp], days: Days, due: Days, issued: Days) -> Floats:
        """Return the probability of payment by each day; none before the day of issue."""
        delay = days - due[:, None]
        column = np.clip(delay - FIRST_DAY, 0, self._by.shape[1] - 1)
        found = self._by[rows[:, None], column]
        return np.where((delay < FIRST_DAY) | (days < issued[:, None]), 0.0, found)


def recent_documents(issued: Days, as_of: int) -> NDArray[np.bool_]:
    """Tell which documents are issued again: those of the last eight weeks."""
    return (issued > as_of - 7 * RECENT_WEEKS) & (issued <= as_of)


def _reissued(
    recent: Documents, issuance: Issuance, holidays: Holidays
) -> Iterator[tuple[NDArray[np.intp], Days, Floats]]:
    """Return (document, coming day from 0, amount issued like it on that day)."""
    kinds = kinds_of(calendar_of(recent.issued, holidays))
    like = [_like(kind, kinds, recent.amount) for kind in range(KINDS)]
    for day, (kind, amount) in enumerate(zip(issuance.kinds, issuance.amounts, strict=True)):
        if amount > 0:
            rows = like[kind]
            share = recent.amount[rows] / recent.amount[rows].sum()
            yield rows, np.full(len(rows), day), amount * share


def _like(kind: int, kinds: Days, amount: Floats) -> NDArray[np.intp]:
    """Return the documents that stand for a kind of day: its own, its part of the month's, any."""
    rows = np.flatnonzero((kinds == kind) & (amount > 0))
    if len(rows) < FEWEST_REISSUED:
        same = at_close(kinds) == bool(at_close(np.array([kind]))[0])
        rows = np.flatnonzero(same & (amount > 0))
    if len(rows) < FEWEST_REISSUED:
        rows = np.flatnonzero(amount > 0)
    if len(rows) <= MOST_REISSUED:
        return rows
    by_amount = rows[np.lexsort((rows, amount[rows]))]
    return by_amount[np.linspace(0, len(rows) - 1, MOST_REISSUED).astype(np.intp)]


def _moved(daily: Floats, later: Floats, factors: Floats | None, horizon: Horizon) -> Floats:
    """Return the probability of payment by each end of the horizon, on pay days where known.

    What follows the days told one by one keeps its share of what is unpaid by then.

    Args:
        daily: By each of the days told one by one.
        later: By each end beyond them.
        factors: The factors of those days for each row.
        horizon: The ends.
    """
    moved = daily if factors is None else on_pay_days(daily, factors)
    first = horizon.as_of + 1
    told = moved[:, np.clip(horizon.ends - first, 0, DAYS_BY_DAY - 1)]
    if later.shape[1]:
        last = daily[:, -1:]
        left = np.where(last < 1.0, 1.0 - last, 1.0)
        share = np.clip((later - last) / left, 0.0, 1.0)
        told[:, _beyond(horizon)] = moved[:, -1:] + (1.0 - moved[:, -1:]) * share
    return told


def _days(horizon: Horizon) -> Days:
    return horizon.as_of + 1 + np.arange(DAYS_BY_DAY)


def _beyond(horizon: Horizon) -> NDArray[np.bool_]:
    return horizon.ends > horizon.as_of + DAYS_BY_DAY


def _factors(horizon: Horizon) -> Floats | None:
    """Return the factor of each of the days told one by one, one row per row of the habits."""
    if horizon.habits is None:
        return None
    return horizon.habits.factors(_days(horizon), horizon.holidays)
