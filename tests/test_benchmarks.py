"""Speed is compared only between answers that are the same."""

import importlib

import duckdb
import pytest

from benchmarks import (
    aged,
    clocks,
    data,
    day,
    features,
    history,
    intake,
    marts,
    matching,
    measuring,
    months,
    mornings,
    pages,
    predictions,
    refresh,
    sample,
)
from benchmarks.__main__ import keep, write
from benchmarks.aims import AIMS, against
from benchmarks.measuring import Work, agree, in_fresh_process
from benchmarks.others import oca
from benchmarks.writing import exponent
from models.errors import EncaisseError
from published.snapshot import current


def answer(question, function, *arguments):
    told = getattr(question, function)(*map(str, arguments))()
    return told() if callable(told) else told


@pytest.fixture
def here_and_now(sample_home, monkeypatch):
    """Measure in this process, once, and the sample company alone."""

    def in_this_process(work):
        module, _, function = work.function.partition(":")
        told = answer(importlib.import_module(module), function, *work.arguments)
        return measuring.Run(1.0, 1.0, 1.0, told)

    monkeypatch.setattr(measuring, "in_fresh_process", in_this_process)
    monkeypatch.setattr(marts, "in_fresh_process", in_this_process)
    for question in (aged, clocks, features, history, marts, matching, months):
        monkeypatch.setattr(question, "refreshed", lambda items: sample_home)
        if hasattr(question, "rounds"):
            monkeypatch.setattr(question, "rounds", lambda items: 1)


@pytest.mark.parametrize("question", [aged, clocks, features, history, marts, matching, months])
def test_everybody_gives_our_answer_and_the_report_tells_of_each(here_and_now, question):
    rows = question.measure([3000])  # raises where two answers differ
    told = question.report(rows)
    assert "| 3,000 |" in told
    assert question.measured([{**row, "items": 1_000_000} for row in rows])


@pytest.mark.parametrize("function", sorted(intake.SUBJECTS.values()))
def test_everybody_reads_the_same_sums_from_a_fec(sample_home, function):
    path = max((sample_home / "extracts").glob("*FEC*.txt"), key=lambda path: path.stat().st_size)
    assert answer(intake, function, path) == answer(intake, "encaisse", path)


def test_the_marts_that_are_measured_are_those_that_are_published(sample_home):
    made = answer(marts, "make", sample_home)
    published = current(sample_home).row_counts
    since_the_last_snapshot = {"receivables.changes", "receivables.bucket_moves"}
    assert {"receivables.movements", "receivables.daily_balances", "measures.figures"} <= set(made)
    for name in made.keys() & published.keys() - since_the_last_snapshot:
        assert made[name]["rows"] == published[name], name


def test_every_page_is_there_and_is_told(sample_home):
    told = in_fresh_process(Work("benchmarks.pages:pages", (str(sample_home), "1"), 4)).answer
    scripts = answer(pages, "scripts", sample_home, "1")
    opened = {"warm": 1.0, "cold": 2.0}
    row = {"items": 1_000_000, **told, "scripts": scripts, "opening_ms": opened}
    report = pages.report([row])
    assert "| aged balances | 1,000,000 |" in report
    assert len(told["pages"]) == len(pages.PAGES)
    assert pages.measured([row])["page_slowest_1m"] > 0


def test_what_is_learnt_from_is_asked(sample_home):
    assert answer(predictions, "features", sample_home)["questions"] > 0


def test_a_refresh_is_told_step_by_step():
    steps = {"extracts": 3.0, "ledger__items": 2.0, "published__snapshot": 1.0}
    told = {"steps": steps, "items_in_ledger": 99, "snapshot_mb": 5.0, "gaps": ["0.00"]}
    row = {
        **{"items": 100, "wall_seconds": 6.0, "cpu_seconds": 6.0, "peak_mb": 300.0},
        **{"subject": refresh.FIRST, "steps_seconds": 2.0, "answer": told},
    }
    assert "| `ledger.items` | 2 | 33% |" in refresh.report([row])


def test_a_size_is_a_number_of_items_whatever_the_invoices(tmp_path):
    made = answer(sample, "generate", tmp_path / "extracts", "100")
    assert made["ledger_lines"] > 0
    assert sample.invoices_of(1_000_000) == 500_000


def test_another_seed_is_another_firm_in_a_home_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    usual = data.home(200)
    sample.generate(str(usual), "100")()
    monkeypatch.setenv("BENCH_SEED", "7")
    other = data.home(200)
    assert other != usual
    sample.generate(str(other), "100")()
    names = {path.name for path in usual.glob("*FEC*.txt")}
    assert names
    assert names == {path.name for path in other.glob("*FEC*.txt")}
    assert all((usual / name).read_bytes() != (other / name).read_bytes() for name in names)


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


def test_what_is_published_of_a_target_stands_until_it_is_measured_again():
    published = against({"history_naive": 99.0, "history_10m": 0.5})
    told = against({"history_naive": 120.0}, published)
    assert "| 120x | yes |" in told
    assert "| 0.5 s | yes |" in told


def test_a_section_that_was_not_measured_here_is_left_as_it_is_published(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.__main__.ROOT", tmp_path)
    monkeypatch.setattr("benchmarks.__main__.FOLDER", tmp_path / "kept")
    page = tmp_path / "docs" / "benchmarks.md"
    page.parent.mkdir()
    published = f"## {mornings.TITLE}\n\nMeasured elsewhere.\n"
    page.write_text(f"# Benchmarks\n\n{published}\n## No longer asked\n\nOld.\n")
    write()
    assert page.read_text().endswith(published)
    figures = {"wall_seconds": 1, "cpu_seconds": 1, "peak_mb": 1, "subject": "one more morning"}
    found = {"on": "2026-01-01", "machine": "Another machine.", "commit": "c", "load": [0, 0]}
    keep("mornings", {**found, "rows": [{"items": 10, "exports": 1, **figures}]})
    write()
    assert "Measured elsewhere" not in page.read_text()
    assert page.read_text().endswith("Another machine.\n")


def line(entry_on, lettering="", lettered_on="", validated_on=""):
    fields = ["VE"] * 18
    fields[3], fields[13], fields[14], fields[15] = entry_on, lettering, lettered_on, validated_on
    return "\t".join(fields)


@pytest.mark.parametrize(("between", "ended"), [("\t", "\r\n"), ("|", "\n")])
def test_the_export_of_the_day_before_knows_nothing_of_the_last_day(between, ended):
    lines = [
        "one\tanother",
        line("20251201", "AA", "20251229", "20251230"),
        line("20251202", "AB", "20251231", "20260115"),
        line("20251231", "AB", "20251231"),
        "",
    ]
    fec = ended.join(lines).replace("\t", between)
    told = day.as_exported(fec.encode(), day.BEFORE).decode()
    assert told == ended.join([*lines[:2], line("20251202"), ""]).replace("\t", between)


def test_snapshots_are_compared_row_for_row(tmp_path):
    files = []
    for name, rows in (("one", "(1), (1), (2)"), ("other", "(1), (2), (3)")):
        files.append(tmp_path / f"{name}.duckdb")
        with duckdb.connect(files[-1]) as con:
            con.execute("create schema ledger; create schema predictions")
            con.execute(f"create table ledger.items as from (values {rows})")
            con.execute(f"create table predictions.reasons as select '{name}'")
    assert day._differing(*files) == {"ledger.items": 2}
