"""How sure a figure is, in words: "8 times out of 10" says more than "80 %"."""

from decimal import Decimal

from dashboards import formats
from dashboards.language import nt, t

NEVER_SAID = Decimal("0.05")  # below that a chance is said to be hardly one


def usual_range(low: Decimal | None, high: Decimal | None, currency: str) -> str:
    """Return the range in which a figure falls 8 times out of 10; empty where none is known."""
    if low is None or high is None:
        return ""
    return t(
        "8 times out of 10 {range}",
        range=formats.between(max(low, Decimal(0)), high, currency),
    )


def out_of_ten(probability: Decimal | None) -> str:
    """Return a probability as so many times out of ten.

    >>> out_of_ten(Decimal("0.72"))
    '7 times out of 10'
    >>> out_of_ten(Decimal("0.99")), out_of_ten(Decimal("0.01"))
    ('nearly always', 'hardly ever')
    """
    if probability is None:
        return formats.NOTHING
    if probability >= 1 - NEVER_SAID:
        return t("nearly always")
    if probability < NEVER_SAID:
        return t("hardly ever")
    times = max(1, min(9, round(probability * 10)))
    return nt("{n} time out of 10", "{n} times out of 10", times)
