"""Documents that stand for many: nothing is lost on average, and the largest are always there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.cash.drawing import stand_ins
from models.cash.foretelling import Population, foretell
from models.cash.issuance import forecast_issuance
from models.cash.receipts import Horizon
from tests.models.cash.test_receipts import NO_HOLIDAYS, SUNDAY, WEEKS, documents, on_day

AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=300)


@given(AMOUNTS, st.integers(1, 60))
def test_what_is_drawn_stands_for_every_cent_to_a_step(cents, most):
    amount = np.array(cents, float)
    rows, stood_for = stand_ins(amount, np.arange(len(cents)), most)
    assert len(rows) <= most or len(rows) == len(cents)
    assert (stood_for >= amount[rows]).all() and len(set(rows.tolist())) == len(rows)
    step = stood_for.min() if len(rows) < len(cents) else 0.0
    assert abs(stood_for.sum() - amount.sum()) <= step + 1e-6 * amount.sum()


@given(AMOUNTS, st.integers(1, 60))
def test_a_document_larger_than_a_step_stands_for_itself(cents, most):
    amount = np.array(cents, float)
    rows, stood_for = stand_ins(amount, np.arange(len(cents)), most)
    drawn = dict(zip(rows.tolist(), stood_for.tolist(), strict=True))
    large = np.flatnonzero(amount > stood_for.min()).tolist()
    assert {row: drawn[row] for row in large} == {row: amount[row] for row in large}


def test_few_documents_foretell_what_all_of_them_would():
    draw = np.random.default_rng(3)
    count = 40_000
    due = SUNDAY + 1 + draw.integers(0, 80, count)
    cents = np.rint(draw.lognormal(10, 1.5, count))
    delay = draw.integers(-5, 30, count)
    none_issued = forecast_issuance(np.zeros(70), SUNDAY, 91, NO_HOLIDAYS)
    horizon = Horizon(SUNDAY, WEEKS, NO_HOLIDAYS, None)
    nothing = Population(documents([], [], []), on_day([], []))

    def told(rows, amounts):
        of = documents(np.ones(len(rows)), due[rows], amounts)
        asked = Population(of, on_day(delay[rows], due[rows]), cents[rows])
        return foretell(asked, nothing, none_issued, horizon).open_book

    whole = told(np.arange(count), cents)
    some = told(*stand_ins(cents, due, 2_000))
    assert some.sum() == pytest.approx(whole.sum(), rel=0.02)
    assert some == pytest.approx(whole, rel=0.15)
    assert np.abs(some / whole - 1).mean() < 0.05
