"""`encaisse refresh` and `encaisse check`: what they print, and what they say where they fail."""

import json
import shutil
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pytest

from desk.closes import CloseTotal, list_closes
from desk.store import open_desk
from pipelines.cli.figures import intake_lines
from pipelines.defs import checks, intake
from published import snapshot
from tests.pipelines.books import Fec, lettered
from tests.pipelines.extracts import write_fec, write_three_invoices


@pytest.fixture
def extracts(tmp_path):
    return write_three_invoices(tmp_path / "extracts").parent


@pytest.fixture
def unbalanced(tmp_path):
    folder = tmp_path / "unbalanced"
    fec = Fec().entry("2024-01-05", ("411000", "acme", "100.00"), ("701000", None, "-90.00"))
    write_fec(fec, folder, "unbalanced.txt")
    return folder


def test_a_refresh_prints_the_figures_of_the_day(encaisse, extracts, home):
    code, out, err = encaisse("refresh", "--extracts", extracts)
    assert (code, err) == (0, "")
    pointer = snapshot.current(home)
    assert f"Snapshot {pointer.version} is published" in out
    assert "As of 2024-05-20 (the last day of the ledger" in out
    [figures_of_entity] = [line for line in out.splitlines() if line.startswith("732829320")]
    assert figures_of_entity.split()[:4] == ["732829320", "EUR", "480.00", "360.00"]
    assert out.index("acme") < out.index("bolt")  # the larger overdue first
    assert "1 extract, 9 records: 9 loaded, 0 set aside" in out


def test_where_everything_is_paid_it_is_said_and_no_column_explained(encaisse, tmp_path):
    settled = lettered("A", "2024-02-05")
    fec = Fec().sale("2024-01-05", "acme", "120.00", "F1", **settled)
    write_fec(fec.receipt("2024-02-05", "acme", "120.00", "F1", **settled), tmp_path / "extracts")
    code, out, _ = encaisse("refresh", "--extracts", tmp_path / "extracts")
    assert code == 0
    assert "\nNothing is owed.\n" in out
    assert "DSO" not in out


def test_what_is_in_dispute_stands_beside_what_is_late(encaisse, tmp_path):
    fec = Fec().sale("2024-06-01", "acme", "1200.00", "F1", label="Facture en litige")
    write_fec(fec, tmp_path / "extracts")
    code, out, _ = encaisse("refresh", "--extracts", tmp_path / "extracts")
    assert code == 0
    [of_acme] = [line for line in out.splitlines() if line.startswith("acme")]
    assert of_acme.split()[-3:] == ["0.00", "0.00", "1,200.00"]
    [of_entity] = [line for line in out.splitlines() if line.startswith("732829320")]
    assert of_entity.endswith("  1 day")


def test_a_refresh_with_a_refused_file_is_done_for_the_day_it_is_given(
    encaisse, extracts, unbalanced, home
):
    (unbalanced / "unbalanced.txt").rename(extracts / "unbalanced.txt")
    code, out, _ = encaisse("refresh", "--extracts", extracts, "--as-of", "2024-03-31")
    assert code == 0
    assert "refused: unbalanced.txt:" in out
    assert "As of 2024-03-31 (as asked)" in out
    assert str(snapshot.current(home).control_totals[0].ledger) == "360.00"


def test_a_refresh_that_can_use_nothing_fails_and_says_why(encaisse, unbalanced):
    code, out, err = encaisse("refresh", "--extracts", unbalanced)
    assert code == 1
    assert "refused: unbalanced.txt:" in out
    assert "Every extract was refused" in err
    code, out, _ = encaisse("status", "--json")
    assert code == 0
    assert json.loads(out)["files"][0]["refused_reason"]


def test_a_refresh_that_cannot_begin_says_what_to_do(encaisse, tmp_path):
    (tmp_path / "empty").mkdir()
    code, out, err = encaisse("refresh", "--extracts", tmp_path / "empty")
    assert (code, out) == (1, "")
    assert "fix:   put the firm's FEC" in err
    assert "Nothing was published." in err
    assert "Traceback" not in err


