"""What Dagster is told: lineage, checks, and what sets a refresh going."""

import os
import shutil

import dagster as dg
import pytest

from pipelines.defs.publish import SNAPSHOT
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable, read_all
from pipelines.staging import MADE
from pipelines.watching import content_key, signature
from tests.pipelines.books import Fec
from tests.pipelines.extracts import write_fec


@pytest.fixture
def extracts(home):
    folder = home / "extracts"
    write_fec(Fec().sale("2024-01-05", "bolt", "120.00", "F1"), folder)
    return folder


@pytest.fixture
def look(home):
    """Evaluate the sensor as its daemon does, from one tick to the next."""
    from pipelines.defs.publish import automation

    automated = automation(home, Settings())
    with dg.DagsterInstance.ephemeral() as instance:
        cursor = None

        def tick():
            nonlocal cursor
            context = dg.build_sensor_context(instance=instance, cursor=cursor)
            found = automated.sensors[0].evaluate_tick(context)
            cursor = found.cursor
            return [request.run_key for request in found.run_requests or []]

        yield tick


def test_definitions_load(definitions):
    dg.Definitions.validate_loadable(definitions)


def test_every_table_is_an_asset_that_checks_its_grain(definitions):
    checks = {
        (".".join(key.asset_key.path), key.name)
        for key in definitions.resolve_asset_graph().asset_check_keys
    }
    for table in (*read_all(), *MADE):
        is_view = isinstance(table, SqlTable) and table.is_view  # its rows are those of tables
        assert is_view or (table.full_name, "one_row_per_key") in checks


def test_lineage_goes_from_the_extract_to_the_screen(definitions):
    graph = definitions.resolve_asset_graph()
    known = dg.AssetKey(["receivables", "movements_known"])
    assert known in graph.get(dg.AssetKey(["receivables", "open_items"])).parent_keys
    assert dg.AssetKey(["receivables", "movements"]) in graph.get(known).parent_keys
    assert graph.get(dg.AssetKey(["raw", "fec_lines"])).child_keys


def test_publication_waits_for_everything(definitions):
    graph = definitions.resolve_asset_graph()
    assert graph.get(SNAPSHOT).parent_keys == graph.get_all_asset_keys() - {SNAPSHOT}


def test_everything_that_is_read_is_made(definitions):
    graph = definitions.resolve_asset_graph()
    assert graph.get_all_asset_keys() == graph.materializable_asset_keys


def test_the_refresh_runs_every_morning_where_the_firm_is(definitions):
    [schedule] = definitions.schedules
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Europe/Paris")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_hour_is_a_setting(home):
    from pipelines.defs.publish import automation

    settings = Settings(schedule={"cron": "30 4 * * 1-5", "timezone": "Europe/Lisbon"})
    schedule = automation(home, settings).schedules[0]
    assert schedule.cron_schedule == "30 4 * * 1-5"
    assert schedule.execution_timezone == "Europe/Lisbon"


def test_the_snapshot_is_stale_when_the_settings_say_so(definitions):
    policy = definitions.resolve_asset_graph().get(SNAPSHOT).freshness_policy
    assert policy.fail_window.to_timedelta().total_seconds() == 36 * 3600


def test_a_killed_run_is_tried_again_from_its_beginning(definitions):
    assert definitions.resolve_job_def("refresh").tags["dagster/retry_strategy"] == "ALL_STEPS"


def test_a_new_extract_is_refreshed_once_nobody_writes_to_it(extracts, look):
    assert look() == []  # it has just come
    (extracts / "732829320FEC20241231.txt").open("a").write("more")
    assert look() == []  # it grew
    assert len(look()) == 1


def test_what_is_published_is_not_refreshed_again(extracts, look, refresh):
    refresh(extracts)
    assert [look(), look(), look()] == [[], [], []]


def test_a_file_that_was_only_touched_is_no_news(extracts, look, refresh):
    refresh(extracts)
    look()
    os.utime(extracts / "732829320FEC20241231.txt", (1, 1))
    assert [look(), look()] == [[], []]


def test_extracts_that_were_refused_are_asked_for_once(extracts, look):
    """Dagster keeps the key of a run: the same key never starts a second one."""
    look()
    [first], [second] = look(), look()
    assert first == second


def test_extracts_that_come_back_are_refreshed_again(extracts, look, refresh):
    look()
    [before] = look()
    refresh(extracts)
    kept = shutil.copy(extracts / "732829320FEC20241231.txt", extracts.parent)
    write_fec(Fec().sale("2024-02-05", "acme", "60.00", "F2"), extracts)
    refresh(extracts)
    shutil.copy(kept, extracts / "732829320FEC20241231.txt")
    look()
    [after] = look()
    assert after != before


def test_a_folder_is_known_by_what_its_files_say(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ledger.txt").write_text("same")
    (tmp_path / "b" / ".hidden").write_text("not an extract")
    (tmp_path / "b" / "_notes").mkdir()
    (tmp_path / "b" / "_notes" / "todo.txt").write_text("not an extract either")
    a, b = tmp_path / "a", tmp_path / "b"
    assert content_key(a, {}) == content_key(b, {})
    assert signature(a) != signature(b)
    (b / "ledger.txt").write_text("other")
    assert content_key(a, {}) != content_key(b, {})
