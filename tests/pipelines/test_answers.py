"""Answers to open items: one by one or together, here or elsewhere, the same to the bit."""

import pickle

import numpy as np
import pytest

from models.errors import EncaisseError
from models.timing.model import fit
from models.timing.of_a_day import ModelOfADay
from pipelines.engines import batches
from pipelines.engines.batches import answer_here
from pipelines.predictions import answers
from pipelines.predictions.answers import SAID, Answers, rows_that_ask
from tests.models.timing.ledgers import made_ledger, open_book, questions
from tests.models.timing.test_payment_timing_model import with_trees


@pytest.fixture(scope="module")
def asked():
    """A model with trees that knows a ledger, and rows that ask about its open documents."""
    history = made_ledger(700, never=0.05)
    frame, book = questions(history), open_book(history)
    model = with_trees(fit(history, frame), (history, frame, book))
    rows = rows_that_ask(book, book.item, np.arange(len(book)) % 3 == 0)
    assert len(rows) > 40
    return Answers(ModelOfADay.of(model, history)), rows


@pytest.mark.parametrize("size", [1, 7, 64])
def test_rows_may_be_answered_together_in_any_batches(asked, size, monkeypatch):
    answer, rows = asked
    whole = answer_here(rows, answer)
    monkeypatch.setattr(batches, "BATCH", size)
    again = answer_here(rows.take(list(reversed(range(len(rows))))), answer)
    assert again.sort_by("item_id").equals(whole.sort_by("item_id"))


def test_reasons_are_given_where_they_were_asked_for(asked):
    answer, rows = asked
    said = answer_here(rows, answer)
    assert said["codes"].is_valid().to_pylist() == rows["is_reasoned"].to_pylist()
    assert said["effects"].is_valid().to_pylist() == rows["is_reasoned"].to_pylist()


def test_where_nothing_is_open_nothing_is_answered(asked):
    answer, rows = asked
    assert answer_here(rows.slice(0, 0), answer) == SAID.empty_table()


def test_what_is_sent_elsewhere_answers_the_same(asked):
    answer, rows = asked
    sent = pickle.loads(pickle.dumps(answer))
    assert answer_here(rows, sent).equals(answer_here(rows, answer))


def test_it_refuses_to_answer_where_other_versions_would(asked, monkeypatch):
    sent = pickle.dumps(asked[0])
    monkeypatch.setattr(
        answers, "made_with", lambda made=answers.made_with: {**made(), "numpy": "1.0"}
    )
    with pytest.raises(EncaisseError) as refused:
        pickle.loads(sent)
    assert refused.value.what.startswith("A worker has numpy 1.0, not ")
