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

from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.timing.counting import Coded, Readied, Seen, paired
from models.timing.frame import Codes, Floats, History
from models.timing.grid import BINS, HIGH, LOW

LEVEL_HALF_LIFE = 730.0
"""Days after which an observation counts half for the firm, the terms and the segment."""

LEVEL_PULL = 20.0
"""How many documents of the firm the terms start with, and of the terms the segment."""

FIRM_PULL = 2.0
"""How many documents of `PRIOR` the firm starts with: all it has before its first payment."""

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
class Counts:
    """What the slices seen at the end of a day add up to, however customers are drawn.

    What takes long is counted when it is first asked for, once, by whichever thread asks.
    """

    seen: Seen
    cells: "_Cells"
    settled: Floats
    _by_half_life: dict[float, "_OfCustomers"] = field(default_factory=dict)
    _by_draw: dict[Draw, "_Shift"] = field(default_factory=dict)
    _counting: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, seen: Seen) -> "Counts":
        """Count the levels above the customer."""
        return cls(seen, _Cells.of(seen), seen.customer.sums(seen.share * seen.is_paid))

    @property
    def customers(self) -> Codes:
        """Codes of the customers that have a slice, rising."""
        return self.seen.customer.codes

    def drawn(self, recipe: "Recipe") -> "Drawn":
        """Return what one recipe asks for, without the slices."""
        own, moved = self.of_customers(recipe.bins.half_life), self.moved(recipe.shift)
        return Drawn(recipe, self.customers, self.cells, self.settled, own, moved)

    def of_customers(self, half_life: float) -> "_OfCustomers":
        """Return each customer's events and what was at risk, by bin."""
        with self._counting:
            if half_life not in self._by_half_life:
                place, codes = self.seen.customer.place, self.seen.customer.codes
                weight = self.seen.weights(half_life)
                found = _OfCustomers(*self.seen.counted(place, len(codes), weight))
                self._by_half_life[half_life] = found
            return self._by_half_life[half_life]

    def moved(self, draw: Draw) -> "_Shift":
        """Return what moves everybody's curve to each customer's place."""
        with self._counting:
            if draw not in self._by_draw:
                self._by_draw[draw] = _shift(self.seen, self.cells, draw)
            return self._by_draw[draw]


@dataclass(frozen=True)
class Drawn:
    """What the slices add up to for one recipe: some numbers for each customer, and no slice.

    Another process that is given these draws the same curves.
    """

    recipe: Recipe
    customers: Codes
    cells: "_Cells"
    settled: Floats
    own: "_OfCustomers"
    shift: "_Shift"

    def of_customers(self, _half_life: float) -> "_OfCustomers":
        """Return each customer's events and what was at risk, by bin, as the recipe asks."""
        return self.own

    def moved(self, _draw: Draw) -> "_Shift":
        """Return what moves everybody's curve to each customer's place, as the recipe asks."""
        return self.shift


