"""The contracts, source by source."""

from pipelines.contracts.clauses import (
    Contract,
    given,
    given_beside,
    not_after,
    not_negative,
    one_of,
    plausible_day,
    shaped,
    tested,
    unique,
)
from pipelines.contracts.identifiers import are_terms, is_bank_account, is_siren, is_vat_number

CURRENCY = "^[A-Z]{3}$"
COUNTRY = "^[A-Z]{2}$"
ADDRESS = r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"
ADDRESSES = rf"^{ADDRESS}(?:\s*[,;]\s*{ADDRESS})*$"

KINDS = (
    "invoice",
    "credit_note",
    "payment",
    "refund",
    "returned_payment",
    "discount",
    "bad_debt",
    "adjustment",
    "opening",
)
"""Every kind of item that can be told; `unknown` is not one."""

MOSTLY = 0.95
"""The share of rows that keep to a habit which has its exceptions."""

A_CURRENCY = "A currency is three capital letters, as in ISO 4217."

CONTRACTS = (
    Contract(
        "fec_lines",
        "select *, case when has_auxiliary then customer_id end as auxiliary "
        "from staging.receivable_lines",
        ("staging.receivable_lines",),
        "entry_on",
        (
            shaped("account", r"^\d{3}", "An account begins with three digits of the chart."),
            given("auxiliary", "Every line on a customers' account names its customer."),
            given_beside(
                "auxiliary_label", "auxiliary", "Every customer has a name beside its number."
            ),
            one_of("kind", KINDS, "The other accounts of an entry tell what kind of item it is."),
            given(
                "document_ref",
                "A line refers to its document, in at least 95 % of cases.",
                mostly=MOSTLY,
            ),
            plausible_day("entry_on", "The booking date", severity="critical"),
            plausible_day("document_on", "The date of a document"),
            plausible_day("stated_due_on", "A due date"),
            plausible_day("lettered_on", "The date of a lettering"),
            given_beside("lettered_on", "lettering", "Every lettering has its date."),
            not_after(
                "document_on",
                "entry_on",
                "A document is not booked before its own date, in at least 95 % of cases.",
                mostly=MOSTLY,
            ),
            not_after(
                "document_on", "stated_due_on", "A document does not fall due before its own date."
            ),
            shaped("currency", CURRENCY, A_CURRENCY),
        ),
    ),
    Contract(
        "items",
        "select items.* replace (coalesce(items.customer_name, named.name) as customer_name) "
        "from raw.items as items left join (select customer_id, max(name) as name "
        "from raw.customers group by all) as named on named.customer_id = items.customer_id",
        ("raw.items", "raw.customers"),
        "booked_on",
        (
            given("item_key", "Every row names its document.", severity="critical"),
            unique(
                ("entity_id", "item_key", "extracted_on"),
                "No document is twice in one file.",
                severity="critical",
            ),
            given("customer_id", "Every row names its customer.", severity="critical"),
            given("customer_name", "Every customer has a name, in the row or in a customer file."),
            one_of(
                "kind",
                (*KINDS, "unknown"),
                "A row is of a kind that the ledger knows.",
                severity="critical",
            ),
            given("amount", "Every row has an amount.", severity="critical"),
            plausible_day("booked_on", "The booking date", severity="critical"),
            plausible_day("document_on", "The date of a document"),
            plausible_day("due_on", "A due date"),
            not_after(
                "document_on",
                "booked_on",
                "A document is not booked before its own date, in at least 95 % of cases.",
                mostly=MOSTLY,
            ),
            not_after("document_on", "due_on", "A document does not fall due before its own date."),
            tested("terms", are_terms, "Payment terms have a meaning."),
            shaped("currency", CURRENCY, A_CURRENCY, severity="critical"),
        ),
    ),
    Contract(
        "customers",
        "select customers.*, files.latest_on from raw.customers as customers "
        "join intake.files as files on files.source_sha256 = customers.source_sha256",
        ("raw.customers", "intake.files"),
        "latest_on",
        (
            given("customer_id", "Every row has the number of its customer.", severity="critical"),
            unique(("entity_id", "customer_id"), "No customer is twice in one file."),
            given("name", "Every customer has a name."),
            tested(
                "siren", is_siren, "A SIREN has nine digits, the last of which checks the others."
            ),
            tested(
                "vat_number",
                is_vat_number,
                "A VAT number has the shape and the check digits of its country.",
            ),
            shaped("country", COUNTRY, "A country is two capital letters, as in ISO 3166."),
            shaped("currency", CURRENCY, A_CURRENCY),
            given("payment_terms", "Every customer has payment terms."),
            tested("payment_terms", are_terms, "Payment terms have a meaning."),
            not_negative("credit_limit", "A credit limit is not negative."),
            not_negative("insured_amount", "An insured amount is not negative."),
            shaped("contact_email", ADDRESSES, "An e-mail address has the shape of one."),
        ),
    ),
    Contract(
        "bank_lines",
        "select * from raw.bank_lines",
        ("raw.bank_lines",),
        "booked_on",
        (
            given(
                "bank_account",
                "Every line says which of our accounts it is of.",
                severity="critical",
            ),
            tested(
                "bank_account",
                is_bank_account,
                "An IBAN has the length and the check digits of its country.",
            ),
            given("booked_on", "Every line has a booking date.", severity="critical"),
            plausible_day("booked_on", "The booking date", severity="critical"),
            plausible_day("value_on", "A value date"),
            given("amount", "Every line has an amount.", severity="critical"),
            shaped("currency", CURRENCY, A_CURRENCY, severity="critical"),
        ),
    ),
)
