"""Every feature again, from the documents and their slices, one question at a time and slowly."""

import math
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple

from models.timing.features import NAMES


class Twin:
    def __init__(self, con):
        self.documents = {
            row["document_id"]: row for row in rows_of(con, "from features.documents")
        }
        self.customers = {
            row["customer_code"]: row for row in rows_of(con, "from features.customers")
        }
        self.slices = rows_of(con, "from features.slices")
        self.origins = {row["item_id"]: row for row in rows_of(con, "from features.origins")}
        self.spans = rows_of(con, "from ledger.standing_spans")
        self.rest = dict(con.sql("select day, rest_days from features.calendar").fetchall())
        for one in self.slices:
            one["document"] = document = self.documents[one["document_id"]]
            one["share"] = float(one["amount"]) / float(document["amount"])
            one["delay"] = min(365, max(-120, (one["exit_on"] - document["due_on"]).days))
            one["undone_on"] = one["returned_on"] and max(one["returned_on"], one["known_on"])

    def answer(self, document_id, asked_on, is_new, issued_on, due_on):
        del issued_on
        document = self.documents[document_id]
        s = asked_on
        known = [one for one in self.slices if one["known_on"] < s]
        standing = [one for one in known if not (one["undone_on"] and one["undone_on"] < s)]
        customer = document["customer_code"]
        found = dict.fromkeys(NAMES, math.nan)
        found["due_rest_days"] = self.rest.get(due_on, math.nan)
        found["due_assumed"] = float(document["due_basis"] in ("default", "missing"))
        collected = self.customers[customer]["is_collected"]
        found["collected_by_us"] = math.nan if collected is None else collected
        paid = [one for one in standing if one["exit"] == "paid"]
        own = [one for one in paid if one["customer_code"] == customer]
        payments = [
            one for one in known if one["exit"] == "paid" and one["customer_code"] == customer
        ]
        found |= usual(own, paid, payments, s) | last_ones(payments, s) | last_month(known, paid, s)
        question = Question(document, s, is_new, due_on)
        found |= self.balances(question, standing)
        found |= self.issues(document, customer, s)
        found |= self.beside(customer, paid, standing, s)
        found |= self.said(document, customer, s)
        return found

    def beside(self, customer, paid, standing, s):
        """How the others of its group pay and stand, and how the others of its country pay."""
        found = {}
        for circle in ("group", "country"):
            code = self.customers[customer][f"{circle}_code"]
            others = {
                other
                for other, row in self.customers.items()
                if code is not None and row[f"{circle}_code"] == code and other != customer
            }
            theirs = [one for one in paid if one["customer_code"] in others]
            if theirs:
                weights = [recent(one, s) for one in theirs]
                found[f"{circle}_delay_days"] = mean([one["delay"] for one in theirs], weights)
            if circle == "group":
                book = [
                    (row["due_on"], self.balance(item, s, standing) / float(row["amount"]))
                    for item, row in self.documents.items()
                    if row["customer_code"] in others and row["booked_on"] < s
                ]
                whole = sum(part for _, part in book)
                if whole > 1e-6:
                    late = sum(part for due, part in book if due < s - timedelta(days=1))
                    found["group_overdue_share"] = late / whole
        return found

    def said(self, document, customer, s):
        """What the extracts said of the document by then, and of its customer's in a year."""
        year_ago = s - timedelta(days=365)
        found = dict.fromkeys(
            ("disputed", "promised", "disputed_count", "promises_broken_count"), 0.0
        )
        for span in self.spans:
            item = span["item_id"]
            stands = span["said_on"] < s <= (span["until_on"] or s)
            if item == document["document_id"] and stands and span["standing"] in found:
                found[span["standing"]] = 1.0
            if self.documents[item]["customer_code"] != customer:
                continue
            if span["standing"] == "disputed":
                found["disputed_count"] += year_ago <= span["said_on"] < s
            elif span["standing"] == "promised":
                by = span["said_on"] + timedelta(days=30)
                settled = sum(
                    one["amount"]
                    for one in self.slices
                    if one["document_id"] == item
                    and one["known_on"] <= by
                    and not (one["undone_on"] and one["undone_on"] <= by)
                )
                is_open = self.documents[item]["amount"] > settled
                found["promises_broken_count"] += is_open and year_ago <= by < s
        return found

    def balance(self, document_id, s, standing):
        return float(self.documents[document_id]["amount"]) - float(
            sum(o["amount"] for o in standing if o["document_id"] == document_id)
        )

    def balances(self, question, standing):
        document, s, is_new, due_on = question
        customer = document["customer_code"]
        found = {}
        own_settled = 0.0
        if not is_new:
            for one in standing:
                origin = self.origins[one["document_id"]]
                is_its = origin["document_id"] == document["document_id"]
                if is_its and one["exit"] != "moved" and (origin["known_on"] or date.min) < s:
                    own_settled += float(one["amount"])
        amount = float(document["amount"])
        found["paid_share"] = own_settled / amount
        book = []
        for other in self.documents.values():
            if other["customer_code"] == customer and other["booked_on"] < s:
                left = self.balance(other["document_id"], s, standing)
                book.append((other, left, left / float(other["amount"])))
        overdue = [entry for entry in book if entry[0]["due_on"] < s - timedelta(days=1)]
        own_open = 0.0 if is_new else amount - own_settled
        own_overdue = own_open if due_on < s - timedelta(days=1) else 0.0
        open_amount = sum(left for _, left, _ in book) - own_open
        overdue_amount = sum(left for _, left, _ in overdue) - own_overdue
        found["open_count"] = max(0, sum(part for *_, part in book) - own_open / amount)
        found["open_amount_log"] = math.log1p(max(0, open_amount))
        overdue_count = sum(part for *_, part in overdue) - own_overdue / amount
        found["overdue_count"] = max(0, overdue_count)
        found["overdue_amount_log"] = math.log1p(max(0, overdue_amount))
        if open_amount > 0.005:
            found["overdue_share"] = min(1, max(0, overdue_amount) / open_amount)
        if overdue_amount > 0.005 and overdue_count > 1e-6:
            ages = sum(part * ((s - other["due_on"]).days - 1) for other, _, part in overdue)
            own_age = own_overdue / amount * ((s - due_on).days - 1)
            found["overdue_mean_age_days"] = (ages - own_age) / overdue_count
        since = [self.overdue_since(other, s) for other, left, _ in overdue if left > 0.005]
        if since:
            found["overdue_oldest_days"] = (s - min(since)).days
        fell_due = [
            entry
            for entry in book
            if max(entry[0]["booked_on"], entry[0]["due_on"] + timedelta(days=1))
            < s
            <= max(entry[0]["booked_on"], entry[0]["due_on"] + timedelta(days=91))
            and entry[0]["kind"] != "adjustment"
        ]
        total = sum(float(other["amount"]) for other, *_ in fell_due)
        if total > 0:
            young = sum(left for other, left, _ in overdue if (s - other["due_on"]).days <= 91)
            found["unpaid_90_share"] = min(1, max(0, young / total))
        return found

    def overdue_since(self, document, s):
        """The first day since when it has stood open and overdue without a break."""
        day = max(document["booked_on"], document["due_on"] + timedelta(days=1))
        parts = [o for o in self.slices if o["document_id"] == document["document_id"]]
        changes = sorted(
            {o["known_on"] for o in parts} | {o["undone_on"] for o in parts if o["undone_on"]}
        )
        since = day
        for change in (one for one in changes if one < s):
            settled = sum(
                o["amount"]
                for o in parts
                if o["known_on"] <= change and not (o["undone_on"] and o["undone_on"] <= change)
            )
            if settled >= document["amount"]:
                since = None
            elif since is None:
                since = max(change, day)
        return since

    def issues(self, document, customer, s):
        found = {}
        earlier = sorted(
            (o["booked_on"], o["amount"])
            for o in self.documents.values()
            if o["customer_code"] == customer and o["is_asked_new"] and o["booked_on"] < s
        )
        found["issued_count"] = len(earlier)
        if earlier:
            first = min(
                o["booked_on"]
                for o in self.documents.values()
                if o["customer_code"] == customer and o["is_asked_new"]
            )
            found["tenure_days"] = (s - first).days
            mean_amount = float(sum(amount for _, amount in earlier)) / len(earlier)
            found["amount_ratio_log"] = math.log(float(document["amount"]) / mean_amount)
        if len(earlier) > 1:
            last = [day for day, _ in earlier[-10:]]
            found["issue_gap_days"] = (last[-1] - last[0]).days / (len(last) - 1)
        found["amount_log"] = math.log1p(float(document["amount"]))
        found["batch_count"] = sum(
            1
            for o in self.documents.values()
            if o["customer_code"] == customer
            and o["booked_on"] == document["booked_on"]
            and o["kind"] == document["kind"]
        )
        return found


