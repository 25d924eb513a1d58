"""Lists of open items against the truth that they were taken from.

Hypothesis invents a firm with invoices, credit notes, part payments and payments that come back,
takes its list of open items on some days, in several files, and throws the rest away. What is open
on the day of each list must be the truth, and all that was truly paid must lie between the days
that are said of it, whatever the order in which the lists came in.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.defs.checks import RULES, find
from pipelines.intake.reading import LANDING
from pipelines.settings import Settings
from tests.pipelines.books import FILES, PREVIOUS
from tests.pipelines.open_lists import make_tables

WANTED = ("receivables.open_items", "receivables.list_balances", "receivables.control_balances")
DAY_0 = date(2024, 1, 1)
HORIZON = 60


@dataclass(frozen=True)
class Document:
    """One document, and how its open amount changes: day and signed cents."""

    ref: str
    customer: str
    currency: str
    is_credit: bool
    issued: int
    cents: int
    changes: tuple[tuple[int, int], ...]
    put_off: int  # the day on which its due date is moved by 15 days

    def due_on(self, day: int) -> date:
        """The due date, as it was agreed at the close of a day."""
        return DAY_0 + timedelta(self.issued + (45 if day >= self.put_off else 30))

    def open_on(self, day: int) -> int:
        """Cents open at the close of a day, positive for either side."""
        if day < self.issued:
            return 0
        return self.cents + sum(cents for at, cents in self.changes if at <= day)


@st.composite
def documents(draw, number):
    cents = draw(st.integers(1, 9))
    issued = draw(st.integers(0, HORIZON))
    changes, left = [], cents
    for day in sorted(draw(st.sets(st.integers(issued, HORIZON), max_size=4))):
        if left and draw(st.booleans()):
            change = -draw(st.integers(1, left))
        elif left < cents:
            change = draw(st.integers(1, cents - left))
        else:
            continue
        changes.append((day, change))
        left += change
    return Document(
        f"D{number}",
        draw(st.sampled_from("AB")),
        draw(st.sampled_from(["EUR", "EUR", "USD"])),
        draw(st.integers(0, 3)) == 0,
        issued,
        cents,
        tuple(changes),
        draw(st.sampled_from([999, 999, 20, 40])),
    )


@st.composite
def firms(draw):
    truth = [draw(documents(number)) for number in range(draw(st.integers(1, 6)))]
    days = sorted(draw(st.sets(st.integers(0, HORIZON), min_size=1, max_size=6)))
    return truth, days


def rows_on(truth, day, shows_whole):
    """The list of one day: a row for each document of which something is open."""
    for document in truth:
        cents = document.open_on(day)
        if cents:
            sign = -1 if document.is_credit else 1
            whole = document.cents if shows_whole and document.cents > cents else None
            yield {
                "item_key": f"{'credit_note' if document.is_credit else 'invoice'}|{document.ref}",
                "customer_id": document.customer,
                "kind": "credit_note" if document.is_credit else "invoice",
                "document_ref": document.ref,
                "booked_on": DAY_0 + timedelta(document.issued),
                "document_on": DAY_0 + timedelta(document.issued),
                "due_on": document.due_on(day),
                "amount": sign * Decimal(cents) / 100,
                "original_amount": whole and sign * Decimal(whole) / 100,
                "currency": document.currency,
                "is_open_list": True,
            }


def ledger(truth, days, *, shows_whole, by_currency, order):
    """Refresh with the lists of these days, which came in in this order."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("create schema raw; create schema staging; create schema intake")
    con.execute(FILES)
    items = []
    parts = ("EUR", "USD") if by_currency else (None,)
    for arrived, place in enumerate(order):
        day = days[place]
        listed_on = DAY_0 + timedelta(day)
        for part in parts:
            sha256 = f"sha {day} {part}"
            con.execute(
                "insert into staging.files by name select ? as source_sha256, ? as name, "
                "'open_items' as format, 'main' as entity_id, ?::date as last_on, "
                "?::date as latest_on, ?::timestamptz as landed_at, ? as facts",
                [
                    *(sha256, f"open {listed_on} {part}.csv", listed_on, listed_on),
                    datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=arrived),
                    f'{{"shows_settled": "no", "named_on": "{listed_on}"}}',
                ],
            )
            rows = (row for row in rows_on(truth, day, shows_whole))
            items += [
                {**row, "source_line": line, "source_sha256": sha256}
                for line, row in enumerate(rows, start=2)
                if part in (None, row["currency"])
            ]
    for table, schema in LANDING.items():
        fields = schema.append(pa.field("source_sha256", pa.string()))
        arriving = pa.Table.from_pylist(items if table == "items" else [], fields)
        con.register("arriving", arriving)
        con.execute(f"create table raw.{table} as from arriving")
        con.unregister("arriving")
    con.execute(f"create table staging.run as select date '{DAY_0 + timedelta(days[-1])}' as as_of")
    con.execute(PREVIOUS)
    make_tables(con, Settings(), WANTED)
    return con


