"""A refresh that is killed, anywhere, costs nothing but its own time.

Publication itself is killed at each of its steps in test_publishing.py.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from models.errors import EncaisseError
from pipelines import locks
from pipelines.instance import opened
from published import snapshot
from tests.pipelines.books import Fec
from tests.pipelines.extracts import write_fec

ENCAISSE = Path(sys.executable).parent / "encaisse"

# Python announces what it is about to do to a file, and the SQL tables are made one by one. This
# kills the process just before the one, or just after the other.
DIES = """
import os, signal, sys

after, event, path = (sys.argv.pop(1) for _ in range(3))
is_armed = not after

def watch(now, args):
    global is_armed
    if is_armed and now == event and path in str(args[0]):
        os.kill(os.getpid(), signal.SIGKILL)
    if now == "os.rename" and after and after in str(args[0]):
        is_armed = True

sys.addaudithook(watch)

from pipelines.sql_tables import SqlTable
create = SqlTable.create

def create_and_tell(table, con):
    rows = create(table, con)
    sys.audit("table", table.full_name)
    return rows

SqlTable.create = create_and_tell

from pipelines.cli import main
main()
"""

BUILDING, POINTER = ".duckdb.building", "/CURRENT.tmp"
MOMENTS = [
    ("", "os.rename", "/.building-"),  # an extract is read, and has not landed
    ("", "table", "staging.fec_entries"),
    ("", "table", "staging.receivable_lines"),
    ("", "table", "ledger.items"),
    ("", "os.rename", BUILDING),  # the snapshot is whole, and has no name yet
    (POINTER, "open", "/home"),  # the pointer is in its place, and nobody was told
]


def books(*, more=False):
    fec = Fec()
    fec.sale("2024-01-05", "bolt", "120.00", "F1")
    fec.sale("2024-03-01", "acme", "240.00", "F2")
    if more:
        fec.sale("2024-05-20", "cask", "60.00", "F3")
    return fec


@pytest.fixture(scope="module")
def published_home(tmp_path_factory):
    """A home with one snapshot, to be copied."""
    folder = tmp_path_factory.mktemp("killed") / "home"
    write_fec(books(), folder / "extracts")
    subprocess.run([ENCAISSE, "--home", folder, "refresh"], check=True, capture_output=True)
    return folder


@pytest.fixture
def home(published_home, tmp_path):
    """A home with one snapshot, and an extract that came since."""
    folder = tmp_path / "home"
    shutil.copytree(published_home, folder)
    write_fec(books(more=True), folder / "extracts")
    return folder


def refresh(home, **options):
    return subprocess.Popen(
        [ENCAISSE, "--home", home, "refresh"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def balances(home):
    pointer = snapshot.current(home)
    with snapshot.connect(pointer) as con:
        rows = con.sql(
            "select customer_id, sum(amount)::varchar from receivables.aged_balances($as_of) "
            "group by all",
            params={"as_of": pointer.as_of},
        ).fetchall()
    return pointer.as_of, dict(rows)


BEFORE = date(2024, 3, 1), {"acme": "240.00", "bolt": "120.00"}
AFTER = date(2024, 5, 20), {"acme": "240.00", "bolt": "120.00", "cask": "60.00"}


def assert_the_next_refresh_puts_all_in_order(home):
    with refresh(home) as again:
        _, err = again.communicate()
    assert (again.returncode, err) == (0, "")
    assert balances(home) == AFTER
    assert {path.suffix for path in (home / "snapshots").iterdir()} == {".duckdb"}
    newest = max((home / "snapshots").iterdir())
    assert newest == snapshot.current(home).path
    assert not (home / "CURRENT.tmp").exists()
    assert not list((home / "landing").glob(".*"))
    with opened(home) as instance:
        statuses = {run.status for run in instance.get_runs()}
    assert statuses == {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE}


def test_a_killed_refresh_leaves_the_old_snapshot_and_nothing_to_repair(home):
    for moment in MOMENTS:
        killed = subprocess.run(
            [sys.executable, "-c", DIES, *moment, "--home", home, "refresh"],
            check=False,
            capture_output=True,
        )
        assert killed.returncode == -signal.SIGKILL, moment
        assert balances(home) == (AFTER if moment == MOMENTS[-1] else BEFORE), moment
    assert_the_next_refresh_puts_all_in_order(home)


def test_of_two_refreshes_at_once_the_second_is_told_and_leaves(home):
    with refresh(home) as first:
        _wait_until_it_writes(home, first)
        os.kill(first.pid, signal.SIGSTOP)  # it holds the lock for as long as we like
        try:
            with refresh(home) as second:
                _, err = second.communicate()
        finally:
            os.kill(first.pid, signal.SIGCONT)
        assert second.returncode == 1
        assert f"Another refresh is at work: process {first.pid}" in err
        assert balances(home) == BEFORE
        first.communicate()
    assert first.returncode == 0
    assert balances(home) == AFTER


def _wait_until_it_writes(home, process):
    while process.poll() is None:
        try:
            locks.refuse_if_busy(home)
        except EncaisseError:
            return
        time.sleep(0.05)
    raise AssertionError(process.stderr.read())
