"""What is known on a day: no event of that day or later moves it, and a slow twin says the same."""

import json
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import numpy as np
import pytest

from models.timing.features import NAMES
from models.timing.frame import NOT_YET, OPEN, PAID
from pipelines.predictions import features
from pipelines.settings import Settings
from tests.pipelines.books import Fec, build, lettered
from tests.pipelines.features_twin import Twin, rows_of

DAY = date(2025, 3, 30)
TABLES = (
    *(
        f"ledger.{name}"
        for name in (
            "items",
            "matches",
            "returns",
            "reopenings",
            "undone_settlements",
            "customers",
            "standing_spans",
        )
    ),
    "intake.extract_days",
    "intake.files",
    "intake.open_lists",
)


@pytest.fixture(scope="module")
def snapshot(sample_home):
    told = json.loads((sample_home / "CURRENT").read_text())
    return sample_home / "snapshots" / told["file"]


# The sample's extracts call nothing disputed: here some invoices are, and some are promised.
SAID = """
insert into ledger.standing_spans
select
    item_id,
    case item_id % 3 when 0 then 'promised' else 'disputed' end,
    booked_on + cast(10 + item_id % 50 as int),
    case when item_id % 2 = 0 then booked_on + cast(40 + item_id % 90 as int) end
from ledger.items
where kind = 'invoice' and amount > 0 and item_id % 7 = 0
"""


def books(snapshot, change=lambda con: None):
    """Return a copy of a snapshot's ledger in memory, changed, with the features made of it."""
    con = duckdb.connect()
    con.execute(f"attach '{snapshot}' as kept (read_only)")
    con.execute("create schema ledger; create schema intake")
    for table in TABLES:
        con.execute(f"create table {table} as from kept.{table}")
    con.execute("detach kept")
    con.execute(SAID)
    change(con)
    features.attach(con)
    features.make_tables(con, Settings())
    return con


def asked(con, day):
    """Return all that may be asked at the end of a day, to learn from and to foretell: the
    questions with their features, and the history of what was paid.
    """
    names = ("item", "issued", "due", "asked", "amount", "features")
    told = ("item", "issued", "due", "amount", "share", "exit", "known", "kind")
    known = (features.ask_training(con, day), features.ask_book_as_known(con, day))
    return [
        *({"of": one.item} | {name: getattr(one.frame, name) for name in names} for one in known),
        {name: getattr(features.history_at(con, day), name) for name in told},
    ]


def assert_same(left, right):
    for one, other in zip(left, right, strict=True):
        for name, values in one.items():
            assert values.tobytes() == other[name].tobytes(), name


LATER = """
update ledger.items set
    booked_on = booked_on + cast(1 + item_id % 40 as int),
    document_on = document_on + cast(1 + item_id % 40 as int)
where booked_on > $day;
update ledger.matches set matched_on = matched_on + cast(1 + match_id % 40 as int)
where matched_on > $day;
update ledger.matches set noted_on = greatest(noted_on, matched_on) + cast(1 + match_id % 9 as int)
where noted_on > $day;
update ledger.standing_spans set until_on = until_on + cast(1 + item_id % 40 as int)
where until_on > $day;
update ledger.standing_spans set said_on = said_on + 1 where said_on > $day
"""
DROPPED = """
delete from ledger.standing_spans where said_on > $day;
update ledger.standing_spans set until_on = null where until_on > $day;
delete from ledger.matches where greatest(matched_on, coalesce(noted_on, matched_on)) > $day;
delete from ledger.items where booked_on > $day;
delete from ledger.matches where debit_item_id not in (select item_id from ledger.items)
or credit_item_id not in (select item_id from ledger.items);
delete from ledger.returns where returned_item_id not in (select item_id from ledger.items);
delete from ledger.reopenings where returned_item_id not in (select item_id from ledger.items)
"""
SHUFFLED = """
create table swapped as
select items.item_id, others.booked_on, others.amount
from (
    select item_id, kind, row_number() over (partition by kind order by item_id) as place
    from ledger.items where booked_on > $day
) as items
join (
    select
        kind, booked_on, amount,
        row_number() over (partition by kind order by label, item_id) as place
    from ledger.items where booked_on > $day
) as others on others.kind = items.kind and others.place = items.place;
update ledger.items set booked_on = swapped.booked_on, amount = swapped.amount
from swapped where swapped.item_id = ledger.items.item_id
"""


