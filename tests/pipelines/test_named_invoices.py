"""Payments and credit notes that name the invoice they are for, and do not say how much of it."""

from decimal import Decimal as D

import pytest

from pipelines.defs.checks import RULES, find
from pipelines.settings import TableMapping
from tests.pipelines.open_lists import is_open, ledger_of, written


def table(kind, **columns):
    return TableMapping(
        files=(f"{kind}*",), kind=kind, columns=columns, date_format="%d/%m/%Y", decimal=","
    )


INVOICES = table(
    "invoices", document_ref="facture", customer_id="client", document_on="date", amount="montant"
)
SALES = written(["F1;A;01/01/2024;60,00", "F2;A;01/01/2024;50,00"], "facture;client;date;montant")
PAYMENTS = table(
    "payments",
    document_ref="numero",
    customer_id="client",
    booked_on="date",
    amount="montant",
    invoice_ref="facture",
)
ALLOCATIONS = table(
    "allocations",
    customer_id="client",
    invoice_ref="facture",
    credit_ref="numero",
    amount="montant",
    allocated_on="date",
)
RECEIPTS = "numero;client;date;montant;facture"


@pytest.mark.parametrize(
    ("payments", "is_left"),
    [
        (["R1;A;15/02/2024;70,00;F1"], {"F2": D(50), "R1": D(-10)}),
        (
            ["R2;A;16/02/2024;60,00;F1", "R1;A;15/02/2024;60,00;F1"],
            {"F2": D(50), "R2": D(-60)},
        ),
        (
            ["R1;A;15/02/2024;40,00;F1", "R2;A;16/02/2024;40,00;F1", "R3;A;16/02/2024;50,00;F2"],
            {"R2": D(-20)},
        ),
    ],
)
def test_what_is_paid_beyond_the_invoice_it_names_is_unapplied(tmp_path, payments, is_left):
    files = {"invoices.csv": SALES, "payments.csv": written(payments, RECEIPTS)}
    con = ledger_of(tmp_path, files, INVOICES, PAYMENTS)
    assert is_open(con, "2024-03-01") == is_left
    assert _more_than_there_is(con) == 0


def test_what_a_list_of_allocations_states_comes_before_what_only_names_its_invoice(tmp_path):
    files = {
        "invoices.csv": SALES,
        "payments.csv": written(["R1;A;15/02/2024;60,00;F1", "R2;A;16/02/2024;45,00;"], RECEIPTS),
        "allocations.csv": written(
            ["A;F1;R2;45,00;17/02/2024"], "client;facture;numero;montant;date"
        ),
    }
    con = ledger_of(tmp_path, files, INVOICES, PAYMENTS, ALLOCATIONS)
    assert is_open(con, "2024-03-01") == {"F2": D(50), "R1": D(-45)}


@pytest.mark.parametrize(
    ("payments", "is_left"),
    [
        (["R1;A;15/02/2024;70,00;F1"], {"2024-02-29": D(30)}),
        (["R1;A;15/02/2024;50,00;F1", "R2;A;16/02/2024;40,00;F1"], {"2024-02-29": D(10)}),
        (["R1;A;15/02/2024;120,00;F1"], {None: D(-20)}),
    ],
)
def test_an_invoice_of_two_due_dates_is_settled_from_the_first_on(tmp_path, payments, is_left):
    two = ["F1;A;01/01/2024;40,00;29/02/2024", "F1;A;01/01/2024;60,00;31/01/2024"]
    invoices = INVOICES.model_copy(update={"columns": {**INVOICES.columns, "due_on": "echeance"}})
    files = {
        "invoices.csv": written(two, "facture;client;date;montant;echeance"),
        "payments.csv": written(payments, RECEIPTS),
    }
    con = ledger_of(tmp_path, files, invoices, PAYMENTS)
    rows = con.sql(
        "select due_on::varchar, open_amount from receivables.open_items(date '2024-03-01')"
    ).fetchall()
    assert dict(rows) == is_left


