"""The fitted model: what it falls back on, what moves it and what must not, and how it is kept."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import skops.io
from threadpoolctl import threadpool_limits

from models.errors import EncaisseError
from models.timing import trees
from models.timing.counting import Readied
from models.timing.customer_curves import CustomerCurves, Draw, Recipe
from models.timing.features import GROUPS
from models.timing.frame import OPEN, Frame, History
from models.timing.model import TimingModel, fit
from models.timing.of_a_day import ModelOfADay
from models.timing.reasons import effects_of
from models.timing.sums import ForSums
from models.timing.trial import loss, trial_of
from tests.models.timing.ledgers import made_ledger, open_book, questions

LEDGER = made_ledger(1_500, never=0.02)


@pytest.fixture(scope="module")
def ledger() -> tuple[History, Frame, Frame]:
    return LEDGER, questions(LEDGER), open_book(LEDGER)


@pytest.fixture(scope="module")
def model(ledger) -> TimingModel:
    history, frame, _ = ledger
    return fit(history, frame)


def first(history: History, documents: int) -> History:
    return history.take(np.arange(len(history)) < documents)


@pytest.mark.parametrize(
    ("documents", "method"), [(0, "terms_curve"), (150, "terms_curve"), (500, "customer_curve")]
)
def test_a_small_firm_is_answered_by_what_it_can_support(documents, method):
    history = first(LEDGER, documents)
    small = fit(history, questions(history) if documents else Frame.of(**no_questions()))
    assert small.method == method
    assert small.trees is None
    curves = small.predict(history, open_book(LEDGER))
    assert np.isfinite(curves.expected_delay()).all()
    rests_on, _ = ModelOfADay.of(small, history).rests_on(open_book(LEDGER))
    if documents <= 150:
        assert set(rests_on) <= {"firm", "terms"}


def no_questions() -> dict[str, list[int]]:
    return {name: [] for name in ("item", "customer", "issued", "due", "asked", "amount")}


def test_trees_are_used_only_where_they_beat_the_customers_own_curves(model, ledger):
    history, frame, _ = ledger
    trial = trial_of(history, frame)
    alone = loss(trial, model.predict(history, trial.frame, "customer_curve"))
    assert model.method == ("mix" if model.trees is not None else "customer_curve")
    terms = loss(trial, model.predict(history, trial.frame, "terms_curve"))
    assert alone < 0.7 * terms  # each customer of this ledger has a delay of its own
    crps = {s.method: s.value for s in model.scores if (s.horizon, s.metric) == ("new", "crps")}
    assert {"terms_curve", "customer_curve", "trees", "mix"} <= set(crps)


def with_trees(model: TimingModel, ledger) -> TimingModel:
    """Return the model with trees, whether or not they won on this ledger."""
    from models.timing.person_periods import person_periods
    from models.timing.trees import grown

    history, frame, _ = ledger
    periods = person_periods(history, frame, 60_000)
    trees = grown(Readied.of(history), frame, periods, model.recipe, 7)
    return replace(model, method="mix", trees=trees, weight_new=1.0, weight_open=0.5)


@pytest.fixture(scope="module")
def mixed(model, ledger) -> TimingModel:
    return with_trees(model, ledger)


def test_the_order_of_the_rows_and_the_customers_numbers_move_nothing(mixed, ledger):
    history, frame, book = ledger
    random = np.random.default_rng(3)
    deal = random.permutation(1_000)

    def dealt(table, order):
        taken = table.take(order)
        return replace(taken, customer=deal[taken.customer].astype(np.int64))

    other_history = dealt(history, random.permutation(len(history)))
    other_frame = dealt(frame, random.permutation(len(frame)))
    other = with_trees(mixed, (other_history, other_frame, None))
    order = random.permutation(len(book))
    said = other.predict(other_history, dealt(book, order))
    np.testing.assert_array_equal(said.mass, mixed.predict(history, book).mass[order])


def test_the_number_of_threads_moves_nothing(mixed, ledger):
    history, _, book = ledger
    many = book.take(np.tile(np.arange(len(book)), 150))
    with threadpool_limits(4):
        one = mixed.predict(history, many)
    with threadpool_limits(1):
        two = mixed.predict(history, many)
    np.testing.assert_array_equal(one.mass, two.mass)
    np.testing.assert_array_equal(one.mass[: len(book)], mixed.predict(history, book).mass)


def test_what_is_paid_after_the_day_is_not_known_on_it(ledger):
    history, frame, _ = ledger
    day = history.as_of - 400
    later = np.where((history.exit > day) & (history.kind != OPEN), history.exit + 17, history.exit)
    moved = replace(history, exit=later.astype(np.int32), known=later.astype(np.int32))
    told = frame.take(frame.asked <= day)
    one, two = (fit(each.as_known(day), told) for each in (history, moved))
    asked = frame.take((frame.asked > day - 7) & (frame.asked <= day))
    np.testing.assert_array_equal(one.predict(history, asked).mass, two.predict(moved, asked).mass)
    assert one.recipe == two.recipe


def test_a_year_later_the_same_ledger_is_foretold_alike(mixed, ledger):
    def a_year_on(table):
        days = {
            name: (getattr(table, name).astype(np.int64) + 364).clip(max=2**31 - 1).astype(np.int32)
            for name in ("issued", "due", "asked", "exit", "known")
            if hasattr(table, name)
        }
        on = {"as_of": table.as_of + 364} if isinstance(table, History) else {}
        return replace(table, **days, **on)

    shifted = tuple(a_year_on(each) for each in ledger)
    other = with_trees(mixed, shifted)
    one = mixed.predict(ledger[0], newest(ledger)).quantile(0.5)
    two = other.predict(shifted[0], newest(shifted)).quantile(0.5)
    # The weekdays are the same, the days of the month are not.
    assert np.nanmean(np.abs(one - two)) < 1.0


def newest(ledger) -> Frame:
    """Return the questions about the documents issued in the last 91 days."""
    history, frame, _ = ledger
    return frame.take((frame.asked == frame.issued) & (frame.asked > history.as_of - 91))


def test_two_in_a_hundred_never_paid_are_said_to_be(model, ledger):
    never = model.predict(ledger[0], newest(ledger)).never().mean()
    assert 0.003 < never < 0.06


def test_the_reasons_add_up_to_what_the_model_says(mixed, ledger):
    history, _, book = ledger
    effects = effects_of(mixed, CustomerCurves.of(history, mixed.recipe), book)
    said = mixed.predict(history, book).expected_delay()
    np.testing.assert_allclose(effects.expected, said, atol=1e-6)
    np.testing.assert_allclose(
        effects.days.sum(axis=1), effects.expected - effects.ordinary, atol=1e-6
    )
    groups, days = ModelOfADay.of(mixed, history).reasons(book)
    assert (np.abs(days[:, 0]) >= np.abs(days[:, 1])).all()
    unknown = {"calendar", "overdue", "open_book"}  # nothing is told of them here
    assert not unknown - {"calendar"} & set(groups.ravel())


def test_a_customer_who_pays_late_is_a_reason_to_expect_payment_late(mixed, ledger):
    new = newest(ledger)
    usual = new.feature("delay_mean_days")
    curves = CustomerCurves.of(ledger[0], mixed.recipe)
    effect = effects_of(mixed, curves, new).days[:, GROUPS.index("usual_delay")]
    known = ~np.isnan(usual)
    assert np.corrcoef(usual[known], effect[known])[0, 1] > 0.6


@pytest.mark.parametrize("method", ["mix", "customer_curve", "terms_curve"])
def test_whatever_is_asked_together_each_answer_is_the_same_to_the_bit(mixed, ledger, method):
    history, _, book = ledger
    model = replace(mixed, method=method)
    of_day = ModelOfADay.of(model, history)
    whole = model.predict(history, book)
    effects = effects_of(model, CustomerCurves.of(history, model.recipe), book)
    backwards = np.arange(len(book))[::-1]
    for size in (1, 7, len(book)):
        for begin in range(0, min(len(book), 20), size):
            rows = backwards[begin : begin + size]
            curves = of_day.predict(book.take(rows))
            np.testing.assert_array_equal(curves.mass, whole.mass[rows])
            np.testing.assert_array_equal(curves.expected_delay(), whole.expected_delay()[rows])
            some = effects_of(model, CustomerCurves.of(history, model.recipe), book.take(rows))
            np.testing.assert_array_equal(some.days, effects.days[rows])


def test_a_model_of_a_day_is_not_asked_about_what_the_day_knew(mixed, ledger):
    history, frame, _ = ledger
    with pytest.raises(EncaisseError) as refused:
        ModelOfADay.of(mixed, history).predict(frame)
    assert "known later" in refused.value.what


def test_a_model_kept_as_bytes_answers_as_before(mixed, model, ledger):
    history, _, book = ledger
    for each in (mixed, model):
        again = TimingModel.from_bytes(each.to_bytes())
        np.testing.assert_array_equal(
            again.predict(history, book).mass, each.predict(history, book).mass
        )
        assert again.scores == each.scores
        assert again.calibration == each.calibration


class Stranger:
    """A type that no model needs."""


@pytest.mark.parametrize(
    "content",
    [
        b"not an archive",
        pickle.dumps({"format": 1}),
        skops.io.dumps({"format": 1, "trees": Stranger()}),
        skops.io.dumps({"format": 0}),
    ],
)
def test_bytes_that_are_no_model_are_refused(content):
    with pytest.raises(EncaisseError, match="refused"):
        TimingModel.from_bytes(content)


def test_the_days_kept_back_teach_the_judged_trees_nothing(ledger):
    history, frame, _ = ledger
    trial = trial_of(history, frame)
    assert (trial.earlier.issued <= history.as_of - 91).all()
    gone = trial.earlier.kind != OPEN
    assert (trial.earlier.known[gone] <= history.as_of - 91).all()
    assert (trial.frame.asked > trial.earlier.as_of).all()


def test_a_model_like_another_takes_its_choices_over_and_grows_its_own_trees(mixed, ledger):
    history, frame, _ = ledger
    earlier = history.as_known(history.as_of - 91)
    other = fit(earlier, frame, like=mixed)
    assert (other.method, other.recipe, other.as_of) == ("mix", mixed.recipe, earlier.as_of)
    assert other.scores == ()
    asked = frame.take(frame.asked == earlier.as_of + 1)
    assert np.isfinite(other.predict(earlier, asked).expected_delay()).all()


def test_in_sums_customers_are_drawn_to_their_like_in_several_ways_and_averaged(model, ledger):
    history, _, frame = ledger
    told, alone = ForSums(model).predict(history, frame)
    ways = [
        replace(model, recipe=Recipe(model.recipe.form, Draw(pull, 180.0), Draw(pull, 180.0)))
        for pull in (1.0, 3.0, 10.0, 30.0)
    ]
    own = np.mean([way.predict(history, frame, "customer_curve").mass for way in ways], axis=0)
    assert alone.mass == pytest.approx(own, abs=1e-6)
    trees = replace(model, weight_open=1.0).predict(history, frame).mass
    part = model.weight_open
    assert told.mass == pytest.approx((1 - part) * own + part * trees, abs=1e-6)


def test_the_trees_are_the_same_however_many_threads_grow_them(model, ledger, monkeypatch):
    sized = trees._sized
    monkeypatch.setattr(trees, "_sized", lambda count: sized(count).set_params(max_iter=3))
    alone = with_trees(model, ledger).trees
    monkeypatch.setattr(trees, "SHARED_FROM", 0)
    monkeypatch.setattr(trees.os, "cpu_count", lambda: 6)
    shared = with_trees(model, ledger).trees
    for one, other in zip(alone._predictors, shared._predictors, strict=True):
        np.testing.assert_array_equal(one[0].nodes, other[0].nodes)
