"""Why a customer or an invoice is expected to be paid when it is: the model's reasons in words.

A reason is a group of features, what it moves in days, and the facts of the group. The sentence
says the facts that a reader can check, and then the days.
"""

import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import get_day_names

from dashboards import formats, page, state
from dashboards.language import locale, mark, nt, t
from dashboards.state import Row

Facts = dict[str, Any]

NAMED = {
    "usual_delay": mark("how this customer usually pays"),
    "trend": mark("its latest payments"),
    "overdue": mark("what it has overdue"),
    "open_book": mark("what it has open"),
    "activity": mark("how often it buys and pays"),
    "amount": mark("the amount"),
    "terms": mark("the terms"),
    "calendar": mark("the day on which it falls due"),
    "firm": mark("how all customers pay now"),
    "item": mark("the age of the invoice"),
    "standing": mark("what is said of its invoices"),
}
"""What a reason is about, where no fact of it can be said."""

OF_CUSTOMER = """
select rank, code, effect_days, facts
from predictions.reasons
where item_id is null and entity_id = $of and customer_id = $customer and currency = $currency
order by rank
"""

OF_ITEMS = """
select item_id, rank, code, effect_days, facts
from predictions.reasons
where entity_id = $of and customer_id = $customer and currency = $currency
    and item_id is not null
order by item_id, rank
"""


class Reason(NamedTuple):
    """A reason as a sentence, and by how many days it moves the payment: 0 where it says none."""

    text: str
    days: int


def of_customer(of: str, customer: str, currency: str) -> list[Reason]:
    """Return why a customer pays when it pays, what moves it most first."""
    if not state.has("predictions.reasons"):
        return []
    found = state.rows(OF_CUSTOMER, of=of, customer=customer, currency=currency)
    return [said(row) for row in found]


def of_items(of: str, customer: str, currency: str) -> dict[int, list[Reason]]:
    """Return the reasons of each open item of a customer."""
    if not state.has("predictions.reasons"):
        return {}
    told: dict[int, list[Reason]] = {}
    for row in state.rows(OF_ITEMS, of=of, customer=customer, currency=currency):
        told.setdefault(row["item_id"], []).append(said(row))
    return told


def show(told: list[Reason]) -> None:
    """Show reasons as a list, and what their days, where they say any, are held against."""
    page.bullets([each.text for each in told])
    if any(each.days for each in told):
        page.note(
            t("The days are what each fact adds to, or takes off, what an ordinary customer would "
              "need.")
        )  # fmt: skip


def said(row: Row) -> Reason:
    """Return a reason as a sentence: its facts, and by how many days it moves the payment."""
    text = tell(row["code"], row["effect_days"], json.loads(row["facts"] or "{}"))
    return Reason(text, _days(row["effect_days"]))


def tell(code: str, effect_days: Decimal | None, facts: Facts) -> str:
    """Return the sentence of a reason.

    Args:
        code: A group of `models.timing.features.GROUPS`.
        effect_days: How much later (negative: earlier) it makes the payment; None: not told.
        facts: Values of the group's features by name, in their units; any may be missing.
    """
    what = WORDED[code](facts) if code in WORDED else ""
    what = what or t(NAMED.get(code, code))
    days = _days(effect_days)
    if days == 0:
        return what
    moved = formats.days(abs(days))
    if days > 0:
        return t("{reason}; this adds {days}", reason=what, days=moved)
    return t("{reason}; this takes off {days}", reason=what, days=moved)


def _days(effect: Decimal | None) -> int:
    return round(effect) if effect is not None else 0


def _number(facts: Facts, *names: str) -> float | None:
    """Return the first of these facts that is known; a logarithm as the amount it stands for."""
    for name in names:
        value = facts.get(name)
        if isinstance(value, int | float) and not math.isnan(value):
            return float(value)
        log = facts.get(f"{name}_log")
        if isinstance(log, int | float) and not math.isnan(log):
            return math.expm1(log)
    return None


def _usual_delay(facts: Facts) -> str:
    days = _number(facts, "last_10_median_days", "last_10_delay_days", "delay_mean_days")
    if days is None:
        return ""
    if round(days) > 0:
        return t("usually pays {days} after the due date", days=formats.days(round(days)))
    if round(days) < 0:
        return t("usually pays {days} before the due date", days=formats.days(round(-days)))
    return t("usually pays on the due date")


def _trend(facts: Facts) -> str:
    returned = _number(facts, "returned_count")
    if returned:
        return nt("{n} payment came back within a year", "{n} payments came back within a year",
                  round(returned))  # fmt: skip
    recent = _number(facts, "last_3_delay_days", "recent_delay_days", "last_delay_days")
    usual = _number(facts, "delay_mean_days", "last_10_delay_days")
    if recent is None or usual is None or round(recent - usual) == 0:
        return ""
    if recent > usual:
        return t("pays {days} later lately than before", days=formats.days(round(recent - usual)))
    return t("pays {days} earlier lately than before", days=formats.days(round(usual - recent)))


