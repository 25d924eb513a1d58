"""The monthly measures against an oracle: the same rules in fractions, item by item, day by day.

Hypothesis invents small books of two customers over six months. The oracle reads the ledger (its
tables have an oracle of their own) and asks every question anew for each scope and month end:
nothing is added up before it is needed, and nothing is shared with the code under test.
"""

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.books import Fec
from tests.pipelines.monthly import measured

DAY_0 = date(2024, 1, 1)
DAY = timedelta(days=1)
SEGMENTS = {"A": "large", "B": "small", "C": "small"}


@st.composite
def books(draw):
    """Invoices, what pays or credits them, payments that come back, and a day to look at it."""
    fec = Fec()
    if draw(st.booleans()):
        fec.opening(str(DAY_0), ("A", cents(draw(st.integers(1, 50)))))
    for number in range(draw(st.integers(1, 7))):
        customer = draw(st.sampled_from("AABC"))
        day = draw(st.integers(0, 150))
        owed = draw(st.integers(1, 40))
        code = f"{customer}{number}"
        more = {"lettering": code, "document_ref": f"F{number}"}
        book(fec, day, customer, owed, "701000", **more)
        story = draw(
            st.sampled_from(["open", "paid", "paid", "part", "loose", "credited", "returned"])
        )
        later = max(0, day + draw(st.integers(-20, 80)))
        if story == "part":
            owed = draw(st.integers(1, owed))
        if story in ("paid", "part", "returned"):
            book(fec, later, customer, -owed, "512000", **more)
        if story == "loose":
            book(fec, later, customer, -owed, "512000")
        if story == "credited":
            book(fec, later, customer, -owed, "701000", **more)
        if story == "returned":
            again = f"R{number}" if draw(st.booleans()) else None
            book(fec, later + 5, customer, owed, "512000", label="rejet", lettering=again)
            if again:
                book(fec, later + 40, customer, -owed, "512000", lettering=again)
    return fec, DAY_0 + timedelta(days=draw(st.integers(80, 200)))


def cents(amount: int) -> Decimal:
    return Decimal(amount) / 100


def book(fec, day, customer, amount, other, **fields):
    lines = (("411000", customer, cents(amount), fields), (other, None, cents(-amount)))
    fec.entry(str(DAY_0 + timedelta(days=day)), *lines)


@dataclass
class Paid:
    """One amount of a document that one payment settled."""

    customer: str
    amount: Decimal
    settled_on: date
    days_to_pay: int | None
    days_late: int | None


class Oracle:
    """The ledger, and every question of the measures asked of it in the slowest way."""

    def __init__(self, con):
        rows = con.sql(
            "select item_id, customer_id, kind, booked_on, document_on, due_on, amount "
            "from ledger.items"
        ).fetchall()
        self.items = {row[0]: row for row in rows}
        self.begun_on = min((row[3] for row in rows), default=DAY_0).replace(day=1)
        self.first_on = min((row[3] for row in rows), default=DAY_0)
        self.returned = {
            r for (r,) in con.sql("select payment_item_id from ledger.returns").fetchall()
        }
        self.reopened = defaultdict(list)
        for returned, invoice, amount in con.sql(
            "from ledger.reopenings order by returned_item_id, reopened_item_id"
        ).fetchall():
            self.reopened[returned] += [invoice] * int(amount * 100)
        self.matches = con.sql(
            "select debit_item_id, credit_item_id, amount, matched_on from ledger.matches "
            "order by matched_on, match_id"
        ).fetchall()
        self.payments = list(self._payments())
        self.con = con

    def _payments(self):
        """Cent by cent, so that a payment made good finds the invoice of each cent."""
        taken = defaultdict(int)
        for debit, credit, amount, matched_on in self.matches:
            carriers = self.reopened.get(debit)
            for _ in range(int(amount * 100)):
                document = debit
                if carriers:
                    if taken[debit] >= len(carriers):
                        continue
                    document = carriers[taken[debit]]
                    taken[debit] += 1
                _, _, payment_kind, paid_on, *_ = self.items[credit]
                if payment_kind != "payment" or credit in self.returned:
                    continue
                _, customer, kind, booked_on, document_on, due_on, _ = self.items[document]
                has_date = kind == "invoice" or (kind == "opening" and document_on < booked_on)
                yield Paid(
                    customer,
                    Decimal("0.01"),
                    matched_on,
                    (paid_on - document_on).days if has_date else None,
                    (paid_on - due_on).days if due_on else None,
                )

    def owed(self, customers, day):
        return sum(i[6] for i in self.items.values() if i[1] in customers and i[3] <= day)

    def owed_before(self, customers, first_day):
        if first_day == self.begun_on:
            return sum(
                i[6]
                for i in self.items.values()
                if i[1] in customers and i[2] == "opening" and i[3] == self.first_on
            )
        return self.owed(customers, first_day - timedelta(days=1))

    def sold(self, customers, first_day, last_day):
        return sum(
            i[6]
            for i in self.items.values()
            if i[1] in customers
            and i[2] in ("invoice", "credit_note")
            and first_day <= i[3] <= last_day
        )

    def overdue(self, customers, day):
        """(amount, days late) of each open debit that is late."""
        return [
            (amount, days)
            for customer, amount, days in self.con.execute(
                "select customer_id, open_amount, days_late from receivables.open_items(?) "
                "where days_late > 0 and side = 'debit'",
                [day],
            ).fetchall()
            if customer in customers
        ]

    def open_debits(self, customers, day):
        return sum(
            amount
            for customer, amount in self.con.execute(
                "select customer_id, open_amount from receivables.open_items(?) "
                "where side = 'debit'",
                [day],
            ).fetchall()
            if customer in customers
        )

    def countback(self, left, customers, day):
        """Days of sales in `left`, and whether it is more than that."""
        days, month = Fraction(0), day.replace(day=1)
        while left > 0 and month >= self.begun_on:
            end = min(day, month.replace(day=calendar.monthrange(month.year, month.month)[1]))
            length, sold = (end - month).days + 1, Fraction(self.sold(customers, month, end))
            if sold > left:
                return days + length * left / sold, False
            days += length
            left -= max(sold, 0)
            month = (month - timedelta(days=1)).replace(day=1)
        return days, left > 0

    def measures(self, customers, day, first_day):
        """Return (value, is lower bound) by measure; value None where it is undefined."""
        owed = Fraction(self.owed(customers, day))
        late = self.overdue(customers, day)
        overdue = Fraction(sum(amount for amount, _ in late))
        sold = Fraction(self.sold(customers, first_day, day))
        paid = [p for p in self.payments if p.customer in customers]
        paid = [p for p in paid if first_day <= p.settled_on <= day]
        found = dict.fromkeys(("dso_simple", "cei_percent", "turnover"), (None, False))
        if first_day >= self.begun_on:
            days = (day - first_day).days + 1
            before = Fraction(self.owed_before(customers, first_day))
            found["dso_simple"] = over(owed * days, sold)
            found["cei_percent"] = over(
                100 * (before + sold - owed), before + sold - (owed - overdue)
            )
        dso, dso_is_bound = self.countback(owed, customers, day)
        best, best_is_bound = self.countback(owed - overdue, customers, day)
        found["dso_countback"] = (dso, dso_is_bound)
        found["dso_best_possible"] = (best, best_is_bound)
        found["add_days"] = (None, False) if best_is_bound else (dso - best, dso_is_bound)
        beyond = [(p.amount, p.days_late) for p in paid if p.days_late is not None]
        found["days_beyond_terms_paid"] = weighted(beyond)
        found["days_beyond_terms_open"] = weighted(beyond + late)
        found["days_to_pay"] = weighted(
            [(p.amount, p.days_to_pay) for p in paid if p.days_to_pay is not None]
        )
        found["overdue_percent"] = over(100 * overdue, Fraction(self.open_debits(customers, day)))
        return found


