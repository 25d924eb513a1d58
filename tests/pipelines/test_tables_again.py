"""Tables of invoices, payments and credit notes that are exported again, with another story."""

from decimal import Decimal as D

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
