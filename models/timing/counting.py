"""Counting what became of documents, on any day of a history.

A history is put in order and coded once (`Readied`); what was known at the end of one of its days
(`Seen`) is then read off it without sorting anything anew: past questions are answered with the
counts of many days.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.timing.frame import CREDITED, NOT_YET, OPEN, Codes, Days, Floats, History
from models.timing.grid import BINS, HIGH, bin_of, share_left
from models.timing.stirring import stirred

Bins = NDArray[np.int32]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

EARLIEST, LATEST = -60, 120
"""Delays are cut to these days before they enter a mean, so that one old debt does not rule it."""


class Coded(NamedTuple):
    """Codes, and which of them each slice has.

    Attributes:
        codes: Rising, each once.
        place: The place in `codes` of each slice's own.
    """

    codes: Codes
    place: Places

    @classmethod
    def of(cls, codes: Codes) -> "Coded":
        """Number the codes of some slices."""
        return cls(*np.unique(codes, return_inverse=True))

    def take(self, rows: Places) -> "Coded":
        """Return the codes of some slices: only those that one of them has.

        >>> some = Coded.of(np.array([9, 4, 7])).take(np.array([0, 2]))
        >>> some.codes.tolist(), some.place.tolist()
        ([7, 9], [1, 0])
        """
        place = self.place[rows]
        has_slice = np.zeros(len(self.codes), dtype=bool)
        has_slice[place] = True
        return Coded(self.codes[has_slice], (np.cumsum(has_slice) - 1)[place])

    def sums(self, values: Floats) -> Floats:
        """Return the sum of the slices' values for each code."""
        sums = np.bincount(self.place, weights=values, minlength=len(self.codes))
        return np.asarray(sums, dtype=np.float64)


@dataclass(frozen=True)
class Seen:
    """What was known of every slice but the credited ones at the end of a day.

    A credited slice is left out from its first day, and what was credited later was open.

    Attributes:
        as_of: The day.
        customer: Whose each slice is.
        terms: The terms of its document.
        pair: Its segment within its terms, as `paired` codes them.
        pair_terms: The place of each pair's terms in `terms.codes`.
        share: Its share of its document, above 0 to 1.
        delay: Days from its due day to its payment, or to the day while it is open.
        entered: The bin of delay it was issued in, and what part of it had passed by then.
        entered_part: That part, 0 to 1.
        left: The bin it was paid in, or is in on the morrow while it is open.
        unseen_part: Which part of that bin is still to come: 0 for what was paid.
        is_paid: Whether it was paid ...
        is_event: ... by the last day of the grid.
        is_open: Whether it is open.
        age: Days since its payment: 0 while it is open.
    """

    as_of: int
    customer: Coded
    terms: Coded
    pair: Coded
    pair_terms: Places
    share: Floats
    delay: Days
    entered: Bins
    entered_part: Floats
    left: Bins
    unseen_part: Floats
    is_paid: Flags
    is_event: Flags
    is_open: Flags
    age: Days

    def __len__(self) -> int:
        """Return the number of slices."""
        return len(self.share)

    @cached_property
    def cut_delay(self) -> Floats:
        """Each slice's delay, as it enters a mean."""
        return np.clip(self.delay, EARLIEST, LATEST).astype(float)

    def weights(self, half_life: float) -> Floats:
        """Return each slice's share, halved for every half-life since it was paid."""
        oldest = int(self.age.max()) if len(self) else 0
        # There are fewer ages than slices.
        by_age = 0.5 ** (np.arange(oldest + 1).astype(float) / half_life)
        return np.asarray(self.share * by_age[self.age])

    def counted(self, place: Places, count: int, weight: Floats) -> tuple[Floats, Floats]:
        """Return the events and what was at risk, by code and bin.

        At risk from the bin entered to the bin left; of the first bin, the part after entering; of
        the last, all of it where the payment came in it, else the part up to today.
        """
        entered, left = place * BINS + self.entered, place * BINS + self.left

        def add(cells: Places, values: Floats) -> Floats:
            sums = np.bincount(cells, weights=values, minlength=count * BINS)
            return np.asarray(sums.reshape(count, BINS), dtype=np.float64)

        events = add(left, weight * self.is_event)
        begun, ended = add(entered, weight), add(left, weight)
        at_risk = np.cumsum(begun, axis=1) - np.cumsum(ended, axis=1) + ended
        at_risk -= add(entered, weight * self.entered_part) + add(left, weight * self.unseen_part)
        return events, np.maximum(at_risk, events)


