"""The bins of delay in which payments are counted: daily around the due day, wider away from it.

Delay d is the payment's day minus the due day: negative early. Bin b holds the days `LOW[b]` to
`HIGH[b]`, both included. What is paid earlier than the first bin's low counts in the first bin;
what is not paid by the last bin's high is never paid, as far as the curves say.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FIRST, LAST = -120, 365

_LOWS = (
    *(-120, -106, -92, -78, -64, -57, -50, -43, -36, -29, -22),
    *range(-15, 15),
    *(15, 18, 22, 29, 36, 43, 50, 57, 64, 78, 92, 120, 150, 181, 240, 300),
)
LOW: NDArray[np.int32] = np.array(_LOWS, dtype=np.int32)
HIGH: NDArray[np.int32] = np.append(LOW[1:] - 1, LAST).astype(np.int32)
WIDTH: NDArray[np.int32] = (HIGH - LOW + 1).astype(np.int32)
BINS = len(LOW)

_BIN_OF_DAY = (np.searchsorted(LOW, np.arange(FIRST, LAST + 1), side="right") - 1).astype(np.int32)


def bin_of(delay: ArrayLike) -> NDArray[np.int32]:
    """Return the bin of each delay; earlier than the grid is bin 0, later is `BINS`.

    >>> bin_of([-200, -120, 0, 365, 366]).tolist() == [0, 0, 26, BINS - 1, BINS]
    True
    """
    days = np.asarray(delay)
    inside = _BIN_OF_DAY[np.clip(days, FIRST, LAST) - FIRST]
    return np.where(days > LAST, BINS, inside).astype(np.int32)


def share_left(asked: ArrayLike) -> NDArray[np.float64]:
    """Return what share of its bin's days is still to come on a day of delay, that day included.

    >>> share_left([0, -21, 16]).round(3).tolist()   # a bin of 1 day, of 7 (-22..-16), of 3
    [1.0, 0.857, 0.667]
    """
    days = np.asarray(asked)
    place = np.minimum(bin_of(days), BINS - 1)
    return np.clip((HIGH[place] - days + 1) / WIDTH[place], 0.0, 1.0)
