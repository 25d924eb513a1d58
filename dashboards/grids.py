"""Tables on the screen, and the same tables as files.

A grid shows figures in the reader's language, right-aligned, and still sorts by value: the cells
hold the values and a style gives their text. Nothing of an extract is read as Markdown in a grid.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboards import formats
from dashboards.language import current, speaking, t
from published import files

Kind = Literal[
    "text", "money", "exact_money", "count", "days", "days_late", "percent", "score", "date"
]

SHOWN = 200
"""Rows that a grid shows; the rest is in the download."""


@dataclass(frozen=True)
class Column:
    """A column: its name in the rows, its header (with the unit), how its values are written.

    `width` is in pixels, or `fit`: as wide as the longest text needs, for what must be read whole.
    `word` turns a code into the reader's words, on the screen and in the file. An amount of nothing
    is a dash, over which the eye passes; `exact_money` is for where 0.00 is what a reader looks
    for: what must tie, the end of a range, the balance of a bank.
    """

    name: str
    label: str
    kind: Kind = "text"
    width: Literal["small", "medium", "large", "fit"] | int | None = None
    word: Callable[[Any], str] | None = None
    tint: str | None = None


FILES: dict[str, files.Format] = {"Excel": "xlsx", "CSV": "csv"}


@dataclass(frozen=True)
class Action:
    """A button at the end of each row: its label, what it does with the row's number."""

    label: str
    do: Callable[[int], None]


BUTTON = "button"
PIXELS_OF_A_FIGURE = 6.5
PIXELS_OF_A_LETTER = 5.7
PIXELS_OF_A_CAPITAL = 7.4
PIXELS_AROUND = 20
WIDEST_TEXT = 480  # pixels: 60 capitals

WRITTEN: dict[Kind, Callable[[Any], str]] = {
    "money": formats.amount_or_dash,
    "exact_money": formats.amount,
    "count": formats.number,
    "days": formats.number,
    "days_late": lambda value: formats.number(value) if value and value > 0 else "",
    "percent": lambda value: "" if value is None else formats.number(value, 1),
    "score": lambda value: formats.number(value, 3),
    "date": formats.day_short,
}


def show(  # noqa: PLR0913
    rows: Sequence[dict[str, Any]],
    columns: Sequence[Column],
    *,
    what: str,
    key: str | None = None,
    on_pick: Callable[[int, str], None] | None = None,
    action: Action | None = None,
    height: int | Literal["auto", "content"] = "auto",
) -> None:
    """Show rows as a grid.

    Args:
        rows: At most `SHOWN`, with the columns' values.
        columns: What to show, left to right.
        what: What the grid lists, for whoever cannot see it.
        key: Names the grid, where cells can be picked.
        on_pick: Called with the row's number and the column's name when the reader picks a cell,
            with the mouse or the arrow keys.
        action: A button at the end of each row.
        height: As `st.dataframe` has it.
    """
    frame = pd.DataFrame(
        {
            column.name: pd.Series([_value(column, row) for row in rows], dtype=object)
            for column in columns
        }
    )
    if action:
        frame[BUTTON] = action.label
    style = frame.style.format(
        {column.name: WRITTEN[column.kind] for column in columns if column.kind in WRITTEN},
        na_rep="",
    )
    for column in columns:
        if column.tint:
            style = style.map(_tinted(column.tint), subset=[column.name])
    options: dict[str, Any] = {}
    if key and on_pick:
        options = {"on_select": lambda: _picked(key, on_pick), "selection_mode": "single-cell"}
    config = {column.name: _config(column, frame[column.name]) for column in columns}
    if action:
        config[BUTTON] = st.column_config.ButtonColumn(
            "", type="tertiary", key=f"{key}_button", on_click=_pressed(f"{key}_button", action)
        )
    st.dataframe(
        style,
        hide_index=True,
        column_config=config,
        height=height,
        key=key,
        placeholder="",
        alt=what,
        **options,
    )


def downloads(
    table: Callable[[], pa.Table], columns: Sequence[Column], name: str, *, key: str
) -> None:
    """Show the buttons that download a table; it is asked for only when one is clicked.

    Args:
        table: Returns all rows, however many.
        columns: What the file holds; codes become words, headers are those of the screen.
        name: Name of the file, without its ending.
        key: Names the buttons.
    """
    language = current()
    safe_name = re.sub(r"[^\w -]+", "_", name).replace(" ", "_")

    def content(format: files.Format) -> Callable[[], bytes]:
        def make() -> bytes:
            found = table()
            with speaking(language):
                arrays = [_said(found.column(column.name), column) for column in columns]
            labels = [column.label for column in columns]
            return files.to_bytes(pa.table(arrays, names=labels), format, language=language)

        return make

    with st.container(horizontal=True, gap="small"):
        for label, format in FILES.items():
            st.download_button(
                label,
                content(format),
                file_name=f"{safe_name}.{format}",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
                key=f"{key}_{format}",
                help=t("All rows, with exact amounts"),
            )


def key(name: str, *asked: object) -> str:
    """Return the key of a grid: another question is another grid, in which nothing is picked."""
    return f"{name}_{hashlib.sha256(repr(asked).encode()).hexdigest()[:12]}"


def as_table(rows: Sequence[dict[str, Any]], columns: Sequence[Column]) -> pa.Table:
    """Return rows that are already here as a table for `downloads`."""
    return pa.table({column.name: [row[column.name] for row in rows] for column in columns})


def first_of(shown: int, total: int) -> str:
    """Return the line under a grid that does not show every row; empty where it does."""
    if shown >= total:
        return ""
    return t(
        "First {shown} of {total} rows; the download has them all.",
        shown=formats.number(shown),
        total=formats.number(total),
    )


def _value(column: Column, row: dict[str, Any]) -> Any:
    value = row[column.name]
    return column.word(value) if column.word and value is not None else value


def _said(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray | pa.Array:
    if column.word is None:
        return values
    said = {code: column.word(code) for code in set(values.to_pylist()) if code is not None}
    return pa.array([said.get(code) for code in values.to_pylist()], pa.string())


def _config(column: Column, values: pd.Series) -> Any:
    width = _fit(column, values) if column.width == "fit" else column.width
    if column.kind == "text":
        return st.column_config.TextColumn(column.label, width=width)
    if column.kind == "date":
        return st.column_config.DateColumn(column.label, width=width)
    return st.column_config.NumberColumn(column.label, width=width or _room(column, values))


def _fit(column: Column, values: pd.Series) -> int:
    """Return how many pixels the header and the longest text of a column take."""

    def pixels(text: str) -> float:
        return sum(PIXELS_OF_A_CAPITAL if each.isupper() else PIXELS_OF_A_LETTER for each in text)

    texts = [column.label, *(str(value) for value in values if value is not None)]
    return min(round(max(map(pixels, texts))) + PIXELS_AROUND, WIDEST_TEXT)


def _room(column: Column, values: pd.Series) -> int:
    """Return how many pixels the header and the longest figure of a column take."""
    write = WRITTEN[column.kind]
    longest = max((len(write(value)) for value in values if value is not None), default=0)
    return round(max(longest, len(column.label)) * PIXELS_OF_A_FIGURE) + PIXELS_AROUND


def _tinted(colour: str) -> Callable[[Any], str]:
    return lambda value: f"background-color: {colour}" if value else ""


def _picked(key: str, on_pick: Callable[[int, str], None]) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    if cells:
        on_pick(*cells[0])


def _pressed(key: str, action: Action) -> Callable[[], None]:
    return lambda: action.do(st.session_state[key]["row"])
