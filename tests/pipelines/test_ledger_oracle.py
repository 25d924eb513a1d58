"""The ledger tables against an oracle: the same rules, one cent at a time.

Hypothesis invents small books, with payments before their invoice, overpayments, partial
letterings, credit notes, returned payments and two currencies. The oracle lays every item out in
single cents and follows each of them; the SQL must give what it gives, to the cent, on any day.
"""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.books import Fec, build

DAY_0 = date(2024, 1, 1)
TERMS = timedelta(days=30)


@dataclass
class Drawn:
    """One line on 411, as Hypothesis drew it."""

    kind: str
    customer: str
    currency: str
    day: int
    cents: int  # positive
    code: str | None
    item_id: int = 0
    returns: "Drawn | None" = None

    @property
    def booked_on(self) -> date:
        return DAY_0 + timedelta(days=self.day)

    @property
    def is_debit(self) -> bool:
        return self.kind in ("invoice", "returned_payment")


items = st.builds(
    Drawn,
    kind=st.sampled_from(["invoice", "invoice", "payment", "payment", "credit_note"]),
    customer=st.sampled_from(["A", "B"]),
    currency=st.sampled_from(["EUR", "EUR", "USD"]),
    day=st.integers(0, 120),
    cents=st.integers(1, 12),
    code=st.sampled_from([None, "AA", "AB", "ac"]),
)


@st.composite
def stories(draw):
    """Invoices and the payment lettered with them, which may come back and be made good again."""
    customer, currency = draw(st.sampled_from(["A", "B"])), draw(st.sampled_from(["EUR", "USD"]))
    code = draw(st.sampled_from(["BA", "BB", "bc", None]))
    invoices = draw(
        st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), min_size=1, max_size=3)
    )
    paid_day = draw(st.integers(20, 90))
    paid = sum(cents for _, cents in invoices) + draw(st.sampled_from([0, 0, -1, 2]))
    lines = [Drawn("invoice", customer, currency, day, cents, code) for day, cents in invoices]
    if paid <= 0:
        return lines
    lines.append(Drawn("payment", customer, currency, paid_day, paid, code))
    if draw(st.booleans()):
        back_day = paid_day + draw(st.integers(0, 20))
        again = draw(st.sampled_from([None, "BD"]))
        lines.append(Drawn("returned_payment", customer, currency, back_day, paid, again))
        if again:
            cents = draw(st.integers(1, paid))
            lines.append(Drawn("payment", customer, currency, back_day + 9, cents, again))
    return lines


@st.composite
def books(draw):
    """Lines of a ledger: loose ones and stories."""
    lines = draw(st.lists(items, max_size=5))
    for story in draw(st.lists(stories(), max_size=2)):
        lines += story
    for line in lines:  # a code is of one currency: mixed groups have tests of their own
        if line.code and line.currency == "USD":
            line.code += "$"
    return lines


def fec_of(lines) -> Fec:
    fec = Fec()
    for number, line in enumerate(lines):
        amount = Decimal(line.cents if line.is_debit else -line.cents) / 100
        fields = {
            "document_ref": f"D{number}",
            "label": "rejet prelevement" if line.kind == "returned_payment" else f"line {number}",
            "lettering": line.code,
        }
        if line.currency == "USD":
            fields |= {"currency": "USD", "currency_amount": abs(amount)}
        other = "701000" if line.kind in ("invoice", "credit_note") else "512000"
        fec.entry(
            str(line.booked_on), ("411000", line.customer, amount, fields), (other, None, -amount)
        )
    return fec


@dataclass
class Cents:
    """One item, cent by cent: who carries each cent, and from which day it is settled."""

    line: Drawn
    carriers: list[int] = field(default_factory=list)
    settled_on: list[date | None] = field(default_factory=list)


