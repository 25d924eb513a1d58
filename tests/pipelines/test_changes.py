"""What changed since the previous snapshot adds up to the change of what each customer owes."""

from decimal import Decimal as D

from pipelines.sql_tables import SQL, SqlTable
from tests.pipelines.books import Fec, build


def changes(fec, *before):
    """Return the changes of books since items (document, amount, currency) of the same books."""
    con = build(fec)
    for document, amount, currency in before:
        con.execute(
            "insert into staging.previous_items select item_id, entity_id, customer_id, $currency, "
            "kind, $amount from ledger.items where document_ref = $document",
            {"document": document, "amount": amount, "currency": currency},
        )
    SqlTable.read(SQL / "receivables" / "changes.sql").create(con)
    return set(
        con.sql("select currency, reason, amount, item_count from receivables.changes").fetchall()
    )


def test_an_item_told_in_another_currency_leaves_the_one_and_comes_to_the_other():
    fec = Fec().sale("2024-01-10", "A", "90", "F1")
    assert changes(fec, ("F1", "100", "USD")) == {
        ("USD", "other", D("-100"), 1),
        ("EUR", "other", D("90"), 1),
    }


def test_an_item_told_with_another_amount_changes_by_the_difference():
    fec = Fec().sale("2024-01-10", "A", "90", "F1").sale("2024-01-11", "A", "5", "F2")
    assert changes(fec, ("F1", "100", "EUR")) == {
        ("EUR", "other", D("-10"), 1),
        ("EUR", "new_invoices", D("5"), 1),
    }


def test_the_first_snapshot_has_nothing_to_be_held_against():
    assert changes(Fec().sale("2024-01-10", "A", "90", "F1")) == set()