def test_a_blocked_refresh_says_which_check_and_what_stays(
    encaisse, published_home, tmp_path, monkeypatch
):
    home = shutil.copytree(published_home, tmp_path / "copy")
    stays = snapshot.current(home).version
    really_find = checks.find

    def find(con, rule):
        return (2, "F1; F2") if rule.name == "entries_balance" else really_find(con, rule)

    monkeypatch.setattr(checks, "find", find)
    for command in ("refresh", "check"):
        code, out, err = encaisse("--home", home, command)
        assert (code, out) == (1, "")
        assert err == (
            "blocked by staging.fec_entries: entries_balance: F1; F2\n"
            f"Nothing was published: snapshot {stays}, as of 2024-05-20, stays.\n"
        )
    assert snapshot.current(home).version == stays


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (duckdb.IOException("Could not write: No space left on device"), "fix:   free some room"),
        (RuntimeError("it broke"), "RuntimeError: it broke\n  where: extracts\n"),
    ],
)
def test_what_goes_wrong_in_a_run_is_told_without_a_stack_trace(
    encaisse, extracts, monkeypatch, happens, told
):
    def fails(*args, **options):
        raise happens

    monkeypatch.setattr(intake, "land_folder", fails)
    code, out, err = encaisse("refresh", "--extracts", extracts)
    assert (code, out) == (1, "")
    assert told in err
    assert "Traceback" not in err
    assert err.endswith("Nothing was published.\n")


def test_a_check_publishes_nothing_and_tells_the_warnings(encaisse, extracts, unbalanced, home):
    (unbalanced / "unbalanced.txt").rename(extracts / "unbalanced.txt")
    code, out, _ = encaisse("check", "--extracts", extracts)
    assert code == 0
    assert "warning: intake.files: files_are_used: unbalanced.txt" in out
    assert "Nothing would block a refresh" in out
    assert not (home / "CURRENT").exists()


def test_settings_without_meaning_are_refused(encaisse, extracts, home):
    home.mkdir()
    (home / "encaisse.toml").write_text("[ageing]\nbunds = [30]\n")
    code, _, err = encaisse("refresh", "--extracts", extracts)
    assert code == 1
    assert "A setting has no meaning" in err
    assert "ageing.bunds" in err


@pytest.mark.parametrize("aside", [0, 117])
def test_where_records_were_set_aside_it_is_told_where_their_reasons_are(aside):
    file = SimpleNamespace(records_in=1535, quarantined=aside, refused_reason=None)
    first, *pointers = intake_lines(SimpleNamespace(files=[file]))
    assert first == f"1 extract, 1,535 records: {1535 - aside:,} loaded, {aside} set aside"
    assert [("export quarantine" in line, "Data health" in line) for line in pointers] == (
        [(True, True)] if aside else []
    )


def test_no_amount_stops_a_refresh_however_large_it_is(encaisse, tmp_path, home):
    largest = "9999999999999.99"
    fec = Fec()
    for month in range(1, 13):
        for customer in ("acme", "bolt"):
            fec.sale(f"2022-{month:02}-05", customer, largest, f"F{month}{customer}")
    for month in range(1, 13):
        code = lettered(f"L{month}", f"2023-{month:02}-20")
        fec.sale(f"2023-{month:02}-05", "slow", largest, f"S{month}", **code)
        fec.receipt(f"2023-{month:02}-20", "slow", largest, **code)
    fec.sale("2024-01-05", "more", "10000000000000.00", "TOO MUCH")
    write_fec(fec, tmp_path / "extracts")
    code, out, err = encaisse("refresh", "--extracts", tmp_path / "extracts")
    assert (code, err) == (0, "")
    assert "239,999,999,999,999.76" in out
    with snapshot.connect(snapshot.current(home)) as con:
        aside = con.sql(
            "select column_name, value, reason from intake.quarantine order by source_line"
        ).fetchall()
    assert len(aside) == 3
    assert aside[0] == (
        "Debit",
        "10000000000000,00",
        "Debit is too large for an amount, which is below 10,000,000,000,000. Check it.",
    )


def test_a_month_at_whose_end_nothing_is_open_is_closed_with_nothing(encaisse, tmp_path, home):
    settled = lettered("A", "2024-02-05")
    fec = Fec().sale("2024-01-05", "acme", "120.00", "F1", **settled)
    write_fec(fec.receipt("2024-02-05", "acme", "120.00", "F1", **settled), tmp_path / "extracts")
    assert encaisse("refresh", "--extracts", tmp_path / "extracts", "--as-of", "2024-03-31")[0] == 0
    code, out, err = encaisse("close", "--month", "2024-02", "--author", "Léa")
    assert (code, err) == (0, "")
    assert "2024-02-29 is closed as known on" in out
    assert out.splitlines()[-1].split() == ["732829320", "EUR", "0.00", "0.00", "0"]
    [close] = list_closes(open_desk(home))
    assert close.totals == (CloseTotal("732829320", "EUR", Decimal("0.00"), Decimal("0.00"), 0),)
    code, _, err = encaisse("close", "--month", "2023-12", "--author", "Léa")
    assert code == 1
    assert "nothing was booked by that day" in err
