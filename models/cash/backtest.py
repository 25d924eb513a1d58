"""How right the forecasts of the past were, each made of what was known on its day.

A track is what was foretold for one series on many Sundays, by every method, and what came in. The
method that is shown is chosen as it would have been then: the model, unless a simpler rule had been
right more often by that day. So the score of what is shown holds no hindsight.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.cash.combination import COMBINED, PARTNERS, parts_at, together
from models.cash.intervals import LEVELS, Bounds, rolling_bounds, spread_of
from models.cash.periods import WEEKS
from models.scores import DRAWS, SEED
from models.scores import Bounds as Scored

Floats = NDArray[np.float64]

SHOWN = "encaisse"
"""The name of what is shown: the best method so far."""

MODEL = "mix"
TOP_DOWN = ("same_week_last_year", "ets")
"""Methods that look at weekly receipts alone, and foretell totals only."""

HORIZONS = {"1-4": (0, 4), "5-8": (4, 8), "9-13": (8, 13), "1-8": (0, 8), "all": (0, WEEKS)}
"""Weeks ahead that are scored together."""

MARGIN = 0.02
"""By how much a simpler rule must be better than the model to take its place."""

FEWEST_ORIGINS = 12
"""So many forecasts must be over before any rule can take the model's place."""

LOOKED_BACK = 52
BLOCK = 13
"""Origins that a bootstrap draws together: weeks that follow each other share their weather."""


class Track(NamedTuple):
    """What was foretold for one series on many Sundays, and what came in. All in cents.

    Attributes:
        origins: The Sundays, in order, one week apart.
        open_book: By method, (origins, weeks): receipts from documents open at the origin.
        total: By method, the same of all receipts; NaN where a method had nothing to say.
        variance: (origins, weeks), of the model's total if documents were independent.
        usual: What came in in a usual week, as of each origin.
        actual_open: (origins, weeks), what came in from documents open then; NaN: not over.
        actual: (origins, weeks), all that came in; NaN: not over.
        ets_width: Half the width of the top-down forecast's own 80 % interval.
    """

    origins: NDArray[np.int64]
    open_book: dict[str, Floats]
    total: dict[str, Floats]
    variance: Floats
    usual: Floats
    actual_open: Floats
    actual: Floats
    ets_width: Floats


class Shown(NamedTuple):
    """What was, or would have been, shown on each of the origins.

    Attributes:
        methods: The method chosen at each origin.
        total: (origins, weeks), its forecast.
        bounds: Of each.
    """

    methods: list[str]
    total: Floats
    bounds: Bounds


class Score(NamedTuple):
    """One score. `low` and `high` are where 90 % of draws of other origins would have left it."""

    subject: str
    method: str
    horizon: str
    metric: str
    value: float
    low: float | None
    high: float | None
    cases: int


def with_combination(track: Track) -> Track:
    """Return the track with the model and its partners put together, as at each origin."""
    if MODEL not in track.total:
        return track
    model, partners = track.total[MODEL], _partners(track)
    told = np.empty_like(model)
    for row in range(len(track.origins)):
        of_then = {name: forecast[row] for name, forecast in partners.items()}
        told[row] = together(model[row], of_then, parts_of(track, row))
    return track._replace(total={**track.total, COMBINED: told})


def parts_of(track: Track, origin: int) -> Floats:
    """Return how much of a forecast at an origin the model's partners make up: (weeks, partners).

    Args:
        track: The forecasts of the past.
        origin: The place of the origin; their number for the forecast of today.
    """
    partners = _partners(track)
    parts = parts_at(track.total[MODEL], partners, track.actual, _over(track, origin))
    for place, name in enumerate(PARTNERS):
        if np.isnan(partners[name][origin : origin + 1]).any():
            parts[:, place] = 0.0
    return parts


