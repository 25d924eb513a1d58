"""Rolling origins: the cash forecast of many past Sundays, each from what was known on its day.

Both clocks are kept: an origin knows the documents booked by then and the payments noted by then.
The timing model is trained anew every thirteen weeks and then only fed with new history, as it is
in daily life.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import duckdb
import numpy as np
from numpy.typing import NDArray

from models.cash.backtest import MODEL, Track, with_combination
from models.cash.foretelling import Foretold, Population, foretell
from models.cash.issuance import RECENT_WEEKS, Smoothing, forecast_issuance
from models.cash.periods import WEEKS
from models.cash.receipts import Curves, Horizon, recent_documents
from models.cash.rivals import RULES, Wanted, ets, same_week_last_year
from models.timing.frame import Frame, History
from pipelines.predictions.cash_books import CashBook, date_of, sums_after
from pipelines.predictions.features import Asked, history_at

RETRAINED_EVERY = 13
FEWEST_WEEKS_BEFORE = 26
"""How many weeks of documents must lie before the first origin."""

Floats = NDArray[np.float64]

SLICES = """
select
    document_id, exit_on - date '1970-01-01' as day, cast(amount * 100 as bigint) as cents
from features.slices
where exit = 'paid'
order by all
"""


class Timing(Protocol):
    """Something that says when documents are paid, from the history of a day."""

    def predict(self, history: History, frame: Frame) -> Curves:
        """Return a curve for each question."""


Trainer = Callable[[History, Frame], dict[str, Timing]]
"""Trains every method that makes curves, from what was known at a day; by name."""


class Questions(NamedTuple):
    """What is asked about over the whole past, once: each document as new, and each Monday's book.

    Attributes:
        frame: The questions.
        row: The place of each question's document in the cash book.
        is_new: Whether it is asked about as new.
    """

    frame: Frame
    row: NDArray[np.intp]
    is_new: NDArray[np.bool_]

    @classmethod
    def of(cls, asked: Asked, book: CashBook) -> "Questions":
        """Tell the new from the open: a document is new on the day it is booked."""
        row = book.rows_of(asked.frame.item)
        return cls(asked.frame, row, asked.frame.asked == book.documents["booked"][row])


@dataclass(frozen=True)
class Rolling:
    """The past of one firm, ready to be foretold again.

    Attributes:
        con: A connection with the tables of the features.
        book: The firm.
        questions: Everything that may be asked about on the origins' morrows.
        train: Makes the methods.
        as_of: Last day of which the receipts are known.
        retrained_every: After how many weeks the methods are made anew.
    """

    con: duckdb.DuckDBPyConnection
    book: CashBook
    questions: Questions
    train: Trainer
    as_of: int
    retrained_every: int = RETRAINED_EVERY

    def tracks(self, origins: NDArray[np.int64]) -> list[Track]:
        """Return the track of each series over these Sundays, which must follow each other."""
        told: list[list[_Told]] = []
        # One thread for each Sunday: they know nothing of each other.
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for begin in range(0, len(origins), self.retrained_every):
                block = origins[begin : begin + self.retrained_every].tolist()
                told += threads.map(self._trained(block[0], block[-1]), block)
        return [
            self._track(series, origins, [each[series] for each in told])
            for series in range(len(self.book.series))
        ]

    def _trained(self, first: int, last: int) -> Callable[[int], list["_Told"]]:
        """Train on what was known on one Sunday; return what foretells it and those after it."""
        history, asked = history_at(self.con, date_of(last)), self.questions
        methods = self.train(
            history_at(self.con, date_of(first)),
            asked.frame.take(asked.frame.asked <= first),
        )
        recent = np.flatnonzero(
            asked.is_new
            & (asked.frame.asked > first - 7 * RECENT_WEEKS)
            & (asked.frame.asked <= last)
        )
        # Asked on its day of issue, a document is answered with what was known the day before.
        frame = asked.frame.take(recent)
        answered = {name: timing.predict(history, frame) for name, timing in methods.items()}
        smoothings = [self._smoothing(series, first) for series in range(len(self.book.series))]

        def foretold(origin: int) -> list["_Told"]:
            issued = asked.frame.asked[recent].astype(np.int64)
            known = np.flatnonzero(recent_documents(issued, origin))
            new = _Asked(
                recent[known], {name: curves.take(known) for name, curves in answered.items()}
            )
            past = history.as_known(origin)
            return self._at(origin, past, self._opened(origin, past, methods), new, smoothings)

        return foretold

    def _smoothing(self, series: int, origin: int) -> tuple[Smoothing, Smoothing]:
        """Find how a series is smoothed: what is issued, and what comes in."""
        daily = self.book.issued_daily(series, origin)
        weekly = self.book.received_weekly(series, origin)
        issued = forecast_issuance(daily, origin, 7, self.book.holidays).smoothing
        return issued, ets(weekly, WEEKS).smoothing

    def _opened(self, origin: int, history: History, methods: dict[str, Timing]) -> "_Asked":
        """Ask about the open book of a Sunday's evening, less what credits have already paid."""
        asked = self.questions
        rows = np.flatnonzero(~asked.is_new & (asked.frame.asked == origin + 1))
        cents = np.rint(asked.frame.amount[rows] * 100).astype(np.int64)
        expected = self.book.expected_of(asked.row[rows], cents, origin)
        rows, expected = rows[expected > 0], expected[expected > 0]
        frame = asked.frame.take(rows)
        answered = {name: timing.predict(history, frame) for name, timing in methods.items()}
        return _Asked(rows, answered, expected)

    def _at(
        self,
        origin: int,
        history: History,
        opened: "_Asked",
        new: "_Asked",
        smoothings: list[tuple[Smoothing, Smoothing]],
    ) -> list["_Told"]:
        """Foretell every series on one Sunday."""
        of, asked = self.book.documents, self.questions
        curves = [
            {**each.curves, **_by_rules(history, asked.frame.take(each.rows))}
            for each in (opened, new)
        ]
        habits = self.book.habits_at(origin)
        ends = origin + 7 * np.arange(1, WEEKS + 1)
        told = []
        for series, (by_issue, by_week) in enumerate(smoothings):
            mine = [
                np.flatnonzero(of["series"][asked.row[each.rows]] == series)
                for each in (opened, new)
            ]
            rows = [
                asked.row[each.rows[own]] for each, own in zip((opened, new), mine, strict=True)
            ]
            amounts = [opened.cents[mine[0]], of["cents"][rows[1]]]
            documents = [
                self.book.documents_at(place, amount)
                for place, amount in zip(rows, amounts, strict=True)
            ]
            issuance = forecast_issuance(
                self.book.issued_daily(series, origin),
                origin,
                7 * WEEKS,
                self.book.holidays,
                by_issue,
            )
            found = {}
            for name in curves[0]:
                # A rule that names a day names it; only curves are moved onto pay days.
                horizon = Horizon(
                    origin, ends, self.book.holidays, habits if name in opened.curves else None
                )
                populations = [
                    Population(each, by[name].take(own))
                    for each, by, own in zip(documents, curves, mine, strict=True)
                ]
                found[name] = foretell(populations[0], populations[1], issuance, horizon)
            told.append(self._told(series, origin, found, by_week))
        return told

    def _told(
        self, series: int, origin: int, found: dict[str, Foretold], smoothing: Smoothing
    ) -> "_Told":
        weekly = self.book.received_weekly(series, origin)
        top_down = ets(weekly, WEEKS, smoothing)
        last_year = same_week_last_year(weekly, WEEKS)
        if last_year is None:
            last_year = np.full(WEEKS, np.nan)
        return _Told(
            found,
            {"same_week_last_year": last_year, "ets": top_down.amounts},
            top_down.width_80,
            float(weekly[-52:].mean()) if len(weekly) else 0.0,
        )

    def _track(self, series: int, origins: NDArray[np.int64], told: list["_Told"]) -> Track:
        model = MODEL if MODEL in told[0].found else next(iter(told[0].found))
        names = list(told[0].found)
        track = Track(
            origins=origins,
            open_book={
                name: np.array([each.found[name].open_book for each in told]) for name in names
            },
            total={
                **{name: np.array([each.found[name].total for each in told]) for name in names},
                **{
                    name: np.array([each.top_down[name] for each in told])
                    for name in told[0].top_down
                },
            },
            variance=np.array([each.found[model].variance for each in told]),
            usual=np.array([each.usual for each in told]),
            actual_open=self._actual_open(series, origins),
            actual=self.book.received_after(series, origins, self.as_of),
            ets_width=np.array([each.ets_width for each in told]),
        )
        return with_combination(track)

    def _actual_open(self, series: int, origins: NDArray[np.int64]) -> Floats:
        """Return what came in from the documents that were booked by each origin."""
        paid = self.con.sql(SLICES).fetchnumpy()
        rows = self.book.rows_of(paid["document_id"])
        mine = self.book.documents["series"][rows] == series
        booked = self.book.documents["booked"][rows][mine]
        return sums_after(origins, self.as_of, paid["day"][mine], paid["cents"][mine], booked)