@pytest.mark.parametrize("future", [LATER, DROPPED, SHUFFLED], ids=["later", "dropped", "shuffled"])
def test_what_happens_after_the_day_moves_nothing(snapshot, future):
    def change(con):
        for statement in future.split(";"):
            con.execute(statement, {"day": DAY} if "$day" in statement else {})

    with books(snapshot) as con, books(snapshot, change) as other:
        assert_same(asked(con, DAY), asked(other, DAY))


def test_the_order_of_rows_and_the_names_of_customers_move_nothing(snapshot):
    def change(con):
        for table in TABLES:
            alias = table.rpartition(".")[2]
            con.execute(
                f"create or replace table {table} as "
                f"select * from {table} order by md5({alias}::varchar)"
            )
        renamed = "md5('other' || customer_id)"
        for table in ("items", "matches", "customers"):
            con.execute(f"update ledger.{table} set customer_id = {renamed}")
        con.execute("update ledger.customers set group_id = md5('other' || group_id)")

    with books(snapshot) as con, books(snapshot, change) as other:
        assert_same(asked(con, DAY), asked(other, DAY))


def test_what_was_asked_then_is_answered_the_same_now(snapshot):
    with books(snapshot) as con:
        then = features.ask_training(con, DAY).frame
        now = features.ask_training(con, DAY + timedelta(days=200)).frame
    keys = {
        (item, day): row for row, (item, day) in enumerate(zip(now.item, now.asked, strict=True))
    }
    new = then.asked - then.issued < 1  # every one of them is asked in both
    rows = [keys[item, day] for item, day in zip(then.item[new], then.asked[new], strict=True)]
    assert len(rows) > 300
    assert then.features[new].tobytes() == now.features[rows].tobytes()


def test_documents_balance_as_the_open_items_do(snapshot):
    with features.opened(snapshot) as con:
        for day in ("2023-12-31", "2024-07-14", "2025-03-31", "2025-12-31"):
            [(documents, differing)] = con.execute(
                """
                with moves as (
                    select document_id, amount from features.documents where booked_on <= $day
                    union all
                    select document_id, -amount from features.slices where settled_on <= $day
                    union all
                    select document_id, amount from features.slices where returned_on <= $day
                ),
                ours as (
                    select origins.document_id, sum(moves.amount) as amount
                    from moves
                    join features.origins as origins on origins.item_id = moves.document_id
                    group by all
                    having sum(moves.amount) <> 0
                ),
                theirs as (
                    select origins.document_id, sum(items.open_amount) as amount
                    from receivables.open_items($day) as items
                    join features.origins as origins on origins.item_id = items.item_id
                    group by all
                )
                select count(*), count(*) filter (ours.amount is distinct from theirs.amount)
                from ours full join theirs using (document_id)
                """,
                {"day": date.fromisoformat(day)},
            ).fetchall()
            assert documents > 50 and differing == 0, day


def test_a_slow_twin_says_the_same_of_every_feature(snapshot):
    draw = np.random.default_rng(7)
    with books(snapshot) as con:
        twin = Twin(con)
        compared = 0
        for ask in (features.ask_training, features.ask_book_as_known):
            frame = ask(con, DAY).frame
            asked_rows = rows_of(con, "from features.asked order by row_id")
            kept = {
                (int(i), int(s)): n
                for n, (i, s) in enumerate(zip(frame.item, frame.asked, strict=True))
            }
            for place in draw.choice(len(asked_rows), 80, replace=False):
                row = asked_rows[place]
                key = (row["document_id"], (row["asked_on"] - date(1970, 1, 1)).days)
                if key not in kept:
                    continue
                said = twin.answer(
                    *(row[name] for name in
                      ("document_id", "asked_on", "is_new", "issued_on", "due_on"))
                )  # fmt: skip
                for name in NAMES:
                    ours = float(frame.feature(name)[kept[key]])
                    theirs = pytest.approx(float(said[name]), rel=2e-4, abs=2e-3, nan_ok=True)
                    assert ours == theirs, (name, row)
                compared += 1
        assert compared > 120


