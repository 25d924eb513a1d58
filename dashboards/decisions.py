"""What people decide on these pages: who they are, what they typed, and what was refused."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import streamlit as st
from babel.numbers import NumberFormatError, parse_decimal

from dashboards import page, state
from dashboards.language import locale, t
from desk.store import Desk, open_desk
from models.errors import EncaisseError

AUTHOR = "author"
REFUSED = "refused"
CENTS = Decimal("0.01")


def desk() -> Desk:
    """Return the store of what was decided in this home."""
    return open_desk(state.home())


def author_field() -> None:
    """Show the field in which people say who they are: whatever they save bears their name."""
    st.text_input(
        t("Your name, for what you save"),
        key=AUTHOR,
        max_chars=100,
        persist_state="session",
        width=320,
    )


def author() -> str:
    """Return who is at the page; empty where nobody said so, which the desk refuses."""
    return (st.session_state.get(AUTHOR) or "").strip()


def attempt(do: Callable[[], object], *, clear: tuple[str, ...] = ()) -> Callable[[], None]:
    """Return the callback of a button that decides something: done, or refused in words.

    Args:
        do: What to do.
        clear: Keys of fields that are empty again once it is done.
    """

    def run() -> None:
        st.session_state.pop(REFUSED, None)
        try:
            do()
        except EncaisseError as error:
            st.session_state[REFUSED] = error
            return
        for key in clear:
            st.session_state.pop(key, None)

    return run


def show_refused() -> None:
    """Show what was refused by the last button, once."""
    if error := st.session_state.pop(REFUSED, None):
        page.refused(error)


def typed(key: str, default: Any = None) -> Any:
    """Return what stands in a field."""
    return st.session_state.get(key, default)


def typed_amount(key: str) -> Decimal:
    """Return the amount in a field, as the reader's language writes it: `-1 234,56`.

    Raises:
        EncaisseError: It is no amount.
    """
    text = str(typed(key) or "").strip().replace("\N{MINUS SIGN}", "-")
    bare = "".join(each for each in text if not each.isspace())
    try:
        amount = parse_decimal(bare, locale=locale())
    except (NumberFormatError, InvalidOperation):
        amount = None
    if amount is None or not amount.is_finite() or amount != amount.quantize(CENTS):
        raise EncaisseError(
            f"{text or '?'} is not an amount.",
            where="what was typed",
            fix="write it as 1234.56, or as 1234,56 in French",
        )
    return amount.quantize(CENTS)


def entity_field(known: list[str], chosen: str | None, key: str, name: Callable[[str], str]) -> str:
    """Show whose money it is: a choice only where the page shows several entities."""
    if chosen is not None or len(known) < 2:
        return chosen or known[0]
    st.selectbox(t("Entity"), known, format_func=name, key=key)
    told: str = st.session_state[key]
    return told


def days_field(label: str, key: str, default: date) -> None:
    """Show a field for a day."""
    if key not in st.session_state:
        st.session_state[key] = default
    st.date_input(label, key=key, format="DD/MM/YYYY")
