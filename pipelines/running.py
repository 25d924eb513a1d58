"""Run one of the jobs here and now, in the Dagster instance that the UI shows."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType, EventLogEntry
from dagster_shared.error import SerializableErrorInfo

from pipelines.definitions import defs
from pipelines.defs.intake import Asked
from pipelines.defs.publish import QUIET, SNAPSHOT
from pipelines.instance import opened
from pipelines.workshop import Workshop

STEP_ENDS = (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE)
OURS = ("EncaisseError", "DagsterAssetCheckFailedError")  # they say all that there is to say
STOPPED = ("KeyboardInterrupt", "DagsterExecutionInterruptedError")
ALSO_READ = (["intake", "files"], ["intake", "open_lists"])  # whoever opens a snapshot reads these


@dataclass
class Found:
    """What one check of a run found."""

    name: str
    subject: str
    passed: bool
    blocking: bool
    detail: str


@dataclass
class Outcome:
    """How a run ended, in words for a person.

    `refusals` are the reasons why it did not do all it should: errors of ours with their three
    lines, or the name of what nobody expected. Blocking checks that failed are in `checks` alone.
    """

    run_id: str
    succeeded: bool = False
    failed_steps: list[str] = field(default_factory=list)
    checks: list[Found] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def blocked_by(self) -> list[Found]:
        """The checks that stood in the way of publication."""
        return [check for check in self.checks if check.blocking and not check.passed]


def run(  # noqa: PLR0913  (each is something that a person may ask for)
    job_name: str,
    home: Path,
    *,
    extracts: Path | None,
    as_of: date | None,
    spark_master: str = "",
    tell: Callable[[float, str], None],
) -> Outcome:
    """Run `refresh` or `check`, and return how it ended.

    Args:
        job_name: The Dagster job.
        home: Where everything is kept.
        extracts: The folder to read; the home's own where None.
        as_of: The day to look at; chosen by the intake where None.
        spark_master: The master of a Spark cluster that makes the heavy tables; DuckDB makes them
            where empty.
        tell: Called with the share that is done and with what is being done.

    Raises:
        KeyboardInterrupt: Somebody stopped it. What was published is as it was.
    """
    with opened(home) as instance:
        job = defs().resolve_job_def(job_name)
        outcome = Outcome(str(uuid.uuid4()))
        listener = _Listener(outcome, tell, total=len(job.nodes))
        instance.add_event_listener(outcome.run_id, listener)
        result = job.execute_in_process(
            instance=instance,
            run_id=outcome.run_id,
            raise_on_error=False,
            tags={"dagster/max_retries": "0"},  # who started it here sees how it ended
            run_config=run_config(home, extracts, as_of, spark_master),
        )
        if listener.was_stopped:
            raise KeyboardInterrupt
        outcome.succeeded = result.success
        return outcome


def publish_tables(home: Path, extracts: Path, schemas: Sequence[str], master: str = "") -> None:
    """Publish the tables of some schemas, and those they are made of: not what is foretold.

    It leaves no trace in Dagster's record: this is for back-tests, which foretell many days
    themselves, and for comparing and measuring tables alone.

    Args:
        home: Where everything is kept.
        extracts: The folder to read.
        schemas: Such as `ledger`, `receivables`, `measures`.
        master: The master of a Spark cluster that makes the heavy tables; DuckDB makes them where
            empty.

    Raises:
        dagster.DagsterAssetCheckFailedError: A blocking check failed.
        EncaisseError: The refresh is refused.
    """
    definitions = defs()
    tables = dg.AssetSelection.key_prefixes(*schemas).upstream()
    wanted = tables.required_multi_asset_neighbors() | dg.AssetSelection.assets(
        *ALSO_READ, SNAPSHOT
    )
    with dg.DagsterInstance.ephemeral() as instance:
        definitions.resolve_job_def("refresh").execute_in_process(
            instance=instance,
            run_config=run_config(home, extracts, None, master),
            asset_selection=list(wanted.resolve(definitions.resolve_asset_graph())),
        )


def run_config(
    home: Path, extracts: Path | None, as_of: date | None, spark_master: str = ""
) -> dg.RunConfig:
    """Return what a run is told, so that it can be run again from the UI as it was."""
    return dg.RunConfig(
        loggers=QUIET,
        ops={"extracts": Asked(as_of=str(as_of or ""))},
        resources={
            "workshop": Workshop(
                home=str(home.resolve()),
                extracts=str(extracts.resolve()) if extracts else "",
                spark_master=spark_master,
            )
        },
    )


class _Listener:
    """Follows the events of a run as they are recorded."""

    def __init__(self, outcome: Outcome, tell: Callable[[float, str], None], total: int) -> None:
        self._outcome = outcome
        self._tell_share = tell
        self._total = total
        self._done = 0
        self._doing = "starting"
        self.was_stopped = False
        """Whether a person ended the run."""

    def __call__(self, entry: EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            self._tell(f"{self._doing}: {entry.user_message}")
            return
        if event.event_type is DagsterEventType.STEP_START:
            self._doing = (event.step_key or "").replace("__", ".")
            self._tell(self._doing)
        elif event.event_type in STEP_ENDS:
            self._done += 1
        elif event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.asset_check_evaluation_data
            self._outcome.checks.append(
                Found(
                    name=found.check_name,
                    subject=str(found.metadata["subject"].value),
                    passed=found.passed,
                    blocking=found.severity is dg.AssetCheckSeverity.ERROR,
                    detail=found.description or "",
                )
            )
        elif event.event_type is DagsterEventType.RUN_FAILURE and not self._outcome.failed_steps:
            # Nothing failed but the run: it did not come to its first step.
            self._refuse("the start of the run", event.job_failure_data.error)
        if event.event_type is DagsterEventType.STEP_FAILURE:
            self._refuse(self._doing, event.step_failure_data.error)

    def _tell(self, doing: str) -> None:
        self._tell_share(self._done / self._total, doing)

    def _refuse(self, where: str, error: SerializableErrorInfo | None) -> None:
        self._outcome.failed_steps.append(where)
        while error and error.cls_name not in (*OURS, *STOPPED) and error.cause:
            error = error.cause
        if error and error.cls_name in STOPPED:
            self.was_stopped = True
            return
        if error and _is_cut_short(error):
            # Only a person ends a query. The steps that do not need its rows would go on.
            self.was_stopped = True
            raise KeyboardInterrupt
        if error and error.cls_name != "DagsterAssetCheckFailedError":
            self._outcome.refusals.append(_told(error, where))


def _is_cut_short(error: SerializableErrorInfo) -> bool:
    """Tell whether this is what DuckDB makes of Ctrl-C during a query."""
    return error.cls_name == "InterruptException" or "Query interrupted" in error.message


def _told(error: SerializableErrorInfo, where: str) -> str:
    """Tell what went wrong in three lines: what, where, and what to do."""
    said = error.message.partition(": ")[2].strip()
    if error.cls_name == "EncaisseError":
        return said
    if "No space left" in said:
        return (
            f"There is no room left on the disk.\n  where: {where}\n"
            "  fix:   free some room, then refresh again; what was published is as it was"
        )
    return (
        f"{error.cls_name}: {said}\n  where: {where}\n"
        "  fix:   report it as a defect; `make dagster` shows the run with its details"
    )
