"""What is known of a document on the day it is asked about: the features, in order.

One list serves the SQL that computes them, the model that learns from them and the sentences that
explain it. Every value is as of the asked day s: only events dated before s count. NaN is "not
known" (no history, nothing overdue ...), never zero.

Features that follow from the document's own days alone (terms, weekdays, month end, age) are
`OF_THE_DAYS` and are made by the model; features in `KNOWN` come from the tables.
"""

from typing import NamedTuple


class Feature(NamedTuple):
    """One thing known on the asked day.

    Attributes:
        name: The column's name, unit last.
        unit: "days", "share" (0 to 1), "count", "log" (natural logarithm of an amount of money in
            the ledger's own currency, plus one), "flag" (0 or 1).
        group: Which reason it belongs to, one of `GROUPS`.
        meaning: What it is, exactly enough to compute it.
    """

    name: str
    unit: str
    group: str
    meaning: str


GROUPS = (
    "usual_delay",  # how late this customer usually pays, and the customer's own curve
    "trend",  # recent payments against the usual
    "overdue",  # what the customer has overdue now
    "open_book",  # what the customer has open now
    "activity",  # how long known, how often invoiced, days since the last payment
    "amount",  # the document's amount, and against the customer's usual
    "terms",  # the terms, and how the document is paid
    "calendar",  # weekdays, day of the month, month end
    "firm",  # how all customers pay at the moment
    "item",  # the document's own age and what of it is already paid
    "standing",  # what is said of it, disputed or promised, and of the customer's others
)

# Payments of the customer of which the day is before s (and known before s): one row per payment
# of a document, delay d = paid_on - due_on in days, negative early. "Share" of late payments
# counts payments; shrunken rates add 2 payments at the firm's own rate of the same day. Slices of
# one document count for their share of it.
KNOWN: tuple[Feature, ...] = (
    Feature("closed_count", "count", "activity", "documents paid before s, parts by share"),
    Feature("delay_mean_days", "days", "usual_delay", "mean delay of all payments"),
    Feature("delay_sd_days", "days", "usual_delay", "standard deviation; NaN below two payments"),
    Feature("days_to_pay_mean_days", "days", "usual_delay", "mean days from issue to payment"),
    Feature("late_rate", "share", "usual_delay", "shrunken share of payments with d > 0"),
    Feature("late_7_rate", "share", "usual_delay", "shrunken share of payments with d > 7"),
    Feature("late_30_rate", "share", "usual_delay", "shrunken share of payments with d > 30"),
    Feature("late_amount_share", "share", "usual_delay", "share of the paid amount with d > 0"),
    Feature("recent_delay_days", "days", "trend", "mean delay, a payment's weight halved per 90 d"),
    Feature("recent_late_rate", "share", "trend", "same weights: share with d > 0"),
    Feature("recent_late_7_rate", "share", "trend", "same weights: share with d > 7"),
    Feature("recent_late_30_rate", "share", "trend", "same weights: share with d > 30"),
    Feature("recent_weight", "count", "trend", "sum of those weights, as of s"),
    Feature("last_delay_days", "days", "trend", "delay of the last payment"),
    Feature("last_3_delay_days", "days", "trend", "mean delay of the last 3 payments"),
    Feature("last_10_delay_days", "days", "usual_delay", "mean delay of the last 10 payments"),
    Feature("last_10_median_days", "days", "usual_delay", "median delay of the last 10 payments"),
    Feature("last_10_max_days", "days", "usual_delay", "longest delay of the last 10 payments"),
    Feature("last_10_min_days", "days", "usual_delay", "shortest delay of the last 10 payments"),
    Feature("last_10_late_rate", "share", "usual_delay", "share of the last 10 with d > 0"),
    Feature("days_since_payment", "days", "activity", "s minus the day of the last payment"),
    Feature("returned_count", "count", "trend", "payments returned in the 365 days before s"),
    Feature("open_count", "count", "open_book", "open documents (this one not counted)"),
    Feature("open_amount_log", "log", "open_book", "their open amount"),
    Feature("overdue_count", "count", "overdue", "of these, due before s - 1 (not this one)"),
    Feature("overdue_amount_log", "log", "overdue", "their open amount"),
    Feature("overdue_share", "share", "overdue", "overdue amount over open amount; NaN: none open"),
    Feature("overdue_mean_age_days", "days", "overdue", "mean of s - 1 - due_on over the overdue"),
    Feature(
        "overdue_oldest_days",
        "days",
        "overdue",
        "days since the oldest overdue fell due, this one too",
    ),
    Feature("issued_count", "count", "activity", "documents issued to the customer before s"),
    Feature("tenure_days", "days", "activity", "s minus the first document's day"),
    Feature("issue_gap_days", "days", "activity", "mean days between its last 10 documents"),
    Feature("amount_log", "log", "amount", "the document's whole amount"),
    Feature("amount_ratio_log", "log", "amount", "ln(amount / mean amount issued before s)"),
    Feature("batch_count", "count", "amount", "documents of the customer issued the same day"),
    Feature("due_assumed", "flag", "terms", "1 where due_basis is default or missing"),
    Feature("collected_by_us", "flag", "terms", "1 for direct debits and bills of exchange"),
    Feature("due_rest_days", "days", "calendar", "days from due_on to the next working day"),
    Feature(
        "firm_late_rate_28", "share", "firm", "all customers' payments of 28 d before s: d > 0"
    ),
    Feature("firm_delay_28_days", "days", "firm", "their mean delay, each clipped to -60..120"),
    Feature("paid_share", "share", "item", "share of the document settled before s"),
    Feature(
        "unpaid_90_share", "share", "overdue", "open share of what fell due in the 90 d before s"
    ),
    Feature(
        "group_delay_days", "days", "trend", "recent_delay_days of the group's other companies"
    ),
    Feature(
        "group_overdue_share", "share", "overdue", "of the group's other open documents, overdue"
    ),
    Feature(
        "country_delay_days",
        "days",
        "firm",
        "recent_delay_days of the country's other customers; NaN where it stands for the segment",
    ),
    Feature("disputed", "flag", "standing", "1 where the last extract before s calls it disputed"),
    Feature("promised", "flag", "standing", "1 where it calls it promised"),
    Feature(
        "disputed_count", "count", "standing", "disputes of the customer's in the 365 d before s"
    ),
    Feature(
        "promises_broken_count",
        "count",
        "standing",
        "documents open 30 d after they were called promised, in the 365 d before s",
    ),
)

# Made by the model from the document's own days, for each bin of delay it looks at.
OF_THE_DAYS: tuple[Feature, ...] = (
    Feature("term_days", "days", "terms", "due_on - issued_on"),
    Feature("issue_weekday", "count", "calendar", "weekday of issue, Monday 0"),
    Feature("due_weekday", "count", "calendar", "weekday of the due day, Monday 0"),
    Feature("due_day_of_month", "count", "calendar", "day of the month of the due day"),
    Feature(
        "due_to_month_end_days", "days", "calendar", "days from the due day to its month's end"
    ),
    Feature("asked_delay_days", "days", "item", "s - due_on: negative while not due"),
)

NAMES: tuple[str, ...] = tuple(feature.name for feature in KNOWN)
