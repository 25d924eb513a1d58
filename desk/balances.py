"""What people know of the bank and the statements do not say: a balance, and how low it may go."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from desk.money import checked_currency, to_cents, to_decimal
from desk.schema import history, opening_balances, overdraft_limits
from desk.store import Desk, plain_text
from models.errors import EncaisseError


@dataclass(frozen=True)
class TypedBalance:
    """What was in the bank at the close of a day, all accounts of an entity and currency."""

    entity_id: str
    currency: str
    balance_on: date
    amount: Decimal
    author: str
    at: datetime
    reason: str


def typed_balances(desk: Desk) -> list[TypedBalance]:
    """Return the balances that were typed, by entity, currency and day, the newest day first.

    Of several for one day the last counts; one that was taken back is not here.
    """
    question = (
        select(opening_balances, history.c.author, history.c.at, history.c.reason)
        .join(history, history.c.id == opening_balances.c.history_id)
        .order_by(opening_balances.c.id)
    )
    with desk.reading() as con:
        last = {(row.entity_id, row.currency, row.balance_on): row for row in con.execute(question)}
    found = [
        TypedBalance(*key, to_decimal(row.amount_cents), row.author, row.at, row.reason)
        for key, row in last.items()
        if row.amount_cents is not None
    ]
    found.sort(key=lambda balance: balance.balance_on, reverse=True)
    return sorted(found, key=lambda balance: (balance.entity_id, balance.currency))


def type_balance(  # noqa: PLR0913  (what a balance is)
    desk: Desk,
    *,
    entity_id: str,
    currency: str,
    balance_on: date,
    amount: Decimal | None,
    author: str,
    reason: str = "",
) -> None:
    """Say what was in the bank at the close of a day; None takes back what was said of that day.

    Raises:
        EncaisseError: Something is missing, or has no meaning.
    """
    with desk.changing(
        "balance typed" if amount is not None else "balance taken back",
        author=author,
        reason=reason,
    ) as change:
        change.add(
            opening_balances,
            entity_id=plain_text(entity_id, "The entity", needed=True),
            currency=checked_currency(currency),
            balance_on=balance_on,
            amount_cents=None if amount is None else to_cents(amount),
        )


def overdraft_limit(desk: Desk, entity_id: str, currency: str) -> Decimal | None:
    """Return how far below zero the bank goes, as a positive amount; None where nobody said."""
    question = (
        select(overdraft_limits.c.amount_cents)
        .where(overdraft_limits.c.entity_id == entity_id, overdraft_limits.c.currency == currency)
        .order_by(overdraft_limits.c.id.desc())
        .limit(1)
    )
    with desk.reading() as con:
        cents = con.scalar(question)
    return None if cents is None else to_decimal(cents)


def set_overdraft_limit(  # noqa: PLR0913  (what a limit is)
    desk: Desk,
    *,
    entity_id: str,
    currency: str,
    amount: Decimal | None,
    author: str,
    reason: str = "",
) -> None:
    """Say how far below zero the bank goes, as a positive amount; None forgets it.

    Raises:
        EncaisseError: The amount is below zero, or something is missing.
    """
    if amount is not None and amount < 0:
        raise EncaisseError(
            f"An overdraft limit of {amount} has no meaning.",
            where="what was typed",
            fix="write how far below zero the bank goes as an amount above zero",
        )
    with desk.changing("overdraft limit set", author=author, reason=reason) as change:
        change.add(
            overdraft_limits,
            entity_id=plain_text(entity_id, "The entity", needed=True),
            currency=checked_currency(currency),
            amount_cents=None if amount is None else to_cents(amount),
        )
