"""Whole cents out of probabilities: what is allotted adds up to what there was, exactly."""

import numpy as np
from numpy.typing import NDArray

from models.errors import EncaisseError

Cents = NDArray[np.int64]
LARGEST = 2**53
"""Cents that a float still counts one by one: 90 thousand billion euros."""


def allot(
    totals: Cents, group: NDArray[np.integer], weights: NDArray[np.floating], groups: int
) -> Cents:
    """Share the total of each group out among its cells, by weight, in whole cents.

    Each cell gets its exact share rounded down; the cents left over go to the cells with the
    largest remainders, the first of equal ones first (Hamilton's rule). A group whose weights are
    all zero gives everything to its last cell.

    Args:
        totals: What each group has, in cents, zero or more.
        group: The group of each cell, 0 to `groups` - 1.
        weights: The weight of each cell, zero or more.
        groups: How many groups there are. A group without a cell must have nothing.

    Returns:
        Cents of each cell; the sum over a group is its total.

    Raises:
        EncaisseError: A total or a weight is negative or not a number, or a group has something
            and no cell to put it in.

    >>> allot(np.array([100, 7]), np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 1.0, 0.2]), 2)
    array([34, 33, 33,  7])
    """
    _check(totals, group, weights, groups)
    is_large = totals >= LARGEST
    if is_large.any():  # in units of 1,024 cents, and then what they leave
        units = np.where(is_large, totals >> 10, 0)
        rest = allot(totals - (units << 10), group, weights, groups)
        return (allot(units, group, weights, groups) << 10) + rest
    if not len(group):
        return np.zeros(0, np.int64)
    sums = np.bincount(group, weights, groups)
    last = np.zeros(groups, np.int64)
    last[group] = np.arange(len(group))
    without = np.flatnonzero(sums <= 0)
    weights = weights.astype(float)
    weights[last[without]] = np.where(np.isin(group[last[without]], without), 1.0, 0.0)
    sums = np.bincount(group, weights, groups)
    exact = totals[group] * (weights / np.where(sums > 0, sums, 1.0)[group])
    cells = np.floor(exact).astype(np.int64)
    # A share of nearly the whole may come out a cent above it; then the largest gives it back.
    missing = totals - _sums(group, cells, groups)
    order = np.lexsort((np.arange(len(group)), cells - exact, group))
    begins = np.searchsorted(group[order], np.arange(groups))
    place = np.arange(len(group)) - begins[group[order]]
    cells[order] += place < missing[group[order]]
    over = np.flatnonzero(missing < 0)
    for each in over:
        inside = np.flatnonzero(group == each)
        cells[inside[np.argmax(cells[inside])]] += missing[each]
    return cells


def allot_rows(totals: Cents, weights: NDArray[np.floating]) -> Cents:
    """Share each row's total out among its columns, as `allot` does.

    >>> allot_rows(np.array([10, 3]), np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 0.0]]))
    array([[5, 3, 2],
           [0, 0, 3]])
    """
    rows, columns = weights.shape
    group = np.repeat(np.arange(rows), columns)
    return allot(totals, group, weights.ravel(), rows).reshape(rows, columns)


def _sums(group: NDArray[np.integer], cells: Cents, groups: int) -> Cents:
    """Return the sum of each group's cents: exactly, where `bincount` would go through floats."""
    sums = np.zeros(groups, np.int64)
    np.add.at(sums, group, cells)
    return sums


def _check(
    totals: Cents, group: NDArray[np.integer], weights: NDArray[np.floating], groups: int
) -> None:
    has_cell = np.zeros(groups, bool)
    has_cell[group] = True
    if (
        len(totals) != groups
        or (totals < 0).any()
        or not (weights >= 0).all()
        or not np.isfinite(weights).all()
        or (totals[~has_cell] != 0).any()
    ):
        raise EncaisseError(
            "Amounts below zero, weights that are no weights, or a group with something and no "
            "cell.",
            where="allot",
            fix="give each group a total of cents, zero or more, and cells with weights from zero",
        )
