"""Lawful terms: which due dates lie beyond the longest that the law allows."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from models.law_tables import LAWFUL_MAXIMA, LawfulMaximum
from models.measure import Measure, ratio
from models.terms import PaymentTerms, due_on, end_of_month

NO_RULE_KNOWN = "no legal maximum is known for this country and date"
NOT_VERIFIED = "later than the day on which the legal maximum was last verified"
NOTHING_INVOICED = "nothing was invoiced in the period"


class LawfulCheck(NamedTuple):
    """Whether a due date is within the legal maximum.

    Attributes:
        is_lawful: None when no rule is known for the document's date and country.
        latest_due_on: The latest lawful due date; None with `is_lawful`.
        warning: What to show beside the answer: there is no rule, or nobody has looked since the
            document was made whether it still holds. None when all is well.
    """

    is_lawful: bool | None
    latest_due_on: date | None
    warning: str | None


def check_due_date(
    document_on: date,
    stated_due_on: date,
    *,
    terms: PaymentTerms | None = None,
    country: str = "FR",
) -> LawfulCheck:
    """Tell whether an invoice falls due within the longest terms that the law allows.

    In France: 60 days from the date of the invoice; or 45 days end of month, by either reading,
    for terms that are counted to the end of a month. Without `terms` the due date itself tells:
    it is the last day of a month, or 45 days after the end of the invoice's month.

    Args:
        document_on: The date of the invoice.
        stated_due_on: Its due date.
        terms: The terms agreed, where they are known.
        country: Whose law, ISO 3166 alpha-2; that of the entity that sells.

    Source:
        Code de commerce, L441-10 I; the rows of `models.law_tables`.

    >>> check_due_date(date(2024, 1, 15), date(2024, 3, 15)).is_lawful   # 60 days
    True
    >>> check_due_date(date(2024, 1, 15), date(2024, 3, 20)).is_lawful   # 65 days
    False
    >>> check_due_date(date(2026, 1, 15), date(2026, 3, 31)).latest_due_on   # 45, end of month
    datetime.date(2026, 3, 31)
    """
    rules = [
        row
        for row in LAWFUL_MAXIMA
        if row.country == country and row.valid_from <= document_on <= (row.valid_to or document_on)
    ]
    if not rules:
        return LawfulCheck(None, None, NO_RULE_KNOWN)
    latest = max(
        limit for row in rules for limit in _limits(row, document_on, stated_due_on, terms)
    )
    verified = max(row.verified_on for row in rules)
    warning = NOT_VERIFIED if document_on > verified else None
    return LawfulCheck(stated_due_on <= latest, latest, warning)


def lawful_terms_percent(
    invoiced: Decimal, above: Decimal, *, warning: str | None = None
) -> Measure:
    """Return the share of a period's invoices, by amount, that fall due within the legal maximum.

    What is missing to 100 is the share on terms above the maximum.

    Args:
        invoiced: Invoices of the period for which `check_due_date` has an answer, gross of VAT.
        above: Those of them that it finds not lawful.
        warning: The warning that `check_due_date` gives for the latest of them.

    Returns:
        Percent. Undefined when nothing was invoiced.

    >>> lawful_terms_percent(Decimal(2000), above=Decimal(300)).value
    Decimal('85')
    """
    share = ratio(100 * (invoiced - above), invoiced, undefined=NOTHING_INVOICED)
    return share if share.value is None else share._replace(note=warning)


def _limits(
    row: LawfulMaximum, document_on: date, stated_due_on: date, terms: PaymentTerms | None
) -> list[date]:
    if row.counted == "invoice":
        return [document_on + timedelta(days=row.days)]
    days_first = due_on(PaymentTerms(row.days, "after"), document_on)
    month_first = due_on(PaymentTerms(row.days, "before"), document_on)
    if terms is not None:
        of_rule = {"none": [], "after": [days_first], "before": [month_first]}
        return of_rule[terms.end_of_month]
    if stated_due_on == end_of_month(stated_due_on):
        return [days_first]
    return [month_first] if stated_due_on == month_first else []
