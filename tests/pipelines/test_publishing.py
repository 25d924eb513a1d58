"""Publication: whole or not at all, in order, and never over somebody else's."""

import hashlib
import json
import signal
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from models.errors import EncaisseError
from pipelines.defs.intake import SnapshotDay, make_files, make_run
from pipelines.publishing import publish
from pipelines.settings import ROOT
from pipelines.workshop import Workshop, new_version
from published import snapshot


@pytest.fixture
def workshop(home):
    return Workshop(home=str(home), extracts=str(home / "extracts"))


def build(workshop, content_key="extracts-1"):
    """Make the least that a snapshot holds."""
    con = workshop.con
    con.execute("create schema receivables")
    make_files(con, [], workshop.landing)
    con.execute("create table intake.files as select *, 'used' as status from staging.files")
    make_run(workshop, SnapshotDay(date(2024, 3, 31), "asked"), content_key)
    con.execute(
        "create table receivables.control_balances as select date '2024-03-31' as day, "
        "'main' as entity_id, 'acme' as customer_id, 'EUR' as currency, "
        "10.00::decimal(18, 2) as ledger_amount, 10.00::decimal(18, 2) as open_amount"
    )
    con.execute("create table intake.open_lists (entity_id varchar, listed_on date)")
    con.execute(
        "create table receivables.list_balances (entity_id varchar, customer_id varchar, "
        "currency varchar, listed_on date, list_amount decimal(18, 2), open_amount decimal(18, 2))"
    )


def publish_once(workshop, run_id="0000", content_key="extracts-1"):
    with workshop.open(run_id):
        build(workshop, content_key)
        publish(workshop)
    return snapshot.current(workshop.folder)


def test_the_pointer_tells_what_is_in_the_file(workshop, home):
    pointer = publish_once(workshop, "1a2b3c4d-5e6f")
    assert pointer.version.endswith("-1a2b3c4d")
    assert pointer.sha256 == hashlib.sha256(pointer.path.read_bytes()).hexdigest()
    assert (pointer.as_of, pointer.as_of_basis) == (date(2024, 3, 31), "asked")
    assert pointer.row_counts["receivables.control_balances"] == 1
    assert pointer.stale_after_hours == workshop.settings.stale_after_hours
    assert json.loads((home / "CURRENT").read_text())["control_totals"] == [
        {
            "entity": "main",
            "currency": "EUR",
            "ledger": "10.00",
            "open_items": "10.00",
            "gap": "0.00",
        }
    ]


def test_nothing_is_left_beside_the_snapshot(workshop, home):
    pointer = publish_once(workshop)
    assert list((home / "snapshots").iterdir()) == [pointer.path]
    assert sorted(path.name for path in home.iterdir()) == [".writer", "CURRENT", "snapshots"]


def test_a_refresh_that_was_overtaken_does_not_publish(workshop, home):
    first = publish_once(workshop)
    newer = (home / "CURRENT").read_text().replace(first.version, "29990101T000000Z-ffffffff")
    with (
        workshop.open("0001"),
        pytest.raises(EncaisseError, match="Another snapshot was published"),
    ):
        build(workshop)
        (home / "CURRENT").write_text(newer)
        publish(workshop)
    assert (home / "CURRENT").read_text() == newer


def test_a_refresh_whose_lock_was_taken_away_does_not_publish(workshop, home):
    publish_once(workshop)
    before = (home / "CURRENT").read_bytes()
    with workshop.open("0001"), pytest.raises(EncaisseError, match="lock was taken away"):
        build(workshop)
        (home / ".writer").unlink()
        publish(workshop)
    assert (home / "CURRENT").read_bytes() == before


def test_only_the_last_snapshots_are_kept(workshop, home):
    home.mkdir()
    (home / "encaisse.toml").write_text("snapshots_kept = 2")
    versions = [publish_once(workshop, f"{number:08}").version for number in range(4)]
    kept = sorted(path.stem for path in (home / "snapshots").iterdir())
    assert kept == versions[2:]