@cache
def blocking():
    """The checks that stand between these tables and a snapshot."""
    return [rule for rule in RULES if rule.blocking]


def holds_the_truth(con, truth, days):
    """What is open on each list's day is the truth, as known then and as known now."""
    for day in days:
        for known in (day, days[-1]):
            expected = {
                (each.customer, each.ref, each.currency): (
                    (-1 if each.is_credit else 1) * Decimal(each.open_on(day)) / 100,
                    each.due_on(_last_seen(each, days, known)),
                )
                for each in truth
                if each.open_on(day)
            }
            found = con.execute(
                "select customer_id, document_ref, currency, sum(open_amount), max(due_on) "
                "from receivables.open_items($day, _known_on := $known) group by all",
                {"day": DAY_0 + timedelta(day), "known": DAY_0 + timedelta(known)},
            ).fetchall()
            assert {(c, ref, unit): told for c, ref, unit, *told in found} == {
                key: [amount, due_on] for key, (amount, due_on) in expected.items()
            }


def _last_seen(document, days, known):
    """The day of the last list up to `known` that shows the document."""
    return max(day for day in days if day <= known and document.open_on(day))


def told_of(con):
    """What the lists say was settled or reopened: by document and later day, cents with a sign."""
    told = {}
    rows = con.sql(
        "select document_ref, booked_on, settled_after, settled_by, kind, abs(amount) * 100 "
        "from ledger.items where kind in ('settlement', 'reopening')"
    ).fetchall()
    for ref, booked_on, after, by, kind, cents in rows:
        assert by == (booked_on if kind == "settlement" else None)
        told[ref, (booked_on - DAY_0).days] = (
            int(cents) * (-1 if kind == "settlement" else 1),
            (after - DAY_0).days if after else None,
        )
    return told


def every_payment_lies_where_it_is_said(con, truth, days, shows_whole):
    told = told_of(con)
    for document in truth:
        seen = False
        for before, day in zip([None, *days], days, strict=False):
            was = 0 if before is None else document.open_on(before)
            now = document.open_on(day)
            change, after = told.pop((document.ref, day), (0, None))
            if not seen:  # the whole of it is only known where the list says so
                seen = now > 0
                was = document.cents if shows_whole and seen else now
            assert change == now - was
            if change < 0:
                assert after == before
    assert not told


@settings(max_examples=15, deadline=None)
@given(firm=firms(), shows_whole=st.booleans(), by_currency=st.booleans(), data=st.data())
def test_lists_give_back_the_ledger_they_were_taken_from(firm, shows_whole, by_currency, data):
    truth, days = firm
    order = data.draw(st.permutations(range(len(days))))
    con = ledger(truth, days, shows_whole=shows_whole, by_currency=by_currency, order=order)
    holds_the_truth(con, truth, days)
    every_payment_lies_where_it_is_said(con, truth, days, shows_whole)
    names = {name for (name,) in con.sql("select table_schema || '.' || table_name from "
                                         "information_schema.tables").fetchall()}  # fmt: skip
    for rule in blocking():
        if {rule.subject, *rule.also_reads} <= names:
            assert find(con, rule) == (0, rule.means), rule.name


TABLES = ("ledger.items", "ledger.matches", "receivables.movements", "receivables.list_balances")


@settings(max_examples=4, deadline=None)
@given(firm=firms(), data=st.data())
def test_lists_may_come_in_in_any_order(firm, data):
    truth, days = firm
    order = data.draw(st.permutations(range(len(days))))
    kept = [
        ledger(truth, days, shows_whole=True, by_currency=False, order=each)
        for each in (range(len(days)), order)
    ]
    for table in TABLES:
        first, second = (con.sql(f"from {table} order by all").fetchall() for con in kept)
        assert first == second, table
