"""What one record of a table becomes: documents, settlements, allocations, customers."""

from datetime import date
from decimal import Decimal

import pytest

from tests.pipelines.table_files import HEADER, INVOICE_COLUMNS, land, mapping

INVOICE = {
    **INVOICE_COLUMNS,
    "paid_amount": "regle",
    "credited_amount": "avoir",
    "open_amount": "solde",
    "settled_on": "regle_le",
    "updated_on": "modifie_le",
}
SETTLED = f"{HEADER};regle;avoir;solde;regle_le;modifie_le"


def settled(tmp_path, *rows):
    return land(tmp_path, [SETTLED, *rows], mapping(columns=INVOICE))


def brief(rows):
    return [
        (row["item_key"], row["kind"], str(row["booked_on"]), str(row["amount"])) for row in rows
    ]


def test_an_unpaid_invoice_is_one_item(tmp_path):
    landed = settled(tmp_path, "F1;C1;03/02/2026;05/03/2026;100,00;0;0;100,00;;10/02/2026")
    [item] = landed.items
    assert (item["item_key"], item["kind"], item["amount"]) == (
        "invoice|C1|F1",
        "invoice",
        Decimal("100.00"),
    )
    assert (item["due_on"], item["updated_on"]) == (date(2026, 3, 5), date(2026, 2, 10))
    assert landed.allocations == []


def test_a_paid_invoice_is_an_invoice_a_payment_and_what_links_them(tmp_path):
    landed = settled(tmp_path, "F1;C1;03/02/2026;05/03/2026;100,00;100,00;0;0;01/03/2026;")
    assert brief(landed.items) == [
        ("invoice|C1|F1", "invoice", "2026-02-03", "100.00"),
        ("settlement|invoice|C1|F1", "payment", "2026-03-01", "-100.00"),
    ]
    [allocation] = landed.allocations
    assert allocation["debit_key"], allocation["credit_key"] == (
        "invoice|C1|F1",
        "settlement|invoice|C1|F1",
    )
    assert (str(allocation["amount"]), str(allocation["allocated_on"])) == ("100.00", "2026-03-01")
    assert landed.counts == (1, 1, 0)


def test_a_partial_payment_without_a_date_takes_that_of_the_last_update_and_says_so(tmp_path):
    landed = settled(tmp_path, "F1;C1;03/02/2026;05/03/2026;100,00;30,00;20,00;50,00;;10/02/2026")
    assert brief(landed.items) == [
        ("credit|invoice|C1|F1", "credit_note", "2026-02-10", "-20.00"),
        ("invoice|C1|F1", "invoice", "2026-02-03", "100.00"),
        ("settlement|invoice|C1|F1", "payment", "2026-02-10", "-30.00"),
    ]
    assert landed.items[2]["label"] == "Payment of F1, dated by the last update of its record"
    assert sorted(str(row["amount"]) for row in landed.allocations) == ["20.00", "30.00"]


def test_a_payment_that_nothing_dates_sets_its_record_aside(tmp_path):
    landed = settled(
        tmp_path,
        "F1;C1;03/02/2026;05/03/2026;100,00;30,00;0;70,00;;",
        "F2;C1;03/02/2026;05/03/2026;100,00;0;0;100,00;;",
    )
    assert landed.amounts == {"F2": "100.00"}
    assert landed.reasons[2] == (
        "Of this, 30.00 is settled, and no date says when. Map `settled_on` or `updated_on`."
    )


def test_amounts_that_do_not_add_up_set_their_record_aside(tmp_path):
    landed = settled(
        tmp_path,
        "F1;C1;03/02/2026;05/03/2026;100,00;30,00;0;50,00;01/03/2026;",
        "F2;C1;03/02/2026;05/03/2026;100,00;-5,00;0;105,00;01/03/2026;",
        "F3;C1;03/02/2026;05/03/2026;1,00;0;0;1,00;;",
    )
    assert landed.amounts == {"F3": "1.00"}
    assert "do not add up: total 100.00, paid 30.00, credited 0.00, due 50.00" in landed.reasons[2]
    assert "wrong sign" in landed.reasons[3]


def test_an_overpaid_invoice_leaves_the_excess_unapplied(tmp_path):
    columns = {**INVOICE_COLUMNS, "paid_amount": "regle", "settled_on": "le"}
    lines = [f"{HEADER};regle;le", "F1;C1;03/02/2026;05/03/2026;100,00;120,00;01/03/2026"]
    landed = land(tmp_path, lines, mapping(columns=columns))
    assert [str(item["amount"]) for item in landed.items] == ["100.00", "-120.00"]
    assert [str(row["amount"]) for row in landed.allocations] == ["100.00"]


