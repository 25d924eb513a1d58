"""Publication, and what sets a refresh going: a clock, a new extract, a person."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import dagster as dg

from pipelines.publishing import publish
from pipelines.reaper import try_to_fail_stale_runs
from pipelines.settings import Settings
from pipelines.watching import content_key, extracts_of, published_from, signature
from pipelines.workshop import Workshop

# What a run says of itself is recorded, and the UI shows it. The terminal is for people.
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}

SNAPSHOT = dg.AssetKey(["published", "snapshot"])


def snapshot_asset(after: Sequence[dg.AssetKey], settings: Settings) -> dg.AssetsDefinition:
    """Return the asset that publishes, once everything in `after` is made and checked."""

    @dg.asset(
        key=SNAPSHOT,
        deps=after,
        group_name="published",
        kinds={"duckdb"},
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=settings.stale_after_hours)
        ),
    )
    def snapshot(workshop: Workshop) -> dg.MaterializeResult:
        """The snapshot that every screen, notebook and export reads.

        Every blocking check stands between the tables and this asset, so a snapshot that exists
        is a snapshot that ties to the ledger.
        """
        told = publish(workshop)
        return dg.MaterializeResult(
            metadata={
                "version": told["version"],
                "as_of": told["as_of"],
                "control_totals": dg.MetadataValue.json(told["control_totals"]),
                "row_counts": dg.MetadataValue.json(told["row_counts"]),
            }
        )

    return snapshot


def automation(home: Path, settings: Settings) -> dg.Definitions:
    """Return the jobs, the daily schedule, and the sensor that watches the extracts."""
    refresh = dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.all(),
        description="Extracts in, tables, checks, and a new snapshot published.",
        config=dg.RunConfig(loggers=QUIET),
        tags={"dagster/retry_strategy": "ALL_STEPS"},  # each run begins with an empty database
    )
    check = dg.define_asset_job(
        "check",
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(SNAPSHOT),
        config=dg.RunConfig(loggers=QUIET),
        description="All of a refresh but its publication: what would block it?",
    )

    @dg.schedule(
        job=refresh,
        cron_schedule=settings.schedule.cron,
        execution_timezone=settings.schedule.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def daily_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """Refresh every day, after clearing away runs that would keep it waiting for ever."""
        try_to_fail_stale_runs(context.instance, home)
        return dg.RunRequest()

    @dg.sensor(
        job=refresh,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def extracts_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Refresh when the extracts say something new, once nobody is writing to them any more."""
        folder = extracts_of(home)
        now = signature(folder)
        if now != context.cursor:
            return dg.SensorResult(skip_reason="The extracts have just changed.", cursor=now)
        content, published = content_key(folder, {}), published_from(home)
        if content == published.content_key:
            return dg.SensorResult(skip_reason="These extracts are published.", cursor=now)
        # One run for one content on top of one snapshot: what was refused is not tried again.
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=f"{content}-{published.version}")], cursor=now
        )

    return dg.Definitions(
        jobs=[refresh, check], schedules=[daily_refresh], sensors=[extracts_changed]
    )
