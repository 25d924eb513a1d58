"""The first tables: history, scenarios, adjustments, bank balances, planned payments."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from desk.migrations.guards import make_refusal, only_add
from desk.schema import Day, Json, Moment

revision = "0001"
down_revision = None

CENTS = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the first tables."""
    make_refusal()
    _make(
        "history",
        sa.Column("at", Moment, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("author", "action", "reason")),
        sa.Column("facts", Json, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("previous_sha256", "sha256")),
    )
    _make("scenarios", _of_history())
    _make(
        "scenario_versions",
        _of_history(),
        _of("scenarios", "scenario_id"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("levers", Json, nullable=False),
        sa.Column("is_removed", sa.Integer, nullable=False),
        sa.UniqueConstraint("scenario_id", "version"),
    )
    _make(
        "adjustments",
        _of_history(),
        *_whose(),
        sa.Column("first_on", Day, nullable=False),
        sa.Column("last_on", Day, nullable=False),
        sa.Column("amount_cents", CENTS, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    _make(
        "adjustment_cancellations",
        _of_history(),
        _of("adjustments", "adjustment_id", unique=True),
    )
    _make(
        "opening_balances",
        _of_history(),
        *_whose(),
        sa.Column("balance_on", Day, nullable=False),
        sa.Column("amount_cents", CENTS),
    )
    _make("overdraft_limits", _of_history(), *_whose(), sa.Column("amount_cents", CENTS))
    _make(
        "payment_files",
        _of_history(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
    )
    _make("payment_file_removals", _of_history(), _of("payment_files", "file_id", unique=True))
    _make(
        "planned_payments",
        _of_history(),
        _of("payment_files", "file_id", index=True),
        sa.Column("line", sa.Integer, nullable=False),
        *_whose(),
        sa.Column("paid_on", Day, nullable=False),
        sa.Column("amount_cents", CENTS, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
    )


def _make(table: str, *columns: Any) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *columns,
        sqlite_strict=True,
    )
    only_add(table)


def _of(table: str, name: str, **more: Any) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(f"{table}.id"), nullable=False, **more)


def _of_history() -> sa.Column[int]:
    # The entry is written last, when all that it says is there.
    entry = sa.ForeignKey("history.id", deferrable=True, initially="DEFERRED")
    return sa.Column("history_id", sa.Integer, entry, nullable=False, index=True)


def _whose() -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in ("entity_id", "currency")]
