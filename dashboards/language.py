"""The words of the screens, in the reader's language.

The source strings are English and stand in the code; `locale/fr.po` holds the French ones. The
language is the browser's, unless the switch, and with it the address, says otherwise.
"""

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from dashboards import address

Language = Literal["en", "fr"]

LANGUAGES: dict[Language, str] = {"fr": "Français", "en": "English"}
LOCALES: dict[Language, str] = {"fr": "fr", "en": "en_GB"}  # 31 Mar 2026 rather than Mar 31, 2026
_spoken: ContextVar[Language | None] = ContextVar("language", default=None)
CATALOGUES = Path(__file__).parent / "locale"


def switch() -> None:
    """Show the language switch."""
    address.take("lang", _of_browser(), address.one_of(LANGUAGES))
    st.segmented_control(
        t("Language"),
        list(LANGUAGES),
        format_func=lambda code: LANGUAGES[code],
        required=True,
        key="lang",
        on_change=address.touch,
        persist_state="session",
        label_visibility="collapsed",
    )
    address.give("lang", _of_browser())


def current() -> Language:
    """Return the language of this run."""
    if spoken := _spoken.get():
        return spoken
    if chosen := st.session_state.get("lang"):
        return chosen
    told = st.query_params.get("lang")  # the first run of a session names its pages before `switch`
    return next((language for language in LANGUAGES if language == told), _of_browser())


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak `language` outside a run of the page, where nobody knows the reader: in a download."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def locale() -> str:
    """Return the name under which Babel knows the language of this run."""
    return LOCALES[current()]


def t(message: str, **values: object) -> str:
    """Return `message` in the reader's language, with `values` in its places."""
    translated = catalogue(current()).gettext(message)
    return translated.format(**values) if values else translated


def nt(singular: str, plural: str, n: int, **values: object) -> str:
    """Return the form of a message that goes with `n`, with `n` and `values` in their places."""
    written = format_decimal(n, format="#,##0", locale=locale())
    return catalogue(current()).ngettext(singular, plural, n).format(n=written, **values)


def mark(message: str) -> str:
    """Return `message` as it is. It tells the catalogue of a word that `t` translates later."""
    return message


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """Return the catalogue of `language`; English is what the code says."""
    file = CATALOGUES / f"{language}.po"
    if language == "en":
        return gettext.NullTranslations()
    with file.open(encoding="utf-8") as text:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _of_browser() -> Language:
    return "fr" if (st.context.locale or "").lower().startswith("fr") else "en"
