"""Where a refresh works: one lock, one file that nobody else opens, one connection to it.

Everything is made in `snapshots/<version>.duckdb.building`. A run that ends for any reason but
publication leaves at most that file behind, and the next run clears it away.
"""

import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pyarrow as pa
from pydantic import PrivateAttr

from models.errors import EncaisseError
from pipelines import locks, reaper
from pipelines.engines.batches import Answer, answer_here
from pipelines.engines.cluster import Cluster
from pipelines.predictions.archive import settle_archive
from pipelines.room import begin_small
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable
from pipelines.staging import MadeTable
from pipelines.watching import extracts_of
from published import snapshot
from published.machine import cores

# What the checks of this refresh found. The Data health page shows it.
CHECKS = """
create schema intake;
create table intake.checks (
    check_name varchar, subject varchar, severity varchar, passed boolean, detail varchar,
    failing_rows integer
)
"""


class Workshop(dg.ConfigurableResource):
    """The bench of one refresh. Steps of a run share it and take turns: DuckDB has one writer."""

    home: str
    """The folder that holds all state."""
    extracts: str = ""
    """The folder with the extracts; where nothing is said, see `watching.extracts_of`."""
    spark_master: str = ""
    """The master of the Spark cluster that makes the heavy tables; where empty, DuckDB does."""

    _settings: Settings = PrivateAttr()
    _lock: locks.WriterLock = PrivateAttr()
    _con: duckdb.DuckDBPyConnection = PrivateAttr()
    _cluster: Cluster | None = PrivateAttr(default=None)
    _pointer_before: bytes | None = PrivateAttr()
    _previous: snapshot.Pointer | None = PrivateAttr()
    _started_at: datetime = PrivateAttr()
    _version: str = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Workshop"]:
        """Open the workshop for one run, and close it whatever happens."""
        run = context.run
        if run is None or context.instance is None:
            raise EncaisseError(
                "The workshop was opened outside a run.",
                where="Workshop",
                fix="launch the job `refresh`, or call `Workshop.open` with a run's name",
            )
        with self.open(run.run_id):
            reaper.fail_stale_runs(context.instance, but=run.run_id)
            yield self

    @contextmanager
    def open(self, run_id: str) -> Iterator["Workshop"]:
        """Take the lock, clear away what killed runs left, and open a new, empty database.

        Args:
            run_id: Names the run; its first characters end the snapshot's version.

        Raises:
            EncaisseError: Somebody else is writing, or the settings have no meaning.
        """
        self._settings = Settings.load(self.folder)
        with locks.hold(self.folder, purpose=f"refresh, run {run_id}") as lock:
            self._lock = lock
            self._pointer_before = pointer_bytes(self.folder)
            self._previous = _previous(self.folder)
            self._started_at = datetime.now(UTC)
            self._version = new_version(self._started_at, run_id, self._previous)
            self.snapshots.mkdir(exist_ok=True)
            self._clear_leftovers()
            self._con = _connect(self.building, self._settings.schedule.timezone)
            try:
                self._con.execute(CHECKS)
                with self._cluster_or_none() as self._cluster:
                    yield self
            finally:
                self._con.close()
                self._clear_leftovers()

    def _cluster_or_none(self) -> AbstractContextManager[Cluster | None]:
        if not self.spark_master:
            return nullcontext()
        return Cluster(self.spark_master, self._con, self.marts_building)

    def make(self, table: SqlTable | MadeTable) -> None:
        """Make a table, or its macro, with the engine of this refresh."""
        if self._cluster:
            self._cluster.make(table, self._settings)
        elif isinstance(table, SqlTable):
            table.create(self._con)
        else:
            table.make(self._con, self._settings)

    @contextmanager
    def stopped_at_once(self) -> Iterator[None]:
        """End the query that runs as soon as Ctrl-C is pressed, and say that it was a person.

        By itself DuckDB notices the key and yet may work the query to its end. Then it raises an
        error like any other: the step would fail, and the refresh go on with those beside it.

        Raises:
            KeyboardInterrupt: The key was pressed, and the query has ended.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are for the main thread alone
            return
        pressed = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            del number, frame
            pressed.set()
            self._con.interrupt()
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        except Exception as error:
            if pressed.is_set():
                raise KeyboardInterrupt from error
            raise
        finally:
            signal.signal(signal.SIGINT, before)

    def score(self, rows: pa.Table, answer: Answer) -> pa.Table:
        """Have rows answered, batch by batch, by the engine of this refresh; in any order."""
        return self._cluster.score(rows, answer) if self._cluster else answer_here(rows, answer)

    @property
    def cluster(self) -> Cluster | None:
        """The cluster that makes the heavy tables; None where DuckDB makes them all."""
        return self._cluster

    @property
    def folder(self) -> Path:
        """The home: everything this installation keeps."""
        return Path(self.home)

    @property
    def extracts_folder(self) -> Path:
        """Where the extracts are. Only ever read."""
        return Path(self.extracts) if self.extracts else extracts_of(self.folder)

    @property
    def landing(self) -> Path:
        """Each extract as typed Parquet, one folder per file content."""
        return self.folder / "landing"

    @property
    def snapshots(self) -> Path:
        """What was published, one immutable file per refresh."""
        return self.folder / "snapshots"

    @property
    def marts(self) -> Path:
        """What a cluster made of each snapshot, as Parquet."""
        return self.folder / "marts"

    @property
    def marts_building(self) -> Path:
        """Where a cluster keeps the tables of this refresh."""
        return self.marts / f"{self._version}.building"

    @property
    def building(self) -> Path:
        """The file this refresh works in."""
        return self.snapshots / f"{self._version}.duckdb.building"

    @property
    def settings(self) -> Settings:
        """The firm's settings, as they were when the run began."""
        return self._settings

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The one connection to the file being built."""
        return self._con

    @property
    def lock(self) -> locks.WriterLock:
        """The writer's lock, for whoever must be sure that it still protects us."""
        return self._lock

    @property
    def version(self) -> str:
        """The name this snapshot will have: sortable by time, unique by run."""
        return self._version

    @property
    def pointer_before(self) -> bytes | None:
        """What CURRENT said when the run began. If it says otherwise later, we were overtaken."""
        return self._pointer_before

    @property
    def previous(self) -> snapshot.Pointer | None:
        """What was published when the run began; None if nothing that can be read."""
        return self._previous

    @property
    def started_at(self) -> datetime:
        """When the run began, UTC. The one clock of a refresh."""
        return self._started_at

    @property
    def today(self) -> date:
        """The day it was, where the firm is, when the run began."""
        return self._started_at.astimezone(ZoneInfo(self._settings.schedule.timezone)).date()

    @property
    def as_of(self) -> date:
        """The day the snapshot is of, as the intake has chosen it."""
        [(day,)] = self._con.sql("select as_of from staging.run").fetchall()
        return day

    def _clear_leftovers(self) -> None:
        """Remove what was begun and not published. Only ever called under the lock.

        A snapshot newer than the one CURRENT names was never published: its refresh was killed
        between the two renames.
        """
        for left in self.snapshots.glob("*.duckdb.building*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        (self.folder / "CURRENT.tmp").unlink(missing_ok=True)
        now_published = _previous(self.folder)
        for file in self.snapshots.glob("*.duckdb"):
            if now_published and file.stem > now_published.version:
                file.unlink()
        self.clear_marts()
        settle_archive(self.folder, now_published.version if now_published else None)

    def clear_marts(self) -> None:
        """Remove the marts whose snapshot is no more, or never came to be."""
        for folder in self.marts.glob("*"):
            if not (self.snapshots / f"{folder.name}.duckdb").exists():
                shutil.rmtree(folder)


def new_version(started_at: datetime, run_id: str, previous: snapshot.Pointer | None) -> str:
    """Return a version that sorts after every version published before, whatever the clock says.

    >>> from datetime import UTC, datetime
    >>> new_version(datetime(2024, 3, 31, 4, 0, 5, tzinfo=UTC), "1a2b3c4d-5e6f", None)
    '20240331T040005Z-1a2b3c4d'
    """
    pattern = "%Y%m%dT%H%M%SZ"
    if previous is not None:
        before = datetime.strptime(previous.version.partition("-")[0], pattern).replace(tzinfo=UTC)
        started_at = max(started_at, before + timedelta(seconds=1))
    return f"{started_at:{pattern}}-{run_id[:8]}"


def pointer_bytes(home: Path) -> bytes | None:
    """Return what CURRENT says, understood or not; None where there is none."""
    try:
        return (home / "CURRENT").read_bytes()
    except FileNotFoundError:
        return None


def _previous(home: Path) -> snapshot.Pointer | None:
    """Return what is published, or None: a refresh needs no earlier one, and heals a broken one."""
    try:
        pointer = snapshot.current(home)
    except EncaisseError:
        return None
    return pointer if pointer.path.exists() else None


def _connect(file: Path, timezone: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        file,
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,  # rows have keys, not places; twice as fast to write
            "temp_directory": f"{file}.tmp",
            "threads": cores(),
        },
    )
    begin_small(con)
    con.execute("set TimeZone = $timezone", {"timezone": timezone})
    # Scaffolding has files of its own: dropped from the snapshot's, it would leave holes there.
    for name in ("staging", "features"):
        scaffolding = f"{file}.{name}".replace("'", "''")
        con.execute(f"attach '{scaffolding}' as {name}")
    return con
