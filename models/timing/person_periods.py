"""Person-period rows: one row per document, day asked and bin of delay it went through unpaid.

A document that was asked about on day s and was paid in bin b gives the rows of the bins from s to
b, with the answer "paid here" in the last alone; one that is still open gives the rows up to
today, all without. That is what makes a classifier of "paid in this bin, given unpaid so far" a
model of time, and what lets open documents teach it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.timing.frame import CREDITED, OPEN, PAID, Floats, Frame, History
from models.timing.grid import BINS, HIGH, bin_of, share_left
from models.timing.stirring import stirred

Rows = NDArray[np.intp]


class PersonPeriods(NamedTuple):
    """Rows to learn from.

    Attributes:
        question: Position of the question in its frame.
        bin: The bin gone through.
        paid: 1 where the payment came in it.
        weight: The slice's share of its document, of a bin seen in part that part of it, over the
            row's chance of being drawn.
    """

    question: Rows
    bin: NDArray[np.int32]
    paid: NDArray[np.int8]
    weight: Floats


def person_periods(history: History, frame: Frame, at_most: int) -> PersonPeriods:
    """Return what the history says became of each question, bin by bin.

    Args:
        history: What is known; days after its end count as not yet happened.
        frame: Questions on documents of that history, each asked by the end of it.
        at_most: About how many rows to return. Where there would be more, whole questions are
            left out first, then rows without a payment, whose weight grows in turn. Which, follows
            from the documents' own days and amounts, never from their place or number.

    Returns:
        The rows, in no order that matters.
    """
    question, piece = _slices(history, frame)
    due = frame.due[question]
    asked = frame.asked[question] - due
    first = bin_of(asked)
    done = history.kind[piece] != OPEN
    until = np.where(done, history.exit[piece], history.as_of + 1) - due
    last = np.minimum(bin_of(until), BINS - 1)
    event = (history.kind[piece] == PAID) & (until <= HIGH[-1])
    kept = (first < BINS) & (until >= asked) & (event | (until > asked))
    kept &= history.kind[piece] != CREDITED
    length = np.where(kept, last - first + 1, 0)

    keep_questions, keep_unpaid = _shares_kept(int(length.sum()), int(event[kept].sum()), at_most)
    chance = _chance(frame)
    length[chance[question] >= keep_questions] = 0
    row = np.repeat(np.arange(len(question)), length)
    place = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    bins = (first[row] + place).astype(np.int32)
    paid = event[row] & (bins == last[row])
    seen = np.where(paid | (bins < last[row]) | event[row], 1.0, 1.0 - share_left(until[row]))
    drawn = paid | (_mixed(chance[question[row]], bins) < keep_unpaid)
    drawn &= seen > 0
    weight = history.share[piece[row]] * seen / np.where(paid, 1.0, keep_unpaid)
    return PersonPeriods(
        question[row][drawn], bins[drawn], paid[drawn].astype(np.int8), weight[drawn]
    )


def _slices(history: History, frame: Frame) -> tuple[Rows, Rows]:
    """Return each question with each slice of its document that was open on the day asked."""
    order = np.argsort(history.item, kind="stable")
    items = history.item[order]
    begin = np.searchsorted(items, frame.item, side="left")
    count = np.searchsorted(items, frame.item, side="right") - begin
    question = np.repeat(np.arange(len(frame)), count)
    within = np.arange(len(question)) - np.repeat(np.cumsum(count) - count, count)
    piece = order[begin[question] + within]
    open_then = (history.kind[piece] == OPEN) | (history.exit[piece] >= frame.asked[question])
    return question[open_then], piece[open_then]


def _shares_kept(rows: int, events: int, at_most: int) -> tuple[float, float]:
    """Return the share of the questions to keep, and of their rows without a payment.

    Up to four in five of the rows without a payment go before any question does: rows of one
    document resemble each other, documents do not.

    >>> _shares_kept(1000, 100, 2000)
    (1.0, 1.0)
    >>> _shares_kept(1000, 100, 550)
    (1.0, 0.5)
    >>> _shares_kept(1000, 100, 140)
    (0.5, 0.2)
    """
    if rows <= at_most:
        return 1.0, 1.0
    unpaid = max(rows - events, 1)
    keep = max((at_most - events) / unpaid, 0.2)
    return min(1.0, at_most / (events + keep * unpaid)), keep


def _chance(frame: Frame) -> Floats:
    """Return a number from 0 to 1 for each question that follows from what it is about."""
    cents = np.rint(frame.amount * 100).astype(np.int64).astype(np.uint64)
    mixed = stirred(cents)
    for days in (frame.issued, frame.due, frame.asked):
        mixed = stirred(mixed ^ days.astype(np.int64).astype(np.uint64))
    return np.asarray(mixed >> np.uint64(11), dtype=np.float64) / 2.0**53


def _mixed(chance: Floats, bins: NDArray[np.int32]) -> Floats:
    mixed = stirred((chance * 2.0**53).astype(np.uint64) + bins.astype(np.uint64))
    return np.asarray(mixed >> np.uint64(11), dtype=np.float64) / 2.0**53


def canonical(
    rows: NDArray[np.float32], paid: NDArray[np.int8], weight: Floats
) -> NDArray[np.intp]:
    """Return an order of the rows that follows from what they hold alone.

    Rows that hold the same may stand in either order: it makes no difference to a sum.
    """
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        mixed = stirred(mixed ^ np.ascontiguousarray(column).view(np.uint32).astype(np.uint64))
    return np.lexsort((weight, paid, mixed))


def weekday(days: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the weekday of each day, Monday 0.

    >>> weekday(np.array([0])).tolist()   # 1 January 1970 was a Thursday
    [3]
    """
    return np.asarray((days + 3) % 7)


_FIRST_DAY, _LAST_DAY = -36525, 73050
_CALENDAR = np.arange(_FIRST_DAY, _LAST_DAY).astype("datetime64[D]")
_MONTH = _CALENDAR.astype("datetime64[M]")
_DAY_OF_MONTH = ((_CALENDAR - _MONTH).astype(int) + 1).astype(np.int16)
_MONTH_END = (_MONTH + 1).astype("datetime64[D]")
_TO_MONTH_END = ((_MONTH_END - _CALENDAR).astype(int) - 1).astype(np.int16)


def calendar_of(days: NDArray[np.int32]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return the day of the month of each day, and the days from it to the month's last.

    >>> [each.tolist() for each in calendar_of(np.array([0, 30]))]
    [[1, 31], [30, 0]]
    """
    place = np.clip(days, _FIRST_DAY, _LAST_DAY - 1) - _FIRST_DAY
    return _DAY_OF_MONTH[place], _TO_MONTH_END[place]