def test_a_negative_invoice_is_a_credit_note(tmp_path):
    landed = land(tmp_path, [HEADER, "A1;C1;03/02/2026;;-40,00"], mapping())
    assert brief(landed.items) == [("credit_note|C1|A1", "credit_note", "2026-02-03", "-40.00")]


def test_the_total_may_stand_in_two_columns(tmp_path):
    columns = {"document_ref": "piece", "customer_id": "compte", "document_on": "date"}
    columns |= {"debit": "debit", "credit": "credit"}
    lines = ["piece;compte;date;debit;credit", "F1;C1;03/02/2026;10,00;", "R1;C1;04/02/2026;;4,00"]
    landed = land(tmp_path, lines, mapping("open_items", columns))
    assert landed.amounts == {"F1": "10.00", "R1": "-4.00"}
    assert [item["kind"] for item in landed.items] == ["invoice", "unknown"]  # it does not say what


def test_a_list_of_what_is_open_says_that_it_is_one(tmp_path):
    landed = land(tmp_path, [HEADER, "F1;C1;03/02/2026;;10,00"], mapping("open_items"))
    assert [item["is_open_list"] for item in landed.items] == [True]


def test_a_list_that_shows_what_was_settled_too_is_no_list_of_what_is_open(tmp_path):
    columns = {**INVOICE_COLUMNS, "settled_on": "le"}
    lines = [
        f"{HEADER};le",
        "F1;C1;03/02/2026;;10,00;",
        "F2;C1;03/02/2026;;20,00;01/03/2026",
        "A3;C1;03/02/2026;;-5,00;02/03/2026",
    ]
    landed = land(tmp_path, lines, mapping("open_items", columns))
    assert {item["is_open_list"] for item in landed.items} == {False}
    by_line = {}
    for item in landed.items:
        by_line[item["source_line"]] = by_line.get(item["source_line"], 0) + item["amount"]
    assert by_line == {2: 10, 3: 0, 4: 0}  # what was cleared is gone from its clearing day on


def test_what_is_open_counts_and_not_the_total(tmp_path):
    columns = {**INVOICE_COLUMNS, "open_amount": "solde"}
    lines = [f"{HEADER};solde", "F1;C1;03/02/2026;;100,00;30,00", "A1;C1;03/02/2026;;-50,00;20,00"]
    landed = land(tmp_path, lines, mapping("open_items", columns))
    assert landed.amounts == {"F1": "30.00", "A1": "-20.00"}  # the balance has the total's sign


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Facture", "invoice"),
        ("AVOIR", "credit_note"),
        ("Règlement", "payment"),
        ("Zut", "unknown"),
    ],
)
def test_the_file_may_say_what_each_row_is(tmp_path, word, kind):
    sign = "" if kind in ("invoice", "unknown") else "-"
    columns = {**INVOICE_COLUMNS, "kind": "nature"}
    lines = [f"{HEADER};nature", f"D1;C1;03/02/2026;;{sign}10,00;{word}"]
    [item] = land(tmp_path, lines, mapping("open_items", columns)).items
    assert (item["kind"], item["item_key"]) == (kind, f"{kind}|C1|D1")


def test_credits_told_by_their_kind_alone_are_subtracted(tmp_path):
    columns = {**INVOICE_COLUMNS, "kind": "nature"}
    lines = [f"{HEADER};nature", "F1;C1;03/02/2026;;10,00;Facture", "A1;C1;03/02/2026;;4,00;Avoir"]
    assert land(tmp_path, lines, mapping(columns=columns)).amounts == {"F1": "10.00", "A1": "-4.00"}


def test_a_balance_without_a_sign_takes_it_from_the_column_its_total_stands_in(tmp_path):
    columns = {"document_ref": "piece", "customer_id": "compte", "document_on": "date"}
    columns |= {"debit": "debit", "credit": "credit", "open_amount": "reste"}
    lines = [
        "piece;compte;date;debit;credit;reste",
        "F1;C1;03/02/2026;10,00;;8,00",
        "R1;C1;04/02/2026;;4,00;3,00",
        "R2;C1;04/02/2026;0,00;4,00;-2,00",
        "R3;C1;04/02/2026;;;1,00",
    ]
    landed = land(tmp_path, lines, mapping("open_items", columns))
    assert landed.amounts == {"F1": "8.00", "R1": "-3.00", "R2": "-2.00", "R3": "1.00"}


