"""What methods of forecasting, their scores and what is watched of them are called."""

import re
from decimal import Decimal

from dashboards.language import mark, t
from dashboards.words import word

MODELS = {
    "encaisse": mark("What is shown"),
    "trees": mark("Model: all features alone"),
    "mix": mark("Model: all features, with the customer's own curve"),
    "combined": mark("Model, with the weeks of last year and smoothed receipts"),
    "customer_curve": mark("The customer's own curve"),
    "terms_curve": mark("The curve of the payment terms"),
    "due_date": mark("Everybody pays on the due date"),
    "mean_delay": mark("Due date and the customer's mean delay"),
    "median_10": mark("Due date and the median of its last ten delays"),
    "cohort": mark("Curve of the invoices of one month"),
    "same_week_last_year": mark("Same week last year"),
    "ets": mark("Exponential smoothing of receipts (ETS)"),
}

SIMPLE = ("due_date", "mean_delay", "median_10", "cohort", "same_week_last_year", "ets")
"""The rules that a firm could follow without any of this."""

METRICS = {
    "wape": mark("Error in share of receipts"),
    "bias": mark("Bias"),
    "pinball": mark("Error of the ranges (pinball)"),
    "crps": mark("Error of the whole distribution (CRPS)"),
    "width_80": mark("Width of the range"),
    "mae_days": mark("Error of the payment day"),
    "auc": mark("Telling late from on time (AUC)"),
    "average_precision": mark("Finding the late ones (average precision)"),
    "pit_80": mark("Payments within the range of 8 times out of 10"),
    "ece": mark("Error of the probabilities (ECE)"),
    "brier": mark("Error of the probabilities (Brier)"),
}

METRICS_SAID = {
    "wape": mark(
        "The errors of all weeks, too much or too little, over all that came in, in percent."
    ),
    "bias": mark(
        "All that was said less all that came in, over what came in, in percent: above zero, too "
        "much was promised."
    ),
    "pinball": mark(
        "How far what came in lies from the bounds, weighted by how sure they are, in percent of "
        "what comes in."
    ),
    "crps": mark("How far the whole range of possible days or amounts lies from what came."),
    "width_80": mark("The width of the range of 8 times out of 10, over what came in, in percent."),
    "mae_days": mark("Days between the expected day of payment and the real one, on average."),
    "auc": mark(
        "How often a late invoice was given a higher risk than one on time: 0.5 is chance, 1 is "
        "never wrong."
    ),
    "average_precision": mark("How many of those called late were late, over all thresholds."),
    "pit_80": mark("How often the payment came within the range: 0.8 is right, more is cautious."),
    "ece": mark("How far probabilities lie from how often it happened, on average."),
    "brier": mark("The squared error of the probabilities, on average."),
}

HORIZONS = {
    "all": mark("all weeks"),
    "new": mark("on the day of issue"),
    "open": mark("once open"),
}

SHARES = ("wape", "bias", "pinball", "width_80")
BEST_AT = {"bias": Decimal(0), "pit_80": Decimal("0.8")}
HIGH_IS_GOOD = ("auc", "average_precision")

CARD_PARTS = {
    "model": mark("Model"),
    "data": mark("What it learnt from"),
    "features": mark("What it looks at"),
    "scores": mark("How right it was"),
    "versions": mark("Versions"),
}

TARGETS = {"late": mark("More than 0 days"), "late_30": mark("More than 30 days")}

DRIFTS = {
    "late_share_28": mark("Share of the payments of 28 days that came late"),
    "paid_share_28": mark("Share paid within 28 days, above what was said"),
}


def metric(code: str) -> str:
    """Return what a score is called."""
    return word(METRICS, code)


def about_metric(code: str) -> str:
    """Return in a sentence what a score measures."""
    return word(METRICS_SAID, code)


def unit_of_metric(code: str) -> str:
    """Return the unit of a score, for an axis."""
    if code in SHARES:
        return "%"
    return t("days") if code in ("mae_days", "crps") else ""


def horizon(code: str) -> str:
    """Return how far ahead: `1-4` is `weeks 1 to 4`."""
    if code in HORIZONS:
        return t(HORIZONS[code])
    if weeks := re.fullmatch(r"(\d+)-(\d+)", code):
        return t("weeks {first} to {last}", first=weeks[1], last=weeks[2])
    return code
