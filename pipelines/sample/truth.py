"""What nobody in the firm knows: who pays how, and what becomes of each invoice after the end.

It stands in a folder whose name begins with an underscore, which the intake leaves alone. Tests
hold estimates against it.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sample import behaviour, chart, days, texts
from pipelines.sample.firm import CURRENCIES, ENTITIES, METHODS, PAYERS, WRITING, Firm

FOLDER = "_truth"
_HABITS = ("any day", "thursdays", "the 10th and the 25th", "the last business day of the month")
_NOTE = (
    "Dates may lie after the extracts end. unreminded_on is the day of payment had no reminder "
    "been sent, first_on the day it is made. Reminders went out by chance, not by merit: the "
    "difference between reminded and unreminded late invoices is the effect of the reminder. "
    "Amounts are cents of the invoice's currency."
)
_DATES = (
    "disputed_on",
    "reminded_on",
    "unreminded_on",
    "first_on",
    "second_on",
    "credit_on",
    "difference_on",
    "returned_on",
    "identified_on",
    "twice_on",
    "refunded_on",
    "doubtful_on",
    "lost_on",
    "settled_on",
)
_AMOUNTS = ("gross", "first", "second", "credit", "discount", "difference", "advance")


class Truth:
    """The truth being written: the customers at once, the invoices range by range."""

    def __init__(self, firm: Firm, folder: Path, items: int) -> None:
        self.firm = firm
        self.folder = folder / FOLDER
        self.folder.mkdir()
        self._codes = firm.customers.ids()
        self._invoices: pq.ParquetWriter | None = None
        about = {
            "seed": firm.dice.seed,
            "items": items,
            "note": _NOTE,
            "reminded_per_mille": behaviour.REMINDED_PER_MILLE,
            "reminded_between_days_late": behaviour.REMINDED_BETWEEN,
            "discount_percent": behaviour.DISCOUNT_PERCENT,
            "advance_percent": behaviour.ADVANCE_PERCENT,
        }
        text = json.dumps(about, indent=2, ensure_ascii=False)
        (self.folder / "truth.json").write_text(text + "\n", encoding="utf-8")
        pq.write_table(self._customers(), self.folder / "customers.parquet", compression="zstd")

    def _customers(self) -> pa.Table:
        customers = self.firm.customers
        return pa.table(
            {
                "customer_id": self._codes,
                "payer": pa.array(PAYERS).take(pa.array(customers.payer)),
                "payment_method": pa.array(METHODS).take(pa.array(customers.method)),
                "payment_terms": pa.array(days.TERMS).take(pa.array(customers.terms)),
                "pays_on": pa.array(_HABITS).take(pa.array(customers.habit)),
                "drift_days_per_year": pa.array(customers.drift),
                "waiting_left_after_reminder_percent": pa.array(customers.heed),
                "insolvent_on": _dates(customers.insolvent_on),
                "sold_to_factor": pa.array(customers.assigned),
                "remittance": pa.array(WRITING).take(pa.array(customers.writing)),
            }
        )

    def add(self, rows: np.ndarray) -> None:
        """Add INVOICE rows."""
        references = [
            texts.references(entity, chart.PIECE["invoice"], rows["number"]) for entity in ENTITIES
        ]
        entity = pa.array(rows["entity"])
        table = pa.table(
            {
                "entity_id": pa.array([one.siren for one in ENTITIES]).take(entity),
                "customer_id": self._codes.take(pa.array(rows["customer"])),
                "document_ref": pa.compute.choose(entity.cast(pa.int64()), *references),
                "currency": pa.array(CURRENCIES).take(pa.array(rows["currency"])),
                "process": pa.array(behaviour.PROCESSES).take(pa.array(rows["process"])),
                "issued_on": _dates(rows["day"]),
                "due_on": _dates(rows["due"]),
                **{name: _dates(rows[name]) for name in _DATES},
                **{f"{name}_cents": pa.array(rows[name].copy()) for name in _AMOUNTS},
            }
        )
        if self._invoices is None:
            file = self.folder / "invoices.parquet"
            self._invoices = pq.ParquetWriter(file, table.schema, compression="zstd")
        self._invoices.write_table(table)

    def close(self) -> None:
        """Finish the file of invoices."""
        if self._invoices is not None:
            self._invoices.close()


def _dates(numbers: np.ndarray) -> pa.Array:
    since_1970 = np.asarray(numbers, np.int64) + (days.FIRST.toordinal() - 719_163)
    return pa.array(since_1970.astype(np.int32), mask=numbers >= days.COUNT).cast(pa.date32())
