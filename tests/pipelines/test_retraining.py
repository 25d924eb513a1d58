"""When the timing model is trained anew, and when the one there goes on."""

from datetime import date, timedelta

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
