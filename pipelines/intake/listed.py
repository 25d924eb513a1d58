"""On which day a list of open items was taken, where only the names of its file say it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from pipelines.intake.presets import NAMED
from pipelines.intake.reading import Reading
from pipelines.intake.receipts import Receipt, mapping_of, stated_entity
from pipelines.settings import Settings

NAMED_ON = "named_on"
"""The fact of a receipt that has the days, `2024-03-31; 2024-04-02`."""

NAMED_FOR = "named_for"
"""The fact of an empty list that lies among the files of other entities too, under names of theirs:
their days, each with its entity, `2024-04-02 geneve; 2024-04-09 geneve`."""

SHOWS_SETTLED = "shows_settled"
"""The fact of a table of open items that says whether it has the days of payments too: yes, no."""

# Digits that are no part of a longer number; a time of day may follow: 20240331_1800.
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)([-_. ]?)(?P<m>\d\d)\2(?P<d>\d\d)(?:\d{4}|\d{6})?(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d\d)([-_. ]?)(\d\d)\2((?:19|20)\d\d)(?!\d)")


def is_open_list(receipt: Receipt | Reading) -> bool:
    """Tell whether an extract lists what is open, and does not say when the rest was paid."""
    return receipt.refused_reason is None and receipt.facts.get(SHOWS_SETTLED) == "no"


def with_list_days(receipt: Receipt, settings: Settings) -> Receipt:
    """Add to the receipt of a list of open items the days that its names say.

    The books of such a firm go on to the day of its last list, whatever it was booked last. The
    same content under the names of two days is the list of both. Empty lists all have one content:
    each is of the entity whose files it lies among.
    """
    if not is_open_list(receipt):
        return receipt
    says_itself = receipt.loaded and "extracted_on = " in receipt.facts.get("columns_read", "")
    names = () if says_itself else (receipt.name, *receipt.facts.get("also", "").split("; "))
    found = {
        (day, None if receipt.loaded else _other_entity(name, receipt, settings))
        for name in names
        if (day := day_in_name(name, _date_format(name, receipt, settings)))
    }
    if not found:
        return replace(receipt, last_on=receipt.latest_on)
    own = sorted(day.isoformat() for day, entity in found if entity is None)
    others = sorted(f"{day} {entity}" for day, entity in found if entity is not None)
    told = {NAMED_ON: "; ".join(own), NAMED_FOR: "; ".join(others)}
    facts = receipt.facts | {fact: days for fact, days in told.items() if days}
    return replace(receipt, last_on=max(day for day, _ in found), facts=facts)


def _other_entity(name: str, receipt: Receipt, settings: Settings) -> str | None:
    """Return the entity that a name says, where it is not the one that the receipt is of."""
    stated = stated_entity(name, settings)
    return stated[0] if stated and stated[0] != receipt.entity_id else None


def _date_format(name: str, receipt: Receipt, settings: Settings) -> str | None:
    mapping, preset = mapping_of(name, settings), NAMED.get(receipt.format)
    return (mapping and mapping.date_format) or (preset and preset.date_format) or None


def day_in_name(name: str, date_format: str | None = None) -> date | None:
    """Return the day that a file's name says, else the one of its folder or archive, else None.

    Args:
        name: The file's path below the extracts folder.
        date_format: How the file writes its dates: whether the day or the month comes first.

    Returns:
        None where the name has no date, two different ones, or one that could be two days.

    >>> day_in_name("encours/clients_20240331_1800.csv"), day_in_name("Encours 31.03.2024.xlsx")
    (datetime.date(2024, 3, 31), datetime.date(2024, 3, 31))
    >>> day_in_name("2024-03-31/paris.csv"), day_in_name("open 03-04-2024.csv", "%d/%m/%Y")
    (datetime.date(2024, 3, 31), datetime.date(2024, 4, 3))
    >>> day_in_name("open 03-04-2024.csv"), day_in_name("2024-03-01 to 2024-03-31.csv")
    (None, None)
    """
    for part in reversed(re.split(r"[/!]", name)):
        days = set(_days(part, date_format))
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def _days(text: str, date_format: str | None) -> Iterable[date | None]:
    """Yield each day that a text says; None for one that could be two days."""
    for found in _YEAR_FIRST.finditer(text):
        day = _day(found["y"], found["m"], found["d"])
        if day is not None:
            yield day
    for found in _YEAR_LAST.finditer(text):
        first, second, year = found[1], found[3], found[4]
        day_first, month_first = _day(year, second, first), _day(year, first, second)
        if None in (day_first, month_first) or day_first == month_first:
            either = day_first or month_first
            if either is not None:
                yield either
        elif date_format is None:
            yield None
        else:
            is_day_first = date_format.index("%d") < date_format.index("%m")
            yield day_first if is_day_first else month_first


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