@dataclass(frozen=True)
class CustomerCurves:
    """The curves of all customers as they were known at the end of one day.

    A question's customer, segment or terms that the history does not hold have the level above.

    Attributes:
        counts: What the slices known by then add up to.
        recipe: How customers are drawn to their like.
    """

    counts: Counts | Drawn
    recipe: Recipe

    @classmethod
    def of(cls, history: History, recipe: Recipe) -> "CustomerCurves":
        """Count a history: every slice known at the end of its day but those credited."""
        return cls(Counts.of(Readied.of(history).at(history.as_of)), recipe)

    @property
    def customers(self) -> Codes:
        """Codes of the customers that have a slice, rising."""
        return self.counts.customers

    def hazards(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return the hazard of each bin for each question, in the form the recipe chose."""
        form = self.shifted if self.recipe.form == "shift" else self.binned
        return form(customer, segment, terms)

    def like(self, segment: Codes, terms: Codes) -> Floats:
        """Return the hazards of the level above the customer."""
        return self.counts.cells.hazards(segment, terms)

    def binned(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return the hazards in the form `bins`."""
        above = self.like(segment, terms)
        if not len(self.customers):
            return above
        place, known = _found(self.customers, customer)
        pull, half_life = self.recipe.bins
        own = self.counts.of_customers(half_life)
        events = np.where(known[:, None], own.events[place], 0.0)
        at_risk = np.where(known[:, None], own.at_risk[place], 0.0)
        return np.minimum((events + pull * above) / (at_risk + pull), 1.0)

    def shifted(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return the hazards in the form `shift`."""
        return self.moved_to(self.usual_delay(customer, segment, terms))

    def moved_to(self, usual: Floats) -> Floats:
        """Return everybody's curve, moved to each of these mean delays."""
        ends = (HIGH - usual[:, None]).ravel()
        residuals = self.counts.moved(self.recipe.shift).residuals
        by = np.interp(ends, _RESIDUALS, residuals).reshape(len(usual), BINS)
        before = np.concatenate([np.zeros((len(usual), 1)), by[:, :-1]], axis=1)
        return np.clip((by - before) / np.maximum(1.0 - before, 1e-9), 0.0, 1.0)

    def usual_delay(self, customer: Codes, segment: Codes, terms: Codes) -> Floats:
        """Return each customer's mean delay in days, drawn to the mean of its like."""
        mean = self.counts.cells.mean_delay(segment, terms)
        if not len(self.customers):
            return mean
        place, known = _found(self.customers, customer)
        pull, moved = self.recipe.shift.pull, self.counts.moved(self.recipe.shift)
        total = np.where(known, moved.delay[place], 0.0)
        weight = np.where(known, moved.weight[place], 0.0)
        return np.asarray((total + pull * mean) / (weight + pull))

    def rests_on(self, customer: Codes, segment: Codes, terms: Codes) -> Basis:
        """Return the closest level that has enough settled documents, and how many."""
        level = np.zeros(len(customer), dtype=np.int8)
        settled = self.counts.settled
        documents = np.full(len(customer), float(settled.sum()))
        own = np.zeros(len(customer))
        if len(self.customers):
            place, known = _found(self.customers, customer)
            own = np.where(known, settled[place], 0.0)
        by_terms, by_pair = self.counts.cells.settled(segment, terms)
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
    def of(cls, seen: Seen) -> "_Cells":
        weight = seen.weights(LEVEL_HALF_LIFE)
        paid = seen.share * seen.is_paid
        one = np.zeros(len(seen), dtype=np.intp)
        firm = _drawn(seen.counted(one, 1, weight), PRIOR[None, :], FIRM_PULL)
        mass = weight * seen.is_paid
        firm_delay = float((mass * seen.cut_delay).sum() / (mass.sum() + FIRM_PULL))
        terms, pair, above = seen.terms, seen.pair, seen.pair_terms
        count = len(terms.codes)
        upper = np.repeat(firm, count, axis=0)
        terms_hazards = _drawn(seen.counted(terms.place, count, weight), upper, LEVEL_PULL)
        terms_delay = _mean(seen.cut_delay, mass, terms, np.full(count, firm_delay))
        pair_counted = seen.counted(pair.place, len(pair.codes), weight)
        return cls(
            firm[0],
            firm_delay,
            terms.codes,
            terms_hazards,
            terms_delay,
            pair.codes,
            _drawn(pair_counted, terms_hazards[above], LEVEL_PULL),
            _mean(seen.cut_delay, mass, pair, terms_delay[above]),
            terms.sums(paid),
            pair.sums(paid),
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
        place, known = _found(self.pairs, paired(segment, terms))
        return np.where(known[:, None], by_pair[place], answer)


def _found(sorted_codes: Codes, wanted: Codes) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    place = np.minimum(np.searchsorted(sorted_codes, wanted), len(sorted_codes) - 1)
    return place, sorted_codes[place] == wanted


def _drawn(counted: tuple[Floats, Floats], above: Floats, pull: float) -> Floats:
    events, at_risk = counted
    return np.asarray((events + pull * above) / (at_risk + pull))


def _mean(delays: Floats, mass: Floats, coded: Coded, above: Floats) -> Floats:
    total, weight = coded.sums(mass * delays), coded.sums(mass)
    return np.asarray((total + LEVEL_PULL * above) / (weight + LEVEL_PULL))


class _OfCustomers(NamedTuple):
    """Each customer's events and what was at risk, by bin."""

    events: Floats
    at_risk: Floats


class _Shift(NamedTuple):
    """Each customer's summed delay and weight, and everybody's curve around their means."""

    delay: Floats
    weight: Floats
    residuals: Floats


def _shift(seen: Seen, cells: _Cells, draw: Draw) -> _Shift:
    """Return what moves everybody's curve to each customer's place.

    An open document counts in its customer's mean, at today's age, once it is later than the
    customer's usual. The curve around the means is a product-limit estimate by day, each slice
    held against the mean of its customer's other slices, and with as much of `PRIOR`'s daily
    hazards as everywhere.
    """
    weight, pull, delays = seen.weights(draw.half_life), draw.pull, seen.cut_delay
    customer, place = seen.customer, seen.customer.place
    level = cells.pair_delay[seen.pair.place]
    mass = weight * seen.is_paid
    total, held = customer.sums(mass * delays), customer.sums(mass)
    usual = (total[place] + pull * level) / (held[place] + pull)
    mass = mass + weight * (seen.is_open & (delays > usual))
    total, held = customer.sums(mass * delays), customer.sums(mass)
    others = (total[place] - mass * delays + pull * level) / (held[place] - mass + pull)
    rest = np.clip(np.rint(seen.delay - others), _RESIDUALS[0], _RESIDUALS[-1])
    where = (rest - _RESIDUALS[0]).astype(np.intp)
    size = len(_RESIDUALS)
    gone = np.bincount(where, weight, size)
    events = np.bincount(where, weight * seen.is_paid, size)
    at_risk = np.maximum(np.cumsum(gone[::-1])[::-1], events)
    daily = np.where(_RESIDUALS < -15, 0.0002, 0.02)
    hazard = (events + FIRM_PULL * daily) / (at_risk + FIRM_PULL)
    return _Shift(total, held, np.asarray(1.0 - np.cumprod(1.0 - hazard)))
