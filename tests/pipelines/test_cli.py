"""The command line, as a script relies on it: exit codes, two streams, and words for people."""

import json
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta

import pytest

from pipelines.cli import figures
from pipelines.cli.starting import TEMPLATE
from pipelines.settings import Settings
from published import snapshot


def test_the_status_is_what_scripts_rely_on(encaisse, published_home):
    code, out, _ = encaisse("--home", published_home, "status", "--json")
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


def test_the_status_says_when_the_snapshot_is_old(published_home):
    pointer = snapshot.current(published_home)
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
    assert "\n1 record: 1 would be loaded, 0 set aside" in out
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
