"""A refresh whose heavy tables are made by Spark, and end in the same snapshot.

The intake, the checks, the models and the publication stay where they are, in one process. What
Spark makes is Parquet: DuckDB copies the tables that are published into the snapshot, and reads the
others where they lie.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.engines.batches import Answer
from pipelines.engines.duckdb import DuckDb
from pipelines.engines.spark import Spark
from pipelines.engines.steps import Step
from pipelines.settings import Settings
from pipelines.sql_tables import SqlTable
from pipelines.staging import MadeTable

LAYERS = {"staging", "intake", "ledger", "receivables", "measures", "features"}
"""The schemas whose SELECTs run on the cluster. The others are made of the models' answers, which
are small."""

SCAFFOLDING = {"staging", "features"}
"""Of these, the schemas of which the snapshot keeps nothing."""


class Cluster:
    """The heavy tables of one refresh."""

    def __init__(self, master: str, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Open a session of Spark for a refresh.

        Args:
            master: What Spark calls its master.
            con: The connection to the snapshot that is being built.
            folder: Where the tables lie meanwhile; every worker sees it under this name.
        """
        self.landed: Mapping[str, Sequence[Path]] = {}
        """The files of each `raw` table, in folders that are named by their SHA-256."""
        self._here = DuckDb(con, folder)
        self._there = Spark.open(master, folder)
        self._known: set[str] = set()

    def __enter__(self) -> Self:
        """Return the open session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the session."""
        self._there.close()

    def make(self, table: SqlTable | MadeTable, settings: Settings) -> None:
        """Make a table: on the cluster where it belongs there, else in DuckDB as ever."""
        steps = self._steps(table, settings)
        if not steps:
            if isinstance(table, SqlTable):
                table.create(self._here.con)
            else:
                table.make(self._here.con, settings)
            return
        self._hand_over(table.reads())
        for step in steps:
            if step.make:
                rows = self._there.fetch_small(step.select, step.values).to_pylist()
                self._there.put(step.table, step.make([tuple(row.values()) for row in rows]))
            else:
                self._there.run_select_to_parquet(
                    step.table, step.select, step.values, add=step.add
                )
        self._known.add(table.full_name)
        self._here.register_parquet(
            table.full_name,
            [self._there.place(table.full_name) / "*.parquet"],
            keep=table.full_name.partition(".")[0] not in SCAFFOLDING,
        )
        table.create_known(self._here.con)

    def score(self, rows: pa.Table, answer: Answer) -> pa.Table:
        """Have rows answered by the workers, batch by batch; the answers come in any order.

        Raises:
            EncaisseError: The workers cannot answer.
        """
        self._there.put("features.asking", rows)
        self._there.answer_to_parquet("features.answering", "features.asking", answer)
        return pq.read_table(self._there.place("features.answering")).cast(answer.schema)

    def _steps(self, table: SqlTable | MadeTable, settings: Settings) -> Sequence[Step]:
        """Return what the cluster has to do for a table; nothing where it is made here."""
        if table.full_name.partition(".")[0] not in LAYERS:
            return ()
        if isinstance(table, MadeTable):
            return table.steps(settings) if table.steps else ()
        if table.asks or table.is_view:
            return ()
        return (Step(table.full_name, table.select),)

    def _hand_over(self, names: Sequence[str]) -> None:
        """Show Spark the tables that were made here, each once. Macros stay here."""
        for name in names:
            if name in self._known or not self._here.has(name):
                continue
            if files := self.landed.get(name):
                self._there.register_parquet(name, files, landed=True)
            else:
                file = self._here.run_select_to_parquet(name, f"from {name}")
                self._there.register_parquet(name, [file])
            self._known.add(name)


def keep_marts(building: Path, marts: Path, schemas: Sequence[str]) -> None:
    """Keep what Spark made of the published schemas, and nothing else of it."""
    for left in building.iterdir():
        if left.name not in schemas:
            shutil.rmtree(left)
    building.rename(marts)
