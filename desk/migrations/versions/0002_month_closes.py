"""Month-end closes: what a firm declared a day's receivables to be, and when."""

import sqlalchemy as sa
from alembic import op

from desk.migrations.guards import only_add
from desk.schema import Day

revision = "0002"
down_revision = "0001"

CENTS = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of closes."""
    op.create_table(
        "closes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _of_history(),
        sa.Column("closed_on", Day, nullable=False),
        sa.Column("known_on", Day, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    only_add("closes")
    op.create_table(
        "close_totals",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _of_history(),
        sa.Column("close_id", sa.Integer, sa.ForeignKey("closes.id"), nullable=False, index=True),
        sa.Column("entity_id", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_cents", CENTS, nullable=False),
        sa.Column("overdue_cents", CENTS, nullable=False),
        sa.Column("item_count", sa.Integer, nullable=False),
        sqlite_strict=True,
    )
    only_add("close_totals")


def _of_history() -> sa.Column[int]:
    entry = sa.ForeignKey("history.id", deferrable=True, initially="DEFERRED")
    return sa.Column("history_id", sa.Integer, entry, nullable=False, index=True)
