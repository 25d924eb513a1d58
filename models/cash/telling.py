"""A forecast in whole cents: by document and period, by customer and day, and what both add up to.

The cents are shared out once, document by document; everything coarser is a sum of them, so that a
week, its customers and their documents always tie.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.cash.allotment import allot, allot_rows
from models.cash.foretelling import Population
from models.cash.issuance import Issuance
from models.cash.receipts import Horizon, from_new_invoices, from_open_book

Floats = NDArray[np.float64]
Cents = NDArray[np.int64]


class Stretches(NamedTuple):
    """The days on which receipts are told, and the period each is in.

    Attributes:
        period: The place of the period of each stretch, from 0, rising.
        periods: How many periods there are, what lies beyond not counted.
    """

    period: NDArray[np.int64]
    periods: int

    def sums(self, by_stretch: Floats) -> Floats:
        """Return sums by period of columns that are stretches."""
        found = np.zeros((by_stretch.shape[0], self.periods))
        for stretch, period in enumerate(self.period.tolist()):
            found[:, period] += by_stretch[:, stretch]
        return found


class Receipts(NamedTuple):
    """Expected receipts of one series and source, in cents; only what is above zero.

    Attributes:
        customer: Whose each is.
        stretch: The place of its stretch.
        cents: How much.
    """

    customer: NDArray[np.int64]
    stretch: NDArray[np.int64]
    cents: Cents


class OpenBook(NamedTuple):
    """What the open book of one series brings.

    Attributes:
        by_period: One row per document, one column per period and one for what lies beyond; a row
            adds up to what is open of the document.
        receipts: By customer and stretch; adds up to `by_period`, period by period.
        variance: By period, were documents independent.
    """

    by_period: Cents
    receipts: Receipts
    variance: Floats


class NewInvoices(NamedTuple):
    """What invoices not yet issued bring.

    Attributes:
        by_period: Cents of each period.
        receipts: By customer and stretch; adds up to it.
        variance: By period, were documents independent.
    """

    by_period: Cents
    receipts: Receipts
    variance: Floats


def tell_open_book(
    population: Population, open_cents: Cents, horizon: Horizon, stretches: Stretches
) -> OpenBook:
    """Return what open documents bring, in cents that tie.

    Args:
        population: The documents, at the amounts still expected of them (no more than what is
            open), and their curves.
        open_cents: What is open of each.
        horizon: The ends of the stretches.
        stretches: The period of each.
    """
    documents = population.documents
    by_period = np.zeros((len(open_cents), stretches.periods + 1), np.int64)
    by_period[:, -1] = open_cents
    codes, code = np.unique(documents.customer, return_inverse=True)
    weights = np.zeros((len(codes), len(horizon.ends)))
    variance = np.zeros(stretches.periods)
    for part in from_open_book(population.curves, documents, horizon):
        expected = part.amount[:, None] * part.probability
        np.add.at(weights, code[part.rows], expected)
        chances = stretches.sums(part.probability)
        variance += (part.amount**2) @ (chances * (1.0 - chances))
        told = stretches.sums(expected)
        total = open_cents[part.rows]
        rest = np.maximum(total - told.sum(axis=1), 0.0)
        by_period[part.rows] = allot_rows(total, np.column_stack([told, rest]))
    of_customer = np.zeros((len(codes), stretches.periods), np.int64)
    np.add.at(of_customer, code, by_period[:, :-1])
    receipts = _by_stretch(codes, of_customer, weights, stretches)
    return OpenBook(by_period, receipts, variance)


def tell_new_invoices(
    population: Population, issuance: Issuance, horizon: Horizon, stretches: Stretches
) -> NewInvoices:
    """Return what invoices not yet issued bring, in cents that tie.

    Args:
        population: The documents of the last eight weeks and their curves.
        issuance: What will be issued.
        horizon: The ends of the stretches.
        stretches: The period of each.
    """
    documents = population.documents
    codes, code = np.unique(documents.customer, return_inverse=True)
    weights = np.zeros((len(codes), len(horizon.ends)))
    variance = np.zeros(stretches.periods)
    for part in from_new_invoices(population.curves, documents, issuance, horizon):
        np.add.at(weights, code[part.rows], part.amount[:, None] * part.probability)
        size = documents.amount[part.rows]
        variance += (part.amount * size) @ stretches.sums(part.probability)
    by_period = np.rint(stretches.sums(weights).sum(axis=0)).astype(np.int64)
    return _shared_out(codes, by_period, weights, variance, stretches)


def scaled(new: NewInvoices, by_period: Cents, stretches: Stretches) -> NewInvoices:
    """Return new invoices that bring other totals, shared out as before.

    Used where a rule that sees totals alone is right more often: what it says beyond the open book
    is what new invoices must bring. A period for which nothing was told keeps nothing.
    """
    codes, code = np.unique(new.receipts.customer, return_inverse=True)
    weights = np.zeros((len(codes), len(stretches.period)))
    weights[code, new.receipts.stretch] = new.receipts.cents
    told = np.where(stretches.sums(weights).sum(axis=0) > 0, by_period, 0).astype(np.int64)
    return _shared_out(codes, told, weights, new.variance, stretches)


def _shared_out(
    codes: NDArray[np.int64],
    by_period: Cents,
    weights: Floats,
    variance: Floats,
    stretches: Stretches,
) -> NewInvoices:
    """Share each period's cents out among its customers and stretches."""
    if not len(codes):
        none = Receipts(*(np.zeros(0, np.int64) for _ in range(3)))
        return NewInvoices(np.zeros(stretches.periods, np.int64), none, variance)
    group = np.tile(stretches.period, len(codes))
    cells = allot(by_period, group, weights.ravel(), stretches.periods)
    return NewInvoices(by_period, _above_zero(codes, cells.reshape(weights.shape)), variance)


def _by_stretch(
    codes: NDArray[np.int64], of_customer: Cents, weights: Floats, stretches: Stretches
) -> Receipts:
    """Share each customer's cents of a period out among its stretches."""
    customers, periods = of_customer.shape
    group = (np.arange(customers)[:, None] * periods + stretches.period[None, :]).ravel()
    cells = allot(of_customer.ravel(), group, weights.ravel(), customers * periods)
    return _above_zero(codes, cells.reshape(weights.shape))


def _above_zero(codes: NDArray[np.int64], cells: Cents) -> Receipts:
    row, stretch = np.nonzero(cells)
    return Receipts(codes[row], stretch, cells[row, stretch])


def stretches_of(periods: Sequence[int]) -> Stretches:
    """Return the stretches of a calendar.

    Args:
        periods: The number of the period of each stretch, in order.

    >>> stretches_of([0, 1, 1, 14]).period.tolist()
    [0, 1, 1, 2]
    """
    numbers, place = np.unique(np.asarray(periods, np.int64), return_inverse=True)
    return Stretches(place.astype(np.int64), len(numbers))
