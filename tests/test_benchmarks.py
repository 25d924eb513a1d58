"""Speed is compared only between answers that are the same."""

import pytest

from benchmarks import aged, intake
from benchmarks.measuring import Work, agree, in_fresh_process
from models.errors import EncaisseError


@pytest.mark.parametrize(
    ("other", "convention"),
    [
        (aged.with_pandas, "encaisse"),
        (aged.with_pandas_items, "encaisse"),
        (aged.like_oca, "oca_aged"),
        (aged.like_erpnext, "erpnext"),
    ],
)
def test_others_age_the_sample_company_as_we_do_by_their_convention(sample_home, other, convention):
    ours = aged.encaisse(str(sample_home), convention)()()
    assert ours["totals"]
    assert other(str(sample_home))()() == ours


@pytest.mark.parametrize("function", sorted(intake.SUBJECTS.values()))
def test_everybody_reads_the_same_sums_from_a_fec(sample_home, function):
    path = max((sample_home / "extracts").glob("*FEC*.txt"), key=lambda path: path.stat().st_size)
    answer = getattr(intake, function)(str(path))()()
    assert answer == intake.encaisse(str(path))()()


def test_answers_that_differ_are_not_compared():
    with pytest.raises(EncaisseError, match="do not agree"):
        agree({"one": {"EUR not_due": 100}, "other": {"EUR not_due": 101}})


def test_a_piece_of_work_is_measured_in_a_process_of_its_own(sample_home):
    run = in_fresh_process(Work("benchmarks.pages:opening", (str(sample_home),)))
    assert run.wall_seconds > 0
    assert run.peak_mb > 1
