"""What was known on a day, against a twin that keeps every export's books as they were.

Hypothesis invents a firm that exports its ledger again and again. Between two exports it books
late, letters late, corrects an amount or a customer, removes a line; the twin keeps each export
whole and reads the answer off it, in the slowest way there is. Open items at any (day, day of
knowledge) must be the twin's, to the cent, and the restatements the difference of the two views.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import kept_editions
from pipelines.editions import TABLES, make_editions
from pipelines.settings import Settings
from tests.pipelines.books import Fec, build

DAY_0 = date(2024, 1, 1)
EXPORTED = (40, 80, 120)  # days of the exports
WANTED = ("receivables.restatements", "receivables.aged_balances", "receivables.open_items")


def day(number: int) -> date:
    return DAY_0 + timedelta(days=number)


@dataclass(frozen=True)
class Deal:
    """An invoice and, perhaps, its payment, as one export shows them."""

    number: int
    customer: str
    currency: str
    booked: int
    cents: int
    entered: int  # ValidDate of the invoice
    paid: int | None = None
    paid_cents: int = 0
    lettered: int | None = None  # DateLet; None: not lettered
    is_there: bool = True


@st.composite
def histories(draw):
    """The deals, as each export shows them. What is taken back is of customers of its own.

    So is what goes back and forth: `back` and the number of the deal.
    """
    deals, exports = [], []
    for number in range(draw(st.integers(2, 5))):
        booked = draw(st.integers(0, 38))
        deals.append(
            Deal(
                number,
                draw(st.sampled_from(["clean", "clean2", "wrong", "wrong2", f"back{number}"])),
                draw(st.sampled_from(["EUR", "USD"])),
                booked,
                draw(st.integers(1, 9)),
                booked,
            )
        )
        if draw(st.booleans()):
            paid = draw(st.integers(booked, 39))
            cents = draw(st.integers(1, 9))
            deals[-1] = replace(deals[-1], paid=paid, paid_cents=cents)
            if draw(st.booleans()):
                deals[-1] = replace(deals[-1], lettered=draw(st.integers(paid, 40)))
    exports.append(list(deals))
    for before, now in pairwise(EXPORTED):
        for place, deal in enumerate(deals):
            if deal.customer.startswith("wrong"):
                deals[place] = draw(corrections(deal))
            elif deal.customer.startswith("back"):
                deals[place] = draw(back_or_forth(deal, st.integers(before + 1, now)))
            elif deal.paid is not None and deal.lettered is None and draw(st.booleans()):
                deals[place] = replace(deal, lettered=draw(st.integers(before + 1, now)))
        for _ in range(draw(st.integers(0, 2))):  # booked late, and dated; or in a new month
            entered = draw(st.integers(before + 1, now))
            booked = draw(st.integers(0, entered))
            customer = draw(st.sampled_from(["clean", "clean2"]))
            new = Deal(len(deals), customer, "EUR", booked, draw(st.integers(1, 9)), entered)
            deals.append(new)
        exports.append(list(deals))
    return exports


def corrections(deal: Deal):
    """What may become of a deal between two exports, without any word on when."""
    choices = [st.just(deal), st.just(replace(deal, is_there=False))]
    choices.append(st.builds(lambda cents: replace(deal, cents=cents), st.integers(1, 9)))
    choices.append(st.just(replace(deal, customer="wrong3")))
    choices.append(st.just(replace(deal, lettered=None)))
    if deal.paid is not None:
        choices.append(st.just(replace(deal, lettered=deal.paid)))
    return st.one_of(choices)


def back_or_forth(deal: Deal, days):
    """What is undone between two exports, without any word on when; or done again, on a day."""
    if deal.paid is None and deal.is_there:
        other = st.just(replace(deal, is_there=False))
    elif deal.paid is None:
        other = st.builds(lambda day: replace(deal, is_there=True, entered=day), days)
    elif deal.lettered is not None:
        other = st.just(replace(deal, lettered=None))
    else:
        other = st.builds(lambda day: replace(deal, lettered=day), days)
    return st.one_of(st.just(deal), other)


def fec_of(deals, exported: int) -> Fec:
    fec = Fec(name=f"export {exported}")
    for deal in deals:
        if not deal.is_there:
            continue
        # The entry of a document has its own number, whatever else was booked or removed.
        common = {"label": f"deal {deal.number}"}
        if deal.lettered is not None:
            common |= {"lettering": f"L{deal.number}", "lettered_on": day(deal.lettered)}
        fec.entries = 10 * deal.number
        parts = [("F", deal.booked, deal.cents, "701000", deal.entered)]
        if deal.paid is not None:
            parts.append(("P", deal.paid, -deal.paid_cents, "512000", deal.paid))
        for what, booked, cents, other, entered in parts:
            amount = Decimal(cents) / 100
            fields = common | {"document_ref": f"{what}{deal.number}"}
            if deal.currency == "USD":
                fields |= {"currency": "USD", "currency_amount": abs(amount)}
            fec.entry(
                str(day(booked)),
                ("411000", deal.customer, amount, fields),
                (other, None, -amount),
                validated_on=day(entered),
            )
    # The last thing in every export: nothing of it was known before its day.
    fec.entries = 90_000 + exported
    fec.entry(str(day(exported)), ("601000", None, "1.00"), ("401000", "S", "-1.00"))
    # Most of an export stands unchanged in the next one: it is the same period exported again.
    for number in range(30):
        fec.entries = 80_000 + number
        fec.entry(str(DAY_0), ("601000", None, "1.00"), ("401000", "S", "-1.00"))
    return fec


def twin(exports, as_of: int, known: int) -> dict[tuple, Decimal]:
    """Open amount by customer, document and currency, as known at the close of a day."""
    newest = max([0, *(n for n, exported in enumerate(EXPORTED) if exported <= known)])
    found = {}
    for number in range(max(len(deals) for deals in exports)):
        seen = [deals[number] for deals in exports if number < len(deals)]
        first = len(exports) - len(seen)
        shown = exports[newest][number] if number < len(exports[newest]) else None
        if seen[0].customer.startswith("clean"):
            shown = seen[-1]  # it is only ever added to, and says of all when it was known
        elif first > newest:
            shown = None
        elif shown.customer.startswith("back") and newest + 1 < len(exports):
            after = exports[newest + 1][number]
            if not shown.is_there or ((after.lettered or 0) > EXPORTED[newest] and after.is_there):
                shown = after  # it says itself since when
        if shown is None or not shown.is_there:
            continue
        parts = {}
        if shown.booked <= as_of and shown.entered <= known:
            parts["F"] = shown.cents
        if shown.paid is not None and shown.paid <= as_of and shown.paid <= known:
            parts["P"] = -shown.paid_cents
        if len(parts) == 2 and shown.lettered is not None and shown.lettered <= known:
            settled = min(shown.cents, shown.paid_cents)
            parts = {"F": parts["F"] - settled, "P": parts["P"] + settled}
        for what, cents in parts.items():
            if cents:
                key = (shown.customer, f"{what}{number}", shown.currency)
                found[key] = Decimal(cents) / 100
    return found


def told(con, as_of: int, known: int) -> dict[tuple, Decimal]:
    rows = con.execute(
        "select customer_id, document_ref, currency, open_amount from "
        "receivables.open_items(?, _known_on := ?)",
        [day(as_of), day(known)],
    ).fetchall()
    assert len({row[:3] for row in rows}) == len(rows)
    return {row[:3]: row[3] for row in rows}


def by_books(open_items: dict[tuple, Decimal]) -> Counter:
    sums: Counter = Counter()
    for (customer, _, currency), amount in open_items.items():
        sums[customer, currency] += amount
    return Counter({key: amount for key, amount in sums.items() if amount})


@settings(max_examples=25, deadline=None)
@given(
    exports=histories(),
    asked=st.lists(st.tuples(st.integers(0, 130), st.integers(0, 130)), min_size=4, max_size=4),
)
def test_open_items_of_any_two_days_are_those_of_the_export_of_then(exports, asked):
    fecs = [fec_of(deals, exported) for deals, exported in zip(exports, EXPORTED, strict=True)]
    with build(*fecs, as_of="2024-06-30", wanted=WANTED) as con:
        edges = [(130, known) for exported in EXPORTED for known in (exported - 1, exported)]
        for as_of, known in asked + edges:
            assert told(con, as_of, known) == twin(exports, as_of, known), (as_of, known)
        for as_of, since in asked:
            for until in (since + 41, None):
                _restatements_tie(con, exports, as_of, since, until)


def _restatements_tie(con, exports, as_of, since, until):
    before = by_books(twin(exports, as_of, since))
    after = by_books(twin(exports, as_of, 1000 if until is None else until))
    rows = con.execute(
        "select customer_id, currency, sum(difference) from "
        "receivables.restatements(?, ?, _until := ?) group by all having sum(difference) <> 0",
        [day(as_of), day(since), until and day(until)],
    ).fetchall()
    after.subtract(before)
    expected = {key: amount for key, amount in after.items() if amount}
    assert {(customer, currency): amount for customer, currency, amount in rows} == expected


@settings(max_examples=8, deadline=None)
@given(exports=histories(), known=st.integers(0, 130), as_of=st.integers(0, 130))
def test_the_buckets_as_known_then_add_up_to_the_open_items_as_known_then(exports, known, as_of):
    fecs = [fec_of(deals, exported) for deals, exported in zip(exports, EXPORTED, strict=True)]
    with build(*fecs, as_of="2024-06-30", wanted=WANTED) as con:
        rows = con.execute(
            "select customer_id, currency, sum(amount) from receivables.aged_balances("
            "?, _known_on := ?) group by all having sum(amount) <> 0",
            [day(as_of), day(known)],
        ).fetchall()
    aged = {(customer, currency): amount for customer, currency, amount in rows}
    assert aged == dict(by_books(twin(exports, as_of, known)))


@settings(max_examples=8, deadline=None)
@given(exports=histories(), shared=st.booleans())
def test_histories_followed_day_by_day_are_those_told_at_once(exports, shared):
    fecs = [fec_of(deals, exported) for deals, exported in zip(exports, EXPORTED, strict=True)]
    with TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        if shared:  # however much has changed, what is known goes on beside the first base
            patch.setattr(kept_editions, "SHARE_SINCE", 0)
        for count in range(1, len(fecs) + 1):
            with build(*fecs[:count], as_of="2024-06-30", wanted=WANTED) as con:
                at_once = [con.sql(f"from {table} order by all").fetchall() for table in TABLES]
                for _ in range(2):  # refreshed again, nothing is new
                    make_editions(con, Settings(), Path(home) / "editions")
                    kept = [con.sql(f"from {table} order by all").fetchall() for table in TABLES]
                    assert kept == at_once
