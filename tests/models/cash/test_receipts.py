"""What comes in: probabilities on the calendar, pay days, and cents that tie at every level."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cash.foretelling import Population, foretell
from models.cash.issuance import forecast_issuance
from models.cash.pay_days import habits_of, on_pay_days, tried_habits
from models.cash.periods import forecast_periods, receipt_days
from models.cash.receipts import Documents, Horizon, issued_again, terms_to_month_end
from models.cash.rivals import OneDay
from models.cash.telling import scaled, stretches_of, tell_new_invoices, tell_open_book
from models.timing.curves import Curves
from models.timing.grid import BINS

EPOCH = date(1970, 1, 1)
NO_HOLIDAYS = np.array([], "datetime64[D]")
SUNDAY = (date(2024, 6, 30) - EPOCH).days
WEEKS = SUNDAY + 7 * np.arange(1, 14)


def documents(customer, due, cents, issued=None):
    due = np.array(due, np.int64)
    issued = due - 30 if issued is None else np.array(issued, np.int64)
    return Documents(
        np.array(customer, np.int64), issued, due, np.array(cents, float), np.zeros(len(due), bool)
    )


def on_day(delay, due, as_of=SUNDAY):
    """Curves of documents that are all paid so many days after they are due, for certain."""
    return OneDay(np.array(delay, float), as_of + 1 - np.array(due, float))


def by_week(curves, of, habits=None):
    nothing = Population(documents([], [], []), on_day([], []))
    none_issued = forecast_issuance(np.zeros(70), SUNDAY, 91, NO_HOLIDAYS)
    horizon = Horizon(SUNDAY, WEEKS, NO_HOLIDAYS, habits)
    return foretell(Population(of, curves), nothing, none_issued, horizon).open_book.tolist()


def test_a_document_comes_in_in_the_week_of_its_day():
    due = [SUNDAY + 1, SUNDAY + 7, SUNDAY + 8, SUNDAY + 400]
    told = by_week(on_day([0, 0, 0, 0], due), documents([1, 1, 1, 1], due, [100, 20, 3, 9]))
    assert told == [120, 3] + 11 * [0]


def test_what_is_overdue_is_never_told_in_the_past():
    due = [SUNDAY - 40]
    assert by_week(on_day([10], due), documents([1], due, [100]))[0] == 100


def test_only_the_part_that_is_cash_is_expected():
    due = [SUNDAY + 1]
    curves = OneDay(np.zeros(1), np.zeros(1), cash_yield=0.9)
    assert by_week(curves, documents([1], due, [100]))[0] == pytest.approx(90)


def test_a_customer_who_pays_on_thursdays_is_expected_on_thursdays():
    thursday = (date(2023, 1, 5) - EPOCH).days
    paid = thursday + 7 * np.arange(60)
    habits = habits_of(np.ones(60, np.int64), paid, thursday - 3, SUNDAY, NO_HOLIDAYS)
    days = SUNDAY + 1 + np.arange(14)
    even = np.linspace(1 / 14, 1, 14)[None, :]
    told = on_pay_days(even, habits.factors(np.array([1]), days, NO_HOLIDAYS))
    mass = np.diff(told[0], prepend=0)
    assert mass[[3, 10]].sum() > 0.75  # Thursdays; one would expect 2 of 14 of any other
    assert mass[[5, 6, 12, 13]].sum() < 0.05
    assert 0.9 < told[0, -1] <= 1


def test_pay_days_are_used_only_where_they_foretell():
    random = np.random.default_rng(1)
    customers, days = random.integers(0, 20, 1500), random.integers(0, 700, 1500)
    assert tried_habits(customers, days, 0, 699, NO_HOLIDAYS) is None
    on_thursdays = days - days % 7
    assert tried_habits(customers, on_thursdays, 0, 699, NO_HOLIDAYS) is not None
    assert tried_habits(customers[:0], days[:0], 0, 699, NO_HOLIDAYS) is None


def test_a_customer_who_never_paid_has_the_firms_pay_days():
    paid = 7 * np.arange(100)
    habits = habits_of(np.ones(100, np.int64), paid, 0, 699, NO_HOLIDAYS)
    known, unknown = habits.rows_of(np.array([1, 5]))
    assert (known, unknown) == (0, 1)
    assert habits.weekday[unknown].argmax() == habits.weekday[known].argmax()


@given(
    cumulative=st.lists(st.floats(0, 1), min_size=2, max_size=30).map(sorted),
    seed=st.integers(0, 1000),
)
@settings(max_examples=100)
def test_moved_onto_pay_days_a_distribution_stays_one(cumulative, seed):
    factors = np.random.default_rng(seed).gamma(0.5, 2.0, (1, len(cumulative)))
    told = on_pay_days(np.array([cumulative]), factors)[0]
    assert (np.diff(told, prepend=0) >= -1e-12).all()
    assert told[-1] <= 1


def test_days_all_alike_move_nothing():
    cumulative = np.array([[0.1, 0.1, 0.4, 0.9]])
    assert on_pay_days(cumulative, np.ones((1, 4))) == pytest.approx(cumulative)


def test_a_new_invoice_is_like_one_of_the_same_kind_of_day_with_its_own_terms():
    # Every Monday an invoice of 100 at 7 days, paid when due: from then on 100 a week.
    mondays = SUNDAY - 6 - 7 * np.arange(8)
    recent = documents(np.ones(8), mondays + 7, np.full(8, 100.0), issued=mondays)
    daily = np.zeros(7 * 52)
    daily[-7::-7] = 100.0
    issuance = forecast_issuance(daily, SUNDAY, 91, NO_HOLIDAYS)
    nothing = Population(documents([], [], []), on_day([], []))
    curves = OneDay(np.zeros(8), np.full(8, -7.0))
    horizon = Horizon(SUNDAY, WEEKS, NO_HOLIDAYS, None)
    told = foretell(nothing, Population(recent, curves), issuance, horizon).new_invoices
    assert told[0] < 20  # what is issued on Monday falls due on Monday week
    assert told[1:].mean() == pytest.approx(100, rel=0.1)


@pytest.mark.parametrize("count", [40, 5_000])
def test_only_the_documents_that_are_issued_again_need_to_be_asked_about(count):
    random = np.random.default_rng(count)
    issued = SUNDAY - random.integers(0, 56, count)
    issued[(issued + 3) % 7 == 5] += 1  # Saturdays: too few of their own
    due, cents = issued + 30, random.integers(1, 10**6, count).astype(float)
    recent = documents(random.integers(0, 50, count), due, cents, issued=issued)
    curves = OneDay(random.integers(-10, 60, count).astype(float), np.full(count, -30.0))
    issuance = forecast_issuance(np.full(7 * 52, 1e6), SUNDAY, 91, NO_HOLIDAYS)
    nothing = Population(documents([], [], []), on_day([], []))
    horizon = Horizon(SUNDAY, WEEKS, NO_HOLIDAYS, None)
    again = issued_again(issued, cents, NO_HOLIDAYS)
    some = Documents(*(column[again] for column in recent))
    told, told_by_some = (
        foretell(nothing, each, issuance, horizon).new_invoices
        for each in (Population(recent, curves), Population(some, curves.take(again)))
    )
    assert told_by_some.tolist() == told.tolist()
    assert told.sum() > 0
    assert len(again) == count if count == 40 else len(again) < count / 2


def test_terms_to_the_end_of_a_month_are_told_from_the_due_dates():
    ends = [(date(2024, month, 1) - timedelta(days=1) - EPOCH).days for month in range(2, 8)]
    assert terms_to_month_end(np.ones(6), np.array(ends)).all()
    assert not terms_to_month_end(np.ones(6), np.array(ends) + 15).any()


books = st.lists(
    st.tuples(
        st.integers(1, 3),  # customer
        st.integers(-60, 120),  # days to due
        st.integers(1, 10**7),  # cents open
        st.floats(0, 1),  # part still expected
    ),
    max_size=12,
)


@given(book=books, seed=st.integers(0, 99), as_of=st.dates(date(2024, 1, 1), date(2024, 12, 31)))
@settings(max_examples=50)
def test_weeks_months_and_beyond_add_up_to_what_is_open_for_any_curve(book, seed, as_of):
    day = (as_of - EPOCH).days
    periods = forecast_periods(as_of)
    told_on = receipt_days(periods)
    stretches = stretches_of([period for period, _, _ in told_on])
    horizon = Horizon(
        day, np.array([(last - EPOCH).days for _, _, last in told_on]), NO_HOLIDAYS, None
    )
    customer, due, cents, part = (
        (list(column) for column in zip(*book, strict=True)) if book else ([], [], [], [])
    )
    open_cents = np.array(cents, np.int64)
    expected = np.floor(open_cents * np.array(part))
    of = documents(customer, [day + each for each in due], expected)
    hazards = np.random.default_rng(seed).uniform(0, 0.3, (len(book), BINS))
    curves = Curves.from_hazards(hazards, 1 - np.array(due, np.int64), 0.97)
    told = tell_open_book(Population(of, curves), open_cents, horizon, stretches)
    assert (told.by_period.sum(axis=1) == open_cents).all()
    assert (told.by_period >= 0).all()
    by_day = np.zeros(stretches.periods, np.int64)
    np.add.at(by_day, stretches.period[told.receipts.stretch], told.receipts.cents)
    assert (by_day == told.by_period[:, :-1].sum(axis=0)).all()


def test_what_is_not_expected_of_a_document_lies_beyond():
    stretches = stretches_of(list(range(13)))
    due = [SUNDAY + 3, SUNDAY + 9]
    of = documents([1, 1], due, [700, 0])  # 300 of the first is covered, all of the second
    horizon = Horizon(SUNDAY, WEEKS, NO_HOLIDAYS, None)
    told = tell_open_book(
        Population(of, on_day([0, 0], due)), np.array([1000, 50]), horizon, stretches
    )
    assert told.by_period[0].tolist() == [700, *12 * [0], 300]
    assert told.by_period[1].tolist() == [*13 * [0], 50]


def test_new_invoices_scaled_to_another_total_tie_to_it():
    mondays = SUNDAY - 6 - 7 * np.arange(8)
    recent = documents([1, 2] * 4, mondays + 7, np.full(8, 100.0), issued=mondays)
    issuance = forecast_issuance(np.full(7 * 30, 33.0), SUNDAY, 91, NO_HOLIDAYS)
    stretches = stretches_of(list(range(13)))
    horizon = Horizon(SUNDAY, WEEKS, NO_HOLIDAYS, None)
    population = Population(recent, OneDay(np.zeros(8), np.full(8, -7.0)))
    told = tell_new_invoices(population, issuance, horizon, stretches)
    assert told.by_period.sum() == told.receipts.cents.sum()
    wanted = np.arange(100, 113)
    other = scaled(told, wanted, stretches)
    assert other.by_period[3:].tolist() == wanted[3:].tolist()
    assert other.receipts.cents.sum() == other.by_period.sum()
