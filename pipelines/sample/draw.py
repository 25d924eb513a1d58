"""Chance without state: every draw is a hash of the seed, what is drawn, and for whom.

Because a draw depends on nothing else, the sample is the same whatever the order, the size of the
chunks, the number of threads or the machine. For the same reason it is all integers: the last bit
of a floating logarithm differs between processors, and would move a cent somewhere.
"""

import hashlib
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Dice:
    """Draws of one seed. Each takes the name of what is drawn, and the ids for whom."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def raw(self, what: str, ids: np.ndarray) -> np.ndarray:
        """Return 64 random bits for each id (the finaliser of SplitMix64)."""
        digest = hashlib.sha256(f"{self.seed}/{what}".encode()).digest()
        key = np.uint64(int.from_bytes(digest[:8], "little"))
        bits = np.asarray(ids).astype(np.uint64) * _GOLDEN + key
        bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
        bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
        return bits ^ (bits >> np.uint64(31))

    def below(self, what: str, ids: np.ndarray, limit: int | np.ndarray) -> np.ndarray:
        """Return integers from 0 to `limit` - 1; `limit` is at most two thousand million."""
        high = (self.raw(what, ids) >> np.uint64(32)).astype(np.int64)
        return (high * limit) >> 32

    def between(self, what: str, ids: np.ndarray, low: int, high: int) -> np.ndarray:
        """Return integers from `low` to `high`, both included."""
        return low + self.below(what, ids, high - low + 1)

    def chance(self, what: str, ids: np.ndarray, per_mille: int | np.ndarray) -> np.ndarray:
        """Return true for `per_mille` ids in a thousand."""
        return self.below(what, ids, 1000) < per_mille

    def order(self, what: str, count: int) -> np.ndarray:
        """Return the numbers 0 to `count` - 1, shuffled."""
        return np.argsort(self.raw(what, np.arange(count)), kind="stable")

    def deal(self, what: str, count: int, cards: Sequence[int]) -> np.ndarray:
        """Deal a deck over and over to `count` shuffled players: shares are exact, not likely."""
        dealt = np.empty(count, np.int64)
        dealt[self.order(what, count)] = np.resize(np.asarray(cards, np.int64), count)
        return dealt


def spread(sigma: float, unit: int = 1_000_000) -> np.ndarray:
    """Return 1,024 quantiles of a log-normal with median 1, as integers of one over `unit`."""
    normal = NormalDist(0, sigma)
    return np.array([round(unit * math.exp(normal.inv_cdf((k + 0.5) / 1024))) for k in range(1024)])
