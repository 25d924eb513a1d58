"""Rolling origins: the cash forecast of many past Sundays, each from what was known on its day.

Both clocks are kept: an origin knows the documents booked by then and the payments noted by then.
The timing model is trained anew every thirteen weeks and then only fed with new history, as it is
in daily life.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import duckdb
import numpy as np
from numpy.typing import NDArray

from models.cash.backtest import MODEL, Track
from models.cash.foretelling import Foretold, Population, foretell
from models.cash.issuance import Smoothing, forecast_issuance
from models.cash.periods import WEEKS
from models.cash.receipts import Curves, Horizon
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
    """

    con: duckdb.DuckDBPyConnection
    book: CashBook
    questions: Questions
    train: Trainer
    as_of: int

    def tracks(
        self, origins: NDArray[np.int64], progress: Callable[[float], None] = lambda share: None
    ) -> list[Track]:
        """Return the track of each series over these Sundays, which must follow each other.

        Args:
            origins: Sundays, in order.
            progress: Told the share that is done.
        """
        told: list[list[_Told]] = [[] for _ in self.book.series]
        methods: dict[str, Timing] = {}
        smoothings: dict[int, tuple[Smoothing | None, Smoothing | None]] = {}
        for number, origin in enumerate(origins.tolist()):
            history = history_at(self.con, date_of(origin))
            if number % RETRAINED_EVERY == 0:
                smoothings = {}
                known = self.questions.frame.asked <= origin
                methods = self.train(history, self.questions.frame.take(known))
            for series, of_series in self._at(origin, history, methods, smoothings):
                told[series].append(of_series)
            progress((number + 1) / len(origins))
        return [self._track(series, origins, of_series) for series, of_series in enumerate(told)]

    def _at(
        self,
        origin: int,
        history: History,
        methods: dict[str, Timing],
        smoothings: dict[int, tuple[Smoothing | None, Smoothing | None]],
    ) -> Iterator[tuple[int, "_Told"]]:
        """Foretell every series on one Sunday."""
        of, asked = self.book.documents, self.questions
        opened = np.flatnonzero(~asked.is_new & (asked.frame.asked == origin + 1))
        recent = self._recent(origin)
        cents = np.rint(asked.frame.amount[opened] * 100).astype(np.int64)
        expected = self.book.expected_of(asked.row[opened], cents, origin)
        opened, expected = opened[expected > 0], expected[expected > 0]
        questions = np.concatenate([opened, recent])
        frame = asked.frame.take(questions)
        days = (column.astype(np.int64) for column in (frame.issued, frame.due, frame.asked))
        wanted = Wanted(frame.customer, *days)
        curves = {
            **{name: timing.predict(history, frame) for name, timing in methods.items()},
            **{name: rule(history, wanted) for name, rule in RULES.items()},
        }
        habits = self.book.habits_at(origin)
        series_of = of["series"][asked.row[questions]]
        is_open = np.arange(len(questions)) < len(opened)
        ends = origin + 7 * np.arange(1, WEEKS + 1)
        for series in range(len(self.book.series)):
            book_rows = np.flatnonzero(is_open & (series_of == series))
            new_rows = np.flatnonzero(~is_open & (series_of == series))
            opened_documents = self.book.documents_at(
                asked.row[questions[book_rows]], expected[book_rows]
            )
            new = asked.row[questions[new_rows]]
            new_documents = self.book.documents_at(new, of["cents"][new])
            by_issue, by_week = smoothings.get(series, (None, None))
            issuance = forecast_issuance(
                self.book.issued_daily(series, origin),
                origin,
                7 * WEEKS,
                self.book.holidays,
                by_issue,
            )
            found: dict[str, Foretold] = {}
            for name, of_all in curves.items():
                # A rule that names a day names it; only curves are moved onto pay days.
                own = habits if name in methods else None
                found[name] = foretell(
                    Population(opened_documents, of_all.take(book_rows)),
                    Population(new_documents, of_all.take(new_rows)),
                    issuance,
                    Horizon(origin, ends, self.book.holidays, own),
                )
            weekly = self.book.received_weekly(series, origin)
            top_down = ets(weekly, WEEKS, by_week)
            smoothings[series] = (issuance.smoothing, top_down.smoothing)
            last_year = same_week_last_year(weekly, WEEKS)
            yield (
                series,
                _Told(
                    found,
                    {
                        "same_week_last_year": np.full(WEEKS, np.nan)
                        if last_year is None
                        else last_year,
                        "ets": top_down.amounts,
                    },
                    top_down.width_80,
                    float(weekly[-52:].mean()) if len(weekly) else 0.0,
                ),
            )

    def _recent(self, origin: int) -> NDArray[np.intp]:
        """Return the questions about new documents of the last eight weeks."""
        rows = np.concatenate(
            [self.book.recent(series, origin) for series in range(len(self.book.series))]
            or [np.zeros(0, np.intp)]
        )
        asked = self.questions
        return np.flatnonzero(asked.is_new & np.isin(asked.row, rows))

    def _track(self, series: int, origins: NDArray[np.int64], told: list["_Told"]) -> Track:
        model = MODEL if MODEL in told[0].found else next(iter(told[0].found))
        names = list(told[0].found)
        return Track(
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

    def _actual_open(self, series: int, origins: NDArray[np.int64]) -> Floats:
        """Return what came in from the documents that were booked by each origin."""
        paid = self.con.sql(SLICES).fetchnumpy()
        rows = self.book.rows_of(paid["document_id"])
        mine = self.book.documents["series"][rows] == series
        booked = self.book.documents["booked"][rows][mine]
        return sums_after(origins, self.as_of, paid["day"][mine], paid["cents"][mine], booked)


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
