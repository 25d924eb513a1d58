"""The sample company as its files tell it, read with nothing clever in it.

Amounts are whole cents, a debit or a receipt is positive, a date is text as the file has it.
"""

import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from pipelines.sample import write_sample

GOODS, SERVICES = "152047189", "157310962"
FORMS = {GOODS: ("utf-8", "\r\n", "\t"), SERVICES: ("iso8859-15", "\n", "|")}
YEARS = (2023, 2024, 2025)
ITEMS = 2000
NAMES = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib",
    "CompAuxNum", "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit",
    "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip


def make(folder: Path, *, items=ITEMS, seed=1):
    """Write a sample into a folder, and return the folder."""
    write_sample(folder, seed=seed, items=items, progress=lambda share: None)
    return folder


class Line(NamedTuple):
    entity: str
    year: int
    journal: str
    number: str
    day: str
    account: str
    customer: str
    reference: str
    document_on: str
    label: str
    amount: int
    letter: str
    lettered_on: str
    validated_on: str
    foreign: int | None
    currency: str

    @property
    def is_opening(self):
        return self.journal == "AN"

    @property
    def is_kept_by_customer(self):
        return bool(self.customer)


def header_and_rows(path: Path):
    """Return the fields of the header and of every line, and the text's separators as found."""
    encoding, end, separator = FORMS[path.name[:9]]
    text = path.read_bytes().decode(encoding)
    assert text.endswith(end)
    header, *rows = [line.split(separator) for line in text.removesuffix(end).split(end)]
    return header, rows


def read_fecs(folder: Path) -> list[Line]:
    """Return the lines of all FEC files, in their order."""
    lines = []
    for path in sorted(folder.glob("*FEC*.txt")):
        entity, year = path.name[:9], int(path.name[12:16])
        for row in header_and_rows(path)[1]:
            fields = dict(zip(NAMES, row, strict=True))
            foreign = fields["Montantdevise"]
            lines.append(
                Line(
                    entity,
                    year,
                    fields["JournalCode"],
                    fields["EcritureNum"],
                    fields["EcritureDate"],
                    fields["CompteNum"],
                    fields["CompAuxNum"],
                    fields["PieceRef"],
                    fields["PieceDate"],
                    fields["EcritureLib"],
                    cents(fields["Debit"]) - cents(fields["Credit"]),
                    fields["EcritureLet"],
                    fields["DateLet"],
                    fields["ValidDate"],
                    cents(foreign) if foreign else None,
                    fields["Idevise"],
                )
            )
    return lines


def cents(text: str) -> int:
    """Return the cents of an amount such as -1234,56 or 1234.56."""
    whole, decimals = text.replace(".", ",").split(",")
    assert len(decimals) == 2 and whole.lstrip("-").isdigit()
    return int(whole + decimals)


def entries(lines: list[Line]) -> list[list[Line]]:
    """Return the lines of each entry: those of one file, journal and number."""
    found = defaultdict(list)
    for line in lines:
        found[line.entity, line.year, line.journal, line.number].append(line)
    return list(found.values())


class Payment(NamedTuple):
    amount: int | None  # None where the entry alone says it
    name: str | None
    iban: str | None
    remittance: str | None
    creditor_reference: str | None
    end_to_end: str
    return_reason: str | None


class Entry(NamedTuple):
    booked_on: str
    value_on: str
    amount: int
    payments: list[Payment]


class Statement(NamedTuple):
    name: str
    version: str
    iban: str
    currency: str
    opening: int
    closing: int
    entries: list[Entry]


def read_statements(folder: Path) -> list[Statement]:
    """Return all bank statements, by name."""
    return [_statement(path) for path in sorted(folder.glob("statement_*.xml"))]


def _statement(path: Path) -> Statement:
    root = ET.fromstring(path.read_bytes())
    space = root.tag[1:].partition("}")[0]
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    statement = root.find("BkToCstmrStmt/Stmt")
    balances = {
        balance.findtext("Tp/CdOrPrtry/Cd"): _signed(balance) for balance in statement.iter("Bal")
    }
    return Statement(
        path.name,
        space.rpartition(".")[2],
        statement.findtext("Acct/Id/IBAN"),
        statement.findtext("Acct/Ccy"),
        balances["OPBD"],
        balances["CLBD"],
        [_entry(entry) for entry in statement.iter("Ntry")],
    )


def _entry(entry) -> Entry:
    payments = []
    for details in entry.iter("TxDtls"):
        amount = details.findtext("Amt") or details.findtext("AmtDtls/TxAmt/Amt")
        payments.append(
            Payment(
                amount and cents(amount),
                next((name.text for name in details.iter("Nm")), None),
                next((iban.text for iban in details.iter("IBAN")), None),
                details.findtext("RmtInf/Ustrd"),
                details.findtext("RmtInf/Strd/CdtrRefInf/Ref"),
                details.findtext("Refs/EndToEndId"),
                details.findtext("RtrInf/Rsn/Cd"),
            )
        )
    booked_on, value_on = entry.findtext("BookgDt/Dt"), entry.findtext("ValDt/Dt")
    return Entry(booked_on, value_on, _signed(entry), payments)


def _signed(element) -> int:
    sign = {"CRDT": 1, "DBIT": -1}[element.findtext("CdtDbtInd")]
    return sign * cents(element.findtext("Amt"))
