"""The model together with rules that err differently.

What is open is best told document by document: by the trees, or more by the customers' own curves,
as the firm's past says. What is not invoiced yet, the model can only guess from what was invoiced;
last year's weeks and the weekly receipts know a season of their own. A mean of forecasts that err
differently errs less. How much of each goes in is chosen for near, middle and far weeks, from what
was over by then.
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.cash.periods import WEEKS

Floats = NDArray[np.float64]

COMBINED = "combined"
CURVES = "customer_curve"
PARTNERS = ("same_week_last_year", "ets", CURVES)
SPANS = (slice(0, 4), slice(4, 8), slice(8, WEEKS))
"""Near, middle and far weeks."""

PARTS = (0.0, 0.25, 0.5, 0.75)
"""How much of a forecast a partner may make up; all of them together at most three quarters."""

MIXES = tuple(mix for mix in product(PARTS, repeat=len(PARTNERS)) if sum(mix) <= max(PARTS))
FEWEST_ORIGINS = 8
"""So many forecasts must be over before a partner has a part."""


def together(model: Floats, partners: Mapping[str, Floats], parts: Floats) -> Floats:
    """Return forecasts of the coming weeks, put together.

    Args:
        model: (weeks), the model's.
        partners: By name, (weeks); NaN where a partner has nothing to say.
        parts: (weeks, partners), from `parts_at`.

    >>> together(np.full(13, 100.0), {"same_week_last_year": np.full(13, 200.0),
    ...     "ets": np.full(13, 50.0), "customer_curve": np.full(13, np.nan)},
    ...     np.tile([0.25, 0.5, 0.0], (13, 1)))[0]
    np.float64(100.0)
    """
    told = np.column_stack([partners[name] for name in PARTNERS])
    return model * (1.0 - parts.sum(axis=1)) + np.where(parts > 0, parts * told, 0.0).sum(axis=1)


def parts_at(
    model: Floats, partners: Mapping[str, Floats], actual: Floats, over: NDArray[np.bool_]
) -> Floats:
    """Return each partner's part in each coming week, by what would have erred least so far.

    Args:
        model: (origins, weeks), the model's forecasts of the past.
        partners: By name, the same shape; NaN where a partner had nothing to say.
        actual: What came in.
        over: Which of these weeks are over, and may be looked at.

    Returns:
        (weeks, partners); zero where too few forecasts are over.
    """
    parts = np.zeros((WEEKS, len(PARTNERS)))
    for span in SPANS:
        known = over[:, span]
        if known.any(axis=1).sum() < FEWEST_ORIGINS:
            continue
        truth, told = actual[:, span][known], model[:, span][known]
        others = np.array([partners[name][:, span][known] for name in PARTNERS])
        errors = {}
        for mix in MIXES:
            weights = np.array(mix)[:, None]
            if np.isnan(others[weights[:, 0] > 0]).any():
                continue
            mean = told * (1.0 - sum(mix)) + np.where(weights > 0, weights * others, 0.0).sum(0)
            errors[mix] = np.abs(mean - truth).sum()
        parts[span] = min(errors, key=lambda mix: (errors[mix], mix))
    return parts
