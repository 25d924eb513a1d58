"""Lines keep their order and their number, whichever thread has read them first."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import EncaisseError
from pipelines.intake.fec_load import LINES, Turn

sizes = st.lists(st.integers(0, 5), min_size=1, max_size=6)


def batches(of_sizes):
    line = 2
    for size in of_sizes:
        texts = [f"line {number}" for number in range(line, line + size)]
        yield pa.record_batch([list(range(line, line + size)), texts], schema=LINES)
        line += size


@settings(deadline=None)
@given(sizes, st.randoms(use_true_random=False))
def test_batches_that_overtake_each_other_are_put_back_in_order(of_sizes, random):
    turn = Turn()
    given_out = pa.Table.from_batches([*turn.give(batches(of_sizes))])
    pieces = [given_out[n : n + 1] for n in range(len(given_out))]
    random.shuffle(pieces)
    shuffled = pa.concat_tables([given_out[:0], *pieces]).combine_chunks().to_batches()
    taken = [*turn.take(shuffled)]
    assert [number for batch in taken for number in batch["source_line"].to_pylist()] == [
        *range(2, 2 + sum(of_sizes))
    ]


def test_a_line_that_does_not_come_back_or_comes_twice_is_a_defect():
    for wrong in ([0, 1], [0, 1, 1, 2], [1, 2]):
        turn = Turn()
        [batch] = turn.give(batches([3]))
        with pytest.raises(EncaisseError, match="Of 3 lines"):
            list(turn.take([batch.take(wrong)]))
