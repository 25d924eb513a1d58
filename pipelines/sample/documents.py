"""The invoices: which customer, which entity, which day, how much, which number."""

from collections.abc import Iterator

import numpy as np

from pipelines.sample import days
from pipelines.sample.draw import spread
from pipelines.sample.firm import COUNTRIES, Firm
from pipelines.sample.runs import places, run_starts

# One invoice, what is agreed, and what will become of it (filled in by `behaviour.decide`).
# Amounts are cents of the invoice's currency; a day of NEVER has no event.
INVOICE = np.dtype(
    [
        ("id", np.int64),
        ("joined", np.int64),  # the id of the invoice that its lettering is named after
        ("customer", np.int32),
        ("entity", np.uint8),
        ("currency", np.uint8),
        ("day", np.int32),
        ("due", np.int32),
        ("number", np.int64),  # year (two figures) times a thousand million, plus the sequence
        ("net", np.int64),
        ("tax", np.int64),
        ("gross", np.int64),
        ("process", np.uint8),
        ("disputed_on", np.int32),
        ("reminded_on", np.int32),
        ("unreminded_on", np.int32),  # when it would have been paid without the reminder
        ("first", np.int64),
        ("first_on", np.int32),
        ("second", np.int64),
        ("second_on", np.int32),
        ("credit", np.int64),
        ("credit_tax", np.int64),
        ("credit_on", np.int32),
        ("credit_number", np.int64),
        ("discount", np.int64),  # net of its VAT
        ("discount_tax", np.int64),
        ("difference", np.int64),  # cents written off; negative: paid too much
        ("difference_on", np.int32),
        ("advance", np.int64),
        ("advance_on", np.int32),
        ("identified_on", np.int32),
        ("returned_on", np.int32),
        ("twice_on", np.int32),
        ("refunded_on", np.int32),
        ("accepted_on", np.int32),  # a bill of exchange
        ("doubtful_on", np.int32),
        ("lost_on", np.int32),
        ("settled_on", np.int32),
    ]
)
YEAR_UNIT = 1_000_000_000  # what a document number counts years in

_SEASON = np.array([0, 92, 95, 107, 100, 97, 108, 95, 58, 107, 107, 103, 100])
_WEEK = np.array([95, 105, 105, 110, 90, 0, 0])
_OPENING_SHARE = 18  # one invoice in the two months before for this many in the three years
_ORDERED_SHARE = 27  # and one in the forty days after
_AMOUNTS = spread(0.6)


def _cumulated_weights() -> np.ndarray:
    day = np.arange(days.COUNT)
    growth = 1000 + 60 * (day - days.START) // 365
    closing = np.where(days.MONTH_END - day < 3, 160, 100)
    weight = _SEASON[days.MONTH] * _WEEK[days.WEEKDAY] * closing * growth // 10_000
    return np.concatenate([[0], np.cumsum(np.where(days.IS_BUSINESS, weight, 0))])


_CUMULATED = _cumulated_weights()


def customer_ranges(firm: Firm, invoices_at_once: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of customers (first, past the last) that have about so many invoices."""
    upto = np.cumsum(firm.customers.invoices)
    low = 0
    while low < firm.customers.count:
        done = upto[low - 1] if low else 0
        high = int(np.searchsorted(upto, done + invoices_at_once, "right"))
        high = max(high, low + 1)
        yield low, high
        low = high


def invoices_of(firm: Firm, low: int, high: int) -> np.ndarray:
    """Return the invoices of a range of customers, as INVOICE rows ordered by id.

    Those of the two months before the first day are there too, paid or not, and those of some
    weeks after the last: they are numbered like the others.
    """
    customers, dice = firm.customers, firm.dice
    in_years = customers.invoices[low:high]
    began = customers.first_day[low:high] < days.START
    stays = customers.last_day[low:high] == days.END
    opening = np.where(began, (in_years + _OPENING_SHARE // 2) // _OPENING_SHARE, 0)
    ordered = np.where(stays, (in_years + _ORDERED_SHARE // 2) // _ORDERED_SHARE, 0)
    counts = in_years + opening + ordered
    customer = np.repeat(np.arange(low, high), counts)
    place = places(counts)

    rows = np.zeros(len(customer), INVOICE)
    for name in INVOICE.names or ():
        if name.endswith("_on"):
            rows[name] = days.NEVER
    ids = customer.astype(np.int64) << 32 | place
    rows["id"] = rows["joined"] = ids
    rows["customer"] = customer
    rows["currency"] = customers.currency[customer]
    of_both = dice.chance("entity", ids, 650)
    entities = customers.entities[customer]
    rows["entity"] = np.where(entities == 2, np.where(of_both, 0, 1), entities)

    before = place >= np.repeat(in_years, counts)
    after = place >= np.repeat(in_years + opening, counts)
    from_start = np.maximum(customers.first_day, days.START)[customer]
    first = np.select([after, before], [days.END + 1, days.OPENING_FROM], from_start)
    last = np.select(
        [after, before], [days.ORDERED_UNTIL, days.START - 1], customers.last_day[customer]
    )
    rows["day"] = _days(firm, rows, first, last)
    rows["due"] = days.due(customers.terms[customer], rows["day"])

    amount = customers.base[customer] * _AMOUNTS[dice.below("amount", ids, 1024)] // 1_000_000
    rows["net"] = amount * (950 + dice.below("price", ids, 100)) // 1000
    taxed = customers.country[customer] == COUNTRIES.index("FR")
    rows["tax"] = np.where(taxed, vat_on(rows["net"]), 0)
    rows["gross"] = rows["net"] + rows["tax"]
    return rows


def _days(firm: Firm, rows: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    low = _CUMULATED[first]
    position = low + firm.dice.below("day", rows["id"], _CUMULATED[last + 1] - low)
    day = np.searchsorted(_CUMULATED, position, "right") - 1
    at_close = days.MONTH_CLOSE[day]
    monthly = firm.customers.monthly[rows["customer"]] & (at_close <= last)
    return np.where(monthly, at_close, day)


def vat_on(net: np.ndarray) -> np.ndarray:
    """Return the French VAT of 20 % on a net amount in cents, rounded half up."""
    return (net * 20 + 50) // 100


class Numbering:
    """Numbers documents in the order of their days, without a gap, one series per entity and year.

    First every chunk of documents is counted; then, in the same order, each is numbered. What is
    kept between the two is one count per entity and day.
    """

    def __init__(self) -> None:
        self._counts = np.zeros((2, days.COUNT), np.int64)
        self._next: np.ndarray | None = None

    def count(self, entity: np.ndarray, day: np.ndarray) -> None:
        """Count the documents of a chunk."""
        np.add.at(self._counts, (entity, day), 1)

    def numbers(self, entity: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the numbers of the documents of a chunk: year and sequence."""
        if self._next is None:
            self._next = self._first_of_each_day()
        slot = entity.astype(np.int64) * days.COUNT + day
        order = np.argsort(slot, kind="stable")
        ordered = slot[order]
        place = places(np.diff(run_starts(ordered), append=len(slot)))
        numbers = np.empty(len(slot), np.int64)
        numbers[order] = self._next.reshape(-1)[ordered] + place
        np.add.at(self._next.reshape(-1), slot, 1)
        return numbers

    def _first_of_each_day(self) -> np.ndarray:
        before = np.cumsum(self._counts, axis=1) - self._counts
        year_start = np.searchsorted(days.YEAR, days.YEAR)
        sequence = before - before[:, year_start] + 1
        return sequence + (days.YEAR - 2000) * YEAR_UNIT
