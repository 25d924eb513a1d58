"""What the cash forecast reads: documents, credits that nothing uses, receipts, by series.

A series is one entity and currency, within which amounts may be added up. Everything is in whole
cents and in days since 1970-01-01, as the pure functions of `models.cash` take them.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from models.cash.days import Holidays
from models.cash.pay_days import Habits, tried_habits
from models.cash.periods import WEEKS
from models.cash.receipts import (
    Documents,
    issued_again,
    recent_documents,
    terms_to_month_end,
)
from models.cash.unapplied import Credit, covered
from pipelines.calendar_days import holidays_of

EPOCH = date(1970, 1, 1)
HOLIDAYS_GO_ON_YEARS = 3

# A credit that another entry of the same customer only moves is no credit; one that meets a
# returned payment is undone by it.
CREDITS = """
select
    customers.customer_code, items.booked_on - date '1970-01-01' as day,
    cast(cast(-items.amount as decimal(28, 2)) * 100 as bigint) as cents,
    matches.known_on - date '1970-01-01' as known,
    cast(cast(matches.amount as decimal(28, 2)) * 100 as bigint) as used, items.item_id
from ledger.items as items
join features.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
    and customers.currency = items.currency
left join (
    select credit_item_id, greatest(matched_on, coalesce(noted_on, matched_on)) as known_on, amount
    from ledger.matches
) as matches on matches.credit_item_id = items.item_id
where items.amount < 0
    and items.item_id not in (select credit_item_id from features.transfers)
order by items.item_id, known, used
"""

DOCUMENTS = """
select
    documents.document_id, series.number as series, documents.customer_code,
    documents.booked_on - date '1970-01-01' as booked,
    documents.issued_on - date '1970-01-01' as issued,
    documents.due_on - date '1970-01-01' as due,
    cast(cast(documents.amount as decimal(28, 2)) * 100 as bigint) as cents, documents.is_asked_new
from features.documents as documents
join series on series.entity_id = documents.entity_id and series.currency = documents.currency
order by documents.document_id
"""

RECEIPTS = """
select
    series.number as series, receipts.received_on - date '1970-01-01' as day,
    cast(cast(sum(receipts.amount) as decimal(28, 2)) * 100 as bigint) as cents
from receivables.receipts as receipts
join series on series.entity_id = receipts.entity_id and series.currency = receipts.currency
group by all order by all
"""

PAYMENTS = """
select customers.customer_code, items.booked_on - date '1970-01-01' as day
from ledger.items as items
join features.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
    and customers.currency = items.currency