def test_credits_that_are_all_used_up_still_show_that_they_are_written_negative(tmp_path):
    columns = {**INVOICE, "kind": "nature"}
    lines = [
        f"{SETTLED};nature",
        "F1;C1;03/02/2026;05/03/2026;100,00;0;0;100,00;;;Facture",
        "A1;C1;03/02/2026;;-40,00;;0;0,00;01/03/2026;;Avoir",
    ]
    assert brief(land(tmp_path, lines, mapping(columns=columns)).items) == [
        ("invoice|C1|F1", "invoice", "2026-02-03", "100.00"),
        ("credit_note|C1|A1", "credit_note", "2026-02-03", "-40.00"),
        ("settlement|credit_note|C1|A1", "adjustment", "2026-03-01", "40.00"),
    ]


@pytest.mark.parametrize(("sign", "other"), [("", "-"), ("-", "")])
def test_the_rare_sign_among_credits_told_by_their_kind_is_money_given_back(tmp_path, sign, other):
    columns = {**INVOICE_COLUMNS, "kind": "nature"}
    lines = [
        f"{HEADER};nature",
        "F1;C1;03/02/2026;;10,00;Facture",
        f"R1;C1;03/02/2026;;{sign}4,00;Règlement",
        f"R2;C1;03/02/2026;;{sign}4,00;Règlement",
        f"R3;C1;03/02/2026;;{other}4,00;Règlement",
    ]
    landed = land(tmp_path, lines, mapping("open_items", columns))
    assert landed.amounts == {"F1": "10.00", "R1": "-4.00", "R2": "-4.00", "R3": "4.00"}
    assert [item["kind"] for item in landed.items][1:] == ["payment", "payment", "refund"]


def test_a_draft_or_a_suppliers_bill_is_no_receivable(tmp_path):
    columns = {**INVOICE_COLUMNS, "kind": "nature", "status": "etat"}
    lines = [
        f"{HEADER};nature;etat",
        "F1;C1;03/02/2026;;10,00;Facture;Comptabilisée",
        "F2;C1;03/02/2026;;10,00;Facture;Brouillon",
        "F3;C1;03/02/2026;;10,00;Facture fournisseur;Comptabilisée",
    ]
    landed = land(tmp_path, lines, mapping(columns=columns))
    assert list(landed.amounts) == ["F1"]
    assert landed.reasons == {
        3: "This is no receivable: Facture, Brouillon.",
        4: "This is no receivable: Facture fournisseur, Comptabilisée.",
    }


PAYMENT = {"customer_id": "client", "booked_on": "date", "amount": "montant"}


def test_payments_are_credits_and_say_what_they_pay(tmp_path):
    columns = {**PAYMENT, "document_ref": "numero", "invoice_ref": "facture"}
    lines = ["numero;client;facture;date;montant", "R1;C1;F1;03/02/2026;10,00"]
    landed = land(tmp_path, lines, mapping("payments", columns))
    assert brief(landed.items) == [("payment|C1|R1", "payment", "2026-02-03", "-10.00")]
    [row] = landed.allocations
    assert (row["debit_key"], row["credit_key"]) == ("invoice|C1|F1", "payment|C1|R1")
    assert row["amount"] == 10


@pytest.mark.parametrize(("sign", "other"), [("", "-"), ("-", "")])
def test_the_rare_sign_in_a_list_of_payments_is_money_given_back(tmp_path, sign, other):
    rows = [f"C1;0{n}/02/2026;{sign}10,00" for n in range(1, 4)]
    lines = ["client;date;montant", *rows, f"C1;09/02/2026;{other}7,00"]
    landed = land(tmp_path, lines, mapping("payments", PAYMENT))
    kinds = sorted((item["kind"], str(item["amount"])) for item in landed.items)
    assert kinds == [("payment", "-10.00")] * 3 + [("refund", "7.00")]


def test_two_equal_payments_without_a_number_are_two(tmp_path):
    lines = ["client;date;montant", "C1;03/02/2026;10,00", "C1;03/02/2026;10,00"]
    landed = land(tmp_path, lines, mapping("payments", PAYMENT))
    assert len({item["item_key"] for item in landed.items}) == 2


def test_a_credit_note_of_the_other_sign_is_asked_about(tmp_path):
    columns = {"document_ref": "n", "customer_id": "client", "document_on": "d", "amount": "m"}
    lines = ["n;client;d;m", *(f"A{n};C1;03/02/2026;10,00" for n in range(3))]
    landed = land(tmp_path, [*lines, "A9;C1;03/02/2026;-10,00"], mapping("credit_notes", columns))
    assert {str(item["amount"]) for item in landed.items} == {"-10.00"}
    assert "the other sign" in landed.reasons[5]


def test_the_same_record_twice_counts_once(tmp_path):
    row = "F1;C1;03/02/2026;05/03/2026;10,00"
    landed = land(tmp_path, [HEADER, row, row], mapping())
    assert (landed.counts, landed.amounts) == ((2, 1, 1), {"F1": "10.00"})
    assert landed.reasons == {3: "This is the same record as on line 2."}


