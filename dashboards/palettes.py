"""The colours, for a light and for a dark background: lateness on one warm scale."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st


class Palette(NamedTuple):
    """Colours for one background. On paper lateness darkens; on a dark screen it brightens.

    `bands` are those of a forecast: the wide range, and the narrow one on top of it.
    """

    page: str
    text: str
    quiet: str
    not_due: str
    late: tuple[str, ...]
    tints: tuple[str, ...]
    no_date: str
    unapplied: str
    series: tuple[str, ...]
    bands: tuple[str, str]


LIGHT = Palette(
    page="#ffffff",
    text="#1c2733",
    quiet="#6b7885",
    not_due="#b8c3cd",
    late=("#f6d893", "#eeb152", "#d97f30", "#b04a1d", "#6f2410"),
    tints=("#fdf6e6", "#fbeacb", "#f8dcb2", "#f3ca9b", "#edb688"),
    no_date="#d6d0c4",
    unapplied="#6f9ab5",
    series=("#1f5f7a", "#c9772b", "#6b7885", "#7a4f8a", "#3c8264", "#a8443a"),
    bands=("#dbe8ee", "#b3cfdb"),
)
DARK = Palette(
    page="#12181f",
    text="#e4e9ee",
    quiet="#94a1ad",
    not_due="#586675",
    late=("#7d5a2c", "#ab7434", "#d58f3f", "#f2b066", "#ffdcae"),
    tints=("#26241c", "#332c1d", "#43361f", "#554122", "#694c26"),
    no_date="#6e695f",
    unapplied="#5d8dab",
    series=("#6db7d6", "#e59a52", "#9aa7b3", "#b794c6", "#74bd9c", "#e08a7f"),
    bands=("#1d333f", "#28505f"),
)


def palette() -> Palette:
    """Return the colours that go with the reader's background."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def bucket_colour(code: str, rank: int, last_rank: int) -> str:
    """Return the colour of a bucket: later is further along the scale, whatever their number."""
    colours = palette()
    if code in ("not_due", "no_due_date", "unapplied"):
        return {
            "not_due": colours.not_due,
            "no_due_date": colours.no_date,
            "unapplied": colours.unapplied,
        }[code]
    return _along(colours.late, rank, last_rank)


def tint(code: str, rank: int, last_rank: int) -> str | None:
    """Return the background of a bucket's column in a grid, light enough to read on."""
    if code in ("not_due", "no_due_date", "unapplied"):
        return None
    return _along(palette().tints, rank, last_rank)


def _along(scale: Sequence[str], rank: int, last_rank: int) -> str:
    """Return the colour of a rank from 1 to `last_rank`, wherever it falls on the scale."""
    place = (rank - 1) / max(last_rank - 1, 1) * (len(scale) - 1)
    low = min(int(place), len(scale) - 2)
    return _mix(scale[low], scale[low + 1], place - low)


def _mix(one: str, other: str, share: float) -> str:
    parts = [
        round(int(one[n : n + 2], 16) * (1 - share) + int(other[n : n + 2], 16) * share)
        for n in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)
