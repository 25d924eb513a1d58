"""What is owed, from the buckets of a day: the sums that a sentence says."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self


@dataclass(frozen=True)
class Owed:
    """Sums over buckets, in one currency; positive is owed to us.

    Attributes:
        receivable: Everything open, credits matched to nothing deducted.
        overdue: What is past its due date.
        unapplied: Credits matched to nothing, where they stand apart; zero or negative.
    """

    receivable: Decimal
    overdue: Decimal
    unapplied: Decimal

    @classmethod
    def of(cls, buckets: Sequence[dict[str, Any]]) -> Self:
        """Add up rows with `bucket`, `is_overdue` and `amount`."""

        def total(amounts: list[Decimal]) -> Decimal:
            return sum(amounts, Decimal("0.00"))

        return cls(
            total([row["amount"] for row in buckets]),
            total([row["amount"] for row in buckets if row["is_overdue"]]),
            total([row["amount"] for row in buckets if row["bucket"] == "unapplied"]),
        )

    @property
    def overdue_percent(self) -> Decimal | None:
        """Share of the open invoices that is overdue; unapplied credits are in neither.

        >>> Owed(Decimal(800), Decimal(250), Decimal(-200)).overdue_percent
        Decimal('25')
        """
        invoices = self.receivable - self.unapplied
        return 100 * self.overdue / invoices if invoices > 0 else None
