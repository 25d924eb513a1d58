"""The months, quarters and years that the monthly measures look back on, worked by hand."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.measures import BOOKS_TOO_SHORT
from tests.pipelines.books import Fec
from tests.pipelines.monthly import inputs, measured, quarter, rows, values


def test_a_past_month_knows_nothing_of_what_came_later():
    con = measured(quarter(), as_of="2024-03-31")
    february = values(con, "2024-02-29")
    assert february["days_to_pay"] is None
    assert february["dso_countback"] == "60.00"  # 29 days and all 31 of January
    assert february["overdue_percent"] == "60.00"  # 1,200, due on 14 February, of 2,000


def test_the_last_month_goes_as_far_as_the_day():
    con = measured(quarter(), as_of="2024-04-10")
    found = values(con, "2024-04-10")
    # Three months back from the day: 11 January to 10 April, 91 days, all three invoices.
    assert found["dso_simple"] == "49.00"
    # 10 days without sales, then March and February.
    assert found["dso_countback"] == "70.00"
    assert found["cei_percent"] == "46.15"  # (0 + 2,600 - 1,400) / (0 + 2,600 - 0)
    [(last,)] = con.sql("select max(month_end) from measures.monthly").fetchall()
    assert last == date(2024, 4, 10)


@pytest.mark.parametrize(
    ("as_of", "since"),
    [
        ("2025-04-10", date(2025, 1, 11)),
        ("2025-05-28", date(2025, 3, 1)),  # from the day after 28 February
        ("2025-05-30", date(2025, 3, 1)),  # there is no 30 February
        ("2025-02-28", date(2024, 12, 1)),  # to the end of a month: its last three
        ("2025-05-31", date(2025, 3, 1)),
    ],
)
def test_three_months_begin_the_day_after_the_same_day_three_months_before(as_of, since):
    con = measured(Fec().sale("2024-11-05", "C1", "100.00"), as_of=as_of)
    found = con.sql(
        f"select three_months_from from measures.periods where month_end = date '{as_of}'"
    ).fetchall()
    assert found == [(since,)]


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


def test_books_that_do_not_reach_back_three_months_have_no_simple_dso():
    con = measured(quarter(), as_of="2024-03-31")
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