@pytest.mark.parametrize(
    ("lists", "is_settled"),
    [
        ([["A;F1;R1;60,00;17/02/2024"], ["A;F1;R1;45,00;17/02/2024"]], D(45)),  # lowered
        ([["A;F1;R1;45,00;17/02/2024"], ["A;F1;R1;60,00;17/02/2024"]], D(60)),  # raised
        ([["A;F1;R1;20,00;17/02/2024"], ["A;F1;R1;30,00;20/02/2024"]], D(50)),  # what is new alone
        (  # the whole list again, and one more part
            [
                ["A;F1;R1;20,00;17/02/2024"],
                ["A;F1;R1;20,00;17/02/2024", "A;F1;R1;30,00;20/02/2024"],
            ],
            D(50),
        ),
        (  # undone, and made anew on another day
            [
                ["A;F1;R1;60,00;17/02/2024"],
                ["A;F2;R2;5,00;10/02/2024", "A;F1;R1;30,00;20/02/2024"],
            ],
            D(30),
        ),
    ],
)
def test_what_two_lists_allocate_of_one_payment_counts_once(tmp_path, lists, is_settled):
    header = "client;facture;numero;montant;date"
    files = {
        "invoices.csv": SALES,
        "payments.csv": written(["R1;A;15/02/2024;60,00;", "R2;A;16/02/2024;5,00;"], RECEIPTS),
        **{f"allocations {n}.csv": written(rows, header) for n, rows in enumerate(lists)},
    }
    con = ledger_of(tmp_path, files, INVOICES, PAYMENTS, ALLOCATIONS)
    assert is_open(con, "2024-03-01").get("F1", D(0)) == D(60) - is_settled


@pytest.mark.parametrize("stated_first", [True, False])
def test_a_list_says_how_much_of_a_payment_is_for_the_invoice_it_names(tmp_path, stated_first):
    files = {
        "invoices.csv": SALES,
        "payments.csv": written(["R1;A;15/02/2024;60,00;F1"], RECEIPTS),
        "allocations.csv": written(
            [f"A;F1;R1;45,00;{'14' if stated_first else '17'}/02/2024"],
            "client;facture;numero;montant;date",
        ),
    }
    con = ledger_of(tmp_path, files, INVOICES, PAYMENTS, ALLOCATIONS)
    assert is_open(con, "2024-03-01") == {"F1": D(15), "F2": D(50), "R1": D(-15)}


def test_an_allocation_that_states_more_than_the_invoice_is_for_is_named(tmp_path):
    files = {
        "invoices.csv": SALES,
        "payments.csv": written(["R1;A;15/02/2024;70,00;"], RECEIPTS),
        "allocations.csv": written(
            ["A;F1;R1;70,00;17/02/2024"], "client;facture;numero;montant;date"
        ),
    }
    con = ledger_of(tmp_path, files, INVOICES, PAYMENTS, ALLOCATIONS)
    assert _more_than_there_is(con) == 1


def test_a_payment_whose_invoice_no_table_shows_settles_nothing_and_is_named(tmp_path):
    rows = ["R1;A;15/02/2024;60,00;F1", "R2;A;16/02/2024;45,00;F9"]
    files = {"invoices.csv": SALES, "payments.csv": written(rows, RECEIPTS)}
    con = ledger_of(tmp_path, files, INVOICES, PAYMENTS)
    assert is_open(con, "2024-03-01") == {"F2": D(50), "R2": D(-45)}
    assert _found(con, "allocations_find_their_items") == (
        1,
        "payments.csv: no table shows in one currency what 1 of its records say of an invoice and "
        "what settles it; they settle nothing",
    )


def _more_than_there_is(con):
    return _found(con, "matches_settle_no_more_than_there_is")[0]


def _found(con, name):
    [rule] = [rule for rule in RULES if rule.name == name]
    return find(con, rule)