def test_two_due_dates_of_one_document_are_two_items(tmp_path):
    lines = [HEADER, "F1;C1;03/02/2026;05/03/2026;10,00", "F1;C1;03/02/2026;05/04/2026;20,00"]
    landed = land(tmp_path, lines, mapping())
    assert [item["item_key"] for item in landed.items] == [
        "invoice|C1|F1|2026-03-05",
        "invoice|C1|F1|2026-04-05",
    ]


def test_records_that_contradict_each_other_are_both_set_aside(tmp_path):
    lines = [
        HEADER,
        "F1;C1;03/02/2026;05/03/2026;10,00",
        "F1;C1;03/02/2026;05/03/2026;20,00",
        "F1;C2;03/02/2026;05/03/2026;30,00",  # another customer, another document
    ]
    landed = land(tmp_path, lines, mapping())
    assert (landed.counts, landed.amounts) == ((3, 1, 2), {"F1": "30.00"})
    assert "say different things of one document" in landed.reasons[2]


def test_lines_of_a_document_have_a_key_of_their_own(tmp_path):
    columns = {**INVOICE_COLUMNS, "line_ref": "ligne"}
    lines = [
        f"{HEADER};ligne",
        "F1;C1;03/02/2026;05/03/2026;10,00;1",
        "F1;C1;03/02/2026;05/03/2026;20,00;2",
    ]
    landed = land(tmp_path, lines, mapping(columns=columns))
    assert [item["item_key"] for item in landed.items] == ["invoice|C1|F1|1", "invoice|C1|F1|2"]


def test_keys_stay_the_same_from_one_export_to_the_next(tmp_path):
    before = settled(tmp_path, "F1;C1;03/02/2026;05/03/2026;100,00;0;0;100,00;;10/02/2026")
    after = land(
        tmp_path,
        [SETTLED, "F0;C1;01/02/2026;;1,00;0;0;1,00;;", SETTLED.replace(";", "; ")],
        mapping(columns=INVOICE),
        name="other.csv",
    )
    paid = settled(tmp_path, "F1;C1;03/02/2026;05/03/2026;100,00;100,00;0;0;01/03/2026;")
    assert before.items[0]["item_key"] == paid.items[0]["item_key"]
    assert after.counts == (2, 1, 1)  # a header in the middle of a file is no record


ALLOCATION = {
    "customer_id": "client",
    "invoice_ref": "facture",
    "credit_ref": "reglement",
    "amount": "montant",
    "allocated_on": "date",
}


def test_allocations_name_what_settles_what(tmp_path):
    lines = [
        "client;facture;reglement;montant;date",
        "C1;F1;R1;10,00;03/02/2026",
        "C1;F1;R2;-10,00;03/02/2026",
    ]
    landed = land(tmp_path, lines, mapping("allocations", ALLOCATION))
    [row] = landed.allocations
    assert (row["debit_key"], row["credit_key"]) == ("invoice|C1|F1", "payment|C1|R1")
    assert "positive amount" in landed.reasons[3]


def test_an_entity_and_a_currency_may_stand_in_the_row_or_in_the_mapping(tmp_path):
    columns = {**INVOICE_COLUMNS, "entity_id": "societe"}
    lines = [f"{HEADER};societe", "F1;C1;03/02/2026;;10,00;lyon"]
    landed = land(tmp_path, lines, mapping(columns=columns, currency="CHF", entity="paris"))
    [item] = landed.items
    assert (item["entity_id"], item["currency"]) == ("lyon", "CHF")
    assert (landed.receipt.entity_id, landed.receipt.entity_basis) == ("paris", "settings")


def test_customers_land_with_their_limits_and_each_once(tmp_path):
    lines = [
        "Code client;Raison sociale;SIREN;Conditions de règlement;Plafond;Pays;Maison mère",
        "C1;Le Chat SA;732 829 320;45 fin de mois;50 000,00;fr;C1",
        "C2;Le Chien SARL;;30 net;1.000;France;C1",
        "C1;Le Chat bis;;;;;",
        "TOTAL;;;;50 000,00;;",
    ]
    landed = land(tmp_path, lines)  # nobody described this file: its headers leave no doubt
    [customer] = landed.customers
    assert (customer["customer_id"], customer["name"]) == ("C1", "Le Chat SA")
    assert (customer["siren"], customer["country"]) == ("732829320", "FR")
    assert customer["credit_limit"] == Decimal("50000.00")
    assert customer["payment_terms"] == "45 fin de mois"
    assert customer["parent_id"] is None  # nobody is their own parent
    assert "read in two ways" in landed.reasons[3]
    assert landed.reasons[4] == "This customer stands on line 2 already. Keep one of the two."
    assert landed.reasons[5] == "This is a totals line, not a record."
