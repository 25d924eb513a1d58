"""docs/backtests.md: every score beside its rivals, and against what was aimed at."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.cash.backtest import HORIZONS, MODEL, SHOWN, Score
from models.cash.combination import COMBINED
from pipelines.backtests.months import BANDS as MONTH_BANDS

METHODS = {
    SHOWN: "**Encaisse, as shown**",
    COMBINED: "the model with its partners",
    MODEL: "the model",
    "customer_curve": "customers' own curves alone",
    "due_date": "due date",
    "mean_delay": "due date + customer's mean delay",
    "median_10": "due date + median of its last ten",
    "cohort": "cohort curve",
    "same_week_last_year": "same week last year",
    "ets": "ETS on weekly receipts",
    "terms_curve": "the curve of the terms",
    "late_rate": "customer's late rate",
}
INVOICE_METRICS = {
    "auc": "AUC, late",
    "average_precision": "average precision, late",
    "ece": "ECE, late",
    "crps": "CRPS, days",
    "mae_days": "MAE, days",
    "pit_80": "PIT80",
}
MONTH_METRICS = {
    "coverage_50": "50 % holds",
    "coverage_80": "80 % holds",
    "coverage_95": "95 % holds",
    "wape": "WAPE",
    "bias": "bias",
}
NAIVE = ("due_date", "mean_delay", "median_10", "cohort", "same_week_last_year", "ets")

HEAD = """# Backtests

How right the forecasts are, on data whose future is known: written by `make backtest` and
`make coverage`. The app shows the same tables for the firm's own data, on *How right are we*.

**How it is done.** Every Sunday of the past is taken in turn. What was known on that evening
makes a forecast of the thirteen weeks after it: documents booked by then, payments noted by then.
Both clocks are kept: a payment of that week that was lettered later stands beside its invoice as an
unapplied credit, as it did. The timing model is trained anew every thirteen weeks. Then the
forecasts are held against what came in: payments less those returned, by the bank's day.

**How to read it.** WAPE is the sum of the weekly errors over the sum of what came in: 0.20 says
that a week is off by a fifth. In brackets, where 90 % of draws of other Sundays (blocks of
thirteen) would have left it. Bias is the same with its sign: positive is too much. Coverage is how
often the interval held what came; width is the 80 % interval's, over the mean week. *As shown* is
the method that had been right most often by each Sunday, without hindsight. Several currencies or
entities are never added up: their scores are averaged, weighted by what each invoices.

The rivals get the same knowledge, and those that look at documents the same forecast of new
invoices.

