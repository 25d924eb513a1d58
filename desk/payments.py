"""Payments that are planned, as somebody imported them. The bank balance bridge takes them off."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, Select, func, select

from desk.money import to_decimal
from desk.payment_files import PaymentFile
from desk.schema import history, payment_file_removals, payment_files, planned_payments
from desk.store import Desk, plain_text
from models.errors import EncaisseError

BAD_SHOWN = 5


@dataclass(frozen=True)
class ImportedFile:
    """A file of planned payments that counts."""

    id: int
    name: str
    payment_count: int
    author: str
    at: datetime


@dataclass(frozen=True)
class PlannedPayment:
    """Money that is to be paid out: `amount` is positive."""

    entity_id: str
    currency: str
    paid_on: date
    amount: Decimal
    label: str
    file_id: int
    line: int


def import_payments(  # noqa: PLR0913  (an import is all of this)
    desk: Desk,
    name: str,
    content: bytes,
    read: PaymentFile,
    *,
    author: str,
    reason: str = "",
    replaces: Sequence[int] = (),
) -> int:
    """Import a file that was read, all of it or nothing, and return its number.

    Args:
        desk: The desk.
        name: The file's name.
        content: Its bytes, as they were read.
        read: What `payment_files.read_payments` made of them.
        author: Who imports it.
        reason: Why, where there is something to say.
        replaces: Numbers of files imported earlier that no longer count from now on.

    Raises:
        EncaisseError: A line is bad, there is none, the file counts already, or one that it is to
            replace does not.
    """
    if read.bad or not read.rows:
        told = "; ".join(
            f"line {bad.line}, {bad.column} {bad.value!r}: {bad.reason}"
            for bad in read.bad[:BAD_SHOWN]
        )
        raise EncaisseError(
            f"{len(read.bad)} lines cannot be read, so nothing was imported."
            if read.bad
            else "The file holds no payment, so nothing was imported.",
            where=f"{name}: {told}" if told else name,
            fix="put them right in the file, and import it again",
        )
    sha256 = hashlib.sha256(content).hexdigest()
    with desk.changing("payments imported", author=author, reason=reason) as change:
        _refuse_unless_counting(change.con, replaces)
        change.add_all(payment_file_removals, [{"file_id": file_id} for file_id in replaces])
        for row in change.con.execute(_counting()):
            if row.sha256 == sha256:
                raise EncaisseError(
                    f"These payments count already: {row.author} imported them as {row.name}.",
                    where=name,
                    fix="nothing need be done",
                )
        file_id = change.add(
            payment_files, name=plain_text(name, "The name of the file", needed=True), sha256=sha256
        )
        change.add_all(
            planned_payments,
            [
                {
                    "file_id": file_id,
                    "line": row.line,
                    "entity_id": row.entity_id,
                    "currency": row.currency,
                    "paid_on": row.paid_on,
                    "amount_cents": row.cents,
                    "label": row.label,
                }
                for row in read.rows
            ],
        )
    return file_id


def remove_payments(desk: Desk, file_id: int, *, author: str, reason: str = "") -> None:
    """Say that the payments of a file no longer count.

    Raises:
        EncaisseError: There is no such file, or it does not count any more.
    """
    with desk.changing("payments removed", author=author, reason=reason) as change:
        _refuse_unless_counting(change.con, [file_id])
        change.add(payment_file_removals, file_id=file_id)


def list_payment_files(desk: Desk) -> list[ImportedFile]:
    """Return the files whose payments count, the newest first."""
    by_file = select(planned_payments.c.file_id, func.count()).group_by(planned_payments.c.file_id)
    with desk.reading() as con:
        counted = {file_id: count for file_id, count in con.execute(by_file)}
        return [
            ImportedFile(row.id, row.name, counted[row.id], row.author, row.at)
            for row in con.execute(_counting())
        ]


def list_payments(desk: Desk, *, entity_id: str, currency: str) -> list[PlannedPayment]:
    """Return the planned payments that count, of one entity and currency, by day."""
    question = (
        select(planned_payments)
        .outerjoin(
            payment_file_removals, payment_file_removals.c.file_id == planned_payments.c.file_id
        )
        .where(
            payment_file_removals.c.id.is_(None),
            planned_payments.c.entity_id == entity_id,
            planned_payments.c.currency == currency,
        )
        .order_by(planned_payments.c.paid_on, planned_payments.c.id)
    )
    with desk.reading() as con:
        return [
            PlannedPayment(
                row.entity_id,
                row.currency,
                row.paid_on,
                to_decimal(row.amount_cents),
                row.label,
                row.file_id,
                row.line,
            )
            for row in con.execute(question)
        ]


def _counting() -> Select[tuple[int, str, str, str, datetime]]:
    return (
        select(
            payment_files.c.id,
            payment_files.c.name,
            payment_files.c.sha256,
            history.c.author,
            history.c.at,
        )
        .join(history, history.c.id == payment_files.c.history_id)
        .outerjoin(payment_file_removals, payment_file_removals.c.file_id == payment_files.c.id)
        .where(payment_file_removals.c.id.is_(None))
        .order_by(payment_files.c.id.desc())
    )


def _refuse_unless_counting(con: Connection, file_ids: Sequence[int]) -> None:
    counting = {row.id for row in con.execute(_counting())}
    for file_id in file_ids:
        if file_id not in counting:
            raise EncaisseError(
                f"File {file_id} of planned payments does not count.",
                where="the planned payments",
                fix="look at the list again",
            )
