"""The books of an entity, written month by month: its FEC files and its bank statements."""

from pathlib import Path

import numpy as np

from pipelines.sample import days
from pipelines.sample.books import Balances, in_order, lines_of
from pipelines.sample.events import EVENT, REFERENCE
from pipelines.sample.fec import LINES_AT_ONCE, Fec
from pipelines.sample.firm import BANKS, DOLLAR_BANK, MAIN_BANK, Entity, Firm
from pipelines.sample.lettering import OPENING
from pipelines.sample.overheads import overheads
from pipelines.sample.runs import run_starts
from pipelines.sample.spill import Spill, month_key
from pipelines.sample.statements import Statement, bank_amounts
from pipelines.sample.texts import Party

_OPENING_CASH_PERCENT = 60  # of what customers owe: also the receipts of the month before


class Books:
    """The books of an entity being written, each month after the one before."""

    def __init__(self, firm: Firm, entity: Entity, party: Party, folder: Path) -> None:
        self.firm, self.entity, self.party, self.folder = firm, entity, party, folder
        self.lines = 0
        self.bank_entries = 0
        self._balances = Balances()
        self._receipts = 0
        self._fec: Fec | None = None

    def write_month(self, spill: Spill, year: int, month: int) -> None:
        """Write a month: its part of the FEC, and the statements of the bank accounts."""
        if month == 1:
            self._open(spill, year)
        assert self._fec is not None
        key = self.entity.index, days.MONTHS.index((year, month))
        told = _sorted(spill.take(month_key("told", *key), REFERENCE), "number", "invoice")
        events = spill.take(month_key("events", *key), EVENT)
        so_far = self._balances, self._receipts
        others = overheads(self.firm, self.entity.index, (year, month), *so_far)
        events, entry = in_order(np.concatenate([events, others]))
        self._write_statements(events, entry, told, year, month)
        moved = bank_amounts(events)
        self._receipts = int(moved[(moved > 0) & (events["customer"] >= 0)].sum())
        for low, high in _slices(run_starts(entry), len(events)):
            lines = lines_of(events[low:high], entry[low:high])
            self._balances.add(lines)
            self._fec.write_entries(events[low:high], lines)
        if month == 12:
            self._fec.close()
            self.lines += self._fec.lines

    def _open(self, spill: Spill, year: int) -> None:
        openings = spill.take(f"openings-{self.entity.index}-{days.YEARS.index(year)}", OPENING)
        openings = _sorted(openings, "role", "customer", "document_on", "number", "suffix")
        if year == days.YEARS[0]:
            self._receipts = int(openings["amount"].sum()) * _OPENING_CASH_PERCENT // 100
            self._balances.start(openings, f"bank_{MAIN_BANK[self.entity.index]}", self._receipts)
        else:
            self._balances.carry_forward(openings, year)
        self._fec = Fec(self.folder, self.entity, year, self.party)
        self._fec.write_openings(self._balances.opening(), openings)

    def _write_statements(
        self, events: np.ndarray, entry: np.ndarray, told: np.ndarray, year: int, month: int
    ) -> None:
        for account in BANKS:
            if account.entity == self.entity.index:
                in_euros = self._balances[f"bank_{account.index}"]
                opening = self._balances.dollars if account.index == DOLLAR_BANK else in_euros
                statement = Statement(self.firm, self.party, account, year, month)
                self.bank_entries += statement.write(self.folder, events, entry, told, opening)


def _sorted(rows: np.ndarray, *names: str) -> np.ndarray:
    return rows[np.lexsort([rows[name] for name in reversed(names)])]


def _slices(starts: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Cut events into slices of whole entries, of about so many lines as fit at once."""
    events_at_once = LINES_AT_ONCE // 3
    cuts = np.searchsorted(starts, np.arange(0, count, events_at_once))
    ends = np.unique(np.append(starts[np.minimum(cuts, len(starts) - 1)], [0, count]))
    return list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