**Single documents.** A model learns at the end of a day and is then frozen. It is asked about
each document issued in the 91 days after, on its day of issue, and about the book open that night.
The figures are means over such days; in brackets, where 90 % of draws of other customers would
have left them. Late is paid after the due day. AUC and average precision (1 is perfect) say how
well the late are told from the timely; ECE how far the chances said are from what happens; CRPS, in
days, how far the whole distribution is; MAE how far its middle is; PIT80 how often the payment came
between the tenth and the ninetieth part of it, where 0.80 is right.
"""


class Target(NamedTuple):
    """What was aimed at, and what came of it."""

    what: str
    aim: str
    measured: str
    is_met: bool


Found = dict[tuple[str, str, str, str], Score]


def found(scores: Iterable[Score]) -> Found:
    """Return scores by subject, method, horizon and metric."""
    return {(each.subject, each.method, each.horizon, each.metric): each for each in scores}


def section(name: str, about: str, scores: Sequence[Score]) -> str:
    """Write what was measured on one firm."""
    of = found(scores)
    parts = [f"## {name}\n\n{about}\n"]
    for subject, title in (
        ("total", "All receipts, by weeks ahead"),
        ("open_book", "Receipts from documents open on the Sunday"),
    ):
        rows = [_row(of, subject, method) for method in METHODS if _has(of, subject, method)]
        header = ("method", *(f"weeks {name}" for name in _BANDS), "bias, all")
        parts.append(f"### {title}: WAPE\n\n{table(header, rows)}\n")
    bounds = [
        _bounds_row(of, method)
        for method in (SHOWN, "ets")
        if ("total", method, "1-4", "coverage_80") in of
    ]
    if bounds:
        header = (
            "method",
            *(f"covered, weeks {name}" for name in _BANDS[:3]),
            *(f"width, weeks {name}" for name in _BANDS[:3]),
        )
        parts.append(f"### The 80 % interval of all receipts\n\n{table(header, bounds)}\n")
        inner = [
            (level, *(_value(of, "total", SHOWN, band, f"coverage_{level}") for band in _BANDS[:3]))
            for level in ("50", "80", "95")
        ]
        header = ("interval, %", *(f"covered, weeks {name}" for name in _BANDS[:3]))
        parts.append(table(header, inner) + "\n")
    for horizon, title in (
        ("new", "When each new document will be paid, said on its day of issue"),
        ("open", "When each open document will be paid, given that it is open"),
    ):
        rows = [
            _invoice_row(of, method, horizon)
            for method in METHODS
            if any(("invoices", method, horizon, metric) in of for metric in INVOICE_METRICS)
        ]
        if rows:
            header = ("method", *INVOICE_METRICS.values())
            parts.append(f"### {title}\n\n{table(header, rows)}\n")
    ranking = [
        (label, _value(of, "ranking", method, "open", "captured_5"))
        for method, label in (
            ("expected", "amount x expected days late"),
            ("ageing", "ageing order"),
            ("amount", "amount"),
        )
        if ("ranking", method, "open", "captured_5") in of
    ]
    if ranking:
        parts.append(
            "### What the first 5 % of the open documents had of the late euro-days to come\n\n"
            + table(("order", "share"), ranking)
            + "\n"
        )
    return "\n".join(parts)


_BANDS = ("1-4", "5-8", "9-13", "all")


def ibm_targets(scores: Sequence[Score]) -> list[Target]:
    """Return what was aimed at on IBM's file: WAPE at 4, 8 and 13 weeks."""
    of = found(scores)
    aims = {"open_book": (0.153, 0.195, 0.200), "total": (0.140, 0.150, 0.152)}
    told = []
    for subject, wanted in aims.items():
        for aim, band, weeks in zip(wanted, ("1-4", "1-8", "all"), (4, 8, 13), strict=True):
            value = of[subject, MODEL, band, "wape"].value
            what = f"IBM, {subject.replace('_', ' ')}, {weeks} weeks: WAPE"
            told.append(Target(what, f"at most {aim:.3f}", f"{value:.3f}", value <= aim))
    return told


def invoice_targets(scores: Sequence[Score]) -> list[Target]:
    """Return what was aimed at for single documents of IBM's file, said on their day of issue."""
    of = found(scores)
    told: list[Target] = []
    if ("invoices", MODEL, "new", "auc") not in of:
        return told
    for metric, aim, is_least in (
        ("auc", 0.890, True),
        ("average_precision", 0.80, True),
        ("crps", 4.25, False),
        ("mae_days", 5.95, False),
        ("ece", 0.06, False),
    ):
        value = of["invoices", MODEL, "new", metric].value
        said = f"at {'least' if is_least else 'most'} {_rounded(metric, aim)}"
        what = f"IBM, new documents: {INVOICE_METRICS[metric]}"
        is_met = value >= aim if is_least else value <= aim
        told.append(Target(what, said, _rounded(metric, value), is_met))
    held = of["invoices", MODEL, "new", "pit_80"].value
    what = f"IBM, new documents: {INVOICE_METRICS['pit_80']}"
    told.append(Target(what, "0.77 to 0.83", f"{held:.3f}", 0.77 <= held <= 0.83))
    return told


