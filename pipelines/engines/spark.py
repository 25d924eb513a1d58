"""Spark, the second engine: the same .sql files, on a cluster or in a process of its own.

A table is a folder of Parquet files that Spark knows by its name. Nothing else is kept: a session
has a catalogue in memory, made anew for each refresh. What a file of SQL may say, so that both
engines say the same, is in docs/dialect.md.
"""

import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from models.errors import EncaisseError
from models.timing.threads import stay_one_thread
from pipelines.engines.batches import Answer, in_batches

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import SparkSession

MEANING = {
    "spark.sql.ansi.enabled": "true",  # an error where a value does not fit, never a null
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",  # money keeps its cents
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.legacy.createHiveTableByDefault": "false",
}
"""What the answers depend on. Everything else (memory, cores, ports) is the cluster's: say it in
`spark-defaults.conf`, where Spark looks for it."""

FUNCTIONS = (
    "number_of(said string) returns bigint "
    "return cast(conv(substr(md5(said), 1, 15), 16, 10) as bigint)",
    "cents(amount decimal(18, 2)) returns bigint return cast(100 * amount as bigint)",
    "regexp_matches(said string, pattern string) returns boolean return said rlike pattern",
    "regexp_full_match(said string, pattern string) returns boolean "
    "return said rlike ('^(?:' || pattern || ')$')",
    "median_of(numbers array<bigint>) returns double return ("
    "element_at(array_sort(numbers), cast((size(numbers) + 1) div 2 as int)) "
    "+ element_at(array_sort(numbers), cast(size(numbers) div 2 + 1 as int))) / 2d",
)
"""What the SQL calls and Spark has another word for; `strip_accents` is beside them."""

WORDS = (
    (r"\bunnest\(", "explode("),
    (r"\bgenerate_series\(", "sequence("),
    (r"\bstring_split_regex\(", "split("),
    (r" // ", " div "),
    (r"\bhugeint\b", "decimal(38, 0)"),
    (r"\$(\w+)", r":\1"),
)
"""Words for the same thing that no function can stand for."""


FOLDER_SHA256 = "left(element_at(split(_metadata.file_path, '/'), -2), 64)"


ROWS_A_TASK = 20_000
"""Rows that a worker answers at a go: what is lost with it is answered again by another."""

LACKING = (
    r"No module named '[\w.]+'",
    r"Can't get attribute [^\n]+",
    r"cannot import name [^\n]+",
    r'Cannot run program "[^"]+"',
    r"\[PYTHON_VERSION_MISMATCH\] [^\n]+",
    r"A worker has [^\n]+",
)
"""What Spark says, somewhere in a long text, where a worker's Python is not ours."""


