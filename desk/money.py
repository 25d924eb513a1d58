"""Amounts between people, who write decimals, and the store, which keeps whole cents."""

import re
from decimal import Decimal

from models.errors import EncaisseError

LARGEST_CENTS = 10**15


def to_cents(amount: Decimal) -> int:
    """Return an amount in hundredths of its currency's unit.

    >>> to_cents(Decimal("-1234.5"))
    -123450

    Raises:
        EncaisseError: It has more than two decimals, or is no amount that a firm has.
    """
    cents = amount * 100
    if not amount.is_finite() or abs(cents) >= LARGEST_CENTS or cents != int(cents):
        raise EncaisseError(
            f"{amount} is not an amount.",
            where="what was typed",
            fix="give at most two decimals, and less than ten thousand billion",
        )
    return int(cents)


def to_decimal(cents: int) -> Decimal:
    """Return hundredths of a unit as an amount.

    >>> to_decimal(-123450)
    Decimal('-1234.50')
    """
    return Decimal(cents).scaleb(-2)


def checked_currency(currency: str) -> str:
    """Return a currency's code.

    Raises:
        EncaisseError: It is not three capital letters.
    """
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise EncaisseError(
            f"{currency!r} is not a currency.", where="what was typed", fix="write it as EUR or USD"
        )
    return currency
