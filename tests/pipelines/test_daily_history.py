"""Every day of the history against the naive answer: each day asked anew, one at a time."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.dso import calendar_months, dso_family_countback, dso_simple
from models.measure import Measure
from pipelines import sql_tables
from pipelines.measures import BOOKS_TOO_SHORT
from pipelines.settings import Ageing, Settings
from pipelines.sql_tables import SQL, SqlTable
from published import snapshot
from tests.pipelines.books import Fec, build
from tests.pipelines.monthly import measured
from tests.pipelines.test_ledger_oracle import books, fec_of
from tests.pipelines.test_measures_oracle import books as measured_books
from tests.pipelines.test_measures_oracle import three_months_to

MILLIONTH = Decimal("0.000001")

KEPT = """
select entity_id, currency, bucket, amount from receivables.daily_balances
where day = $day and amount <> 0
"""

ASKED = """
select entity_id, currency, bucket, sum(amount)
from receivables.aged_balances($day, _bounds := $bounds)
group by all having sum(amount) <> 0
"""


def days_of(con) -> list[date]:
    return [
        day
        for (day,) in con.sql(
            "select distinct day from receivables.daily_balances order by 1"
        ).fetchall()
    ]


@settings(max_examples=6, deadline=None)
@given(
    lines=books(),
    bounds=st.lists(st.integers(1, 60), min_size=1, max_size=4, unique=True).map(sorted),
)
def test_the_balances_of_every_day_are_what_asking_each_day_gives(lines, bounds):
    told = Settings(ageing=Ageing(bounds=bounds))
    with build(fec_of(lines), settings=told, as_of="2024-06-30") as con:
        days = days_of(con)
        first = min((line.booked_on for line in lines), default=None)
        if first is not None:
            assert days == [
                first + timedelta(days=n) for n in range((date(2024, 6, 30) - first).days + 1)
            ]
        for day in days:
            kept = con.execute(KEPT, {"day": day}).fetchall()
            asked = con.execute(ASKED, {"day": day, "bounds": bounds}).fetchall()
            assert sorted(kept) == sorted(asked), day


def dso_by_models(con, day, currency):
    """DSO of one day, from the items that were booked by then."""
    [(begun_on,)] = con.sql(
        "select date_trunc('month', min(booked_on))::date from ledger.items"
    ).fetchall()
    sold: dict = defaultdict(Decimal)
    for booked_on, amount in con.execute(
        "select booked_on, amount from ledger.items where kind in ('invoice', 'credit_note') "
        "and booked_on <= ? and currency = ?",
        [day, currency],
    ).fetchall():
        sold[booked_on] += amount
    [(receivable, overdue)] = con.execute(
        "select coalesce(sum(amount), 0), coalesce(sum(amount) filter (where is_overdue), 0) "
        "from receivables.aged_balances(?) where currency = ?",
        [day, currency],
    ).fetchall()
    by_month: dict = defaultdict(Decimal, {begun_on: Decimal(0)})
    for booked_on, amount in sold.items():
        by_month[booked_on.replace(day=1)] += amount
    countback = dso_family_countback(receivable, overdue, calendar_months(by_month, as_of=day))
    since = three_months_to(day)
    simple = Measure(None, note=BOOKS_TOO_SHORT)
    if since >= begun_on:
        sales = sum((a for d, a in sold.items() if since <= d), Decimal(0))
        simple = dso_simple(receivable, sales, (day - since).days + 1)
    return {
        "dso_simple": simple,
        "dso_countback": countback.dso,
        "dso_best_possible": countback.best_possible,
        "add_days": countback.add,
    }


def rounded(measure):
    value = measure.value
    if value is not None:
        value = value.quantize(MILLIONTH, ROUND_HALF_UP)
    return value, measure.is_lower_bound, measure.note


@settings(max_examples=6, deadline=None)
@given(given=measured_books(), chosen=st.randoms(use_true_random=False))
def test_the_dso_of_every_day_is_what_the_models_say_of_it(given, chosen):
    fec, as_of = given
    with build(fec, as_of=str(as_of)) as con:
        days = days_of(con)
        for day in chosen.sample(days, min(len(days), 15)):
            rows = con.execute(
                "select measure, value, is_lower_bound, note from measures.daily_dso "
                "where day = ? and currency = 'EUR' and entity_id = 'main'",
                [day],
            ).fetchall()
            assert len(rows) == 4
            kept = {measure: told for measure, *told in rows}
            asked = dso_by_models(con, day, "EUR")
            assert kept == {name: list(rounded(each)) for name, each in asked.items()}, day


def test_a_day_within_a_month_counts_the_days_so_far():
    fec = Fec().sale("2024-01-10", "C1", "310.00").sale("2024-02-05", "C1", "100.00")
    con = build(fec, as_of="2024-02-29")
    told = dict(
        con.sql(
            "select day, value from measures.daily_dso where measure = 'dso_countback' "
            "and entity_id = 'main' and day in (date '2024-02-04', date '2024-02-10')"
        ).fetchall()
    )
    # Nothing is sold in February by the 4th: its 4 days, and all of January. By the 10th: 10 + 31.
    assert told == {date(2024, 2, 4): 35, date(2024, 2, 10): 41}


def two_firms():
    """One firm of two entities: the first is paid at once, the second never."""
    one, other = Fec("one", "one"), Fec("other", "other")
    for month in range(1, 7):
        one.sale(f"2024-{month:02}-10", "A", "300.00", lettering=f"{month}")
        one.receipt(f"2024-{month:02}-11", "A", "300.00", lettering=f"{month}")
        other.sale(f"2024-{month:02}-10", "B", "100.00")
    return one, other


def dso_of(con, day, entity):
    return {
        measure: (value, note)
        for measure, value, note in con.execute(
            "select measure, value, note from measures.daily_dso where day = ? and entity_id = ?",
            [day, entity],
        ).fetchall()
    }


def test_all_entities_of_a_currency_have_one_dso_that_is_no_mean_of_theirs():
    con = build(*two_firms(), as_of="2024-06-30")
    # 600 owed by B. All sell 400 a month: June is wholly owed, and 200 / 400 of May's 31 days.
    assert dso_of(con, date(2024, 6, 30), "*")["dso_countback"][0] == Decimal("45.5")
    assert dso_of(con, date(2024, 6, 30), "one")["dso_countback"][0] == 0
    assert dso_of(con, date(2024, 6, 30), "other")["dso_countback"][0] == 182


def test_the_firm_has_a_simple_dso_once_the_books_of_each_entity_reach_back():
    one, _ = two_firms()
    late = Fec("late", "late").sale("2024-04-10", "C", "50.00")
    con = build(one, late, as_of="2024-06-30")
    assert dso_of(con, date(2024, 3, 31), "*")["dso_simple"] == (Decimal(0), None)
    assert dso_of(con, date(2024, 5, 31), "*")["dso_simple"] == (None, BOOKS_TOO_SHORT)
    assert dso_of(con, date(2024, 6, 30), "*")["dso_simple"][0] == Decimal("4.789474")  # 50/950x91


def test_an_entity_whose_opening_is_paid_at_once_is_one_of_the_firm_on_a_month_end_too():
    one, _ = two_firms()
    late = Fec("late", "late").opening("2024-04-01", ("C", "50.00", {"lettering": "A"}))
    late.receipt("2024-04-10", "C", "50.00", lettering="A")
    con = measured(one, late, as_of="2024-06-30")
    for day in (date(2024, 4, 30), date(2024, 5, 31)):
        [told] = con.execute(
            "select value, note from measures.monthly where month_end = ? and scope = 'firm' "
            "and measure = 'dso_simple'",
            [day],
        ).fetchall()
        assert told == (None, BOOKS_TOO_SHORT)
        assert dso_of(con, day, "*")["dso_simple"] == told


def test_the_books_of_the_firm_reach_no_further_back_for_what_comes_later():
    dollars = {"currency": "USD", "currency_amount": Decimal(100)}
    one = (
        Fec("one", "one").sale("2024-01-10", "A", "300.00").sale("2024-06-10", "A", "90", **dollars)
    )
    other = Fec("other", "other").opening("2024-03-01", ("B", "90.00", dollars))
    con = measured(one, other, as_of="2024-06-30")
    day = date(2024, 4, 30)
    asked = (
        "select value, is_lower_bound from {table} where currency = 'USD' and entity_id = '*' "
        "and measure = 'dso_countback'"
    )
    # Nothing was sold in dollars by then, and nobody had dollars before March: 31 + 30 days.
    for table in (
        "(from measures.monthly where month_end = $day)",
        "(from measures.daily_dso where day = $day)",
        "measures.at($day)",
        "(from measures.daily_dso_known($day) where day = $day)",
    ):
        told = con.execute(asked.format(table=table), {"day": day}).fetchall()
        assert told == [(Decimal(61), True)], table


def test_a_past_day_is_asked_as_it_was_known_then():
    fec = Fec().sale("2024-01-10", "C1", "100.00", validated_on=date(2024, 1, 10))
    fec.sale("2024-01-20", "C1", "50.00", validated_on=date(2024, 3, 1))
    con = build(fec, as_of="2024-06-30")
    asked = (
        "select sum(amount) from receivables.daily_balances_known("
        "date '2024-06-30', _known_on := {known}) where day = date '2024-01-31'"
    )
    assert con.sql(asked.format(known="date '2024-02-15'")).fetchall() == [(Decimal(100),)]
    assert con.sql(asked.format(known="date '2024-03-15'")).fetchall() == [(Decimal(150),)]
    same = "from {table} except all from {macro}(date '2024-06-30')"
    for table in ("receivables.daily_balances", "measures.daily_dso"):
        assert con.sql(same.format(table=table, macro=f"{table}_known")).fetchall() == []
    dso = (
        "select value from measures.daily_dso_known(date '2024-06-30', _known_on := {known}) "
        "where day = date '2024-01-31' and measure = 'dso_countback' and entity_id = 'main'"
    )
    assert con.sql(dso.format(known="date '2024-02-15'")).fetchall() == [(31,)]


@settings(max_examples=4, deadline=None)
@given(given=measured_books())
def test_a_table_made_of_some_customers_at_a_time_is_the_same(given):
    fec, as_of = given
    tables = ("receivables.month_ends", "measures.inputs")
    with build(fec, as_of=str(as_of)) as con:
        whole = [con.sql(f"from {table} order by all").fetchall() for table in tables]
        [(customers,)] = con.sql("select count(*) from receivables.series").fetchall()
        with patch.object(sql_tables, "RANGE_ROWS", 2):
            for table in tables:
                made = SqlTable.read(SQL / f"{table.replace('.', '/')}.sql")
                assert len(made._selects(con)) >= min(2, customers)
                made.create(con)
        parts = [con.sql(f"from {table} order by all").fetchall() for table in tables]
    assert parts == whole


@settings(max_examples=3, deadline=None)
@given(given=measured_books())
def test_the_measures_of_any_day_are_those_of_a_snapshot_of_that_day(given):
    fec, as_of = given
    same = (
        "from measures.at({day}) except all (select * exclude (month_end) from measures.monthly "
        "where month_end = {day})"
    )
    with measured(fec, as_of=str(as_of)) as con:
        asked = con.sql(f"from measures.at(date '{as_of}') order by all").fetchall()
        assert asked or as_of < min(line["entry_on"] for line in fec.lines)
        ends = con.sql("select distinct month_end from measures.monthly order by 1").fetchall()
        for (month_end,) in ends[1::2]:
            assert con.sql(same.format(day=f"date '{month_end}'")).fetchall() == []
    with measured(fec, as_of="2024-12-31") as con:
        assert con.sql(f"from measures.at(date '{as_of}') order by all").fetchall() == asked


def test_a_measure_is_asked_as_it_was_known():
    fec = Fec().sale("2024-01-10", "C1", "300.00", "F1", lettering="A")
    fec.sale("2024-02-10", "C1", "100.00", "F2")
    fec.receipt("2024-03-05", "C1", "300.00", lettering="A", lettered_on=date(2024, 4, 20))
    con = measured(fec, as_of="2024-06-30")

    def asked(known_on):
        return dict(
            con.sql(
                "select measure, value from measures.at("
                f"date '2024-03-31', _known_on := {known_on}) where scope = 'entity'"
            ).fetchall()
        )

    # On 31 March nobody had said what the 300 had paid: F1 and F2 were open, and 400 late.
    assert asked("date '2024-03-31'")["overdue_percent"] == 100
    assert asked("date '2024-03-31'")["days_to_pay"] is None
    assert asked("date '2024-03-31'")["dso_simple"] == Decimal("22.75")  # 100 / 400 x 91 either way
    assert asked("null")["days_to_pay"] == 55  # 10 January to 5 March
    assert asked("null")["days_beyond_terms_open"] == Decimal(
        "23.75"
    )  # (300 x 25 + 100 x 20) / 400


def test_a_payment_counts_from_the_first_extract_that_shows_its_lettering():
    def books(name, *months):
        fec = Fec(name).sale("2024-01-10", "C1", "300.00", "F1", lettering="A")
        fec.receipt("2024-03-05", "C1", "300.00", lettering="A")
        for month in months:
            fec.sale(f"2024-{month}-20", "C1", "10.00")
        return fec

    con = measured(books("march", "03"), books("april", "03", "04"), as_of="2024-04-30")
    [(known_on,)] = con.sql("select known_on from measures.payments").fetchall()
    assert known_on == date(2024, 3, 20)
    asked = (
        "select value from measures.at(date '2024-03-31', _known_on := date '2024-03-31') "
        "where scope = 'entity' and measure = 'days_to_pay'"
    )
    assert con.sql(asked).fetchall() == [(Decimal(55),)]


def test_a_payment_is_one_until_it_is_known_to_have_come_back():
    fec = Fec().sale("2024-01-10", "C1", "300.00", "F1", lettering="A")
    fec.receipt("2024-03-05", "C1", "300.00", lettering="A", lettered_on=date(2024, 3, 6))
    fec.entry(
        "2024-04-08",
        ("411000", "C1", "300.00", {"label": "rejet prelevement"}),
        ("512000", None, "-300.00"),
    )
    con = measured(fec, as_of="2024-06-30")
    asked = (
        "select value from measures.at(date '2024-04-30', _known_on := date '{known}') "
        "where scope = 'entity' and measure = 'days_to_pay'"
    )
    for known, days in (("03-05", None), ("03-06", 55), ("04-07", 55), ("04-08", None)):
        assert con.sql(asked.format(known=f"2024-{known}")).fetchall() == [(days,)], known


@pytest.mark.parametrize("part", range(4))
def test_the_history_of_the_sample_company_is_what_asking_its_days_gives(sample_home, part):
    pointer = snapshot.current(sample_home)
    with snapshot.connect(pointer) as con:
        days = days_of(con)
        for day in days[part * 37 + 5 :: 149]:
            kept = con.execute(KEPT, {"day": day}).fetchall()
            asked = con.execute(ASKED, {"day": day, "bounds": [30, 60, 90, 120]}).fetchall()
            assert sorted(kept) == sorted(asked), day


def test_the_dso_of_a_month_end_is_the_monthly_measure(sample_home):
    with snapshot.connect(snapshot.current(sample_home)) as con:
        [(both, differing)] = con.sql(
            "select count(*), count(*) filter ("
            "where (daily.value, daily.is_lower_bound, daily.note) is distinct from "
            "(monthly.value, monthly.is_lower_bound, monthly.note)) "
            "from measures.daily_dso as daily join measures.monthly as monthly "
            "on monthly.month_end = daily.day and monthly.entity_id = daily.entity_id "
            "and monthly.currency = daily.currency and monthly.measure = daily.measure "
            "and monthly.scope in ('entity', 'firm')"
        ).fetchall()
        [(days,)] = con.sql(
            "select count(*) from measures.daily_dso where day in "
            "(select month_end from measures.monthly)"
        ).fetchall()
    assert both == days
    assert differing == 0
