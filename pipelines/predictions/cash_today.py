"""What is known at the end of the day: the open book and what is issued again, asked about."""

from datetime import date
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.cash.pay_days import Habits
from models.cash.receipts import Curves
from models.cash.rivals import RULES, Wanted
from models.cash.unapplied import Credit, covered
from models.timing.frame import Frame, History
from pipelines.backtests.rolling import Timing
from pipelines.predictions.cash_books import CashBook, day_number
from pipelines.predictions.features import ask_reissued, history_at, open_book

Cents = NDArray[np.int64]

# What nothing uses yet, as published.
CREDITS = """
select customers.customer_code, items.booked_on - date '1970-01-01' as day,
    cast(cast(-items.open_amount as decimal(28, 2)) * 100 as bigint) as cents
from receivables.open_items($as_of) as items
join features.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
    and customers.currency = items.currency
where items.side = 'credit' and items.open_amount < 0
order by all
"""

# Of an item nobody may expect money in the normal run of things, and why.
ITEMS = """
select
    items.item_id, cast(cast(items.open_amount as decimal(28, 2)) * 100 as bigint) as cents,
    case
        when items.account like '416%' or standings.standing = 'doubtful' then 'doubtful'
        when standings.standing = 'disputed' then 'disputed'
        when customers.is_collected = 1 then 'collected_by_us'
    end as exceptional
from receivables.open_items($as_of) as items
join features.customers as customers
    on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
    and customers.currency = items.currency
left join ledger.standings as standings on standings.item_id = items.item_id
where items.side = 'debit'
order by items.item_id
"""


DAYS = ("issued", "due", "asked")
DAYS_ASKED = {"issued_on": "issued", "due_on": "due"}


class Today(NamedTuple):
    """The open book and the documents issued again, with everything that is known of them.

    Attributes:
        as_of: The day the forecast is made at the end of.
        history: What is known by then.
        frame: The questions: open items first, then recent documents, issued again, as new.
        item: The item of each open question.
        row: The place of each question's document in the cash book.
        cents: What is open of each open item.
        expected: What of it may still come: not covered by a credit, not doubtful.
        exceptional: Why an item stands apart, or None.
        curves: By method, the curves of every question; see `curves_of`.
        habits: The customers' pay days; None if they say nothing.
    """

    as_of: int
    history: History
    frame: Frame
    item: NDArray[np.int64]
    row: NDArray[np.intp]
    cents: Cents
    expected: Cents
    exceptional: list[str | None]
    curves: dict[str, Curves]
    habits: Habits | None

    def curves_of(self, method: str) -> Curves:
        """Return a method's curves. A rule is asked when it is wanted: few ever are."""
        if method not in self.curves:
            days = (getattr(self.frame, name).astype(np.int64) for name in DAYS)
            self.curves[method] = RULES[method](self.history, Wanted(self.frame.customer, *days))
        return self.curves[method]


def look_at_today(
    con: duckdb.DuckDBPyConnection, book: CashBook, as_of: date, timing: Timing
) -> Today:
    """Ask about the open book and the documents that are issued again."""
    day = day_number(as_of)
    opened = open_book(con)
    items = con.sql(ITEMS, params={"as_of": as_of}).to_arrow_table()
    place = np.searchsorted(items["item_id"].to_numpy(), opened.item)
    cents = items["cents"].to_numpy()[place]
    reasons = items["exceptional"].take(pa.array(place)).to_pylist()
    again = [book.issued_again(series, day) for series in range(len(book.series))]
    new_row = np.concatenate([*again, np.zeros(0, np.intp)])
    new = ask_reissued(con, as_of, _as_they_were(book, new_row))
    frame = _together(opened.frame, new.frame)
    history = history_at(con, as_of)
    curves = dict[str, Curves](timing.predict(history, frame))
    credits = [
        Credit(*map(int, row)) for row in con.sql(CREDITS, params={"as_of": as_of}).fetchall()
    ]
    due = opened.frame.due.astype(np.int64)
    expected = cents - covered(opened.frame.customer, due, cents, credits)
    expected[np.array([reason == "doubtful" for reason in reasons], bool)] = 0
    row = np.concatenate([book.rows_of(opened.frame.item), book.rows_of(new.frame.item)])
    habits = book.habits_at(day)
    return Today(day, history, frame, opened.item, row, cents, expected, reasons, curves, habits)


def _as_they_were(book: CashBook, rows: NDArray[np.intp]) -> pa.Table:
    """Return documents with the days they have, to ask about them with what is known today."""
    of = book.documents
    days = {name: of[column][rows].astype(np.int32) for name, column in DAYS_ASKED.items()}
    return pa.table(
        {
            "document_id": pa.array(of["document_id"][rows].astype(np.int64)),
            **{name: pa.array(each, pa.int32()).cast(pa.date32()) for name, each in days.items()},
        }
    )


def _together(first: Frame, second: Frame) -> Frame:
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in vars(first)
    }
    return Frame(**columns)
