"""Files of well-known programs, told by their headers alone: nobody has to describe them.

Each preset says which headers stand for which of our columns. Where a program has several names
for one, in its languages and versions, they are separated by a bar.
"""

from pipelines.intake.kinds import COLUMNS, plain
from pipelines.intake.plans import Manner


def _preset(  # noqa: PLR0913 (a preset is what it says)
    format: str,
    kind: str,
    columns: dict[str, str],
    needs: str,
    marks: str = "",
    *,
    date_format: str | None = None,
    bare_numbers: bool = False,
) -> Manner:
    return Manner(
        format,
        kind,
        {name: _headers(headers) for name, headers in columns.items()},
        tuple(needs.split()),
        tuple(_headers(group) for group in marks.split(";") if group),
        date_format=date_format,
        bare_numbers=bare_numbers,
    )


def _headers(text: str) -> tuple[str, ...]:
    return tuple(plain(header) for header in text.split("|"))


_XERO = (
    _preset(
        "xero_invoices",
        "invoices",
        {
            "document_ref": "invoice_number",
            "customer_id": "contact_id",
            "kind": "type",
            "status": "status",
            "document_on": "date",
            "due_on": "due_date",
            "amount": "total",
            "open_amount": "amount_due",
            "paid_amount": "amount_paid",
            "credited_amount": "amount_credited",
            "settled_on": "fully_paid_on_date",
            "updated_on": "updated_date_utc",
            "currency": "currency_code",
            "label": "reference",
        },
        "document_ref customer_id kind status document_on due_on amount open_amount paid_amount "
        "credited_amount currency",
    ),
    _preset(
        "xero_contacts",
        "customers",
        {
            "customer_id": "contact_id",
            "name": "name",
            "vat_number": "tax_number",
            "contact_email": "email_address",
        },
        "customer_id name",
    ),
)

_IBM = (
    _preset(
        "ibm_invoices",
        "invoices",
        {
            "document_ref": "invoiceNumber",
            "customer_id": "customerID",
            "customer_country": "countryCode",
            "document_on": "InvoiceDate",
            "due_on": "DueDate",
            "amount": "InvoiceAmount",
            "settled_on": "SettledDate",
        },
        "document_ref customer_id document_on due_on amount settled_on",
        "DaysToSettle|DaysLate|PaperlessBill",
        date_format="%m/%d/%Y",
    ),
)

# The document date of SAP stands under a header that the file has twice; the baseline date, from
# which the terms count, has one of its own.
_SAP = (
    _preset(
        "sap_open_items",
        "open_items",
        {
            "entity_id": "business_code|company_code",
            "document_ref": "doc_id|document_number",
            "customer_id": "cust_number|customer_number",
            "customer_name": "name_customer|customer_name",
            "kind": "document type|doc_type",
            "document_on": "baseline_create_date|baseline_date",
            "booked_on": "posting_date",
            "due_on": "due_in_date|net_due_date",
            "amount": "total_open_amount",
            "currency": "invoice_currency",
            "settled_on": "clear_date|clearing_date",
        },
        "document_ref customer_id booked_on due_on amount settled_on",
        date_format="%Y%m%d",
        bare_numbers=True,
    ),
)

