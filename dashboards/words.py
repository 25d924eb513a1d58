"""What the codes of the published tables are called on the screens."""

import re
from collections.abc import Callable

from babel import Locale

from dashboards import state
from dashboards.language import locale, mark, nt, t
from models.errors import EncaisseError
from models.terms import parse_terms

KINDS = {
    "invoice": mark("Invoice"),
    "credit_note": mark("Credit note"),
    "payment": mark("Payment"),
    "refund": mark("Refund"),
    "returned_payment": mark("Returned payment"),
    "discount": mark("Discount"),
    "bad_debt": mark("Bad debt"),
    "adjustment": mark("Adjustment"),
    "opening": mark("Opening balance"),
    "settlement": mark("Paid or credited"),
    "reopening": mark("Reopened"),
    "unknown": mark("Kind not told"),
}

DUE_BASES = {
    "stated": mark("stated in the extract"),
    "terms": mark("customer's terms"),
    "default": mark("entity's default terms"),
    "original": mark("that of the original document"),
    "missing": mark("none"),
}

METHODS = {
    "list": mark("Gone from the list"),
    "lettering": mark("Lettering"),
    "allocation": mark("Allocation"),
    "reference": mark("Reference"),
    "sum": mark("Sum of invoices"),
    "fifo": mark("Oldest first"),
    "return": mark("Returned payment"),
}

REASONS = {
    "new_invoices": mark("New invoices"),
    "receipts": mark("Receipts"),
    "credit_notes": mark("Credit notes"),
    "settlements": mark("Paid or credited, by the lists"),
    "other": mark("Other entries"),
    "withdrawn": mark("Withdrawn from the extracts"),
}

STATUSES = {
    "used": mark("Used"),
    "superseded in part": mark("Superseded in part"),
    "superseded": mark("Superseded"),
    "remembered": mark("Remembered"),
    "refused": mark("Refused"),
}

LIST_BASES = {
    "stated": mark("a column of the list"),
    "named": mark("the file's name"),
    "newest": mark("the newest date in it"),
}

ENTITY_BASES = {
    "settings": mark("by the settings"),
    "name": mark("by the file's name"),
    "content": mark("by what the file says"),
    "only_entity": mark("the only entity"),
    "accounts": mark("by the accounts it uses"),
    "documents": mark("by the ledger that has its documents"),
    "default": mark("by default"),
}

PAYMENT_METHODS = {
    "transfer": mark("Transfer"),
    "direct_debit": mark("Direct debit"),
    "cheque": mark("Cheque"),
    "card": mark("Card"),
    "bill": mark("Bill of exchange"),
    "cash": mark("Cash"),
}

CONVENTIONS = {
    "encaisse": mark("Ours"),
    "erpnext": "ERPNext",
    "oca_aged": mark("OCA, aged partner balance"),
    "oca_statement": mark("OCA, partner statement"),
}

CONVENTION_RULES = {
    "erpnext": mark(
        "What is due today is 0–30 days late. Without a due date, the booking date counts. "
        "ERPNext shows what is not due in no bucket; here it stays in a column of its own, so that "
        "the buckets add up."
    ),
    "oca_aged": mark("What has no due date is not due. Otherwise as ours."),
    "oca_statement": mark(
        "A day that equals a bound is in the later bucket: of the buckets 1–30 and 31–60, 30 days "
        "late is in the second. Without a due date, the booking date counts."
    ),
}

RISK_CLASSES = {
    "low": mark("Low"),
    "watch": mark("Watch"),
    "high": mark("High"),
    "critical": mark("Critical"),
}

TRENDS = {"better": mark("Better"), "stable": mark("Stable"), "worse": mark("Worse")}

ACTIONS = {
    "remind_before_due": mark("Remind before it is due"),
    "call": mark("Call"),
    "settle_dispute": mark("Settle the dispute"),
    "escalate": mark("Escalate"),
}

SET_APART = {
    "disputed": mark("In dispute"),
    "credited": mark("Covered by credits"),
    "promised": mark("Promised"),
    "doubtful": mark("Doubtful"),
}

APART = {
    "disputed": mark("{amount} in dispute"),
    "promised": mark("{amount} promised"),
    "unapplied": mark("{amount} received and matched to nothing yet"),
    "doubtful": mark("{amount} on a doubtful account"),
}

