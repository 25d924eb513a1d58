"""What a table can be, and which columns each kind of table has.

The names on the left are ours: a mapping in `encaisse.toml` says which header of a file stands for
which of them. The words are what French and English exports call the column; they serve to propose
a mapping, and to know a customer file that nobody described.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple

ColumnType = Literal["text", "id", "money", "date"]


class Column(NamedTuple):
    """A column that a table may have."""

    name: str
    type: ColumnType
    words: str = ""  # what exports call it, beside our own name; separated by commas

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers that say this column, as `plain` writes them; the surest first."""
        return tuple(plain(word) for word in (self.name, *self.words.split(",")) if word)


def plain(header: str) -> str:
    """Return a header without what does not count: case, accents, punctuation, spaces.

    >>> plain(" N° Facture "), plain("Date d’échéance"), plain("customerID"), plain("customer_id")
    ('nfacture', 'datedecheance', 'customerid', 'customerid')
    """
    bare = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", bare.lower())


_TERMS = Column(
    "terms",
    "text",
    "payment terms, conditions de reglement, conditions de paiement, condition de reglement, "
    "delai de reglement, delai de paiement",
)

_DOCUMENT = (
    Column("entity_id", "id", "entity, company code, societe, code societe, etablissement"),
    Column(
        "document_ref",
        "id",
        "invoice number, invoice no, invoice, n facture, no facture, numero facture, "
        "numero de facture, num facture, facture, document number, document no, n piece, "
        "no piece, numero de piece, piece, num, number, numero, reference, ref, invoice id",
    ),
    Column("line_ref", "id", "line number, line no, n ligne, numero de ligne, item"),
    Column(
        "customer_id",
        "id",
        "customer code, customer number, customer no, customer id, client id, code client, "
        "n client, no client, numero client, numero de client, code tiers, tiers, compte client, "
        "compte tiers, compte auxiliaire, account number, customer, client",
    ),
    Column(
        "customer_name",
        "text",
        "client name, name, raison sociale, nom client, nom du client, nom, intitule, "
        "intitule du compte, partner, partenaire, customer, client",
    ),
    Column("customer_country", "text", "country, country code, pays, code pays, pays client"),
    Column(
        "kind",
        "text",
        "type, document type, doc type, transaction type, type de piece, type de document, nature",
    ),
    Column("status", "text", "state, statut, etat"),
    Column(
        "dispute",
        "text",
        "disputed, in dispute, dispute reason, litige, en litige, motif de litige, contestation, "
        "conteste",
    ),
    Column(
        "document_on",
        "date",
        "invoice date, date facture, date de facture, date de facturation, date piece, "
        "date de piece, document date, date document, issue date, date d emission, date emission, "
        "date",
    ),
    Column(
        "booked_on",
        "date",
        "posting date, booking date, date comptable, date d ecriture, date ecriture, "
        "date de comptabilisation",
    ),
    Column(
        "due_on",
        "date",
        "due date, echeance, date echeance, date d echeance, net due date, date limite",
    ),
    _TERMS,
    Column(
        "amount",
        "money",
        "montant ttc, total ttc, mt ttc, ttc, net a payer, gross amount, invoice amount, "
        "amount total, total amount, montant total, total, montant",
    ),
    Column("debit", "money", "montant debit"),
    Column("credit", "money", "montant credit"),
    Column(
        "open_amount",
        "money",
        "amount due, balance due, open amount, open balance, balance, outstanding, "
        "amount outstanding, outstanding amount, remaining amount, remaining balance, "
        "unpaid amount, residual, solde, solde du, solde restant, solde ouvert, solde facture, "
        "solde a payer, solde a regler, solde a recevoir, solde ttc, encours, reste, reste du, "
        "reste a payer, reste a regler, reste a encaisser, reste a recevoir, restant du, "
        "restant a payer, restant a regler, montant du, montant ouvert, montant restant, "
        "montant restant du, montant impaye",
    ),
    Column("currency", "text", "currency code, devise, code devise, monnaie"),
    Column("label", "text", "description, libelle, memo, memo description, designation, objet"),
    Column(
        "updated_on",
        "date",
        "updated date, updated at, last updated on, last modified, date de modification, "
        "modifie le, derniere modification",
    ),
)

_SETTLEMENT = (
    Column(
        "paid_amount",
        "money",
        "amount paid, montant regle, montant paye, deja regle, deja paye, regle, paye, encaisse",
    ),
    Column("credited_amount", "money", "amount credited, montant avoir, avoirs"),
    Column(
        "settled_on",
        "date",
        "paid on, payment date, paid date, settled date, clear date, clearing date, "
        "fully paid on date, date de reglement, date reglement, date de paiement, date paiement, "
        "date d encaissement, date encaissement, regle le, paye le",
    ),
)

_EXTRACTED = Column(
    "extracted_on",
    "date",
    "extraction date, extract date, extracted at, report date, snapshot date, as of, as of date, "
    "date d extraction, date extraction, date d arrete, date arrete, arrete au, date de situation, "
    "date situation, situation au",
)

_INVOICE_REF = Column(
    "invoice_ref",
    "id",
    "invoice number, invoice no, invoice, facture, n facture, numero de facture, facture reglee",
)

