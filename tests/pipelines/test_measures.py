"""The monthly measures of small books, worked by hand. Terms are 30 days net."""

from datetime import date
from decimal import Decimal

from models.lawful_terms import NO_RULE_KNOWN
from pipelines.measures import LIMIT, OF_TOP_DEBTORS
from pipelines.settings import Defaults, Settings
from published import snapshot
from tests.pipelines.books import Fec
from tests.pipelines.monthly import measured, quarter, rows, values


def test_every_measure_of_a_quarter():
    con = measured(quarter(), as_of="2024-03-31")
    assert values(con, "2024-03-31") == {
        "dso_simple": "49.00",  # 1,400 owed / 2,600 sold x 91 days
        "dso_countback": "60.00",  # all of March, 31 days, and all of February, 29
        "dso_best_possible": "31.00",  # 600 are not late: all of March
        "add_days": "29.00",
        "cei_percent": "60.00",  # (0 + 2,600 - 1,400) / (0 + 2,600 - 600)
        "days_beyond_terms_paid": "35.00",  # due on 14 February, paid on 20 March
        "days_beyond_terms_open": "29.00",  # (1,200 x 35 + 800 x 20) / 2,000
        "days_to_pay": "65.00",
        "turnover": None,
        "overdue_percent": "57.14",  # 800 / 1,400
        "concentration_percent": "100.00",
        "lawful_terms_percent": "100.00",
    }


def test_the_measures_of_one_customer():
    con = measured(quarter(), as_of="2024-03-31")
    second = values(con, "2024-03-31", scope="customer", customer_id="C2")
    assert second["dso_simple"] == "91.00"
    assert second["dso_countback"] == "31.00"
    assert second["overdue_percent"] == "0.00"
    assert second["days_to_pay"] is None
    assert "concentration_percent" not in second


def test_currencies_stay_apart():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "100.00")
        .sale("2024-01-10", "C1", "90.00", currency="USD", currency_amount=Decimal("99.00"))
    )
    con = measured(fec, as_of="2024-03-31")
    owed = con.sql(
        "select currency, receivable from measures.inputs "
        "where month_end = date '2024-03-31' order by 1"
    ).fetchall()
    assert owed == [("EUR", Decimal("100.00")), ("USD", Decimal("99.00"))]
    assert values(con, "2024-03-31", currency="USD")["dso_simple"] == "91.00"


FIRMS = [
    {"customer_id": "C1", "segment": "GMS", "parent_id": "H"},
    {"customer_id": "C2", "segment": "GMS", "parent_id": "H"},
    {"customer_id": "C3", "segment": "PME"},
    {"customer_id": "C4"},
]


def test_a_segment_has_the_measures_of_its_customers_added_together():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "300.00")
        .sale("2024-03-10", "C2", "100.00")
        .sale("2024-03-10", "C4", "50.00")
    )
    con = measured(fec, customers=FIRMS, as_of="2024-03-31")
    found = values(con, "2024-03-31", scope="segment", segment="GMS")
    assert found["overdue_percent"] == "75.00"
    segments = con.sql("select distinct segment from measures.monthly where scope = 'segment'")
    assert segments.fetchall() == [("GMS",)]


def test_a_group_is_one_debtor():
    fec = Fec()
    for number in range(3, 14):  # eleven debtors of 10
        fec.sale("2024-03-10", f"C{number}", "10.00")
    fec.sale("2024-03-10", "C1", "60.00").sale("2024-03-10", "C2", "30.00")
    con = measured(fec, customers=FIRMS, as_of="2024-03-31")
    # The group owes 90; with nine others the top ten owe 180 of 200.
    assert rows(con, "2024-03-31")["concentration_percent"] == [
        Decimal("90.00"),
        False,
        OF_TOP_DEBTORS,
    ]


def test_terms_decide_whether_the_end_of_a_month_is_lawful():
    terms = [
        {"customer_id": "C1", "payment_terms": "45 jours fin de mois"},
        {"customer_id": "C2", "payment_terms": "75 net"},
    ]
    fec = (
        Fec()
        .sale("2024-01-16", "C1", "300.00")  # 1 March, then 31 March: 75 days, and lawful
        .sale("2024-01-16", "C2", "100.00")  # 31 March too, but not by an end of month
    )
    con = measured(fec, customers=terms, as_of="2024-03-31")
    assert values(con, "2024-03-31")["lawful_terms_percent"] == "75.00"


def test_a_stated_due_date_speaks_alone():
    fec = Fec().sale("2024-01-16", "C2", "100.00", due_on=date(2024, 3, 31))
    con = measured(
        fec, customers=[{"customer_id": "C2", "payment_terms": "75 net"}], as_of="2024-03-31"
    )
    assert values(con, "2024-03-31")["lawful_terms_percent"] == "100.00"


def test_a_country_without_a_rule_has_no_lawful_terms():
    settings = Settings(defaults=Defaults(country="JP"))
    con = measured(quarter(), settings=settings, as_of="2024-03-31")
    assert rows(con, "2024-03-31")["lawful_terms_percent"] == [None, False, NO_RULE_KNOWN]


def test_a_figure_that_comes_of_next_to_no_sales_is_not_given():
    huge = "900000000000.00"
    assert Decimal(huge) * 90 / Decimal("0.01") > LIMIT
    fec = Fec().opening("2024-01-01", ("C1", huge)).sale("2024-03-10", "C1", "0.01")
    con = measured(fec, as_of="2024-03-31")
    value, _, note = rows(con, "2024-03-31")["dso_simple"]
    assert value is None
    assert note == "too large a figure to mean anything"


def test_figures_are_rounded_half_away_from_zero_at_the_sixth_decimal():
    fec = Fec().sale("2024-01-10", "C1", "64.00", lettering="A").sale("2024-02-10", "C1", "64.00")
    fec.receipt("2024-03-10", "C1", "0.01", lettering="A")
    con = measured(fec, as_of="2024-03-31")
    [(value,)] = con.sql(
        "select value from measures.monthly where scope = 'entity' and measure = 'cei_percent' "
        "and month_end = date '2024-03-31'"
    ).fetchall()
    assert value == Decimal("0.007813")  # 0.01 / 128 = 0.0078125 %


def test_the_measures_of_a_snapshot_are_of_the_receivable_that_it_ties(sample_home):
    pointer = snapshot.current(sample_home)
    totals = {
        (total.entity, total.currency): total.open_items
        for total in pointer.control_totals
        if total.open_items
    }
    with snapshot.connect(pointer) as con:
        owed = con.execute(
            "select entity_id, currency, sum(receivable) from measures.inputs "
            "where month_end = ? group by all having sum(receivable) <> 0",
            [pointer.as_of],
        ).fetchall()
        assert {(entity, currency): amount for entity, currency, amount in owed} == totals
        [(days,)] = con.execute(
            "select count(*) from measures.monthly where scope = 'entity' "
            "and month_end = ? and measure = 'dso_countback' and value > 0",
            [pointer.as_of],
        ).fetchall()
        assert days == len(totals)


def test_no_books_no_measures():
    con = measured(Fec(), as_of="2024-03-31")
    assert con.sql("select count(*) from measures.monthly").fetchall() == [(0,)]


def test_no_measure_and_no_input_is_a_float():
    con = measured(quarter(), as_of="2024-03-31")
    types = con.sql(
        "select distinct data_type from information_schema.columns where table_schema = 'measures'"
    ).fetchall()
    assert {"DECIMAL(18,6)", "DECIMAL(38,2)"} <= {kind for (kind,) in types}
    assert not {"DOUBLE", "FLOAT"} & {kind for (kind,) in types}