# By hand: what a payment, a lettering, a return and a bill say, and from which day.


def frames(con, day):
    make = features.ask_training(con, date.fromisoformat(day))
    return {
        (int(item), int(asked_on)): {
            name: float(value) for name, value in zip(NAMES, row, strict=True)
        }
        for item, asked_on, row in zip(
            make.frame.item, make.frame.asked, make.frame.features, strict=True
        )
    }


def number(day):
    return (date.fromisoformat(day) - date(1970, 1, 1)).days


def item(con, ref):
    [(found,)] = con.execute(
        "select item_id from ledger.items where document_ref = ? and kind = 'invoice'", [ref]
    ).fetchall()
    return found


def exits(con, day):
    """What the history of a day says of each invoice: kind, exit and the day it was known."""
    told = features.history_at(con, date.fromisoformat(day))
    refs = dict(con.sql("select item_id, document_ref from ledger.items").fetchall())
    return sorted(
        (refs[int(one)], int(kind), round(float(amount), 2), int(left), int(known))
        for one, kind, amount, left, known in zip(
            told.item, told.kind, told.amount, told.exit, told.known, strict=True
        )
    )


def test_a_payment_counts_from_the_day_it_was_lettered_ten_days_later():
    fec = (
        Fec()
        .sale("2025-01-02", "C1", "120.00", ref="F1", **lettered("A", "2025-02-15"))
        .receipt("2025-02-05", "C1", "120.00", **lettered("A", "2025-02-15"))
        .sale("2025-02-10", "C1", "120.00", ref="F2")
        .sale("2025-02-16", "C1", "120.00", ref="F3")
    )
    con = build(fec, as_of="2025-03-31")
    known = frames(con, "2025-03-31")
    before = known[item(con, "F2"), number("2025-02-10")]
    after = known[item(con, "F3"), number("2025-02-16")]
    assert before["closed_count"] == 0 and np.isnan(before["last_delay_days"])
    assert before["open_count"] == 1 and before["overdue_count"] == 1
    assert after["closed_count"] == 1 and after["last_delay_days"] == 4  # due 2025-02-01, 30 net
    assert after["days_since_payment"] == 11 and after["open_count"] == 1
    assert exits(con, "2025-02-14")[0] == ("F1", OPEN, 120.0, NOT_YET, NOT_YET)
    paid = ("F1", PAID, 120.0, number("2025-02-05"), number("2025-02-15"))
    assert exits(con, "2025-02-15")[0] == paid


def test_a_part_payment_is_a_slice_and_the_rest_stays_open():
    fec = (
        Fec()
        .sale("2025-01-02", "C1", "120.00", ref="F1", **lettered("A", "2025-02-05"))
        .receipt("2025-02-05", "C1", "90.00", **lettered("A", "2025-02-05"))
    )
    con = build(fec, as_of="2025-03-31")
    assert exits(con, "2025-03-31") == [
        ("F1", OPEN, 30.0, NOT_YET, NOT_YET),
        ("F1", PAID, 90.0, number("2025-02-05"), number("2025-02-05")),
    ]
    week = frames(con, "2025-03-31")[item(con, "F1"), number("2025-02-10")]
    assert week["paid_share"] == 0.75
    assert week["closed_count"] == 0.75
    features.keep_open_book(con, date(2025, 3, 31))
    book = features.open_book(con)
    assert book.frame.amount.tolist() == [30.0] and book.item.tolist() == [item(con, "F1")]