class Question(NamedTuple):
    document: dict
    asked_on: date
    is_new: bool
    due_on: date


THRESHOLDS = ((0, ""), (7, "_7"), (30, "_30"))


def recent(one, s):
    """The weight of a payment, halved every 90 days since it was known."""
    return one["share"] * 2 ** (-(s - one["known_on"]).days / 90)


def usual(own, paid, payments, s):
    """How the customer pays, from what stands paid, and the firm where it is asked for help."""
    weights = [one["share"] for one in own]
    latest = [recent(one, s) for one in own]
    found = {"closed_count": sum(weights), "recent_weight": sum(latest)}
    if paid:
        for days, name in THRESHOLDS:
            rate = mean([one["delay"] > days for one in paid], [one["share"] for one in paid])
            late = sum(w for o, w in zip(own, weights, strict=True) if o["delay"] > days)
            found[f"late{name}_rate"] = (late + 2 * rate) / (sum(weights) + 2)
    if not own:
        return found
    delays = [one["delay"] for one in own]
    found["delay_mean_days"] = mean(delays, weights)
    found["days_to_pay_mean_days"] = mean(
        [(one["exit_on"] - one["document"]["issued_on"]).days for one in own], weights
    )
    late_amount = sum(one["amount"] for one in own if one["delay"] > 0)
    found["late_amount_share"] = float(late_amount / sum(one["amount"] for one in own))
    found["recent_delay_days"] = mean(delays, latest)
    for days, name in THRESHOLDS:
        found[f"recent_late{name}_rate"] = mean([delay > days for delay in delays], latest)
    if len(payments) >= 2:
        squares = mean([delay**2 for delay in delays], weights)
        found["delay_sd_days"] = math.sqrt(max(0, squares - found["delay_mean_days"] ** 2))
    return found


