"""One number mixed from what a row holds: rows drawn or put in order by it are always the same."""

import numpy as np
from numpy.typing import NDArray


def stirred(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the next output of SplitMix64 from each state: steps that are one to one.

    Several values are mixed by turns: `stirred(stirred(first) ^ second)`.

    Source:
        Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.

    >>> stirred(np.array([1], np.uint64)).tolist()
    [10451216379200822465]
    """
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)))
