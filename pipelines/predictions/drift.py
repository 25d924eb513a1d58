"""Drift: whether what the model says still fits what happens, as it did before it was trained.

Two things are watched, for the firm and for each entity:

- `paid_share_28`: of the documents open 28 days ago, the share paid since less the share that was
  expected to be. A model that knew a later day is checked from the last day it knew, once a week
  has passed: in fewer days less is paid and the two differ by less, so that it is not out sooner.
- `late_share_28`: the share of late payments among those of the last 28 days.

Each had a range before the model was trained: the lowest and highest of the windows of 28 days of
the year before (six of them for the first, which asks the model; thirteen for the second), widened
on both sides by half their distance and by two hundredths. What leaves it is out.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, pairwise
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from models.timing.answering import TimingModel
from models.timing.frame import CREDITED, PAID, History
from pipelines.predictions.features import EPOCH, ask_book_as_known, history_at
from pipelines.predictions.registry import Card

WINDOW_DAYS = 28
PAID_WINDOWS, LATE_WINDOWS = 6, 13
WIDENED_BY = 0.02
FEWEST_DAYS = 7
FEWEST_DOCUMENTS = 30
"""A share of fewer documents than these says nothing about drift."""

MOST_ASKED = 5_000
"""Open documents of an entity that the model is asked about in a window. Of more, every so many
are, dealt by the document's own number: they tell a share to 0.007, a third of `WIDENED_BY`."""

FIRM = ""
PAID_SHARE, LATE_SHARE = "paid_share_28", "late_share_28"


class Check(NamedTuple):
    """A measure of one entity, or of the firm (""), against the range it had."""

    measure: str
    entity_id: str
    value: float
    low: float
    high: float

    @property
    def is_out(self) -> bool:
        """Whether it left its range."""
        return not self.low <= self.value <= self.high


def check(
    con: duckdb.DuckDBPyConnection, model: TimingModel, card: Card, history: History
) -> list[Check]:
    """Return each measure that can be taken on a day and has a range to be held against.

    Args:
        con: A connection with the tables of the features.
        model: What is checked.
        card: Its card, which has the ranges.
        history: What is known at the end of the day.
    """
    known = {(measure, entity): (low, high) for measure, entity, low, high in card.ranges}
    as_of = EPOCH + timedelta(days=history.as_of)
    origin = max(as_of - timedelta(days=WINDOW_DAYS), card.as_of)
    found = _late_shares(con, as_of)
    if (as_of - origin).days >= FEWEST_DAYS:
        found |= _paid_shares(con, model, history_at(con, origin), history)
    return [
        Check(measure, entity, value, *known[measure, entity])
        for (measure, entity), value in sorted(found.items())
        if (measure, entity) in known
    ]


def ranges(con: duckdb.DuckDBPyConnection, model: TimingModel, history: History) -> list[list[Any]]:
    """Return the range of each measure before a day: rows of measure, entity, low, high.

    Args:
        con: A connection with the tables of the features.
        model: What is asked.
        history: What is known at the end of the day.
    """
    as_of = EPOCH + timedelta(days=history.as_of)
    seen: dict[tuple[str, str], list[float]] = {}
    # The end of one window is the beginning of the next.
    known = (history_at(con, origin) for origin in _origins(as_of, PAID_WINDOWS))
    for earlier, later in pairwise(chain(known, [history])):
        for key, value in _paid_shares(con, model, earlier, later).items():
            seen.setdefault(key, []).append(value)
    for origin in _origins(as_of, LATE_WINDOWS):
        for key, value in _late_shares(con, origin + timedelta(days=WINDOW_DAYS)).items():
            seen.setdefault(key, []).append(value)
    rows: list[list[Any]] = []
    for (measure, entity), values in sorted(seen.items()):
        if len(values) >= PAID_WINDOWS // 2:
            room = (max(values) - min(values)) / 2 + WIDENED_BY
            rows.append([measure, entity, min(values) - room, max(values) + room])
    return rows


def _origins(as_of: date, count: int) -> Iterator[date]:
    for window in range(count, 0, -1):
        yield as_of - timedelta(days=WINDOW_DAYS * window)


