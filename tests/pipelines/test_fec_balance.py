"""Entries are held against each other in passing, where their lines stand together."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake.fec_load import Runs
from pipelines.intake.reading import LANDING
from tests.pipelines.fec_files import line

entries = st.lists(
    st.tuples(
        st.sampled_from(["VE", "BQ"]),
        st.sampled_from(["1", "2", "3"]),
        st.lists(st.integers(-5, 5), min_size=1, max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def batches(rows, cuts):
    table = pa.Table.from_pylist(rows, schema=LANDING["fec_lines"]).combine_chunks()
    places = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for start, end in pairwise(places):
        [batch] = table[start:end].to_batches()
        yield batch


@settings(deadline=None)
@given(entries, st.lists(st.integers(1, 20), max_size=4))
def test_what_balances_in_passing_balances(drawn, cuts):
    rows, is_balanced = [], True
    for journal, number, cents, closes in drawn:
        amounts = [*cents, -sum(cents)] if closes else cents
        is_balanced = is_balanced and sum(amounts) == 0
        rows += [
            line(number, "411", Decimal(n).scaleb(-2), "0", journal_code=journal) for n in amounts
        ]
    runs = Runs()
    for batch in batches(rows, cuts):
        runs.add(batch)

    sums = defaultdict(Decimal)
    for row in rows:
        sums[row["journal_code"], row["entry_number"]] += row["debit"] - row["credit"]
    if runs.balance:
        assert not any(sums.values())
    if is_balanced:
        assert runs.balance  # and so nothing has to be added up again


def test_amounts_that_64_bits_may_not_add_up_are_left_to_the_database():
    huge = [line("1", "411", "99999999999.99", "0"), line("1", "706", "0", "99999999999.99")]
    runs = Runs()
    for batch in batches(huge, []):
        runs.add(batch)
    assert not runs.balance