@dataclass(frozen=True)
class Readied:
    """A history made ready to be counted as of any of its days.

    Slices stand in an order that follows from what they are, so that no sum depends on theirs in
    the history: by a number mixed from all that is summed up. Slices with the same number are the
    same. Once as they are at the end of the history, once as if all of them were still open: what
    is known of a day is some of the former and some of the latter, each in order already.

    Attributes:
        as_of: The last day that is looked at: that of the history, or an earlier one.
        history: The slices, by the number of what they are.
        number: That number, rising.
        as_open: The places of the slices, by the number they would have were they open.
        open_number: That number, rising.
        customer: Whose each slice is.
        terms: The terms of its document.
        pair: Its segment within its terms.
        pair_terms: The place of each pair's terms in `terms.codes`.
    """

    as_of: int
    history: History
    number: NDArray[np.uint64]
    as_open: Places
    open_number: NDArray[np.uint64]
    customer: Coded
    terms: Coded
    pair: Coded
    pair_terms: Places

    @classmethod
    def of(cls, history: History) -> "Readied":
        """Make a history ready."""
        number = _number_of(history, history.exit, history.kind, history.known)
        order = np.argsort(number)
        history = history.take(order)
        never = np.full(len(history), NOT_YET, dtype=np.int32)
        as_open = _number_of(history, never, np.full(len(history), OPEN, dtype=np.int8), never)
        order_if_open = np.argsort(as_open)
        terms = Coded.of(history.terms)
        codes = paired(history.segment, history.terms)
        pairs, first, place = np.unique(codes, return_index=True, return_inverse=True)
        return cls(
            history.as_of,
            history,
            number[order],
            order_if_open,
            as_open[order_if_open],
            Coded.of(history.customer),
            terms,
            Coded(pairs, place),
            terms.place[first],
        )

    def until(self, day: int) -> "Readied":
        """Return the same history as it was known at the end of an earlier day."""
        return replace(self, as_of=day)

    def at(self, day: int) -> Seen:
        """Return what was known of every slice at the end of a day, `as_of` or an earlier one."""
        rows, is_open = self._rows_at(day)
        due, exits = self.history.due[rows], self.history.exit[rows]
        issued = self.history.issued[rows] - due
        ended = np.maximum(np.where(is_open, day + 1, exits) - due, issued)
        lived_part = 1.0 - share_left(ended)
        is_paid = ~is_open
        is_event = is_paid & (ended <= HIGH[-1])
        terms, pair = self.terms.take(rows), self.pair.take(rows)
        pair_terms = self.terms.codes[self.pair_terms]
        return Seen(
            as_of=day,
            customer=self.customer.take(rows),
            terms=terms,
            pair=pair,
            pair_terms=np.searchsorted(
                terms.codes, pair_terms[np.searchsorted(self.pair.codes, pair.codes)]
            ),
            share=self.history.share[rows],
            delay=np.where(is_open, day, exits) - due,
            entered=np.minimum(bin_of(issued), BINS - 1),
            entered_part=1.0 - share_left(issued),
            left=np.minimum(bin_of(ended), BINS - 1),
            unseen_part=np.where(is_event, 0.0, 1.0 - lived_part),
            is_paid=is_paid,
            is_event=is_event,
            is_open=is_open,
            age=np.where(is_open, 0, np.maximum(day - exits, 0)),
        )

    def _rows_at(self, day: int) -> tuple[Places, Flags]:
        """Return the slices there were on a day, in order, and which of them were open."""
        history = self.history
        if day == history.as_of:
            rows = np.flatnonzero(history.kind != CREDITED)
            return rows, history.kind[rows] == OPEN
        issued, known = history.issued <= day, history.known <= day
        done = np.flatnonzero(issued & known & (history.kind != CREDITED))
        was_open = (issued & ~known)[self.as_open]
        opened = self.as_open[was_open]
        # Two rows that are in order each are put together.
        at = np.searchsorted(self.number[done], self.open_number[was_open])
        is_open = np.zeros(len(done) + len(opened), dtype=bool)
        is_open[at + np.arange(len(opened))] = True
        rows = np.empty(len(is_open), dtype=np.intp)
        rows[is_open], rows[~is_open] = opened, done
        is_open[~is_open] = history.kind[done] == OPEN
        return rows, is_open


def paired(segment: Codes, terms: Codes) -> Codes:
    """Return one code for each segment within its terms."""
    return np.asarray(segment * (1 << 31) + terms, dtype=np.int64)


def _number_of(
    history: History, exits: Days, kind: NDArray[np.int8], known: Days
) -> NDArray[np.uint64]:
    """Return one number for each slice, mixed from all that is summed up."""
    mixed = np.zeros(len(history), dtype=np.uint64)
    for days in (history.issued, history.due, exits, kind.astype(np.int32), known):
        mixed = stirred(mixed ^ days.astype(np.int64).view(np.uint64))
    for amounts in (history.amount, history.share):
        mixed = stirred(mixed ^ np.ascontiguousarray(amounts, dtype=np.float64).view(np.uint64))
    return mixed
