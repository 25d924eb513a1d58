"""Whether the end of an extract can be believed: does it hold what is not paid yet?

Some extracts hold settled documents only. Their last weeks then hold only documents that were paid
fast: learnt from, they make every customer look early, and nothing in a single row shows it. What
ought to be open at the end, by how long earlier documents took, tells.
"""

from typing import NamedTuple

import numpy as np

from models.timing.frame import OPEN, History

LOOKED_BACK = 180
"""Days before the end whose documents ought in part to be open still."""

FEWEST_EXPECTED = 10.0
"""Fewer documents than this, expected open, decide nothing."""

LEAST_SHARE = 0.2
"""An extract with less than this share of what ought to be open is cut off."""

SETTLED_BY_THEN = 0.99
"""Share of the documents that are settled when so many days have passed since their issue."""


class Ending(NamedTuple):
    """What the end of an extract looks like.

    Attributes:
        expected_open: Documents of the last 180 days that ought to be open, by share.
        open: Documents of the last 180 days that are.
        whole_until: Last day that can be learnt from, as days since 1970-01-01: the history's own
            end, or, where it is cut off, so long before that nearly all issued by then is settled.
    """

    expected_open: float
    open: float
    whole_until: int

    def is_cut_off(self, history: History) -> bool:
        """Say whether the history's end cannot be believed."""
        return self.whole_until < history.as_of


def ending_of(history: History) -> Ending:
    """Return what the end of a history looks like.

    Of ten documents a day each settled after 30 days, the last 30 days' ought to be open:

    >>> issued = np.repeat(np.arange(400), 10)
    >>> told = dict(item=np.arange(4000), customer=np.zeros(4000), issued=issued, due=issued + 30,
    ...     amount=np.ones(4000), exit=issued + 30, kind=np.ones(4000))
    >>> cut = History.of(as_of=429, **told)            # only what is settled
    >>> cut = cut.take(cut.issued <= 369)
    >>> from dataclasses import replace
    >>> cut = replace(cut, as_of=370)                  # documents up to the last day, all settled
    >>> ending = ending_of(cut)
    >>> ending.expected_open, ending.open, ending.is_cut_off(cut)
    (290.0, 0.0, True)
    >>> whole = History.of(as_of=429, **told).as_known(370)
    >>> ending_of(whole).is_cut_off(whole)
    False
    """
    recent = history.issued > history.as_of - LOOKED_BACK
    is_open = history.kind == OPEN
    found = float(history.share[recent & is_open].sum())
    earlier = ~recent
    if not earlier.any() or not recent.any():
        return Ending(0.0, found, history.as_of)
    until = np.where(is_open[earlier], np.iinfo(np.int32).max, history.exit[earlier])
    took = until.astype(np.int64) - history.issued[earlier]
    order = np.argsort(took, kind="stable")
    took, shares = took[order], np.cumsum(history.share[earlier][order])
    age = history.as_of - history.issued[recent]
    place = np.searchsorted(took, age, side="right")
    settled = np.where(place > 0, shares[np.maximum(place - 1, 0)], 0.0) / shares[-1]
    expected = float((history.share[recent] * (1.0 - settled)).sum())
    if expected < FEWEST_EXPECTED or found >= LEAST_SHARE * expected:
        return Ending(expected, found, history.as_of)
    days = int(took[np.searchsorted(shares, SETTLED_BY_THEN * shares[-1])])
    return Ending(expected, found, history.as_of - min(days, LOOKED_BACK))
