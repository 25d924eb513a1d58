"""Table files of a few lines, taken in as a refresh takes them in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.intake.land import land_file, land_folder
from pipelines.intake.receipts import Receipt
from pipelines.settings import Settings, TableMapping

NOW = datetime(2026, 3, 31, 18, 0, tzinfo=UTC)
INVOICE_COLUMNS = {
    "document_ref": "facture",
    "customer_id": "client",
    "document_on": "date",
    "due_on": "echeance",
    "amount": "montant",
}
HEADER = "facture;client;date;echeance;montant"


def quiet(share):
    """Report progress to nobody."""


def mapping(kind="invoices", columns=None, **more):
    """A mapping for every file; as a French firm would write it, unless told otherwise."""
    said = {"date_format": "%d/%m/%Y", "decimal": ",", **more}
    known = INVOICE_COLUMNS if columns is None else columns
    return TableMapping(files=("*",), kind=kind, columns=known, **said)


@dataclass(frozen=True)
class Landed:
    """What landed of one file."""

    receipt: Receipt
    folder: Path

    def __getattr__(self, name):
        """Give `items`, `allocations`, `customers`, `bank_lines` as lists of rows."""
        file = self.folder / f"{name}.parquet"
        if name.startswith("_") or not file.exists():
            raise AttributeError(name)
        return pq.read_table(file).to_pylist()

    @property
    def counts(self):
        """Records in, loaded, quarantined."""
        return self.receipt.records_in, self.receipt.loaded, self.receipt.quarantined

    @property
    def reasons(self):
        """Reason by line of what was set aside."""
        return {row["source_line"]: row["reason"] for row in self.quarantine}

    @property
    def amounts(self):
        """Amount by document of the items that are no settlements, as texts."""
        return {
            row["document_ref"]: str(row["amount"])
            for row in self.items
            if not row["item_key"].startswith(("settlement|", "credit|"))
        }


def land(tmp_path, content, *mappings, name="table.csv", **settings):
    """Take one file in, given as text, as bytes, or as lines."""
    if isinstance(content, list):
        content = "\n".join(content) + "\n"
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    known = Settings(tables=mappings, **settings)
    receipt = land_file(path, tmp_path / "landing", known, name=name, now=NOW, progress=quiet)
    return Landed(receipt, tmp_path / "landing" / receipt.folder)


def land_all(tmp_path, settings=None, now=NOW):
    """Take in the folder `extracts`, and return the receipts by name."""
    receipts = land_folder(
        tmp_path / "extracts", tmp_path / "landing", settings or Settings(), now=now, progress=quiet
    )
    return {receipt.name: receipt for receipt in receipts}
