"""Runs in ordered arrays: where each begins, and the place of each row in its run."""

import numpy as np


def run_starts(*columns: np.ndarray) -> np.ndarray:
    """Return where a new run begins: the rows in which any column differs from the row before.

    >>> run_starts(np.array([7, 7, 8, 8, 8])).tolist(), run_starts(np.array([])).tolist()
    ([0, 2], [])
    """
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    new = np.zeros(len(columns[0]), bool)
    new[0] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def run_numbers(starts: np.ndarray, count: int) -> np.ndarray:
    """Return the number of the run of each of `count` rows, from 0.

    >>> run_numbers(np.array([0, 2]), 5).tolist()
    [0, 0, 1, 1, 1]
    """
    return np.repeat(np.arange(len(starts)), np.diff(starts, append=count))


def places(counts: np.ndarray) -> np.ndarray:
    """Return the place of each row in its run, from 0, by the lengths of the runs.

    >>> places(np.array([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
