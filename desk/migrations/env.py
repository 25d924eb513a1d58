"""What Alembic runs: the migrations, in the transaction of whoever opened the desk."""

from alembic import context

from desk.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite undoes half a migration like everything else
)
with context.begin_transaction():
    context.run_migrations()
