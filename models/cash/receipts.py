"""What comes in, and when: from the open book, and from what is not yet invoiced.

Both are sums over documents of an amount times the probability that it is paid in a stretch of
days. An invoice that does not exist yet is one like those of the last eight weeks, issued again on
a day of the same kind with the same terms, in the share that the issuance forecast gives that day.
"""

from collections.abc import Callable, Iterator
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

MOST_REISSUED = 200
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
    mover = _Mover(horizon)
    for begin in range(0, len(curves), ROWS_AT_ONCE):
        rows = np.arange(begin, min(begin + ROWS_AT_ONCE, len(curves)))
        of_part, due = curves.take(rows), documents.due[rows, None]
        by_end = mover.paid_by(documents.customer[rows], _by_due(of_part, due))
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
    again, place = np.unique(rows, return_inverse=True)
    mover, table = _Mover(horizon), _Table(curves.take(again))
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        of_part = table.of(place[part], due[part], issued[part])
        by_end = mover.paid_by(recent.customer[rows[part]], of_part)
        yield Expected(
            rows[part],
            np.diff(by_end, axis=1, prepend=0.0) * curves.cash_yield,
            amount[part],
        )


def _by_due(curves: Curves, due: Days) -> Callable[[Days], Floats]:
    return lambda days: curves.paid_by(days - due)


class _Table:
    """Curves written out by day of delay: each is looked at for many days of issue."""

    def __init__(self, curves: Curves) -> None:
        self._by = curves.paid_by(np.arange(FIRST_DAY, LAST_DAY + 1))

    def of(self, rows: NDArray[np.intp], due: Days, issued: Days) -> Callable[[Days], Floats]:
        """Return what tells the probability of payment by each day; none before the issue."""

        def paid_by(days: Days) -> Floats:
            delay = days - due[:, None]
            column = np.clip(delay - FIRST_DAY, 0, self._by.shape[1] - 1)
            found = self._by[rows[:, None], column]
            return np.where((delay < FIRST_DAY) | (days < issued[:, None]), 0.0, found)

        return paid_by


class _Mover:
    """Tells the probability of payment by each end of a horizon, on pay days where known."""

    def __init__(self, horizon: Horizon) -> None:
        self._habits, self._ends = horizon.habits, horizon.ends
        self._days = horizon.as_of + 1 + np.arange(DAYS_BY_DAY)
        self._far = horizon.ends > self._days[-1]
        self._column = np.clip(horizon.ends - self._days[0], 0, DAYS_BY_DAY - 1)
        self._holidays = horizon.holidays

    def paid_by(self, customer: Codes, paid_by: Callable[[Days], Floats]) -> Floats:
        """Return one row per document, one column per end.

        What follows the days told one by one keeps its share of what is unpaid by then.

        Args:
            customer: Whose each document is.
            paid_by: Tells the probability of payment by days, before it is moved.
        """
        if self._habits is None:
            return paid_by(self._ends)
        daily = paid_by(self._days)
        factors = self._habits.factors(customer, self._days, self._holidays)
        moved = on_pay_days(daily, factors)
        told = moved[:, self._column]
        if self._far.any():
            last = daily[:, -1:]
            left = np.where(last < 1.0, 1.0 - last, 1.0)
            share = np.clip((paid_by(self._ends[self._far]) - last) / left, 0.0, 1.0)
            told[:, self._far] = moved[:, -1:] + (1.0 - moved[:, -1:]) * share
        return told


def recent_documents(issued: Days, as_of: int) -> NDArray[np.bool_]:
    """Tell which documents are issued again: those of the last eight weeks."""
    return (issued > as_of - 7 * RECENT_WEEKS) & (issued <= as_of)


def issued_again(issued: Days, amount: Floats, holidays: Holidays) -> NDArray[np.intp]:
    """Return which recent documents stand for what is issued on any coming day; the rest need not
    be asked about.

    Args:
        issued: Day of issue of each recent document.
        amount: Its amount, in cents.
        holidays: The bank holidays of those days.

    Returns:
        Their places, rising. Given these documents alone, `from_new_invoices` says the same.
    """
    own = _own_kind(kinds_of(calendar_of(issued, holidays)), amount)
    return np.sort(np.concatenate(own))


def _reissued(
    recent: Documents, issuance: Issuance, holidays: Holidays
) -> Iterator[tuple[NDArray[np.intp], Days, Floats]]:
    """Return (document, coming day from 0, amount issued like it on that day)."""
    own = _own_kind(kinds_of(calendar_of(recent.issued, holidays)), recent.amount)
    like = [_like(kind, own, recent.amount) for kind in range(KINDS)]
    for day, (kind, amount) in enumerate(zip(issuance.kinds, issuance.amounts, strict=True)):
        if amount > 0:
            rows = like[kind]
            share = recent.amount[rows] / recent.amount[rows].sum()
            yield rows, np.full(len(rows), day), amount * share


def _own_kind(kinds: Days, amount: Floats) -> list[NDArray[np.intp]]:
    """Return the documents that stand for each kind of day, of those issued on one."""
    return [_some(np.flatnonzero((kinds == kind) & (amount > 0)), amount) for kind in range(KINDS)]


def _like(kind: int, own: list[NDArray[np.intp]], amount: Floats) -> NDArray[np.intp]:
    """Return the documents that stand for a kind of day: its own, its part of the month's, any."""
    closing = at_close(np.arange(KINDS))
    same = [own[each] for each in np.flatnonzero(closing == closing[kind])]
    for rows in (own[kind], np.concatenate(same)):
        if len(rows) >= FEWEST_REISSUED:
            return _some(rows, amount)
    return _some(np.concatenate(own), amount)


def _some(rows: NDArray[np.intp], amount: Floats) -> NDArray[np.intp]:
    """Return the rows, rising; of too many, every n-th by amount."""
    if len(rows) <= MOST_REISSUED:
        return np.sort(rows)
    by_amount = rows[np.lexsort((rows, amount[rows]))]
    return np.sort(by_amount[np.linspace(0, len(rows) - 1, MOST_REISSUED).astype(np.intp)])
