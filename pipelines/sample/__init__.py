"""The sample company: a firm's extracts, plausible and invented, and the truth behind them.

One definition serves every size. Customers are worked out range by range, because what becomes of
an invoice depends on its customer alone; the books are then written month by month, because a
ledger is in date order. Between the two passes rows wait on disk, so memory does not grow with
the number of invoices. Every draw is a hash (`draw.py`): same seed, same bytes.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import EncaisseError
from pipelines.intake.reading import Progress
from pipelines.sample import days
from pipelines.sample.behaviour import decide, matters
from pipelines.sample.customer_file import write_customers
from pipelines.sample.documents import Numbering, customer_ranges, invoices_of
from pipelines.sample.firm import ENTITIES, Firm, make_firm
from pipelines.sample.ledger import events_of
from pipelines.sample.lettering import letter
from pipelines.sample.spill import Spill
from pipelines.sample.texts import Party
from pipelines.sample.truth import FOLDER as TRUTH
from pipelines.sample.truth import Truth
from pipelines.sample.writing import Books

INVOICES_AT_ONCE = 50_000
FEWEST_ITEMS, MOST_ITEMS = 100, 50_000_000


@dataclass(frozen=True)
class SampleSummary:
    """What `write_sample` wrote."""

    folder: Path
    seed: int
    invoices: int  # issued in the three years; those of the first opening balance come on top
    customers: int
    entities: tuple[tuple[str, str], ...]  # (entity_id, name); the id is the SIREN
    ledger_lines: int
    bank_entries: int
    files: tuple[str, ...]


def write_sample(
    out: Path, *, seed: int = 1, items: int = 15_000, progress: Progress
) -> SampleSummary:
    """Write the extracts of the sample company into a folder.

    FEC files of two entities for 2023 to 2025, the customer file as CSV and XLSX, monthly
    camt.053 statements of four bank accounts, and `_truth/`, which the intake leaves alone.

    Args:
        out: Where to. Files of the same names are replaced, others left alone.
        seed: Same seed and items, same bytes, on any machine.
        items: How many invoices are issued in the three years.
        progress: Called with the share that is done.

    Raises:
        EncaisseError: `items` is out of range.
    """
    if not FEWEST_ITEMS <= items <= MOST_ITEMS:
        raise EncaisseError(
            f"A sample of {items:,} invoices cannot be made.",
            where="the sample company",
            fix=f"ask for {FEWEST_ITEMS:,} to {MOST_ITEMS:,} items",
        )
    out.mkdir(parents=True, exist_ok=True)
    firm = make_firm(seed, items)
    with tempfile.TemporaryDirectory(dir=out, prefix="_making-") as making:
        ready, waiting = Path(making) / "ready", Path(making) / "waiting"
        ready.mkdir()
        waiting.mkdir()
        spill = Spill(waiting)
        _work_out(firm, spill, Truth(firm, ready, items), lambda share: progress(0.4 * share))
        party = Party(firm.customers)
        lines = entries = 0
        for entity in ENTITIES:
            books = Books(firm, entity, party, ready)
            for done, month in enumerate(days.MONTHS):
                books.write_month(spill, *month)
                share = entity.index + (done + 1) / len(days.MONTHS)
                progress(0.4 + 0.55 * share / len(ENTITIES))
            lines, entries = lines + books.lines, entries + books.bank_entries
        write_customers(firm, ready)
        files = _move(ready, out)
    progress(1.0)
    return SampleSummary(
        folder=out,
        seed=seed,
        invoices=items,
        customers=firm.customers.count,
        entities=tuple((entity.siren, entity.name) for entity in ENTITIES),
        ledger_lines=lines,
        bank_entries=entries,
        files=files,
    )


def _work_out(firm: Firm, spill: Spill, truth: Truth, progress: Progress) -> None:
    """Work out every invoice and what becomes of it, customer by customer, twice.

    The first time only counts documents by day, so that the second can number them by date.
    """
    sales, credits = Numbering(), Numbering()
    ranges = list(customer_ranges(firm, INVOICES_AT_ONCE))
    for done, (low, high) in enumerate(ranges):
        rows = invoices_of(firm, low, high)
        decide(firm, rows)
        sales.count(rows["entity"], rows["day"])
        credited = rows[rows["credit_on"] <= days.END]
        credits.count(credited["entity"], credited["credit_on"])
        progress(0.4 * done / len(ranges))
    for done, (low, high) in enumerate(ranges):
        rows = invoices_of(firm, low, high)
        decide(firm, rows)
        rows["number"] = sales.numbers(rows["entity"], rows["day"])
        credited = rows["credit_on"] <= days.END
        rows["credit_number"][credited] = credits.numbers(
            rows["entity"][credited], rows["credit_on"][credited]
        )
        rows = rows[matters(rows)]
        if len(rows):
            truth.add(rows[rows["day"] <= days.END])
            _spill_range(firm, spill, rows)
        progress(0.4 + 0.6 * done / len(ranges))
    truth.close()


def _spill_range(firm: Firm, spill: Spill, rows: np.ndarray) -> None:
    events, told = events_of(firm, rows)
    events, openings = letter(firm, events)
    spill.append_by_month("events", events)
    spill.append_by_month("told", told)
    for (entity, year), opened in openings.items():
        spill.append(f"openings-{entity}-{year}", opened)


def _move(ready: Path, out: Path) -> tuple[str, ...]:
    """Move what is ready into the folder, and return the names of the extracts."""
    shutil.rmtree(out / TRUTH, ignore_errors=True)
    names = sorted(path.name for path in ready.iterdir())
    for name in names:
        (ready / name).replace(out / name)
    return tuple(name for name in names if name != TRUTH)
