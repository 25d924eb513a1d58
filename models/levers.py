"""The levers of a scenario: what each moves, by how much, and what it leaves alone.

Days are calendar days, and no receipt moves to a day that is over. `Default` and `SalesChange`
change how much comes in; the others move every cent to another day.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar, NamedTuple

from models.errors import EncaisseError

OPEN_BOOK, NEW_INVOICES = "open_book", "new_invoices"

MOST_DAYS = 365
MOST_CUSTOMERS = 1_000
MOST_PERCENT = 500


class Receipt(NamedTuple):
    """Money expected of one customer on one day, in one entity and currency.

    `customer_id` is None where the forecast names nobody. `cents` are hundredths of the currency's
    unit, positive.
    """

    customer_id: str | None
    source: str
    expected_on: date
    cents: int


@dataclass(frozen=True)
class Facts:
    """What levers need to know beside the receipts.

    Attributes:
        as_of: The day of the forecast: whatever moves, moves to a later day than this.
        days_late: How many days late each customer is expected to pay, by amount; early is
            negative. Customers who are not named are taken to pay on time.
        terms_days: The payment terms of each customer, in days; those not named have none known.
    """

    as_of: date
    days_late: Mapping[str, int] = field(default_factory=dict)
    terms_days: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Default:
    """One customer pays nothing any more, neither what is open nor what is still to be invoiced."""

    customer_id: str
    kind: ClassVar[str] = "default"

    def apply(self, receipts: Sequence[Receipt], facts: Facts) -> list[Receipt]:
        """Take out what the customer was to pay."""
        del facts
        return [receipt for receipt in receipts if receipt.customer_id != self.customer_id]


@dataclass(frozen=True)
class SalesChange:
    """Sales rise or fall by so many percent from tomorrow on: -10 is a tenth less.

    What is invoiced already is not touched. The total of the new invoices is rounded once, half
    up, and the cents fall where the running total reaches them, so that the parts add
    up to it.
    """

    percent: Decimal
    kind: ClassVar[str] = "sales"

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not -100 <= self.percent <= MOST_PERCENT or self.percent != round(self.percent, 1):
            raise no_lever(
                f"a change of sales by {self.percent} %",
                f"a percentage from -100 to {MOST_PERCENT}, with one decimal at most",
            )

    def apply(self, receipts: Sequence[Receipt], facts: Facts) -> list[Receipt]:
        """Scale what comes of new invoices."""
        del facts
        per_mille = 1000 + int(self.percent * 10)
        changed, before, told = [], 0, 0
        for who, source, expected_on, expected in receipts:
            cents = expected
            if source == NEW_INVOICES:
                before += expected
                cents = _rounded(before * per_mille, 1000) - told
                told += cents
            changed.append(Receipt(who, source, expected_on, cents))
        return changed


@dataclass(frozen=True)
class TermsChange:
    """Customers on terms of one length get another for what is invoiced from tomorrow on.

    Invoices that are sent already keep their due date. A customer is taken to be as late on the new
    terms as on the old.
    """

    from_days: int
    to_days: int
    kind: ClassVar[str] = "terms"

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        for days in (self.from_days, self.to_days):
            if not 0 <= days <= MOST_DAYS:
                raise no_lever(f"payment terms of {days} days", f"0 to {MOST_DAYS} days")

    def apply(self, receipts: Sequence[Receipt], facts: Facts) -> list[Receipt]:
        """Move what comes of new invoices to those customers."""
        days = self.to_days - self.from_days
        return _moved(
            receipts,
            facts,
            lambda receipt: (
                days
                if receipt.source == NEW_INVOICES
                and receipt.customer_id is not None
                and facts.terms_days.get(receipt.customer_id) == self.from_days
                else 0
            ),
        )


@dataclass(frozen=True)
class CollectMore:
    """More effort in collection: customers who pay late pay so many percent of their delay sooner.

    The rule: who is expected 20 days late pays 10 days sooner at 50 %, rounded half up; who pays on
    time or early is not touched. It is an assumption, not a measurement: how far effort moves money
    is known once what was done and what came of it have been recorded.
    """

    percent: int
    kind: ClassVar[str] = "collection"

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not 1 <= self.percent <= 100:
            raise no_lever(f"a delay shortened by {self.percent} %", "1 to 100 %")

    def apply(self, receipts: Sequence[Receipt], facts: Facts) -> list[Receipt]:
        """Move what late customers pay to an earlier day."""
        sooner = {
            customer_id: -_rounded(days * self.percent, 100)
            for customer_id, days in facts.days_late.items()
            if days > 0
        }
        return _moved(receipts, facts, lambda receipt: sooner.get(receipt.customer_id or "", 0))


@dataclass(frozen=True)
class PayLater:
    """Some customers, or the main ones, pay so many days later than expected.

    Attributes:
        days: How many days later.
        customer_ids: The customers that were chosen; empty to take the main ones.
        main_count: How many main customers, by what is expected of each; 0 with chosen ones.
    """

    days: int
    customer_ids: tuple[str, ...] = ()
    main_count: int = 0
    kind: ClassVar[str] = "later"

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not 1 <= self.days <= MOST_DAYS:
            raise no_lever(f"payment {self.days} days later", f"1 to {MOST_DAYS} days")
        if bool(self.customer_ids) == bool(self.main_count) or not (
            0 <= self.main_count <= MOST_CUSTOMERS and len(self.customer_ids) <= MOST_CUSTOMERS
        ):
            raise no_lever(
                "later payment by nobody in particular",
                f"either customers by name or a number of main ones, at most {MOST_CUSTOMERS}",
            )

    def apply(self, receipts: Sequence[Receipt], facts: Facts) -> list[Receipt]:
        """Move what they pay to a later day."""
        who = set(self.customer_ids) or set(main_customers(receipts, self.main_count))
        return _moved(
            receipts, facts, lambda receipt: self.days if receipt.customer_id in who else 0
        )


Lever = Default | SalesChange | TermsChange | CollectMore | PayLater
"""Any of them."""


def main_customers(receipts: Sequence[Receipt], count: int) -> list[str]:
    """Return the customers of whom most is expected, the largest first; of equals, by name."""
    expected: dict[str, int] = {}
    for receipt in receipts:
        if receipt.customer_id is not None:
            expected[receipt.customer_id] = expected.get(receipt.customer_id, 0) + receipt.cents
    return sorted(expected, key=lambda customer_id: (-expected[customer_id], customer_id))[:count]


def _moved(
    receipts: Sequence[Receipt], facts: Facts, days: Callable[[Receipt], int]
) -> list[Receipt]:
    """Move each receipt by its days, never to a day that is over, nor one that was not to move."""
    tomorrow = facts.as_of + timedelta(days=1)
    moved = []
    for receipt in receipts:
        by = days(receipt)
        if not by:
            moved.append(receipt)
            continue
        who, source, expected_on, cents = receipt
        day = max(expected_on + timedelta(days=by), min(tomorrow, expected_on))
        moved.append(Receipt(who, source, day, cents))
    return moved


def _rounded(numerator: int, denominator: int) -> int:
    """Divide, and round half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def no_lever(what: str, allowed: str) -> EncaisseError:
    """Return the error that refuses a lever, and says what is allowed."""
    return EncaisseError(
        f"A scenario cannot have {what}.", where="the levers of a scenario", fix=f"say {allowed}"
    )
