"""The collection list, worked by hand on small books. Terms are 30 days net."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.worklist import OpenItem, days_brought_forward, left_to_chase
from pipelines.predictions.risk import STEPS, select_of
from pipelines.predictions.worklist import STEPS as LIST_STEPS
from pipelines.settings import Collection, Settings
from tests.pipelines.books import Fec, build
from tests.pipelines.expectations import PERCENTILES, TIMING, expect, make_lists, rows

AS_OF = date(2024, 3, 31)
LINE = ("rank", "customer_id", "action", "minutes", "cumulated_minutes", "worth_amount")
ITEM = ("document_ref", "open_amount", "chased_amount", "set_apart")


def listed(*fecs, said=None, hours="6", **given):
    con = build(*fecs, **{"as_of": f"{AS_OF}", **given})
    expect(con, said)
    make_lists(con, Settings(collection=Collection(hours_per_day=Decimal(hours))))
    return con


def lines(con, *columns):
    return rows(con, "worklist.priorities order by rank", *(columns or LINE))


def documents(con):
    source = "(select listed.*, items.document_ref from worklist.items as listed "
    source += "join ledger.items as items using (item_id)) order by document_ref"
    return rows(con, source, *ITEM)


def four_customers():
    return (
        Fec()
        .sale("2024-02-20", "CALLED", "9000.00", "F1")  # 10 days late
        .sale("2024-01-20", "SUMMONED", "4000.00", "F2")  # due 19 February, 41 days late
        .sale("2023-12-20", "SUMMONED", "5100.00", "F3")  # due 19 January, 72 days late
        .sale("2024-03-05", "REMINDED", "3000.00", "F4")  # due 4 April
        .sale("2024-03-20", "LEFT", "99000.00", "F5")  # due 19 April
    )


def test_a_day_of_the_list():
    con = listed(four_customers())
    # a week sooner at 10 %: 9,000 -> 17.26; 9,100 -> 17.45; 3,000 -> 5.75
    assert lines(con) == [
        (1, "REMINDED", "remind_before_due", 3, 3, "5.75"),
        (2, "CALLED", "call", 15, 18, "17.26"),
        (3, "SUMMONED", "escalate", 20, 38, "17.45"),
    ]


def test_a_document_may_be_of_billions_in_a_currency_of_small_units():
    con = listed(Fec().sale("2024-02-20", "CALLED", "2000000000000.00", "F1"))
    [(action, worth)] = lines(con, "action", "worth_amount")
    assert (action, worth) == ("call", "3835616438.36")  # a week sooner at 10 %


def test_what_does_not_fit_in_the_day_is_passed_over_and_keeps_its_rank():
    fec = four_customers().sale("2024-02-20", "LITTLE", "100.00", "F6")
    con = listed(fec, hours="0.4")  # 24 minutes
    assert lines(con, "rank", "customer_id", "cumulated_minutes", "fits_today") == [
        (1, "REMINDED", 3, True),
        (2, "CALLED", 18, True),
        (3, "SUMMONED", None, False),
        (4, "LITTLE", None, False),
    ]


def test_nobody_is_called_in_no_time():
    con = listed(four_customers(), hours="0")
    assert {fits for (fits,) in lines(con, "fits_today")} == {False}


def test_who_has_paid_more_than_is_late_is_not_called():
    fec = four_customers().receipt("2024-03-29", "CALLED", "9500.00")
    con = listed(fec)
    assert "CALLED" not in {customer for (customer,) in lines(con, "customer_id")}


def test_a_credit_is_taken_off_what_is_due_first():
    fec = four_customers().receipt("2024-03-29", "SUMMONED", "5600.00")
    con = listed(fec)
    assert lines(con, "customer_id", "action", "minutes", "late_amount", "unapplied_amount") == [
        ("REMINDED", "remind_before_due", 3, "0.00", "0.00"),
        ("CALLED", "call", 15, "9000.00", "0.00"),
        ("SUMMONED", "call", 20, "3500.00", "5600.00"),  # to place the credit takes its time
    ]
    assert documents(con) == [
        ("F1", "9000.00", "9000.00", None),
        ("F2", "4000.00", "3500.00", None),
        ("F3", "5100.00", "0.00", "credited"),
        ("F4", "3000.00", "3000.00", None),
    ]


def item(document, customer, amount, **said):
    return {
        "item_key": f"invoice|{customer}|{document}", "customer_id": customer, "kind": "invoice",
        "document_ref": document, "document_on": date(2024, 1, 10), "due_on": date(2024, 3, 11),
        "amount": Decimal(amount), "currency": "EUR", "is_open_list": False, **said,
    }  # fmt: skip


def test_what_is_disputed_promised_or_doubtful_is_set_apart_and_never_chased():
    told = [
        item("F1", "C1", "5000.00", status="Litige", updated_on=date(2024, 3, 1)),
        item("F2", "C1", "900.00", status="Promesse", updated_on=date(2024, 3, 1)),
        item("F3", "C1", "1000.00"),
        item("F4", "C2", "7000.00", status="Liquidation judiciaire", updated_on=date(2024, 3, 1)),
        item("F5", "C3", "800.00", status="Litige", updated_on=date(2024, 4, 1)),  # not yet known
    ]
    con = listed(items=told)
    columns = ("customer_id", "action", "late_amount", "disputed_amount", "promised_amount")
    assert lines(con, *columns) == [
        ("C1", "settle_dispute", "1000.00", "5000.00", "900.00"),
        ("C3", "call", "800.00", "0.00", "0.00"),
    ]
    assert documents(con) == [
        ("F1", "5000.00", "0.00", "disputed"),
        ("F2", "900.00", "0.00", "promised"),
        ("F3", "1000.00", "1000.00", None),
        ("F5", "800.00", "800.00", None),
    ]


def test_a_credit_covers_what_can_be_chased_and_nothing_that_is_set_apart():
    told = [
        item("F1", "C1", "500.00", status="Litige", updated_on=date(2024, 3, 1)),
        item("F2", "C1", "1000.00"),
        {**item("P1", "C1", "-300.00"), "kind": "payment", "item_key": "payment|C1|P1"},
    ]
    con = listed(items=told)
    assert documents(con) == [
        ("F1", "500.00", "0.00", "disputed"),
        ("F2", "1000.00", "700.00", None),
    ]


def test_the_contact_and_the_collector_stand_beside_the_customer():
    who = {
        "customer_id": "CALLED", "name": "Aciéries", "collector": "Nadia",
        "contact_name": "J. Petit", "contact_email": "j@x.fr", "contact_phone": "+33 1",
    }  # fmt: skip
    con = listed(four_customers(), customers=[who])
    columns = ("customer_name", "collector", "contact_name", "contact_email", "contact_phone")
    assert lines(con, *columns)[1] == ("Aciéries", "Nadia", "J. Petit", "j@x.fr", "+33 1")


def test_the_list_is_the_same_whatever_the_order_of_the_rows():
    con = listed(four_customers())
    before = lines(con)
    con.execute(
        "create or replace table predictions.payment_timing as "
        "from predictions.payment_timing order by hash(item_id)"
    )
    make_lists(con)
    assert lines(con) == before


def kept(con, listed_on, version="v1"):
    """Archive the list of a day as publication does, for another day's refresh."""
    tables = {}
    for name, source in (
        ("priorities", "worklist.priorities"),
        ("worklist_items", "worklist.items"),
    ):
        tables[name] = con.sql(
            f"select date '{listed_on}' as forecast_on, '{version}' as version, * from {source}"
        ).to_arrow_table()
    return tables