_ODOO_DOCUMENT = {
    "entity_id": "Company|Société|company_id",
    "document_ref": "Number|Numéro|name",
    "customer_id": "Invoice Partner Display Name|Nom d'affichage du partenaire de la facture|"
    "invoice_partner_display_name|Partner|Partenaire|Customer|Client|partner_id",
    "kind": "Type|move_type",
    "status": "Status|Statut|state",
    "document_on": "Invoice/Bill Date|Invoice Date|Date de facturation|"
    "Date de facturation/facture|Date de la facture|invoice_date",
    "due_on": "Due Date|Date d'échéance|invoice_date_due",
    "label": "Reference|Référence|ref",
    "updated_on": "Last Updated on|Dernière mise à jour le|Mis à jour le|write_date",
}
_ODOO_OWN_CURRENCY = {
    "amount": "Total in Currency Signed|Total signé en devises|Total en devise signé|"
    "amount_total_in_currency_signed",
    "open_amount": "Amount Due|Montant dû|amount_residual",
    "currency": "Currency|Devise|currency_id",
}
# Without the amounts in the document's currency, those in the company's.
_ODOO_BOOK_CURRENCY = {
    "amount": "Total Signed|Total signé|amount_total_signed",
    "open_amount": "Amount Due Signed|Montant dû signé|amount_residual_signed",
}
_ODOO_DOCUMENTS = tuple(
    _preset(
        format,
        kind,
        {**_ODOO_DOCUMENT, **money},
        f"document_ref customer_id document_on {' '.join(money)} {more}",
    )
    for money in (_ODOO_OWN_CURRENCY, _ODOO_BOOK_CURRENCY)
    # What is paid has no date in Odoo's list, unless the list says when it last changed.
    for format, kind, more in (
        ("odoo_invoices", "invoices", "updated_on"),
        ("odoo_open_items", "open_items", ""),
    )
)
_ODOO = (
    *_ODOO_DOCUMENTS,
    _preset(
        "odoo_partners",
        "customers",
        {
            "customer_id": "Complete Name|Nom complet|Display Name|Nom d'affichage|Name|Nom|"
            "display_name|complete_name",
            "name": "Complete Name|Nom complet|Display Name|Nom d'affichage|Name|Nom|"
            "display_name|complete_name",
            "vat_number": "Tax ID|N° TVA|Numéro de TVA|Identifiant fiscal|vat",
            "country": "Country|Pays|country_id",
            "language": "Language|Langue|lang",
            "payment_terms": "Customer Payment Terms|Conditions de paiement client|"
            "Conditions de paiement du client|property_payment_term_id",
            "credit_limit": "Credit Limit|Limite de crédit|credit_limit",
            "contact_email": "Email|E-mail|Courriel|email",
            "contact_phone": "Phone|Téléphone|phone",
        },
        "customer_id",
        "Customer Payment Terms|Conditions de paiement client|Conditions de paiement du client|"
        "property_payment_term_id|Tax ID|Identifiant fiscal;Email|E-mail|Courriel|Phone|Téléphone|"
        "Country|Pays|country_id|Salesperson|Vendeur",
    ),
)

_QUICKBOOKS = (
    _preset(
        "quickbooks_open_items",
        "open_items",
        {
            "document_ref": "Num|No.",
            "customer_id": "Customer full name|Customer|Name",
            "kind": "Transaction type|Type",
            "document_on": "Date|Transaction date",
            "due_on": "Due date",
            "amount": "Amount",
            "open_amount": "Open balance",
            "terms": "Terms",
            "currency": "Currency",
            "label": "Memo/Description|Memo",
        },
        "document_ref customer_id kind document_on due_on open_amount",
        date_format="%m/%d/%Y",
    ),
    _preset(
        "quickbooks_customers",
        "customers",
        {
            "customer_id": "Customer full name|Customer",
            "name": "Company name|Company|Customer full name|Customer",
            "payment_terms": "Terms",
            "currency": "Currency",
            "contact_name": "Full name",
            "contact_email": "Email|Main email",
            "contact_phone": "Phone numbers|Phone|Main phone",
        },
        "customer_id",
        "Billing address|Bill address|Bill to;Email|Main email|Phone numbers|Phone|Main phone",
    ),
)

# A customer file of any program, where the headers leave no doubt. An invoice list names its
# customers too, and has a column for the document.
_DOCUMENT_HEADERS = frozenset(
    header
    for column in COLUMNS["invoices"]
    if column.name in ("document_ref", "document_on", "due_on")
    for header in column.headers
    if any(word in header for word in ("invoice", "facture", "piece", "document", "date", "due"))
)
_CUSTOMER_FILE = Manner(
    "customers",
    "customers",
    {column.name: column.headers for column in COLUMNS["customers"]},
    ("customer_id", "name"),
    without=_DOCUMENT_HEADERS,
    mark="",  # nobody stated it: a limit that can be read in two ways is set aside
)

PRESETS = (*_XERO, *_IBM, *_SAP, _CUSTOMER_FILE, *_ODOO, *_QUICKBOOKS)
"""Tried in this order; the first whose headers are there reads the file."""

NAMED = {preset.format: preset for preset in reversed(PRESETS)}
"""What a mapping may name as its `preset`."""
