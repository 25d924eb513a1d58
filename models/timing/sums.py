"""Payment days for sums: the cash of many documents together.

Of one document the curve that errs least follows its customer closely. In a sum, what a customer's
few documents happened to do errs in the same direction for all that it has open, and does not
average out. So where documents are added up, no pull towards its like is chosen for a customer:
the curves of several, from hardly any to a strong one, are averaged. Forecasts that err
differently err less together.
"""

from dataclasses import dataclass, replace

import numpy as np

from models.timing.answering import TimingModel
from models.timing.curves import Curves
from models.timing.customer_curves import Draw, Recipe
from models.timing.frame import Frame, History

PULLS = (1.0, 3.0, 10.0, 30.0)
HALF_LIFE = 180.0


@dataclass(frozen=True)
class ForSums:
    """A model that is asked for sums.

    Attributes:
        model: The model of single documents.
        with_trees: Whether its trees have their part, or customers' curves answer alone.
    """

    model: TimingModel
    with_trees: bool = True

    def predict(self, history: History, frame: Frame) -> Curves:
        """Return when each document will be paid, as it counts in a sum.

        Args:
            history: What is known, as `TimingModel.predict` takes it.
            frame: The questions.
        """
        if self.model.method == "terms_curve":
            return self.model.predict(history, frame)
        drawn = [self._drawn(pull).predict(history, frame, "customer_curve") for pull in PULLS]
        mass = np.stack([curves.mass for curves in drawn]).mean(axis=0, dtype=np.float64)
        own = replace(drawn[0], mass=mass.astype(np.float32))
        if not self.with_trees or self.model.trees is None:
            return own
        alone = replace(self.model, weight_new=1.0, weight_open=1.0)
        is_new = frame.asked == frame.issued
        weight = np.where(is_new, self.model.weight_new, self.model.weight_open)
        return own.mixed_with(alone.predict(history, frame), weight[:, None])

    def _drawn(self, pull: float) -> TimingModel:
        draw = Draw(pull, HALF_LIFE)
        return replace(self.model, recipe=Recipe(self.model.recipe.form, draw, draw))
