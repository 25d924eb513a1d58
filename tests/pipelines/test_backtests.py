"""The study of past days: what is said of documents then, held against what came, beside rivals."""

import json
from datetime import date, timedelta
from math import nan

import numpy as np
import pytest

from models.cash.backtest import Score
from models.timing.trial import Cases, judged
from pipelines.backtests import report
from pipelines.backtests.invoices import NEW_DAYS, cut_offs_of, study
from pipelines.backtests.months import Month, scored
from pipelines.predictions.features import opened

CUT_OFF, UNTIL = date(2025, 3, 31), date(2025, 12, 31)

# What came of each new document, slice by slice, by the ledger's own tables.
PAID = """
select slices.exit_on - documents.due_on as delay
from features.history(date '2025-12-31') as slices
join features.documents as documents on documents.document_id = slices.document_id
where documents.is_asked_new and slices.exit = 'paid'
    and documents.booked_on > $cut_off and documents.booked_on <= $last
    and slices.exit_on >= documents.booked_on
"""


@pytest.fixture(scope="module")
def snapshot(sample_home):
    told = json.loads((sample_home / "CURRENT").read_text())
    return sample_home / "snapshots" / told["file"]


def cases(errors, customers, late=None):
    unknown = np.full(len(errors), nan)
    said, was = (unknown, unknown) if late is None else map(np.array, late)
    return Cases(np.array(customers), *[unknown] * 3, np.array(errors, float), said, was)


def test_a_score_is_the_mean_over_the_days_that_were_judged():
    # 30 documents 2 days off on one day; 60 of them 5 days off, and one never paid, on the other.
    first, second = cases([2.0] * 30, range(30)), cases([-5.0] * 60 + [nan], range(61))
    told = judged([first, second])
    assert set(told) == {"mae_days"}  # nothing else was said
    bounds, count = told["mae_days"]
    assert (bounds.value, count) == (3.5, 90)
    assert judged([first, first])["mae_days"][0].low == 2.0


def test_lateness_is_told_apart_within_each_day():
    # All late documents above all timely ones on each of two days, though not across them.
    low = ([0.1] * 20 + [0.2] * 20, [0.0] * 20 + [1.0] * 20)
    high = ([0.8] * 20 + [0.9] * 20, [0.0] * 20 + [1.0] * 20)
    days = [cases([nan] * 40, range(40), late) for late in (low, high)]
    assert judged(days)["auc"][0].value == 1.0


def test_a_day_with_few_documents_is_not_judged():
    assert judged([cases([1.0] * 29, range(29))]) == {}


def test_documents_are_asked_about_on_their_day_of_issue_and_held_against_their_payments(snapshot):
    scores = {
        (each.method, each.horizon, each.metric): each for each in study(snapshot, [CUT_OFF], UNTIL)
    }
    with opened(snapshot) as con:
        last = CUT_OFF + timedelta(NEW_DAYS)
        delays = con.execute(PAID, {"cut_off": CUT_OFF, "last": last}).fetchnumpy()["delay"]
    told = scores["due_date", "new", "mae_days"]
    assert told.cases == len(delays)
    assert told.value == pytest.approx(np.abs(delays).mean())
    own = scores["customer_curve", "new", "crps"]
    assert 0 < own.low < own.value < own.high
    # Who has paid late so far pays late again: both know it, and the rule of one day says no more.
    assert scores["late_rate", "new", "auc"].value > 0.6
    assert scores["customer_curve", "new", "auc"].value > 0.6
    assert ("median_10", "new", "crps") not in scores


def test_the_days_of_a_firm_lie_a_quarter_apart_and_half_a_year_back(snapshot):
    days, until = cut_offs_of(snapshot)
    assert until == date(2025, 12, 31)
    assert days == [date(2025, 1, 1), date(2025, 4, 2), date(2025, 7, 2)]


def test_the_document_says_what_was_aimed_at_for_single_documents_and_its_bounds():
    values = {
        "auc": 0.891, "average_precision": 0.799, "ece": 0.06, "crps": 4.26, "mae_days": 5.9,
        "pit_80": 0.79,
    }  # fmt: skip
    scores = [
        Score("invoices", "mix", "new", metric, value, value - 0.01, value + 0.01, 978)
        for metric, value in values.items()
    ]
    targets = {each.what.split(": ")[1]: each for each in report.invoice_targets(scores)}
    assert [each.is_met for each in targets.values()] == [True, False, False, True, True, True]
    assert (targets["CRPS, days"].aim, targets["CRPS, days"].measured) == ("at most 4.25", "4.26")
    rival = Score("invoices", "median_10", "new", "mae_days", 6.24, 5.85, 6.6, 978)
    text = report.section("A firm", "About it.", [*scores, rival])
    assert "| 0.891 (0.881-0.901) |" in text
    assert "| due date + median of its last ten |  |  |  |  | 6.24 (5.85-6.60) |  |" in text


def test_months_are_held_against_what_came_in_the_same_entity_and_currency():
    said = ((90.0, 110.0), (80.0, 120.0), (50.0, 150.0))
    told = [
        Month("a EUR", True, 120, 100.0, 100.0, said),
        Month("a EUR", True, 150, 100.0, 60.0, said),
        Month("b USD", True, 200, 100.0, 125.0, said),
        Month("b USD", True, 365, 0.0, 10.0, ((0.0, 5.0),) * 3),  # nothing was foretold
    ]
    found = {(each.horizon, each.metric): each.value for each in scored(told)}
    assert found["4-6", "coverage_50"] == 0.5 and found["4-6", "coverage_95"] == 1.0
    assert found["4-6", "wape"] == 0.25 and found["4-6", "bias"] == 0.25  # 40 of 160
    assert found["7-9", "coverage_80"] == 0.0 and found["7-9", "bias"] == -0.2
    assert not [key for key in found if key[0] == "10-12"]
    elsewhere = scored([each._replace(is_of_books=False) for each in told])
    assert {each.metric for each in elsewhere} == {"coverage_50", "coverage_80", "coverage_95"}
