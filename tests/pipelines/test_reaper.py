"""A run whose process is gone must not keep the others waiting."""

import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from pipelines import locks, reaper
from pipelines.defs.publish import automation
from pipelines.instance import opened
from pipelines.settings import Settings

DIES = """
import os, sys
from pathlib import Path
import dagster as dg
from pipelines.instance import opened

@dg.op
def dies():
    os.kill(os.getpid(), 9)

@dg.job
def refresh():
    dies()

with opened(Path(sys.argv[1])) as instance:
    refresh.execute_in_process(instance=instance)
"""


@pytest.fixture
def instance(home):
    with opened(home) as instance:
        yield instance


@pytest.fixture
def killed_run(instance, home):
    """A run whose process was killed in the middle of a step: nobody told Dagster."""
    subprocess.run([sys.executable, "-c", DIES, str(home)], check=False, capture_output=True)
    [run] = instance.get_runs()
    assert run.status is DagsterRunStatus.STARTED
    return run.run_id


@dg.job
def nothing():
    pass


def working_run(instance):
    """A run that this very process seems to execute."""
    run = instance.create_run_for_job(nothing)
    event = dg.DagsterEvent(
        event_type_value="PIPELINE_START", job_name="nothing", message="Started"
    )
    instance.report_dagster_event(event, run.run_id)
    return run.run_id


def status(instance, run_id):
    return instance.get_run_by_id(run_id).status


def test_a_killed_run_is_failed(instance, killed_run):
    assert reaper.fail_stale_runs(instance) == [killed_run]
    assert status(instance, killed_run) is DagsterRunStatus.FAILURE
    assert reaper.fail_stale_runs(instance) == []


def test_a_run_that_works_is_left_alone(instance):
    run_id = working_run(instance)
    assert reaper.fail_stale_runs(instance) == []
    assert status(instance, run_id) is DagsterRunStatus.STARTED


def test_a_run_that_has_been_silent_for_long_is_failed(instance, monkeypatch):
    """After a reboot, another process may have the number that the dead one had."""
    run_id = working_run(instance)
    monkeypatch.setattr(reaper, "SILENT_SECONDS", -1)
    assert reaper.fail_stale_runs(instance, but=run_id) == []
    assert reaper.fail_stale_runs(instance) == [run_id]


def test_nothing_is_failed_while_somebody_writes(instance, killed_run, home):
    with locks.hold(home, purpose="refresh"):
        reaper.try_to_fail_stale_runs(instance, home)
    assert status(instance, killed_run) is DagsterRunStatus.STARTED


def test_the_morning_tick_clears_the_way_and_asks_for_a_refresh(instance, killed_run, home):
    [schedule] = automation(home, Settings()).schedules
    tick = schedule.evaluate_tick(
        dg.build_schedule_context(
            instance=instance, scheduled_execution_time=datetime(2024, 4, 1, 4, tzinfo=UTC)
        )
    )
    assert len(tick.run_requests) == 1
    assert status(instance, killed_run) is DagsterRunStatus.FAILURE
