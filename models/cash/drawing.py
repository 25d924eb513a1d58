"""A few documents that stand for many, where foretelling every one of them would take too long."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def stand_ins(
    amount: Floats, order: NDArray[np.int64], most: int
) -> tuple[NDArray[np.intp], Floats]:
    """Draw documents with chances in proportion to their amounts, the largest for certain.

    Systematic sampling with probability proportional to size (Madow 1949): laid end to end in the
    given order, all amounts are crossed by steps of one length, and a document is drawn where a
    step falls in it. One that is larger than a step stands for itself; any other for a whole step,
    so that every sum over what is drawn is right on average, and nearly so in each stretch of the
    order.

    Args:
        amount: Of each document, in cents, positive.
        order: What to lay them by: those that lie together resemble each other.
        most: How many to draw.

    Returns:
        The places of the documents drawn, rising, and the amount that each stands for. All, each
        at its own amount, where there are no more than `most`.

    >>> rows, stood_for = stand_ins(np.array([50.0, 1.0, 1.0, 1.0, 1.0]), np.arange(5), most=3)
    >>> rows.tolist(), stood_for.tolist()
    ([0, 2, 4], [50.0, 2.0, 2.0])
    """
    if len(amount) <= most:
        return np.arange(len(amount)), amount
    step = _step(amount, most)
    laid = np.lexsort((np.arange(len(amount)), order))
    passed = np.floor(np.cumsum(np.minimum(amount[laid], step)) / step + 1e-9)
    rows = np.sort(laid[np.diff(passed, prepend=0.0) > 0])
    return rows, np.maximum(amount[rows], step)


def _step(amount: Floats, most: int) -> float:
    """Return the step of which `most` cover all amounts, none counted beyond one step."""
    falling = np.sort(amount)[::-1]
    left = np.cumsum(falling[::-1])[::-1][:most]  # the sum from each of the largest on
    steps = left / (most - np.arange(most))
    return float(steps[np.flatnonzero(falling[:most] <= steps)[0]])
