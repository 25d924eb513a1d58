"""The tables of the desk. Rows are only ever added: what is no longer so is said by a further row.

Every row belongs to an entry of `history`, which says who added it, when and why. Amounts are whole
hundredths of the currency's unit; days and moments are ISO texts in SQLite, which has no type for
them, and proper types in PostgreSQL. The migrations make these tables; a test holds the two
together.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

HEAD = "0002"
"""The newest migration: with it, the tables below are there."""


class Day(TypeDecorator[date]):
    """A calendar day."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Keep it as a date where the database has dates."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Write a day."""
        return value.isoformat() if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Read a day."""
        return date.fromisoformat(value) if isinstance(value, str) else value


class Moment(TypeDecorator[datetime]):
    """A point in time, UTC."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Keep it as a time with its zone where the database has those."""
        return dialect.type_descriptor(
            Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write a moment."""
        return value.isoformat() if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read a moment."""
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC) if moment else None


class Json(TypeDecorator[Any]):
    """A value as JSON text, always written in the same way, so that it can be hashed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Write a value."""
        del dialect
        return canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a value."""
        del dialect
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """Write a value as JSON in the one way that equal values share.

    >>> canonical({"b": 1, "a": [date(2024, 3, 31), None]})
    '{"a":["2024-03-31",null],"b":1}'
    """

    def told(other: Any) -> str:
        if isinstance(other, date | datetime):
            return other.isoformat()
        raise TypeError(f"{type(other).__name__} is not kept in the desk")

    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=told
    )


Cents = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()


def _table(name: str, *columns: Any) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=False)


def _of_history() -> Column[int]:
    return Column(
        "history_id",
        Integer,
        ForeignKey("history.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
        index=True,
    )


history = _table(
    "history",
    _id(),
    Column("at", Moment, nullable=False),
    Column("author", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),  # may be empty, where none is asked for
    Column("facts", Json, nullable=False),  # table -> the rows that were added
    Column("previous_sha256", Text, nullable=False),
    Column("sha256", Text, nullable=False),
)

scenarios = _table("scenarios", _id(), _of_history())

scenario_versions = _table(
    "scenario_versions",
    _id(),
    _of_history(),
    Column("scenario_id", Integer, ForeignKey("scenarios.id"), nullable=False),
    Column("version", Integer, nullable=False),  # from 1 on
    Column("name", Text, nullable=False),
    Column("levers", Json, nullable=False),
    Column("is_removed", Integer, nullable=False),
    UniqueConstraint("scenario_id", "version"),
)

adjustments = _table(
    "adjustments",
    _id(),
    _of_history(),
    Column("entity_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("first_on", Day, nullable=False),
    Column("last_on", Day, nullable=False),
    Column("amount_cents", Cents, nullable=False),  # positive: more comes in than the model says
    Column("name", Text, nullable=False),
)

adjustment_cancellations = _table(
    "adjustment_cancellations",
    _id(),
    _of_history(),
    Column("adjustment_id", Integer, ForeignKey("adjustments.id"), nullable=False, unique=True),
)

opening_balances = _table(
    "opening_balances",
    _id(),
    _of_history(),
    Column("entity_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("balance_on", Day, nullable=False),  # at the close of that day
    Column("amount_cents", Cents),  # null: what was typed for that day is taken back
)

overdraft_limits = _table(
    "overdraft_limits",
    _id(),
    _of_history(),
    Column("entity_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_cents", Cents),  # how far below zero the bank goes; null: no limit is known
)

payment_files = _table(
    "payment_files",
    _id(),
    _of_history(),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
)

payment_file_removals = _table(
    "payment_file_removals",
    _id(),
    _of_history(),
    Column("file_id", Integer, ForeignKey("payment_files.id"), nullable=False, unique=True),
)

planned_payments = _table(
    "planned_payments",
    _id(),
    _of_history(),
    Column("file_id", Integer, ForeignKey("payment_files.id"), nullable=False, index=True),
    Column("line", Integer, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("paid_on", Day, nullable=False),
    Column("amount_cents", Cents, nullable=False),  # positive: money that we pay out
    Column("label", Text, nullable=False),
)

closes = _table(
    "closes",
    _id(),
    _of_history(),
    Column("closed_on", Day, nullable=False),  # at the close of that day
    Column("known_on", Day, nullable=False),  # as known at the close of that one
    Column("snapshot", Text, nullable=False),  # the version that it was read from
)

close_totals = _table(
    "close_totals",
    _id(),
    _of_history(),
    Column("close_id", Integer, ForeignKey("closes.id"), nullable=False, index=True),
    Column("entity_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_cents", Cents, nullable=False),  # positive is owed to us
    Column("overdue_cents", Cents, nullable=False),
    Column("item_count", Integer, nullable=False),
)

FACTS = tuple(table for table in metadata.sorted_tables if table is not history)
"""Every table but the history."""
