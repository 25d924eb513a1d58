"""Money that is here and not yet lettered is not expected twice."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cash.unapplied import Credit, covered


def cover(documents, credits):
    """Cents covered of documents given as (customer, due, cents)."""
    customer, due, cents = (np.array(column, np.int64) for column in zip(*documents, strict=True))
    return covered(customer, due, cents, [Credit(*credit) for credit in credits]).tolist()


def test_a_credit_covers_the_document_of_its_own_amount():
    assert cover([(1, 10, 500), (1, 20, 300)], [(1, 25, 300)]) == [0, 300]


def test_of_two_documents_alike_the_older_is_covered():
    assert cover([(1, 20, 300), (1, 10, 300)], [(1, 25, 300)]) == [0, 300]


def test_one_payment_for_several_documents_covers_the_run_that_adds_up_to_it():
    documents = [(1, 10, 900), (1, 20, 300), (1, 30, 200), (1, 40, 100)]
    assert cover(documents, [(1, 45, 600)]) == [0, 300, 200, 100]


def test_one_document_of_the_amount_comes_before_older_ones_that_add_up_to_it():
    assert cover([(1, 10, 300), (1, 20, 200), (1, 30, 500)], [(1, 45, 500)]) == [0, 0, 500]


def test_what_no_sum_explains_covers_the_oldest():
    assert cover([(1, 20, 300), (1, 10, 500)], [(1, 25, 650)]) == [150, 500]


def test_exact_credits_come_before_those_that_nothing_explains():
    assert cover([(1, 10, 500), (1, 20, 300)], [(1, 21, 40), (1, 25, 500)]) == [500, 40]


def test_a_credit_covers_nothing_of_another_customer():
    assert cover([(1, 10, 500), (2, 10, 300)], [(3, 25, 500), (2, 25, 100)]) == [0, 100]


amounts = st.integers(1, 50)
books = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), amounts), min_size=1, max_size=12)


@given(documents=books, credits=st.lists(st.tuples(st.integers(0, 3), st.just(9), amounts)))
@settings(max_examples=100)
def test_credits_cover_as_much_as_there_is_to_cover_and_no_more(documents, credits):
    told = cover(documents, credits)
    assert all(
        0 <= cents <= open_cents for cents, (_, _, open_cents) in zip(told, documents, strict=True)
    )
    for customer in range(4):
        owed = sum(cents for code, _, cents in documents if code == customer)
        paid = sum(cents for code, _, cents in credits if code == customer)
        found = sum(c for c, (code, _, _) in zip(told, documents, strict=True) if code == customer)
        assert found == min(owed, paid)