def open_by_hand(lines, as_of: date) -> dict[int, Decimal]:
    """Open amount by item, in the slowest way there is."""
    pairs = lettered_pairs(lines)
    paid_for = link_returns(lines)
    pairs |= cancel(lines, pairs, paid_for)
    ledger = {line.item_id: Cents(line, [line.item_id] * line.cents) for line in lines}

    settled_by = Counter()
    for (debit, credit, _), cents in pairs.items():
        settled_by[debit, credit] += cents
    for returned, payment in paid_for.items():
        invoices = sorted(d for d, c in settled_by if c == payment and d != returned)
        carried = [i for i in invoices for _ in range(settled_by[i, payment])]
        mine = ledger[returned].carriers
        ledger[returned].carriers = carried + mine[len(carried) :]

    by_id = {line.item_id: line for line in lines}
    events = sorted(
        (max(by_id[d].booked_on, by_id[c].booked_on), md5(f"{d}|{c}|{method}"), d, c, cents)
        for (d, c, method), cents in pairs.items()
    )
    for day, _, debit, credit, cents in events:
        ledger[debit].settled_on += [day] * cents
        ledger[credit].settled_on += [day] * cents

    open_cents: Counter = Counter()
    for item_id, cents in ledger.items():
        sign = 1 if cents.line.is_debit else -1
        days = cents.settled_on + [None] * (cents.line.cents - len(cents.settled_on))
        for carrier, settled_on in zip(cents.carriers, days, strict=True):
            booked = cents.line.booked_on <= as_of
            if booked and (settled_on is None or settled_on > as_of):
                open_cents[climb(carrier, ledger, item_id)] += sign
    return {item: Decimal(n) / 100 for item, n in open_cents.items() if n}


def climb(carrier, ledger, start):
    """A cent carried by a returned payment that one invoice alone carries is that invoice's."""
    seen = {start}
    while carrier not in seen and carrier != start:
        seen.add(carrier)
        above = set(ledger[carrier].carriers)
        if len(above) == 1 and above != {carrier}:
            carrier = above.pop()
    return carrier


def lettered_pairs(lines) -> Counter:
    """Cents that meet within a letter group, debits and credits each in date order."""
    groups = defaultdict(lambda: ([], []))
    for line in sorted(lines, key=lambda line: (line.booked_on, line.item_id)):
        if line.code:
            side = groups[line.customer, line.currency, line.code][0 if line.is_debit else 1]
            side += [line.item_id] * line.cents
    pairs: Counter = Counter()
    for debits, credits in groups.values():
        pairs.update((d, c, "lettering") for d, c in zip(debits, credits, strict=False))
    return pairs


def link_returns(lines) -> dict[int, int]:
    """Returned payment -> the one payment it can be; nothing where two fit."""
    chosen = {}
    for returned in (line for line in lines if line.kind == "returned_payment"):
        for reach in (15, 70, 400):
            fits = [
                line.item_id
                for line in lines
                if line.kind == "payment"
                and (line.customer, line.currency, line.cents)
                == (returned.customer, returned.currency, returned.cents)
                and 0 <= returned.day - line.day <= reach
            ]
            if len(fits) == 1:
                chosen[returned.item_id] = fits[0]
                break
    claims = Counter(chosen.values())
    return {returned: payment for returned, payment in chosen.items() if claims[payment] == 1}


def cancel(lines, pairs, paid_for) -> Counter:
    """A returned payment and its payment cancel out when neither has met anything."""
    busy = {item for d, c, _ in pairs for item in (d, c)}
    cents = {line.item_id: line.cents for line in lines}
    return Counter(
        {
            (returned, payment, "return"): cents[returned]
            for returned, payment in paid_for.items()
            if returned not in busy and payment not in busy
        }
    )


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@settings(max_examples=60, deadline=None)
@given(lines=books(), asked=st.lists(st.integers(0, 160), min_size=3, max_size=3))
def test_open_items_are_what_following_every_cent_gives(lines, asked):
    with build(fec_of(lines), as_of="2024-12-31") as con:
        ids = dict(con.sql("select document_ref, item_id from ledger.items").fetchall())
        for number, line in enumerate(lines):
            line.item_id = ids[f"D{number}"]
        for day in asked:
            as_of = DAY_0 + timedelta(days=day)
            rows = con.execute(
                "select item_id, open_amount from receivables.open_items(?)", [as_of]
            ).fetchall()
            assert dict(rows) == open_by_hand(lines, as_of)


