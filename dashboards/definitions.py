"""What each measure is called, in which unit it is read, and exactly how it is worked out."""

from dataclasses import dataclass
from typing import Literal

from dashboards.language import mark


@dataclass(frozen=True)
class Definition:
    """A measure as a reader meets it. `better` says which way is good news."""

    name: str
    unit: Literal["days", "percent", "times"]
    method: str
    scope: str
    better: Literal["lower", "higher", "neither"]


GROSS = mark(
    "Amounts are gross of VAT on both sides, in the currency shown; invoices in dispute are in."
)
PAID_ONLY = mark(
    "Each amount by which a payment settled an invoice in the three months up to the day counts, "
    "weighted by that amount; early payments count as negative days."
)

DEFINITIONS: dict[str, Definition] = {
    "dso_countback": Definition(
        mark("DSO, count-back"),
        "days",
        mark(
            "Walk back from the latest month: a month whose sales are all still owed counts for "
            "all of its days, the month in which the receivable runs out for the share of it that "
            "is owed. When the receivable is larger than all known sales, the figure reads “more "
            "than”; it is never extrapolated."
        ),
        GROSS,
        "lower",
    ),
    "dso_simple": Definition(
        mark("DSO, simple"),
        "days",
        mark(
            "The receivable at the end of the month, divided by the sales of the three months up "
            "to it, times their days. A strong last month makes old debt look young: read it "
            "beside the count-back."
        ),
        GROSS,
        "lower",
    ),
    "dso_best_possible": Definition(
        mark("Best possible DSO"),
        "days",
        mark(
            "The count-back DSO of what is not overdue: the DSO there would be if everybody paid "
            "on the due date."
        ),
        GROSS,
        "neither",
    ),
    "add_days": Definition(
        mark("Average days delinquent (ADD)"),
        "days",
        mark("DSO less best possible DSO, by the same method: the days that lateness costs."),
        GROSS,
        "lower",
    ),
    "cei_percent": Definition(
        mark("Collection effectiveness index (CEI)"),
        "percent",
        mark(
            "What was collected in three months, over what was collected or is overdue: (opening "
            "receivable + sales - closing receivable) / (opening receivable + sales - closing "
            "receivable not due) × 100. 100 means that nothing is overdue."
        ),
        GROSS,
        "higher",
    ),
    "overdue_percent": Definition(
        mark("Share overdue"),
        "percent",
        mark("What is past its due date, over everything that is open at the end of the month."),
        mark(
            "Credits matched to nothing are in neither. What is due that very day is not overdue."
        ),
        "lower",
    ),
    "days_beyond_terms_paid": Definition(
        mark("Days beyond terms, paid"),
        "days",
        mark(
            "Days from the due date to the payment, of what was paid in three months. What nobody "
            "has paid is not in: the figure looks best just when the worst payers have not paid."
        ),
        PAID_ONLY,
        "lower",
    ),
    "days_beyond_terms_open": Definition(
        mark("Days beyond terms, with open items"),
        "days",
        mark(
            "The same, with what is still open and overdue at its age on the last day of the "
            "month: what stays unpaid can no longer hide."
        ),
        PAID_ONLY,
        "lower",
    ),
    "days_to_pay": Definition(
        mark("Days to pay"),
        "days",
        mark("Days from the invoice to its payment, of what was paid in three months."),
        PAID_ONLY,
        "lower",
    ),
    "turnover": Definition(
        mark("Receivables turnover"),
        "times",
        mark(
            "Sales of the last twelve months over the average receivable of the thirteen month "
            "ends around them; 365 divided by it is a DSO on the average receivable."
        ),
        GROSS,
        "higher",
    ),
    "concentration_percent": Definition(
        mark("Concentration"),
        "percent",
        mark("Share of the receivable that the ten largest debtors owe, groups counted as one."),
        mark("Customers in credit count neither above nor below the line."),
        "neither",
    ),
    "lawful_terms_percent": Definition(
        mark("Invoices on lawful terms"),
        "percent",
        mark(
            "Share, by amount, of the invoices of three months whose due date is within the legal "
            "maximum: in France 60 days from the invoice, or 45 days end of month (Code de "
            "commerce, L441-10)."
        ),
        mark("Invoices without a due date are not in."),
        "higher",
    ),
}

NOTES = (
    mark("no sales in the period"),
    mark("the receivable is larger than all the sales known"),
    mark("the best possible DSO is itself a lower bound"),
    mark("nothing was paid in the period"),
    mark("nothing was paid in the period and nothing is overdue"),
    mark("there was nothing to collect in the period"),
    mark("nothing is owed"),
    mark("no legal maximum is known for this country and date"),
    mark("later than the day on which the legal maximum was last verified"),
    mark("nothing was invoiced in the period"),
    mark("what the ten largest debtors owe"),
    mark("the books do not reach back to the start of the period"),
    mark("too large a figure to mean anything"),
)
"""Why a measure has no figure, or what limits it: the sentences that `measures.monthly` says."""
