"""Fitting: which model a firm's past supports, chosen on later days than it was fitted on."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import scores
from models.timing.curves import Curves
from models.timing.customer_curves import CustomerCurves, Draw, Recipe
from models.timing.frame import OPEN, PAID, Floats, Frame, History
from models.timing.grid import BINS, FIRST, LAST
from models.timing.model import ZONES, Correction, TimingModel
from models.timing.person_periods import person_periods
from models.timing.trees import (
    curves_as_asked,
    grown,
    said_by_curves,
    static_features,
    tree_hazards,
)

KEPT_BACK = 91
"""Days at the end of the history that choices are made on."""

CURVES_FROM, TREES_FROM = 200, 800
"""Settled documents from which customers have their own curves, and from which trees are tried."""

MARGIN = 0.99
"""The trees are used where they score at most this share of the customers' curves alone."""

JUDGED = 6_000
"""Questions of each kind (new, open) that choices are made on, at most."""

PULLS, HALF_LIVES = (1.0, 3.0, 10.0), (90.0, 180.0, 720.0)
"""What is tried for the customers' curves."""

_GRID = np.arange(FIRST, LAST + 1)


def fit(history: History, frame: Frame) -> TimingModel:
    """Learn when documents are paid.

    Under 200 settled documents the curve of the terms is all there is; from there on the
    customers' own curves; from 800 on the trees too, where they beat the customers' curves on the
    last 91 days, of which they saw nothing.

    Args:
        history: All that is known at the end of its day.
        frame: Past questions on its documents, features as of the day asked: each document on its
            day of issue, and the open book on the Mondays. Questions asked later than the day
            after the history's end are not looked at.

    Returns:
        The model. The same rows in any order give the same model.
    """
    frame = frame.take((frame.asked <= history.as_of + 1) & (frame.issued <= history.as_of))
    documents = float(history.share[history.kind == PAID].sum())
    step = 7 if len(history) < 200_000 else 28
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
    trial = _trial(history, frame)
    recipe, scored = _chosen_recipe(history, trial, step)
    chosen = replace(start, recipe=recipe, scores=scored)
    if documents < TREES_FROM or not len(trial.frame):
        return chosen
    return _with_trees(history, frame, chosen, trial)


class _Trial(NamedTuple):
    """Questions of the days kept back, and what is known of their outcome.

    Attributes:
        earlier: The history as it was known before those days.
        frame: The questions.
        question, delay, weight, known_to: One row per slice of their documents: which question,
            the delay at which it was paid (NaN if it is not), its share, and the last day known.
    """

    earlier: History
    frame: Frame
    question: NDArray[np.intp]
    delay: Floats
    weight: Floats
    known_to: Floats


def _trial(history: History, frame: Frame) -> _Trial:
    earlier = history.as_known(history.as_of - KEPT_BACK)
    new = (frame.asked == frame.issued) & (frame.issued > earlier.as_of)
    open_then = (frame.issued <= earlier.as_of) & (frame.asked > earlier.as_of)
    open_then &= frame.asked <= earlier.as_of + 7
    judged = frame.take(np.concatenate([_spread(frame, new), _spread(frame, open_then)]))
    order = np.argsort(history.item, kind="stable")
    items = history.item[order]
    begin = np.searchsorted(items, judged.item, side="left")
    count = np.searchsorted(items, judged.item, side="right") - begin
    question = np.repeat(np.arange(len(judged)), count)
    within = np.arange(len(question)) - np.repeat(np.cumsum(count) - count, count)
    piece = order[begin[question] + within]
    kept = (history.kind[piece] == OPEN) | (history.exit[piece] >= judged.asked[question])
    question, piece = question[kept], piece[kept]
    paid = history.kind[piece] == PAID
    due = history.due[piece]
    until = np.where((history.kind[piece] == OPEN) | paid, history.as_of, history.exit[piece] - 1)
    return _Trial(
        earlier,
        judged,
        question,
        np.where(paid, history.exit[piece] - due, np.nan),
        history.share[piece],
        (until - due).astype(float),
    )


