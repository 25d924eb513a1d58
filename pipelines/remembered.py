"""Extracts that were overwritten under their name, and that still count.

A firm may export its list of open items each morning, or its FEC each year, under one name. The
new one does not say what the old one said: it tells of other days. So the old one counts as if it
still lay in the folder, under a name of its own; landing has it. One that tells of the same days is
a newer edition of the same (see `pipelines.overwritten`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.entities import ENOUGH_SHARED
from pipelines.intake.land import land_again
from pipelines.intake.listed import NAMED_ON, is_open_list, with_list_days
from pipelines.intake.receipts import Receipt, with_entity
from pipelines.settings import Settings

ONCE_IN = "once_in"
"""The fact of a receipt that says under which name of the folder its content lay."""

LOST = "cannot_be_read_again"
"""The fact of a receipt that has the days of older lists that nobody can read any more."""

TOLD_BY_NAME = ("settings", "name")
FEW_CUSTOMERS = 5
"""On shorter lists all customers may change from one to the next."""

LIST, LEDGER = "list", "ledger"
MARK_DIGITS = 8  # of a SHA-256, where a day does not tell two contents apart


def with_remembered(
    receipts: Sequence[Receipt], landing: Path, settings: Settings
) -> list[Receipt]:
    """Add the receipts of the contents that were overwritten in the folder and still count.

    Args:
        receipts: Those of the folder, as `land_folder` returns them.
        landing: Where older contents may still be found.
        settings: Which entity owns which files, and how to read tables.

    Returns:
        All receipts, in the order of their names. One that is remembered is named by its file and
        its last day, `encours.csv (2024-03-31)`, and its fact `once_in` is that file. A file of
        which an older list cannot be read any more has the fact `cannot_be_read_again`.
    """
    heard = _landed_by_name(landing, {receipt.sha256 for receipt in receipts})
    if not heard:
        return list(receipts)
    known = {
        receipt.entity_id
        for receipt in receipts
        if receipt.entity_id and receipt.entity_basis in TOLD_BY_NAME
    }
    found: list[Receipt] = []
    taken = {receipt.name for receipt in receipts}
    for receipt in receipts:
        present = receipt
        for name in (receipt.name, *filter(None, receipt.facts.get("also", "").split("; "))):
            walk = _Walk(landing, settings, known)
            for each in walk.back(receipt, heard.pop(name, ())):
                named = f"{name} ({each.last_on or each.latest_on})"
                named = named if named not in taken else f"{named} {each.sha256[:MARK_DIGITS]}"
                taken.add(named)
                found.append(replace(each, name=named, facts={**each.facts, ONCE_IN: name}))
            if walk.lost:
                days = ", ".join(sorted(day.isoformat() for day in walk.lost))
                present = replace(present, facts={**present.facts, LOST: days})
        found.append(present)
    return sorted(found, key=lambda each: each.name)


def _landed_by_name(landing: Path, present: set[str]) -> dict[str, list[Receipt]]:
    """Return what landed under each name and is nowhere in the folder now, the newest first."""
    landed: dict[str, Receipt] = {}
    for file in sorted(landing.glob("*.*/receipt.json")):  # of two recipes, the later
        sha256 = file.parent.name.partition(".")[0]
        if not sha256 or sha256 in present:
            continue
        try:
            receipt = Receipt.from_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # of no use, and of no harm: the next reading of it makes it anew
        if receipt.refused_reason is None and _kind(receipt) is not None:
            before = landed.get(sha256, receipt)
            first = min(before.landed_at, receipt.landed_at)
            landed[sha256] = replace(receipt, landed_at=first)
    heard: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in landed.values():
        heard[receipt.name].append(receipt)
    for older in heard.values():
        older.sort(key=lambda each: (each.landed_at, str(each.latest_on), each.sha256))
        older.reverse()
    return heard


def _kind(receipt: Receipt) -> str | None:
    if is_open_list(receipt):
        return LIST
    return LEDGER if "fec_lines" in receipt.tables else None


@dataclass
class _Walk:
    """Back through the contents that one file had, as far as they still count."""

    landing: Path
    settings: Settings
    known: set[str]
    lost: set[date] = field(default_factory=set)
    newer: Receipt | None = None  # the content after it that counts
    last: date | None = None  # lists: the day of the newest of them
    told: set[date] = field(default_factory=set)  # lists: the days of those that count
    first: date | None = None  # ledgers: the first day of those that count

    def back(self, present: Receipt, older: Sequence[Receipt]) -> Iterator[Receipt]:
        """Yield the older contents that still count, the newest first.

        A file that was refused, or a list that says no day, tells of nothing: it takes nothing's
        place, and the content before it counts as well.
        """
        if not older:
            return
        if present.refused_reason is None:
            if _kind(present) is None:
                return  # something else goes by the name now
            self._begin(present)
        for receipt in older:
            each = land_again(receipt, self.landing, self.settings)
            if each is None:
                self._miss(receipt)
                continue
            each = with_list_days(with_entity(each, self.settings, self.known), self.settings)
            if self.newer is None:
                if self._begin(each):
                    yield each
            elif _kind(each) == _kind(self.newer) and self._tells_of_other_days(each):
                yield each

    def _begin(self, receipt: Receipt) -> bool:
        """Take the newest content that tells of some day; say whether this one does."""
        if receipt.refused_reason is not None or _kind(receipt) is None:
            return False
        days = self._days(receipt)
        if _kind(receipt) == LIST and days:
            self.newer, self.last, self.told = receipt, max(days), set(days)
        elif _kind(receipt) == LEDGER:
            self.newer, self.first = receipt, receipt.first_on
        return self.newer is not None

    def _tells_of_other_days(self, receipt: Receipt) -> bool:
        """Say whether the content counts, and if so take it as the newer one of the next."""
        assert self.newer is not None
        if _kind(receipt) == LIST:
            days = self._days(receipt)
            counts = self.last is not None and bool(days - self.told) and max(days) < self.last
        else:
            days = set()
            counts = bool(receipt.last_on and self.first and receipt.last_on < self.first)
        if not counts or not self._is_of_the_same_books(receipt, self.newer):
            return False
        self.newer = receipt
        self.told |= days
        self.first = receipt.first_on
        return True

    def _days(self, receipt: Receipt) -> set[date]:
        """Return the days of which a list is, as `staging.open_lists` will tell them."""
        if _kind(receipt) != LIST:
            return set()
        named = receipt.facts.get(NAMED_ON)
        if named:
            return {date.fromisoformat(day) for day in named.split("; ")}
        days: set[date] = set()
        if "extracted_on = " in receipt.facts.get("columns_read", ""):
            values = self._values(receipt, "extracted_on")
            days = {day for day in values if isinstance(day, date)}
        return days or ({receipt.latest_on} if receipt.latest_on else set())

    def _is_of_the_same_books(self, older: Receipt, newer: Receipt) -> bool:
        """Say whether two contents can be of one firm: a trial's file may have had the name.

        Lists of no common customer are not, nor are FECs that use other journals and accounts.
        """
        if _kind(older) == LIST:
            mine, theirs = (self._values(each, "customer_id") for each in (older, newer))
            return min(len(mine), len(theirs)) < FEW_CUSTOMERS or not mine.isdisjoint(theirs)
        if older.entity_basis == newer.entity_basis == "content":
            return older.entity_id == newer.entity_id
        if older.entity_basis in TOLD_BY_NAME:
            return True
        mine, theirs = (self._chart(each) for each in (older, newer))
        smaller = max(1, min(len(mine), len(theirs)))
        return len(mine & theirs) / smaller >= ENOUGH_SHARED

    def _values(self, receipt: Receipt, column: str) -> set[object]:
        file = self.landing / receipt.folder / "items.parquet"
        return set(pc.unique(pq.read_table(file, columns=[column])[column]).to_pylist())

    def _chart(self, receipt: Receipt) -> set[object]:
        file = self.landing / receipt.folder / "fec_lines.parquet"
        with duckdb.connect() as con:  # of millions of lines, and never all of them at once
            return set(
                con.execute(
                    "select distinct journal_code, account from read_parquet($file)",
                    {"file": str(file)},
                ).fetchall()
            )

    def _miss(self, receipt: Receipt) -> None:
        """Note a list that would count, and cannot be read as lists are read now."""
        day = receipt.latest_on
        if day and day not in self.told and (self.last is None or day < self.last):
            self.lost.add(day)
