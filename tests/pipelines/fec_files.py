"""FEC files to test with: small books, written in any form, and read back."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq

from pipelines.intake.fec import looks_like_fec, read_fec
from pipelines.intake.reading import LANDING

COLUMN = {
    "JournalCode": "journal_code",
    "JournalLib": "journal_label",
    "EcritureNum": "entry_number",
    "EcritureDate": "entry_on",
    "CompteNum": "account",
    "CompteLib": "account_label",
    "CompAuxNum": "auxiliary",
    "CompAuxLib": "auxiliary_label",
    "PieceRef": "document_ref",
    "PieceDate": "document_on",
    "EcritureLib": "label",
    "Debit": "debit",
    "Credit": "credit",
    "EcritureLet": "lettering",
    "DateLet": "lettered_on",
    "ValidDate": "validated_on",
    "Montantdevise": "currency_amount",
    "Idevise": "currency",
    "DateEcheance": "due_on",
}
LAWFUL = list(COLUMN)[:18]


def line(number, account, debit, credit, **more):
    """One ledger line as the landing has it, all columns; `more` sets others than these."""
    row = dict.fromkeys(LANDING["fec_lines"].names)
    row |= {
        "journal_code": "VE",
        "journal_label": "Ventes",
        "entry_number": number,
        "entry_on": date(2024, 1, 31),
        "account": account,
        "account_label": "Compte",
        "document_ref": f"F{number}",
        "document_on": date(2024, 1, 30),
        "label": "Facture",
        "debit": Decimal(debit),
        "credit": Decimal(credit),
        "validated_on": date(2024, 2, 29),
    }
    return row | more


def sale(number, amount="120.00", **more):
    """An invoice of one customer and its counterpart: an entry of two lines."""
    customer = {"auxiliary": "C1", "auxiliary_label": "Léa & fils"}
    return [
        line(number, "411000", amount, "0.00", **customer | more),
        line(number, "706000", "0.00", amount, **more),
    ]


BOOKS = [*sale("1"), *sale("2", "59.90"), *sale("3", "1000.00")]


def lawful_text(name, row):
    """Write a value as the law has it."""
    value = row[COLUMN[name]]
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%Y%m%d}"
    return str(value).replace(".", ",") if isinstance(value, Decimal) else value


def fec(  # noqa: PLR0913
    rows=BOOKS, columns=LAWFUL, *, separator="|", line_end="\n", header=None, text=lawful_text
):
    """Write a FEC as text. `text(name, row)` writes a value."""
    lines = [separator.join(header or columns)]
    lines += [separator.join(text(name, row) for name in columns) for row in rows]
    return "".join(each + line_end for each in lines)


@dataclass
class Outcome:
    """What a file came to."""

    reading: object
    rows: list[dict] | None  # None: nothing landed
    quarantine: list[dict]

    @property
    def plain_rows(self):
        """Return the landed lines without their line numbers."""
        return [{**row, "source_line": None} for row in self.rows]

    @property
    def set_aside(self):
        """Return (line, column, value) of what is in quarantine."""
        return [(q["source_line"], q["column_name"], q["value"]) for q in self.quarantine]


def read(folder, content, *, recognised=True):
    """Read a file of this content, and check what holds for every file."""
    data = content.encode() if isinstance(content, str) else content
    path, out = folder / "any name.dat", folder / "out"
    path.write_bytes(data)
    out.mkdir(exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    if recognised:
        assert looks_like_fec(data[:65536])
    shares = []
    reading = read_fec(path, out, progress=shares.append)

    assert shares == sorted(shares) and all(0 <= share <= 1 for share in shares)
    assert reading.records_in == reading.loaded + reading.quarantined
    landed = out / "fec_lines.parquet"
    assert landed.exists() == (reading.refused_reason is None)
    assert {each.name for each in out.iterdir()} <= {"fec_lines.parquet", "quarantine.parquet"}
    quarantine = pq.read_table(out / "quarantine.parquet").to_pylist()
    if reading.refused_reason is not None:
        assert reading.loaded == 0
        assert quarantine
        return Outcome(reading, None, quarantine)

    table = pq.read_table(landed)
    assert table.schema.equals(LANDING["fec_lines"])
    rows = table.to_pylist()
    assert (len(rows), len(quarantine)) == (reading.loaded, reading.quarantined)
    assert reading.facts["debit"] == str(sum(row["debit"] for row in rows))
    assert sum(row["debit"] for row in rows) == sum(row["credit"] for row in rows)
    numbers = [row["source_line"] for row in rows]
    assert numbers == sorted(set(numbers))
    assert not set(numbers) & {q["source_line"] for q in quarantine}
    return Outcome(reading, rows, quarantine)


def spoil(number, column, value, rows=BOOKS, **form):
    """Write books in which one line, by its number in the file, has another value."""
    bad = rows[number - 2]

    def text(name, row):
        return value if row is bad and name == column else lawful_text(name, row)

    return fec(rows, text=text, **form)
