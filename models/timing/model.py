"""Fitting: which model a firm's past supports, chosen on later days than it was fitted on."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.timing.answering import ZONES, Correction, TimingModel
from models.timing.counting import Readied
from models.timing.curves import Curves
from models.timing.customer_curves import Counts, CustomerCurves, Draw, Recipe
from models.timing.frame import PAID, Frame, History
from models.timing.grid import BINS
from models.timing.person_periods import person_periods
from models.timing.trees import (
    grown,
    in_parts,
    said_by_curves,
    static_features,
    tree_hazards,
)
from models.timing.trial import Trial, calibrated, loss, scored, trial_of

__all__ = ["RECIPE", "TimingModel", "fit"]

RECIPE = "payment timing 3"
"""Changes whenever a model fitted on the same data would be another."""

CURVES_FROM, TREES_FROM = 200, 800
"""Settled documents from which customers have their own curves, and from which trees are tried."""

MARGIN = 0.99
"""The trees are used where they score at most this share of the customers' curves alone."""

PULLS, HALF_LIVES = (1.0, 3.0, 10.0), (90.0, 180.0, 720.0)
"""What is tried for the customers' curves."""


def fit(history: History, frame: Frame, like: TimingModel | None = None) -> TimingModel:
    """Learn when documents are paid.

    Under 200 settled documents the curve of the terms is all there is; from there on the
    customers' own curves; from 800 on the trees too, where they beat the customers' curves on the
    last 91 days, of which they saw nothing.

    Args:
        history: All that is known at the end of its day.
        frame: Past questions on its documents, features as of the day asked: each document on its
            day of issue, and the open book on the Mondays. Questions asked later than the day
            after the history's end are not looked at.
        like: A model of an earlier day whose choices are taken over: the method, how customers
            are drawn, the weights and the correction. Only the trees are grown anew, and nothing
            is scored. For back-tests, which learn many times; given one of a later day, the
            choices would know what the day did not.

    Returns:
        The model. The same rows in any order give the same model.
    """
    frame = frame.take((frame.asked <= history.as_of + 1) & (frame.issued <= history.as_of))
    documents = float(history.share[history.kind == PAID].sum())
    step = 7 if len(history) < 5_000 else 28
    start = TimingModel(
        as_of=history.as_of,
        method="terms_curve" if documents < CURVES_FROM else "customer_curve",
        recipe=Recipe(),
        step=step,
        trees=None,
        weight_new=0.0,
        weight_open=0.0,
        correction=Correction(),
        reference=_reference(frame),
        documents=documents,
    )
    if documents < CURVES_FROM:
        return start
    if like is not None and like.method != "terms_curve":
        return _alike(history, frame, start, like)
    trial = trial_of(history, frame)
    if not len(trial.question):
        return start
    readied = Readied.of(history)
    chosen = replace(start, recipe=_chosen_recipe(trial, readied))
    tried = {
        name: chosen.predict(history, trial.frame, name, readied)
        for name in ("terms_curve", "customer_curve")
    }
    if documents >= TREES_FROM:
        past = _Past(history, readied, frame)
        chosen, tried = _with_trees(past, chosen, trial, tried)
    return replace(chosen, scores=scored(trial, tried), calibration=calibrated(trial, tried))


def _alike(history: History, frame: Frame, start: TimingModel, like: TimingModel) -> TimingModel:
    """Return a model that learnt from these days, with the choices of another."""
    chosen = replace(start, recipe=like.recipe)
    if like.trees is None or start.documents < TREES_FROM:
        return chosen
    periods = person_periods(history, frame, _most_rows(start.documents))
    if not periods.paid.any():
        return chosen
    return replace(
        chosen,
        method=like.method,
        trees=grown(Readied.of(history), frame, periods, chosen.recipe, chosen.step),
        weight_new=like.weight_new,
        weight_open=like.weight_open,
        correction=like.correction,
    )


def _most_rows(documents: float) -> int:
    """Return how many person-period rows the trees learn from, at most."""
    return int(np.clip(10 * documents, 180_000, 2_500_000))


def _chosen_recipe(trial: Trial, readied: Readied) -> Recipe:
    """Return the form, pull and half-life that told the last days best from what was before."""
    judged = trial.frame
    keys = (judged.customer, judged.segment, judged.terms)
    asked = judged.asked - judged.due
    counts = Counts.of(readied.at(trial.earlier.as_of))
    found: dict[str, tuple[float, Draw]] = {}
    for half_life in HALF_LIVES:
        for pull in PULLS:
            draw = Draw(pull, half_life)
            curves = CustomerCurves(counts, Recipe("bins", draw, draw))
            for form, hazards in (("bins", curves.binned), ("shift", curves.shifted)):
                said = loss(trial, Curves.from_hazards(hazards(*keys), asked))
                if form not in found or said < found[form][0]:
                    found[form] = (said, draw)
    form = "shift" if found["shift"][0] < found["bins"][0] else "bins"
    return Recipe(form, found["bins"][1], found["shift"][1])


