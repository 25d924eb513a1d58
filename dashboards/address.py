"""The address of a page says what is chosen on it, so that a link shows the same view.

Streamlit can bind a widget to the address by itself, but writes the option as the reader sees it:
`?by=Date+de+document` would mean nothing to an English colleague. Here the address holds codes.

`take` comes before a widget and `give` after it. An address that changes by itself (a link that is
opened, the browser's back button) is taken up; one that only lags behind a click is not.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

SEEN = "address_seen"  # what the address said of each choice when this page last gave it
PAGE = "address_page"
TOUCHED = "address_touched"

Read = Callable[[str], Any]
"""Returns the choice a text stands for, or None if it stands for none."""


def open_page(name: str) -> None:
    """Begin a run of a page: what another page's address said is of no account here."""
    if st.session_state.get(PAGE) != name:
        st.session_state[PAGE] = name
        st.session_state[SEEN] = {}


def close_page() -> None:
    """End a run of a page."""
    st.session_state[TOUCHED] = False


def touch() -> None:
    """Tell that the reader has just chosen something: the callback of every bound widget."""
    st.session_state[TOUCHED] = True


def take(key: str, default: Any, read: Read) -> None:
    """Take the choice `key` from the address, where it says something new and understandable."""
    told = st.query_params.get(key)
    seen = st.session_state[SEEN]
    changed = told != seen[key] if key in seen else told is not None
    if key not in st.session_state or (changed and not st.session_state.get(TOUCHED)):
        understood = None if told is None else read(told)
        st.session_state[key] = default if understood is None else understood


def give(key: str, default: Any, write: Callable[[Any], str] = str) -> None:
    """Have the address say the choice `key`, unless it is the default."""
    value = st.session_state[key]
    told = None if value is None or value == default else write(value)
    if told != st.query_params.get(key):
        if told is None:
            del st.query_params[key]
        else:
            st.query_params[key] = told
    st.session_state[SEEN][key] = told


def one_of(codes: Any) -> Read:
    """Return what understands one of these codes."""
    return lambda text: text if text in codes else None


def a_day(first: date, last: date) -> Read:
    """Return what understands an ISO date within bounds; a day beyond them is the nearest one."""

    def read(text: str) -> date | None:
        try:
            return min(max(date.fromisoformat(text), first), last)
        except ValueError:
            return None

    return read
