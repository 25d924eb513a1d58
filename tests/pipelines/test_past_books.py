"""The open books of past Sundays, from which the forecast is made again to see how right it was."""

import json
from datetime import timedelta

import numpy as np
import pytest

from models.timing.model import fit
from models.timing.sums import ForSums
from pipelines.backtests import rolling
from pipelines.backtests.rolling import Questions, Rolling, sundays
from pipelines.predictions import features
from pipelines.predictions.cash_books import CashBook, day_number
from pipelines.predictions.features import EPOCH

ORIGINS = 4


@pytest.fixture(scope="module")
def con(sample_home):
    told = json.loads((sample_home / "CURRENT").read_text())
    with features.opened(sample_home / "snapshots" / told["file"]) as con:
        yield con


def as_of(con):
    [(day,)] = con.sql("select as_of from meta.snapshot").fetchall()
    return day


def test_a_past_book_is_what_was_asked_about_to_learn_from_it(con):
    asked = features.ask_training(con, as_of(con)).frame
    mondays = sorted({int(day) for day in asked.asked if (day + 3) % 7 == 0})[60:110:10]
    whole = features.books_on(con, [EPOCH + timedelta(days=day) for day in mondays])
    found = {
        (item, (day - EPOCH).days): float(amount)
        for item, day, amount in zip(
            *(whole[name].to_pylist() for name in ("document_id", "asked_on", "open_amount")),
            strict=True,
        )
    }
    is_open = (asked.asked > asked.issued) & np.isin(asked.asked, mondays)
    learnt = {
        (int(asked.item[row]), int(asked.asked[row])): float(asked.amount[row])
        for row in np.flatnonzero(is_open)
    }
    assert len(learnt) > 300
    assert {key: found[key] for key in learnt} == pytest.approx(learnt)
    # A document booked on a Monday is asked about as new on that day, and as open a week later.
    assert all(key in learnt for key in found)


class Own:
    """The customers' curves of a model, and nothing else."""

    def __init__(self, model):
        self.model = model

    def predict(self, history, frame, readied=None):
        return {"own": ForSums(self.model).predict(history, frame, readied).alone}


def foretold(con, monkeypatch, **sizes):
    for name, most in sizes.items():
        monkeypatch.setattr(rolling, name, most)
    day = as_of(con)
    book = CashBook.read(con, "FR")
    questions = Questions.of(features.ask_training(con, day), book)
    few = questions.frame.take(np.arange(2_000))
    model = fit(features.history_at(con, day), few)
    past = Rolling(con, book, questions, lambda *_: Own(model), day_number(day))
    return past.tracks(sundays(book, day_number(day), 13 + ORIGINS)[:ORIGINS])


def test_where_some_documents_stand_for_all_the_book_is_foretold_whole(con, monkeypatch):
    whole, some = (foretold(con, monkeypatch, MOST_ASKED=most) for most in (10**6, 60))
    for all_asked, some_asked in zip(whole, some, strict=True):
        expected = all_asked.open_book["own"].sum(axis=1)
        assert some_asked.open_book["own"].sum(axis=1) == pytest.approx(expected, rel=0.25)
        assert (all_asked.actual_open == some_asked.actual_open).all()


def test_where_some_recent_documents_stand_for_all_what_is_issued_again_is_paid_alike(
    con, monkeypatch
):
    usual = foretold(con, monkeypatch)
    whole = foretold(con, monkeypatch, ASKED_AGAIN=10**6)
    # The size of `MOST_REISSUED` here is that of what stands for all, not of what is issued again.
    some = foretold(con, monkeypatch, ASKED_AGAIN=1, MOST_REISSUED=4)
    new = [
        [track.total["own"] - track.open_book["own"] for track in tracks]
        for tracks in (usual, whole, some)
    ]
    for small_firm, all_asked, some_asked in zip(*new, strict=True):
        assert (small_firm == all_asked).all()
        assert some_asked.sum(axis=1) == pytest.approx(all_asked.sum(axis=1), rel=0.15)
    assert any((one != other).any() for one, other in zip(*new[1:], strict=True))