def over(numerator, denominator):
    return (None, False) if denominator <= 0 else (Fraction(numerator) / denominator, False)


def weighted(delays):
    return over(sum(amount * days for amount, days in delays), Fraction(sum(a for a, _ in delays)))


def three_months_to(day):
    """First of the three months that end on a day."""
    year, month = divmod(day.year * 12 + day.month - 1 - 3, 12)
    length = calendar.monthrange(year, month + 1)[1]
    is_month_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if is_month_end else min(day.day, length)) + DAY


def of_scope(scope, segment, customer):
    if scope == "customer":
        return {customer}
    return {c for c, s in SEGMENTS.items() if scope in ("entity", "firm") or s == segment}


@settings(max_examples=30, deadline=None)
@given(books())
def test_the_tables_give_what_fractions_give(story):
    fec, as_of = story
    firms = [{"customer_id": c, "segment": s} for c, s in SEGMENTS.items()]
    con = measured(fec, customers=firms, as_of=str(as_of))
    oracle = Oracle(con)
    found = defaultdict(dict)
    for *key, measure, value, is_lower_bound in con.sql(
        "select scope, segment, customer_id, month_end, measure, value, is_lower_bound "
        "from measures.monthly "
        "where measure not in ('concentration_percent', 'lawful_terms_percent')"
    ).fetchall():
        found[tuple(key)][measure] = (value, is_lower_bound)
    for (scope, segment, customer, day), got in found.items():
        wanted = oracle.measures(of_scope(scope, segment, customer), day, three_months_to(day))
        assert got.keys() == wanted.keys()
        for measure, (value, is_lower_bound) in wanted.items():
            told = f"{scope} {segment or customer} {day} {measure}"
            got_value, got_bound = got[measure]
            assert (got_value is None) == (value is None), told
            assert got_bound == is_lower_bound, told
            if value is not None:
                assert abs(Fraction(got_value) - value) <= Fraction(1, 2_000_000), told
    check_identities(con, found)


def check_identities(con, found):
    for measures in found.values():
        add, dso, best = (
            measures[name][0] for name in ("add_days", "dso_countback", "dso_best_possible")
        )
        if add is not None:
            assert abs(add - (dso - best)) <= Decimal("0.000002")
    [(floats,)] = con.sql(
        "select count(*) from information_schema.columns "
        "where table_schema = 'measures' and data_type in ('DOUBLE', 'FLOAT')"
    ).fetchall()
    assert floats == 0
    gaps = con.sql(
        """
        select month_end
        from measures.inputs
        full join (
            select customer_id, month_end, sum(amount) as balance,
                coalesce(sum(amount) filter (is_overdue), 0) as late
            from receivables.month_ends group by all
        ) using (customer_id, month_end)
        where coalesce(receivable, 0) <> coalesce(balance, 0)
            or coalesce(overdue, 0) <> coalesce(late, 0)
        """
    ).fetchall()
    assert gaps == []