def firm_targets(name: str, scores: Sequence[Score]) -> list[Target]:
    """Return what was aimed at on a simulated firm."""
    of = found(scores)
    told = []
    ours = of["total", SHOWN, "all", "wape"].value
    naive = min(
        of["total", method, "all", "wape"].value
        for method in NAIVE
        if ("total", method, "all", "wape") in of
    )
    told.append(
        Target(
            f"{name}: WAPE of the weeks, of the best rival's",
            "at most 75 %",
            f"{ours / naive:.1%}",
            ours <= 0.75 * naive,
        )
    )
    widths = [of["total", method, "1-4", "width_80"].value for method in (SHOWN, "ets")]
    told.append(
        Target(
            f"{name}: width of the 80 % interval, weeks 1-4, of the ETS's",
            "at most 50 %",
            f"{widths[0] / widths[1]:.1%}",
            widths[0] <= 0.5 * widths[1],
        )
    )
    if ("ranking", "expected", "open", "captured_5") in of:
        shares = [
            of["ranking", each, "open", "captured_5"].value for each in ("expected", "ageing")
        ]
        ratio = shares[0] / shares[1] if shares[1] else float("inf")
        told.append(
            Target(
                f"{name}: late euro-days in the first 5 %, of ageing order's",
                "at least 1.4 times",
                f"{ratio:.1f} times",
                ratio >= 1.4,
            )
        )
    return told


MONTHS = """## Months 4 to 12

No past forecast of a firm says how far off a month is that is nine months away: its bounds are
those of a month three months away, made wider with the distance, as we assume it. Here a refresh of
a year ago was run for {count} invented firms of 5,000 invoices, and its months held against what
came; the mean over the firms. They are told at the end of December, from two years of history. WAPE
and bias are of the currency of the books.

{table}
"""


def months_section(firms: Sequence[Found]) -> str:
    """Write how right the months were that firms would have been told a year before."""
    if not firms:
        return ""
    rows = []
    for band in MONTH_BANDS:
        keys = [("months", SHOWN, band, metric) for metric in MONTH_METRICS]
        told = [[firm[key].value for firm in firms if key in firm] for key in keys]
        rows.append((f"months {band}", *(f"{sum(each) / len(each):.0%}" for each in told if each)))
    header = ("ahead", *MONTH_METRICS.values())
    return MONTHS.format(count=len(firms), table=table(header, rows))


def against_targets(targets: Sequence[Target]) -> str:
    """Write what was aimed at and whether it is reached, before anything else."""
    rows = [
        (each.what, each.aim, each.measured, "yes" if each.is_met else "**no**") for each in targets
    ]
    return f"## Against the targets\n\n{table(('what', 'aim', 'measured', 'met'), rows)}\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table, numbers flush right."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _row(of: Found, subject: str, method: str) -> tuple[str, ...]:
    cells = []
    for band in _BANDS:
        each = of.get((subject, method, band, "wape"))
        text = "" if each is None else f"{each.value:.3f}"
        if each is not None and each.low is not None and each.high is not None and band == "all":
            text += f" ({each.low:.3f}-{each.high:.3f})"
        cells.append(text)
    bias = of.get((subject, method, "all", "bias"))
    return METHODS[method], *cells, "" if bias is None else f"{bias.value:+.3f}"


def _invoice_row(of: Found, method: str, horizon: str) -> tuple[str, ...]:
    cells = []
    for metric in INVOICE_METRICS:
        each = of.get(("invoices", method, horizon, metric))
        cells.append("" if each is None else _bounded(metric, each))
    return METHODS[method], *cells


def _bounded(metric: str, score: Score) -> str:
    """Write a score and its bounds."""
    value = _rounded(metric, score.value)
    if score.low is None or score.high is None:
        return value
    return f"{value} ({_rounded(metric, score.low)}-{_rounded(metric, score.high)})"


def _rounded(metric: str, value: float) -> str:
    return f"{value:.2f}" if metric in ("crps", "mae_days") else f"{value:.3f}"


def _bounds_row(of: Found, method: str) -> tuple[str, ...]:
    return (
        METHODS[method],
        *(_value(of, "total", method, band, "coverage_80") for band in _BANDS[:3]),
        *(_value(of, "total", method, band, "width_80") for band in _BANDS[:3]),
    )


def _has(of: Found, subject: str, method: str) -> bool:
    return any((subject, method, band, "wape") in of for band in HORIZONS)


def _value(of: Found, subject: str, method: str, band: str, metric: str) -> str:
    each = of.get((subject, method, band, metric))
    return "" if each is None else f"{each.value:.3f}"
