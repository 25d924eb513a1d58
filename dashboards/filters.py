"""What a reader chooses. Each choice is in the address, so that a link shows the same view."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from dashboards import address, formats, page, state, words
from dashboards.language import t
from models.ageing import Convention
from published.questions import BOUNDS

EVERY = "*"  # all entities; no entity can be called so, it is the value of no choice

BOOKS = """
select entity_id, currency, item_count, first_on
from ledger.books
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


NOW, THEN = "now", "then"
"""A past day as it is known now, or as it was known on that day."""


@dataclass(frozen=True)
class Ageing:
    """How a page ages the open items."""

    as_of: date
    known_on: date | None
    basis: str
    bounds: list[int]
    credits: str
    grouped: bool
    convention: Convention

    @property
    def values(self) -> dict[str, Any]:
        """The choice as parameters of a question."""
        return {
            "as_of": self.as_of,
            "known_on": self.known_on,
            "basis": self.basis,
            "bounds": self.bounds,
            "credits": self.credits,
            "grouped": self.grouped,
            "convention": str(self.convention),
        }


def one_of(
    label: str,
    codes: Sequence[str],
    name: Callable[[str], str] = str,
    *,
    key: str,
    default: str | None = None,
    **options: Any,
) -> str:
    """Show a choice among a few codes, all of them in sight, and return the code."""
    default = default or codes[0]
    address.take(key, default, address.one_of(codes))
    if st.session_state[key] not in codes:  # chosen when there were others
        st.session_state[key] = default
    st.segmented_control(
        label,
        list(codes),
        format_func=name,
        required=True,
        key=key,
        on_change=address.touch,
        persist_state="session",
        **options,
    )
    address.give(key, default)
    chosen: str = st.session_state[key]
    return chosen


def one_of_many(
    label: str, codes: Sequence[str], name: Callable[[str], str] = str, *, key: str, **options: Any
) -> str:
    """Show a choice among codes in a list that can be searched, and return the code."""
    address.take(key, codes[0], address.one_of(codes))
    if st.session_state[key] not in codes:
        st.session_state[key] = codes[0]
    st.selectbox(
        label,
        list(codes),
        format_func=name,
        key=key,
        on_change=address.touch,
        persist_state="session",
        **options,
    )
    address.give(key, codes[0])
    chosen: str = st.session_state[key]
    return chosen


def choose_books() -> None:
    """Show the choice of entity and currency, each only where there is one, for `books` to tell."""
    known = state.rows(BOOKS)
    entities = sorted({row["entity_id"] for row in known})
    entity = EVERY
    if len(entities) > 1:
        name = words.entities()
        entity = one_of_many(
            t("Entity"),
            [EVERY, *entities],
            lambda code: t("All entities") if code == EVERY else name(code),
            key="entity",
            width=230,
        )
    currencies = _by_use(known)
    currency = currencies[0] if currencies else None
    if len(currencies) > 1:
        currency = one_of(t("Currency"), currencies, key="currency")
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
    first = min([last, *(row["first_on"] for row in state.rows(BOOKS))])
    address.take("as_of", last, address.a_day(first, last))
    if not first <= (st.session_state["as_of"] or last) <= last:
        st.session_state["as_of"] = last  # chosen when another snapshot was shown
    st.date_input(
        t("As of"),
        min_value=first,
        max_value=last,
        format="DD/MM/YYYY",
        key="as_of",
        on_change=address.touch,
        persist_state="session",
        width=170,
    )
    address.give("as_of", last, date.isoformat)
    chosen: date | None = st.session_state["as_of"]
    return chosen or last


def knowledge(as_of: date) -> date | None:
    """Show by what knowledge a past day is looked at, and return the day of it; None is now."""
    if as_of >= state.shown().as_of:
        return None
    told = formats.day(as_of)
    labels = {
        NOW: t("{day} as we know it now", day=told),
        THEN: t("{day} as we knew it on that day", day=told),
    }
    chosen = one_of(t("Known"), [NOW, THEN], lambda code: labels[code], key="known")
    return as_of if chosen == THEN else None


def ageing() -> Ageing:
    """Show how the open items are aged: the day in sight, the rest folded away."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        as_of = day()
        known_on = knowledge(as_of)
        with st.popover(t("Ageing rules"), icon=":material/tune:"):
            basis = one_of(
                t("Age counted from"),
                ["due", "document"],
                lambda code: t("Due date") if code == "due" else t("Document date"),
                key="by",
            )
            bounds = bucket_bounds()
            credits = one_of(
                t("Credits matched to nothing"),
                ["apart", "net"],
                lambda code: (
                    t("In a column of their own")
                    if code == "apart"
                    else t("Deducted in their bucket")
                ),
                key="credits",
            )
            address.take("grouped", False, lambda text: text == "1")
            st.toggle(
                t("Customers of one group together"),
                key="grouped",
                on_change=address.touch,
                persist_state="session",
            )
            address.give("grouped", False, lambda _: "1")
            convention = ageing_convention()
    return Ageing(as_of, known_on, basis, bounds, credits, st.session_state["grouped"], convention)


def ageing_convention() -> Convention:
    """Show the choice of whose boundaries to age by, to compare a total with another system's."""
    chosen = Convention(
        one_of_many(
            t("Boundaries, to compare with another system"),
            [str(each) for each in Convention],
            lambda code: words.word(words.CONVENTIONS, code),
            key="convention",
        )
    )
    if chosen in words.CONVENTION_RULES:
        page.note(words.word(words.CONVENTION_RULES, chosen))
    return chosen


def bucket_bounds() -> list[int]:
    """Show the choice of buckets: usual sets, or whatever the reader types."""
    published = published_bounds()
    usual = list(dict.fromkeys(_said(each) for each in (published, *BOUND_SETS)))
    address.take("buckets", usual[0], str)
    st.selectbox(
        t("Last day of each bucket, in days"),
        usual,
        accept_new_options=True,
        key="buckets",
        on_change=address.touch,
        persist_state="session",
    )
    address.give("buckets", usual[0])
    told = st.session_state["buckets"] or ""
    bounds = [int(number) for number in re.findall(r"\d{1,5}", told)]
    if bounds and bounds == sorted(set(bounds)) and bounds[0] > 0:
        return bounds
    page.warn(t("Buckets need whole numbers that rise, such as 30, 60, 90."))
    return list(published)


def _said(bounds: Sequence[int]) -> str:
    return ", ".join(map(str, bounds))


def told(ageing: Ageing) -> str:
    """Return the rules of a view in words: known when, aged how, with credits where."""
    return ", ".join(
        [
            *(
                [t("as we knew it on {day}", day=formats.day(ageing.known_on))]
                if ageing.known_on
                else []
            ),
            t("by document date") if ageing.basis == "document" else t("by due date"),
            t("credits matched to nothing deducted in their bucket")
            if ageing.credits == "net"
            else t("credits matched to nothing apart"),
            *(
                [t("by the boundaries of {system}", system=_system(ageing.convention))]
                if ageing.convention is not Convention.ENCAISSE
                else []
            ),
        ]
    )


def _system(convention: Convention) -> str:
    return words.word(words.CONVENTIONS, convention)


def published_bounds() -> tuple[int, ...]:
    """Return the bucket bounds that the snapshot was published with."""
    found = {row["bucket_rank"]: row["bucket"] for row in state.rows(BUCKETS)}
    oldest = max(found, default=0)
    if list(found) != list(range(1, oldest + 1)) or not found.get(oldest, "").startswith("over_"):
        return BOUNDS  # no month of the history has something in every bucket
    return tuple(int(found[rank].partition("-")[2]) for rank in range(1, oldest))
