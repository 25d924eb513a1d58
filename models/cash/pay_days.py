"""On which days money comes: each customer's own pay days, beside how late it pays.

A curve says how many days after its due date a document is paid. Firms pay on days: on Thursdays,
on the 10th and the 25th, at the close of the month, hardly ever on a Sunday. For one week's cash
that matters as much as the delay. A habit is a factor for each kind of weekday and each place in
the month: payments seen over payments to be expected if all days were alike for everybody, pulled
towards the firm's own as far as a customer has paid seldom.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.cash.days import Calendar, Days, Holidays, calendar_of

Floats = NDArray[np.float64]

PULL_PAYMENTS = 8.0
"""A customer is pulled towards the firm as if it had made so many payments like the others."""

FIRM_PULL_PAYMENTS = 50.0
"""The firm is pulled towards days all alike as if so many payments had come on any day."""

WEEKDAYS = 7
RUNS = (1, 5, 10, 15, 20, 25)
"""Days of the month on or after which the next working day is a place of its own."""

PLACES = 2 + len(RUNS)
"""Any other day; the last working day of the month; the first on or after each of `RUNS`."""

MOST_HAZARD = 0.98


@dataclass(frozen=True)
class Habits:
    """The pay-day factors of each customer, and of the firm for those without a payment.

    Attributes:
        customers: Codes of those who have paid, sorted.
        weekday: One row per customer, and the firm's own last; one column per kind of day.
        place: The same for places in the month.
    """

    customers: NDArray[np.int64]
    weekday: Floats
    place: Floats

    def rows_of(self, customers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each customer; the firm's for one that has not paid yet."""
        if not len(self.customers):
            return np.zeros(len(customers), np.int64)
        found = np.searchsorted(self.customers, customers).clip(0, len(self.customers) - 1)
        return np.where(self.customers[found] == customers, found, len(self.customers))

    def factors(self, customers: NDArray[np.int64], days: Days, holidays: Holidays) -> Floats:
        """Return the factor of each day (columns) for each customer (rows).

        Args:
            customers: As often as they are asked about.
            days: Days one after the other.
            holidays: The bank holidays of those days.
        """
        # A few days more on the left, so that a month's first days know what was closed before.
        around = np.arange(days[0] - 7, days[-1] + 1)
        calendar = calendar_of(around, holidays)
        kind, place = calendar.kind[7:], places_of(calendar)[7:]
        rows = self.rows_of(customers)[:, None]
        return np.asarray(self.weekday[rows, kind] * self.place[rows, place])


GAIN_NEEDED = 0.02
"""Mean gain in log-likelihood per payment that pay days must bring on days held out."""

HELD_OUT_DAYS = 91


def tried_habits(
    customers: NDArray[np.int64], paid: Days, since: int, as_of: int, holidays: Holidays
) -> Habits | None:
    """Learn the pay days of every customer, or None where they foretell nothing.

    They are learnt without the last 91 days first, and must make the days of the payments in these
    more likely than if all days were alike. Where they do, they are learnt anew from everything.

    Args:
        customers: The customer of each payment.
        paid: The day of each.
        since: First day of the history.
        as_of: Last day known.
        holidays: The bank holidays of the history.
    """
    before = as_of - HELD_OUT_DAYS
    out = (paid > before) & (paid <= as_of)
    if before <= since or not out.any():
        return None
    learnt = habits_of(customers, paid, since, before, holidays)
    days = np.arange(before + 1, as_of + 1)
    factors = learnt.factors(customers[out], days, holidays)
    chance = factors / factors.mean(axis=1, keepdims=True)
    told = chance[np.arange(out.sum()), paid[out] - before - 1]
    if np.log(np.maximum(told, 1e-6)).mean() < GAIN_NEEDED:
        return None
    return habits_of(customers, paid, since, as_of, holidays)


def places_of(calendar: Calendar) -> Days:
    """Return the place of each day of an unbroken row in its month, 0 to `PLACES` - 1.

    >>> from datetime import date
    >>> days = (date(2024, 11, 8) - date(1970, 1, 1)).days + np.arange(4)   # Friday to Monday
    >>> places_of(calendar_of(days, np.array([], "datetime64[D]"))).tolist()   # the 11th
    [0, 0, 0, 4]
    """
    place = np.zeros(len(calendar.kind), np.int64)
    for index, run in enumerate(RUNS):
        since = calendar.day_of_month - run
        # The next working day is at most a few days on: the days between are all closed.
        first = calendar.is_working & (since >= 0) & (since < _gap_before(calendar) + 1)
        place[first] = 2 + index
    place[calendar.is_working & (calendar.to_end == 1)] = 1
    return place


