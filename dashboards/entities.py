"""Whose books are shown: said where there are several entities, and left out where there is one."""

from dashboards import filters, state, words
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import t


def ids() -> list[str]:
    """Return the entities that have books."""
    return sorted({row["entity_id"] for row in state.rows(filters.BOOKS)})


def told(books: Books) -> str:
    """Return whose books these are and in which currency; of the only entity, the currency."""
    if books.entity:
        return f"{words.entities()(books.entity)}, {books.currency}"
    return f"{t('All entities')}, {books.currency}" if len(ids()) > 1 else books.currency


def columns(books: Books | None = None, *, width: int | None = None) -> list[Column]:
    """Return the column that says whose a row is, where rows of several entities are shown."""
    if (books and books.entity) or len(ids()) < 2:
        return []
    return [Column("entity_id", t("Entity"), word=words.entities(), width=width)]