def test_the_snapshot_that_is_compared_with_is_kept_however_old(workshop, home):
    home.mkdir()
    (home / "encaisse.toml").write_text("snapshots_kept = 1")
    first = publish_once(workshop, "00000000", "before")
    for number in range(1, 4):
        last = publish_once(workshop, f"{number:08}", "after")
        assert last.previous.version == first.version
    kept = sorted(path.stem for path in (home / "snapshots").iterdir())
    assert kept == [first.version, last.version]


def test_versions_follow_one_another_even_when_the_clock_does_not(workshop):
    first = publish_once(workshop, "zzzzzzzz")
    year_2000 = datetime(2000, 1, 1, tzinfo=UTC)
    assert new_version(year_2000, "00000000", first) > first.version


def test_what_killed_runs_left_is_cleared_away(workshop, home):
    pointer = publish_once(workshop)
    snapshots = home / "snapshots"
    spilled = snapshots / "20240101T000000Z-dead.duckdb.building.tmp"
    spilled.mkdir()
    (spilled / "spilled.block").touch()
    (snapshots / "20240101T000000Z-dead.duckdb.building").touch()
    (snapshots / "20240101T000000Z-dead.duckdb.building.wal").touch()
    (snapshots / "29990101T000000Z-dead.duckdb").touch()  # renamed, but CURRENT never moved
    (home / "CURRENT.tmp").touch()
    with workshop.open("0001"):
        assert not list(snapshots.glob("*dead*"))
    assert list(snapshots.iterdir()) == [pointer.path]
    assert not (home / "CURRENT.tmp").exists()


DIES = """
import os, signal, sys
from pipelines.publishing import publish
from pipelines.settings import ROOT
from pipelines.workshop import Workshop
from tests.pipelines.test_publishing import build

home, steps_left = sys.argv[1], int(sys.argv[2])
is_publishing = False

def watch(event, args):
    global steps_left
    if is_publishing and event in ("open", "os.rename", "os.remove") and home in str(args[0]):
        steps_left -= 1
        if steps_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
with Workshop(home=home).open("00000002") as workshop:
    build(workshop)
    is_publishing = True
    publish(workshop)
    is_publishing = False
"""


def test_killed_at_any_step_a_publication_is_done_or_not_begun(workshop, home):
    """Python announces each file it opens, renames or removes: kill just before each of them."""
    home.mkdir()
    (home / "encaisse.toml").write_text("snapshots_kept = 1")
    before = publish_once(workshop, "00000001").version
    found = []
    for step in range(1, 100):
        process = subprocess.run(
            [sys.executable, "-c", DIES, home, str(step)], check=False, cwd=ROOT
        )
        pointer = snapshot.current(home)
        found.append(pointer.version == before)
        assert hashlib.sha256(pointer.path.read_bytes()).hexdigest() == pointer.sha256
        with snapshot.connect(pointer) as con:
            assert con.sql("select version from meta.snapshot").fetchall() == [(pointer.version,)]
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    assert process.returncode == 0
    assert len(found) > 6  # it has been killed at every one of them
    assert found == sorted(found, reverse=True)  # once the new one is there, it stays


@pytest.mark.parametrize("pointer", ["", "not json", "[]", '{"version": 1}'])
def test_a_pointer_that_cannot_be_read_is_written_anew(workshop, home, pointer):
    kept = publish_once(workshop).path
    (home / "CURRENT").write_text(pointer)
    with pytest.raises(EncaisseError, match="pointer to the published snapshot cannot be read"):
        snapshot.current(home)
    second = publish_once(workshop, "0001")
    assert second.previous is None
    assert kept.exists()  # nobody knows whether it was published: it is not ours to clear away


def test_a_pointer_to_a_snapshot_that_is_gone_is_written_anew(workshop):
    publish_once(workshop).path.unlink()
    assert publish_once(workshop, "0001").path.exists()
