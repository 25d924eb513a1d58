"""A fitted model as bytes, and back: with skops, which runs no code that the bytes bring along."""

from typing import Any

import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier

from models.errors import EncaisseError
from models.timing.answering import Calibrated, Correction, Score, TimingModel
from models.timing.customer_curves import Draw, Recipe
from models.timing.trees import COLUMNS

FORMAT = 1

TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
"""The types beyond skops' own list that a model is made of. Nothing else is ever loaded."""


def to_bytes(model: TimingModel) -> bytes:
    """Return the model as a skops archive."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "columns": list(COLUMNS),
        "as_of": model.as_of,
        "method": model.method,
        "form": model.recipe.form,
        "bins": list(model.recipe.bins),
        "shift": list(model.recipe.shift),
        "step": model.step,
        "trees": model.trees,
        "weights": [model.weight_new, model.weight_open],
        "correction": [model.correction.slope, *model.correction.offsets],
        "reference": model.reference,
        "documents": model.documents,
        "scores": [list(score) for score in model.scores],
        "calibration": [list(row) for row in model.calibration],
    }
    return bytes(skops.io.dumps(told))


def from_bytes(content: bytes) -> TimingModel:
    """Return the model that `to_bytes` made bytes of.

    Raises:
        EncaisseError: The bytes are no model, or one of other features, or hold types that a model
            has no need of.
    """
    try:
        strange = set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED)
        if strange:
            raise _refused(f"It holds types that a model has no need of: {sorted(strange)}.")
        told = skops.io.loads(content, trusted=list(TRUSTED))
    except EncaisseError:
        raise
    except Exception as error:
        raise _refused(f"It cannot be read: {error}") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise _refused("It is not a model of payment timing of this version.")
    if told["columns"] != list(COLUMNS):
        raise _refused("It was made for other features than today's.")
    trees = told["trees"]
    if trees is not None and not isinstance(trees, HistGradientBoostingClassifier):
        raise _refused(f"Its trees are of the type {type(trees).__name__}.")
    slope, early, soon, late = told["correction"]
    return TimingModel(
        as_of=told["as_of"],
        method=told["method"],
        recipe=Recipe(told["form"], Draw(*told["bins"]), Draw(*told["shift"])),
        step=told["step"],
        trees=trees,
        weight_new=told["weights"][0],
        weight_open=told["weights"][1],
        correction=Correction(slope, (early, soon, late)),
        reference=told["reference"],
        documents=told["documents"],
        scores=tuple(Score(*score) for score in told["scores"]),
        calibration=tuple(Calibrated(*row) for row in told["calibration"]),
    )


def _refused(what: str) -> EncaisseError:
    return EncaisseError(
        f"A saved model was refused. {what}",
        where="models.timing.storing.from_bytes",
        fix="train a new model; the old file may be deleted",
    )
