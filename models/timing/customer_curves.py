"""The customer's own curve: how each customer pays, shrunk to how its like pay.

For each bin of delay the hazard is the share paid in it of what was still open at its start. It is
counted for the firm, for the terms, for the segment within the terms and for the customer; each
level is drawn to the one above as if that many documents of the level above had been seen too
("empirical Bayes"), so that a customer never seen has its segment's curve, and one seen fifty
times has its own. What is still open counts as at risk up to its age today (censoring). What was
credited is left out from its first day: the curve is of what is paid rather than credited. It is
late documents that are credited, and up to their credit they look as if they were never paid.

Two forms of it are offered, and the past says which fits better:

- `bins`: hazard by bin, (events + k x level above) / (at risk + k);
- `shift`: everybody's curve, moved to the customer's own mean delay, itself drawn to the mean of
  its like. It learns from fewer documents, but gives everybody the same spread.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.timing.frame import CREDITED, OPEN, PAID, Codes, Floats, History
from models.timing.grid import BINS, HIGH, LOW, bin_of, share_left

LEVEL_HALF_LIFE = 730.0
"""Days after which an observation counts half for the firm, the terms and the segment."""

LEVEL_PULL = 20.0
"""How many documents of the firm the terms start with, and of the terms the segment."""

FIRM_PULL = 2.0
"""How many documents of `PRIOR` the firm starts with: all it has before its first payment."""

EARLIEST, LATEST = -60, 120
"""Delays are cut to these days before they enter a mean, so that one old debt does not rule it."""

_RESIDUALS = np.arange(-250, 500)


def _prior() -> Floats:
    """Return a hazard for a firm of which nothing is known: most pay around two weeks after due."""
    daily = np.select([LOW < -14, LOW < 0, LOW < 15, LOW < 60], [0.002, 0.01, 0.05, 0.03], 0.01)
    return 1.0 - (1.0 - daily) ** (HIGH - LOW + 1)


PRIOR: Floats = _prior()


class Draw(NamedTuple):
    """How strongly a customer is drawn to its like.

    Attributes:
        pull: How many documents of its like a customer starts with (k).
        half_life: Days after which a document counts half for its customer.
    """

    pull: float
    half_life: float


class Recipe(NamedTuple):
    """What the past chooses about the customers' curves.

    Attributes:
        form: Which form is shown and used: `bins` or `shift`.
        bins: How customers are drawn in the form `bins`.
        shift: How they are drawn in the form `shift`.
    """

    form: str = "bins"
    bins: Draw = Draw(10.0, 180.0)
    shift: Draw = Draw(2.0, 180.0)


class _Experience(NamedTuple):
    """What each slice adds to the count of its bins."""

    entered: NDArray[np.int32]
    entered_part: Floats
    left: NDArray[np.int32]
    left_part: Floats
    is_event: NDArray[np.bool_]
    age: Floats


class Basis(NamedTuple):
    """What the curves of some questions rest on.

    Attributes:
        level: 0 firm, 1 terms, 2 segment, 3 customer: the closest level with enough documents.
        documents: How many settled documents that level has.
    """

    level: NDArray[np.int8]
    documents: Floats


LEVELS = ("firm", "terms", "segment", "customer")
ENOUGH = (0.0, 20.0, 20.0, 3.0)
"""Settled documents from which a level is said to carry a curve."""


@dataclass(frozen=True)
class CustomerCurves:
    """The curves of all customers as they were known at the end of one day.

    Made by `CustomerCurves.of`. A question's customer, segment or terms that the history does not
    hold have the level above.
    """

    recipe: Recipe
    customers: Codes
    settled: Floats
    cells: "_Cells"
    events: Floats
    at_risk: Floats
    moved: "_Shift"

    @classmethod
    def of(cls, history: History, recipe: Recipe) -> "CustomerCurves":
        """Count a history: every slice known at the end of its day but those credited."""
        history = history.take(history.kind != CREDITED)
        history = history.take(_in_order(history))
        seen = _experience(history)
        cells = _Cells.of(history, seen)
        customers, place = np.unique(history.customer, return_inverse=True)
        count = len(customers)
        paid = history.kind == PAID
        settled = _sums(place[paid], history.share[paid], count)
        weight = history.share * 0.5 ** (seen.age / recipe.bins.half_life)
        events, at_risk = _counted(seen, place, count, weight)
        weight = history.share * 0.5 ** (seen.age / recipe.shift.half_life)
        moved = _shift(history, place, weight, cells, recipe.shift.pull)
        return cls(recipe, customers, settled, cells, events, at_risk, moved)

    def hazards(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return the hazard of each bin for each question, in the form the recipe chose."""
        form = self.shifted if self.recipe.form == "shift" else self.binned
        return form(customer, segment, terms)

    def like(self, segment: Codes, terms: Codes) -> Floats:
        """Return the hazards of the level above the customer."""
        return self.cells.hazards(segment, terms)

    def binned(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return the hazards in the form `bins`."""
        above = self.cells.hazards(segment, terms)
        if not len(self.customers):
            return above
        place, known = _found(self.customers, customer)
        pull = self.recipe.bins.pull
        events = np.where(known[:, None], self.events[place], 0.0)
        at_risk = np.where(known[:, None], self.at_risk[place], 0.0)
        return np.minimum((events + pull * above) / (at_risk + pull), 1.0)

    def shifted(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return the hazards in the form `shift`."""
        return self.moved_to(self.usual_delay(customer, segment, terms))

    def moved_to(self, usual: Floats) -> Floats:
        """Return everybody's curve, moved to each of these mean delays."""
        ends = (HIGH - usual[:, None]).ravel()
        by = np.interp(ends, _RESIDUALS, self.moved.residuals).reshape(len(usual), BINS)
        before = np.concatenate([np.zeros((len(usual), 1)), by[:, :-1]], axis=1)
        return np.clip((by - before) / np.maximum(1.0 - before, 1e-9), 0.0, 1.0)

    def usual_delay(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return each customer's mean delay in days, drawn to the mean of its like."""
        mean = self.cells.mean_delay(segment, terms)
        if not len(self.customers):
            return mean
        place, known = _found(self.customers, customer)
        pull = self.recipe.shift.pull
        total = np.where(known, self.moved.delay[place], 0.0)
        weight = np.where(known, self.moved.weight[place], 0.0)
        return np.asarray((total + pull * mean) / (weight + pull))

    def rests_on(self, customer: Codes, segment: Codes, terms: Codes) -> Basis:
        """Return the closest level that has enough settled documents, and how many."""
        level = np.zeros(len(customer), dtype=np.int8)
        documents = np.full(len(customer), float(self.settled.sum()))
        own = np.zeros(len(customer))
        if len(self.customers):
            place, known = _found(self.customers, customer)
            own = np.where(known, self.settled[place], 0.0)
        by_terms, by_pair = self.cells.settled(segment, terms)
        for number, held in enumerate((by_terms, np.where(segment >= 0, by_pair, 0.0), own), 1):
            enough = held >= ENOUGH[number]
            level[enough] = number
            documents[enough] = held[enough]
        return Basis(level, documents)


@dataclass(frozen=True)
class _Cells:
    """The levels above the customer: firm, terms, segment within terms."""

    firm: Floats
    firm_delay: float
    terms: Codes
    terms_hazards: Floats
    terms_delay: Floats
    pairs: Codes
    pair_hazards: Floats
    pair_delay: Floats
    terms_settled: Floats
    pair_settled: Floats

    @classmethod
    def of(cls, history: History, experience: _Experience) -> "_Cells":
        weight = history.share * 0.5 ** (experience.age / LEVEL_HALF_LIFE)
        paid = history.share * (history.kind == PAID)
        one = np.zeros(len(history), dtype=np.int64)
        firm = _drawn(_counted(experience, one, 1, weight), PRIOR[None, :], FIRM_PULL)
        delays = _delays(history)
        mass = weight * (history.kind == PAID)
        firm_delay = float((mass * delays).sum() / (mass.sum() + FIRM_PULL))
        terms, place = np.unique(history.terms, return_inverse=True)
        upper = np.repeat(firm, len(terms), axis=0)
        terms_hazards = _drawn(_counted(experience, place, len(terms), weight), upper, LEVEL_PULL)
        upper_delay = np.full(len(terms), firm_delay)
        terms_delay = _mean(delays, mass, place, upper_delay)
        codes = _paired(history.segment, history.terms)
        pairs, first, pair_place = np.unique(codes, return_index=True, return_inverse=True)
        above = place[first] if len(first) else first
        pair_hazards = _drawn(
            _counted(experience, pair_place, len(pairs), weight), terms_hazards[above], LEVEL_PULL
        )
        pair_delay = _mean(delays, mass, pair_place, terms_delay[above])
        return cls(
            firm[0],
            firm_delay,
            terms,
            terms_hazards,
            terms_delay,
            pairs,
            pair_hazards,
            pair_delay,
            _sums(place, paid, len(terms)),
            _sums(pair_place, paid, len(pairs)),
        )

    def settled(self, segment: Codes, terms: Codes) -> tuple[Floats, Floats]:
        """Return the settled documents of each question's terms, and of its segment in them."""
        none = np.zeros(1)
        return (
            self._looked_up(segment, terms, none, self.terms_settled[:, None], None)[:, 0],
            self._looked_up(
                segment, terms, none, np.zeros((len(self.terms), 1)), self.pair_settled[:, None]
            )[:, 0],
        )

    def hazards(self, segment: Codes, terms: Codes) -> Floats:
        return self._looked_up(segment, terms, self.firm, self.terms_hazards, self.pair_hazards)

    def mean_delay(self, segment: Codes, terms: Codes) -> Floats:
        firm = np.array([self.firm_delay])
        return self._looked_up(
            segment, terms, firm, self.terms_delay[:, None], self.pair_delay[:, None]
        )[:, 0]

    def _looked_up(
        self, segment: Codes, terms: Codes, firm: Floats, by_terms: Floats, by_pair: Floats | None
    ) -> Floats:
        if not len(self.terms):
            return np.repeat(firm[None, :], len(terms), axis=0)
        place, known = _found(self.terms, terms)
        answer = np.where(known[:, None], by_terms[place], firm)
        if by_pair is None:
            return answer
        place, known = _found(self.pairs, _paired(segment, terms))
        return np.where(known[:, None], by_pair[place], answer)


def _sums(place: NDArray[np.intp], values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(place, weights=values, minlength=count), dtype=np.float64)


def _paired(segment: Codes, terms: Codes) -> Codes:
    return np.asarray(segment * (1 << 31) + terms, dtype=np.int64)


def _found(sorted_codes: Codes, wanted: Codes) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    place = np.minimum(np.searchsorted(sorted_codes, wanted), len(sorted_codes) - 1)
    return place, sorted_codes[place] == wanted


def _in_order(history: History) -> NDArray[np.intp]:
    """Return an order that follows from what the slices are, so that no sum depends on theirs.

    It is that of one number for each slice, mixed from all that is summed up: one sort takes a
    third of the time of one sort for each column. Slices with the same number are the same.
    """
    mixed = np.zeros(len(history), dtype=np.uint64)
    for column in (history.issued, history.due, history.exit, history.kind, history.known):
        mixed = _mixed(mixed, column.astype(np.int64).view(np.uint64))
    for column in (history.amount, history.share):
        mixed = _mixed(mixed, np.ascontiguousarray(column, dtype=np.float64).view(np.uint64))
    return np.argsort(mixed)


def _mixed(state: NDArray[np.uint64], values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the next state of SplitMix64 (Steele, Lea and Flood 2014), whose steps are one to one.

    >>> _mixed(np.zeros(1, np.uint64), np.array([1], np.uint64)).tolist()
    [10451216379200822465]
    """
    state = (state ^ values) + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _experience(history: History) -> _Experience:
    tomorrow = history.as_of + 1
    done = history.kind != OPEN
    until = np.where(done, history.exit, tomorrow)
    issued = history.issued - history.due
    ended = np.maximum(until - history.due, issued)
    left = np.minimum(bin_of(ended), BINS - 1)
    return _Experience(
        entered=np.minimum(bin_of(issued), BINS - 1),
        entered_part=1.0 - share_left(issued),
        left=left,
        left_part=1.0 - share_left(ended),
        is_event=(history.kind == PAID) & (ended <= HIGH[-1]),
        age=np.maximum(history.as_of - np.minimum(until, history.as_of), 0).astype(float),
    )


def _counted(
    seen: _Experience, place: NDArray[np.intp], count: int, weight: Floats
) -> tuple[Floats, Floats]:
    """Return the events and what was at risk, by code and bin.

    At risk from the bin entered to the bin left; of the first bin, the part after entering; of the
    last, all of it where the payment came in it, else the part up to today.
    """

    def add(bins: NDArray[np.int32], values: Floats) -> Floats:
        sums = np.bincount(place * BINS + bins, weights=values, minlength=count * BINS)
        return np.asarray(sums.reshape(count, BINS))

    events = add(seen.left, weight * seen.is_event)
    begun, ended = add(seen.entered, weight), add(seen.left, weight)
    at_risk = np.cumsum(begun, axis=1) - np.cumsum(ended, axis=1) + ended
    unseen = np.where(seen.is_event, 0.0, 1.0 - seen.left_part)
    at_risk -= add(seen.entered, weight * seen.entered_part) + add(seen.left, weight * unseen)
    return events, np.maximum(at_risk, events)


def _drawn(counted: tuple[Floats, Floats], above: Floats, pull: float) -> Floats:
    events, at_risk = counted
    return np.asarray((events + pull * above) / (at_risk + pull))


def _delays(history: History) -> Floats:
    """Return each slice's delay, cut to bounds: to its payment, or to today while it is open."""
    until = np.where(history.kind == OPEN, history.as_of, history.exit)
    return np.clip(until - history.due, EARLIEST, LATEST).astype(float)


def _mean(delays: Floats, mass: Floats, place: NDArray[np.intp], above: Floats) -> Floats:
    total = _sums(place, mass * delays, len(above))
    weight = _sums(place, mass, len(above))
    return np.asarray((total + LEVEL_PULL * above) / (weight + LEVEL_PULL))


class _Shift(NamedTuple):
    """Each customer's summed delay and weight, and everybody's curve around their means."""

    delay: Floats
    weight: Floats
    residuals: Floats


def _shift(
    history: History, place: NDArray[np.intp], weight: Floats, cells: _Cells, pull: float
) -> _Shift:
    """Return what moves everybody's curve to each customer's place.

    An open document counts in its customer's mean, at today's age, once it is later than the
    customer's usual. The curve around the means is a product-limit estimate by day, each slice
    held against the mean of its customer's other slices, and with as much of `PRIOR`'s daily
    hazards as everywhere.
    """
    delays = _delays(history)
    count = int(place.max()) + 1 if len(place) else 0
    level = cells.mean_delay(history.segment, history.terms)
    mass = weight * (history.kind == PAID)
    total = _sums(place, mass * delays, count)
    held = _sums(place, mass, count)
    usual = (total[place] + pull * level) / (held[place] + pull)
    mass = mass + weight * ((history.kind == OPEN) & (delays > usual))
    total = _sums(place, mass * delays, count)
    held = _sums(place, mass, count)
    others = (total[place] - mass * delays + pull * level) / (held[place] - mass + pull)
    until = np.where(history.kind == OPEN, history.as_of, history.exit)
    rest = np.clip(np.rint(until - history.due - others), _RESIDUALS[0], _RESIDUALS[-1])
    where = (rest - _RESIDUALS[0]).astype(np.int64)
    size = len(_RESIDUALS)
    gone = _sums(where, weight, size)
    events = _sums(where, weight * (history.kind == PAID), size)
    at_risk = np.maximum(np.cumsum(gone[::-1])[::-1], events)
    daily = np.where(_RESIDUALS < -15, 0.0002, 0.02)
    hazard = (events + FIRM_PULL * daily) / (at_risk + FIRM_PULL)
    return _Shift(total, held, np.asarray(1.0 - np.cumprod(1.0 - hazard)))
