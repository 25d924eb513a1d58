"""DSO by two methods: worked by hand, then as properties that hold for every ledger."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dso import (
    MonthSales,
    average_days_delinquent,
    calendar_months,
    dso_countback,
    dso_family_countback,
    dso_family_simple,
    dso_simple,
)
from models.errors import EncaisseError
from models.measure import Measure


def months(*sales: tuple[int, int]) -> list[MonthSales]:
    """Months given newest first, as a count-back is worked by hand."""
    return [MonthSales(days, Decimal(amount)) for days, amount in reversed(sales)]


@pytest.mark.parametrize(
    ("receivable", "newest_first", "expected"),
    [
        (2_100, [(31, 900), (28, 800), (31, 700)], "76.71"),
        (212, [(30, 100), (30, 80), (30, 70)], "73.71"),
        (20_000, [(30, 12_500), (31, 10_000)], "53.25"),
        (
            12_000,  # Oracle prints 179.7 for it, from a leftover of 2,000; the leftover is 1,000
            [(30, 2_500), (31, 1_750), (31, 2_250), (30, 2_500), (31, 2_000), (30, 2_250)],
            "166.33",
        ),
    ],
)
def test_countback_worked_by_hand(receivable, newest_first, expected):
    found = dso_countback(Decimal(receivable), months(*newest_first))
    assert round(found.value, 2) == Decimal(expected)
    assert not found.is_lower_bound


QUARTER = months((30, 100), (31, 80), (30, 70))


@pytest.mark.parametrize(
    ("receivable", "days"),
    [
        (-1, "0"),  # a customer in credit owes no days
        (0, "0"),
        (50, "15"),  # half of the newest month
        (100, "30"),  # all of it, to the cent
        (180, "61"),
        (215, "76"),
        (250, "91"),  # the whole history, and no more
    ],
)
def test_countback_counts_a_month_wholly_or_by_its_share(receivable, days):
    assert dso_countback(Decimal(receivable), QUARTER) == Measure(Decimal(days))


def test_one_ledger_gives_six_honest_figures():
    """300 is owed: 90 of it overdue, 30 disputed; 20 of cash is not applied yet."""
    sales = months((31, 100), (28, 120), (31, 110), (31, 100))
    window_sales, window_days = Decimal(330), 90
    owed, overdue, disputed, unapplied = (Decimal(amount) for amount in (300, 90, 30, 20))

    family = dso_family_simple(owed, overdue, window_sales, window_days)
    figures = {
        "simple": dso_simple(owed, window_sales, window_days),
        "count-back": dso_countback(owed, sales),
        "count-back without disputed": dso_countback(owed - disputed, sales),
        "count-back net of unapplied": dso_countback(owed - unapplied, sales),
        "best possible": family.best_possible,
        "ADD": family.add,
    }
    assert {name: round(figure.value, 2) for name, figure in figures.items()} == {
        "simple": Decimal("81.82"),
        "count-back": Decimal("81.55"),
        "count-back without disputed": Decimal("73.09"),
        "count-back net of unapplied": Decimal("75.91"),
        "best possible": Decimal("57.27"),
        "ADD": Decimal("24.55"),
    }


def test_a_month_without_sales_counts_its_days():
    sales = months((30, 0), (31, 80))
    assert dso_countback(Decimal(40), sales).value == Decimal("45.5")  # 30 + 31/2


def test_a_month_with_more_credit_notes_than_invoices_counts_its_days_and_explains_nothing():
    sales = months((30, -50), (31, 80))
    assert dso_countback(Decimal(40), sales).value == Decimal("45.5")


def test_what_is_owed_nothing_for_takes_no_days_even_after_months_without_sales():
    assert dso_countback(Decimal(0), months((30, 0), (31, 80))).value == 0


def test_an_exhausted_history_says_more_than_and_does_not_extrapolate():
    found = dso_countback(Decimal("250.01"), QUARTER)
    assert found == Measure(
        Decimal(91),
        is_lower_bound=True,
        note="the receivable is larger than all the sales known",
    )


def test_without_any_history_the_bound_is_zero_days():
    assert dso_countback(Decimal(1), []) == dso_countback(Decimal(1), [])._replace(
        value=Decimal(0), is_lower_bound=True
    )
    assert dso_countback(Decimal(0), []) == Measure(Decimal(0))


def test_a_latest_month_that_is_not_over_counts_its_elapsed_days():
    sales = {date(2024, 2, 1): Decimal(290), date(2024, 3, 1): Decimal(100)}
    found = dso_countback(Decimal(150), calendar_months(sales, as_of=date(2024, 3, 10)))
    assert found.value == 10 + 29 * Decimal(50) / 290  # all of 1-10 March, 50 of February's 290


def test_calendar_months_leave_no_month_out_across_a_year():
    sales = {date(2023, 11, 1): Decimal(5), date(2024, 2, 1): Decimal(7)}
    assert calendar_months(sales, as_of=date(2024, 2, 29)) == months(
        (29, 7), (31, 0), (31, 0), (30, 5)
    )
    assert calendar_months({}, as_of=date(2024, 2, 29)) == []


@pytest.mark.parametrize("month", [date(2024, 2, 2), date(2024, 3, 1)])
def test_sales_of_no_month_or_of_the_future_are_refused(month):
    with pytest.raises(EncaisseError, match=f"Sales are given for {month}"):
        calendar_months({month: Decimal(1)}, as_of=date(2024, 2, 29))


def test_simple_dso_without_sales_is_undefined_and_says_why():
    for sales in (Decimal(0), Decimal(-5)):
        assert dso_simple(Decimal(100), sales, days=90) == Measure(
            None, note="no sales in the period"
        )


def test_simple_dso_of_a_period_without_days_is_refused():
    with pytest.raises(EncaisseError, match="A period of 0 days"):
        dso_simple(Decimal(100), Decimal(100), days=0)


def test_add_of_an_exhausted_history_is_itself_a_lower_bound():
    family = dso_family_countback(Decimal(300), Decimal(100), QUARTER)
    assert family.dso == Measure(
        Decimal(91), True, "the receivable is larger than all the sales known"
    )
    assert family.best_possible == Measure(30 + 31 + 30 * Decimal(20) / 70)
    assert family.add.is_lower_bound
    assert family.add.value == family.dso.value - family.best_possible.value


def test_add_of_two_lower_bounds_is_undefined():
    family = dso_family_countback(Decimal(300), Decimal(1), QUARTER)
    assert family.add == Measure(None, note="the best possible DSO is itself a lower bound")


def test_add_without_sales_says_why_it_is_undefined():
    undefined = Measure(None, note="no sales in the period")
    assert dso_family_simple(Decimal(10), Decimal(5), Decimal(0), 90).add == undefined
    assert average_days_delinquent(Measure(Decimal(3)), undefined) == undefined


cents = st.integers(0, 10**9).map(lambda n: Decimal(n) / 100)
credit_cents = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100)
histories = st.lists(
    st.builds(MonthSales, days=st.integers(1, 31), amount=credit_cents), max_size=8
)
paying_histories = st.lists(
    st.builds(MonthSales, days=st.integers(1, 31), amount=cents.map(lambda n: n + 1)),
    min_size=1,
    max_size=8,
)
shares = st.integers(0, 100).map(lambda n: Decimal(n) / 100)
TOLERANCE = Decimal("1e-18")


@given(cents, cents, histories)
def test_owing_more_never_takes_fewer_days(one, other, history):
    less, more = sorted([one, other])
    assert dso_countback(less, history).value <= dso_countback(more, history).value


@given(cents, histories)
def test_the_unit_of_money_does_not_matter(receivable, history):
    in_thousands = [MonthSales(month.days, month.amount / 1000) for month in history]
    one, other = dso_countback(receivable, history), dso_countback(receivable / 1000, in_thousands)
    assert abs(one.value - other.value) < TOLERANCE
    assert one.is_lower_bound == other.is_lower_bound


@given(cents, histories)
def test_days_never_exceed_the_history_and_reach_it_when_it_is_exhausted(receivable, history):
    found = dso_countback(receivable, history)
    all_days = sum(month.days for month in history)
    assert found.value <= all_days
    assert not found.is_lower_bound or found.value == all_days


@given(paying_histories, shares)
def test_countback_walked_day_by_day(history, share):
    """The oracle: spread each month's sales over its days, and walk back one day at a time."""
    sold_by_day = [
        Fraction(month.amount) / month.days for month in history for _ in range(month.days)
    ]
    receivable = share * sum(month.amount for month in history)
    left, days = Fraction(receivable), Fraction(0)
    while left > 0:
        sold = sold_by_day.pop()
        days += min(Fraction(1), left / sold)
        left -= sold
    assert abs(Fraction(dso_countback(receivable, history).value) - days) < Fraction(TOLERANCE)


@given(cents, shares, cents, st.integers(1, 366))
def test_simple_add_is_the_overdue_part_in_days_of_sales(receivable, share, sales, days):
    overdue = receivable * share
    family = dso_family_simple(receivable, overdue, sales + 1, days)
    assert abs(family.add.value - overdue / (sales + 1) * days) < TOLERANCE


@given(cents, shares, histories)
def test_add_is_the_difference_of_its_two_parts_and_never_negative(receivable, share, history):
    family = dso_family_countback(receivable, receivable * share, history)
    if family.add.value is not None:
        assert family.add.value == family.dso.value - family.best_possible.value >= 0
    if share == 0 and not family.dso.is_lower_bound:
        assert family.add.value == 0
