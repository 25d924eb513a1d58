"""The fitted model of when documents are paid, and its answers."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from models.timing.counting import Readied
from models.timing.curves import Curves
from models.timing.customer_curves import Counts, CustomerCurves, Recipe
from models.timing.forest import Forest
from models.timing.frame import CREDITED, PAID, Floats, Frame, History
from models.timing.grid import LOW
from models.timing.trees import (
    WIDTHS,
    Said,
    in_parts,
    said_by_curves,
    static_features,
    tree_hazards,
)

YIELD_DAYS = 365
"""Days of settlements that the yield of cash is learnt from."""

YIELD_PULL = 20.0
"""How many documents wholly paid in cash the yield starts with."""

ZONES: NDArray[np.intp] = np.select([LOW < 0, LOW < 15], [0, 1], 2)
"""Of each bin: 0 before the due day, 1 the two weeks from it, 2 later."""


@dataclass(frozen=True)
class Correction:
    """What makes hazards that were learnt earlier right on later data: log odds times a slope,
    plus an offset for each of `ZONES`.
    """

    slope: float = 1.0
    offsets: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def of(self, hazards: Floats) -> Floats:
        """Return corrected hazards; 0 stays 0.

        >>> Correction().of(np.full((1, len(LOW)), 0.25))[0, 0]
        np.float64(0.25)
        """
        kept = np.clip(hazards, 1e-9, 1 - 1e-9)
        odds = self.slope * np.log(kept / (1 - kept)) + np.array(self.offsets)[ZONES]
        return np.where(hazards > 0, 1.0 / (1.0 + np.exp(-odds)), 0.0)


class Score(NamedTuple):
    """What a method scored on the days kept back.

    Attributes:
        method: `mix`, `trees`, `customer_curve` or `terms_curve`.
        horizon: `new` (asked on the day of issue) or `open` (the open book).
        metric: Its name: crps, pit_80, mae_days, auc, average_precision, ece, brier.
        value: The score.
        low: Lower bound of its 90 % bootstrap interval over customers.
        high: Upper bound.
        cases: How many parts of documents were scored.
    """

    method: str
    horizon: str
    metric: str
    value: float
    low: float
    high: float
    cases: int


class Calibrated(NamedTuple):
    """What was said against what happened, of documents that were given about the same probability.

    Attributes:
        method: As of `Score`.
        target: `late` (more than 0 days) or `late_30`.
        bin: Its number, from 1, the least probable first.
        predicted: Mean of what was said.
        observed: Share of them that happened.
        cases: How many parts of documents.
    """

    method: str
    target: str
    bin: int
    predicted: float
    observed: float
    cases: int


@dataclass(frozen=True)
class TimingModel:
    """When documents are paid, as learnt up to a day.

    It keeps no customer: their own curves are counted from the history that comes with each
    question, so that yesterday's payments count today without training.

    Attributes:
        as_of: Last day it learnt from.
        method: `terms_curve`, `customer_curve` or `mix`.
        recipe: How the customers' curves are drawn.
        step: Days between two counts of the customers' curves where past questions are asked.
        trees: The fitted trees; None unless the method is `mix`.
        weight_new: The trees' part in the answer for documents asked about on their day of issue.
        weight_open: Their part for all others.
        correction: Of the trees' hazards.
        reference: What an ordinary document says, one value per static feature: the reasons are
            told against it.
        documents: Settled documents it learnt from.
        scores: What the methods scored on the 91 days kept back.
        calibration: What was said against what happened on those days.
    """

    as_of: int
    method: str
    recipe: Recipe
    step: int
    trees: HistGradientBoostingClassifier | None
    weight_new: float
    weight_open: float
    correction: Correction
    reference: NDArray[np.float32]
    documents: float
    scores: tuple[Score, ...] = ()
    calibration: tuple[Calibrated, ...] = ()

    @cached_property
    def forest(self) -> Forest:
        """The trees as they are asked. There must be trees."""
        return Forest.of(self.trees, WIDTHS)

    def predict(
        self,
        history: History,
        frame: Frame,
        method: str | None = None,
        readied: Readied | None = None,
    ) -> Curves:
        """Return when each document will be paid.

        Args:
            history: What is known. A question of day s is answered with what was known the day
                before s; all but the features come from here.
            frame: The questions.
            method: Answer by another of the methods the model has; None: by its own.
            readied: The same history, ready to be counted; None: it is made so.

        Returns:
            One curve per question, in the frame's order.
        """
        mass = np.empty((len(frame), len(LOW)), dtype=np.float32)
        asked = frame.asked - frame.due

        def answer(counts: Counts, part: NDArray[np.intp]) -> None:
            curves = CustomerCurves(counts, self.recipe)
            mass[part] = self.answered(curves, frame.take(part), method).mass

        in_parts(readied or Readied.of(history), frame, self.step, answer)
        return Curves(asked, mass, cash_yield(history))

    def to_bytes(self) -> bytes:
        """Return the model as bytes: a skops archive, which holds no code."""
        from models.timing.storing import to_bytes

        return to_bytes(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> "TimingModel":
        """Return a model from its bytes; refuse anything else."""
        from models.timing.storing import from_bytes

        return from_bytes(content)

    def answered(self, curves: CustomerCurves, frame: Frame, method: str | None = None) -> Curves:
        """Return when each document will be paid, as the customers' curves of its day have it.

        Each question is answered by itself: what the others are makes no difference to any bit.
        """
        method = method or self.method
        asked = frame.asked - frame.due
        if method == "terms_curve":
            return Curves.from_hazards(curves.like(frame.segment, frame.terms), asked)
        if method == "customer_curve" or self.trees is None:
            return self.by_customers(curves, frame)
        said = said_by_curves(curves, frame)
        own = Curves.from_hazards(self.own(said), asked)
        return self.mixed(own, said, static_features(frame), frame)

    def own(self, said: Said) -> NDArray[np.float32]:
        """Return the hazards of the form of the customers' curves that the past chose."""
        return said.shifted if self.recipe.form == "shift" else said.binned

    @staticmethod
    def by_customers(curves: CustomerCurves, frame: Frame) -> Curves:
        """Return what the customers' curves alone say, in the form of their recipe."""
        hazards = curves.hazards(frame.customer, frame.segment, frame.terms)
        return Curves.from_hazards(hazards.astype(np.float32), frame.asked - frame.due)

    def by_trees(self, said: Said, static: NDArray[np.float32], frame: Frame) -> Curves:
        """Return what the trees alone say."""
        hazards = self.correction.of(tree_hazards(self.forest, static, frame, said))
        return Curves.from_hazards(hazards, frame.asked - frame.due)

    def trees_part(self, frame: Frame) -> Floats:
        """Return the trees' part in the answer to each question."""
        return np.where(frame.asked == frame.issued, self.weight_new, self.weight_open)

    def mixed(self, own: Curves, said: Said, static: NDArray[np.float32], frame: Frame) -> Curves:
        """Return the customers' own curves mixed with what the trees say."""
        return own.mixed_with(self.by_trees(said, static, frame), self.trees_part(frame)[:, None])


def cash_yield(history: History) -> float:
    """Return the share of a settled euro that was cash in the last `YIELD_DAYS`: the rest credited.

    Drawn to 1 as by 20 documents wholly paid. A firm that credits nothing has 1.

    >>> told = History.of(as_of=30, item=[1, 2], customer=[5, 5], issued=[0, 0], due=[10, 10],
    ...     amount=[100.0, 100.0], exit=[12, 12], kind=[PAID, CREDITED])
    >>> round(cash_yield(told), 4)   # (100 + 20 x 100) / (200 + 20 x 100)
    0.9545
    """
    lately = history.exit > history.as_of - YIELD_DAYS
    paid = float(history.amount[lately & (history.kind == PAID)].sum())
    credited = float(history.amount[lately & (history.kind == CREDITED)].sum())
    if not credited:
        return 1.0
    settled = lately & (history.kind != 0)
    documents = float(history.share[settled].sum())
    start = YIELD_PULL * (paid + credited) / documents
    return (paid + start) / (paid + credited + start)