def last_ones(payments, s):
    """The customer's last payments, in the order in which they became known."""
    year_ago = s - timedelta(days=365)
    returned = [one for one in payments if one["undone_on"]]
    found = {"returned_count": sum(year_ago <= one["undone_on"] < s for one in returned)}
    if payments:
        ordered = sorted(payments, key=lambda o: (o["known_on"], o["exit_on"], o["delay"]))
        last = [one["delay"] for one in ordered[-10:]]
        found["last_delay_days"] = last[-1]
        found["last_3_delay_days"] = sum(last[-3:]) / len(last[-3:])
        found["last_10_delay_days"] = sum(last) / len(last)
        found["last_10_median_days"] = median(last)
        found["last_10_max_days"], found["last_10_min_days"] = max(last), min(last)
        found["last_10_late_rate"] = sum(delay > 0 for delay in last) / len(last)
        found["days_since_payment"] = (s - max(one["exit_on"] for one in payments)).days
    return found


def last_month(known, paid, s):
    """How all customers paid in the four weeks before; what came back in them counts against."""
    since = s - timedelta(days=28)
    signed = [(one, one["share"]) for one in paid if one["known_on"] >= since]
    signed += [
        (one, -one["share"])
        for one in known
        if one["exit"] == "paid"
        and one["undone_on"]
        and one["known_on"] < since <= one["undone_on"] < s
    ]
    weight = sum(share for _, share in signed)
    if weight <= 0:
        return {}
    clipped = [(min(120, max(-60, one["delay"])), share) for one, share in signed]
    return {
        "firm_late_rate_28": sum(share for delay, share in clipped if delay > 0) / weight,
        "firm_delay_28_days": sum(delay * share for delay, share in clipped) / weight,
    }


def mean(values, weights):
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def rows_of(con, query):
    relation = con.sql(query)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
