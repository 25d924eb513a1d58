"""The card of the model in words: what it learnt from, what it looks at and how right it was."""

import re
from datetime import date
from decimal import Decimal

from dashboards import formats, sayings, score_words, words
from dashboards.language import mark, t
from dashboards.state import Row

NAMES = {
    "in use": mark("In use"),
    "learnt": mark("Learnt"),
    "method": mark("Method"),
    "knows up to": mark("Knows up to"),
    "trained because": mark("Why it learnt anew"),
    "trained again": mark("When it learns again"),
    "recipe": mark("Recipe"),
    "sha256": "SHA-256",
    "documents": mark("Documents"),
    "settled_documents": mark("Settled documents"),
    "customers": mark("Customers"),
    "slices": mark("Payments and open parts"),
    "first_issued_on": mark("First document of"),
    "last_issued_on": mark("Last document of"),
    "questions_of_new_documents": mark("Documents asked about on their day of issue"),
    "questions_of_open_documents": mark("Open documents asked about, week by week"),
}

FEATURES = {
    "closed_count": mark("Documents the customer has paid"),
    "delay_mean_days": mark("Its mean delay over all payments"),
    "delay_sd_days": mark("How much its delays vary (standard deviation)"),
    "days_to_pay_mean_days": mark("Its mean days from issue to payment"),
    "late_rate": mark("Share of its payments that came late"),
    "late_7_rate": mark("Share of its payments more than 7 days late"),
    "late_30_rate": mark("Share of its payments more than 30 days late"),
    "late_amount_share": mark("Share of the amount it paid late"),
    "recent_delay_days": mark("Its mean delay, the latest payments counting most"),
    "recent_late_rate": mark("Share late, the latest payments counting most"),
    "recent_late_7_rate": mark("Share more than 7 days late, the latest payments counting most"),
    "recent_late_30_rate": mark("Share more than 30 days late, the latest payments counting most"),
    "recent_weight": mark("How many of its payments are recent"),
    "last_delay_days": mark("Delay of its last payment"),
    "last_3_delay_days": mark("Mean delay of its last 3 payments"),
    "last_10_delay_days": mark("Mean delay of its last 10 payments"),
    "last_10_median_days": mark("Median delay of its last 10 payments"),
    "last_10_max_days": mark("Longest delay of its last 10 payments"),
    "last_10_min_days": mark("Shortest delay of its last 10 payments"),
    "last_10_late_rate": mark("Share of its last 10 payments that came late"),
    "days_since_payment": mark("Days since its last payment"),
    "returned_count": mark("Its payments that came back within a year"),
    "open_count": mark("Its other open documents"),
    "open_amount_log": mark("Amount of its other open documents"),
    "overdue_count": mark("Its other documents overdue"),
    "overdue_amount_log": mark("Amount of its other documents overdue"),
    "overdue_share": mark("Share of what it has open that is overdue"),
    "overdue_mean_age_days": mark("Mean age of what it has overdue"),
    "overdue_oldest_days": mark("Age of the oldest it has overdue"),
    "issued_count": mark("Documents issued to it so far"),
    "tenure_days": mark("Days since its first document"),
    "issue_gap_days": mark("Days between its last 10 documents"),
    "amount_log": mark("Amount of the document"),
    "amount_ratio_log": mark("Amount against its usual documents"),
    "batch_count": mark("Its documents issued the same day"),
    "due_assumed": mark("The due date is assumed"),
    "collected_by_us": mark("We collect it: direct debit or bill of exchange"),
    "due_rest_days": mark("Days from the due date to the next working day"),
    "firm_late_rate_28": mark("Share late of the payments of all customers over 28 days"),
    "firm_delay_28_days": mark("Mean delay of the payments of all customers over 28 days"),
    "paid_share": mark("Share of the document that is settled"),
    "unpaid_90_share": mark("Share still open of what it had due over 90 days"),
    "group_delay_days": mark("Recent delay of the other companies of its group"),
    "group_overdue_share": mark("Share overdue of what the rest of its group has open"),
    "country_delay_days": mark("Recent delay of the other customers of its country"),
    "disputed": mark("The document is disputed"),
    "promised": mark("Its payment was promised"),
    "disputed_count": mark("Its documents disputed within a year"),
    "promises_broken_count": mark("Promises it did not keep within a year"),
    "term_days": mark("Days from issue to the due date"),
    "issue_weekday": mark("Weekday of issue"),
    "due_weekday": mark("Weekday of the due date"),
    "due_day_of_month": mark("Day of the month of the due date"),
    "due_to_month_end_days": mark("Days from the due date to the end of its month"),
    "asked_delay_days": mark("Days since the due date; below zero while not due"),
}

SCORE = re.compile(r"(-?[\d.]+)(?: \((-?[\d.]+) to (-?[\d.]+)\))?")
DIGITS = 3


def row(found: Row) -> Row:
    """Return a line of the card with its name and its value in the reader's words."""
    section, name, value = found["section"], found["name"], found["value"]
    if section == "features":
        known = name in FEATURES
        return {
            "section": section,
            "name": t(FEATURES[name]) if known else name,
            "value": name if known else value,
        }
    if section == "scores":
        return {"section": section, "name": _of_score(name), "value": _score(value)}
    return {
        "section": section,
        "name": t(NAMES[name]) if name in NAMES else name,
        "value": value if section == "versions" else _value(name, value),
    }


def _of_score(name: str) -> str:
    """Return what a score is of: `mix, open: auc`."""
    parts = re.fullmatch(r"(\w+), ([\w-]+): (\w+)", name)
    if parts is None:
        return name
    return t(
        "{method}, {horizon}: {metric}",
        method=words.word(score_words.MODELS, parts[1]),
        horizon=score_words.horizon(parts[2]),
        metric=score_words.metric(parts[3]),
    )


def _score(value: str) -> str:
    found = SCORE.fullmatch(value)
    if found is None:
        return sayings.say(value)
    figure, *ends = (formats.number(Decimal(each), DIGITS) for each in found.groups() if each)
    if not ends:
        return figure
    return t("{figure} ({low} to {high})", figure=figure, low=ends[0], high=ends[1])


def _value(name: str, value: str) -> str:
    if name == "in use":
        return words.yes_or_no(value == "yes")
    if name == "method":
        return words.word(score_words.MODELS, value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return formats.day(date.fromisoformat(value))
    if re.fullmatch(r"\d+", value) and name != "recipe":
        return formats.number(int(value))
    return sayings.say(value)
