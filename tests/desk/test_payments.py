"""Planned payments: what a file may look like, which line is wrong, and what counts."""

import io
from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from desk.log import list_history
from desk.payment_files import read_payments
from desk.payments import import_payments, list_payment_files, list_payments, remove_payments
from models.errors import EncaisseError
from tests.desk.adding import problems

DEFAULTS = {"entities": ("main", "lyon"), "entity_id": "main", "currency": "EUR"}


def read(text, name="payments.csv", **more):
    content = text.encode() if isinstance(text, str) else text
    return read_payments(name, content, **{**DEFAULTS, **more})


def imported(desk, text, name="payments.csv", **more):
    content = text.encode()
    found = read_payments(name, content, **DEFAULTS)
    return import_payments(desk, name, content, found, author="Léa", **more)


def test_a_file_of_every_column_is_read():
    found = read("date;amount;currency;entity;label\n2024-04-15;1234.56;USD;lyon;Rent\n")
    assert found.bad == []
    assert found.rows == [(2, date(2024, 4, 15), 123456, "USD", "lyon", "Rent")]


def test_a_french_file_is_read():
    text = '\ufeffÉchéance;Libellé;Montant\r\n15/04/2024;"Loyer ; avril";1 234,56\r\n\r\n'
    assert read(text).rows == [(2, date(2024, 4, 15), 123456, "EUR", "main", "Loyer ; avril")]
    assert read(text.encode("cp1252", errors="ignore")).rows == read(text).rows


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("12", 1200), ("12.5", 1250), ("12,50", 1250), ("1 234,50", 123450), ("1.234,50", 123450),
        ("1,234.50", 123450), ("1234567.89", 123456789), ("1\u202f234,5", 123450),
    ],
)  # fmt: skip
def test_amounts_are_read_in_both_ways_of_writing(written, cents):
    assert read(f"date;amount\n2024-04-15;{written}\n").rows[0].cents == cents


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        ("31/02/2024;10;;", "Date", "31/02/2024", "there is no such day"),
        ("04/15/2024;10;;", "Date", "04/15/2024", "there is no such day"),
        ("15.04.2024;10;;", "Date", "15.04.2024", "write it as 2026-03-31 or 31/03/2026"),
        (";10;;", "Date", "", "it is missing"),
        ("2024-04-15;1,234;;", "Amount", "1,234", "thousands or decimals? write 1234.56"),
        ("2024-04-15;1.005;;", "Amount", "1.005", "thousands or decimals? write 1234.56"),
        ("2024-04-15;1234.567;;", "Amount", "1234.567", "it has more than two decimals"),
        ("2024-04-15;-10;;", "Amount", "-10", "a payment is an amount above zero"),
        ("2024-04-15;0;;", "Amount", "0", "a payment is an amount above zero"),
        ("2024-04-15;ten;;", "Amount", "ten", "it is no amount; write 1234.56 or 1 234,56"),
        ("2024-04-15;1e3;;", "Amount", "1e3", "it is no amount; write 1234.56 or 1 234,56"),
        ("2024-04-15;10;euro;main", "Currency", "euro", "write it as EUR or USD"),
        ("2024-04-15;10;EUR;paris", "Entity", "paris", "it is none of main, lyon"),
    ],
)
def test_a_bad_line_is_told_with_its_column_and_the_reason(line, column, value, reason):
    text = f"Date;Amount;Currency;Entity\n2024-04-14;5;EUR;main\n{line}\n"
    if line.endswith(";;"):
        text = f"Date;Amount\n2024-04-14;5\n{line.removesuffix(';;')}\n"
    found = read(text)
    assert found.bad == [(3, column, value, reason)]
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("content", "name", "what"),
    [
        ("", "p.csv", "is empty"),
        ("label;amount\nx;1\n", "p.csv", "has no column date"),
        ("x\n1\n", "p.csv", "has no column date and none of amount"),
        ("date;amount;Montant\n", "p.csv", "two columns of amount"),
        ("date;amount\n2024-04-15;10\n", "p.txt", r"neither .csv nor .xlsx"),
        ("date;amount\n", "p.xlsx", "is no workbook"),
        ("date\0;amount\n", "p.csv", "is not text"),
        ('date;amount\n"2024-04-15;10\n', "p.csv", "breaks at line"),
    ],
)
def test_what_is_no_file_of_payments_is_refused(content, name, what):
    with pytest.raises(EncaisseError, match=what):
        read(content, name)


def workbook(*rows):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(line, column, value, day)
                else:
                    sheet.write(line, column, value)
    return content.getvalue()


def test_a_workbook_is_read_to_the_cent():
    content = workbook(
        ("Date", "Montant", "Société", "Libellé"),
        (datetime(2024, 4, 15), 0.1 + 0.2, "lyon", "Rent"),  # noqa: DTZ001
        (datetime(2024, 4, 16), 1 / 3, "lyon", "a third"),  # noqa: DTZ001
        ("2024-04-17", 4096, "paris", 7),
    )
    found = read(content, "p.xlsx")
    assert found.rows == [(2, date(2024, 4, 15), 30, "EUR", "lyon", "Rent")]
    assert [(bad.line, bad.column) for bad in found.bad] == [(3, "Montant"), (4, "Société")]


def test_a_file_with_a_bad_line_is_not_imported_at_all(desk):
    with pytest.raises(EncaisseError, match="1 lines cannot be read") as refused:
        imported(desk, "date;amount\n2024-04-15;10\nnever;10\n")
    assert "line 3, date 'never'" in str(refused.value)
    with pytest.raises(EncaisseError, match="holds no payment"):
        imported(desk, "date;amount\n")
    assert list_history(desk) == []


def test_what_was_imported_counts_until_it_is_removed_or_replaced(desk):
    april = imported(desk, "date;amount;currency\n2024-04-20;10,50;EUR\n2024-04-15;7;USD\n")
    assert [(each.name, each.payment_count, each.author) for each in list_payment_files(desk)] == [
        ("payments.csv", 2, "Léa")
    ]
    [payment] = list_payments(desk, entity_id="main", currency="EUR")
    assert (payment.paid_on, payment.amount, payment.line) == (
        date(2024, 4, 20),
        Decimal("10.50"),
        2,
    )
    with pytest.raises(EncaisseError, match="count already: Léa imported them"):
        imported(desk, "date;amount;currency\n2024-04-20;10,50;EUR\n2024-04-15;7;USD\n")
    may = imported(desk, "date;amount\n2024-05-20;11\n", replaces=[april])
    assert [file.id for file in list_payment_files(desk)] == [may]
    assert list_payments(desk, entity_id="main", currency="USD") == []
    remove_payments(desk, may, author="Paul")
    assert list_payment_files(desk) == []
    with pytest.raises(EncaisseError, match="does not count"):
        remove_payments(desk, may, author="Paul")
    assert problems(desk) == []
    assert len(list_history(desk)) == 3