def test_a_returned_payment_is_undone_on_the_day_of_its_return_and_not_before():
    fec = (
        Fec()
        .sale("2025-01-02", "C1", "120.00", ref="F1", **lettered("A", "2025-02-03"))
        .receipt("2025-02-03", "C1", "120.00", **lettered("A", "2025-02-03"))
        .entry(
            "2025-02-12",
            ("411000", "C1", "120.00"),
            ("512000", None, "-120.00"),
            journal="BQ",
            label="Rejet prélèvement",
        )
        .sale("2025-02-10", "C1", "120.00", ref="F2")
        .sale("2025-02-20", "C1", "120.00", ref="F3")
    )
    con = build(fec, as_of="2025-03-31")
    known = frames(con, "2025-03-31")
    before = known[item(con, "F2"), number("2025-02-10")]
    after = known[item(con, "F3"), number("2025-02-20")]
    assert before["closed_count"] == 1 and before["open_count"] == 0
    assert after["closed_count"] == 0 and after["returned_count"] == 1
    assert after["open_count"] == 2  # F1 is open again
    assert exits(con, "2025-02-11")[0][1] == PAID
    assert exits(con, "2025-02-12")[0] == ("F1", OPEN, 120.0, NOT_YET, NOT_YET)


def test_an_invoice_goes_on_in_the_bill_that_was_accepted_for_it():
    fec = (
        Fec()
        .sale("2025-01-02", "C1", "120.00", ref="F1", **lettered("A", "2025-01-14"))
        .entry(
            "2025-01-10",
            ("413000", "C1", "120.00", lettered("B", "2025-02-03")),
            ("411000", "C1", "-120.00", lettered("A", "2025-01-14")),
            journal="EF",
        )
        .entry(
            "2025-02-03",
            ("512000", None, "120.00"),
            ("413000", "C1", "-120.00", lettered("B", "2025-02-03")),
            journal="BQ",
        )
    )
    con = build(fec, as_of="2025-03-31")
    open_one = ("F1", OPEN, 120.0, NOT_YET, NOT_YET)
    assert exits(con, "2025-01-12") == [open_one]
    assert exits(con, "2025-01-31") == [open_one]
    assert exits(con, "2025-03-31") == [
        ("F1", PAID, 120.0, number("2025-02-03"), number("2025-02-03"))
    ]
    features.keep_open_book(con, date(2025, 1, 31))
    book = features.open_book(con)
    assert book.frame.item.tolist() == [item(con, "F1")]
    assert book.item.tolist() != [item(con, "F1")]  # the bill is what is open


def test_nothing_is_asked_of_an_empty_ledger():
    con = build(as_of="2025-03-31")
    assert len(features.history_at(con, DAY)) == 0
    assert len(features.ask_training(con, DAY).frame) == 0
    features.keep_open_book(con, DAY)
    assert len(features.open_book(con).frame) == 0


def test_customers_of_no_known_segment_are_alike_by_country():
    row = {
        "kind": "invoice", "booked_on": date(2025, 1, 2), "document_on": date(2025, 1, 2),
        "due_on": date(2025, 2, 1), "amount": Decimal("10.00"), "currency": "EUR",
        "is_open_list": False,
    }  # fmt: skip
    # The country stands in the row of an invoice, or in the customer's record, which has the word.
    rows = [("a", None), ("b", "DE"), ("c", "FR"), ("d", "DE"), ("e", "FR"), ("f", None)]
    items = [
        {**row, "item_key": f"invoice|{who}|1", "customer_id": who, "document_ref": "1",
         "customer_country": country}
        for who, country in rows
    ]  # fmt: skip
    customers = [
        {"customer_id": "a", "name": "A", "country": "DE"},
        {"customer_id": "d", "name": "D", "country": "FR"},
        {"customer_id": "e", "name": "E", "segment": "retail"},
    ]
    con = build(items=items, customers=customers)
    codes = dict(con.sql("select customer_id, segment_code from features.customers").fetchall())
    assert codes["a"] == codes["b"]
    assert codes["c"] == codes["d"]
    assert len({codes["a"], codes["c"], codes["e"], codes["f"]}) == 4
    assert codes["f"] == -1