def _spread(frame: Frame, wanted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the wanted questions, or of too many an even part by day and amount."""
    rows = np.flatnonzero(wanted)
    if len(rows) <= JUDGED:
        return rows
    order = np.lexsort((frame.due[rows], frame.amount[rows], frame.asked[rows]))
    return np.asarray(rows[order[:: -(-len(rows) // JUDGED)]])


def _loss(trial: _Trial, curves: Curves, rows: NDArray[np.bool_] | None = None) -> float:
    """Return the mean CRPS in days of the slices, each judged up to the last day known of it."""
    if rows is None:
        rows = np.ones(len(trial.frame), dtype=bool)
    picked = np.flatnonzero(rows[trial.question])
    if not len(picked):
        return float("nan")
    total = weight = 0.0
    for part in np.array_split(picked, -(-len(picked) // 5_000)):
        by = curves.take(trial.question[part]).paid_by(_GRID)
        each = scores.crps(by, trial.delay[part], trial.known_to[part])
        total += float((each * trial.weight[part]).sum())
        weight += float(trial.weight[part].sum())
    return total / weight


def _chosen_recipe(history: History, trial: _Trial, step: int) -> tuple[Recipe, dict[str, float]]:
    """Return the form, pull and half-life that told the last 91 days best from what was before."""
    if not len(trial.frame):
        return Recipe(), {}
    judged = trial.frame
    keys = (judged.customer, judged.segment, judged.terms)
    asked = judged.asked - judged.due
    losses: dict[tuple[str, Draw], float] = {}
    like = float("nan")
    for half_life in HALF_LIVES:
        for pull in PULLS:
            draw = Draw(pull, half_life)
            curves = CustomerCurves.of(trial.earlier, Recipe("bins", draw, draw))
            losses["bins", draw] = _loss(trial, Curves.from_hazards(curves.binned(*keys), asked))
            losses["shift", draw] = _loss(trial, Curves.from_hazards(curves.shifted(*keys), asked))
            like = _loss(trial, Curves.from_hazards(curves.like(*keys[1:]), asked))
    best = {
        form: min((loss, draw) for (name, draw), loss in losses.items() if name == form)
        for form in ("bins", "shift")
    }
    form = "shift" if best["shift"][0] < best["bins"][0] else "bins"
    recipe = Recipe(form, best["bins"][1], best["shift"][1])
    return recipe, {"crps_terms_curve": like, "crps_customer_curve": best[form][0]}


def _with_trees(history: History, frame: Frame, chosen: TimingModel, trial: _Trial) -> TimingModel:
    """Return the model with trees where they are the better for it, else the one without."""
    before = frame.take(
        (frame.asked <= trial.earlier.as_of) & (frame.issued <= trial.earlier.as_of)
    )
    at_most = int(np.clip(30 * chosen.documents, 200_000, 2_500_000))
    periods = person_periods(trial.earlier, before, at_most // 2)
    if not periods.paid.any():
        return chosen
    trees = grown(trial.earlier, before, periods, chosen.recipe, chosen.step)
    tried = replace(chosen, trees=trees, method="mix", as_of=trial.earlier.as_of)
    alone = tried.predict(history, trial.frame, "customer_curve")
    correction = _corrected(history, trial, tried)
    tried = replace(tried, weight_new=1.0, weight_open=1.0)
    grown_up = tried.predict(history, trial.frame)
    half = alone.mixed_with(grown_up, 0.5)
    new = trial.frame.asked == trial.frame.issued
    weights = [
        1.0 if _loss(trial, grown_up, kind) < _loss(trial, half, kind) else 0.5
        for kind in (new, ~new)
    ]
    weight = np.where(new, weights[0], weights[1])[:, None]
    scored = {
        **chosen.scores,
        "crps_customer_curve": _loss(trial, alone),
        "crps_trees": _loss(trial, grown_up),
        "crps_mix": _loss(trial, alone.mixed_with(grown_up, weight)),
    }
    if not scored["crps_mix"] <= MARGIN * scored["crps_customer_curve"]:
        return replace(chosen, scores=scored)
    final = person_periods(history, frame, at_most)
    return replace(
        chosen,
        method="mix",
        trees=grown(history, frame, final, chosen.recipe, chosen.step),
        weight_new=weights[0],
        weight_open=weights[1],
        correction=correction,
        scores=scored,
    )


PRIOR_SD = 0.1
"""How far, in log odds, a correction may be expected to be from none."""


def _corrected(history: History, trial: _Trial, tried: TimingModel) -> Correction:
    """Return what would have made the trees right on the days kept back.

    A logistic regression of what was paid on the trees' log odds, with an offset by zone, each
    drawn to no correction; Newton's method, eight steps.
    """
    periods = person_periods(history, trial.frame, 400_000)
    hazards = np.empty((len(trial.frame), BINS))
    for rows, curves in curves_as_asked(history, trial.frame, tried.recipe, tried.step):
        part = trial.frame.take(rows)
        said = said_by_curves(curves, part)
        hazards[rows] = tree_hazards(tried.trees, static_features(part), part, said)
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
