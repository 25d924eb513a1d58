"""A year that opens with one sum of each customer, after invoices that were lettered in part."""

from decimal import Decimal

import pytest

from pipelines.defs.checks import RULES, find
from tests.pipelines.books import Fec, build, lettered, open_items

D = Decimal
TIES = (
    "items_equal_the_books",
    "open_items_equal_the_ledger",
    "open_items_of_the_day_equal_the_ledger",
)
CODE = lettered("AB", "2024-02-05")
F2, F3 = ("A", "F2", "EUR"), ("A", "F3", "EUR")


def books(*opened, first=None):
    """Books of which 120 of 230 are paid, lettered in part, and the next year with its opening."""
    first = first or (
        Fec("2023")
        .sale("2023-10-01", "A", "100", "F1", **lettered("aa"))
        .sale("2023-11-01", "A", "80", "F2", **lettered("aa"))
        .receipt("2023-12-01", "A", "120", **lettered("aa"))
        .sale("2023-12-10", "A", "50", "F3")
    )
    return first, Fec("2024").opening("2024-01-01", *opened)


def built(*fecs):
    """Build the books, and see that what is open ties to the account on every day."""
    con = build(*fecs)
    for rule in RULES:
        if rule.name in TIES:
            assert find(con, rule)[0] == 0, rule.name
    return con


@pytest.mark.parametrize(
    "code", [CODE, lettered("ab"), lettered("aa"), lettered("aa", "2024-02-05")]
)
def test_a_payment_lettered_with_part_of_the_sum_settles_the_oldest_of_what_it_sums_up(code):
    first, second = books(("A", "110", code))
    con = built(first, second.receipt("2024-02-01", "A", "70", **code))
    for day in ("2023-12-31", "2024-01-01", "2024-01-31"):
        assert open_items(con, day) == {F2: D(60), F3: D(50)}
    assert open_items(con, "2024-02-01") == {F3: D(40)}


def test_a_payment_lettered_with_the_whole_sum_and_a_new_invoice_closes_all_of_it():
    first, second = books(("A", "110", CODE))
    second.sale("2024-01-15", "A", "40", "F4", **CODE).receipt("2024-02-01", "A", "150", **CODE)
    con = built(first, second)
    assert open_items(con, "2024-01-31") == {F2: D(60), F3: D(50), ("A", "F4", "EUR"): D(40)}
    assert open_items(con, "2024-02-01") == {}


def test_a_payment_that_nobody_lettered_stays_beside_what_the_sum_stands_for():
    first, second = books(("A", "110"))
    con = built(first, second.receipt("2024-02-01", "A", "110"))
    assert open_items(con, "2024-02-01") == {F2: D(60), F3: D(50), ("A", "payment", "EUR"): D(-110)}


@pytest.mark.parametrize(
    ("opening", "opened"),
    [
        ("115", {F2: D(60), F3: D(50), ("A", "opening", "EUR"): D(5)}),
        ("95", {F2: D(45), F3: D(50)}),  # what is taken off settles the oldest
    ],
)
def test_a_sum_that_was_restated_and_is_lettered_to_nothing_is_closed(opening, opened):
    first, second = books(("A", opening, CODE))
    con = built(first, second.receipt("2024-02-01", "A", opening, **CODE))
    assert open_items(con, "2023-12-31") == {F2: D(60), F3: D(50)}
    assert open_items(con, "2024-01-31") == opened
    assert open_items(con, "2024-02-01") == {}
