"""Forecast against actual: why more or less came in than was said, cause by cause, to the cent.

The difference of a week is what came in less what was said. Its causes:

    timing      a document that was open when it was said was paid in the week and had not been
                expected to that extent, or was expected in the week and paid in another
    amount      a document was settled by less than it was for: a credit note, a discount, a part
                payment that left the rest
    not_paid    a document was expected and nothing of it has come yet
    new_sales   what was invoiced after the forecast brought more, or less, than was foreseen
    other       the rest: money that no document explains, payments that came back

A forecast spreads each document over many weeks by its chances, so a part of nearly every document
is said for a week and, one by one, wrong. That is why timing has two sides that mostly cancel: what
remains of it is what the forecast of the week got wrong.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CAUSES = ("timing", "amount", "not_paid", "new_sales", "other")

Cents = NDArray[np.int64]


class Documents(NamedTuple):
    """What was said of each document for one week, and what has become of it; cents.

    Attributes:
        said: What was expected of it in the week.
        paid_in_week: What came in the week, less what came back.
        paid_else: What has come since the forecast, in other weeks.
        covered: Still open, and money that nobody has lettered yet probably paid it.
        credited: Settled since by something that is no money.
        open: Still open, and nothing covers it.
    """

    said: Cents
    paid_in_week: Cents
    paid_else: Cents
    covered: Cents
    credited: Cents
    open: Cents


class Shares(NamedTuple):
    """The difference of each document, paid_in_week - said, by cause; the three add up to it."""

    timing: Cents
    amount: Cents
    not_paid: Cents


def explain_documents(documents: Documents) -> Shares:
    """Return the causes of each document's difference.

    More than was said is timing. Less is shared out by where the money is now: what came in other
    weeks, and what is covered, is timing; what was credited is amount; what is open is amount where
    a part has come, else not paid. Of a document of which nothing is anywhere, less was owed than
    was thought.

    >>> def one(**cents):
    ...     values = {name: np.array([cents.get(name, 0)]) for name in Documents._fields}
    ...     return tuple(int(part[0]) for part in explain_documents(Documents(**values)))

    A document of 100 was said to bring 30 in this week. It was paid in it, all of it:

    >>> one(said=30, paid_in_week=100)
    (70, 0, 0)

    It was paid the week after; half then and half credited; half then, and half is still open;
    nothing has come:

    >>> one(said=30, paid_else=100)
    (-30, 0, 0)
    >>> one(said=30, paid_else=50, credited=50)
    (-15, -15, 0)
    >>> one(said=30, paid_else=50, open=50)
    (-15, -15, 0)
    >>> one(said=30, open=100)
    (0, 0, -30)
    """
    difference = documents.paid_in_week - documents.said
    short = np.minimum(difference, 0)
    places = [
        np.maximum(each, 0)
        for each in (documents.paid_else, documents.covered, documents.credited, documents.open)
    ]
    whole = sum(places, np.zeros(len(short), np.int64))
    parts, passed, told = [], np.zeros(len(short), np.int64), np.zeros(len(short), np.int64)
    for place in places:
        passed += place
        # The share is a fraction, the part is whole cents, and the last of the parts is the rest.
        until = np.rint(short * (passed / np.maximum(whole, 1))).astype(np.int64)
        parts.append(until - told)
        told = until
    elsewhere, covered, credited, still_open = parts
    credited += short - told  # of what is nowhere
    has_come = (documents.paid_in_week > 0) | (documents.paid_else > 0)
    return Shares(
        timing=np.maximum(difference, 0) + elsewhere + covered,
        amount=credited + np.where(has_come, still_open, 0),
        not_paid=np.where(has_come, 0, still_open),
    )


class CustomerWeek(NamedTuple):
    """One customer in one week: what was said and what came, in cents.

    Attributes:
        received: All that came in the week, less what came back.
        said_open_book: What was expected of documents open at the time.
        said_new: What was expected of documents not yet issued.
        paid_new: What came in the week on documents issued since.
        said_documents: The sum of `Documents.said`.
        paid_documents: The sum of `Documents.paid_in_week`.
        covered_documents: The sum of `Documents.covered`.
        covered_new: What loose money covers of documents issued since.
        shares: The sums of their `Shares`.
    """

    received: int
    said_open_book: int
    said_new: int
    paid_new: int
    said_documents: int
    paid_documents: int
    covered_documents: int
    covered_new: int
    shares: tuple[int, int, int]


def explain_customer(week: CustomerWeek) -> dict[str, int]:
    """Return the difference of a customer's week by cause, causes of nothing left out.

    Money that nobody has lettered yet is taken to have paid what it covers: documents that were
    open at the time, then those issued since. What is left of it is `other`.

    Returns:
        Cents by cause. They add up to received - said_open_book - said_new.

    A customer was to pay 80 of open documents and 20 of new ones. 100 came. 60 of it is lettered to
    open documents; of the rest, 15 covers another of them and 10 a new one:

    >>> week = CustomerWeek(100, 80, 20, 0, 80, 60, 15, 10, (-15, 0, -5))
    >>> explain_customer(week)
    {'not_paid': -5, 'new_sales': -10, 'other': 15}
    """
    timing, amount, not_paid = week.shares
    new_sales = week.paid_new - week.said_new
    loose = week.received - week.paid_documents - week.paid_new
    if loose > 0:
        explained = min(loose, week.covered_documents)
        timing += explained
        loose -= explained
        explained = min(loose, week.covered_new)
        new_sales += explained
        loose -= explained
    causes = {
        "timing": timing,
        "amount": amount,
        "not_paid": not_paid,
        "new_sales": new_sales,
        "other": loose + week.said_documents - week.said_open_book,
    }
    return {cause: cents for cause, cents in causes.items() if cents}


def judge_adjustment(said: int, adjustment: int, actual: int) -> int:
    """Return by how many cents an adjustment brought the forecast nearer to what came.

    Positive is nearer, negative is farther: a person is held against the actual like the model.

    >>> judge_adjustment(said=100_00, adjustment=20_00, actual=115_00)
    1000
    >>> judge_adjustment(said=100_00, adjustment=20_00, actual=90_00)
    -2000
    """
    return abs(actual - said) - abs(actual - said - adjustment)


def add_up(found: Sequence[dict[str, int]]) -> dict[str, int]:
    """Return the sum of several customers' causes, in the order of `CAUSES`.

    >>> add_up([{"other": 5, "timing": -3}, {"timing": 4}])
    {'timing': 1, 'other': 5}
    """
    totals = {cause: sum(each.get(cause, 0) for each in found) for cause in CAUSES}
    return {cause: cents for cause, cents in totals.items() if cents}