_CUSTOMER = (
    Column("entity_id", "id", "entity, company code, societe, code societe"),
    Column(
        "customer_id",
        "id",
        "customer code, customer number, customer no, client id, code client, n client, "
        "no client, numero client, numero de client, code tiers, compte client, compte tiers, "
        "compte auxiliaire",
    ),
    Column(
        "name",
        "text",
        "customer name, client name, company name, raison sociale, nom client, nom du client, "
        "nom, intitule, denomination, denomination sociale",
    ),
    Column(
        "parent_id",
        "id",
        "parent, code groupe, groupe, maison mere, code maison mere, client parent",
    ),
    Column("siren", "id", "n siren, numero siren, no siren"),
    Column(
        "vat_number",
        "id",
        "vat, vat no, tva, n tva, no tva, numero tva, numero de tva, tva intracommunautaire, "
        "n tva intracommunautaire, numero de tva intracommunautaire, tva intracom",
    ),
    Column("country", "text", "country code, pays, code pays"),
    Column("language", "text", "langue"),
    Column("segment", "text", "category, customer category, categorie, categorie client, famille"),
    Column("currency", "text", "currency code, devise, code devise, monnaie"),
    Column("payment_terms", "text", _TERMS.words.replace("payment terms", "terms")),
    Column(
        "payment_method",
        "text",
        "mode de reglement, mode de paiement, moyen de paiement, moyen de reglement",
    ),
    Column(
        "credit_limit",
        "money",
        "plafond, plafond de credit, limite de credit, encours autorise, encours maximum, "
        "encours max",
    ),
    Column(
        "insured_amount",
        "money",
        "montant garanti, montant assure, garantie, encours garanti, agrement assurance",
    ),
    Column("collector", "text", "charge de recouvrement, charge de relance, gestionnaire"),
    Column("contact_name", "text", "contact, interlocuteur, nom du contact, nom contact"),
    Column(
        "contact_email",
        "text",
        "email, e mail, mail, courriel, adresse email, adresse e mail, email contact",
    ),
    Column("contact_phone", "text", "phone, phone number, telephone, tel, n telephone"),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "invoices": (*_DOCUMENT, *_SETTLEMENT),
    "open_items": (*_DOCUMENT, *_SETTLEMENT, _EXTRACTED),
    "credit_notes": (*_DOCUMENT, _INVOICE_REF),
    "payments": (*_DOCUMENT, _INVOICE_REF),
    "allocations": (
        Column("entity_id", "id", "entity, company code, societe, code societe"),
        Column("customer_id", "id", _DOCUMENT[3].words),
        _INVOICE_REF,
        Column(
            "credit_ref",
            "id",
            "payment number, payment, receipt, receipt number, reglement, n reglement, "
            "numero de reglement, credit note, avoir, n avoir",
        ),
        Column("kind", "text", "type, credit type, nature"),
        Column("amount", "money", "allocated amount, amount applied, montant, montant affecte"),
        Column("allocated_on", "date", "allocation date, date, date de lettrage, date affectation"),
    ),
    "customers": _CUSTOMER,
}
"""Columns of each kind of table, in the order in which a reader would look for them."""

NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "invoices": (
        ("document_ref",),
        ("customer_id",),
        ("document_on", "booked_on"),
        ("amount", "debit", "credit"),
    ),
    "open_items": (
        ("document_ref",),
        ("customer_id",),
        ("document_on", "booked_on"),
        ("amount", "open_amount", "debit", "credit"),
    ),
    "credit_notes": (
        ("document_ref",),
        ("customer_id",),
        ("document_on", "booked_on"),
        ("amount", "debit", "credit"),
    ),
    "payments": (
        ("customer_id",),
        ("booked_on", "document_on"),
        ("amount", "debit", "credit"),
    ),
    "allocations": (
        ("customer_id",),
        ("invoice_ref",),
        ("credit_ref",),
        ("amount",),
        ("allocated_on",),
    ),
    "customers": (("customer_id",),),
}
"""What each kind cannot do without: of each group, at least one column."""

_ITEMS = (*_DOCUMENT, *_SETTLEMENT, _EXTRACTED, _INVOICE_REF)


def parsed_columns(kind: str) -> tuple[Column, ...]:
    """Return the columns of a parsed record: all tables that give items have the same."""
    return COLUMNS[kind] if kind in ("customers", "allocations") else _ITEMS


def lacking(kind: str, names: Iterable[str]) -> list[str]:
    """Return what these columns lack to be a table of this kind, in words.

    >>> lacking("payments", ["customer_id", "amount"])
    ['booked_on or document_on']
    """
    present = set(names)
    return [" or ".join(group) for group in NEEDED[kind] if present.isdisjoint(group)]


DATE_PARTS = {
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%m": "[0-9]{1,2}",
    "%d": "[0-9]{1,2}",
}


def date_pattern(date_format: str) -> str:
    """Return the expression that a date in this format fits, and no other text.

    Args:
        date_format: %d, %m and %Y (or %y) once each, and what stands between them.

    Raises:
        ValueError: The format lacks a part, or has something else.

    >>> date_pattern("%d/%m/%Y"), date_pattern("%Y%m%d")
    ('[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}', '[0-9]{4}[0-9]{2}[0-9]{2}')
    """
    tokens = re.findall(r"%.|[^%]+", date_format)
    parts = [token[1].lower() for token in tokens if token in DATE_PARTS]
    if sorted(parts) != ["d", "m", "y"] or any(
        token.startswith("%") and token not in DATE_PARTS for token in tokens
    ):
        raise ValueError("a date format has %d, %m and %Y once each, for example %d/%m/%Y")
    text = "".join(DATE_PARTS.get(token) or re.escape(token) for token in tokens)
    if len(tokens) == len(parts):  # digits without anything between them: each has its place
        return text.replace("{1,2}", "{2}")
    return text
