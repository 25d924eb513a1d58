"""What every page is made of: a finding, notes, warnings, and what to do when there is nothing.

Text of ours may hold figures and names that came out of an extract. Streamlit reads texts as
Markdown, in which a customer's name could be a picture from somewhere else; so every text passes
through `plain` here, and nothing outside this module writes Markdown.
"""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from dashboards import sayings
from dashboards.language import mark, t
from models.errors import EncaisseError

# Punctuation that Markdown, Streamlit's own directives, formulas or links could begin with.
ACTIVE = re.compile(r"([\\`*_{}\[\]()#+\-.!|$~<>:@&=^\"'/])")

# What becomes a link, an emoji or an icon after Markdown was read, escaped as it stands there.
LATE = re.compile(r"(\\:(?=[a-zA-Z\\])|\\@(?=\w)|www(?=\\\.))", re.IGNORECASE)
INVISIBLE = "\N{WORD JOINER}"

PUBLISHED_ERRORS = (
    mark("Nothing has been published yet."),
    mark("The pointer to the published snapshot cannot be read."),
    mark("The published snapshot cannot be read."),
    mark("The published snapshot was made by an older version, and lacks what is asked."),
)


def plain(text: str) -> str:
    """Return Markdown that shows `text` as it is, on one line, and does nothing.

    A backslash stops Markdown. Emoji names, icon names and bare links are found after Markdown was
    read; an invisible character breaks those.

    >>> plain("**fat** $1")
    '\\\\*\\\\*fat\\\\*\\\\* \\\\$1'
    """
    one_line = re.sub(r"[ \t\r\n\f\v]+", " ", text).strip()  # but not the no-break spaces
    return LATE.sub(rf"\1{INVISIBLE}", ACTIVE.sub(r"\\\1", one_line))


def headline(finding: str, of: str) -> None:
    """Show in one sentence what the page has found, and under it of what and when that is."""
    st.title(plain(finding), anchor=False)
    st.caption(plain(of))


def section(finding: str) -> None:
    """Show the title of a part of the page: its finding where there is one."""
    st.subheader(plain(finding), anchor=False)


def note(text: str) -> None:
    """Show a quiet line: a rule, a unit, where a figure comes from."""
    st.caption(plain(text))


def say(text: str) -> None:
    """Show a sentence."""
    st.markdown(plain(text))


def bullets(texts: Sequence[str]) -> None:
    """Show sentences as a list, each on its line."""
    if texts:
        st.markdown("\n".join(f"- {plain(text[:1].upper() + text[1:])}" for text in texts))


def warn(text: str) -> None:
    """Show what a reader must know before relying on the figures."""
    st.warning(plain(text), icon=":material/warning:")


def inform(text: str) -> None:
    """Show what a reader should know, calmly."""
    st.info(plain(text), icon=":material/info:")


def fact(label: str, value: str, *, about: str | None = None, change: str | None = None) -> None:
    """Show one figure with its name; `about` is its rule, one hover or tap away."""
    st.metric(
        plain(label),
        plain(value),
        help=plain(about) if about else None,
        delta=plain(change) if change else None,
        delta_color="off",
        delta_arrow="off",
    )


def unfolded(label: str, *, key: str) -> Any:
    """Show a part that is folded away; return it to be filled once the reader has opened it.

    What nobody looks at is not worked out.
    """
    part = st.expander(plain(label), key=f"unfold_{key}", on_change="rerun")
    return part if part.open else None


def empty(what: str, do: str) -> None:
    """Show that there is nothing to show, and what to do next."""
    st.info(f"{plain(what)} {plain(do)}", icon=":material/inbox:")


def refused(error: EncaisseError) -> None:
    """Show what was typed or sent and cannot be taken, and what to do instead."""
    fix = f"{error.fix[:1].upper()}{error.fix[1:]}."
    st.error(f"{plain(sayings.say(error.what))} {plain(sayings.say(fix))}", icon=":material/error:")


def guarded(run: Callable[[], object]) -> None:
    """Run a page. Whatever goes wrong is said in a sentence, and the rest goes to the log."""
    try:
        run()
    except EncaisseError as error:
        _say_error(error)
    except Exception:
        logging.getLogger("encaisse.dashboards").exception("a page could not be shown")
        st.error(
            plain(
                t(
                    "Something went wrong while this page was being prepared. The log of the "
                    "application says what; the figures themselves are not touched."
                )
            ),
            icon=":material/error:",
        )


def _say_error(error: EncaisseError) -> None:
    level: Literal["info", "error"] = "error"
    if error.what == PUBLISHED_ERRORS[0]:
        do = t("Run “make run” once, or “encaisse refresh” on your own extracts.")
        level = "info"
    elif error.what in PUBLISHED_ERRORS:
        do = t("Run “encaisse refresh” again: the snapshot is built anew from the extracts.")
    else:
        do = error.fix
    text = f"{plain(t(error.what))} {plain(do)}"
    if level == "info":
        st.info(text, icon=":material/inbox:")
    else:
        st.error(text, icon=":material/error:")
    st.text(error.where)
