"""Runs that say they are at work and are not: fail them, so that nothing waits behind them.

When a machine goes down, Dagster's record of a run stays at "started" for ever, and with one run
at a time every later run waits in the queue.
"""

import os
import time
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus

from models.errors import EncaisseError
from pipelines import locks

SILENT_SECONDS = 180
"""Longer than a run takes from its launch to its first step, on a slow machine."""

ACTIVE = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def fail_stale_runs(instance: DagsterInstance, *, but: str = "") -> list[str]:
    """Fail every active run whose process is gone, and return their names.

    Only to be called by whoever holds the writer's lock. A run that works holds it from before its
    first step to after its last; so any other active run is dead, or is at its very beginning or
    end. What its process does, and how long it has been silent, tells which.

    Args:
        instance: Where the runs are recorded.
        but: The caller's own run.
    """
    stale = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=ACTIVE)):
        run = record.dagster_run
        silent = time.time() - record.update_timestamp.timestamp()
        if run.run_id != but and (
            _process_is_gone(instance, run.run_id) or silent > SILENT_SECONDS
        ):
            instance.report_run_failed(run, "The process of this run is gone: it was killed.")
            stale.append(run.run_id)
    return stale


def try_to_fail_stale_runs(instance: DagsterInstance, home: Path) -> None:
    """Do so unless somebody is writing: then the next tick, or the next refresh, does it."""
    try:
        with locks.hold(home, purpose="clear away dead runs", patience=0):
            fail_stale_runs(instance)
    except EncaisseError:
        return


def _process_is_gone(instance: DagsterInstance, run_id: str) -> bool:
    started = instance.all_logs(run_id, of_type=DagsterEventType.RUN_START)
    pids = [entry.dagster_event.pid for entry in started if entry.dagster_event]
    if not pids or pids[-1] is None:
        return False  # not told yet; silence will tell
    try:
        os.kill(pids[-1], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