def _gap_before(calendar: Calendar) -> Days:
    """Return how many closed days lie directly before each day, as far as the row of days knows."""
    index = np.arange(len(calendar.is_working))
    working_before = np.where(calendar.is_working, index, -1)
    last = np.maximum.accumulate(np.concatenate([[-1], working_before[:-1]]))
    return index - last - 1


def habits_of(
    customers: NDArray[np.int64], paid: Days, since: int, as_of: int, holidays: Holidays
) -> Habits:
    """Learn the pay days of every customer.

    Args:
        customers: The customer of each payment. Payments of one customer on one day count once.
        paid: The day of each; those before `since` or after `as_of` are left out.
        since: First day of the history.
        as_of: Last day known.
        holidays: The bank holidays of the history.
    """
    inside = (paid >= since) & (paid <= as_of)
    codes, code = np.unique(customers[inside], return_inverse=True)
    days = np.arange(since, as_of + 1)
    calendar = calendar_of(days, holidays)
    # One number for each customer and day.
    code, at = np.divmod(np.unique(code * len(days) + (paid[inside] - since)), max(len(days), 1))
    # Places are told among working days alone: weekends are the weekday's business.
    working = calendar.is_working[at]
    weekday = _factors(code, calendar.kind[at], calendar.kind, len(codes), WEEKDAYS)
    places = places_of(calendar)
    place = _factors(
        code[working], places[at][working], places[calendar.is_working], len(codes), PLACES
    )
    return Habits(codes, weekday, place)


def _factors(code: Days, kind: Days, days: Days, customers: int, kinds: int) -> Floats:
    """Return each customer's factor for each kind of day, and the firm's in the last row."""
    alike = np.bincount(days, minlength=kinds) / max(len(days), 1)
    cells = np.bincount(code * kinds + kind, minlength=customers * kinds)
    seen = cells.reshape(customers, kinds).astype(float)
    of_firm = seen.sum(axis=0) + FIRM_PULL_PAYMENTS * alike
    share = of_firm / max(of_firm.sum(), 1e-12)
    firm = np.where(alike > 0, share / np.where(alike > 0, alike, 1.0), 1.0)
    paid = seen.sum(axis=1, keepdims=True)
    of_customer = (seen + PULL_PAYMENTS * share) / (paid + PULL_PAYMENTS)
    own = np.where(alike > 0, of_customer / np.where(alike > 0, alike, 1.0), 1.0)
    return np.vstack([own, firm])


def on_pay_days(cumulative: Floats, factors: Floats) -> Floats:
    """Return the probability of payment by the end of each day, moved onto the pay days.

    Two ways of moving are averaged, since each errs on its own side: the chance of payment on a
    day is multiplied by the day's factor, what is missed staying open for the next (a payment that
    waits for Thursday); and the probability of the whole row of days is kept and shared out by the
    factors (a payment that is early for the close of the month).

    Args:
        cumulative: Probability of payment by each day, rising; one row per document.
        factors: The factor of each day for each document's customer, as `Habits.factors` gives it.

    Returns:
        The same shape, rising, and never above one.

    >>> thursdays = np.array([[0.0, 2.0]])
    >>> on_pay_days(np.array([[0.25, 0.4]]), thursdays).round(3).tolist()
    [[0.0, 0.4]]
    """
    mass = np.diff(cumulative, axis=1, prepend=0.0)
    before = np.maximum(1.0 - cumulative + mass, 1e-9)
    moved = mass * factors
    waiting = 1.0 - np.cumprod(1.0 - np.minimum(moved / before, MOST_HAZARD), axis=1)
    shared = np.cumsum(moved, axis=1)
    total = shared[:, -1:]
    shared *= cumulative[:, -1:] / np.where(total > 0, total, 1.0)
    shared = np.where(total > 0, shared, cumulative)
    return np.minimum((waiting + shared) / 2, 1.0)