EXCEPTIONALS = {
    "already_received": mark("Already paid by receipts that nothing uses yet"),
    "collected_by_us": mark("Direct debits and bills that we collect"),
    "disputed": mark("In dispute"),
    "doubtful": mark("Doubtful: nothing is expected"),
}

CAUSES = {
    "timing": mark("Paid earlier or later than said"),
    "amount": mark("Another amount than said"),
    "new_sales": mark("Invoices that were not issued yet"),
    "not_paid": mark("Expected and not paid"),
    "other": mark("Other"),
}

ORIGINS = {
    "published": mark("Published that day"),
    "replayed": mark("Worked out anew as of that day"),
}

SOURCES = {
    "open_book": mark("Invoices already issued"),
    "new_invoices": mark("Invoices still to come"),
}

SEVERITIES = {"blocking": mark("Blocking"), "warning": mark("Warning")}

FORMATS = {
    "fec": mark("FEC"),
    "camt.053": mark("Bank statement"),
    "customers": mark("Customer file"),
    "invoices": mark("Invoices"),
    "credit_notes": mark("Credit notes"),
    "payments": mark("Payments"),
    "allocations": mark("Allocations"),
    "open_items": mark("Open items"),
    "xml": "XML",
    "old_excel": "Excel",
    "empty": mark("Empty"),
    "unknown": mark("Not recognised"),
}

PROGRAMS = {
    "ibm": "IBM",
    "odoo": "Odoo",
    "quickbooks": "QuickBooks",
    "sap": "SAP",
    "xero": "Xero",
}

COLUMNS = {
    "account": mark("Account"),
    "amount": mark("Amount"),
    "auxiliary": mark("Number"),
    "auxiliary_label": mark("Customer"),
    "bank_account": mark("Bank account"),
    "booked_on": mark("Booked on"),
    "contact_email": mark("Email"),
    "country": mark("Country"),
    "credit_limit": mark("Credit limit"),
    "currency": mark("Currency"),
    "customer_id": mark("Number"),
    "customer_name": mark("Customer"),
    "document_on": mark("Dated"),
    "document_ref": mark("Document"),
    "due_on": mark("Due"),
    "entity_id": mark("Entity"),
    "entry_on": mark("Booked on"),
    "extracted_on": mark("Day of the extract"),
    "insured_amount": mark("Insured amount"),
    "item_key": mark("Document"),
    "kind": mark("Kind"),
    "lettered_on": mark("Lettered on"),
    "name": mark("Customer"),
    "payment_terms": mark("Payment terms"),
    "siren": mark("SIREN"),
    "stated_due_on": mark("Due"),
    "terms": mark("Payment terms"),
    "value_on": mark("Value date"),
    "vat_number": mark("VAT number"),
}

CHECKS = {
    "one_row_per_key": mark("Every table has one row for each of its keys"),
    "entries_balance": mark("Every journal entry balances"),
    "items_equal_the_books": mark("Items add up to the balances of the books"),
    "buckets_equal_open_items_equal_the_ledger": mark(
        "Buckets, open items and receivable accounts are equal, today and over two years"
    ),
    "days_of_the_history_equal_the_ledger": mark(
        "The balances of every day equal the month ends and the receivable accounts"
    ),
    "open_items_of_the_day_equal_the_ledger": mark(
        "What the screens show equals the receivable accounts, for each customer"
    ),
    "restatements_are_the_difference_of_the_views": mark(
        "What changed about past month ends is the difference of the two views"
    ),
    "past_views_equal_the_ledger_as_known_then": mark(
        "Past month ends, as known then, equal what was booked and known"
    ),
    "records_are_accounted_for": mark("Lines in = loaded + set aside, for every extract"),
    "no_money_is_a_float": mark("Every amount is exact to the cent"),
    "matches_settle_no_more_than_there_is": mark("No match settles more than there is"),
    "files_are_used": mark("No extract was refused"),
    "records_are_used": mark("No line was set aside"),
    "openings_repeat_the_year_before": mark(
        "Every year opens with what the year before closed with"
    ),
    "exports_of_one_period_agree": mark("Extracts of the same days agree with each other"),
    "extracts_keep_a_name_of_their_own": mark("Each extract keeps a name of its own"),
    "later_exports_know_more": mark("Of two extracts of the same days, the later one knows more"),
    "allocations_find_their_items": mark("What is allocated is found in the tables"),
    "tables_say_whose_they_are": mark("Every table of documents says whose it is"),
    "documents_have_one_customer": mark("No document stands under two customers"),
    "lines_are_debit_or_credit": mark("Every ledger line is a debit or a credit"),
    "accounts_are_of_the_chart": mark("Every account is of the chart"),
    "entries_are_not_dated_ahead": mark("No customer's entry is dated far ahead"),
    "payment_terms_can_be_read": mark("All payment terms can be read"),
    "invoice_lists_find_their_invoices": mark(
        "Lists of invoices find their invoices in the ledger"
    ),
    "kinds_can_be_told": mark("The kind of every item can be told"),
    "open_items_equal_the_lists": mark("Open items add up to each list of open items"),
    "lists_say_their_day": mark("Every list of open items says its day"),
    "lists_are_whole": mark("Every list of open items is whole"),
    "lists_stand_alone": mark("Lists of open items stand alone"),
    "fec_lines_keep_their_contract": mark("Contract of the ledger lines"),
    "items_keep_their_contract": mark("Contract of the tables of documents"),
    "customers_keep_their_contract": mark("Contract of the customer files"),
    "bank_lines_keep_their_contract": mark("Contract of the bank statements"),
}

