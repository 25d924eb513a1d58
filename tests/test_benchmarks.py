"""Speed is compared only between answers that are the same."""

import pytest

from benchmarks import (
    aged,
    clocks,
    features,
    history,
    intake,
    marts,
    matching,
    months,
    pages,
    sample,
)
from benchmarks.aims import AIMS, against
from benchmarks.measuring import Work, agree, in_fresh_process
from benchmarks.others import oca
from benchmarks.writing import exponent
from models.errors import EncaisseError
from published.snapshot import current


def answer(question, function, home, *arguments):
    told = getattr(question, function)(str(home), *arguments)()
    return told() if callable(told) else told


@pytest.mark.parametrize(
    ("function", "how", "convention"),
    [
        ("movements", (), "encaisse"),
        ("with_pandas", ("ready",), "encaisse"),
        ("with_pandas", ("read",), "encaisse"),
        ("with_pandas_items", ("ready",), "encaisse"),
        ("with_polars", ("read",), "encaisse"),
        ("like_oca", ("ready",), "oca_aged"),
        ("like_erpnext", ("read",), "erpnext"),
    ],
)
def test_others_age_the_sample_company_as_we_do_by_their_convention(
    sample_home, function, how, convention
):
    ours = answer(aged, "encaisse", sample_home, convention)
    assert ours["totals"]
    assert answer(aged, function, sample_home, *how) == ours


@pytest.mark.parametrize("function", sorted(intake.SUBJECTS.values()))
def test_everybody_reads_the_same_sums_from_a_fec(sample_home, function):
    path = max((sample_home / "extracts").glob("*FEC*.txt"), key=lambda path: path.stat().st_size)
    assert answer(intake, function, path) == answer(intake, "encaisse", path)


@pytest.mark.parametrize("function", ["naive", "snapshots", "reports"])
def test_every_way_gives_the_balances_of_every_day_to_the_cent(sample_home, function):
    ours = answer(history, "encaisse", sample_home)
    theirs = answer(history, function, sample_home)
    assert ours["all days"] != ours["some days"]
    assert theirs == {part: ours[part] for part in theirs}


def test_every_way_gives_the_balances_of_every_month_end_to_the_cent(sample_home):
    assert answer(months, "naive", sample_home) == answer(months, "encaisse", sample_home)


@pytest.mark.parametrize("function", ["with_pandas", "one_by_one", "joined"])
def test_every_way_gives_the_same_features_to_the_last_digit(sample_home, function):
    ours = answer(features, "encaisse", sample_home)
    theirs = answer(features, function, sample_home)
    theirs.pop("asked", None)
    assert theirs
    assert theirs == {part: ours[part] for part in theirs}


def test_the_marts_that_are_measured_are_those_that_are_published(sample_home):
    made = answer(marts, "make", sample_home)
    published = current(sample_home).row_counts
    since_the_last_snapshot = {"receivables.changes", "receivables.bucket_moves"}
    assert {"receivables.movements", "receivables.daily_balances", "measures.monthly"} <= set(made)
    for name in made.keys() & published.keys() - since_the_last_snapshot:
        assert made[name]["rows"] == published[name], name


def test_both_clocks_are_asked_the_same_questions(sample_home):
    for name in clocks.QUESTIONS:
        assert answer(clocks, "asked", sample_home, name, "") > 0
        assert answer(clocks, "asked", sample_home, name, str(clocks.AS_OF)) > 0


def test_a_firm_without_lettering_is_matched(sample_home):
    told = answer(matching, "encaisse", sample_home)
    assert told["reference"] > 0
    assert told["fifo"] > 0


def test_scripts_are_answered_while_they_are_timed(sample_home):
    p50, p95 = answer(pages, "scripts", sample_home)[pages.ANY_DAY]
    assert 0 < p50 <= p95


def test_a_size_is_a_number_of_items_whatever_the_invoices(tmp_path):
    made = answer(sample, "generate", tmp_path / "extracts", "100")
    assert made["ledger_lines"] > 0
    assert sample.invoices_of(1_000_000) == 500_000


def test_an_amount_that_rounds_to_nothing_is_nothing():
    assert oca.is_zero(0.0)
    assert oca.is_zero(0.1 + 0.2 - 0.3)
    assert oca.is_zero(0.004999)
    assert not oca.is_zero(0.01)
    assert not oca.is_zero(-0.005)


def test_answers_that_differ_are_not_compared():
    with pytest.raises(EncaisseError, match="do not agree"):
        agree({"one": {"EUR not_due": 100}, "other": {"EUR not_due": 101}})


def test_a_piece_of_work_is_measured_in_a_process_of_its_own(sample_home):
    run = in_fresh_process(Work("benchmarks.pages:opening", (str(sample_home), "cold")))
    assert run.wall_seconds > 0
    assert run.peak_mb > 1


def test_growth_is_not_told_from_fewer_than_three_sizes():
    rows = [
        {"items": items, "subject": "ours", "cpu_seconds": items / 1e6}
        for items in (10_000, 100_000, 1_000_000)
    ]
    assert exponent(rows, "ours") == pytest.approx(1.0)
    assert exponent(rows[:2], "ours") is None


def test_a_target_that_was_not_measured_is_told_as_such():
    told = against({"history_naive": 99.0, "history_10m": 0.5})
    assert told.count("not measured") == len(AIMS) - 2
    assert "| 99x | **no** |" in told
    assert "| 0.5 s | yes |" in told
