"""The monthly measures of small books, worked by hand. Terms are 30 days net."""

from datetime import date
from decimal import Decimal

import pytest

from models.lawful_terms import NO_RULE_KNOWN
from pipelines.measures import BOOKS_TOO_SHORT, LIMIT, OF_TOP_DEBTORS, make_monthly
from pipelines.settings import Defaults, Settings
from published import snapshot
from tests.pipelines.books import Fec, build


def measured(*fecs, settings=None, **given):
    con = build(*fecs, settings=settings, **given)
    make_monthly(con, settings or Settings())
    return con


def rows(con, day, *, scope="entity", **of):
    """(value with two decimals, is_lower_bound, note) by measure."""
    where = "".join(f" and {column} = ${column}" for column in of)
    found = con.execute(
        "select measure, round(value, 2), is_lower_bound, note from measures.monthly "
        f"where scope = $scope and month_end = $day {where}",
        {"scope": scope, "day": date.fromisoformat(day), **of},
    ).fetchall()
    assert len(found) == len({measure for measure, *_ in found}), "more than one answer"
    return {measure: rest for measure, *rest in found}


def values(con, day, **of):
    found = rows(con, day, **of)
    return {name: None if value is None else str(value) for name, (value, *_) in found.items()}


def inputs(con, day, customer="C1"):
    found = con.execute(
        "from measures.inputs where month_end = ? and customer_id = ?",
        [date.fromisoformat(day), customer],
    )
    return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))


@pytest.fixture
def quarter():
    """Three invoices, the first paid 35 days late; on 31 March the second is 20 days late."""
    return (
        Fec()
        .sale("2024-01-15", "C1", "1200.00", "F1", lettering="A")
        .sale("2024-02-10", "C1", "800.00", "F2")
        .sale("2024-03-05", "C2", "600.00", "F3")
        .receipt("2024-03-20", "C1", "1200.00", lettering="A")
    )


def test_every_measure_of_a_quarter(quarter):
    con = measured(quarter, as_of="2024-03-31")
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


def test_the_measures_of_one_customer(quarter):
    con = measured(quarter, as_of="2024-03-31")
    second = values(con, "2024-03-31", scope="customer", customer_id="C2")
    assert second["dso_simple"] == "91.00"
    assert second["dso_countback"] == "31.00"
    assert second["overdue_percent"] == "0.00"
    assert second["days_to_pay"] is None
    assert "concentration_percent" not in second


def test_a_past_month_knows_nothing_of_what_came_later(quarter):
    con = measured(quarter, as_of="2024-03-31")
    february = values(con, "2024-02-29")
    assert february["days_to_pay"] is None
    assert february["dso_countback"] == "60.00"  # 29 days and all 31 of January
    assert february["overdue_percent"] == "60.00"  # 1,200, due on 14 February, of 2,000


def test_the_last_month_goes_as_far_as_the_day(quarter):
    con = measured(quarter, as_of="2024-04-10")
    found = values(con, "2024-04-10")
    # Three months back from the day: 11 January to 10 April, 91 days, all three invoices.
    assert found["dso_simple"] == "49.00"
    # 10 days without sales, then March and February.
    assert found["dso_countback"] == "70.00"
    assert found["cei_percent"] == "46.15"  # (0 + 2,600 - 1,400) / (0 + 2,600 - 0)
    [(last,)] = con.sql("select max(month_end) from measures.monthly").fetchall()
    assert last == date(2024, 4, 10)


def test_what_is_owed_three_months_before_a_day_within_a_month():
    fec = (
        Fec()
        .sale("2024-01-05", "C1", "100.00")
        .sale("2024-01-20", "C1", "40.00")
        .sale("2024-04-02", "C1", "7.00")
    )
    con = measured(fec, as_of="2024-04-15")
    found = inputs(con, "2024-04-15")
    assert found["opening_three_months"] == Decimal("100.00")
    assert found["sales_three_months"] == Decimal("47.00")
    assert found["sales"] == Decimal("7.00")
    assert found["sales_year"] == Decimal("147.00")


