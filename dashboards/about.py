"""How far the figures can be trusted today: of which day they are, how old, what is missing."""

from datetime import UTC, datetime, timedelta

from dashboards import formats, page, state
from dashboards.language import nt, t
from published.snapshot import Pointer

IS_SAMPLE = "select coalesce(sample, false) as sample from meta.snapshot"

LEDGERS = "select count(*)::int as file_count from intake.files where format in ('fec', 'fec_xml')"


def now() -> datetime:
    """Return the time. It tells the age of the snapshot, and enters no figure."""
    return datetime.now(UTC)


def has_ledger() -> bool:
    """Return whether there is a ledger to tie to: a firm may give lists and tables alone."""
    return bool(state.row(LEDGERS)["file_count"])


def is_old(pointer: Pointer) -> bool:
    """Return whether a refresh is overdue. Books of the past stay what they are, however old."""
    hours = (now() - pointer.published_at) / timedelta(hours=1)
    return pointer.as_of_basis == "today" and hours > pointer.stale_after_hours


def provenance(pointer: Pointer) -> str:
    """Return of which day the figures are and when they were published."""
    told = [
        t(
            "As of {day}, published {moment} ({when})",
            day=formats.day(pointer.as_of),
            moment=formats.moment(pointer.published_at),
            when=t("{age} ago", age=_age(pointer)) if _minutes(pointer) else t("just now"),
        )
    ]
    if pointer.as_of_basis == "last_entry":
        told.append(
            t("historical books: that is the last day of the ledger")
            if has_ledger()
            else t("historical books: that is the last day of the extracts")
        )
    if state.row(IS_SAMPLE)["sample"]:
        told.append(t("sample company"))
    return " · ".join(told)


def warnings(pointer: Pointer) -> None:
    """Show what a reader must know before relying on the figures, if anything."""
    if is_old(pointer):
        page.warn(
            t(
                "These figures are {age} old: the last refresh was on {moment}. "
                "Run “encaisse refresh”.",
                age=_age(pointer),
                moment=formats.moment(pointer.published_at),
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
    minutes = _minutes(pointer)
    if minutes < 60:
        return nt("{n} minute", "{n} minutes", minutes)
    if minutes < 48 * 60:
        return nt("{n} hour", "{n} hours", minutes // 60)
    return nt("{n} day", "{n} days", minutes // (24 * 60))


def _minutes(pointer: Pointer) -> int:
    return max(int((now() - pointer.published_at) / timedelta(minutes=1)), 0)
