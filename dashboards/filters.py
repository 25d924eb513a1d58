"""What a reader chooses. Each choice is in the address, so that a link shows the same view."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from dashboards import page, state, words
from dashboards.language import t
from published.questions import BOUNDS

EVERY = "*"  # all entities; no entity can be called so, it is the value of no choice

BOOKS = """
select entity_id, currency, count(*) as item_count, min(booked_on) as first_on
from ledger.items
group by all
order by item_count desc, entity_id, currency
"""

BUCKETS = """
select distinct bucket, bucket_rank from receivables.month_ends
where bucket_rank between 1 and 89
order by bucket_rank
"""

BOUND_SETS = ((30, 60, 90, 120), (30, 60, 90), (15, 30, 45, 60, 90), (7, 14, 30, 60, 90, 180))


@dataclass(frozen=True)
class Books:
    """Whose books a page shows: one entity or all, and always one currency."""

    entity: str | None
    currency: str

    @property
    def values(self) -> dict[str, Any]:
        """The choice as parameters of a question."""
        return {"entity": self.entity, "currency": self.currency}


@dataclass(frozen=True)
class Ageing:
    """How a page ages the open items."""

    as_of: date
    basis: str
    bounds: list[int]
    credits: str
    grouped: bool

    @property
    def values(self) -> dict[str, Any]:
        """The choice as parameters of a question."""
        return {
            "as_of": self.as_of,
            "basis": self.basis,
            "bounds": self.bounds,
            "credits": self.credits,
            "grouped": self.grouped,
        }


def choose_books() -> None:
    """Show the choice of entity and currency, each only where there is one, for `books` to tell."""
    known = state.rows(BOOKS)
    entities = sorted({row["entity_id"] for row in known})
    entity = EVERY
    if len(entities) > 1:
        entity = st.selectbox(
            t("Entity"),
            [EVERY, *entities],
            format_func=lambda name: t("All entities") if name == EVERY else name,
            key="entity",
            bind="query-params",
            persist_state="session",
            width=230,
        )
    currencies = _by_use(known)
    currency = currencies[0] if currencies else None
    if len(currencies) > 1:
        currency = st.segmented_control(
            t("Currency"),
            currencies,
            default=currencies[0],
            required=True,
            key="currency",
            bind="query-params",
            persist_state="session",
        )
    chosen = Books(None if entity == EVERY else entity, currency) if currency else None
    st.session_state["books"] = chosen


def books() -> Books | None:
    """Return whose books this run shows; None where there are none."""
    chosen: Books | None = st.session_state["books"]
    return chosen


def _by_use(known: list[state.Row]) -> list[str]:
    """Return the currencies, the one with the most items first."""
    counts: dict[str, int] = {}
    for row in known:
        counts[row["currency"]] = counts.get(row["currency"], 0) + row["item_count"]
    return sorted(counts, key=lambda currency: (-counts[currency], currency))


def day() -> date:
    """Show the choice of a day, from the first entry to the day of the snapshot."""
    last = state.shown().as_of
    first = min((row["first_on"] for row in state.rows(BOOKS)), default=last)
    chosen = st.date_input(
        t("As of"),
        value=last,
        min_value=min(first, last),
        max_value=last,
        format="DD/MM/YYYY",
        key="as_of",
        bind="query-params",
        persist_state="session",
        width=170,
    )
    return chosen if isinstance(chosen, date) else last


def ageing() -> Ageing:
    """Show how the open items are aged: the day in sight, the rest folded away."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        as_of = day()
        with st.popover(t("Ageing rules"), icon=":material/tune:"):
            basis = st.segmented_control(
                t("Age counted from"),
                ["due", "document"],
                default="due",
                format_func={"due": t("Due date"), "document": t("Document date")}.__getitem__,
                required=True,
                key="by",
                bind="query-params",
                persist_state="session",
            )
            sets = dict.fromkeys(_told(each) for each in (published_bounds(), *BOUND_SETS))
            told = st.selectbox(
                t("Last day of each bucket, in days"),
                list(sets),
                accept_new_options=True,
                key="buckets",
                bind="query-params",
                persist_state="session",
            )
            credits = st.segmented_control(
                t("Credits matched to nothing"),
                ["apart", "net"],
                default="apart",
                format_func={
                    "apart": t("In a column of their own"),
                    "net": t("Deducted in their bucket"),
                }.__getitem__,
                required=True,
                key="credits",
                bind="query-params",
                persist_state="session",
            )
            grouped = st.toggle(
                t("Customers of one group together"),
                key="grouped",
                bind="query-params",
                persist_state="session",
            )
    return Ageing(as_of, basis, _bounds(told or ""), credits, grouped)


def told(ageing: Ageing, books: Books) -> str:
    """Return the rules of a view in words: whose books, aged how, with credits where."""
    return ", ".join(
        [
            books.entity or t("All entities"),
            books.currency,
            t("by document date") if ageing.basis == "document" else t("by due date"),
            t("credits matched to nothing deducted in their bucket")
            if ageing.credits == "net"
            else t("credits matched to nothing apart"),
        ]
    )


def _told(bounds: Sequence[int]) -> str:
    return ", ".join(map(str, bounds))


def _bounds(told: str) -> list[int]:
    """Return the bounds a reader typed, or the published ones where they do not rise."""
    bounds = [int(number) for number in re.findall(r"\d{1,5}", told)]
    if bounds and bounds == sorted(set(bounds)) and bounds[0] > 0:
        return bounds
    page.warn(t("Buckets need whole numbers that rise, such as 30, 60, 90."))
    return list(published_bounds())


def published_bounds() -> tuple[int, ...]:
    """Return the bucket bounds that the snapshot was published with."""
    found = {row["bucket_rank"]: row["bucket"] for row in state.rows(BUCKETS)}
    oldest = max(found, default=0)
    if list(found) != list(range(1, oldest + 1)) or not found[oldest].startswith("over_"):
        return BOUNDS  # no month of the history has something in every bucket
    return tuple(int(found[rank].partition("-")[2]) for rank in range(1, oldest))


def choice(
    label: str, codes: Sequence[str], names: dict[str, str], *, key: str, default: str | None = None
) -> str:
    """Show a choice among a few codes, all of them in sight."""
    chosen: str = st.segmented_control(
        label,
        list(codes),
        default=default or codes[0],
        format_func=lambda code: words.word(names, code),
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen
