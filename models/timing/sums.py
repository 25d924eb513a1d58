"""Payment days for sums: the cash of many documents together.

Of one document the curve that errs least follows its customer closely. In a sum, what a customer's
few documents happened to do errs in the same direction for all that it has open, and does not
average out. So where documents are added up, no pull towards its like is chosen for a customer:
the curves of several, from hardly any to a strong one, are averaged. Forecasts that err
differently err less together.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.timing.answering import TimingModel, cash_yield
from models.timing.counting import Readied
from models.timing.curves import Curves
from models.timing.customer_curves import Counts, CustomerCurves, Draw, Recipe
from models.timing.frame import Frame, History
from models.timing.grid import BINS
from models.timing.trees import in_parts, said_by_curves, static_features

PULLS = (1.0, 3.0, 10.0, 30.0)
HALF_LIFE = 180.0


class InSums(NamedTuple):
    """When each document will be paid, as it counts in a sum.

    Attributes:
        with_trees: As the model says, the trees in their part.
        alone: As the customers' curves say alone.
    """

    with_trees: Curves
    alone: Curves


@dataclass(frozen=True)
class ForSums:
    """A model that is asked for sums.

    Attributes:
        model: The model of single documents.
    """

    model: TimingModel

    def predict(self, history: History, frame: Frame, readied: Readied | None = None) -> InSums:
        """Return when each document will be paid, as it counts in a sum.

        Args:
            history: What is known, as `TimingModel.predict` takes it.
            frame: The questions.
            readied: The same history, ready to be counted; None: it is made so.
        """
        model = self.model
        if model.method == "terms_curve":
            told = model.predict(history, frame, readied=readied)
            return InSums(told, told)
        asked, share = frame.asked - frame.due, cash_yield(history)
        alone = np.empty((len(frame), BINS), dtype=np.float32)
        mixed = alone if model.trees is None else np.empty_like(alone)

        def answer(counts: Counts, part: NDArray[np.intp]) -> None:
            some = frame.take(part)
            drawn = [
                model.by_customers(CustomerCurves(counts, self._drawn(pull)), some).mass
                for pull in PULLS
            ]
            alone[part] = np.stack(drawn).mean(axis=0, dtype=np.float64)
            if model.trees is not None:
                said = said_by_curves(CustomerCurves(counts, model.recipe), some)
                own = Curves(asked[part], alone[part])
                mixed[part] = model.mixed(own, said, static_features(some), some).mass

        in_parts(readied or Readied.of(history), frame, model.step, answer)
        return InSums(Curves(asked, mixed, share), Curves(asked, alone, share))

    def _drawn(self, pull: float) -> Recipe:
        draw = Draw(pull, HALF_LIFE)
        return Recipe(self.model.recipe.form, draw, draw)
