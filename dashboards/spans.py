"""Which months the charts of a page show: all of them by month, or a part of them day by day.

A part of at most two years is drawn by day, so that a reader zooms by choosing its first and last
month, with a keyboard as well as with a mouse. A long history is never sent to the browser day by
day: a part of it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from dashboards import filters, formats, page, state
from dashboards.filters import Books
from dashboards.language import t

MOST_DAYS = 731
"""How many days of one series a chart is given: two years, beyond which a day is no pixel wide."""

FIRST_LIST = """
select max(listed_on) as listed_on
from (
    select min(listed_on) as listed_on
    from receivables.list_balances
    where currency = $currency and ($entity::text is null or entity_id = $entity)
    group by entity_id
)
"""


@dataclass(frozen=True)
class Span:
    """The days that the charts show, both included.

    Attributes:
        first_on: The first day of a month.
        last_on: The last day of a month, or the last of the history.
        is_daily: Whether they are drawn day by day.
    """

    first_on: date
    last_on: date
    is_daily: bool

    @property
    def values(self) -> dict[str, Any]:
        """The days as parameters of a question."""
        return {"first_on": self.first_on, "last_on": self.last_on}

    def holds(self, day: date) -> bool:
        """Return whether the charts show this day."""
        return self.first_on <= day <= self.last_on


def choose(month_ends: Sequence[date], *, has_days: bool) -> Span:
    """Show the choice of the first and last month, all of them to begin with.

    Args:
        month_ends: Of the history, in order; the last one is the snapshot's day.
        has_days: Whether there is something to draw by day.

    Returns:
        The months between the two, whichever of them was chosen as the first.
    """
    ends = {f"{day:%Y-%m}": day for day in month_ends}
    codes = list(ends)

    def name(code: str) -> str:
        return formats.month(ends[code])

    hint = t("A part of at most two years is drawn day by day.") if has_days else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = filters.one_of_many(t("From"), codes, name, key="from_month", width=150, help=hint)
        last = filters.one_of_many(t("To"), codes[::-1], name, key="to_month", width=150)
    first, last = sorted((first, last))
    first_on, last_on = ends[first].replace(day=1), ends[last]
    is_part = (first, last) != (codes[0], codes[-1])
    is_daily = has_days and is_part and (last_on - first_on).days < MOST_DAYS
    return Span(first_on, last_on, is_daily)


def first_list(books: Books) -> date | None:
    """Return the day from which on all is known; None where a ledger says it all."""
    if not state.has("receivables.list_balances"):
        return None
    listed_on: date | None = state.row(FIRST_LIST, **books.values)["listed_on"]
    return listed_on


def note_first_list(books: Books, span: Span) -> None:
    """Say from which day on the charts are right, where only lists of open items are known."""
    listed_on = first_list(books)
    if listed_on is not None and span.first_on < listed_on:
        page.note(
            t(
                "Before {day}, the day of the first list of open items, all this is too low: what "
                "was settled by then was on no list.",
                day=formats.day(listed_on),
            )
        )