class _Past(NamedTuple):
    """What there is to learn from: a history, the same ready to be counted, and the questions."""

    history: History
    readied: Readied
    frame: Frame


def _with_trees(
    past: _Past, chosen: TimingModel, trial: Trial, tried: dict[str, Curves]
) -> tuple[TimingModel, dict[str, Curves]]:
    """Return the model with trees where they are the better for it, else the one without.

    The trees that are judged saw nothing of the days kept back, nor did what they are corrected
    with come from elsewhere; the ones that answer are grown again on everything.
    """
    history, readied, frame = past
    yesterday = trial.earlier.as_of
    before = frame.take((frame.asked <= yesterday) & (frame.issued <= yesterday))
    at_most = _most_rows(chosen.documents)
    periods = person_periods(trial.earlier, before, at_most // 2)
    if not periods.paid.any():
        return chosen, tried
    trees = grown(readied.until(yesterday), before, periods, chosen.recipe, chosen.step)
    first = replace(chosen, trees=trees, method="mix", weight_new=1.0, weight_open=1.0)
    alone, said = tried["customer_curve"], first.predict(history, trial.frame, None, readied)
    half = alone.mixed_with(said, 0.5)
    weight_new, weight_open = (
        1.0 if loss(trial, said, kind) < loss(trial, half, kind) else 0.5
        for kind in (trial.is_new, ~trial.is_new)
    )
    mix = alone.mixed_with(said, np.where(trial.is_new, weight_new, weight_open)[:, None])
    tried = {**tried, "trees": said, "mix": mix}
    if not loss(trial, mix) <= MARGIN * loss(trial, alone):
        return chosen, tried
    last = person_periods(history, frame, at_most)
    final = replace(
        chosen,
        method="mix",
        trees=grown(readied, frame, last, chosen.recipe, chosen.step),
        weight_new=weight_new,
        weight_open=weight_open,
        correction=_corrected(past, trial, first),
    )
    return final, tried


PRIOR_SD = 0.015
"""How far, in log odds, a correction may be expected to be from none."""


def _corrected(past: _Past, trial: Trial, tried: TimingModel) -> Correction:
    """Return what would have made the trees right on the days kept back.

    A logistic regression of what was paid on the trees' log odds, with an offset by zone, each
    drawn to no correction; Newton's method, eight steps.
    """
    periods = person_periods(past.history, trial.frame, 400_000)
    hazards = np.empty((len(trial.frame), BINS))

    def answer(counts: Counts, rows: NDArray[np.intp]) -> None:
        part = trial.frame.take(rows)
        said = said_by_curves(CustomerCurves(counts, tried.recipe), part)
        hazards[rows] = tree_hazards(tried.forest, static_features(part), part, said)

    in_parts(past.readied, trial.frame, tried.step, answer)
    held = np.clip(hazards[periods.question, periods.bin], 1e-6, 1 - 1e-6)
    odds = np.log(held / (1 - held))
    design = np.column_stack([odds, *(ZONES[periods.bin] == zone for zone in range(3))])
    start = np.array([1.0, 0.0, 0.0, 0.0])
    found = start.copy()
    precision = np.eye(4) / PRIOR_SD**2
    for _ in range(8):
        said_now = 1.0 / (1.0 + np.exp(-design @ found))
        slope = design.T @ (periods.weight * (periods.paid - said_now)) - precision @ (
            found - start
        )
        spread = periods.weight * said_now * (1 - said_now)
        found = found + np.linalg.solve((design * spread[:, None]).T @ design + precision, slope)
    return Correction(float(found[0]), (float(found[1]), float(found[2]), float(found[3])))


def _reference(frame: Frame) -> NDArray[np.float32]:
    """Return the middle of every static feature over the questions asked at issue."""
    static = static_features(frame.take(frame.asked == frame.issued))
    if not len(static):
        return np.full(static.shape[1], np.nan, dtype=np.float32)
    known = ~np.isnan(static).all(axis=0)
    middle = np.full(static.shape[1], np.nan, dtype=np.float32)
    middle[known] = np.nanmedian(static[:, known], axis=0)
    return middle
