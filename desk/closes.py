"""Month-end closes: what a firm declared that it was owed on a day, kept as it was declared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from desk.money import checked_currency, to_cents, to_decimal
from desk.schema import close_totals, closes, history
from desk.store import Desk, plain_text
from models.errors import EncaisseError


@dataclass(frozen=True)
class CloseTotal:
    """What an entity was owed in a currency, what of it was overdue, and in how many items."""

    entity_id: str
    currency: str
    amount: Decimal
    overdue: Decimal
    item_count: int


@dataclass(frozen=True)
class Close:
    """A day that was closed.

    Attributes:
        id: Names it in the desk.
        closed_on: The day; the totals are of its close.
        known_on: The totals are what was known at the close of that day.
        snapshot: The version of the snapshot that they were read from.
        totals: By entity and currency.
        author: Who closed it.
        at: When.
        reason: Why, where there is something to say.
    """

    id: int
    closed_on: date
    known_on: date
    snapshot: str
    totals: tuple[CloseTotal, ...]
    author: str
    at: datetime
    reason: str


def list_closes(desk: Desk) -> list[Close]:
    """Return every close, the newest day first; of one day, the one closed last first."""
    question = select(closes, history.c.author, history.c.at, history.c.reason).join(
        history, history.c.id == closes.c.history_id
    )
    with desk.reading() as con:
        totals: dict[int, list[CloseTotal]] = {}
        for row in con.execute(
            select(close_totals).order_by(close_totals.c.entity_id, close_totals.c.currency)
        ):
            total = CloseTotal(
                row.entity_id,
                row.currency,
                to_decimal(row.amount_cents),
                to_decimal(row.overdue_cents),
                row.item_count,
            )
            totals.setdefault(row.close_id, []).append(total)
        rows = con.execute(question.order_by(closes.c.closed_on.desc(), closes.c.id.desc())).all()
    return [
        Close(
            row.id,
            row.closed_on,
            row.known_on,
            row.snapshot,
            tuple(totals.get(row.id, ())),
            row.author,
            row.at,
            row.reason,
        )
        for row in rows
    ]


def close_day(  # noqa: PLR0913  (what a close is)
    desk: Desk,
    *,
    closed_on: date,
    known_on: date,
    snapshot: str,
    totals: Sequence[CloseTotal],
    author: str,
    reason: str = "",
) -> Close:
    """Freeze what was owed on a day. It stays as it is; closing the day again adds another close.

    Raises:
        EncaisseError: No books had begun by that day, something is missing, or the day is closed
            already and nobody says why it is closed again.
    """
    if not totals:
        raise EncaisseError(
            f"There is nothing to close on {closed_on}: nothing was booked by that day.",
            where="the day of the close",
            fix="choose a day that the books reach back to",
        )
    with desk.changing("day closed", author=author, reason=reason) as change:
        again = change.con.scalar(select(closes.c.id).where(closes.c.closed_on == closed_on))
        if again is not None and not reason.strip():
            raise EncaisseError(
                f"{closed_on} is closed already.",
                where="the day of the close",
                fix="say why it is closed again, as the reason",
            )
        close_id = change.add(
            closes,
            closed_on=closed_on,
            known_on=known_on,
            snapshot=plain_text(snapshot, "The snapshot", needed=True),
        )
        change.add_all(
            close_totals,
            [
                {
                    "close_id": close_id,
                    "entity_id": plain_text(total.entity_id, "The entity", needed=True),
                    "currency": checked_currency(total.currency),
                    "amount_cents": to_cents(total.amount),
                    "overdue_cents": to_cents(total.overdue),
                    "item_count": total.item_count,
                }
                for total in totals
            ],
        )
    return next(close for close in list_closes(desk) if close.id == close_id)