@settings(max_examples=25, deadline=None)
@given(
    lines=books(),
    day=st.integers(0, 200),
    bounds=st.lists(st.integers(1, 90), min_size=1, max_size=4, unique=True).map(sorted),
    basis=st.sampled_from(["due", "document"]),
    credits_are=st.sampled_from(["apart", "net"]),
)
def test_whatever_the_options_the_buckets_add_up_to_the_ledger(
    lines, day, bounds, basis, credits_are
):
    as_of = DAY_0 + timedelta(days=day)
    booked: Counter = Counter()
    for line in lines:
        if line.booked_on <= as_of:
            booked[line.customer, line.currency] += line.cents if line.is_debit else -line.cents
    with build(fec_of(lines), as_of="2024-12-31") as con:
        rows = con.execute(
            "select customer_id, currency, sum(amount) from receivables.aged_balances("
            "?, _basis := ?, _bounds := ?, _credits := ?) group by all",
            [as_of, basis, bounds, credits_are],
        ).fetchall()
    aged = {(customer, currency): amount for customer, currency, amount in rows if amount}
    assert aged == {key: Decimal(cents) / 100 for key, cents in booked.items() if cents}


@settings(max_examples=25, deadline=None)
@given(lines=books(), day=st.integers(0, 200), basis=st.sampled_from(["due", "document"]))
def test_the_oldest_of_a_bucket_is_the_oldest_of_its_open_items(lines, day, basis):
    age = "days_since_document" if basis == "document" else "days_late"
    with build(fec_of(lines), as_of="2024-12-31") as con:
        asked = [DAY_0 + timedelta(days=day), basis]
        told = con.execute(
            "select customer_id, currency, bucket, oldest_days "
            "from receivables.aged_balances(?, _basis := ?) order by all",
            asked,
        ).fetchall()
        one_by_one = con.execute(
            "select customer_id, currency, bucket, "
            f"max(case when bucket not in ('unapplied', 'no_due_date') then {age} end) "
            "from receivables.aged_items(?, _basis := ?) group by all order by all",
            asked,
        ).fetchall()
    assert told == one_by_one


@settings(max_examples=25, deadline=None)
@given(lines=books())
def test_month_ends_are_the_aged_balances_of_each_month_end(lines):
    with build(fec_of(lines), as_of="2024-07-15") as con:
        month_ends = con.sql("select distinct month_end from receivables.month_ends").fetchall()
        for (month_end,) in month_ends:
            kept = con.execute(
                "select customer_id, currency, bucket, amount from receivables.month_ends "
                "where month_end = ?",
                [month_end],
            ).fetchall()
            asked = con.execute(
                "select customer_id, currency, bucket, sum(amount) from "
                "receivables.aged_balances(?) group by all having sum(amount) <> 0",
                [month_end],
            ).fetchall()
            assert sorted(kept) == sorted(asked)


@settings(max_examples=15, deadline=None)
@given(lines=books(), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_lines_in_the_file_changes_nothing(lines, seed):
    fec = fec_of(lines)
    shuffled = Fec(lines=list(fec.lines))
    seed.shuffle(shuffled.lines)
    asked = "select * exclude (source_line) from receivables.open_items(date '2024-06-30')"
    with build(fec) as one, build(shuffled) as other:
        assert sorted(map(str, one.sql(asked).fetchall())) == sorted(
            map(str, other.sql(asked).fetchall())
        )
