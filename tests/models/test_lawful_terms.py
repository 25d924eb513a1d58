"""Lawful terms: the longest due dates that the law allows, by dated tables."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.law_tables import LAWFUL_MAXIMA
from models.lawful_terms import check_due_date, lawful_terms_percent
from models.measure import Measure
from models.terms import PaymentTerms, due_on

INVOICED = date(2026, 1, 15)


def check(due, **kwargs):
    return check_due_date(INVOICED, date.fromisoformat(due), **kwargs)


@pytest.mark.parametrize(
    ("due", "terms", "is_lawful"),
    [
        ("2026-03-16", None, True),  # 60 days
        ("2026-03-17", None, True),  # the end of January, then 45 days
        ("2026-03-18", None, False),  # 62 days, and no end of month
        ("2026-03-31", None, True),  # 45 days, then the end of March
        ("2026-04-30", None, False),  # an end of month, a month too late
        ("2026-03-31", PaymentTerms(45, "after"), True),
        ("2026-03-31", PaymentTerms(75), False),  # 75 days that happen to end with a month
        ("2026-03-17", PaymentTerms(45, "before"), True),
        ("2026-03-31", PaymentTerms(45, "before", 31), False),
        ("2026-03-18", PaymentTerms(45, "after"), True),  # agreed to the end of March
        ("2026-04-10", PaymentTerms(45, "after", 10), False),
        ("2026-04-30", PaymentTerms(60, "after"), False),
        ("2025-12-31", None, True),  # due before its invoice: an advance
    ],
)
def test_the_two_french_maxima(due, terms, is_lawful):
    assert check(due, terms=terms).is_lawful is is_lawful


def test_the_latest_lawful_due_date_is_given():
    assert check("2026-03-18").latest_due_on == date(2026, 3, 16)
    assert check("2026-04-30").latest_due_on == date(2026, 3, 31)


def test_a_country_or_a_time_without_a_rule_gives_a_warning_and_no_answer():
    no_rule = (None, None, "no legal maximum is known for this country and date")
    assert check("2026-03-31", country="DE") == no_rule
    assert check_due_date(date(2008, 12, 31), date(2009, 3, 31)) == no_rule


def test_a_day_past_the_last_verification_gives_a_visible_warning():
    verified_on = max(row.verified_on for row in LAWFUL_MAXIMA)
    on_the_day = check_due_date(verified_on, verified_on + timedelta(days=30))
    day_after = check_due_date(verified_on + timedelta(days=1), verified_on + timedelta(days=31))
    assert on_the_day.warning is None
    assert day_after.is_lawful is True
    assert day_after.warning == "later than the day on which the legal maximum was last verified"


def test_the_law_tables_leave_no_gap_and_no_overlap():
    tables = defaultdict(list)
    for row in LAWFUL_MAXIMA:
        assert row.source and row.days > 0
        tables[row.country, row.counted].append(row)
    for rows in tables.values():
        rows.sort(key=lambda row: row.valid_from)
        for earlier, later in pairwise(rows):
            assert earlier.valid_to + timedelta(days=1) == later.valid_from
        assert rows[-1].valid_to is None


def test_the_share_of_lawful_terms_worked_by_hand():
    assert lawful_terms_percent(Decimal(2000), above=Decimal(300)).value == 85
    assert lawful_terms_percent(Decimal(0), above=Decimal(0)) == Measure(
        None, note="nothing was invoiced in the period"
    )


def test_a_warning_stays_beside_the_figure():
    found = lawful_terms_percent(Decimal(10), above=Decimal(0), warning="not verified")
    assert found == Measure(Decimal(100), note="not verified")


days = st.dates(date(2009, 1, 1), date(2026, 11, 21))


@given(days, st.integers(0, 60))
def test_sixty_days_are_always_lawful(document_on, days_allowed):
    assert check_due_date(document_on, document_on + timedelta(days=days_allowed)).is_lawful


rules = st.sampled_from(["after", "before"])


@given(days, st.integers(1, 45), rules)
def test_agreed_terms_of_up_to_45_days_end_of_month_are_always_lawful(document_on, days, rule):
    terms = PaymentTerms(days, rule)
    assert check_due_date(document_on, due_on(terms, document_on), terms=terms).is_lawful


@given(days, rules)
def test_45_days_end_of_month_are_told_from_the_due_date_alone(document_on, rule):
    assert check_due_date(document_on, due_on(PaymentTerms(45, rule), document_on)).is_lawful


@given(days, st.integers(76, 400))
def test_no_due_date_beyond_75_days_is_lawful(document_on, days):
    """The longest lawful term is a month of 31 days less a day, and 45 days."""
    assert not check_due_date(document_on, document_on + timedelta(days=days)).is_lawful