class Spark:
    """One session of Spark, whose tables are folders of Parquet files."""

    def __init__(self, session: "SparkSession", folder: Path) -> None:
        """Work in a session, and keep its tables in a folder that all its workers see."""
        self.session = session
        self.folder = folder
        for function in (*FUNCTIONS, _strip_accents()):
            session.sql(f"create or replace temporary function {function}")

    @classmethod
    def open(cls, master: str, folder: Path) -> Self:
        """Open a session.

        Args:
            master: What Spark calls its master: local[2], spark://host:7077.
            folder: Where the tables are kept; a folder that every worker sees under this name.

        Raises:
            EncaisseError: Spark is not installed, or there is no Java, or no such master.
        """
        refuse_without_spark(master)
        # It warns of pandas 3 whenever rows are exchanged; ours are Arrow's and never pandas'.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master(master).appName("encaisse")
        for name, value in MEANING.items():
            builder = builder.config(name, value)
        builder = builder.config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        try:
            session = builder.getOrCreate()
        except (PySparkException, OSError, RuntimeError) as error:
            raise EncaisseError(
                f"Spark did not start: {error}".splitlines()[0],
                where=f"--master {master}",
                fix="see that the master runs and can be reached, and that Java is 17 or newer",
            ) from error
        # Spark's own default is whatever `python3` is on the worker.
        session.sparkContext.pythonExec = os.environ.get(
            "PYSPARK_PYTHON", session.conf.get("spark.pyspark.python", sys.executable)
        )
        return cls(session, folder)

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
        self.close()

    def close(self) -> None:
        """End the session."""
        self.session.stop()

    def register_parquet(self, table: str, files: Sequence[Path], *, landed: bool = False) -> None:
        """Make a table of files of Parquet where they lie.

        Args:
            table: The full name of the table, as SQL says it.
            files: The files, all of one name and with the same columns, each in a folder beside
                those of the others.
            landed: They are extracts: the first 64 letters of each one's folder are its SHA-256.
        """
        self._make_schema(table)
        self.session.sql(f"drop view if exists {table}")
        [beside] = {file.parent.parent for file in files}
        [name] = {file.name for file in files}
        folders = ",".join(file.parent.name for file in files)
        place = f"{beside}/{{{folders}}}/{name}".replace("`", "``")
        more = f", {FOLDER_SHA256} as source_sha256" if landed else ""
        self.session.sql(
            f"create view {table} as select *{more} from parquet.`{place}`"  # noqa: S608
        )

    def put(self, table: str, rows: pa.Table) -> None:
        """Make a small table of rows that Python made."""
        self._clear(table)
        place = self.place(table)
        place.mkdir(parents=True)
        pq.write_table(rows, place / "part.parquet")
        self._name(table)

    def run_select_to_parquet(
        self, table: str, select: str, values: Mapping[str, Any] | None = None, *, add: bool = False
    ) -> None:
        """Run a SELECT and keep its rows as a table.

        Args:
            table: The full name of the table.
            select: What one of the .sql files says.
            values: What it asks for by name.
            add: Keep what the table has, and add the rows to it.
        """
        rows = self.session.sql(in_spark(select), dict(values or {}))
        if add and self.session.catalog.tableExists(table):
            rows.write.mode("append").parquet(str(self.place(table)))
            self.session.sql(f"refresh table {table}")
            return
        self._clear(table)
        rows.write.parquet(str(self.place(table)))
        self._name(table)

    def answer_to_parquet(self, table: str, asking: str, answer: Answer) -> None:
        """Have the rows of a table answered by the workers, and keep the answers as a table.

        What answers is sent to each worker once; its Python processes read it once each.

        Args:
            table: The full name of the table of answers.
            asking: That of the rows.
            answer: What answers a batch of them.

        Raises:
            EncaisseError: The workers cannot answer: they lack Python, or what it imports, or run
                other versions.
        """
        from py4j.protocol import Py4JJavaError
        from pyspark.errors import PySparkException

        self._clear(table)
        rows = self.session.table(asking)
        tasks = max(self.session.sparkContext.defaultParallelism, -(-rows.count() // ROWS_A_TASK))
        schema = self.session.createDataFrame(answer.schema.empty_table()).schema
        carried = self.session.sparkContext.broadcast(answer)
        try:
            answers = rows.repartition(tasks).mapInArrow(_answering(carried), schema)
            answers.write.parquet(str(self.place(table)))
        except (PySparkException, Py4JJavaError) as error:
            raise _not_answered(str(error), self.session.sparkContext.master) from error
        finally:
            carried.destroy()
        self._name(table)

    def fetch_small(self, select: str, values: Mapping[str, Any] | None = None) -> pa.Table:
        """Return the rows of a SELECT of which there are few."""
        return self.session.sql(in_spark(select), dict(values or {})).toArrow()

    def place(self, table: str) -> Path:
        """Return the folder of a table."""
        return self.folder.joinpath(*table.split("."))

    def _make_schema(self, table: str) -> None:
        self.session.sql(f"create schema if not exists {table.partition('.')[0]}")

    def _clear(self, table: str) -> None:
        self._make_schema(table)
        self.session.sql(f"drop table if exists {table}")
        if self.place(table).exists():
            shutil.rmtree(self.place(table))

    def _name(self, table: str) -> None:
        place = _quoted(str(self.place(table)))
        self.session.sql(f"create table {table} using parquet location {place}")


Batches = Iterator[pa.RecordBatch]


def _answering(carried: "Broadcast[Answer]") -> Callable[[Batches], Batches]:
    """Return what a worker does with the batches of a task."""

    def answering(arriving: Batches) -> Batches:
        answer = carried.value
        stay_one_thread()
        for batch in arriving:
            yield from map(answer, in_batches(batch))

    return answering


def _not_answered(said: str, master: str) -> EncaisseError:
    """Return what is to be read where the workers could not answer."""
    found = next(filter(None, (re.search(each, said) for each in LACKING)), None)
    # The last line that is not indented: of Python's traceback the error, of Java's its cause.
    lines = [line for line in said.splitlines() if line and not line[0].isspace()]
    why = found[0] if found else lines[-1]
    return EncaisseError(
        f"The workers of the cluster could not score the open items: {why}",
        where=f"--master {master}",
        fix="give every worker the same Python environment as here, and name its Python in "
        "PYSPARK_PYTHON: docs/scaling.md, 'What a worker needs'"
        if found
        else "read what the workers wrote to stderr, in their work folders",
    )


def refuse_without_spark(master: str) -> None:
    """Refuse to go on where Spark, or the Java that it runs on, is not installed.

    Raises:
        EncaisseError: One of them is missing.
    """
    where = f"--engine spark --master {master}"
    if find_spec("pyspark") is None:
        raise EncaisseError(
            "Spark is not installed: it is an extra, for those who ask for it.",
            where=where,
            fix="pip install 'encaisse[spark]', or refresh without --engine spark",
        )
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
    if shutil.which(java) is None:
        raise EncaisseError(
            "Spark runs on Java, and there is none.",
            where=where,
            fix="install Java 17 (Debian: apt install openjdk-17-jre-headless); "
            "where it is installed, name its folder in JAVA_HOME",
        )


def in_spark(select: str) -> str:
    """Return a SELECT of ours in the words of Spark.

    >>> in_spark("select unnest(generate_series(1, $last)) as place, 7 // 2 as half")
    'select explode(sequence(1, :last)) as place, 7 div 2 as half'
    """
    for ours, theirs in WORDS:
        select = re.sub(ours, theirs, select)
    return select


@cache
def _strip_accents() -> str:
    """Return the function that takes accents off as DuckDB does: letter by letter, by its table."""
    with duckdb.connect() as con:
        rows = con.sql(
            "select chr(code) as letter, strip_accents(chr(code)) as bare "
            "from (select cast(unnest(range(128, 65536)) as int) as code) "
            "where code not between 55296 and 57343 and bare <> letter and length(bare) <= 1 "
            "order by length(bare) desc, code"
        ).fetchall()
    letters = "".join(letter for letter, _ in rows)
    bare = "".join(bare for _, bare in rows)
    return (
        "strip_accents(said string) returns string "
        f"return translate(said, {_quoted(letters)}, {_quoted(bare)})"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
