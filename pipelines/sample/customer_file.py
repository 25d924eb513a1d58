"""The customer file, as CSV and as XLSX with the same rows."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import xlsxwriter

from pipelines.intake.reading import LANDING
from pipelines.sample import days, names
from pipelines.sample.firm import (
    COUNTRIES,
    CURRENCIES,
    ENTITIES,
    METHODS,
    SEGMENTS,
    Firm,
)

COLUMNS = [name for name in LANDING["customers"].names if name != "source_line"]
_MONEY = ("credit_limit", "insured_amount")
_COLLECTORS = ("Inès Maurel", "Hugo Lambret", "Sarah Bénichou")
_LANGUAGES = {"FR": "fr", "BE": "fr", "LU": "fr", "DE": "de", "GB": "en", "US": "en"}
# Numbers kept for fiction, where a country keeps some.
_PHONES = {
    "FR": "+33 1 99 00 15 ",
    "DE": "+49 30 23125 1",
    "GB": "+44 1632 9601",
    "US": "+1 202 555 01",
}
_MADE_ON = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def rows(firm: Firm) -> Iterator[dict[str, str | int]]:
    """Yield the customers; an amount is whole units of the customer's currency."""
    customers, dice = firm.customers, firm.dice
    ids = np.arange(customers.count)
    shift = int(dice.below("siren", np.zeros(1), 10**6)[0])
    limits = _limits(firm)
    insured = np.where(
        dice.chance("insured", ids, 600), limits * dice.between("cover", ids, 5, 9) // 10, 0
    )
    first = dice.below("first name", ids, len(names.FIRST_NAMES)).tolist()
    last = dice.below("last name", ids, len(names.LAST_NAMES)).tolist()
    phone = dice.below("phone", ids, 100).tolist()
    heads = customers.heads().tolist()
    collector = dice.below("collector", ids, len(_COLLECTORS)).tolist()
    codes, written = customers.ids().to_pylist(), customers.names().to_pylist()
    for one in range(customers.count):
        country = COUNTRIES[customers.country[one]]
        number = (one * 700_001 + shift) % 10**6
        siren = names.siren(16_000_000 + number) if country == "FR" else ""
        domain = f"{names.plain(names.root(heads[one]))}.example"
        contact = f"{names.FIRST_NAMES[first[one]]} {names.LAST_NAMES[last[one]]}"
        parent, of_both = customers.parent[one], customers.entities[one] == 2
        yield {
            "entity_id": "" if of_both else ENTITIES[customers.entities[one]].siren,
            "customer_id": codes[one],
            "name": written[one],
            "parent_id": "" if parent < 0 else codes[parent],
            "siren": siren,
            "vat_number": names.vat_number(country, int(siren) if siren else number),
            "country": country,
            "language": _LANGUAGES[country],
            "segment": SEGMENTS[customers.segment[one]],
            "currency": CURRENCIES[customers.currency[one]],
            "payment_terms": days.TERMS[customers.terms[one]] if customers.terms_known[one] else "",
            "payment_method": METHODS[customers.method[one]],
            "credit_limit": int(limits[one]),
            "insured_amount": int(insured[one]) or "",
            "collector": _COLLECTORS[collector[one]],
            "contact_name": contact,
            "contact_email": f"{names.plain(contact)}@{domain}",
            "contact_phone": _PHONES[country] + f"{phone[one]:02d}" if country in _PHONES else "",
        }


def _limits(firm: Firm) -> np.ndarray:
    """Return credit limits: some three months of sales, rounded up to thousands; a few too low."""
    customers, dice = firm.customers, firm.dice
    active = np.maximum(customers.last_day - np.maximum(customers.first_day, days.START), 30)
    yearly = customers.invoices * customers.base * 365 // active // 100
    ids = np.arange(customers.count)
    share = np.where(dice.chance("tight", ids, 80), 12, dice.between("limit", ids, 25, 40))
    return (yearly * share // 100 // 1000 + 1) * 1000


def write_customers(firm: Firm, folder: Path) -> list[Path]:
    """Write `customers.csv` (comma, decimal dot, UTF-8) and `customers.xlsx`."""
    as_csv, as_xlsx = folder / "customers.csv", folder / "customers.xlsx"
    book = xlsxwriter.Workbook(
        str(as_xlsx), {"constant_memory": True, "strings_to_formulas": False}
    )
    book.set_properties({"title": "Customers", "created": _MADE_ON})
    sheet = book.add_worksheet("customers")
    amount = book.add_format({"num_format": "#,##0.00"})
    sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))
    with as_csv.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, COLUMNS)
        lines.writeheader()
        for place, row in enumerate(rows(firm), start=1):
            lines.writerow(row | {name: f"{row[name]}.00" for name in _MONEY if row[name] != ""})
            for column, name in enumerate(COLUMNS):
                if row[name] == "":
                    continue
                if name in _MONEY:
                    sheet.write_number(place, column, int(row[name]), amount)
                else:
                    sheet.write_string(place, column, str(row[name]))
    book.close()
    return [as_csv, as_xlsx]
