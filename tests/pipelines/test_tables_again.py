"""Tables of invoices, payments and credit notes that are exported again, with another story."""

from decimal import Decimal as D

import pytest

from pipelines.defs.checks import RULES, find
from pipelines.settings import TableMapping
from tests.pipelines.open_lists import is_open, ledger_of, written

INVOICES = TableMapping(
    files=("ventes*",),
    kind="invoices",
    columns={
        "document_ref": "facture",
        "customer_id": "client",
        "document_on": "date",
        "due_on": "echeance",
        "amount": "montant",
        "paid_amount": "paye",
        "settled_on": "regle_le",
        "updated_on": "modifie_le",
    },
    date_format="%d/%m/%Y",
    decimal=",",
)
CREDIT_NOTES = TableMapping(
    files=("avoirs*",),
    kind="credit_notes",
    columns={
        "document_ref": "avoir",
        "customer_id": "client",
        "document_on": "date",
        "amount": "montant",
        "invoice_ref": "facture",
        "updated_on": "modifie_le",
    },
    date_format="%d/%m/%Y",
    decimal=",",
)
SALES = "facture;client;date;echeance;montant;paye;regle_le;modifie_le"
CREDITS = "avoir;client;date;montant;facture;modifie_le"


def test_a_payment_that_a_newer_export_lowers_settles_what_it_says_now(tmp_path):
    files = {
        "ventes 1.csv": written(
            ["F1;A;01/01/2024;31/01/2024;100,00;100,00;10/02/2024;10/02/2024"], SALES
        ),
        "ventes 2.csv": written(
            ["F1;A;01/01/2024;31/01/2024;100,00;60,00;10/02/2024;20/02/2024"], SALES
        ),
    }
    con = ledger_of(tmp_path, files, INVOICES)
    assert con.sql("select amount from ledger.matches").fetchall() == [(D(60),)]
    rows = con.sql(
        "select kind, open_amount from receivables.open_items(date '2024-03-01')"
    ).fetchall()
    assert rows == [("invoice", D(40))]


def test_a_credit_note_that_a_newer_export_gives_to_another_invoice_leaves_the_first(tmp_path):
    unpaid = "A;01/01/2024;31/01/2024;100,00;0,00;;02/01/2024"
    files = {
        "ventes.csv": written([f"F1;{unpaid}", f"F2;{unpaid}"], SALES),
        "avoirs 1.csv": written(["V1;A;05/01/2024;100,00;F1;06/01/2024"], CREDITS),
        "avoirs 2.csv": written(["V1;A;05/01/2024;100,00;F2;08/01/2024"], CREDITS),
    }
    con = ledger_of(tmp_path, files, INVOICES, CREDIT_NOTES)
    assert is_open(con, "2024-03-01") == {"F1": D(100)}


COLUMNS = ("document_ref", "customer_id", "document_on", "due_on", "amount", "updated_on")
PLAIN = INVOICES.model_copy(
    update={"files": ("*",), "columns": {name: INVOICES.columns[name] for name in COLUMNS}}
)
AT_ONCE = ["F1;A;01/01/2024;31/01/2024;100,00"]
IN_TWO = ["F1;A;01/01/2024;31/01/2024;60,00", "F1;A;01/01/2024;29/02/2024;40,00"]
PUT_OFF = ["F1;A;01/01/2024;31/01/2024;60,00", "F1;A;01/01/2024;31/03/2024;40,00"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(AT_ONCE, IN_TWO), (IN_TWO, AT_ONCE), (IN_TWO, PUT_OFF)],
)
def test_a_document_whose_due_dates_a_newer_export_tells_otherwise_counts_once(
    tmp_path, before, after
):
    header = "facture;client;date;echeance;montant;modifie_le"
    con = ledger_of(
        tmp_path,
        {
            "1.csv": written([f"{row};02/01/2024" for row in before], header),
            "2.csv": written([f"{row};05/02/2024" for row in after], header),
        },
        PLAIN,
    )
    rows = con.sql(
        "select strftime(due_on, '%d/%m/%Y'), open_amount "
        "from receivables.open_items(date '2024-03-01') order by due_on"
    ).fetchall()
    assert [
        f"F1;A;01/01/2024;{due};{amount:.2f}".replace(".", ",") for due, amount in rows
    ] == after


def test_documents_that_are_called_by_their_due_dates_are_documents_each(tmp_path):
    header = "facture;client;date;echeance;montant;modifie_le"
    con = ledger_of(
        tmp_path,
        {
            "1.csv": written(["2024-01-31;A;01/01/2024;31/01/2024;10,00;01/01/2024"], header),
            "2.csv": written(["2024-02-29;A;01/02/2024;29/02/2024;20,00;01/02/2024"], header),
        },
        PLAIN,
    )
    assert is_open(con, "2024-03-01") == {"2024-01-31": D(10), "2024-02-29": D(20)}


def two_customers(con):
    """What the check of one customer for each document finds."""
    [rule] = [rule for rule in RULES if rule.name == "documents_have_one_customer"]
    return find(con, rule)


def test_documents_that_a_newer_export_shows_under_another_customer_code_are_named(tmp_path):
    header = "facture;client;date;echeance;montant;modifie_le"
    moved = ["F1;{};01/01/2024;31/01/2024;60,00;{}", "F1;{};01/01/2024;29/02/2024;40,00;{}"]
    files = {
        "1.csv": written([row.format("A", "02/01/2024") for row in moved], header),
        "2.csv": written([row.format("A9", "05/02/2024") for row in moved], header),
    }
    assert two_customers(ledger_of(tmp_path, files, PLAIN)) == (
        1,
        "1.csv and 2.csv: 1 of their documents stand in both with the same number, day and amount, "
        "and under two customers; each counts twice; if a customer code was changed, take the file "
        "with the old code out of the folder",
    )
    del files["1.csv"]
    assert two_customers(ledger_of(tmp_path, files, PLAIN))[0] == 0


@pytest.mark.parametrize(
    "other",
    [
        "F1;B;01/01/2024;31/01/2024;99,00;05/02/2024",  # another amount
        "F1;B;02/01/2024;31/01/2024;100,00;05/02/2024",  # another day
        "F2;B;01/01/2024;31/01/2024;100,00;05/02/2024",  # another number
        "F1;A;01/01/2024;31/01/2024;100,00;05/02/2024",  # the same customer
    ],
)
def test_documents_that_only_look_alike_are_not_named(tmp_path, other):
    header = "facture;client;date;echeance;montant;modifie_le"
    files = {
        "1.csv": written([f"{AT_ONCE[0]};02/01/2024"], header),
        "2.csv": written([other], header),
    }
    assert two_customers(ledger_of(tmp_path, files, PLAIN))[0] == 0


def test_a_number_that_every_customer_of_a_file_has_names_no_document(tmp_path):
    header = "facture;client;date;echeance;montant;modifie_le"
    row = "JANVIER;{};01/01/2024;31/01/2024;100,00;{}"
    files = {
        "1.csv": written([row.format(customer, "02/01/2024") for customer in "AB"], header),
        "2.csv": written([row.format(customer, "05/02/2024") for customer in "CD"], header),
    }
    assert two_customers(ledger_of(tmp_path, files, PLAIN))[0] == 0