ENTITIES = """
select entity_id, coalesce(name, entity_id) as name from ledger.entities
"""


def word(words: dict[str, str], code: str | None) -> str:
    """Return what a code is called; a code nobody has named yet, in words that can be read."""
    if code is None:
        return ""
    if code in words:
        return t(words[code])
    return code.replace("_", " ").capitalize()


SUITES = {
    "fec_lines": mark("FEC"),
    "items": mark("Documents"),
    "customers": mark("Customers"),
    "bank_lines": mark("Bank statements"),
}


def file_format(code: str) -> str:
    """Return what a format is called: `camt.053`, `customers`, `xero_invoices`."""
    program, _, kind = code.partition("_")
    return PROGRAMS[program] if program in PROGRAMS and kind else word(FORMATS, code)


def columns(names: str) -> str:
    """Return what columns of an extract are called; their own names where they have no other."""
    return ", ".join(t(COLUMNS[name]) if name in COLUMNS else name for name in names.split(", "))


def entities() -> Callable[[str], str]:
    """Return what names an entity: by the settings, else by its identifier; `*` is all of them.

    The names are read once, so that it can name many, also in a download.
    """
    known = state.rows(ENTITIES) if state.has("ledger.entities") else []
    names = {"*": t("All entities"), **{row["entity_id"]: row["name"] for row in known}}
    return lambda entity_id: names.get(entity_id, entity_id)


def country(code: str) -> str:
    """Return the name of a country; what is no code of one, as it stands in the extract."""
    return Locale.parse(locale()).territories.get(code.upper(), code)


def terms(text: str) -> str:
    """Return payment terms in the reader's words; as they stand in the extract if unread."""
    try:
        agreed = parse_terms(text)
    except EncaisseError:
        return text
    days = nt("{n} day", "{n} days", agreed.days)
    if agreed.end_of_month == "before":
        told = t("end of month + {days}", days=days)
    elif agreed.end_of_month == "after":
        told = t("{days}, end of month", days=days) if agreed.days else t("end of month")
    else:
        told = t("{days} net", days=days) if agreed.days else t("on receipt")
    if agreed.day_of_month is None:
        return told
    return t("{terms}, on day {day}", terms=told, day=agreed.day_of_month)


def yes_or_no(value: bool) -> str:
    """Return a yes or a no."""
    return t("Yes") if value else t("No")


def holds(passed: bool) -> str:
    """Return whether a rule holds."""
    return t("Holds") if passed else t("Broken")


def bucket(code: str) -> str:
    """Return the name of a bucket: `not_due`, `31-60`, `over_120`, `no_due_date`, `unapplied`."""
    if code == "not_due":
        return t("Not due")
    if code == "no_due_date":
        return t("No due date")
    if code == "unapplied":
        return t("Unapplied")
    if over := re.fullmatch(r"over_(\d+)", code):
        return t("Over {days}", days=over[1])
    return code.replace("-", "\N{EN DASH}")


def bucket_of_days(code: str) -> str:
    """Return the name of a bucket with its unit, for use away from the others."""
    if re.fullmatch(r"\d+-\d+|over_\d+", code):
        return t("{bucket} days", bucket=bucket(code))
    return bucket(code)
