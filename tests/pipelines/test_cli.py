"""The command line, as a script relies on it: exit codes, two streams, and words for people."""

import csv
import json
import shutil
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.cli import figures, main
from pipelines.cli.starting import TEMPLATE
from pipelines.defs import checks, intake
from pipelines.settings import Settings
from published import snapshot
from tests.pipelines.books import Fec
from tests.pipelines.extracts import write_fec


@pytest.fixture
def encaisse(home, monkeypatch, capfd):
    """Run the command in this process: returns its exit code, what it said, and to whom."""

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["encaisse", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return run


def write_books(folder):
    fec = Fec()
    fec.sale("2024-01-05", "bolt", "120.00", "F1")
    fec.sale("2024-03-01", "acme", "240.00", "F2")
    fec.sale("2024-05-20", "bolt", "120.00", "F3")
    return write_fec(fec, folder).parent


@pytest.fixture
def extracts(tmp_path):
    return write_books(tmp_path / "extracts")


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A home in which the books are published. Only to be read."""
    folder = tmp_path_factory.mktemp("shown") / "home"
    write_books(folder / "extracts")
    command = [Path(sys.executable).parent / "encaisse", "--home", folder, "refresh"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


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
    assert "1 extracts, 9 records: 9 loaded, 0 set aside" in out


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


def test_a_blocked_refresh_says_which_check_and_what_stays(encaisse, shown, tmp_path, monkeypatch):
    home = shutil.copytree(shown, tmp_path / "copy")
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


def test_the_status_is_what_scripts_rely_on(encaisse, shown):
    code, out, _ = encaisse("--home", shown, "status", "--json")
    told = json.loads(out)
    assert code == 0
    assert told.keys() >= {"version", "as_of", "published_at", "control_totals", "files"}
    assert told["as_of"] == "2024-05-20"
    assert datetime.fromisoformat(told["published_at"]).tzinfo is not None
    assert told["control_totals"] == [
        {
            "entity": "732829320",
            "currency": "EUR",
            "ledger": "480.00",
            "open_items": "480.00",
            "gap": "0.00",
        }
    ]
    [file] = told["files"]
    assert file.pop("sha256").isalnum()
    assert file == {
        "name": "732829320FEC20241231.txt",
        "format": "fec",
        "records_in": 9,
        "loaded": 9,
        "quarantined": 0,
        "refused_reason": None,
    }


def test_the_status_says_when_the_snapshot_is_old(shown):
    pointer = snapshot.current(shown)
    fresh = "\n".join(figures.status_lines(pointer, pointer.published_at + timedelta(hours=36)))
    old = "\n".join(figures.status_lines(pointer, pointer.published_at + timedelta(hours=37)))
    assert "36 hours ago" in fresh
    assert "OLD" not in fresh
    assert "37 hours ago: OLD, over 36" in old


def test_without_a_snapshot_the_status_says_what_to_do(encaisse):
    code, out, err = encaisse("status")
    assert (code, out) == (1, "")
    assert "Nothing has been published yet." in err


@pytest.mark.parametrize(
    ("options", "amounts"),
    [
        ((), {"acme": "240.00", "bolt": "240.00"}),
        (("--as-of", "2024-02-01"), {"bolt": "120.00"}),
        (("--customer", "acme"), {"acme": "240.00"}),
        (("--entity", "732829320", "--currency", "EUR"), {"acme": "240.00", "bolt": "240.00"}),
    ],
)
def test_an_export_holds_what_was_asked_for(encaisse, shown, tmp_path, options, amounts):
    out_file = tmp_path / "open.csv"
    code, out, _ = encaisse(
        "--home", shown, "export", "open_items", *options, "--format", "csv", "--out", out_file
    )
    assert code == 0
    assert str(out_file) in out
    found = {}
    with out_file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["customer_id"], []).append(row["open_amount"])
    assert {customer: f"{sum(map(float, each)):.2f}" for customer, each in found.items()} == amounts


def test_an_export_ages_in_the_buckets_and_by_the_date_that_are_asked(encaisse, shown, tmp_path):
    out_file = tmp_path / "aged.csv"
    aged = ("export", "aged_balances", "--by", "document", "--buckets", "10,80")
    code, _, err = encaisse("--home", shown, *aged, "--out", out_file)
    assert (code, err) == (0, "")
    with out_file.open(encoding="utf-8-sig", newline="") as lines:
        found = [
            (row["customer_id"], row["bucket"], row["amount"]) for row in csv.DictReader(lines)
        ]
    assert found == [
        ("acme", "11-80", "240.00"),  # 1 March to 20 May: 80 days
        ("bolt", "not_due", "120.00"),
        ("bolt", "over_80", "120.00"),
    ]


def test_an_export_ages_by_the_boundaries_of_the_system_it_is_held_against(
    encaisse, shown, tmp_path
):
    found = {}
    for convention in ("encaisse", "erpnext"):
        out_file = tmp_path / f"{convention}.csv"
        aged = ("export", "open_items", "--as-of", "2024-02-04", "--convention", convention)
        code, _, err = encaisse("--home", shown, *aged, "--out", out_file)
        assert (code, err) == (0, "")
        with out_file.open(encoding="utf-8-sig", newline="") as lines:
            found[convention] = [(row["due_on"], row["bucket"]) for row in csv.DictReader(lines)]
    assert found == {
        "encaisse": [("2024-02-04", "not_due")],
        "erpnext": [("2024-02-04", "0-30")],
    }


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize(
    "table",
    ["open_items", "aged_balances", "measures", "customers", "items", "matches", "quarantine"],
)
def test_every_promised_table_can_be_written_in_every_format(
    encaisse, sample_home, tmp_path, table, format
):
    out_file = tmp_path / f"{table}.{format}"
    code, _, err = encaisse(
        "--home", sample_home, "export", table, "--format", format, "--out", out_file
    )
    assert (code, err) == (0, "")
    assert out_file.stat().st_size > 0


@pytest.mark.parametrize(
    "args",
    [
        ("exprot",),
        ("export", "open_items"),  # where to?
        ("export", "open_items", "--out", "x", "--format", "pdf"),
        ("export", "open_items", "--out", "x", "--as-of", "31/03/2024"),
        ("export", "aged_balances", "--out", "x", "--buckets", "30,sixty"),
        ("export", "aged_balances", "--out", "x", "--convention", "sap"),
        ("refresh", "--extracts", "no-such-folder"),
        ("refresh", "--as-of", "2024-02-30"),
        ("status", "--yaml"),
        ("intake", "propose", __file__, "--column", "amount"),
    ],
)
def test_wrong_usage_is_told_apart(encaisse, args):
    code, out, err = encaisse(*args)
    assert (code, out) == (2, "")
    assert "Usage: encaisse" in err


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("export", "invoices"), "There is no published table called invoices"),
        (("export", "open_items", "--currency", "XXX"), "The books have no currency called XXX"),
        (("export", "aged_balances", "--buckets", "60,30"), "do not follow one another"),
        (("export", "customers", "--as-of", "2024-01-01"), "has no date to choose by"),
    ],
)
def test_what_cannot_be_answered_is_refused(encaisse, shown, tmp_path, args, reason):
    code, _, err = encaisse("--home", shown, *args, "--out", tmp_path / "out")
    assert code == 1
    assert reason in err
    assert not (tmp_path / "out").exists()


def test_a_home_is_made_once_and_never_made_over(encaisse, home):
    code, out, _ = encaisse("init")
    assert code == 0
    assert f"{home} is ready" in out
    (home / "encaisse.toml").write_text("snapshots_kept = 2")
    (home / "extracts" / "ledger.txt").touch()
    encaisse("init")
    assert (home / "encaisse.toml").read_text() == "snapshots_kept = 2"
    assert (home / "extracts" / "ledger.txt").exists()


def test_the_settings_that_a_new_home_shows_are_settings():
    shown = "".join(
        line.removeprefix("# ")
        for line in TEMPLATE.read_text().splitlines(keepends=True)
        if line.startswith(("# [", '# "')) or (line.startswith("# ") and " = " in line)
    )
    Settings(**tomllib.loads(shown))


def test_the_sample_company_is_the_same_each_time(encaisse, tmp_path):
    for name in ("a", "b"):
        code, out, _ = encaisse("sample", "--out", tmp_path / name, "--seed", 7, "--items", 200)
        assert code == 0
        assert "200 invoices" in out
    ledgers = sorted((tmp_path / "a").glob("*FEC*.txt"))
    assert ledgers
    for ledger in ledgers:
        assert ledger.read_bytes() == (tmp_path / "b" / ledger.name).read_bytes()


def test_a_sample_that_cannot_be_made_is_refused(encaisse, tmp_path):
    code, _, err = encaisse("sample", "--out", tmp_path / "a", "--items", 1)
    assert code == 1
    assert "cannot be made" in err


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "invoices" / "ventes.csv"
    file.parent.mkdir()
    file.write_text(
        "Client;N° facture;Date facture;Echéance;Montant TTC;Devise\n"
        "bolt;F1;03/04/2024;05/06/2024;1 234,50;EUR\n",
        encoding="utf-8",
    )
    return file


def test_a_table_that_can_be_read_in_two_ways_is_asked_about(encaisse, table):
    code, out, err = encaisse("intake", "propose", table)
    assert code == 1
    assert "1 234,50 can be nothing else" in out
    assert "State date_format: one of %d/%m/%Y, %m/%d/%Y" in err
    assert "answer with --kind, --date-format" in err


def test_a_proposal_is_written_once_it_is_agreed_and_the_table_is_then_read(encaisse, table, home):
    answered = ("intake", "propose", table, "--date-format", "%d/%m/%Y")
    code, out, _ = encaisse(*answered)
    assert code == 0
    assert "1 records: 1 would be loaded, 0 set aside" in out
    assert "Nothing was written" in out
    assert not (home / "encaisse.toml").exists()

    assert encaisse(*answered, "--write")[0] == 0
    code, out, _ = encaisse("refresh", "--extracts", table.parent)
    assert code == 0
    assert "1,234.50" in out


def test_a_defect_shows_no_stack_trace(encaisse, monkeypatch, tmp_path):
    def broken(home):
        raise RuntimeError("it broke")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(snapshot, "current", broken)
    code, out, err = encaisse("status")
    assert (code, out) == (1, "")
    assert err.startswith("RuntimeError: it broke\n  where:")
    assert "Traceback" not in err
    assert "Traceback" in (tmp_path / "encaisse-defect.txt").read_text()


def test_help_does_not_wait_for_the_engine():
    """Dagster, DuckDB and pandas take seconds to load; help needs none of them."""
    script = (
        "import sys; from pipelines.cli import main; "
        "print({'dagster', 'duckdb', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
