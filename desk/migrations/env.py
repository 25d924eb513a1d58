"""What Alembic runs: the migrations, in the transaction of whoever opened the desk."""

from alembic import context

from desk.schema import metadata

# The connection is in a transaction already, and both databases undo half a migration with it.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