def test_yesterdays_list_is_held_against_what_was_paid_since():
    said_then = kept(listed(four_customers()), AS_OF)
    fec = four_customers()
    fec.lines[0].update(lettering="A", lettered_on=date(2024, 4, 2))  # F1
    fec.receipt("2024-04-02", "CALLED", "9000.00", lettering="A", lettered_on=date(2024, 4, 2))
    fec.receipt("2024-04-03", "SUMMONED", "50.00")  # of which nobody knows what it pays
    fec.receipt("2024-04-09", "REMINDED", "3000.00")  # not yet here
    con = build(fec, as_of="2024-04-08")
    expect(con)
    for name, table in said_then.items():
        con.register("said", table)
        con.execute(f"create or replace table kept_{name} as from said")
        con.execute(f"create or replace view staging.archived_{name} as from kept_{name}")
    make_lists(con)
    columns = ("rank", "customer_id", "listed_amount", "paid_amount", "received_amount", "days")
    assert rows(con, "worklist.outcomes order by rank", *columns) == [
        (1, "REMINDED", "3000.00", "0.00", "0.00", 8),
        (2, "CALLED", "9000.00", "9000.00", "9000.00", 8),
        (3, "SUMMONED", "9100.00", "0.00", "50.00", 8),
    ]


def test_books_without_an_open_document_have_an_empty_list():
    con = listed(Fec().receipt("2024-03-01", "C1", "10.00"))
    assert (lines(con), documents(con)) == ([], [])