def test_books_that_do_not_reach_back_three_months_have_no_simple_dso(quarter):
    con = measured(quarter, as_of="2024-03-31")
    for measure in ("dso_simple", "cei_percent"):
        assert rows(con, "2024-02-29")[measure] == [None, False, BOOKS_TOO_SHORT]
    assert rows(con, "2024-03-31")["turnover"] == [None, False, BOOKS_TOO_SHORT]


def year_of_unpaid_invoices():
    fec = Fec().opening("2023-01-01", ("C1", "150.00"))
    for month in range(1, 13):
        fec.sale(f"2023-{month:02}-15", "C1", "50.00")
    return fec


def test_turnover_is_a_years_sales_over_thirteen_balances():
    con = measured(year_of_unpaid_invoices(), as_of="2023-12-31")
    # 600 sold; owed 150 at the opening of the books, then 200, 250 ... 750: 450 on average.
    assert values(con, "2023-12-31")["turnover"] == "1.33"


def test_a_year_that_ends_within_a_month_begins_the_day_after_that_day():
    fec = (
        Fec()
        .sale("2023-03-15", "C1", "100.00")
        .sale("2023-03-16", "C1", "10.00")
        .sale("2024-03-15", "C1", "1.00")
        .sale("2024-03-16", "C1", "1000.00")
    )
    con = measured(fec, as_of="2024-03-15")
    found = inputs(con, "2024-03-15")
    assert found["sales_year"] == Decimal("11.00")
    assert found["opening_year"] == Decimal("100.00")
    # Owed 100 a year before, 110 at twelve month ends, and 111: 1,531 / 14 on average.
    assert values(con, "2024-03-15")["turnover"] == "0.10"
    assert inputs(con, "2024-02-29")["sales_year"] == Decimal("110.00")


def test_what_the_books_open_with_is_owed_when_their_first_period_begins():
    con = measured(year_of_unpaid_invoices(), as_of="2023-12-31")
    assert inputs(con, "2023-03-31")["opening_three_months"] == Decimal("150.00")
    assert inputs(con, "2023-12-31")["opening_year"] == Decimal("150.00")
    assert inputs(con, "2023-04-30")["opening_three_months"] == Decimal("200.00")
    assert inputs(con, "2023-02-28")["opening_three_months"] == 0  # it begins before the books


def test_a_receivable_older_than_the_books_is_more_than_their_days():
    fec = Fec().opening("2024-01-01", ("C1", "5000.00")).sale("2024-02-10", "C1", "10.00")
    con = measured(fec, as_of="2024-03-31")
    value, is_lower_bound, note = rows(con, "2024-03-31")["dso_countback"]
    assert (value, is_lower_bound) == (91, True)  # January, before the first sale, included
    assert note == "the receivable is larger than all the sales known"


def test_a_credit_note_lowers_the_sales_and_pays_nothing():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "1200.00", "F1", lettering="A")
        .sale("2024-03-20", "C1", "600.00", "F2")
    )
    fec.entry(
        "2024-03-15",
        ("411000", "C1", "-1200.00", {"lettering": "A"}),
        ("701000", None, "1000.00"),
        ("445710", None, "200.00"),
    )
    con = measured(fec, as_of="2024-03-31")
    assert inputs(con, "2024-03-31")["sales_three_months"] == Decimal("600.00")
    found = values(con, "2024-03-31")
    assert found["days_to_pay"] is None
    assert found["dso_simple"] == "91.00"
    assert found["cei_percent"] is None  # nothing was to collect: 0 + 600 - 600


def test_cash_not_applied_lowers_what_is_owed_and_not_what_is_overdue():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "1000.00", "F1")
        .receipt("2024-03-10", "C1", "200.00")
        .sale("2024-02-10", "C1", "100.00", "F2")
    )
    con = measured(fec, as_of="2024-03-31")
    found = values(con, "2024-03-31")
    assert found["overdue_percent"] == "100.00"  # 1,100 / 1,100: the cash is in neither
    assert found["dso_simple"] == "74.45"  # 900 / 1,100 x 91
    assert found["dso_best_possible"] == "0.00"
    assert found["days_to_pay"] is None  # nobody has said what it paid


