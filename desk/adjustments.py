"""What people add to the model's forecast, apart from it, with their name and their reason.

An adjustment is never changed: it is cancelled by a row of its own, and another is added. So it can
be scored later like the model: `said_on` is the day it was made, `cancelled_on` the day from which
it no longer counted.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from desk.money import checked_currency, to_cents, to_decimal
from desk.schema import adjustment_cancellations, adjustments, history
from desk.store import Desk, plain_text
from models.errors import EncaisseError


@dataclass(frozen=True)
class Adjustment:
    """An amount that somebody expects beyond the model's: positive is more money in.

    It belongs to the days from `first_on` to `last_on`, both included, of one entity and currency.
    """

    id: int
    entity_id: str
    currency: str
    first_on: date
    last_on: date
    amount: Decimal
    name: str
    reason: str
    author: str
    at: datetime
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    cancelled_because: str | None = None


def list_adjustments(
    desk: Desk,
    *,
    entity_id: str | None = None,
    currency: str | None = None,
    with_cancelled: bool = False,
) -> list[Adjustment]:
    """Return the adjustments in force, in the order of their days; cancelled ones if asked for."""
    ended = history.alias("ended")
    question = (
        select(
            adjustments,
            history.c.reason,
            history.c.author,
            history.c.at,
            ended.c.author.label("cancelled_by"),
            ended.c.at.label("cancelled_at"),
            ended.c.reason.label("cancelled_because"),
        )
        .join(history, history.c.id == adjustments.c.history_id)
        .outerjoin(
            adjustment_cancellations, adjustment_cancellations.c.adjustment_id == adjustments.c.id
        )
        .outerjoin(ended, ended.c.id == adjustment_cancellations.c.history_id)
        .order_by(adjustments.c.first_on, adjustments.c.id)
    )
    if entity_id is not None:
        question = question.where(adjustments.c.entity_id == entity_id)
    if currency is not None:
        question = question.where(adjustments.c.currency == currency)
    if not with_cancelled:
        question = question.where(ended.c.id.is_(None))
    with desk.reading() as con:
        return [
            Adjustment(
                row.id,
                row.entity_id,
                row.currency,
                row.first_on,
                row.last_on,
                to_decimal(row.amount_cents),
                row.name,
                row.reason,
                row.author,
                row.at,
                row.cancelled_by,
                row.cancelled_at,
                row.cancelled_because,
            )
            for row in con.execute(question)
        ]


def add_adjustment(  # noqa: PLR0913  (what an adjustment is)
    desk: Desk,
    *,
    entity_id: str,
    currency: str,
    first_on: date,
    last_on: date,
    amount: Decimal,
    name: str,
    reason: str,
    author: str,
) -> int:
    """Add an adjustment, and return its number.

    Args:
        desk: The desk.
        entity_id: Whose money it is.
        currency: Three capital letters.
        first_on: First day of the period that it belongs to.
        last_on: Last day of it.
        amount: Positive where more comes in than the model says, negative where less; not zero.
        name: What it is, in a few words.
        reason: Why the author expects it; may not be left out.
        author: Who says so.

    Raises:
        EncaisseError: Something is missing, or has no meaning.
    """
    cents = to_cents(amount)
    if cents == 0 or last_on < first_on:
        raise EncaisseError(
            "This adjustment says nothing: "
            + ("its amount is zero." if cents == 0 else "its last day comes before its first."),
            where="what was typed",
            fix="give an amount above or below zero, and days in their order",
        )
    with desk.changing(
        "adjustment added", author=author, reason=reason, needs_reason=True
    ) as change:
        return change.add(
            adjustments,
            entity_id=plain_text(entity_id, "The entity", needed=True),
            currency=checked_currency(currency),
            first_on=first_on,
            last_on=last_on,
            amount_cents=cents,
            name=plain_text(name, "The name of the adjustment", needed=True),
        )


def cancel_adjustment(desk: Desk, adjustment_id: int, *, author: str, reason: str) -> None:
    """Say that an adjustment no longer counts. What it said stays to be read.

    Raises:
        EncaisseError: There is no such adjustment, it is cancelled already, or no reason is given.
    """
    with desk.changing(
        "adjustment cancelled", author=author, reason=reason, needs_reason=True
    ) as change:
        there = change.con.scalar(select(adjustments.c.id).where(adjustments.c.id == adjustment_id))
        by = change.con.scalar(
            select(history.c.author)
            .join(adjustment_cancellations, adjustment_cancellations.c.history_id == history.c.id)
            .where(adjustment_cancellations.c.adjustment_id == adjustment_id)
        )
        if there is None or by is not None:
            raise EncaisseError(
                f"Adjustment {adjustment_id} "
                + (f"is cancelled already, by {by}." if by else "is not there."),
                where="the adjustments",
                fix="look at the list again",
            )
        change.add(adjustment_cancellations, adjustment_id=adjustment_id)
