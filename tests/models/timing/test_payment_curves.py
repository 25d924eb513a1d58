"""A payment's distribution over days: monotone, whole, and honest about what never comes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.timing import curves
from models.timing.counting import Readied
from models.timing.curves import Curves
from models.timing.customer_curves import Counts, CustomerCurves, Draw, Recipe
from models.timing.frame import CREDITED, NOT_YET, OPEN, PAID, History
from models.timing.grid import BINS, HIGH, LAST, LOW, bin_of

DAYS = np.arange(-150, 400)


@st.composite
def any_curves(draw: st.DrawFn) -> Curves:
    hazards = draw(arrays(np.float64, (3, BINS), elements=st.floats(0, 1)))
    asked = draw(st.lists(st.integers(-200, 420), min_size=3, max_size=3))
    return Curves.from_hazards(hazards, asked)


@settings(max_examples=60, deadline=None)
@given(any_curves())
def test_the_probability_of_payment_never_falls_and_what_is_left_is_never(curves: Curves):
    by = curves.paid_by(DAYS)
    assert (np.diff(by, axis=1) >= -1e-9).all()
    assert (by[DAYS[None, :].repeat(3, 0) < curves.asked[:, None]] == 0).all()
    np.testing.assert_allclose(by[:, -1] + curves.never(), 1.0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(any_curves(), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_quantiles_rise_and_invert_the_probability_of_payment(curves, one, other):
    low, high = sorted((one, other))
    first, second = curves.quantile(low), curves.quantile(high)
    both = ~np.isnan(second)
    assert not np.isnan(first[both]).any()
    assert (first[both] <= second[both]).all()
    days = np.nan_to_num(second).astype(int)[:, None]
    assert (curves.paid_by(days)[both, 0] >= high - 1e-5).all()
    assert (curves.paid_by(days - 1)[both, 0] <= high + 1e-5).all()
    assert (curves.never()[~both] > 1 - high - 1e-5).all()


def test_a_document_asked_about_later_has_what_is_left_of_its_curve():
    hazards = np.full((2, BINS), 0.1)
    curves = Curves.from_hazards(hazards, [-5, 3])
    early, late = curves.paid_by([2, 10])
    np.testing.assert_allclose(late[1], (early[1] - early[0]) / (1 - early[0]), atol=1e-6)
    assert late[0] == 0


def test_of_a_bin_entered_in_its_middle_only_the_days_left_count():
    hazards = np.full((2, BINS), 0.7)
    whole, part = Curves.from_hazards(hazards, [-22, -18]).mass[:, bin_of(-18)]
    assert whole == np.float32(0.7)
    assert part == np.float32(1 - 0.3 ** (3 / 7))  # three of the seven days from -22 to -16


def test_what_is_a_year_late_is_not_expected_any_more():
    curves = Curves.from_hazards(np.full((1, BINS), 0.9), [LAST + 1])
    assert curves.never()[0] == 1
    assert np.isnan(curves.quantile(0.5)[0])
    assert curves.late_probability(30)[0] == 1


def test_the_bins_tile_the_days_and_are_daily_around_the_due_day():
    assert (LOW[1:] == HIGH[:-1] + 1).all()
    assert HIGH[-1] == LAST
    around = bin_of(np.arange(-14, 15))
    assert (LOW[around] == HIGH[around]).all()


def one_customer(**changes) -> History:
    told = {
        "item": [1, 2, 3],
        "customer": [7, 7, 7],
        "issued": [0, 0, 0],
        "due": [30, 30, 30],
        "amount": [1.0, 1.0, 1.0],
        "exit": [30, 32, NOT_YET],
        "kind": [PAID, PAID, OPEN],
    }
    return History.of(as_of=40, **{**told, **changes})


WHOLE = Recipe("bins", Draw(2.0, 1e9), Draw(2.0, 1e9))


def test_a_customers_hazard_is_its_own_count_drawn_to_its_like():
    curves = CustomerCurves.of(one_customer(), WHOLE)
    keys = (np.array([7]), np.array([-1]), np.array([-1]))
    above, own = curves.like(*keys[1:])[0], curves.binned(*keys)[0]
    on_due = int(bin_of(0))
    # Three were open on the due day and one was paid on it; two days later two were, and one paid.
    np.testing.assert_allclose(own[on_due], (1 + 2 * above[on_due]) / (3 + 2))
    np.testing.assert_allclose(own[on_due + 1], (0 + 2 * above[on_due + 1]) / (2 + 2))
    np.testing.assert_allclose(own[on_due + 2], (1 + 2 * above[on_due + 2]) / (2 + 2))


def test_an_open_document_counts_for_the_part_of_its_bin_that_it_lived_through():
    told = one_customer(exit=[80, 80, NOT_YET])
    told = History(**{**told.__dict__, "as_of": 30 + 45})
    curves = CustomerCurves.of(told.as_known(75), WHOLE)
    keys = (np.array([7]), np.array([-1]), np.array([-1]))
    above, own = curves.like(*keys[1:])[0], curves.binned(*keys)[0]
    place = int(bin_of(45))
    # All three are open on day 45: each lived through three of the bin's seven days.
    np.testing.assert_allclose(own[place], 2 * above[place] / (3 * 3 / 7 + 2))


def test_a_customer_never_seen_has_the_curve_of_its_like():
    curves = CustomerCurves.of(one_customer(), WHOLE)
    keys = (np.array([8]), np.array([-1]), np.array([-1]))
    np.testing.assert_array_equal(curves.binned(*keys), curves.like(*keys[1:]))
    level, documents = curves.rests_on(*keys)
    assert (level[0], documents[0]) == (0, 2.0)


def test_what_was_credited_is_no_part_of_a_curve():
    credited = one_customer(exit=[30, 32, 35], kind=[PAID, PAID, CREDITED])
    paid = credited.take(credited.kind == PAID)
    keys = (np.array([7]), np.array([-1]), np.array([-1]))
    told, without = (CustomerCurves.of(each, WHOLE) for each in (credited, paid))
    for form in ("binned", "shifted"):
        np.testing.assert_array_equal(getattr(told, form)(*keys), getattr(without, form)(*keys))


def test_what_was_known_on_a_past_day_adds_up_to_what_it_did_then():
    draw = np.random.default_rng(5)
    count = 600
    issued = draw.integers(0, 300, count)
    exits = issued + draw.integers(1, 120, count)
    kind = draw.choice([OPEN, PAID, CREDITED], count, p=[0.1, 0.8, 0.1])
    whole = History.of(
        as_of=420,
        item=np.arange(count) // 2,
        customer=draw.integers(0, 30, count),
        segment=draw.integers(-1, 3, count),
        terms=draw.choice([-1, 30, 45], count),
        issued=issued,
        due=issued + 30,
        amount=draw.lognormal(5, 1, count),
        share=draw.uniform(0.1, 1.0, count),
        exit=np.where(kind == OPEN, NOT_YET, exits),
        known=np.where(kind == OPEN, NOT_YET, exits + draw.integers(0, 20, count)),
        kind=kind,
    )
    readied = Readied.of(whole)
    keys = (draw.integers(0, 32, 50), draw.integers(-1, 4, 50), draw.choice([-1, 30, 45, 60], 50))
    for day in (0, 40, 200, 419, 420):
        known = whole if day == 420 else whole.as_known(day)
        then = CustomerCurves.of(known.take(draw.permutation(len(known))), Recipe())
        read_off = CustomerCurves(Counts.of(readied.at(day)), Recipe())
        for form in ("binned", "shifted"):
            np.testing.assert_array_equal(
                getattr(then, form)(*keys), getattr(read_off, form)(*keys)
            )
        for one, other in zip(then.rests_on(*keys), read_off.rests_on(*keys), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_customer_who_stops_paying_is_expected_later_each_week():
    never = one_customer(exit=[30, NOT_YET, NOT_YET], kind=[PAID, OPEN, OPEN])
    expected = []
    for day in (35, 60, 120):
        for recipe in (WHOLE, WHOLE._replace(form="shift")):
            later = History(**{**never.__dict__, "as_of": day})
            curves = CustomerCurves.of(later, recipe)
            hazards = curves.hazards(np.array([7]), np.array([-1]), np.array([-1]))
            expected.append(Curves.from_hazards(hazards, [0]).late_probability(14)[0])
    binned, shifted = expected[::2], expected[1::2]
    assert binned == sorted(binned)
    assert binned[0] < binned[-1]
    assert shifted[0] < shifted[-1]


def test_what_is_told_of_many_documents_is_told_part_by_part_alike(monkeypatch):
    draw = np.random.default_rng(4)
    many = Curves.from_hazards(draw.uniform(0, 0.2, (101, BINS)), draw.integers(-90, 400, 101))
    whole = (many.quantile(0.5), many.expected_delay(), many.late_probability(30))
    monkeypatch.setattr(curves, "PART", 10)
    parts = (many.quantile(0.5), many.expected_delay(), many.late_probability(30))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
