"""Triggers that keep what was written as it was written."""

from alembic import op

REFUSES = "the desk only adds rows"


def only_add(table: str) -> None:
    """Have the database refuse every UPDATE, DELETE, REPLACE and TRUNCATE of a table."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{what} before {what} on {table} "
                f"begin select raise(abort, '{REFUSES}'); end"
            )
        # REPLACE deletes without a word where recursive triggers are off.
        there = f"select 1 from {table} where id = new.id"  # noqa: S608  (a name of our own)
        op.execute(
            f"create trigger {table}_no_replace before insert on {table} when exists ({there}) "
            f"begin select raise(abort, '{REFUSES}'); end"
        )
        return
    op.execute(
        f"create trigger {table}_only_add before update or delete or truncate on {table} "
        f"for each statement execute function desk_only_adds()"
    )


def make_refusal() -> None:
    """Make what PostgreSQL's triggers call."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "create function desk_only_adds() returns trigger language plpgsql as "
            f"$$ begin raise exception '{REFUSES}'; end $$"
        )
