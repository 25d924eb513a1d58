"""When the timing model is trained anew, and when the one there goes on."""

from datetime import date, timedelta

import numpy as np

from pipelines.predictions.drift import (
    FIRM,
    MOST_ASKED,
    PAID_SHARE,
    WIDENED_BY,
    Dealt,
    _by_entity,
)
from pipelines.predictions.retraining import (
    DRIFTED,
    MORE_DOCUMENTS,
    NEVER_TRAINED,
    OLD,
    OTHER_BOOKS,
    RECIPE_CHANGED,
    Learnt,
    Now,
    reason_to_train,
)

DAY = date(2025, 6, 1)
MODEL = Learnt(DAY, "recipe", 1000)


def after(days, **changes):
    told = {"as_of": DAY + timedelta(days=days), "recipe": "recipe", "settled": 1000, **changes}
    return reason_to_train(MODEL, Now(**told))


def test_the_first_refresh_trains():
    assert reason_to_train(None, Now(DAY, "recipe", 0)) == NEVER_TRAINED


def test_a_model_goes_on_for_27_days_and_no_longer():
    assert after(0) is None
    assert after(27, settled=1099) is None
    assert after(28) == OLD


def test_a_tenth_more_documents_is_enough_to_learn_from_again():
    assert after(1, settled=1100) == MORE_DOCUMENTS


def test_an_empty_ledger_is_not_trained_on_every_day():
    empty = Learnt(DAY, "recipe", 0)
    assert reason_to_train(empty, Now(DAY + timedelta(days=1), "recipe", 0)) is None
    assert reason_to_train(empty, Now(DAY + timedelta(days=1), "recipe", 1)) == MORE_DOCUMENTS


def test_other_settings_or_other_books_are_learnt_at_once():
    assert after(1, recipe="another") == RECIPE_CHANGED
    assert after(1, same_share=0.5) == OTHER_BOOKS
    assert after(1, same_share=0.95) is None


def test_one_check_out_of_range_is_not_enough_and_two_of_one_week_are_one():
    def checked(*days, out):
        told = [DAY + timedelta(days=day) for day in days]
        return after(
            20,
            checked_on=tuple(told),
            drifted_on=tuple(DAY + timedelta(days=day) for day in out),
        )

    assert checked(20, out=(20,)) is None
    assert checked(19, 20, out=(19, 20)) is None
    assert checked(12, 20, out=(12, 20)) == DRIFTED
    assert checked(12, 20, out=(12,)) is None
    assert checked(5, 12, 20, out=(5, 20)) is None


def test_every_open_document_of_a_small_entity_is_asked_about_and_of_a_large_one_some():
    draw = np.random.default_rng(2)
    items = draw.integers(0, 2**62, MOST_ASKED + 18_000)
    entities = np.repeat(["large", "small"], [18_000, MOST_ASKED])
    some = Dealt.of(items, entities)
    assert (some.entity == "small").sum() == MOST_ASKED
    assert set(some.stands_for[some.entity == "small"].tolist()) == {1}
    assert (some.entity == "large").sum() <= 1.1 * MOST_ASKED
    again = Dealt.of(items[::-1], entities[::-1])
    assert set(items[some.rows].tolist()) == set(items[::-1][again.rows].tolist())


def test_the_documents_asked_about_tell_the_share_of_all():
    draw = np.random.default_rng(2)
    items = draw.integers(0, 2**62, 24_000)
    entities = np.repeat(["large", "small"], [20_000, 4_000])
    paid = (draw.random(24_000) < np.where(entities == "large", 0.3, 0.7)).astype(float)
    some = Dealt.of(items, entities)
    shares = _by_entity(PAID_SHARE, some, paid[some.rows], np.ones(len(some.rows), bool))
    assert shares[PAID_SHARE, "small"] == paid[20_000:].mean()
    assert abs(shares[PAID_SHARE, "large"] - paid[:20_000].mean()) < WIDENED_BY
    assert abs(shares[PAID_SHARE, FIRM] - paid.mean()) < WIDENED_BY
