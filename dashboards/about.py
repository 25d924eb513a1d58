"""How far the figures can be trusted today: of which day they are, how old, what is missing."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from dashboards import formats, page
from dashboards.language import nt, t
from published.snapshot import Pointer

HISTORICAL_AFTER = timedelta(days=31)

Age = Literal["fresh", "old", "historical"]


def now() -> datetime:
    """Return the time. It tells the age of the snapshot, and enters no figure."""
    return datetime.now(UTC)


def age(pointer: Pointer) -> Age:
    """Return how to speak of the snapshot's age.

    Historical books stay what they are however long ago they were published; today's books are
    old once a refresh is overdue.
    """
    if pointer.published_at.date() - pointer.as_of > HISTORICAL_AFTER:
        return "historical"
    hours = (now() - pointer.published_at) / timedelta(hours=1)
    return "old" if hours > pointer.stale_after_hours else "fresh"


def provenance(pointer: Pointer) -> str:
    """Return of which day the figures are and when they were published."""
    return t(
        "As of {day}, published {moment} ({age} ago)",
        day=formats.day(pointer.as_of),
        moment=formats.moment(pointer.published_at),
        age=_age(pointer),
    )


def warnings(pointer: Pointer) -> None:
    """Show what a reader must know before relying on the figures, if anything."""
    how_old = age(pointer)
    if how_old == "old":
        page.warn(
            t(
                "These figures are {age} old: the last refresh was on {moment}. "
                "Run “encaisse refresh”.",
                age=_age(pointer),
                moment=formats.moment(pointer.published_at),
            )
        )
    elif how_old == "historical":
        page.note(
            t(
                "Historical books: the figures are of {day}, the last day of the ledger.",
                day=formats.day(pointer.as_of),
            )
        )
    refused = sum(1 for file in pointer.files if file.refused_reason)
    aside = sum(file.quarantined for file in pointer.files if not file.refused_reason)
    told = []
    if refused:
        told.append(nt("{n} extract was refused.", "{n} extracts were refused.", refused))
    if aside:
        told.append(
            nt("{count} line was set aside.", "{count} lines were set aside.", aside,
               count=formats.number(aside))
        )  # fmt: skip
    if told:
        page.warn(" ".join([*told, t("The figures are without them: see Data health.")]))


def _age(pointer: Pointer) -> str:
    minutes = int((now() - pointer.published_at) / timedelta(minutes=1))
    if minutes < 60:
        return nt("{n} minute", "{n} minutes", max(minutes, 0))
    if minutes < 48 * 60:
        return nt("{n} hour", "{n} hours", minutes // 60)
    return nt("{n} day", "{n} days", minutes // (24 * 60))
