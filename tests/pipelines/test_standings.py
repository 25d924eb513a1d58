"""What an extract says of an item beside its amounts: in dispute, promised, doubtful."""

from datetime import date
from decimal import Decimal

import pytest

from tests.pipelines.books import Fec, build
from tests.pipelines.table_files import HEADER, INVOICE_COLUMNS, land, mapping

SAYS = {**INVOICE_COLUMNS, "status": "statut", "dispute": "litige", "updated_on": "modifie_le"}


def row(**said):
    return {
        "item_key": "invoice|C1|F1",
        "customer_id": "C1",
        "kind": "invoice",
        "document_ref": "F1",
        "document_on": date(2025, 1, 10),
        "due_on": date(2025, 2, 9),
        "amount": Decimal("100.00"),
        "currency": "EUR",
        "is_open_list": False,
        **said,
    }


def standings(**said):
    con = build(items=[row(**said)])
    return con.sql("select standing, said from ledger.standings").fetchall()


@pytest.mark.parametrize(
    "status, dispute, standing",
    [
        ("En litige", None, "disputed"),
        ("Bloqué", None, "disputed"),
        (None, "Oui", "disputed"),
        (None, "Quantité contestée", "disputed"),
        ("Promesse du 12/03", None, "promised"),
        ("Liquidation judiciaire", "oui", "doubtful"),
        ("Contentieux", None, "doubtful"),
        ("Litige sans réponse", None, "disputed"),
    ],
)
def test_the_words_of_an_extract_say_how_an_item_stands(status, dispute, standing):
    [(found, said)] = standings(status=status, dispute=dispute)
    assert found == standing
    assert said == " ".join(filter(None, (status, dispute)))


@pytest.mark.parametrize(
    "status, dispute",
    [
        ("Posted", None),
        (None, "Non"),
        ("Payée", "0"),
        (None, "Néant"),
        (None, "Aucune"),
        (None, "Résolu"),
        ("Pas de litige", None),
        ("Non douteux", None),
    ],
)
def test_other_words_say_nothing(status, dispute):
    assert standings(status=status, dispute=dispute) == []


def test_an_extract_lends_its_words_to_the_ledger_of_a_fec():
    con = build(
        Fec().sale("2025-01-10", "C1", "100.00", "F1").sale("2025-01-11", "C1", "50.00", "F2"),
        items=[row(status="Litige")],
    )
    found = con.sql(
        "select items.document_ref, standing from ledger.standings "
        "join ledger.items using (item_id)"
    ).fetchall()
    assert found == [("F1", "disputed")]


def test_a_label_that_speaks_of_a_dispute_says_one():
    fec = (
        Fec()
        .sale("2025-01-10", "C1", "100.00", "F1", label="LITIGE quantite F1")
        .sale("2025-01-10", "C1", "100.00", "F2", label="Vente Elitiges")
    )
    con = build(fec)
    found = con.sql(
        "select items.document_ref, said, said_on from ledger.standings "
        "join ledger.items using (item_id)"
    ).fetchall()
    assert found == [("F1", "LITIGE quantite F1", date(2025, 1, 10))]


def test_it_counts_from_the_day_on_which_the_row_was_last_updated():
    con = build(items=[row(status="Litige", updated_on=date(2025, 3, 4))])
    assert con.sql("select said_on from ledger.standings").fetchall() == [(date(2025, 3, 4),)]


def test_the_columns_of_a_table_land_as_they_are_written(tmp_path):
    landed = land(
        tmp_path,
        [
            f"{HEADER};statut;litige;modifie_le",
            "F1;C1;03/02/2026;05/03/2026;100,00;Ouverte;Prix contesté;10/02/2026",
        ],
        mapping(columns=SAYS),
    )
    [item] = landed.items
    assert (item["status"], item["dispute"]) == ("Ouverte", "Prix contesté")
