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
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from models.timing.answering import TimingModel
from models.timing.frame import CREDITED, PAID
from pipelines.predictions.features import EPOCH, ask_book_as_known, history_at
from pipelines.predictions.registry import Card

WINDOW_DAYS = 28
PAID_WINDOWS, LATE_WINDOWS = 6, 13
WIDENED_BY = 0.02
FEWEST_DAYS = 7
FEWEST_DOCUMENTS = 30
"""A share of fewer documents than these says nothing about drift."""

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
    con: duckdb.DuckDBPyConnection, model: TimingModel, card: Card, as_of: date
) -> list[Check]:
    """Return each measure that can be taken on a day and has a range to be held against."""
    known = {(measure, entity): (low, high) for measure, entity, low, high in card.ranges}
    origin = max(as_of - timedelta(days=WINDOW_DAYS), card.as_of)
    found = _late_shares(con, as_of)
    if (as_of - origin).days >= FEWEST_DAYS:
        found |= _paid_shares(con, model, origin, as_of)
    return [
        Check(measure, entity, value, *known[measure, entity])
        for (measure, entity), value in sorted(found.items())
        if (measure, entity) in known
    ]


def ranges(con: duckdb.DuckDBPyConnection, model: TimingModel, as_of: date) -> list[list[Any]]:
    """Return the range of each measure before a day: rows of measure, entity, low, high."""
    seen: dict[tuple[str, str], list[float]] = {}
    for origin in _origins(as_of, PAID_WINDOWS):
        end = origin + timedelta(days=WINDOW_DAYS)
        for key, value in _paid_shares(con, model, origin, end).items():
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
    con: duckdb.DuckDBPyConnection, model: TimingModel, origin: date, until: date
) -> dict[tuple[str, str], float]:
    """Return, by entity, the share paid after `origin` up to a day, less the share expected."""
    asked = ask_book_as_known(con, origin)
    frame = asked.frame.take(asked.item == asked.frame.item)
    if len(frame) < FEWEST_DOCUMENTS:
        return {}
    begin, end = (origin - EPOCH).days, (until - EPOCH).days
    expected = model.predict(history_at(con, origin), frame).paid_by((end - frame.due)[:, None])
    later = history_at(con, until)
    in_window = (later.exit > begin) & (later.exit <= end)
    paid = _summed(frame.item, later.item, later.share * ((later.kind == PAID) & in_window))
    gone = _summed(frame.item, later.item, later.share * ((later.kind == CREDITED) & in_window))
    counted = gone == 0.0  # a credit note says nothing of when customers pay
    gaps = np.minimum(paid, 1.0) - expected[:, 0]
    return _by_entity(con, PAID_SHARE, frame.customer[counted], gaps[counted])


def _summed(
    wanted: NDArray[np.int64], items: NDArray[np.int64], values: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the sum of the values of each item wanted."""
    names, place = np.unique(items, return_inverse=True)
    sums = np.bincount(place, weights=values, minlength=len(names))
    found = np.searchsorted(names, wanted)
    found = np.minimum(found, max(0, len(names) - 1))
    if not len(names):
        return np.zeros(len(wanted))
    return np.where(names[found] == wanted, sums[found], 0.0)


def _by_entity(
    con: duckdb.DuckDBPyConnection,
    measure: str,
    customers: NDArray[np.int64],
    values: NDArray[np.float64],
) -> dict[tuple[str, str], float]:
    entities = dict(con.sql("select customer_code, entity_id from features.customers").fetchall())
    of_row = np.array([entities[int(code)] for code in customers], dtype=object)
    found = {}
    for entity in sorted(set(of_row)):
        own = values[of_row == entity]
        if len(own) >= FEWEST_DOCUMENTS:
            found[measure, entity] = float(own.mean())
    if len(values) >= FEWEST_DOCUMENTS:
        found[measure, FIRM] = float(values.mean())
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
