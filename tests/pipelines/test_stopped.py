"""A refresh that a person stops, with Ctrl-C: it ends at once, and says so, and nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipelines.output import deaf_to_ctrl_c
from published import snapshot

ENCAISSE = Path(sys.executable).parent / "encaisse"

# What Dagster's UI is to Ctrl-C: it says something before, and something else after.
NOISY = """
import os, signal, sys, time
from pipelines.hushing import hush_after_ctrl_c

def noise(*_):
    time.sleep(0.5)
    os.write(2, b"Traceback of something that was starting")
    os._exit(0)

signal.signal(signal.SIGINT, noise)
hush_after_ctrl_c()
time.sleep(1)
os.write(2, b"The port is taken.")
print("begun", flush=True)
time.sleep(60)
"""

# The command, with something slow in one place. It makes a file when that begins.
SLOW = """
import sys, time
from pathlib import Path

where, begun = sys.argv.pop(1), Path(sys.argv.pop(1))

def query(con, rows):
    begun.touch()
    con.execute(f"select sum(length(md5(cast(range as string)))) from range({rows})")

from pipelines.cli import main
from pipelines.defs import checks, intake, tables
from pipelines.sql_tables import SqlTable

create, duplicates = SqlTable.create, tables.duplicates
find, land_folder = checks.find, intake.land_folder

def slow_create(table, con):
    if where == "table" and table.full_name == "ledger.items":
        query(con, 10**9)
    return create(table, con)

def slow_duplicates(con, table, *args):
    if where == "grain" and table == "ledger.items":
        query(con, 10**9)
    return duplicates(con, table, *args)

def slow_find(con, rule):
    if where == "check" and rule.name == "entries_balance":
        query(con, 3 * 10**7)
    return find(con, rule)

def slow_land_folder(*args, **options):
    if where == "reading":
        begun.touch()
        time.sleep(300)
    return land_folder(*args, **options)

SqlTable.create = slow_create
tables.duplicates = slow_duplicates
checks.find = slow_find
intake.land_folder = slow_land_folder
main()
"""


@pytest.fixture
def home(published_home, tmp_path):
    return shutil.copytree(published_home, tmp_path / "home")


def stop(home, where, begun):
    """Begin a refresh, press Ctrl-C in the middle of it, and return how it ended, and how soon."""
    command = [sys.executable, "-c", SLOW, where, begun, "--home", home, "refresh"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(begun.parent)},
    ) as process:
        while not begun.exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        time.sleep(0.5)
        pressed = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
    return process.returncode, out, err, time.monotonic() - pressed


@pytest.mark.parametrize("where", ["reading", "table", "grain", "check"])
def test_a_refresh_that_is_stopped_ends_at_once_and_leaves_what_was_published(
    home, where, tmp_path
):
    stays = snapshot.current(home)
    code, out, err, seconds = stop(home, where, tmp_path / "begun")
    assert (code, out) == (130, "")
    assert err.endswith(
        "Stopped, as was asked. Nothing was published: "
        f"snapshot {stays.version}, as of 2024-05-20, stays.\n"
    )
    assert "Traceback" not in err, "Ctrl-C reached a helper of Dagster's"
    assert "defect" not in err
    assert not (tmp_path / "encaisse-defect.txt").exists()
    assert seconds < 30
    assert snapshot.current(home) == stays
    with snapshot.connect(stays) as con:
        assert con.sql("select count(*) from ledger.items").fetchall() == [(3,)]


def test_after_a_refresh_that_was_stopped_the_next_one_works(home, tmp_path):
    stays = snapshot.current(home)
    stop(home, "table", tmp_path / "begun")
    command = [ENCAISSE, "--home", home, "refresh"]
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (0, "")
    assert snapshot.current(home).version > stays.version
    assert {path.suffix for path in (home / "snapshots").iterdir()} == {".duckdb"}


def test_ctrl_c_does_not_reach_a_helper_and_is_not_lost_on_us_while_one_is_started():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("Ctrl-C"))
    try:
        with deaf_to_ctrl_c():
            helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            assert heard == []
        assert heard == ["Ctrl-C"]
        time.sleep(0.5)
        helper.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert helper.poll() is None
    finally:
        signal.signal(signal.SIGINT, before)
        helper.terminate()
        helper.wait(10)


def test_dagsters_ui_says_what_is_wrong_and_nothing_more_once_it_is_ended():
    command = [sys.executable, "-c", NOISY]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, start_new_session=True, **pipes) as process:
        assert process.stdout.readline() == "begun\n"
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "The port is taken.")
