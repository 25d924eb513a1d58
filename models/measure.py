"""What every measure answers with: a figure, a lower bound, or the reason why there is none."""

from decimal import Decimal
from typing import NamedTuple


class Measure(NamedTuple):
    """One figure, and how far it can be trusted.

    A measure that has no answer (no sales, nothing paid yet) is ordinary: most customers have such
    months. It comes back with `value` None and the reason in `note`; it is never zero, never an
    error. EncaisseError is kept for arguments that no ledger can give.

    The notes are fixed sentences, so that a screen can translate them.

    Attributes:
        value: The figure, not rounded; None when the measure is undefined.
        is_lower_bound: True reads "more than `value`".
        note: Why there is no figure, or what limits it; None when there is nothing to say.
    """

    value: Decimal | None
    is_lower_bound: bool = False
    note: str | None = None


def ratio(numerator: Decimal, denominator: Decimal, *, undefined: str) -> Measure:
    """Return `numerator / denominator`, or the reason `undefined` when there is nothing to share.

    A denominator below zero is as meaningless as zero here: all of ours are sums of sales,
    payments or receivables.

    >>> ratio(Decimal(90), Decimal(360), undefined="nothing is owed").value
    Decimal('0.25')
    >>> ratio(Decimal(90), Decimal(0), undefined="nothing is owed")
    Measure(value=None, is_lower_bound=False, note='nothing is owed')
    """
    if denominator <= 0:
        return Measure(None, note=undefined)
    return Measure(numerator / denominator)
