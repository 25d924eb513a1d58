"""Rolling origins: the cash forecast of many past Sundays, each from what was known on its day.

Both clocks are kept: an origin knows the documents booked by then and the payments noted by then.
The timing model is trained anew every thirteen weeks and then only fed with new history, as it is
in daily life.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.cash.backtest import MODEL, Track, with_combination
from models.cash.days import calendar_of
from models.cash.drawing import stand_ins
from models.cash.foretelling import Foretold, Population, foretell
from models.cash.issuance import KINDS, RECENT_WEEKS, Smoothing, forecast_issuance, kinds_of
from models.cash.periods import WEEKS
from models.cash.receipts import MOST_REISSUED, Curves, Horizon, recent_documents
from models.cash.rivals import RULES, Wanted, ets, same_week_last_year
from models.timing.counting import Readied
from models.timing.frame import Frame, History
from models.timing.threads import THREADS
from pipelines.predictions.cash_books import CashBook, date_of, sums_after
from pipelines.predictions.features import Asked, ask_of_books, books_on, history_at

RETRAINED_EVERY = 13
FEWEST_WEEKS_BEFORE = 26
"""How many weeks of documents must lie before the first origin."""

Floats = NDArray[np.float64]

SLICES = """
select
    document_id, exit_on - date '1970-01-01' as day,
    cast(cast(amount as decimal(28, 2)) * 100 as bigint) as cents
from features.slices
where exit = 'paid'
order by all
"""


class Timing(Protocol):
    """Something that says when documents are paid, from the history of a day."""

    def predict(
        self, history: History, frame: Frame, readied: Readied | None = None
    ) -> Mapping[str, Curves]:
        """Return a curve for each question, by each of its methods.

        Args:
            history: What is known.
            frame: The questions.
            readied: The same history, ready to be counted; None: it is made so.
        """


Trainer = Callable[[History, Frame], Timing]
"""Trains what makes curves, from what was known at a day."""


MOST_ASKED = 2_000
"""Open documents that are asked about of each series and Sunday; of more, some stand for all."""


ASKED_AGAIN = 4
"""How many times as many recent documents of a kind of day are asked about as are issued again.

Of more, some stand for all; what that adds in error was not measured.
"""


class Questions(NamedTuple):
    """What is learnt from over the whole past: documents as new, and Mondays' books.

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


class Books(NamedTuple):
    """The open books of the origins' evenings, less what credits have already paid.

    Attributes:
        frame: The questions, on the morrows.
        row: The place of each question's document in the cash book.
        size: What is still expected of each document, in cents.
        stood_for: What is expected of all those that it stands for, itself included, in cents.
    """

    frame: Frame
    row: NDArray[np.intp]
    size: Floats
    stood_for: Floats


