"""The history, for whoever asks what was decided, by whom and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk.schema import history
from desk.store import Desk


@dataclass(frozen=True)
class Entry:
    """One thing that one person did: `facts` are the rows that it added, by table."""

    id: int
    at: datetime
    author: str
    action: str
    reason: str
    facts: Mapping[str, Sequence[Mapping[str, Any]]]


def list_history(desk: Desk, *, limit: int = 100) -> list[Entry]:
    """Return the last entries of the history, the newest first."""
    columns = [history.c[name] for name in Entry.__dataclass_fields__]
    question = select(*columns).order_by(history.c.id.desc()).limit(limit)
    with desk.reading() as con:
        return [Entry(*row) for row in con.execute(question)]
