"""The books of one entity: events put in order, turned into entries and lines, and added up."""

from typing import NamedTuple

import numpy as np

from models.errors import EncaisseError
from pipelines.sample import chart
from pipelines.sample.firm import DOLLAR_BANK, EUR
from pipelines.sample.runs import run_numbers, run_starts

_ORDER = ("customer", "suffix", "number", "bank", "kind", "day")  # the last one first
_KINDS = tuple(chart.KINDS.values())
_IS_BATCH = np.array([kind.is_batch for kind in _KINDS])


class Lines(NamedTuple):
    """Ledger lines in their final order. Amounts are signed cents: a debit is positive.

    `foreign` is meant where `shows_foreign`; `event` is the place of the event in its array.
    """

    event: np.ndarray
    entry: np.ndarray  # from 0 within the events given
    account: np.ndarray  # index in chart.NAMES
    amount: np.ndarray
    foreign: np.ndarray
    shows_foreign: np.ndarray
    is_customer: np.ndarray
    letter: np.ndarray
    lettered_on: np.ndarray
    is_shared: np.ndarray


def in_order(events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the events ordered as they are booked, and the entry of each, from 0.

    All events of one batch kind, day and bank are one entry.
    """
    events = events[np.lexsort([events[name] for name in _ORDER])]
    alone = np.where(_IS_BATCH[events["kind"]], -1, np.arange(len(events)))
    starts = run_starts(events["day"], events["kind"], events["bank"], alone)
    return events, run_numbers(starts, len(events))


def part_of(events: np.ndarray, part: str) -> np.ndarray:
    """Return one of the amounts that legs are made of, in cents."""
    weights = {
        "gross": (1, 0, 0),
        "net": (1, -1, 0),
        "tax": (0, 1, 0),
        "fee": (0, 0, 1),
        "less_fee": (1, 0, -1),
        "plus_fee": (1, 0, 1),
        "less_discount": (1, -1, -1),
    }[part]
    gross, tax, fee = weights
    return gross * events["gross"] + tax * events["tax"] + fee * events["fee"]


def lines_of(events: np.ndarray, entry: np.ndarray) -> Lines:
    """Return the lines of ordered events. Lines of nothing are left out."""
    parts: list[np.ndarray] = []
    for code in np.unique(events["kind"]):
        where = np.flatnonzero(events["kind"] == code)
        first = run_starts(entry[where])
        for place, leg in enumerate(_KINDS[code].legs):
            rows = events[where]
            amount = part_of(rows, leg.part) * leg.sign
            foreign = rows["foreign"] * leg.sign
            at = where
            if leg.shared and len(where):
                amount = np.add.reduceat(amount, first)
                foreign = np.add.reduceat(foreign, first)
                at, rows = where[first], rows[first]
            slot = leg.slot
            nothing = np.zeros(len(at), np.int64)
            kept_by_customer = leg.account in chart.ROLES
            in_dollars = (leg.account == "bank") & (rows["bank"] == DOLLAR_BANK)
            parts.append(
                np.stack(
                    [
                        at,
                        entry[at],
                        _accounts(leg.account, rows),
                        amount,
                        foreign,
                        (kept_by_customer & (rows["currency"] != EUR)) | in_dollars,
                        np.full(len(at), kept_by_customer),
                        nothing if slot is None else rows[f"letter_{slot}"],
                        nothing if slot is None else rows[f"lettered_{slot}"],
                        np.full(len(at), leg.shared),
                        np.full(len(at), place),
                    ]
                )
            )
    columns = np.concatenate(parts, axis=1)
    columns = columns[:, columns[3] != 0]
    columns = columns[:, np.lexsort((columns[0], columns[10], columns[1]))]
    logical = {"shows_foreign", "is_customer", "is_shared"}
    return Lines(
        *(
            column.astype(bool) if name in logical else column
            for name, column in zip(Lines._fields, columns, strict=False)
        )
    )


def _accounts(account: str, rows: np.ndarray) -> np.ndarray:
    if account == "sales":
        return chart.PRODUCTS[rows["product"]]
    if account == "bank":
        return chart.BANK_ACCOUNTS[rows["bank"]]
    return np.full(len(rows), chart.INDEX[account])


class Balances:
    """The balance of every account of an entity, in cents; a debit is positive."""

    def __init__(self) -> None:
        self.book = np.zeros(len(chart.NAMES), np.int64)
        self.dollars = 0

    def __getitem__(self, account: str) -> int:
        """Return the balance of an account, by its name in chart.ACCOUNTS."""
        return int(self.book[chart.INDEX[account]])

    def __setitem__(self, account: str, amount: int) -> None:
        """Set the balance of an account."""
        self.book[chart.INDEX[account]] = amount

    def add(self, lines: Lines) -> None:
        """Add the lines of a month, which must balance."""
        if lines.amount.sum() != 0:
            raise EncaisseError(
                f"The entries of a month do not balance: {lines.amount.sum()} cents too much.",
                where="the sample company's ledger",
                fix="report this as a defect, with the seed and the number of items",
            )
        np.add.at(self.book, lines.account, lines.amount)
        in_dollars = lines.account == chart.INDEX[f"bank_{DOLLAR_BANK}"]
        self.dollars += int(lines.foreign[in_dollars].sum())

    def start(self, openings: np.ndarray, cash_account: str, cash: int) -> None:
        """Open the first year: what customers owe, some cash, and capital for the rest."""
        np.add.at(self.book, chart.ROLE_ACCOUNTS[openings["role"]], openings["amount"])
        self[cash_account] = cash
        self["capital"] = -int(self.book.sum())

    def carry_forward(self, openings: np.ndarray, year: int) -> None:
        """Close a year: what was earned and spent becomes the result."""
        self["result"] += int(self.book[chart.IS_YEARLY].sum())
        self.book[chart.IS_YEARLY] = 0
        opened = np.zeros_like(self.book)
        np.add.at(opened, chart.ROLE_ACCOUNTS[openings["role"]], openings["amount"])
        apart = (opened - self.book)[chart.ROLE_ACCOUNTS]
        if apart.any():
            raise EncaisseError(
                f"The openings of {year} are not the closing balances: {apart} cents apart.",
                where="the sample company's ledger",
                fix="report this as a defect, with the seed and the number of items",
            )

    def opening(self) -> np.ndarray:
        """Return rows of (account, amount, dollars): the accounts not kept by customer."""
        kept = [
            (index, int(amount), self.dollars if name == f"bank_{DOLLAR_BANK}" else 0)
            for index, (name, amount) in enumerate(zip(chart.NAMES, self.book, strict=True))
            if name not in chart.ROLES and amount
        ]
        return np.array(kept, np.int64).reshape(-1, 3)