class _Asked(NamedTuple):
    """Questions of one day and their answers.

    Attributes:
        rows: Which questions.
        curves: By method.
        cents: What is still expected of each open document.
    """

    rows: NDArray[np.intp]
    curves: dict[str, Curves]
    cents: NDArray[np.int64] = np.zeros(0, np.int64)


def _by_rules(history: History, frame: Frame) -> dict[str, Curves]:
    days = (column.astype(np.int64) for column in (frame.issued, frame.due, frame.asked))
    wanted = Wanted(frame.customer, *days)
    return {name: rule(history, wanted) for name, rule in RULES.items()}


class _Told(NamedTuple):
    """What was foretold of one series on one Sunday."""

    found: dict[str, Foretold]
    top_down: dict[str, Floats]
    ets_width: Floats
    usual: float


def sundays(book: CashBook, as_of: int, most: int) -> NDArray[np.int64]:
    """Return the last Sundays that can be origins: a week after them is over, enough lies before.

    Args:
        book: The firm.
        as_of: Last day known.
        most: The most origins wanted.
    """
    first = book.first_day + 7 * FEWEST_WEEKS_BEFORE
    last = as_of - 7
    last -= (last + 4) % 7  # day 3 was a Sunday
    count = max((last - first) // 7 + 1, 0)
    return last - 7 * np.arange(min(count, most))[::-1]
