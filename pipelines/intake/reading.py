"""What a reader reports of one file, and the landing tables it may write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from models.errors import EncaisseError

Progress = Callable[[float], None]
"""Called with the share of the file that is read, 0.0 to 1.0."""

MONEY = pa.decimal128(18, 2)

LANDING = {
    # One ledger line of a FEC, all accounts, as it stands in the file.
    "fec_lines": pa.schema(
        [
            ("source_line", pa.int64()),  # physical line in the file, the header is line 1
            ("journal_code", pa.string()),
            ("journal_label", pa.string()),
            ("entry_number", pa.string()),
            ("entry_on", pa.date32()),
            ("account", pa.string()),
            ("account_label", pa.string()),
            ("auxiliary", pa.string()),
            ("auxiliary_label", pa.string()),
            ("document_ref", pa.string()),
            ("document_on", pa.date32()),
            ("label", pa.string()),
            ("debit", MONEY),
            ("credit", MONEY),
            ("lettering", pa.string()),
            ("lettered_on", pa.date32()),
            ("validated_on", pa.date32()),
            ("currency_amount", MONEY),  # as written; its sign is settled by debit - credit
            ("currency", pa.string()),
            ("due_on", pa.date32()),  # only where the file has a column for it
        ]
    ),
    # One invoice, credit note, payment ... of a table extract (CSV, XLSX, Parquet).
    "items": pa.schema(
        [
            ("source_line", pa.int64()),
            ("entity_id", pa.string()),  # null: the entity of the file
            ("item_key", pa.string()),  # names the item within the entity, in every extract
            ("customer_id", pa.string()),
            ("customer_name", pa.string()),
            ("customer_country", pa.string()),
            ("kind", pa.string()),
            ("document_ref", pa.string()),
            ("booked_on", pa.date32()),
            ("document_on", pa.date32()),
            ("due_on", pa.date32()),
            ("terms", pa.string()),  # payment terms as the row states them
            ("amount", MONEY),  # positive is owed to us
            ("currency", pa.string()),
            ("label", pa.string()),
            ("updated_on", pa.date32()),  # when the source last changed the row, where it says
            ("status", pa.string()),  # what the row says of the document beside its amounts
            ("dispute", pa.string()),  # yes or no, or why
            ("is_open_list", pa.bool_()),  # a list of what is open on a day
            ("extracted_on", pa.date32()),  # that day, where the list says it
            ("original_amount", MONEY),  # of a list's row that says it: the whole of the document
        ]
    ),
    # Which credit settles which debit, where a table extract says so.
    "allocations": pa.schema(
        [
            ("source_line", pa.int64()),
            ("entity_id", pa.string()),
            ("debit_key", pa.string()),
            ("credit_key", pa.string()),
            ("amount", MONEY),  # positive
            ("allocated_on", pa.date32()),
        ]
    ),
    "customers": pa.schema(
        [
            ("source_line", pa.int64()),
            ("entity_id", pa.string()),  # null: a customer of every entity
            ("customer_id", pa.string()),
            ("name", pa.string()),
            ("parent_id", pa.string()),
            ("siren", pa.string()),
            ("vat_number", pa.string()),
            ("country", pa.string()),
            ("language", pa.string()),
            ("segment", pa.string()),
            ("currency", pa.string()),
            ("payment_terms", pa.string()),
            ("payment_method", pa.string()),
            ("credit_limit", MONEY),
            ("insured_amount", MONEY),
            ("collector", pa.string()),
            ("contact_name", pa.string()),
            ("contact_email", pa.string()),
            ("contact_phone", pa.string()),
        ]
    ),
    # One booked entry of a bank statement, or one transaction of a batch.
    "bank_lines": pa.schema(
        [
            ("source_line", pa.int64()),  # the entry's number in the file, from 1
            ("bank_account", pa.string()),  # IBAN, or the bank's own number
            ("statement_id", pa.string()),
            ("booked_on", pa.date32()),
            ("value_on", pa.date32()),
            ("amount", MONEY),  # positive is money in
            ("currency", pa.string()),
            ("counterparty_name", pa.string()),
            ("counterparty_account", pa.string()),
            ("end_to_end_id", pa.string()),
            ("creditor_reference", pa.string()),
            ("remittance", pa.string()),
            ("bank_reference", pa.string()),
            ("is_return", pa.bool_()),
        ]
    ),
    # What a bank account holds at the end of a statement, where the statement says it.
    "bank_balances": pa.schema(
        [
            ("statement_number", pa.int64()),  # in the file, from 1
            ("bank_account", pa.string()),
            ("statement_id", pa.string()),
            ("balance_on", pa.date32()),
            ("amount", MONEY),  # positive is money that we have
            ("currency", pa.string()),
        ]
    ),
}

BESIDE = ("bank_balances",)
"""Tables that hold no record of a file, but what it says beside its records."""

QUARANTINE = pa.schema(
    [
        ("source_line", pa.int64()),  # null: the file as a whole
        ("column_name", pa.string()),  # null: the line as a whole
        ("value", pa.string()),
        ("reason", pa.string()),
    ]
)


class Quarantined(NamedTuple):
    """One record set aside, with what is wrong and how to put it right."""

    source_line: int | None
    column_name: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class Reading:
    """What a reader made of one file. `records_in = loaded + quarantined`, always.

    `latest_on` is the newest date the file knows (lettering, validation, update, or booking where
    no validation is stated): of two exports of one period, the one that knows more is the later.
    """

    format: str
    records_in: int
    loaded: int
    quarantined: int
    refused_reason: str | None = None
    first_on: date | None = None
    last_on: date | None = None
    latest_on: date | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a count that does not add up: a record would have been lost."""
        if self.records_in != self.loaded + self.quarantined:
            raise EncaisseError(
                f"{self.records_in} records came in, but {self.loaded} were loaded and "
                f"{self.quarantined} quarantined.",
                where=f"the {self.format} reader",
                fix="report this as a defect, with the file: no record may be lost",
            )


def write_landing(folder: Path, table: str, rows: pa.Table) -> None:
    """Write one landing table, refusing rows that do not have its schema."""
    pq.write_table(rows.cast(LANDING[table]), folder / f"{table}.parquet", compression="zstd")


def write_quarantine(folder: Path, records: list[Quarantined]) -> None:
    """Write what was set aside, so that a person can look at it and put it right."""
    rows = pa.Table.from_pylist([record._asdict() for record in records], schema=QUARANTINE)
    pq.write_table(rows, folder / "quarantine.parquet", compression="zstd")


def refuse(out: Path, format: str, reason: str, *, records_in: int = 0, **facts: str) -> Reading:
    """Refuse a file as a whole: nothing of it lands, and the quarantine says why."""
    write_quarantine(out, [Quarantined(None, None, None, reason)])
    return Reading(format, records_in, 0, records_in, refused_reason=reason, facts=facts)


def advice(error: EncaisseError) -> str:
    """Return what an error says as the reason of a refusal: what is wrong, and what to do."""
    fix = error.fix[:1].upper() + error.fix[1:]
    return f"{error.what} {fix.rstrip('.')}."
