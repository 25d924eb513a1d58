"""`python -m pipelines.backtests [coverage]`: measure, and write docs/backtests.md.

What was measured is kept in data/backtests/, so that the two commands write one document.
"""

import json
import sys
from collections.abc import Sequence
from datetime import date

from models.cash.backtest import SHOWN, Score
from models.errors import EncaisseError
from pipelines.backtests import report
from pipelines.backtests.invoices import cut_offs_of, study
from pipelines.backtests.months import of_a_year_ago
from pipelines.backtests.studies import alone, by_the_protocol, of_a_firm, published, sample
from pipelines.settings import ROOT

KEPT = ROOT / "data" / "backtests"
DOCUMENT = ROOT / "docs" / "backtests.md"
REFERENCE = ROOT.parent / "shared" / "data"

SAMPLE_SEED, SAMPLE_ITEMS = 1, 15_000
SEEDS, SIZES = 20, (1_500, 5_000, 15_000)
ORIGINS = 52
"""A year of Sundays."""

MONTHS_SIZE, MONTHS_SEEDS = 5_000, range(1, 11)
"""The firms whose months are held against what came: each takes a whole refresh."""

BANDS = ("1-4", "5-8", "9-13")

IBM = "ibm/WA_Fn-UseC_-Accounts-Receivable.csv"
IBM_CUT_OFFS = (date(2012, 12, 30), date(2013, 3, 31), date(2013, 6, 30))
IBM_UNTIL = date(2013, 12, 31)
"""The days of the published protocol, and a day by which everything is paid."""

LOOKED_AT = (
    " While the model was made, what it gave on these very days was looked at: some forty variants "
    "of the trees and of the customers' curves for single documents, and some sixty ways of "
    "drawing customers to their like and of averaging curves for cash. So its figures are a little "
    "better than it will be on data that nobody has looked at."
)

TRIED = """## What was tried where an aim is missed

Taken down by hand while the model was made, on the Sundays and days of IBM's file above; three
figures are of 4, 8 and 13 weeks. Knowing the answers, one could pick the best of each line: the
model picks by what it knew, so what is shown is not always the best.

- *Single documents, CRPS 4.26 (aim 4.25).* Twice as many trees at half the rate: 4.26. Those, each
  split seeing half of the columns: 4.26. Two to four times the rows: 4.26. Without countries as
  segments, and more rows: 4.29.
- *Open book (aim .153/.195/.200).* Trees alone: .157/.199/.203. Customers' own curves alone, as
  drawn for single documents: .174/.214/.219; drawn harder to their like, by other half-lives,
  weighted by amount or its root, in both forms: .161/.202/.206 at best. The mean of trees and own
  curves: .160/.201/.205. Several pulls averaged, with the trees, which is what is done:
  .157/.198/.202. Trees with one hard pull (30 documents, half-life of two years): .155/.196/.201;
  with the cohort curve: .155/.197/.201. Neither is done: nothing before those Sundays says that it
  would be better, and on the sample company the cohort curve errs by two thirds more. None met the
  aim.
- *Total (aim .140/.150/.152).* With trees for the open book, new invoices by the mean of eight
  weeks: .145/.156/.158; smoothed at a rate of .05, .1 or .2: .146/.153/.153 at best; by the mean of
  everything: .146/.153/.154; by smoothing that the past chooses, which is done: .145/.153/.154.
  With the invoices that were really issued, in place of a forecast: .144/.148/.145. So most of what
  is missing at 8 and 13 weeks is what nobody knew on the Sunday.
- *Sample company, width.* Leaving credited documents out of the curves and averaging pulls moved it
  between 50 and 52 % of the ETS's. Harder trimming would cost coverage, which comes first.
- *Pay days.* Moving payments onto pay days brings them forward: of the sample's open book it
  foretells a tenth too little for weeks 5 to 8. Ways to keep them about where the curve has them
  were tried on five other invented firms: the error of all receipts went from .409 to .406 at
  best, better for three of the firms. Not done.
- *Months 4 to 12.* Ten firms of 5,000 invoices, ranges made wider with the square root of the
  distance: 80 % held in 87, 94 and 95 % of the months; with the fourth root, which is done: 81, 90
  and 91 % by the same forecasts.
- *Sixty firms, weeks 9 to 13.* The 80 % interval holds in 84 % of the weeks of the larger firms, a
  point more than wanted: errors of half a year ago scale it, when the model knew less. To narrow it
  by what these firms showed would be to learn from the answers, and was not tried.
"""

