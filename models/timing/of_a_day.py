"""A model and one day's knowledge: all it takes to answer about single documents, wherever.

A history is long; what it adds up to on a day is some numbers for each customer. With these, each
question is answered by itself, so that it makes no difference which of them are answered together,
in what order, or in which process.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.errors import EncaisseError
from models.timing.answering import TimingModel
from models.timing.counting import Readied
from models.timing.curves import Curves
from models.timing.customer_curves import LEVELS, Counts, CustomerCurves, Drawn
from models.timing.frame import Floats, Frame, History
from models.timing.reasons import NOBODY, effects_of, strongest


@dataclass(frozen=True)
class ModelOfADay:
    """A model that answers with what was known at the end of one day.

    Attributes:
        model: The model.
        as_of: The day. Only later days are asked about.
        counts: What the history adds up to on it.
    """

    model: TimingModel
    as_of: int
    counts: Drawn

    @classmethod
    def of(cls, model: TimingModel, history: History) -> Self:
        """Have a model answer with all that a history knows."""
        counts = Counts.of(Readied.of(history).at(history.as_of))
        return cls(model, history.as_of, counts.drawn(model.recipe))

    def predict(self, frame: Frame) -> Curves:
        """Return when each document will be paid, but not which share of it in cash.

        Raises:
            EncaisseError: A question is of a day that is known already.
        """
        self._refuse_known_days(frame)
        return self.model.answered(self._curves, frame)

    def rests_on(self, frame: Frame) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
        """Return what each answer rests on.

        Returns:
            The closest of customer, segment, terms and firm that has enough settled documents, and
            how many it has, rounded.
        """
        customer = frame.customer
        if self.model.method == "terms_curve":
            customer = np.full(len(frame), NOBODY)
        level, documents = self._curves.rests_on(customer, frame.segment, frame.terms)
        return np.array(LEVELS)[level], np.rint(documents).astype(np.int64)

    def reasons(self, frame: Frame) -> tuple[NDArray[np.str_], Floats]:
        """Return the three facts that move each answer most.

        Costs about twenty answers for each question: ask it about what will be read.

        Returns:
            The groups of `models.timing.features.GROUPS`, three per question, the strongest first,
            empty where fewer move it by a tenth of a day; and by how many days each moves the
            expected delay, positive: later.

        Raises:
            EncaisseError: A question is of a day that is known already.
        """
        self._refuse_known_days(frame)
        return strongest(effects_of(self.model, self._curves, frame))

    @property
    def _curves(self) -> CustomerCurves:
        return CustomerCurves(self.counts, self.model.recipe)

    def _refuse_known_days(self, frame: Frame) -> None:
        if len(frame) and frame.asked.min() <= self.as_of:
            raise EncaisseError(
                "A question of a day would be answered with what was known later.",
                where="ModelOfADay",
                fix="ask about days after the history's last, or ask TimingModel.predict",
            )