@dataclass(frozen=True)
class Rolling:
    """The past of one firm, ready to be foretold again.

    Attributes:
        con: A connection with the tables of the features.
        book: The firm.
        questions: Everything that is learnt from; the new documents are issued again.
        train: Makes what says when documents are paid.
        as_of: Last day of which the receipts are known.
        retrained_every: After how many weeks it is made anew.
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
        books = self._books(origins)
        # A thread for each of some Sundays: they know nothing of each other.
        with ThreadPoolExecutor(THREADS) as threads:
            for begin in range(0, len(origins), self.retrained_every):
                block = origins[begin : begin + self.retrained_every].tolist()
                told += threads.map(self._trained(block[0], block[-1], books), block)
        return [
            self._track(series, origins, [each[series] for each in told])
            for series in range(len(self.book.series))
        ]

    def _books(self, origins: NDArray[np.int64]) -> Books:
        """Ask about the open book of every Sunday's evening."""
        whole = books_on(self.con, [date_of(origin + 1) for origin in origins])
        row = self.book.rows_of(whole["document_id"].to_numpy())
        monday = whole["asked_on"].cast(pa.int32()).to_numpy()
        cents = pc.multiply(whole["open_amount"], 100).cast(pa.int64()).to_numpy()
        chosen, size, stood_for = [np.zeros(0, np.intp)], [np.zeros(0)], [np.zeros(0)]
        for origin in origins.tolist():
            rows = np.flatnonzero(monday == origin + 1)
            expected = self.book.expected_of(row[rows], cents[rows], origin)
            for series in range(len(self.book.series)):
                mine = np.flatnonzero(
                    (self.book.documents["series"][row[rows]] == series) & (expected > 0)
                )
                amount, due = expected[mine].astype(float), self.book.documents["due"][row[rows]]
                drawn, amounts = stand_ins(amount, due[mine], MOST_ASKED)
                chosen.append(rows[mine[drawn]])
                size.append(amount[drawn])
                stood_for.append(amounts)
        place = np.concatenate(chosen)
        asked = ask_of_books(self.con, whole.take(pa.array(place)))
        return Books(asked.frame, row[place], np.concatenate(size), np.concatenate(stood_for))

    def _trained(self, first: int, last: int, books: Books) -> Callable[[int], list["_Told"]]:
        """Train on what was known on one Sunday; return what foretells it and those after it."""
        history, asked = history_at(self.con, date_of(last)), self.questions
        readied = Readied.of(history)
        timing = self.train(
            history_at(self.con, date_of(first)),
            asked.frame.take(asked.frame.asked <= first),
        )
        new = self._reissued(first, last)
        # Asked on its day of issue, a document is answered with what was known the day before.
        new = new._replace(curves=timing.predict(history, new.frame, readied))
        smoothings = [self._smoothing(series, first) for series in range(len(self.book.series))]

        def foretold(origin: int) -> list["_Told"]:
            known = np.flatnonzero(recent_documents(new.frame.asked.astype(np.int64), origin))
            past = history.as_known(origin)
            opened = _opened(timing, past, readied.until(origin), books)
            return self._at(origin, past, opened, new.take(known), smoothings)

        return foretold

    def _reissued(self, first: int, last: int) -> "_Asked":
        """Return the documents that are issued again on some Sundays, not yet asked about.

        Of many of one series and kind of day, some stand for all: on each Sunday there are
        several times as many as are issued again.
        """
        asked, of = self.questions, self.book.documents
        recent = np.flatnonzero(
            asked.is_new
            & (asked.frame.asked > first - 7 * RECENT_WEEKS)
            & (asked.frame.asked <= last)
        )
        row = asked.row[recent]
        cents = of["cents"][row].astype(float)
        kind = kinds_of(calendar_of(of["issued"][row].astype(np.int64), self.book.holidays))
        group = of["series"][row] * KINDS + kind
        booked = asked.frame.asked[recent].astype(np.int64)
        stood_for, drawn = cents.copy(), np.zeros(len(row), bool)
        most = ASKED_AGAIN * MOST_REISSUED * ((last - first) // 7 + RECENT_WEEKS) // RECENT_WEEKS
        for each in np.unique(group):
            mine = np.flatnonzero(group == each)
            some, amounts = stand_ins(cents[mine], booked[mine], most)
            drawn[mine[some]], stood_for[mine[some]] = True, amounts
        kept = np.flatnonzero(drawn)
        frame = asked.frame.take(recent[kept])
        return _Asked(frame, row[kept], stood_for[kept], cents[kept], {})

    def _smoothing(self, series: int, origin: int) -> tuple[Smoothing, Smoothing]:
        """Find how a series is smoothed: what is issued, and what comes in."""
        daily = self.book.issued_daily(series, origin)
        weekly = self.book.received_weekly(series, origin)
        issued = forecast_issuance(daily, origin, 7, self.book.holidays).smoothing
        return issued, ets(weekly, WEEKS).smoothing

    def _at(
        self,
        origin: int,
        history: History,
        opened: "_Asked",
        new: "_Asked",
        smoothings: list[tuple[Smoothing, Smoothing]],
    ) -> list["_Told"]:
        """Foretell every series on one Sunday."""
        rules = _by_rules(history, (opened.frame, new.frame))
        curves = [
            {**each.curves, **ruled} for each, ruled in zip((opened, new), rules, strict=True)
        ]
        habits = self.book.habits_at(origin)
        ends = origin + 7 * np.arange(1, WEEKS + 1)
        told = []
        for series, (by_issue, by_week) in enumerate(smoothings):
            mine = [
                np.flatnonzero(self.book.documents["series"][each.row] == series)
                for each in (opened, new)
            ]
            documents = [
                self.book.documents_at(each.row[own], each.cents[own])
                for each, own in zip((opened, new), mine, strict=True)
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
                    Population(each, by[name].take(own), asked.size[own])
                    for each, by, own, asked in zip(
                        documents, curves, mine, (opened, new), strict=True
                    )
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
        frame: The questions.
        row: The place of each question's document in the cash book.
        cents: What each stands for.
        size: What the document itself is of, in cents.
        curves: By method.
    """

    frame: Frame
    row: NDArray[np.intp]
    cents: Floats
    size: Floats
    curves: Mapping[str, Curves]

    def take(self, rows: NDArray[np.intp]) -> "_Asked":
        """Return some of the questions."""
        curves = {name: each.take(rows) for name, each in self.curves.items()}
        return _Asked(
            self.frame.take(rows), self.row[rows], self.cents[rows], self.size[rows], curves
        )


def _opened(timing: Timing, history: History, readied: Readied, books: Books) -> _Asked:
    """Ask about the open book of the evening of a history's last day."""
    rows = np.flatnonzero(books.frame.asked == history.as_of + 1)
    frame = books.frame.take(rows)
    answered = timing.predict(history, frame, readied)
    return _Asked(frame, books.row[rows], books.stood_for[rows], books.size[rows], answered)


def _by_rules(
    history: History, frames: tuple[Frame, Frame]
) -> tuple[dict[str, Curves], dict[str, Curves]]:
    """Ask every rule about two frames, together: a rule goes over the whole history."""
    days = (
        np.concatenate([getattr(frame, name) for frame in frames]).astype(np.int64)
        for name in ("customer", "issued", "due", "asked")
    )
    wanted = Wanted(*days)
    told = {name: rule(history, wanted) for name, rule in RULES.items()}
    place = np.arange(len(wanted.due))
    first, second = np.split(place, [len(frames[0])])
    return (
        {name: each.take(first) for name, each in told.items()},
        {name: each.take(second) for name, each in told.items()},
    )


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