TOO_LITTLE = """## Reference data with too little to judge on

The published FEC of one firm has seven months and 117 lettered lines; the others are fixtures of
three to thirty entries. Xero's tables hold 103 paid invoices, under the 200 from which anything but
the curve of the terms is used. Thirteen weeks after half a year of history leave no Sunday for the
first and too few documents for the second. Nothing is claimed of them.
"""


def main() -> None:
    """Measure what is asked for, and write the document of all that was ever measured."""
    if sys.argv[1:] not in ([], ["coverage"]):
        raise SystemExit("python -m pipelines.backtests [coverage]")
    KEPT.mkdir(parents=True, exist_ok=True)
    try:
        measure_coverage() if sys.argv[1:] else measure_firms()
    except EncaisseError as error:
        raise SystemExit(str(error)) from error
    DOCUMENT.write_text(write(), encoding="utf-8")
    print(f"written to {DOCUMENT.relative_to(ROOT)}")


def measure_firms() -> None:
    """Measure the sample company, and each reference dataset that is there and large enough."""
    if (REFERENCE / IBM).exists():
        print("IBM's file: 44 Sundays, trained every 13 weeks", flush=True)
        with alone(REFERENCE / IBM) as extracts, published(extracts) as file:
            _keep("ibm", [*by_the_protocol(file), *study(file, IBM_CUT_OFFS, IBM_UNTIL)])
    print(f"the sample company: {SAMPLE_ITEMS:,} invoices", flush=True)
    with sample(SAMPLE_SEED, SAMPLE_ITEMS) as extracts, published(extracts) as file:
        _keep("sample", [*of_a_firm(file, ORIGINS), *study(file, *cut_offs_of(file))])


def measure_coverage() -> None:
    """Measure how often the intervals hold, on many sample companies of three sizes.

    A firm that was measured is not measured again: delete its file in data/backtests/ for that.
    The document is written after each, so that it says what is there when this is stopped.
    """
    for size in SIZES:
        for seed in range(1, SEEDS + 1):
            name = f"coverage-{size}-{seed}"
            if (KEPT / f"{name}.json").exists():
                continue
            with sample(seed, size) as extracts, published(extracts) as file:
                _keep(name, of_a_firm(file, ORIGINS))
            DOCUMENT.write_text(write(), encoding="utf-8")
            print(f"{name}: measured", flush=True)
    for seed in MONTHS_SEEDS:
        name = f"months-{MONTHS_SIZE}-{seed}"
        if (KEPT / f"{name}.json").exists():
            continue
        with sample(seed, MONTHS_SIZE) as extracts, published(extracts) as file:
            _keep(name, of_a_year_ago(extracts, file))
        print(f"{name}: measured", flush=True)