def _partners(track: Track) -> dict[str, Floats]:
    """Return what each partner foretold; NaN of one that is not there."""
    nothing = np.full(track.actual.shape, np.nan)
    return {name: track.total.get(name, nothing) for name in PARTNERS}


def chosen(track: Track, origin: int) -> str:
    """Return the method to show at an origin: the model, or a rule that was better by then.

    The model stands with its partners, where they have a part. Judged on the weeks that were over,
    of the forecasts of the last year.

    Args:
        track: The forecasts of the past.
        origin: The place of the origin; their number for the forecast of today.
    """
    if MODEL not in track.total:
        return next(iter(track.total))
    over = _over(track, origin)
    ours = COMBINED if COMBINED in track.total and parts_of(track, origin).any() else MODEL
    came = track.actual[over].sum()
    if (over.any(axis=1)).sum() < FEWEST_ORIGINS or came <= 0:
        return ours
    wapes = {
        method: np.abs(told - track.actual)[over].sum() / came
        for method, told in track.total.items()
        if not np.isnan(told[over]).any() and not np.isnan(told[origin : origin + 1]).any()
    }
    best = min(wapes, key=lambda method: (wapes[method], method))
    return best if wapes[best] < wapes[ours] * (1 - MARGIN) else ours


def shown(track: Track) -> Shown:
    """Return what was shown at each origin, with its bounds."""
    methods = [chosen(track, origin) for origin in range(len(track.origins))]
    total = np.array([track.total[method][row] for row, method in enumerate(methods)])
    total = np.maximum(total.reshape(-1, WEEKS), 0.0)
    spread = np.array(
        [
            spread_of(total[row], track.variance[row], float(track.usual[row]))
            for row in range(len(methods))
        ]
    ).reshape(-1, WEEKS)
    return Shown(methods, total, rolling_bounds(total, spread, track.actual))


def score(track: Track, seen: Shown) -> list[Score]:
    """Return every score of a series: each method on the open book and on the total."""
    found = []
    for subject, told, truth in (
        ("open_book", track.open_book, track.actual_open),
        ("total", {SHOWN: seen.total, **track.total}, track.actual),
    ):
        for method, forecast in told.items():
            for horizon, (first, last) in HORIZONS.items():
                part = slice(first, last)
                found += _errors(subject, method, horizon, forecast[:, part], truth[:, part])
    for horizon, (first, last) in HORIZONS.items():
        part = slice(first, last)
        found += _of_bounds(horizon, seen, track, part)
    return found


def combined(scores: Sequence[tuple[float, list[Score]]]) -> list[Score]:
    """Return the scores of the firm: those of its series, weighted.

    Amounts in several currencies are not added up; their relative errors may be averaged.

    Args:
        scores: The weight of each series (its part of what was invoiced, in the currency of the
            books), and its scores.
    """
    sums: dict[tuple[str, str, str, str], list[tuple[float, Score]]] = {}
    for weight, of_series in scores:
        for each in of_series:
            if weight > 0 and np.isfinite(each.value):
                key = (each.subject, each.method, each.horizon, each.metric)
                sums.setdefault(key, []).append((weight, each))
    found = []
    for key, parts in sums.items():
        total = sum(weight for weight, _ in parts)
        value = sum(weight * each.value for weight, each in parts) / total
        low, high = None, None
        if len(parts) == 1:
            low, high = parts[0][1].low, parts[0][1].high
        found.append(Score(*key, value, low, high, sum(each.cases for _, each in parts)))
    return found


def _over(track: Track, origin: int) -> NDArray[np.bool_]:
    """Tell which outcomes were known at an origin, of the forecasts of the year before it."""
    rows = np.arange(len(track.origins))[:, None]
    weeks = np.arange(WEEKS)[None, :]
    over = (rows + weeks < origin) & (rows >= origin - LOOKED_BACK)
    return np.asarray(over & ~np.isnan(track.actual))


