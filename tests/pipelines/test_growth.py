"""No table meets the lines of an entry, or of a customer, with each other: there are thousands.

Told by the rows that pass through the engine, which are the same on every machine, and not by a
clock.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pytest

from pipelines.sql_tables import SqlTable
from tests.pipelines.books import ORDERED, Fec, build, lettered

FEW = 200
STORED = [table for table in ORDERED if isinstance(table, SqlTable) and not table.asks]


@dataclass(frozen=True)
class Shape:
    """How the documents of a ledger are spread."""

    of_each_customer: int = 1
    of_each_code: int = 1
    is_one_amount: bool = False
    has_references: bool = True
    accounts: tuple[str, ...] = ("411000", "411000", "411100", "411100")


SHAPES = {
    "a customer each": Shape(),
    "fifty of each customer": Shape(of_each_customer=50),
    "one customer": Shape(of_each_customer=10**9),
    "one amount": Shape(is_one_amount=True),
    "one customer and amount, no words": Shape(10**9, is_one_amount=True, has_references=False),
    "one lettering code": Shape(of_each_code=10**9),
    "one customer and lettering code": Shape(10**9, 10**9),
    "carried over as they were": Shape(accounts=("411000",)),
}


@dataclass(frozen=True)
class Books:
    """The documents of a firm, and the exports of two years that tell of them."""

    shape: Shape
    documents: int

    def lines(self, paid: int = 0) -> list[tuple]:
        """Return the line of each document; of those that are paid, lettered."""
        shape = self.shape
        found = []
        for number in range(self.documents):
            told = {"document_ref": f"F{number}" if shape.has_references else None}
            if number < paid:
                told |= lettered(f"L{number // shape.of_each_code}", "2025-01-20")
            account = shape.accounts[number % len(shape.accounts)]
            amount = 100 if shape.is_one_amount else 100 + number
            found.append((account, f"C{number // shape.of_each_customer}", f"{amount}.00", told))
        return found

    def year_before(self) -> Fec:
        """Return the export of the year in which they were issued."""
        fec = Fec(name="2024")
        for _, customer, amount, told in self.lines():
            fec.sale("2024-12-01", customer, amount, told["document_ref"])
        return fec

    def year(self, name: str, last: str, paid: int) -> Fec:
        """Return an export of the year that opens with them all, some of them paid since."""
        fec = Fec(name=name)
        opened = self.lines(paid)
        total = sum(Decimal(amount) for _, _, amount, _ in opened)
        fec.entry("2025-01-01", *opened, ("120000", None, -total), journal="AN")
        settled = [
            (account, customer, f"-{amount}", {key: told[key] for key in lettered("")})
            for account, customer, amount, told in opened[:paid]
        ]
        total = sum(Decimal(amount) for _, _, amount, _ in opened[:paid])
        fec.entry("2025-01-20", ("512000", None, total), *settled, journal="BQ")
        return fec.sale(last, "C0", "1200.00", f"N{last}")


@cache
def rows_through(shape: Shape, documents: int) -> dict[str, int]:
    """Return how many rows pass through the engine for each table."""
    books = Books(shape, documents)
    con = build(
        books.year_before(),
        books.year("january", "2025-01-31", documents // 4),
        books.year("february", "2025-02-28", documents // 2),
    )
    found = {}
    for table in STORED:
        [(_, told)] = con.sql(f"explain (analyze, format json) {table.select}").fetchall()
        found[table.full_name] = sum(map(_rows_of, json.loads(told)["operator"]))
    return found


def _rows_of(operator: dict) -> int:
    below = sum(map(_rows_of, operator.get("children") or ()))
    return operator["intermediate_rows"] + below


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_twice_the_documents_are_about_twice_the_work(shape):
    few, many = rows_through(shape, FEW), rows_through(shape, 2 * FEW)
    assert few["ledger.items"] > FEW
    grown = {name: (few[name], many[name]) for name in few if many[name] > 2.5 * few[name] + 1000}
    assert grown == {}
