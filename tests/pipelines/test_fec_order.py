"""Lines keep their order and their number, whichever thread has read them first."""

import time
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import EncaisseError
from pipelines.intake import fec_columns, fec_load
from pipelines.intake.fec_columns import Parter
from pipelines.intake.fec_fields import Piece
from pipelines.intake.fec_header import find_layout
from tests.pipelines.fec_files import BOOKS, LAWFUL, fec

LAYOUT = find_layout("|".join(LAWFUL))
LINE = fec(BOOKS[:1]).splitlines()[1]


def piece_of(lines, first=2):
    data = np.frombuffer("".join(f"{line}\n" for line in lines).encode(), np.uint8)
    numbers = np.arange(first, first + len(lines))
    return Piece(numbers, data, np.flatnonzero(data == ord("\n")))


KINDS = {
    "good": LINE,
    "padded": LINE.replace("VE|", " VE |"),
    "open": f"{LINE}|",
    "several": f"{LINE}| | ",
    "short": LINE.removesuffix("|"),
    "long": f"{LINE}|x",
    "no amount": LINE.replace("120,00", "12O,00"),
    "blank": "",
    "white": "  \u00a0",
    "separators": "|" * 17,
    "one": "x",
    "marked": f"\ufeff{LINE}",
}


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=12), st.sampled_from([18, 19]))
def test_each_line_is_good_or_spoilt_or_blank_once_and_keeps_its_number(drawn, width):
    parted = Parter(fec_load.duckdb.connect(), LAYOUT, width).part(
        piece_of([KINDS[kind] for kind in drawn])
    )
    what = dict(enumerate(drawn, 2))
    good = [
        n for n, kind in what.items() if kind in ("good", "padded", "open", "several", "marked")
    ]
    spoilt = [n for n, kind in what.items() if kind in ("short", "long", "no amount", "one")]
    assert parted.good["source_line"].to_pylist() == good
    assert parted.spoilt["source_line"].to_pylist() == spoilt
    assert parted.spoilt["line"].to_pylist() == [f"{KINDS[what[n]]}|" for n in spoilt]
    assert parted.blank == len(drawn) - len(good) - len(spoilt)
    assert parted.good["journal_code"].to_pylist() == [
        "\ufeffVE" if what[n] == "marked" else "VE" for n in good
    ]


def test_pieces_that_overtake_each_other_are_put_back_in_order(monkeypatch):
    class Parter:
        def part(self, piece):
            time.sleep(0.01 * (piece % 3 == 0))  # every third takes longer
            return piece

    monkeypatch.setattr(fec_load, "cores", lambda: 4)
    assert [*fec_load._in_turn(Parter(), iter(range(20)))] == [*range(20)]


def test_a_line_that_does_not_come_back_is_a_defect(monkeypatch):
    monkeypatch.setattr(fec_columns, "mended", lambda *_: piece_of([LINE] * 2))
    with pytest.raises(EncaisseError, match="Of 3 lines 2 came back"):
        Parter(fec_load.duckdb.connect(), LAYOUT, 18).part(piece_of([LINE, "", LINE]))


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=6), st.integers(1, 4))
def test_row_groups_do_not_depend_on_how_lines_came(sizes, rows):
    bounds = [0, *np.cumsum(sizes).tolist()]
    batches = [
        pa.record_batch({"n": pa.array(range(start, end), pa.int64())})
        for start, end in pairwise(bounds)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fec_load, "_ROWS", rows)
        groups = [group["n"].to_pylist() for group in fec_load._gathered(batches)]
    everything = [*range(bounds[-1])]
    assert groups == [everything[n : n + rows] for n in range(0, len(everything), rows)]


@pytest.mark.parametrize("end", ["", "\r"])
def test_a_line_of_ten_thousand_bytes_with_its_end_is_the_longest(end):
    longest = LINE.replace("Facture", "x" * (9_999 - len(LINE.encode()) + len("Facture")))
    lines = [f"{longest}{end}", f"{longest.replace('xx', 'xxx', 1)}{end}", f"{LINE}{end}"]
    parted = Parter(fec_load.duckdb.connect(), LAYOUT, 18).part(piece_of(lines))
    assert parted.good["source_line"].to_pylist() == [2, 4]
    assert parted.spoilt["source_line"].to_pylist() == [3]
