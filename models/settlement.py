"""Settlement: which credit settles which debit, once they are known to belong together."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from models.errors import EncaisseError


class SettlementItem(NamedTuple):
    """A debit or a credit of one group. `amount` is positive on both sides."""

    item_id: str
    booked_on: date
    amount: Decimal


class Settled(NamedTuple):
    """An amount of one debit that one credit settles; positive."""

    debit_item_id: str
    credit_item_id: str
    amount: Decimal


def settle(debits: Sequence[SettlementItem], credits: Sequence[SettlementItem]) -> list[Settled]:
    """Settle debits by credits in date order, to the cent.

    The oldest credit settles the oldest debit, then the next, until one side runs out; what is
    left of the other stays open. Items of one day go in the order of their item_id, so that the
    answer does not depend on the order in which a file happens to list them.

    It is written to be read, not to be fast: the tables do the same with running sums, and the
    tests hold one against the other.

    Args:
        debits: What is owed, all of one group: the same entity, customer, account, currency and
            lettering code.
        credits: What settles it, of the same group.

    Returns:
        One row per debit and credit that meet, credits in order and debits in order within each.
        The amounts of an item never add up to more than the item; those of the whole add up to
        the smaller of the two sides.

    Raises:
        EncaisseError: An amount is not above zero, or two items of one side have the same id.

    >>> debits = [SettlementItem("invoice 1", date(2024, 1, 10), Decimal("100.00")),
    ...           SettlementItem("invoice 2", date(2024, 2, 10), Decimal("250.00"))]
    >>> credits = [SettlementItem("payment", date(2024, 3, 5), Decimal("180.00"))]
    >>> for settled in settle(debits, credits):
    ...     print(settled.debit_item_id, settled.amount)
    invoice 1 100.00
    invoice 2 80.00
    """
    _check(debits, "debits")
    _check(credits, "credits")
    settled = []
    left = {debit.item_id: debit.amount for debit in _in_date_order(debits)}
    for credit in _in_date_order(credits):
        to_apply = credit.amount
        for debit_id, still_owed in left.items():
            amount = min(to_apply, still_owed)
            if amount > 0:
                settled.append(Settled(debit_id, credit.item_id, amount))
                left[debit_id] -= amount
                to_apply -= amount
    return settled


def _in_date_order(items: Sequence[SettlementItem]) -> list[SettlementItem]:
    return sorted(items, key=lambda item: (item.booked_on, item.item_id))


def _check(items: Sequence[SettlementItem], side: str) -> None:
    seen: set[str] = set()
    for item in items:
        if item.amount <= 0 or item.item_id in seen:
            raise EncaisseError(
                f"The item {item.item_id!r} of {item.amount} cannot be settled.",
                where=f"the {side} of one group",
                fix="pass each item once, on its own side, with an amount above zero",
            )
        seen.add(item.item_id)
