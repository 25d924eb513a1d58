"""One writer at a time, whatever becomes of it."""

import os
import subprocess
import sys

import pytest

from models.errors import EncaisseError
from pipelines import locks

HOLDER = """
import sys, time
from pathlib import Path
from pipelines import locks
with locks.hold(Path(sys.argv[1]), purpose="refresh, run 1a2b"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_whoever_comes_second_is_told_who_came_first(tmp_path):
    with (
        locks.hold(tmp_path, purpose="refresh, run 1a2b"),
        pytest.raises(EncaisseError) as refused,
        locks.hold(tmp_path, purpose="refresh, run 3c4d", patience=0),
    ):
        pass
    assert f"process {os.getpid()}" in refused.value.what
    assert "to refresh, run 1a2b" in refused.value.what


def test_the_lock_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with locks.hold(tmp_path, purpose="refresh", patience=0) as lock:
            assert lock.is_held()


def test_an_error_frees_the_lock(tmp_path):
    with pytest.raises(RuntimeError), locks.hold(tmp_path, purpose="refresh"):
        raise RuntimeError
    locks.refuse_if_busy(tmp_path)


def test_a_lock_that_was_deleted_protects_nobody(tmp_path):
    with locks.hold(tmp_path, purpose="refresh") as lock:
        (tmp_path / ".writer").unlink()
        assert not lock.is_held()
        with locks.hold(tmp_path, purpose="another", patience=0) as other:
            assert other.is_held()
            assert not lock.is_held()


@pytest.mark.parametrize("content", ["", "{", '"text"', '{"pid": 1}'])
def test_a_holder_that_has_not_said_its_name_is_still_respected(tmp_path, content):
    with locks.hold(tmp_path, purpose="refresh"):
        (tmp_path / ".writer").write_text(content)
        with pytest.raises(EncaisseError, match="has not said its name"):
            locks.refuse_if_busy(tmp_path)


def test_a_killed_holder_holds_nothing(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(EncaisseError, match=f"process {holder.pid},"):
            locks.refuse_if_busy(tmp_path)
        holder.kill()
    locks.refuse_if_busy(tmp_path)


def test_a_glance_at_the_lock_does_not_turn_a_refresh_away(tmp_path):
    glance = subprocess.Popen(
        [sys.executable, "-c", HOLDER.replace("60", "0.3"), str(tmp_path)], stdout=subprocess.PIPE
    )
    with glance:
        glance.stdout.readline()
        with locks.hold(tmp_path, purpose="refresh", patience=30) as lock:
            assert lock.is_held()