def _overdue(facts: Facts) -> str:
    count = _number(facts, "overdue_count")
    oldest = _number(facts, "overdue_oldest_days", "overdue_mean_age_days")
    if count is None:
        return ""
    if round(count) == 0:
        return t("nothing else is overdue")
    told = nt("{n} other invoice is overdue", "{n} other invoices are overdue", round(count))
    if oldest is None:
        return told
    return t("{overdue}, the oldest by {days}", overdue=told, days=formats.days(round(oldest)))


def _open_book(facts: Facts) -> str:
    count = _number(facts, "open_count")
    if count is None:
        return ""
    if round(count) == 0:
        return t("no other invoice is open")
    return nt("{n} other invoice is open", "{n} other invoices are open", round(count))


def _activity(facts: Facts) -> str:
    if _number(facts, "closed_count") == 0:
        return t("has not paid an invoice yet")
    since = _number(facts, "days_since_payment")
    if since is not None:
        return t("last paid {days} ago", days=formats.days(round(since)))
    months = round((_number(facts, "tenure_days") or 0) / 30.4)
    return nt("customer for {n} month", "customer for {n} months", months) if months else ""


def _amount(facts: Facts) -> str:
    log = facts.get("amount_ratio_log")
    if not isinstance(log, int | float) or math.isnan(log):
        return ""
    ratio = Decimal(str(round(math.exp(log), 1)))
    if ratio >= Decimal("1.2"):
        return t("{times} times its usual invoice", times=formats.number(ratio, 1))
    if ratio <= Decimal("0.8"):
        return t("smaller than its usual invoice")
    return t("as large as its usual invoice")


def _terms(facts: Facts) -> str:
    if _number(facts, "collected_by_us"):
        return t("we collect it ourselves (direct debit or bill)")
    days = _number(facts, "term_days")
    if days is not None:
        return t("terms of {days}", days=formats.days(round(days)))
    return t("its due date is assumed, not stated") if _number(facts, "due_assumed") else ""


def _calendar(facts: Facts) -> str:
    weekday = _number(facts, "due_weekday")
    if weekday is not None and weekday >= 5:
        name = get_day_names("wide", locale=locale())[int(weekday)]
        return t("falls due on a {weekday}", weekday=name)
    to_end = _number(facts, "due_to_month_end_days")
    if to_end is not None and to_end <= 3:
        return t("falls due at the end of a month")
    day = _number(facts, "due_day_of_month")
    if day is not None:
        return t("falls due on day {day} of the month", day=formats.number(round(day)))
    if weekday is not None:
        name = get_day_names("wide", locale=locale())[int(weekday)]
        return t("falls due on a {weekday}", weekday=name)
    return ""


def _firm(facts: Facts) -> str:
    days = _number(facts, "firm_delay_28_days")
    if days is None:
        return ""
    if round(days) > 0:
        return t("customers as a whole pay {days} late now", days=formats.days(round(days)))
    return t("customers as a whole pay on time now")


def _item(facts: Facts) -> str:
    paid = _number(facts, "paid_share")
    if paid:
        return t(
            "{share} of it is paid already",
            share=formats.percent(100 * Decimal(str(round(paid, 4)))),
        )
    late = _number(facts, "asked_delay_days")
    if late is None:
        return ""
    if round(late) > 0:
        return t("already {days} late", days=formats.days(round(late)))
    if round(late) < 0:
        return t("due in {days}", days=formats.days(round(-late)))
    return t("due today")


def _standing(facts: Facts) -> str:
    if _number(facts, "disputed"):
        return t("it is disputed")
    if broken := _number(facts, "promises_broken_count"):
        return nt("{n} promise was not kept within a year",
                  "{n} promises were not kept within a year", round(broken))  # fmt: skip
    if _number(facts, "promised"):
        return t("its payment is promised")
    if disputed := _number(facts, "disputed_count"):
        return nt("{n} invoice was disputed within a year",
                  "{n} invoices were disputed within a year", round(disputed))  # fmt: skip
    return ""


WORDED: dict[str, Callable[[Facts], str]] = {
    "usual_delay": _usual_delay,
    "trend": _trend,
    "overdue": _overdue,
    "open_book": _open_book,
    "activity": _activity,
    "amount": _amount,
    "terms": _terms,
    "calendar": _calendar,
    "firm": _firm,
    "item": _item,
    "standing": _standing,
}
