"""What the codes of the published tables are called on the screens."""

import re
from collections.abc import Callable

from dashboards import state
from dashboards.language import mark, nt, t
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
    "lettering": mark("Lettering"),
    "allocation": mark("Allocation"),
    "reference": mark("Reference"),
    "fifo": mark("Oldest first"),
}

REASONS = {
    "new_invoices": mark("New invoices"),
    "receipts": mark("Receipts"),
    "credit_notes": mark("Credit notes"),
    "other": mark("Other entries"),
    "withdrawn": mark("Withdrawn from the extracts"),
}

STATUSES = {
    "used": mark("Used"),
    "superseded in part": mark("Superseded in part"),
    "superseded": mark("Superseded"),
    "refused": mark("Refused"),
}

ENTITY_BASES = {
    "settings": mark("by the settings"),
    "name": mark("by the file's name"),
    "only_entity": mark("the only entity"),
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

EXPECTATIONS = {
    "expect_column_values_to_not_be_null": mark("is never empty"),
    "expect_column_values_to_be_unique": mark("is never repeated"),
    "expect_compound_columns_to_be_unique": mark("are never repeated together"),
    "expect_column_values_to_be_in_set": mark("is one of the known values"),
    "expect_column_values_to_match_regex": mark("is written as it should be"),
    "expect_column_values_to_be_between": mark("is within bounds"),
    "expect_column_to_exist": mark("is there"),
    "expect_table_row_count_to_be_between": mark("as many rows as expected"),
}

SEVERITIES = {"blocking": mark("Blocking"), "warning": mark("Warning")}

FORMATS = {
    "fec": mark("FEC"),
    "csv": mark("CSV table"),
    "xlsx": mark("Excel table"),
    "parquet": mark("Parquet table"),
    "camt": mark("Bank statement (camt)"),
    "camt.053": mark("Bank statement (camt.053)"),
    "unknown": mark("Not recognised"),
}

CHECKS = {
    "one_row_per_key": mark("Every table has one row for each of its keys"),
    "entries_balance": mark("Every journal entry balances"),
    "items_equal_the_books": mark("Items add up to the balances of the books"),
    "buckets_equal_open_items_equal_the_ledger": mark(
        "Buckets, open items and receivable accounts are equal, today and over two years"
    ),
    "open_items_of_the_day_equal_the_ledger": mark(
        "What the screens show equals the receivable accounts, for each customer"
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
    "payment_terms_can_be_read": mark("All payment terms can be read"),
    "invoice_lists_find_their_invoices": mark(
        "Lists of invoices find their invoices in the ledger"
    ),
    "kinds_can_be_told": mark("The kind of every item can be told"),
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
    "customers": mark("Customers"),
    "invoices": mark("Invoices"),
    "payments": mark("Payments"),
    "fec": mark("FEC"),
    "fec_lines": mark("FEC"),
    "bank_lines": mark("Bank statements"),
    "items": mark("Documents"),
    "allocations": mark("Allocations"),
}


def reason(text: str) -> str:
    """Return why a line or a file was set aside, in the reader's language where we know it."""
    return text


def entities() -> Callable[[str], str]:
    """Return what names an entity: by the settings, else by its identifier.

    The names are read once, so that it can name many, also in a download.
    """
    known = state.rows(ENTITIES) if state.has("ledger.entities") else []
    names = {row["entity_id"]: row["name"] for row in known}
    return lambda entity_id: names.get(entity_id, entity_id)


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