where items.kind in ('payment', 'settlement') and items.amount < 0
order by all
"""

Columns = dict[str, NDArray[Any]]


class Series(NamedTuple):
    """What may be added up."""

    entity_id: str
    currency: str


@dataclass(frozen=True)
class CashBook:
    """Everything of one firm that cash is foretold from, whatever the day.

    Attributes:
        series: Entity and currency of each series; its place is its number.
        documents: One row per document, sorted by `document_id`.
        credits: One row per use of a credit, and one for a credit without any.
        receipts: Cents received by series and day.
        payments: Customer and day of each payment.
        holidays: The country's bank holidays.
    """

    series: list[Series]
    documents: Columns
    credits: Columns
    receipts: Columns
    payments: Columns
    holidays: Holidays

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, country: str) -> "CashBook":
        """Read it from a database that holds the ledger and the tables of the features."""
        pairs = con.sql("select entity_id, currency from ledger.books order by all").fetchall()
        numbered = [
            {"number": number, "entity_id": entity, "currency": currency}
            for number, (entity, currency) in enumerate(pairs)
        ]
        series = _relation(con, numbered)

        def columns(select: str) -> Columns:
            found = con.sql(f"with series as ({series}) {select}").fetchnumpy()
            return {name: _plain(column) for name, column in found.items()}

        documents, receipts = columns(DOCUMENTS), columns(RECEIPTS)
        days = np.concatenate([documents["booked"], receipts["day"], [0]])
        years = range(date_of(days.min()).year, date_of(days.max()).year + HOLIDAYS_GO_ON_YEARS)
        return cls(
            [Series(*pair) for pair in pairs],
            documents,
            columns(CREDITS),
            receipts,
            columns(PAYMENTS),
            np.array(sorted(holidays_of(country, set(years))), "datetime64[D]"),
        )

    @cached_property
    def first_day(self) -> int:
        """The first day on which the books know a document."""
        booked = self.documents["booked"]
        return int(booked.min()) if len(booked) else 0

    def rows_of(self, document_id: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the place of each document in `documents`."""
        return np.searchsorted(self.documents["document_id"], document_id)

    def credits_at(self, as_of: int) -> list[Credit]:
        """Return the credits that nothing is known to have used by the end of a day."""
        rows = self.credits["day"] <= as_of
        item, first, place = np.unique(
            self.credits["item_id"][rows], return_index=True, return_inverse=True
        )
        used = np.where(self.credits["known"][rows] <= as_of, self.credits["used"][rows], 0)
        taken = np.zeros(len(item), np.int64)
        np.add.at(taken, place, used)
        left = self.credits["cents"][rows][first] - taken
        found = np.flatnonzero(left > 0)
        codes, days = self.credits["customer_code"][rows][first], self.credits["day"][rows][first]
        return [Credit(int(codes[row]), int(days[row]), int(left[row])) for row in found]

    def expected_of(
        self, rows: NDArray[np.intp], open_cents: NDArray[np.int64], as_of: int
    ) -> NDArray[np.int64]:
        """Return what is still expected of open documents: what no unapplied credit covers."""
        of = self.documents
        customer, due = of["customer_code"][rows].astype(np.int64), of["due"][rows]
        return open_cents - covered(customer, due, open_cents, self.credits_at(as_of))

    def habits_at(self, as_of: int) -> Habits | None:
        """Return the customers' pay days as known at the end of a day; None if they say nothing."""
        known = self.payments["day"] <= as_of
        day = self.payments["day"][known].astype(np.int64)
        customer = self.payments["customer_code"][known].astype(np.int64)
        return tried_habits(customer, day, self.first_day, as_of, self.holidays)

    def issued_again(self, series: int, as_of: int) -> NDArray[np.intp]:
        """Return the documents of a series that are issued again: of the last eight weeks, some."""
        of = self.documents
        known = (of["series"] == series) & of["is_asked_new"] & (of["booked"] <= as_of)
        rows = np.flatnonzero(known & recent_documents(of["booked"], as_of))
        issued, cents = of["issued"][rows].astype(np.int64), of["cents"][rows].astype(float)
        return rows[issued_again(issued, cents, self.holidays)]

    def issued_daily(self, series: int, as_of: int) -> NDArray[np.float64]:
        """Return the cents issued in a series on each day from the first one to `as_of`."""
        of = self.documents
        known = (of["series"] == series) & of["is_asked_new"] & (of["booked"] <= as_of)
        days = of["booked"][known] - self.first_day
        count = max(as_of - self.first_day + 1, 0)
        return np.asarray(np.bincount(days, of["cents"][known].astype(float), count), float)

    def received_weekly(self, series: int, as_of: int) -> NDArray[np.float64]:
        """Return the cents received in each whole week up to `as_of`, oldest first."""
        rows = self.receipts["series"] == series
        weeks = max(as_of - self.first_day + 1, 0) // 7
        week = (self.receipts["day"][rows] - (as_of + 1 - 7 * weeks)) // 7
        inside = (week >= 0) & (week < weeks)
        cents = self.receipts["cents"][rows][inside].astype(float)
        return np.asarray(np.bincount(week[inside], cents, weeks), float)

    def received_after(
        self, series: int, origins: NDArray[np.int64], as_of: int
    ) -> NDArray[np.float64]:
        """Return the cents received in each of the weeks after each origin; NaN: not over."""
        rows = self.receipts["series"] == series
        days, cents = self.receipts["day"][rows], self.receipts["cents"][rows]
        return sums_after(origins, as_of, days, cents)

    def documents_at(self, rows: NDArray[np.intp], amount: NDArray[Any]) -> Documents:
        """Return some documents as `models.cash` takes them, with these amounts."""
        of = self.documents
        return Documents(
            of["customer_code"][rows].astype(np.int64),
            of["issued"][rows].astype(np.int64),
            of["due"][rows].astype(np.int64),
            np.asarray(amount, dtype=float),
            self._to_month_end[rows],
        )

    @cached_property
    def _to_month_end(self) -> NDArray[np.bool_]:
        return terms_to_month_end(self.documents["customer_code"], self.documents["due"])


def sums_after(
    origins: NDArray[np.int64],
    as_of: int,
    days: NDArray[np.int64],
    cents: NDArray[np.int64],
    since: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return what came in each of the weeks after each origin.

    Args:
        origins: Sundays.
        as_of: Last day known.
        days: The day of each receipt.
        cents: Its amount.
        since: The day from which each counts: an origin before it does not see it. None: all do.

    Returns:
        (origins, weeks), in cents; NaN for weeks that are not over.
    """
    found = np.full((len(origins), WEEKS), np.nan)
    for row, origin in enumerate(origins.tolist()):
        week = (days - origin - 1) // 7
        inside = (week >= 0) & (week < WEEKS)
        if since is not None:
            inside &= since <= origin
        sums = np.bincount(week[inside], cents[inside].astype(float), WEEKS)
        over = min(max((as_of - origin) // 7, 0), WEEKS)
        found[row, :over] = sums[:over]
    return found


def day_number(day: date) -> int:
    """Return the number of a date."""
    return (day - EPOCH).days


def date_of(day: int | np.integer[Any]) -> date:
    """Return the date of a number."""
    return EPOCH + timedelta(days=int(day))


def _relation(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> str:
    """Return a SELECT of a few rows, which may be none."""
    con.execute(
        "create or replace temp table series_of_cash "
        "(number integer, entity_id varchar, currency varchar)"
    )
    for row in rows:
        con.execute("insert into series_of_cash values ($number, $entity_id, $currency)", row)
    return "select * from series_of_cash"


def _plain(column: Any) -> NDArray[Any]:
    """Return a column without a mask: where there is nothing, a day that never comes, or zero."""
    if not np.ma.isMaskedArray(column):
        return np.asarray(column)
    never = np.iinfo(np.int32).max
    return np.ma.filled(column, never)
