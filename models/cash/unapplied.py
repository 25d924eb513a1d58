"""Money that is here and not yet lettered: which open documents it has probably paid.

Accountants letter days or weeks after the bank. Until then a paid document looks open beside a
credit that nothing uses, and a forecast that ignored the credit would expect the money twice. What
is decided here moves no ledger figure: it only says how much of a document to expect no more.
"""

from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Cents = NDArray[np.int64]

LONGEST_RUN = 60
"""How many documents one payment is tried on, in the order in which they fall due."""


class Credit(NamedTuple):
    """A credit that nothing uses: whose, since when, how much (cents, positive)."""

    customer: int
    day: int
    amount: int


def covered(
    customer: NDArray[np.int64], due: NDArray[np.int64], amount: Cents, credits: list[Credit]
) -> Cents:
    """Return how much of each open document the customer's unapplied credits cover.

    A credit covers, in this order: the one document of its own amount, the oldest where several
    have it; a run of documents, one after the other as they fall due, that add up to it; and what
    no exact sum explains covers the oldest documents first, once all exact ones are found.

    Args:
        customer: Whose each document is.
        due: Day it falls due.
        amount: What is open of it, in cents, positive.
        credits: Of the same currency; in any order.

    Returns:
        Cents for each document, from zero to its amount. Credits beyond what is open cover nothing.

    >>> of_one = np.array([7, 7, 7])
    >>> covered(of_one, np.array([10, 20, 30]), np.array([500, 300, 200]), [Credit(7, 25, 500)])
    array([500,   0,   0])
    >>> covered(of_one, np.array([10, 20, 30]), np.array([400, 300, 200]), [Credit(7, 25, 500)])
    array([  0, 300, 200])
    >>> covered(of_one, np.array([10, 20, 30]), np.array([400, 300, 200]), [Credit(7, 25, 450)])
    array([400,  50,   0])
    """
    used = np.zeros(len(amount), np.int64)
    if not credits or not len(amount):
        return used
    order = np.lexsort((amount, due, customer))
    starts = np.searchsorted(customer[order], [credit.customer for credit in credits], "left")
    ends = np.searchsorted(customer[order], [credit.customer for credit in credits], "right")
    place = {
        credit.customer: (int(start), int(end))
        for credit, start, end in zip(credits, starts, ends, strict=True)
    }
    for code, of_customer in groupby(sorted(credits), key=lambda credit: credit.customer):
        start, end = place[code]
        rows = order[start:end]
        left = amount[rows].tolist()
        spare = 0
        for credit in of_customer:
            spare += _use_exactly(left, credit.amount)
        for index, open_amount in enumerate(left):
            taken = min(open_amount, spare)
            left[index] -= taken
            spare -= taken
        used[rows] = amount[rows] - np.array(left, np.int64)
    return used


def _use_exactly(left: list[int], credit: int) -> int:
    """Take a credit off the document, or the run of documents, that it equals; return what stays.

    A document that a credit has covered is as good as gone, and a run may pass over it.
    """
    if credit in left:
        left[left.index(credit)] = 0
        return 0
    candidates = [index for index, open_amount in enumerate(left) if open_amount]
    for begin in range(len(candidates)):
        total = 0
        for end in range(begin, min(begin + LONGEST_RUN, len(candidates))):
            total += left[candidates[end]]
            if total == credit:
                for index in candidates[begin : end + 1]:
                    left[index] = 0
                return 0
            if total > credit:
                break
    return credit
