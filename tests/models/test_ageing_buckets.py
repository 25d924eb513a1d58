"""Buckets: day by day, then for every number of days, then by other systems' conventions."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ageing import NO_DUE_DATE, NOT_DUE, Buckets, Convention, days_late
from models.errors import EncaisseError

# Days late: ours, ERPNext's, OCA's aged balance, OCA's statement. `None` is in no bucket.
BOUNDARIES = [
    (-1, "not_due", None, "not_due", "not_due"),
    (0, "not_due", "0-30", "not_due", "not_due"),
    (1, "1-30", "0-30", "1-30", "1-30"),
    (29, "1-30", "0-30", "1-30", "1-30"),
    (30, "1-30", "0-30", "1-30", "31-60"),
    (31, "31-60", "31-60", "31-60", "31-60"),
    (60, "31-60", "31-60", "31-60", "61-90"),
    (61, "61-90", "61-90", "61-90", "61-90"),
    (90, "61-90", "61-90", "61-90", "91-120"),
    (91, "91-120", "91-120", "91-120", "91-120"),
    (120, "91-120", "91-120", "91-120", "over_120"),
    (121, "over_120", "over_120", "over_120", "over_120"),
]
CONVENTIONS = [
    Convention.ENCAISSE,
    Convention.ERPNEXT,
    Convention.OCA_AGED,
    Convention.OCA_STATEMENT,
]
AS_OF = date(2024, 3, 31)


@pytest.mark.parametrize(("days", "ours", "erpnext", "oca_aged", "oca_statement"), BOUNDARIES)
def test_every_boundary_day_by_every_convention(days, ours, erpnext, oca_aged, oca_statement):
    found = [Buckets(convention=convention).code(days) for convention in CONVENTIONS]
    assert found == [ours, erpnext, oca_aged, oca_statement]


def test_an_item_due_today_is_not_late():
    assert days_late(AS_OF, due_on=AS_OF) == 0
    assert Buckets().code(days_late(AS_OF, due_on=AS_OF)) == NOT_DUE


def test_an_unpaid_invoice_past_due_is_late():
    assert Buckets().code(days_late(AS_OF, due_on=AS_OF - timedelta(days=1))) == "1-30"


def test_what_has_no_due_date_stands_apart_and_is_not_called_current():
    assert days_late(AS_OF, due_on=None) is None
    assert Buckets().code(None) == NO_DUE_DATE


def test_what_has_no_due_date_by_the_other_conventions():
    booked_on = AS_OF - timedelta(days=45)

    def aged(convention):
        buckets = Buckets(convention=convention)
        return buckets.code(days_late(AS_OF, buckets.aged_from(None, booked_on)))

    assert aged(Convention.ENCAISSE) == NO_DUE_DATE
    assert aged(Convention.ERPNEXT) == "31-60"  # aged by its booking date
    assert aged(Convention.OCA_AGED) == NOT_DUE  # never overdue
    assert aged(Convention.OCA_STATEMENT) == "31-60"


def test_a_due_date_is_what_every_convention_ages_from_when_there_is_one():
    for convention in CONVENTIONS:
        assert Buckets(convention=convention).aged_from(AS_OF, date(2024, 1, 1)) == AS_OF


def test_ranks_put_the_least_late_first_and_what_stands_apart_last():
    buckets = Buckets((15, 45))
    ranked = ["not_due", "1-15", "16-45", "over_45", "no_due_date", "unapplied"]
    assert [buckets.rank(code) for code in ranked] == [0, 1, 2, 3, 90, 91]


def test_an_unknown_bucket_says_which_there_are():
    with pytest.raises(EncaisseError, match="There is no bucket '0-30'") as caught:
        Buckets((30,)).rank("0-30")
    assert caught.value.fix == "use one of not_due, no_due_date, unapplied, 1-30, over_30"


@pytest.mark.parametrize(
    "bounds", [(), (0, 30), (-30,), (30, 30), (60, 30), ("30",), (30.5,), tuple(range(1, 90))]
)
def test_bounds_that_cannot_cut_days_into_buckets_are_refused(bounds):
    with pytest.raises(EncaisseError, match="do not cut days late into buckets"):
        Buckets(bounds)


def test_bounds_may_come_as_a_list_and_buckets_still_compare():
    assert Buckets([30, 60]) == Buckets((30, 60))
    assert hash(Buckets([30, 60])) == hash(Buckets((30, 60)))


bounds = st.lists(st.integers(1, 400), min_size=1, max_size=8, unique=True).map(
    lambda days: tuple(sorted(days))
)
ages = st.integers(-1000, 1000)


@given(bounds, ages)
def test_buckets_partition_the_days(bounds, days):
    """The code says its own first and last day: exactly one code holds any day."""

    def holds(code):
        if code == NOT_DUE:
            return days <= 0
        if code.startswith("over_"):
            return days > int(code.removeprefix("over_"))
        first, last = code.split("-")
        return int(first) <= days <= int(last)

    buckets = Buckets(bounds)
    assert [code for code in buckets.codes if holds(code)] == [buckets.code(days)]


@given(bounds, ages, ages, st.sampled_from(CONVENTIONS))
def test_later_never_ranks_lower(bounds, one, other, convention):
    buckets = Buckets(bounds, convention)
    codes = [buckets.code(days) for days in sorted([one, other])]
    ranks = [-1 if code is None else buckets.rank(code) for code in codes]
    assert ranks == sorted(ranks)


@pytest.mark.reference
def test_erpnext_ages_by_the_rule_its_own_tests_state(reference_data):
    reference = json.loads((reference_data / "ageing/erpnext_cases.json").read_text())
    bounds = tuple(int(bound) for bound in reference["conventions"]["range"].split(","))
    buckets = Buckets(bounds, Convention.ERPNEXT)
    assert buckets.codes == ("0-30", "31-60", "61-90", "91-120", "over_120")

    # Three instalments due after the report date: outstanding, and in no bucket.
    first = next(case for case in reference["cases"] if case["id"] == "erp-01")
    invoice = first["invoices"][0]
    found = [buckets.code(invoice["date"] - term["due"]) for term in invoice["terms"]]
    assert found == [None, None, None]
    # On the day each is due it is 0 days late, which ERPNext's first bucket includes.
    assert buckets.code(0) == "0-30"


@pytest.mark.reference
def test_oca_ages_by_the_bounds_its_code_states(reference_data):
    rules = (reference_data / "ageing/oca_rules.md").read_text()
    assert "current: no due date, or date_at <= due date" in rules
    buckets = Buckets(convention=Convention.OCA_AGED)
    assert [buckets.code(days) for days in (None, 0)] == [NOT_DUE, NOT_DUE]
    for bound, code in [(30, "1-30"), (60, "31-60"), (90, "61-90"), (120, "91-120")]:
        assert f"{bound}_days: " in rules and f"due + {bound}" in rules  # bounds are inclusive
        assert buckets.code(bound) == code
