"""One forecast of one series: what the open book and new invoices bring, period by period.

A series is what may be added up: one entity, one currency. The same function serves the forecast
of today and every forecast of the past that it is judged by.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.cash.issuance import Issuance
from models.cash.receipts import (
    Curves,
    Documents,
    Expected,
    Horizon,
    from_new_invoices,
    from_open_book,
)

Floats = NDArray[np.float64]


class Population(NamedTuple):
    """Documents, and when each is paid.

    Attributes:
        documents: With the amounts that they stand for.
        curves: One per document.
        size: The amount of one document like each, in cents; None: each stands for itself alone.
    """

    documents: Documents
    curves: Curves
    size: Floats | None = None

    @property
    def sizes(self) -> Floats:
        """The amount of one document like each, in cents."""
        return self.documents.amount if self.size is None else self.size


class Foretold(NamedTuple):
    """Expected receipts of one series, in cents, by stretch of days.

    Attributes:
        open_book: From documents that are open.
        new_invoices: From documents not yet issued.
        variance: What the variance of both together would be if documents were independent.
    """

    open_book: Floats
    new_invoices: Floats
    variance: Floats

    @property
    def total(self) -> Floats:
        """Everything that is expected."""
        return self.open_book + self.new_invoices


def foretell(
    open_book: Population, recent: Population, issuance: Issuance, horizon: Horizon
) -> Foretold:
    """Return what one series is expected to bring in each stretch of days.

    Args:
        open_book: What is open, at the amounts still expected, asked about the day after.
        recent: The documents of the last eight weeks, asked about on their days of issue.
        issuance: What will be issued.
        horizon: The stretches.
    """
    stretches = len(horizon.ends)
    opened, new, variance = (np.zeros(stretches) for _ in range(3))
    for part in from_open_book(open_book.curves, open_book.documents, horizon):
        opened += _sum(part)
        chance = part.probability
        variance += (part.amount * open_book.sizes[part.rows]) @ (chance * (1.0 - chance))
    for part in from_new_invoices(recent.curves, recent.documents, issuance, horizon):
        new += _sum(part)
        # As many documents like this one as its amount goes into what is issued like it, and as
        # irregular as what comes by chance: the variance of their number is their number.
        variance += (part.amount * recent.sizes[part.rows]) @ part.probability
    return Foretold(opened, new, variance)


def _sum(part: Expected) -> Floats:
    return np.asarray(part.amount @ part.probability)
