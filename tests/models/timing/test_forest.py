"""The trees asked fork by fork, beside scikit-learn, which walks down them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

from models.timing.forest import Forest, Told

COLUMNS = 5


def grown(rows, happened, leaves=31, **told):
    trees = HistGradientBoostingClassifier(
        max_iter=12, max_leaf_nodes=leaves, min_samples_leaf=2, early_stopping=False, **told
    )
    return trees.fit(rows, happened)


def drawn(seed, count, values, unknown):
    """Return rows of few different values, so that some lie on a threshold, and some unknown."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(values, (count, COLUMNS)).astype(np.float32)
    rows[rng.random(rows.shape) < unknown] = np.nan
    happened = np.nan_to_num(rows).sum(axis=1) + rng.normal(size=count) > 0
    happened[:2] = [True, False]
    return rows, happened


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    leaves=st.sampled_from([2, 3, 8, 31]),
    unknown=st.sampled_from([0.0, 0.01, 0.3]),
    cut=st.integers(0, COLUMNS),
)
def test_the_forest_answers_to_the_last_bit_as_the_trees_do(seed, leaves, unknown, cut):
    values = np.array([-3.1, -0.2, 0.0, 0.1, 0.7, 1e-8, 250.0])
    rows, happened = drawn(seed, 400, values, unknown)
    trees = grown(rows, happened, leaves)
    # Asked about more than was learnt from: values between, and unknown where nothing was.
    asked, _ = drawn(seed + 1, 300, np.append(values, [0.05, -7.0, 1e9]), max(unknown, 0.1))
    forest = Forest.of(trees, (cut, COLUMNS - cut))
    # The first columns are shared by rows, the last are each row's own.
    place = np.random.default_rng(seed).integers(0, 300, 300)
    whole = np.concatenate([asked[place, :cut], asked[:, cut:]], axis=1)
    told = [Told(asked[:, :cut], place), Told(asked[:, cut:], None)]
    assert np.array_equal(forest.probability(told, 300), trees.predict_proba(whole)[:, 1])


def test_a_threshold_between_two_numbers_of_24_bits_leaves_each_on_its_side():
    low = np.float32(16_777_215.0)
    high = np.nextafter(low, np.float32(np.inf))
    rows = np.array([[low]] * 50 + [[high]] * 50, dtype=np.float32)
    trees = grown(rows, np.arange(100) >= 50)
    said = Forest.of(trees, (1,)).probability([Told(rows, None)], 100)
    assert np.array_equal(said, trees.predict_proba(rows)[:, 1])
    assert said[0] < 0.5 < said[-1]


def test_no_row_has_no_answer():
    rows, happened = drawn(1, 100, np.array([0.0, 1.0]), 0.0)
    forest = Forest.of(grown(rows, happened), (COLUMNS,))
    assert len(forest.probability([Told(rows[:0], np.zeros(0, np.intp))], 0)) == 0


def test_trees_with_more_leaves_than_a_number_has_bits_are_refused():
    rows, happened = drawn(1, 2_000, np.linspace(-3, 3, 200), 0.0)
    with pytest.raises(ValueError, match=r"a tree has \d+ leaves, more than 31"):
        Forest.of(grown(rows, happened, leaves=64), (COLUMNS,))


def test_trees_that_ask_about_categories_are_refused():
    rows = np.random.default_rng(1).integers(0, 6, (500, 1)).astype(np.float32)
    trees = grown(rows, np.isin(rows[:, 0], (1, 4)), categorical_features=[0])
    with pytest.raises(ValueError, match="about a category"):
        Forest.of(trees, (1,))