def _errors(
    subject: str, method: str, horizon: str, forecast: Floats, actual: Floats
) -> list[Score]:
    known = ~np.isnan(actual) & ~np.isnan(forecast)
    rows = known.any(axis=1)
    if not rows.any():
        return []
    told, truth = np.where(known, forecast, 0.0)[rows], np.where(known, actual, 0.0)[rows]
    off, error, came = np.abs(told - truth).sum(1), (told - truth).sum(1), truth.sum(1)
    if came.sum() <= 0:
        return []
    bounds = _bounded(off, came)
    count = int(known.sum())
    return [
        Score(subject, method, horizon, "wape", bounds.value, bounds.low, bounds.high, count),
        Score(subject, method, horizon, "bias", _ratio(error, came), None, None, count),
    ]


def _of_bounds(horizon: str, seen: Shown, track: Track, weeks: slice) -> list[Score]:
    """Return coverage, width and pinball of what was shown, and of the top-down interval."""
    actual = track.actual[:, weeks]
    known = ~np.isnan(actual) & ~seen.bounds.is_assumed[:, weeks]
    rows = known.any(axis=1)
    if not rows.any() or actual[known].sum() <= 0:
        return []
    mean, count = float(actual[known].mean()), int(known.sum())
    judged = np.where(known, actual, np.nan)
    found = []
    lost = []
    for place, level in enumerate(LEVELS):
        low, high = seen.bounds.low[:, weeks, place], seen.bounds.high[:, weeks, place]
        name = f"{level:.0%}".rstrip("%")
        found += _coverage(SHOWN, horizon, name, (low, high), judged)
        if level == 0.8:
            width = float((high - low)[known].mean()) / mean
            found.append(Score("total", SHOWN, horizon, "width_80", width, None, None, count))
        for quantile, bound in (((1 - level) / 2, low), ((1 + level) / 2, high)):
            short = (actual - bound)[known]
            lost.append(np.maximum(quantile * short, (quantile - 1) * short).mean() / mean)
    pinball = 2 * float(np.mean(lost))
    found.append(Score("total", SHOWN, horizon, "pinball", pinball, None, None, count))
    ets, half = track.total.get("ets"), track.ets_width[:, weeks]
    if ets is not None:
        low, high = np.maximum(ets[:, weeks] - half, 0.0), ets[:, weeks] + half
        found += _coverage("ets", horizon, "80", (low, high), judged)
        width = float((high - low)[known].mean()) / mean
        found.append(Score("total", "ets", horizon, "width_80", width, None, None, count))
    return found


def _coverage(
    method: str, horizon: str, name: str, bounds: tuple[Floats, Floats], actual: Floats
) -> list[Score]:
    low, high = bounds
    of = (~np.isnan(actual)).sum(axis=1)
    rows = of > 0
    held, asked = ((low <= actual) & (actual <= high)).sum(axis=1)[rows], of[rows]
    told = _bounded(held, asked)
    metric = f"coverage_{name}"
    return [Score("total", method, horizon, metric, told.value, told.low, told.high, int(of.sum()))]


def _bounded(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Scored:
    """Return a ratio of sums over origins, with the bounds of drawing blocks of them anew."""
    count = len(part)
    length = max(1, min(BLOCK, count))
    random = np.random.default_rng(SEED)
    starts = random.integers(0, count - length + 1, (DRAWS, -(-count // length)))
    rows = (starts[:, :, None] + np.arange(length)).reshape(DRAWS, -1)[:, :count]
    sums, wholes = part[rows].sum(axis=1), whole[rows].sum(axis=1)
    ratios = sums[wholes > 0] / wholes[wholes > 0]
    low, high = np.quantile(ratios, [0.05, 0.95])
    return Scored(_ratio(part, whole), float(low), float(high))


def _ratio(part: NDArray[np.generic], whole: NDArray[np.generic]) -> float:
    below = float(np.sum(whole))
    return float(np.sum(part)) / below if below else float("nan")