def write() -> str:
    """Return the document of everything that is kept."""
    targets: list[report.Target] = []
    sections = []
    if (KEPT / "sample.json").exists():
        scores = _kept("sample")
        targets += report.firm_targets("sample company, one firm", scores)
        about = (
            f"`encaisse sample`: {SAMPLE_ITEMS:,} invoices over three years, two entities, three "
            "currencies, payers of nine kinds. Invented: real firms are less regular."
        )
        sections.append(report.section("The sample company", about, scores))
    if (KEPT / "ibm.json").exists():
        scores = _kept("ibm")
        targets = [*report.invoice_targets(scores), *report.ibm_targets(scores), *targets]
        about = (
            "IBM's *Late Payment Histories*: 2,466 invoices of 100 customers, one term of 30 days, "
            "all paid in the end, synthetic by its look. 44 Sundays from 30 September 2012 to 28 "
            "July 2013: later ones are biased, because the file holds settled invoices only. Its "
            "`Disputed` is not known at issue and is not used." + LOOKED_AT
        )
        sections.insert(0, report.section("IBM's file", about, scores))
    coverage, of_coverage = _coverage()
    return "\n".join(
        [
            report.HEAD,
            report.against_targets([*targets, *of_coverage]),
            *sections,
            coverage,
            report.months_section(
                [report.found(_kept(file.stem)) for file in sorted(KEPT.glob("months-*.json"))]
            ),
            TRIED,
            TOO_LITTLE,
        ]
    )


def _coverage() -> tuple[str, list[report.Target]]:
    """Write how often the intervals held, by size of firm."""
    rows, targets = [], []
    for size in SIZES:
        files = sorted(KEPT.glob(f"coverage-{size}-*.json"))
        firms = [report.found(_kept(file.stem)) for file in files]
        firms = [firm for firm in firms if ("total", SHOWN, "1-4", "coverage_80") in firm]
        if not firms:
            continue
        cells = []
        for band in BANDS:
            held = [firm["total", SHOWN, band, "coverage_80"] for firm in firms]
            mean = sum(each.value for each in held) / len(held)
            spread = sorted(each.value for each in held)
            cells.append(f"{mean:.1%} ({spread[0]:.0%} to {spread[-1]:.0%})")
            what = f"{size:,} invoices, {len(firms)} firms: 80 % covers, weeks {band}"
            targets.append(report.Target(what, "77 to 83 %", f"{mean:.1%}", 0.77 <= mean <= 0.83))
        width = _mean_ratio(firms, "width_80", "1-4")
        wape = _mean_ratio(firms, "wape", "all")
        name = f"{size:,} invoices, {len(firms)} firms"
        wide = f"{name}: width of the 80 % interval, weeks 1-4, of the ETS's"
        targets += [
            report.Target(wide, "at most 50 %", f"{width:.1%}", width <= 0.50),
            report.Target(
                f"{name}: WAPE of the weeks, of the best rival's",
                "at most 75 %",
                f"{wape:.1%}",
                wape <= 0.75,
            ),
        ]
        rows.append((f"{size:,}", str(len(firms)), *cells, f"{width:.0%}", f"{wape:.0%}"))
    if not rows:
        return "", []
    header = (
        "invoices",
        "firms",
        *(f"covered, weeks {band}" for band in BANDS),
        "width of the ETS's, weeks 1-4",
        "WAPE of the best rival's",
    )
    return (
        "## Coverage on many invented firms\n\nWritten by `make coverage`: as many sample "
        "companies, each with its own customers and fates; the mean over them, and the lowest and "
        f"highest firm.\n\n{report.table(header, rows)}\n"
    ), targets


def _mean_ratio(firms: Sequence[report.Found], metric: str, band: str) -> float:
    """Return the mean over firms of ours against the best rival that has the metric."""
    ratios = []
    for firm in firms:
        rivals = [
            firm["total", method, band, metric].value
            for method in report.NAIVE
            if ("total", method, band, metric) in firm
        ]
        if rivals:
            ratios.append(firm["total", SHOWN, band, metric].value / min(rivals))
    return sum(ratios) / len(ratios) if ratios else float("nan")


def _keep(name: str, scores: Sequence[Score]) -> None:
    rows = [list(each) for each in scores]
    (KEPT / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")


def _kept(name: str) -> list[Score]:
    return [Score(*row) for row in json.loads((KEPT / f"{name}.json").read_text("utf-8"))]


if __name__ == "__main__":
    main()