def _paid_shares(
    con: duckdb.DuckDBPyConnection, model: TimingModel, earlier: History, later: History
) -> dict[tuple[str, str], float]:
    """Return, by entity, the share paid from one day to another, less the share expected."""
    asked = ask_book_as_known(con, EPOCH + timedelta(days=earlier.as_of))
    frame = asked.frame.take(asked.item == asked.frame.item)
    if len(frame) < FEWEST_DOCUMENTS:
        return {}
    dealt = Dealt.of(frame.item, _entities_of(con, frame.customer))
    frame = frame.take(dealt.rows)
    begin, end = earlier.as_of, later.as_of
    expected = model.predict(earlier, frame).paid_by((end - frame.due)[:, None])
    came = later.take((later.exit > begin) & (later.exit <= end))
    paid = _summed(frame.item, came.item, came.share * (came.kind == PAID))
    gone = _summed(frame.item, came.item, came.share * (came.kind == CREDITED))
    counted = gone == 0.0  # a credit note says nothing of when customers pay
    gaps = np.minimum(paid, 1.0) - expected[:, 0]
    return _by_entity(PAID_SHARE, dealt, gaps, counted)


class Dealt(NamedTuple):
    """Some of the open documents, that stand for all.

    Attributes:
        rows: Which.
        entity: Whose each is.
        stands_for: How many each stands for, itself included.
    """

    rows: NDArray[np.intp]
    entity: NDArray[np.str_]
    stands_for: NDArray[np.int64]

    @classmethod
    def of(cls, items: NDArray[np.int64], entities: NDArray[np.str_]) -> "Dealt":
        """Deal the documents of each entity by their own numbers, the same ones every time.

        >>> some = Dealt.of(np.arange(12_000) * 7919, np.repeat(["a", "b"], [11_000, 1_000]))
        >>> [int((some.entity == each).sum()) for each in "ab"], int(some.stands_for.sum())
        ([3667, 1000], 12001)
        """
        _, place, count = np.unique(entities, return_inverse=True, return_counts=True)
        every = -(-count // MOST_ASKED)[place]
        rows = np.flatnonzero((items // 7919) % every == 0)
        return cls(rows, entities[rows], every[rows])


def _summed(
    wanted: NDArray[np.int64], items: NDArray[np.int64], values: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the sum of the values of each item wanted."""
    names, place = np.unique(wanted, return_inverse=True)
    found = np.minimum(np.searchsorted(names, items), len(names) - 1)
    own = names[found] == items
    sums = np.bincount(found[own], weights=values[own], minlength=len(names))
    return np.asarray(sums[place], dtype=np.float64)


def _entities_of(con: duckdb.DuckDBPyConnection, customers: NDArray[np.int64]) -> NDArray[np.str_]:
    entities = dict(con.sql("select customer_code, entity_id from features.customers").fetchall())
    return np.array([entities[int(code)] for code in customers], dtype=str)


def _by_entity(
    measure: str, dealt: Dealt, values: NDArray[np.float64], counted: NDArray[np.bool_]
) -> dict[tuple[str, str], float]:
    values, entity, weight = values[counted], dealt.entity[counted], dealt.stands_for[counted]
    found = {}
    for each in np.unique(entity):
        own = values[entity == each]
        if len(own) >= FEWEST_DOCUMENTS:
            found[measure, str(each)] = float(own.mean())
    if len(values) >= FEWEST_DOCUMENTS:
        found[measure, FIRM] = float(np.average(values, weights=weight))
    return found


def _late_shares(con: duckdb.DuckDBPyConnection, as_of: date) -> dict[tuple[str, str], float]:
    """Return, by entity, the share of late payments among those known in the window to a day."""
    rows = con.execute(
        """
        select coalesce(customers.entity_id, $firm), sum(parts.ppm),
            sum(case when parts.delay > 0 then parts.ppm else 0 end), count(*)
        from features.parts as parts
        join features.customers as customers on customers.customer_code = parts.customer_code
        where parts.is_paid and parts.known_on between $first and $last
        group by grouping sets ((customers.entity_id), ())
        """,
        {"firm": FIRM, "first": as_of - timedelta(days=WINDOW_DAYS - 1), "last": as_of},
    ).fetchall()
    return {
        (LATE_SHARE, entity): float(late) / float(total)
        for entity, total, late, count in rows
        if count >= FEWEST_DOCUMENTS and total
    }
