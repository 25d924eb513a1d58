"""Exports of well-known programs, read with no settings at all."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.intake.presets import NAMED, PRESETS
from tests.pipelines.table_files import land, mapping

XERO = (
    "invoice_id,contact_id,date,updated_date_utc,due_date,fully_paid_on_date,amount_credited,"
    "amount_due,amount_paid,total,currency_code,invoice_number,reference,status,type"
)


def xero(tmp_path, *rows):
    return land(tmp_path, [XERO, *rows])


def test_xero_invoices_give_what_is_owed_and_what_was_paid(tmp_path):
    usual = "2021-03-01 09:00:00.0 UTC,2021-03-31,"
    landed = xero(
        tmp_path,
        "i1,k1,2021-01-31,2021-02-20,2021-02-28,2021-02-19,0,0,2250,2250,GBP,INV-1,,PAID,ACCREC",
        f"i2,k1,2021-02-28,{usual},0,1500,750,2250,GBP,INV-2,,AUTHORISED,ACCREC",
        f"i3,k2,2021-02-28,{usual},0,0,0,47.99,CAD,B-1,,VOIDED,ACCPAY",
        f"i4,k2,2021-02-28,{usual},0,0,0,6000,USD,INV-3,,DELETED,ACCREC",
        f"i5,k2,2021-02-28,{usual},0,10,0,10,USD,INV-4,,DRAFT,ACCREC",
    )
    assert landed.receipt.format == "xero_invoices"
    assert landed.counts == (5, 2, 3)
    assert [(row["kind"], str(row["booked_on"]), row["amount"]) for row in landed.items] == [
        ("invoice", "2021-01-31", Decimal("2250.00")),
        ("payment", "2021-02-19", Decimal("-2250.00")),
        ("invoice", "2021-02-28", Decimal("2250.00")),
        ("payment", "2021-03-01", Decimal("-750.00")),  # nobody says when: the last update does
    ]
    assert landed.reasons == {
        4: "This is no receivable: ACCPAY, VOIDED.",
        5: "This is no receivable: ACCREC, DELETED.",
        6: "This is no receivable: ACCREC, DRAFT.",
    }
    assert landed.receipt.latest_on == date(2021, 3, 1)


def test_xero_contacts_are_customers(tmp_path):
    landed = land(tmp_path, ["contact_id,name,_fivetran_deleted", "k1,Le Chat,false"])
    assert landed.receipt.format == "xero_contacts"
    assert (landed.customers[0]["customer_id"], landed.customers[0]["name"]) == ("k1", "Le Chat")


IBM = "countryCode,customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,SettledDate,DaysLate"


def test_ibms_american_dates_are_read_month_first(tmp_path):
    landed = land(tmp_path, [IBM, "391,0379-NEVHP,0000611365,1/2/2013,2/1/2013,55.94,1/15/2013,0"])
    assert landed.receipt.format == "ibm_invoices"
    invoice, payment = landed.items
    assert (invoice["document_on"], invoice["due_on"]) == (date(2013, 1, 2), date(2013, 2, 1))
    assert (payment["booked_on"], payment["amount"]) == (date(2013, 1, 15), Decimal("-55.94"))
    assert invoice["document_ref"] == "0000611365"  # text, with its zeros
    assert invoice["customer_country"] == "391"
    assert invoice["currency"] == "EUR"  # the file does not say: the default of the settings


def test_days_first_where_months_are_expected_refuse_the_file(tmp_path):
    landed = land(
        tmp_path,
        [
            IBM,
            "391,A,1,1/2/2013,2/1/2013,55.94,1/3/2013,0",  # could be either
            "391,A,2,25/2/2013,2/1/2013,55.94,1/3/2013,0",  # cannot
        ],
    )
    assert landed.receipt.refused_reason.startswith(
        "1 dates are no dates in the format %m/%d/%Y that such files have"
    )
    assert landed.counts == (2, 0, 2)


def test_a_mapping_may_correct_a_preset(tmp_path):
    stated = mapping(
        columns={}, preset="ibm_invoices", date_format="%d/%m/%Y", currency="USD", decimal="."
    )
    landed = land(tmp_path, [IBM, "391,A,1,25/2/2013,2/3/2013,55.94,1/3/2013,0"], stated)
    invoice, _ = landed.items
    assert (invoice["due_on"], invoice["currency"]) == (date(2013, 3, 2), "USD")


SAP = (
    "business_code,cust_number,name_customer,clear_date,buisness_year,doc_id,posting_date,"
    "document_create_date,document_create_date{second},due_in_date,invoice_currency,document type,"
    "posting_id,area_business,total_open_amount,baseline_create_date,cust_payment_terms,"
    "invoice_id,isOpen"
)


def sap(customer, document, amount, clear="", kind="RV"):
    return (
        f"U001,{customer},WAL-MAR corp,{clear},2019.0,{document},2019-04-05,20190404,20190405,"
        f"20190505.0,USD,{kind},1.0,,{amount},20190405.0,NAH4,{document},1"
    )


@pytest.mark.parametrize("second", ["", ".1"])
def test_saps_open_items_with_its_dates_its_codes_and_its_header_twice(tmp_path, second):
    landed = land(
        tmp_path,
        [
            SAP.format(second=second),
            sap("0200769623", "1930438491.0", "54273.28"),
            sap("200769623", "1930438492.0", "100.5", clear="2019-05-10 00:00:00"),
            sap("200769623", "1930438493", "-20.0", kind="DG"),
            sap("00200769623", "1930438494", "7", kind="X2"),
        ],
    )
    assert landed.receipt.format == "sap_open_items"
    assert landed.counts == (4, 4, 0)
    assert {item["customer_id"] for item in landed.items} == {"200769623"}
    assert landed.amounts == {
        "1930438491": "54273.28",
        "1930438492": "100.50",
        "1930438493": "-20.00",
        "1930438494": "7.00",
    }
    assert [item["kind"] for item in landed.items] == [
        "invoice",
        "invoice",
        "payment",
        "credit_note",
        "unknown",
    ]
    first = landed.items[0]
    assert (first["due_on"], first["booked_on"]) == (date(2019, 5, 5), date(2019, 4, 5))
    assert (first["entity_id"], first["currency"]) == ("U001", "USD")
    [allocation] = landed.allocations
    assert allocation["allocated_on"] == date(2019, 5, 10)


def test_a_list_from_sap_in_which_nothing_is_cleared_is_a_list_of_what_is_open(tmp_path):
    landed = land(tmp_path, [SAP.format(second=""), sap("1", "2", "3")])
    assert [item["is_open_list"] for item in landed.items] == [True]


ODOO_FRENCH = [
    "Numéro;Nom d'affichage du partenaire de la facture;Date de facturation;Date d'échéance;"
    "Total signé en devises;Montant dû;Devise;Statut",
    "FAC/2026/0001;Le Chat;2026-01-15;2026-02-14;120.00;20.00;EUR;Comptabilisé",
    "RFAC/2026/0001;Le Chat;2026-01-20;;-50.00;50.00;EUR;Comptabilisé",
    ";Le Chat;2026-01-20;;-50.00;50.00;EUR;Brouillon",
]


def test_odoos_invoices_in_french_are_what_is_still_open(tmp_path):
    landed = land(tmp_path, ODOO_FRENCH)
    assert landed.receipt.format == "odoo_open_items"
    assert landed.amounts == {"FAC/2026/0001": "20.00", "RFAC/2026/0001": "-50.00"}
    assert landed.reasons == {4: "This is no receivable: Brouillon."}


def test_odoos_invoices_in_english_with_their_last_update_show_their_payments(tmp_path):
    lines = [
        "Number,Invoice Partner Display Name,Invoice/Bill Date,Due Date,Total in Currency Signed,"
        "Amount Due,Currency,Status,Last Updated on",
        "INV/2026/0001,Le Chat,2026-01-15,2026-02-14,120.00,20.00,USD,Posted,2026-03-01 10:00:00",
    ]
    landed = land(tmp_path, lines)
    assert landed.receipt.format == "odoo_invoices"
    invoice, payment = landed.items
    assert (invoice["amount"], payment["amount"]) == (Decimal("120.00"), Decimal("-100.00"))
    assert payment["booked_on"] == date(2026, 3, 1)
    assert payment["label"].endswith("dated by the last update of its record")


def test_odoos_amounts_in_the_currency_of_the_company_are_in_that_currency(tmp_path):
    lines = [
        "Numéro;Partenaire;Date de facturation;Date d'échéance;Total signé;Montant dû signé;Devise",
        "FAC/1;Le Chat;2026-01-15;2026-02-14;120.00;20.00;USD",
    ]
    [item] = land(tmp_path, lines).items
    assert (item["amount"], item["currency"]) == (Decimal("20.00"), "EUR")


def test_odoos_partners_are_customers_by_the_name_that_its_invoices_show(tmp_path):
    lines = [
        "Nom complet,Pays,Téléphone,Courriel,Identifiant fiscal,Conditions de paiement client",
        "Le Chat,France,,chat@example.com,FR 44 732829320,30 jours",
    ]
    landed = land(tmp_path, lines)
    assert landed.receipt.format == "odoo_partners"
    [customer] = landed.customers
    assert (customer["customer_id"], customer["name"]) == ("Le Chat", "Le Chat")
    assert (customer["vat_number"], customer["payment_terms"]) == ("FR44732829320", "30 jours")


QUICKBOOKS = [
    "Le Chat Inc.",
    "A/R Aging Detail",
    "As of March 31, 2026",
    "",
    ",Date,Transaction type,Num,Customer full name,Due date,Amount,Open balance",
    "91 or more days past due,,,,,,,",
    ',11/15/2025,Invoice,1001,Acme,12/15/2025,"1,200.00","1,200.00"',
    ",11/20/2025,Credit Memo,1002,Acme,11/20/2025,-100.00,-100.00",
    ',11/25/2025,Payment,,Acme,11/25/2025,"-50.00","-50.00"',
    'Total for 91 or more days past due,,,,,,"1,050.00","1,050.00"',
]


def test_quickbooks_ageing_report_with_its_titles_groups_and_totals(tmp_path):
    landed = land(tmp_path, QUICKBOOKS)
    assert landed.receipt.format == "quickbooks_open_items"
    assert landed.amounts == {"1001": "1200.00", "1002": "-100.00", None: "-50.00"}
    assert [item["kind"] for item in landed.items] == ["invoice", "credit_note", "payment"]
    assert [item["source_line"] for item in landed.items] == [7, 8, 9]
    assert sum(item["amount"] for item in landed.items) == Decimal("1050.00")  # as it says itself
    assert landed.receipt.facts["above_header"] == (
        "Le Chat Inc. / A/R Aging Detail / As of March 31, 2026"
    )
    assert sorted(landed.reasons) == [6, 10]
    assert landed.counts == (5, 3, 2)


def test_quickbooks_customer_list(tmp_path):
    lines = ["Customer,Phone numbers,Email,Full name,Billing address", "Acme,555,a@b.c,Ann,1 Road"]
    landed = land(tmp_path, lines)
    assert landed.receipt.format == "quickbooks_customers"
    assert landed.customers[0]["customer_id"] == "Acme"


@pytest.mark.parametrize(
    "header",
    [
        "customer_id,name",
        "Code client;Raison sociale;Conditions de règlement",
        "N° client\tNom\tPlafond de crédit",
        "entity_id|customer_id|name|siren|payment_terms",
    ],
)
def test_a_customer_file_whose_headers_leave_no_doubt_needs_no_settings(tmp_path, header):
    delimiter = next(each for each in ",;\t|" if each in header)
    row = delimiter.join(["1"] * (header.count(delimiter) + 1))
    landed = land(tmp_path, [header, row])
    assert landed.receipt.format == "customers"
    assert landed.receipt.loaded == 1


@pytest.mark.parametrize(
    "header",
    [
        "Code client;Raison sociale;N° facture;Montant",
        "Code client;Raison sociale;Date facture;Montant",
        "code;nom",
        "account_id,name",
    ],
)
def test_what_could_be_something_else_is_not_taken_for_a_customer_file(tmp_path, header):
    landed = land(tmp_path, [header, "a;b;c;d"])
    assert "No mapping and no preset" in landed.receipt.refused_reason


def test_a_preset_that_does_not_exist_is_named(tmp_path):
    landed = land(tmp_path, ["a;b", "1;2"], mapping(columns={}, preset="sage"))
    assert landed.receipt.refused_reason.startswith("There is no preset sage. Use one of ")


def test_a_mapping_that_contradicts_its_preset_is_refused(tmp_path):
    landed = land(tmp_path, ["a;b", "1;2"], mapping("customers", {}, preset="ibm_invoices"))
    assert "reads invoices, and the mapping says customers" in landed.receipt.refused_reason


def test_every_preset_maps_columns_that_its_kind_of_table_has():
    from pipelines.intake.kinds import COLUMNS, lacking

    assert set(NAMED) == {preset.format for preset in PRESETS}
    for preset in PRESETS:
        assert set(preset.columns) <= {column.name for column in COLUMNS[preset.kind]}
        assert set(preset.needs) <= set(preset.columns)
        assert lacking(preset.kind, preset.needs) == []