def test_a_payment_before_its_invoice_is_early_and_counts_once_both_are_booked():
    fec = (
        Fec()
        .receipt("2024-01-10", "C1", "300.00", lettering="A")
        .sale("2024-03-01", "C1", "300.00", "F1", lettering="A")
    )
    con = measured(fec, as_of="2024-03-31")
    assert values(con, "2024-02-29")["days_to_pay"] is None
    found = values(con, "2024-03-31")
    assert found["days_to_pay"] == "-51.00"
    assert found["days_beyond_terms_paid"] == "-81.00"


def returned_payment():
    """Paid on time, sent back by the bank, and made good on 20 May."""
    return (
        Fec()
        .sale("2024-01-10", "C1", "500.00", "F1", lettering="A")
        .receipt("2024-02-05", "C1", "500.00", lettering="A")
        .entry(
            "2024-02-12",
            ("411000", "C1", "500.00", {"label": "rejet prelevement", "lettering": "B"}),
            ("512000", None, "-500.00"),
        )
        .receipt("2024-05-20", "C1", "500.00", lettering="B")
    )


def test_a_returned_payment_has_paid_nothing():
    con = measured(returned_payment(), as_of="2024-04-30")
    assert values(con, "2024-04-30")["days_to_pay"] is None
    assert values(con, "2024-04-30")["days_beyond_terms_open"] == "81.00"  # due on 9 February


def test_a_payment_made_good_is_late_from_the_day_the_invoice_was_due():
    con = measured(returned_payment(), as_of="2024-05-31")
    found = values(con, "2024-05-31")
    assert found["days_to_pay"] == "131.00"  # 10 January to 20 May
    assert found["days_beyond_terms_paid"] == "101.00"
    assert con.sql("select count(*) from measures.payments").fetchall() == [(1,)]


def test_a_returned_payment_of_two_invoices_is_made_good_in_their_order():
    fec = (
        Fec()
        .sale("2024-01-10", "C1", "300.00", "F1", lettering="A")
        .sale("2024-01-20", "C1", "200.00", "F2", lettering="A")
        .receipt("2024-02-05", "C1", "500.00", lettering="A")
        .entry(
            "2024-02-12",
            ("411000", "C1", "500.00", {"label": "rejet prelevement", "lettering": "B"}),
            ("512000", None, "-500.00"),
        )
        .receipt("2024-03-20", "C1", "350.00", lettering="B")
    )
    con = measured(fec, as_of="2024-03-31")
    open_amounts = dict(
        con.sql(
            "select document_ref, open_amount from receivables.open_items(date '2024-03-31')"
        ).fetchall()
    )
    paid = dict(
        con.sql(
            "select document_ref, payments.amount from measures.payments join ledger.items "
            "using (item_id)"
        ).fetchall()
    )
    assert {ref: paid.get(ref, 0) + open_amounts.get(ref, 0) for ref in ("F1", "F2")} == {
        "F1": 300,
        "F2": 200,
    }
    assert sum(paid.values()) == 350


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


def test_a_country_without_a_rule_has_no_lawful_terms(quarter):
    settings = Settings(defaults=Defaults(country="JP"))
    con = measured(quarter, settings=settings, as_of="2024-03-31")
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


def test_a_customer_with_nothing_owed_or_sold_in_a_year_has_no_row():
    fec = (
        Fec()
        .sale("2023-01-10", "C1", "100.00", lettering="A")
        .receipt("2023-01-20", "C1", "100.00", lettering="A")
        .sale("2023-01-10", "C2", "100.00")
    )
    con = measured(fec, as_of="2024-06-30")
    last = con.sql("select max(month_end) from measures.inputs where customer_id = 'C1'")
    assert last.fetchall() == [(date(2023, 12, 31),)]


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


def test_no_measure_and_no_input_is_a_float(quarter):
    con = measured(quarter, as_of="2024-03-31")
    types = con.sql(
        "select distinct data_type from information_schema.columns where table_schema = 'measures'"
    ).fetchall()
    assert {"DECIMAL(18,6)", "DECIMAL(38,2)"} <= {kind for (kind,) in types}
    assert not {"DOUBLE", "FLOAT"} & {kind for (kind,) in types}
