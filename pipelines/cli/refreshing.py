"""`encaisse refresh` and `encaisse check`: run, show how far it is, and say how it ended."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from models.errors import EncaisseError
from pipelines import locks
from pipelines.cli.bars import bar
from pipelines.cli.figures import day_lines
from pipelines.engines.spark import refuse_without_spark
from published import snapshot

STOPPED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""

if TYPE_CHECKING:  # they bring Dagster, which takes its time
    from pipelines.running import Outcome


def refresh_and_tell(
    home: Path, extracts: Path | None, as_of: date | None, *, spark_master: str = ""
) -> None:
    """Refresh, and print the day's figures.

    Raises:
        EncaisseError: Nothing was published, or nothing that is a ledger could be used; or Spark
            was asked for and is not there.
    """
    if spark_master:
        refuse_without_spark(spark_master)
    _run("refresh", home, extracts, as_of, spark_master)
    pointer = snapshot.current(home)
    typer.echo(f"Snapshot {pointer.version} is published")
    with snapshot.connect(pointer) as con:
        for line in day_lines(con, pointer):
            typer.echo(line)
    refused = [file for file in pointer.files if file.refused_reason]
    if refused and len(refused) == len(pointer.files):
        raise EncaisseError(
            "Every extract was refused, so there are no figures yet.",
            where=", ".join(file.name for file in refused),
            fix="put each of them right as said above, and refresh again",
        )


def check_and_tell(home: Path, extracts: Path | None, as_of: date | None) -> None:
    """Do all of a refresh but publish it, and print what each check found.

    Raises:
        EncaisseError: Something would stand in the way of publication.
    """
    outcome = _run("check", home, extracts, as_of)
    warnings = [found for found in outcome.checks if not found.passed]
    for found in warnings:
        typer.echo(f"warning: {found.subject}: {found.name}: {found.detail}")
    typer.echo(f"Nothing would block a refresh: {len(outcome.checks) - len(warnings)} checks pass")


def _run(
    job: str, home: Path, extracts: Path | None, as_of: date | None, spark_master: str = ""
) -> "Outcome":
    before = _published(home)
    locks.refuse_if_busy(home)  # before the slow part: whoever comes second knows at once
    try:
        with bar("starting") as tell:
            from pipelines.running import run

            outcome = run(
                job, home, extracts=extracts, as_of=as_of, spark_master=spark_master, tell=tell
            )
    except KeyboardInterrupt:
        typer.echo(f"Stopped, as was asked. {_stays(home, before)}", err=True)
        raise typer.Exit(STOPPED) from None
    if not outcome.succeeded:
        _explain(outcome, home)
        raise typer.Exit(1)
    return outcome


def _explain(outcome: "Outcome", home: Path) -> None:
    """Say on standard error why nothing was published, and what is still shown."""
    for reason in outcome.refusals:
        typer.echo(reason, err=True)
    for found in outcome.blocked_by:
        typer.echo(f"blocked by {found.subject}: {found.name}: {found.detail}", err=True)
    typer.echo(_stays(home, _published(home)), err=True)


def _stays(home: Path, before: snapshot.Pointer | None) -> str:
    """Tell what is shown now, where `before` was published when the run began."""
    now = _published(home)
    if now is None:
        return "Nothing was published."
    if before is None or now.version != before.version:  # it was stopped in its last instant
        return f"Snapshot {now.version}, as of {now.as_of}, is published already."
    return f"Nothing was published: snapshot {now.version}, as of {now.as_of}, stays."


def _published(home: Path) -> snapshot.Pointer | None:
    try:
        return snapshot.current(home)
    except EncaisseError:
        return None
