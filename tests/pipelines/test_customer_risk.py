"""The risk of each customer, worked by hand on small books. Terms are 30 days net."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.predictions.risk import RISK_TABLES
from pipelines.settings import Collection, Settings
from tests.pipelines.books import Fec, build, lettered
from tests.pipelines.expectations import expect, make_lists, rows

FIGURES = (
    "customer_id", "open_amount", "overdue_amount", "due_30_amount", "late_probability",
    "expected_late_amount", "expected_loss_amount", "stake_amount", "expected_days_late",
)  # fmt: skip


def risks(*fecs, said=None, settings=None, before=None, columns=FIGURES, **given):
    con = build(*fecs, **{"as_of": "2024-03-31", **given})
    expect(con, said, previous_as_of=date(2024, 3, 30) if before else None)
    if before:
        con.execute(f"create or replace view staging.archived_customer_risk as {before}")
    make_lists(con, settings)
    return rows(con, "predictions.customer_risk order by customer_id, currency", *columns)


def two_customers():
    return (
        Fec()
        .sale("2024-02-20", "C1", "1000.00", "F1")  # due 21 March, 10 days late
        .sale("2024-03-05", "C1", "3000.00", "F2")  # due 4 April
        .sale("2024-03-20", "C1", "1000.00", "F3")  # due 19 April
        .sale("2024-03-31", "C2", "500.00", "F4")  # due 30 April
    )


def test_every_figure_of_a_customer():
    said = {
        "F1": {"pays": 20, "late": 1, "never": "0.02"},  # in 10 days
        "F2": {"pays": 6, "late": "0.9"},
        "F3": {"pays": -2, "late": "0.1", "never": "0.001"},
        "F4": {"pays": 0, "late": "0.25"},
    }
    # late of what falls due: 3,000 x 0.9 + 1,000 x 0.1 = 2,800 of 4,000; lost: 20 and 1
    # waits: 1,000 x 10 + 3,000 x 6; days: (1,000 x 20 + 3,000 x 6 - 1,000 x 2) / 5,000
    assert risks(two_customers(), said=said) == [
        ("C1", "5000.00", "1000.00", "4000.00", "0.700000", "2800.00", "21.00", "28.67", "7.2"),
        ("C2", "500.00", "0.00", "500.00", "0.250000", "125.00", "0.00", "0.00", "0.0"),
    ]


def test_what_is_due_today_is_about_to_fall_due_and_so_is_the_thirtieth_day():
    fec = (
        Fec()
        .sale("2024-03-01", "C1", "10.00", "F1")  # due 31 March
        .sale("2024-02-29", "C1", "20.00", "F2")  # due 30 March: late
        .sale("2024-03-31", "C1", "30.00", "F3")  # due 30 April
        .sale("2024-03-31", "C1", "40.00", "F4", due_on=date(2024, 5, 1))
    )
    [(overdue, due_30)] = risks(fec, columns=("overdue_amount", "due_30_amount"))
    assert (overdue, due_30) == ("20.00", "40.00")


def test_a_document_that_never_comes_is_a_loss_and_waits_a_year():
    fec = Fec().sale("2024-02-20", "C1", "1000.00", "F1")
    said = {"F1": {"pays": None}}
    columns = ("expected_loss_amount", "stake_amount", "risk_class")
    assert risks(fec, said=said, columns=columns) == [("1000.00", "1100.00", "critical")]


def test_a_doubtful_account_is_a_loss_whatever_the_model_says():
    fec = Fec().sale("2024-01-20", "C1", "1000.00", "F1")
    fec.entry(
        "2024-03-01",
        ("416000", "C1", "1000.00", {"document_ref": "F1"}),
        ("411000", "C1", "-1000.00", lettered("A")),
    )
    fec.lines[0].update(lettered("A"))
    columns = ("doubtful_amount", "expected_loss_amount", "expected_days_late", "risk_class")
    assert risks(fec, columns=columns) == [("1000.00", "1000.00", None, "critical")]


def test_a_late_customer_with_much_to_pay_ranks_before_a_surer_one_with_little():
    fec = (
        Fec()
        .sale("2024-03-05", "LARGE", "100000.00", "F1")
        .sale("2024-03-05", "SMALL", "50.00", "F2")
    )
    said = {"F1": {"pays": 2, "late": "0.3"}, "F2": {"pays": 60, "late": 1}}
    found = risks(fec, said=said, columns=("customer_id", "rank", "risk_class"))
    assert found == [("LARGE", 1, "low"), ("SMALL", 2, "high")]


def history(customer, recent, earlier):
    """Five invoices in each of two quarters, paid so many days late."""
    fec = Fec()
    for quarter, late, months in (("e", earlier, "10 11"), ("r", recent, "01 02")):
        for number, month in enumerate(months.split() * 2):
            year = 2023 if quarter == "e" else 2024
            code = lettered(f"{quarter}{number}")
            due = date(year, int(month), 5 + number)
            issued = date.fromordinal(due.toordinal() - 30)
            paid = date.fromordinal(due.toordinal() + late)
            fec.sale(f"{issued}", customer, "100.00", f"{quarter}{number}", **code)
            fec.receipt(f"{paid}", customer, "100.00", **code)
    return fec.sale("2024-03-20", customer, "100.00", "open")


@pytest.mark.parametrize(
    "recent, earlier, found",
    [
        (20, 5, ("15.0", "worse", "20.0")),
        (5, 20, ("-15.0", "better", "12.5")),
        (9, 5, ("4.0", "stable", "7.0")),
    ],
)
def test_the_trend_holds_a_quarter_against_the_one_before(recent, earlier, found):
    [(days, trend, _)] = risks(
        history("C1", recent, earlier), columns=("trend_days", "trend", "usual_days_late")
    )
    assert (days, trend) == found[:2]


def test_the_usual_delay_is_the_median_of_the_last_ten():
    fec = Fec()
    for number, late in enumerate((90, 90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 40)):
        code = lettered(f"{number}")
        fec.sale("2023-10-01", "C1", f"{100 + number}.00", f"F{number}", **code)
        day = date.fromordinal(date(2023, 10, 31).toordinal() + late)
        fec.receipt(f"{day}", "C1", f"{100 + number}.00", **code)
    fec.sale("2024-03-20", "C1", "1.00", "open")
    # the last ten payments: 4 5 6 7 8 9 40 90 90 and 3; in order 3 4 5 6 7 | 8 9 40 90 90
    assert risks(fec, columns=("usual_days_late",)) == [("7.5",)]


def test_payments_after_the_day_are_not_known_on_it():
    fec = history("C1", 20, 5).receipt("2024-04-02", "C1", "100.00")
    known = risks(fec, columns=FIGURES)
    assert known == risks(history("C1", 20, 5), columns=FIGURES)


def test_what_changed_since_the_snapshot_before():
    before = (
        "select date '2024-03-30' as forecast_on, 'main' as entity_id, 'C1' as customer_id, "
        "'EUR' as currency, 7 as rank, 'watch' as risk_class union all "
        "select date '2024-03-01', 'main', 'C1', 'EUR', 9, 'low'"
    )
    columns = ("customer_id", "rank_before", "class_before")
    assert risks(two_customers(), before=before, columns=columns) == [
        ("C1", 7, "watch"),
        ("C2", None, None),
    ]


def test_currencies_are_put_in_one_order_and_never_added():
    fec = Fec().sale("2024-02-20", "C1", "1000.00", "F1")
    dollars = {"currency": "USD", "currency_amount": Decimal("100000.00")}
    fec.sale("2024-02-20", "C1", "900.00", "F2", **dollars)  # what a hundred thousand are worth
    columns = ("currency", "open_amount", "rank")
    assert risks(fec, columns=columns) == [("EUR", "1000.00", 1), ("USD", "100000.00", 2)]


def test_the_price_of_waiting_is_a_setting():
    settings = Settings(collection=Collection(late_cost_percent=Decimal(20)))
    fec = Fec().sale("2024-02-20", "C1", "3650.00", "F1")
    assert risks(fec, columns=("stake_amount",)) == [("10.00",)]
    assert risks(fec, settings=settings, columns=("stake_amount",)) == [("20.00",)]


def test_books_without_an_open_document_have_no_risk():
    assert risks(Fec().receipt("2024-03-01", "C1", "10.00")) == []


def in_small_units(fec, units):
    """The same books in a currency of which so many units are worth one."""
    for line in fec.lines:
        line["debit"], line["credit"] = units * line["debit"], units * line["credit"]
    return fec


@pytest.mark.parametrize("units", [1, 300_000_000, 9_000_000_000_000])
def test_one_document_may_be_of_billions_in_a_currency_of_small_units(units):
    con = build(in_small_units(history("C1", 20, 5), units), as_of="2024-03-31")
    expect(con, {"open": {"pays": 12, "late": "0.804542", "never": "0.02"}})
    for table in RISK_TABLES:
        table.make(con, Settings())
    columns = (
        "expected_late_amount", "expected_loss_amount", "stake_amount", "expected_days_late",
        "trend_days",
    )  # fmt: skip
    [found] = rows(con, "predictions.customer_risk", *columns)
    # of 100: lost are 2, and 12 days of waiting at 10 percent a year are 120 / 365
    late, lost, stake = Decimal("80.4542"), Decimal(2), Decimal(2) + Decimal(120) / 365
    amounts = tuple(f"{units * of_hundred:.2f}" for of_hundred in (late, lost, stake))
    assert found == (*amounts, "12.0", "15.0")
