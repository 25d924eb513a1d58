"""Events in the books: what one is, and how those of many invoices are made at once."""

from typing import NamedTuple

import numpy as np

from pipelines.sample import chart, days
from pipelines.sample.behaviour import PLAIN
from pipelines.sample.firm import (
    CHEQUE,
    COLLECTION_BANK,
    DOLLAR_BANK,
    ENTITIES,
    MAIN_BANK,
    TRANSFER,
    USD,
    Firm,
)
from pipelines.sample.runs import places, run_starts

# One event: an entry of its own, or its part of a batch. Amounts are cents of a euro, all zero or
# more (a loss carried forward excepted); `foreign` is cents of the currency.
EVENT = np.dtype(
    [
        ("kind", np.uint8),
        ("entity", np.uint8),
        ("bank", np.uint8),
        ("product", np.uint8),
        ("currency", np.uint8),
        ("suffix", np.uint8),  # tells the payments of one invoice apart
        ("day", np.int32),
        ("document_on", np.int32),
        ("customer", np.int32),  # -1: none
        ("count", np.int32),  # how many invoices it settles
        ("number", np.int64),
        ("invoice", np.int64),
        ("gross", np.int64),
        ("tax", np.int64),
        ("fee", np.int64),
        ("foreign", np.int64),
        ("group_0", np.int64),  # the lettering group of each slot of its kind; -1: none
        ("group_1", np.int64),
        ("letter_0", np.int32),  # 0: not lettered; negative: a partial lettering
        ("letter_1", np.int32),
        ("lettered_0", np.int32),
        ("lettered_1", np.int32),
    ]
)
# An invoice that a payment of several names in its remittance.
REFERENCE = np.dtype(
    [("entity", np.uint8), ("day", np.int32), ("number", np.int64), ("invoice", np.int64)]
)
MOST_REFERENCES = 8  # what a remittance of 140 characters holds
_COLLECTED = ("direct_debit", "cheques_deposited", "cards_settled")


class Events:
    """The events of a range of customers."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self._parts: list[np.ndarray] = []

    def add(
        self,
        kind: str,
        rows: np.ndarray,
        on: np.ndarray,
        amount: np.ndarray,
        **fields: np.ndarray | int,
    ) -> None:
        """Add one event per INVOICE row, on the days given, if that is by the last day.

        `amount` is in cents of the invoice's currency; the books have it at the rate of the day.
        `fields` are fields of the event that are not the invoice's, or not at that rate.
        """
        happens = on <= days.END
        rows, on, amount = rows[happens], on[happens], amount[happens]
        made = np.zeros(len(rows), EVENT)
        made["kind"] = chart.CODE[kind]
        for name in ("entity", "currency", "customer", "number"):
            made[name] = rows[name]
        made["invoice"] = rows["number"]
        made["day"] = made["document_on"] = on
        made["bank"] = bank_of(kind, rows)
        made["suffix"] = made["count"] = 1
        made["group_0"] = made["group_1"] = -1
        made["foreign"] = amount
        made["gross"] = self.firm.in_euros(amount, rows["currency"], on)
        for name, values in fields.items():
            made[name] = values[happens] if isinstance(values, np.ndarray) else values
        self._parts.append(made)

    def all(self) -> np.ndarray:
        """Return the events."""
        return np.concatenate(self._parts)


def bank_of(kind: str, rows: np.ndarray) -> np.ndarray:
    """Return the bank account on which a kind of event happens."""
    main = np.where(rows["currency"] == USD, DOLLAR_BANK, MAIN_BANK[0])
    second = COLLECTION_BANK if kind in _COLLECTED else MAIN_BANK[1]
    return np.where(rows["entity"] == 0, main, second)


class Joint(NamedTuple):
    """Payments of several invoices.

    `paid` are the rows paid, ordered by payment; `first` the row that each payment is named
    after, the one with the lowest number; `counts` how many rows each payment pays.
    """

    paid: np.ndarray
    first: np.ndarray
    counts: np.ndarray


def joint_payments(firm: Firm, rows: np.ndarray) -> Joint:
    """Join the plain payments of one customer on one day, by transfer or cheque."""
    method = firm.customers.method[rows["customer"]]
    plain = (rows["process"] == PLAIN) & np.isin(method, (TRANSFER, CHEQUE))
    paid = np.flatnonzero(plain & (rows["first_on"] <= days.END))
    part = rows[paid]
    opening = part["day"] < days.START
    by = part["customer"], part["entity"], part["first_on"], opening
    order = np.lexsort((part["number"], *reversed(by)))
    starts = run_starts(*(column[order] for column in by))
    paid = paid[order]
    return Joint(paid, paid[starts], np.diff(starts, append=len(paid)))


def join_lettering(rows: np.ndarray, joint: Joint) -> None:
    """Letter together what is paid together, and what one line opens a customer's account with."""
    rows["joined"][joint.paid] = np.repeat(rows["id"][joint.first], joint.counts)
    as_one = np.array([not entity.detailed_openings for entity in ENTITIES])
    opening = np.flatnonzero((rows["day"] < days.START) & as_one[rows["entity"]])
    account = rows["customer"][opening].astype(np.int64) * 2 + rows["entity"][opening]
    _, first, place = np.unique(account, return_index=True, return_inverse=True)
    rows["joined"][opening] = rows["id"][opening][first][place]


def references(rows: np.ndarray, joint: Joint) -> np.ndarray:
    """Return the first invoices of each payment of several, as REFERENCE rows."""
    told = (np.repeat(joint.counts, joint.counts) > 1) & (places(joint.counts) < MOST_REFERENCES)
    named = np.repeat(joint.first, joint.counts)[told]
    found = np.zeros(len(named), REFERENCE)
    found["entity"], found["day"] = rows["entity"][named], rows["first_on"][named]
    found["number"], found["invoice"] = rows["number"][named], rows["number"][joint.paid][told]
    return found
