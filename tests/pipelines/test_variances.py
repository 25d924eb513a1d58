"""Forecast against actual, on books that can be checked by hand.

The forecast was made on Sunday 31 March 2024; the weeks are those of 1 and of 22 April.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.predictions.variances import explain_weeks, make_history, make_variances
from pipelines.settings import Settings
from tests.pipelines.books import Fec, build, lettered

SAID_ON, FIRST, LAST = date(2024, 3, 31), date(2024, 4, 1), date(2024, 4, 7)
FOURTH = date(2024, 4, 22), date(2024, 4, 28)

BACKTEST = """
create schema if not exists predictions;
create table predictions.backtest_weeks (
    entity_id varchar, currency varchar, origin_on date, horizon_week integer, method varchar,
    forecast_amount decimal(18, 2), low_80 decimal(18, 2), high_80 decimal(18, 2)
)
"""


def books(*fecs, as_of="2024-04-30"):
    con = build(*fecs, as_of=as_of)
    con.execute(BACKTEST)
    for name in ("cash_forecast", "expected_receipts", "payment_periods"):
        con.execute(f"create table staging.kept as from staging.archived_{name}")
        con.execute(f"drop view staging.archived_{name}")
        con.execute(f"alter table staging.kept rename to archived_{name}")
    return con


def say(  # noqa: PLR0913
    con, total, *parts, on=SAID_ON, version="v1", period=1, week=(FIRST, LAST), entity="main"
):
    """Say an amount for a week; a part is (customer, source, amount[, document])."""
    common = {
        "forecast_on": on, "version": version, "entity_id": entity, "currency": "EUR",
        "period": period, "first_on": week[0], "last_on": week[1],
    }  # fmt: skip
    low, high = Decimal(total) - 10, Decimal(total) + 10
    insert(con, "cash_forecast", **common, kind="week", is_partial=False, source="total",
           amount=total, low_80=low, high_80=high)  # fmt: skip
    for customer, source, amount, *document in parts:
        insert(con, "expected_receipts", **common, kind="week", customer_id=customer,
               source=source, amount=amount)  # fmt: skip
        if document:
            [(item_id, open_amount)] = con.execute(
                "select item_id, amount from ledger.items where document_ref = ? and amount > 0 "
                "and kind <> 'adjustment'",
                document,
            ).fetchall()
            insert(con, "payment_periods", **common, customer_id=customer, item_id=item_id,
                   open_amount=open_amount, amount=amount)  # fmt: skip


def insert(con, table, **values):
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    con.execute(
        f"insert into staging.archived_{table} ({names}) values ({marks})", list(values.values())
    )


def variances(con, first_on=FIRST):
    make_variances(con, Settings())
    rows = con.execute(
        "select customer_id, cause, amount from predictions.variances where first_on = ? "
        "order by all",
        [first_on],
    ).fetchall()
    return {(customer, cause): str(amount) for customer, cause, amount in rows}


def history(con):
    make_history(con, Settings())
    return con.sql(
        "select forecast_on, version, entity_id, first_on, said_amount::varchar, "
        "actual_amount::varchar, origin from predictions.forecast_history order by all"
    ).fetchall()


@pytest.fixture(scope="module")
def explained():
    """One week of several customers, each a case of its own: customer -> cause -> amount."""
    fec, said = Fec(), []

    def owes(customer, said_amount, *, letter=None, ref="F1", amount="100.00"):
        """An invoice of March, of which so much was said for the week."""
        lettering = lettered(letter, "2024-04-25") if letter else {}
        fec.sale("2024-03-01", customer, amount, f"{customer}-{ref}", **lettering)
        if said_amount:
            said.append((customer, "open_book", said_amount, f"{customer}-{ref}"))

    def pays(day, customer, amount, *, letter=None):
        lettering = lettered(letter, "2024-04-25") if letter else {}
        fec.receipt(f"2024-{day}", customer, amount, **lettering)

    owes("paid later", "60.00", letter="A")
    pays("04-09", "paid later", "100.00", letter="A")
    owes("paid now", "60.00", letter="A")
    pays("04-04", "paid now", "100.00", letter="A")
    owes("silent", "60.00")
    owes("credited", "15.00", letter="A")
    fec.entry(
        "2024-04-03",
        ("701000", None, "83.33"), ("445710", None, "16.67"),
        ("411000", "credited", "-100.00", lettered("A", "2024-04-25")),
        journal="VE",
    )  # fmt: skip
    owes("paid partly", "60.00", letter="a")
    pays("04-04", "paid partly", "30.00", letter="a")

    fec.sale("2024-04-01", "new", "100.00", "N1", **lettered("A", "2024-04-25"))
    pays("04-05", "new", "100.00", letter="A")
    said += [("new", "new_invoices", "70.00"), ("newer", "new_invoices", "10.00")]

    owes("on account", "40.00", ref="F1")
    owes("on account", "20.00", ref="F2", amount="70.00")
    pays("04-04", "on account", "100.00")
    owes("on account later", "60.00")
    pays("04-16", "on account later", "100.00")
    pays("04-04", "unknown", "100.00")
    fec.sale("2024-04-02", "new on account", "100.00", "N2")
    pays("04-04", "new on account", "100.00")
    said.append(("new on account", "new_invoices", "30.00"))

    owes("came back", None, letter="A")
    pays("03-28", "came back", "100.00", letter="A")
    fec.entry(
        "2024-04-03",
        ("411000", "came back", "100.00", {"label": "Rejet prelevement"}),
        ("512000", None, "-100.00"),
        journal="BQ",
    )
    owes("bill", "60.00", letter="A")
    fec.entry(
        "2024-03-20",
        ("413000", "bill", "100.00", {"document_ref": "T1", **lettered("B", "2024-04-25")}),
        ("411000", "bill", "-100.00", lettered("A", "2024-03-20")),
    )
    fec.entry(
        "2024-04-04",
        ("512000", None, "100.00"), ("413000", "bill", "-100.00", lettered("B", "2024-04-25")),
        journal="BQ",
    )  # fmt: skip
    con = books(fec)
    say(con, str(sum(Decimal(amount) for _, _, amount, *_ in said)), *said)
    found = defaultdict(dict)
    for (customer, cause), amount in variances(con).items():
        found[customer][cause] = amount
    return found


@pytest.mark.parametrize(
    ("customer", "causes"),
    [
        ("paid later", {"timing": "-60.00"}),
        ("paid now", {"timing": "40.00"}),  # more of it came than had been thought likely
        ("silent", {"not_paid": "-60.00"}),
        ("credited", {"amount": "-15.00"}),
        ("paid partly", {"amount": "-30.00"}),
        ("new", {"new_sales": "30.00"}),
        ("newer", {"new_sales": "-10.00"}),
        ("on account", {"timing": "60.00", "not_paid": "-20.00"}),  # it covers F1 to the cent
        ("on account later", {"timing": "-60.00"}),
        ("unknown", {"other": "100.00"}),
        ("new on account", {"new_sales": "70.00"}),
        ("came back", {"not_paid": "-100.00"}),  # taken off in the week of its return
        ("bill", {"timing": "40.00"}),  # still the invoice that it was made of
    ],
)
def test_a_difference_is_told_by_its_cause(explained, customer, causes):
    assert explained[customer] == causes


def test_new_sales_that_were_foreseen_of_nobody_are_told_of_nobody():
    fec = Fec().sale("2024-04-01", "acme", "100.00", "F1", **lettered("A", "2024-04-20"))
    con = books(fec.receipt("2024-04-05", "acme", "100.00", **lettered("A", "2024-04-20")))
    say(con, "80.00", (None, "new_invoices", "80.00"))
    assert variances(con) == {(None, "new_sales"): "20.00"}


def test_what_was_said_of_no_customer_is_told_of_none():
    con = books(Fec().sale("2024-03-01", "acme", "100.00", "F1"))
    say(con, "60.05", ("acme", "open_book", "60.00", "F1"))
    assert variances(con) == {("acme", "not_paid"): "-60.00", (None, "other"): "-0.05"}


def test_a_week_is_explained_as_it_was_said_the_week_before_and_four_before():
    con = books(Fec().sale("2024-03-01", "acme", "100.00", "F1"))
    second = date(2024, 4, 8), date(2024, 4, 14)
    for period, week in ((1, (FIRST, LAST)), (2, second), (4, FOURTH)):
        say(con, "10.00", ("acme", "open_book", "10.00", "F1"), period=period, week=week)
    make_variances(con, Settings())
    weeks = con.sql("select first_on, amount::varchar from predictions.variances order by all")
    assert weeks.fetchall() == [(FIRST, "-10.00"), (FOURTH[0], "-10.00")]


def test_a_week_that_is_not_over_is_not_explained():
    con = books(Fec().sale("2024-03-01", "acme", "100.00", "F1"), as_of="2024-04-06")
    say(con, "60.00", ("acme", "open_book", "60.00", "F1"))
    assert variances(con) == {}
    [(*_, actual, _)] = history(con)
    assert actual is None


def test_the_last_forecast_of_a_week_is_the_one_that_is_held_against_the_actual():
    con = books(Fec().receipt("2024-04-04", "acme", "5.00"))
    say(con, "60.00", on=date(2024, 3, 26), version="v1")
    say(con, "70.00", on=date(2024, 3, 29), version="v2")
    say(con, "80.00", on=date(2024, 4, 30), version="v3")  # today's: not yet past
    assert history(con) == [
        (date(2024, 3, 29), "v2", "main", FIRST, "70.00", "5.00", "published"),
    ]


def test_before_the_first_published_forecast_history_is_replayed():
    con = books(Fec().receipt("2024-03-20", "acme", "7.00").receipt("2024-04-04", "acme", "5.00"))
    say(con, "60.00")
    for origin, horizon in ((date(2024, 3, 10), 2), (date(2024, 3, 31), 1), (date(2024, 4, 7), 1)):
        con.execute(
            "insert into predictions.backtest_weeks values "
            "('main', 'EUR', ?, ?, 'encaisse', 11, 1, 21), ('main', 'EUR', ?, ?, 'ets', 9, 1, 21)",
            [origin, horizon, origin, horizon],
        )
    assert history(con) == [
        (date(2024, 3, 10), None, "main", date(2024, 3, 18), "11.00", "7.00", "replayed"),
        (SAID_ON, "v1", "main", FIRST, "60.00", "5.00", "published"),
    ]


def test_all_entities_together_are_held_against_all_receipts():
    fecs = (
        Fec("one", "one").receipt("2024-04-02", "acme", "7.00"),
        Fec("two", "two").receipt("2024-04-04", "acme", "5.00"),
    )
    con = books(*fecs)
    say(con, "20.00", entity="*")
    say(con, "10.00", entity="gone")  # another firm's, in the same home
    assert history(con) == [(SAID_ON, "v1", "*", FIRST, "20.00", "12.00", "published")]
    assert variances(con) == {}


def test_a_home_without_a_past_has_empty_tables():
    con = books(Fec().sale("2024-03-01", "acme", "100.00", "F1"))
    assert history(con) == []
    assert variances(con) == {}


CENTS = st.integers(0, 10**9)


@st.composite
def drawn_weeks(draw):
    """What was said and what became of it, without rhyme or reason."""
    said, customers, documents = {}, {}, {}
    for week_id in range(draw(st.integers(1, 3))):
        said[week_id] = draw(CENTS)
        for who in draw(st.sets(st.sampled_from([None, "acme", "bolt", "cask"]))):
            customers[week_id, who] = {
                name: draw(st.integers(-(10**9), 10**9) if name == "received" else CENTS)
                for name in ("received", "said_open_book", "said_new")
            }
        for who in draw(st.sets(st.sampled_from(["acme", "bolt"]))):
            shares = draw(st.tuples(*[st.integers(-(10**9), 10**9)] * 3))
            document_said = draw(CENTS)
            documents[week_id, who] = {
                "said": document_said,
                "paid": document_said + sum(shares),
                "paid_new": draw(CENTS),
                "covered": draw(CENTS),
                "covered_new": draw(CENTS),
                "shares": shares,
            }
    return said, customers, documents


@given(drawn_weeks())
def test_the_causes_add_up_to_the_difference_to_the_cent_whatever_happened(drawn):
    said, customers, documents = drawn
    found = list(explain_weeks(said, customers, documents))
    for week_id, total in said.items():
        causes = sum(sum(each.values()) for (of_week, _), each in found if of_week == week_id)
        received = sum(
            row["received"] for (of_week, _), row in customers.items() if of_week == week_id
        )
        assert causes == received - total
    assert len({key for key, _ in found}) == len(found)


@pytest.mark.parametrize("cents", [10**13, 7])
def test_the_largest_amounts_are_explained_to_the_cent(cents):
    fec = Fec().sale("2024-03-01", "acme", Decimal(cents) / 100, "F1")
    con = books(fec)
    said = str(Decimal(cents // 3) / 100)
    say(con, said, ("acme", "open_book", said, "F1"))
    assert variances(con) == {("acme", "not_paid"): "-" + f"{Decimal(said):.2f}"}