days = st.none() | st.dates(date(2024, 1, 1), date(2025, 12, 31))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.dates(date(2024, 1, 1), date(2024, 4, 30)) | st.none(),
            st.decimals("0.01", 999, places=2),
            st.lists(days, min_size=5, max_size=5),
        ),
        min_size=1,
        max_size=8,
    ),
    st.decimals(0, 3000, places=2),
    st.integers(0, 30),
)
def test_the_tables_say_what_the_functions_say(items, credit, moved):
    con = duckdb.connect()
    con.execute("create schema predictions; create schema staging; create schema ledger")
    con.execute("create schema receivables; create table ledger.standings (item_id bigint, "
                "standing varchar, said_on date)")  # fmt: skip
    con.execute(TIMING)
    for number, (due_on, amount, percentiles) in enumerate(items):
        values = dict(zip(PERCENTILES, percentiles, strict=True))
        con.execute(
            "insert into predictions.payment_timing by name select ? as item_id, 'e' as entity_id, "
            "'c' as customer_id, 'EUR' as currency, ?::decimal(18, 2) as open_amount, "
            "?::date as due_on, ?::int as days_late, ?::date as p10_on, ?::date as p25_on, "
            "?::date as p50_on, ?::date as p75_on, ?::date as p90_on, false as is_doubtful",
            [number, amount, due_on, due_on and (AS_OF - due_on).days, *values.values()],
        )
    con.execute(
        f"create macro receivables.open_items(_as_of) as table (select 'e' as entity_id, "
        f"'c' as customer_id, 'EUR' as currency, -{credit}::decimal(18, 2) as open_amount)"
    )
    con.execute(
        f"create table staging.outlooks as {select_of(STEPS / 'outlooks.sql')}",
        {"as_of": AS_OF, "days_moved": moved},
    )
    found = con.execute(
        f"select chased_amount, is_near, moved_milli from "
        f"({select_of(LIST_STEPS / 'chased_items.sql')}) order by item_id",
        {"as_of": AS_OF, "remind_within": 10},
    ).fetchall()
    lefts = left_to_chase(
        [OpenItem(n, due_on, amount) for n, (due_on, amount, _) in enumerate(items)], credit
    )
    for (chased, is_near, milli), left, (due_on, _, percentiles) in zip(
        found, lefts, items, strict=True
    ):
        assert is_near == (due_on is not None and (due_on - AS_OF).days <= 10)
        assert chased == (left if is_near else 0)
        assert Decimal(milli) / 1000 == days_brought_forward(
            percentiles, as_of=AS_OF, due_on=due_on or AS_OF, days_moved=moved
        )


@pytest.mark.parametrize("minutes", [0, -1])
def test_an_action_takes_some_time(minutes):
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Collection(minutes_call=minutes)


def test_a_reminder_moves_about_the_week_that_is_assumed(sample_home):
    """The truth of the sample says what each reminder did. No pipeline reads it; here we may."""
    truth = sample_home / "extracts" / "_truth" / "invoices.parquet"
    [(reminders, by_amount, median)] = duckdb.execute(
        "select count(*), sum(gross_cents * (unreminded_on - first_on)) / sum(gross_cents), "
        "median(unreminded_on - first_on) from read_parquet(?) "
        "where reminded_on is not null and first_on is not null and unreminded_on is not null",
        [str(truth)],
    ).fetchall()
    assert reminders > 50
    assert 2 <= median <= by_amount <= 14
    assert median <= Settings().collection.days_moved <= 14
