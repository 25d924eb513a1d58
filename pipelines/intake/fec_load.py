"""Stream the lines of a FEC into the landing, and put aside those that cannot be read."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.errors import EncaisseError
from pipelines.intake.fec_header import Layout
from pipelines.intake.fec_parse import questions
from pipelines.intake.reading import LANDING, Progress
from pipelines.intake.text import WHITE_SPACE

LINES = pa.schema([("source_line", pa.int64()), ("line", pa.string())])
TABLE = LANDING["fec_lines"]
_QUEUE = pa.schema([("turn", pa.int64()), *LINES])

_MOST_BAD = 100_000  # lines that are kept to be explained; with more of them no file is of use
_MOST_BYTES = 64 * 1024 * 1024  # nor is it with more text in them

_ROWS = 122_880  # of a row group, as DuckDB likes them
_REPEATED = [  # columns in which few values come back often
    "journal_code",
    "journal_label",
    "entry_on",
    "account",
    "account_label",
    "auxiliary",
    "auxiliary_label",
    "document_on",
    "lettering",
    "lettered_on",
    "validated_on",
    "currency",
]
_WRITING = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": _REPEATED,
    "column_encoding": {"source_line": "DELTA_BINARY_PACKED"},
    "store_decimal_as_integer": True,
    "write_statistics": ["source_line", "entry_on"],
}


@dataclass(frozen=True)
class Lines:
    """The lines of a FEC, header excluded, and how to read them.

    Attributes:
        batches: Rows of `LINES`. Each line ends with the separator.
        layout: Where the columns are.
        white_space: What fields may begin or end with.
        zero: How no amount is written, most of the time.
        share: Says which part of the file has been handed out, 0.0 to 1.0.
    """

    batches: Iterator[pa.RecordBatch]
    layout: Layout
    white_space: str
    zero: str
    share: Callable[[], float]


class Bad(NamedTuple):
    """A line that cannot be read.

    `column` is the lawful name of the first column that is wrong, or `*` where the number of fields
    is; `value` is what stands there, or the whole line. Journal and entry are null where the line
    does not say them.
    """

    source_line: int
    column: str
    value: str
    journal_code: str | None
    entry_number: str | None


class Runs:
    """Entries whose lines stand together, as they do in most files.

    Where each of these runs balances, so does every entry, and nobody has to add them up again.
    """

    _LARGE = 10**12  # cents; a batch of smaller amounts adds up to less than ...
    _MOST = 10**18  # ... what 64 bits hold, several times over

    def __init__(self) -> None:
        self._key: tuple[str, str] | None = None
        self._open = 0
        self._balance = True

    @property
    def balance(self) -> bool:
        """Whether every run balances. Where it is false, an entry may still."""
        return self._balance and self._open == 0

    def add(self, rows: pa.RecordBatch) -> None:
        """Add the next rows of `fec_lines`."""
        if not self._balance:
            return
        cents = _cents(rows["debit"]) - _cents(rows["credit"])
        if np.abs(cents).max() > self._LARGE or abs(self._open) > self._MOST:
            self._balance = False
            return
        starts = np.ones(len(rows), bool)
        if len(rows) > 1:
            starts[1:] = pc.or_(
                pc.not_equal(rows["entry_number"][1:], rows["entry_number"][:-1]),
                pc.not_equal(rows["journal_code"][1:], rows["journal_code"][:-1]),
            ).to_numpy(zero_copy_only=False)
        sums = np.add.reduceat(cents, np.flatnonzero(starts))
        first, last = self._key_of(rows, 0), self._key_of(rows, -1)
        if first == self._key:
            sums[0] += self._open
        elif self._open != 0:
            self._balance = False
        self._balance = self._balance and not sums[:-1].any()
        self._key, self._open = last, int(sums[-1])

    @staticmethod
    def _key_of(rows: pa.RecordBatch, row: int) -> tuple[str, str]:
        return rows["journal_code"][row].as_py(), rows["entry_number"][row].as_py()


def _cents(amounts: pa.Array) -> np.ndarray:
    """Return DECIMAL(18, 2) as cents. Arrow keeps 128 bits, of which the lower half says it all."""
    halves = np.frombuffer(amounts.buffers()[1], np.int64).reshape(-1, 2)
    return halves[amounts.offset : amounts.offset + len(amounts), 0]


@dataclass
class Loaded:
    """What came of the lines: good ones are in the file `fec_lines.parquet`."""

    good: int = 0
    bad_count: int = 0
    blank: int = 0
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    last_line: int = 0  # number of the last line that is not blank
    bad: list[Bad] = field(default_factory=list)  # all of them, unless there are far too many
    runs: Runs = field(default_factory=Runs)

    @property
    def records(self) -> int:
        """Lines that are not blank."""
        return self.good + self.bad_count


@contextmanager
def workbench(out: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory, on the cores that we may use, that may spill below `out`."""
    spill = out / "spill"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    con = duckdb.connect(
        config={"memory_limit": "1GB", "temp_directory": str(spill), "threads": cores or 1}
    )
    try:
        yield con
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


def load(con: duckdb.DuckDBPyConnection, lines: Lines, target: Path, progress: Progress) -> Loaded:
    """Write the lines that can be read to `target`, and find out what is wrong with the others.

    Raises:
        EncaisseError: A line was lost on the way.
        duckdb.Error: The disk is full.
        OSError: The file cannot be read, or the disk is full.
    """
    loaded = Loaded()
    asked = questions(lines.layout, white_space=lines.white_space, zero=lines.zero)
    white = lines.layout.separator + WHITE_SPACE
    spoilt: list[pa.Table] = []
    room, size = _MOST_BAD, 0
    turn = Turn()
    con.register("lines", pa.RecordBatchReader.from_batches(_QUEUE, turn.give(lines.batches)))
    with pq.ParquetWriter(target, TABLE, **_WRITING) as writer:
        for rows in _gathered(turn.take(con.sql(asked.reading).to_arrow_reader(_ROWS))):
            good = rows
            if rows["spoilt"].null_count < len(rows):
                good = rows.filter(pc.is_null(rows["spoilt"]))
                bad = _not_blank(rows.filter(pc.is_valid(rows["spoilt"])), white)
                loaded.blank += len(rows) - len(good) - len(bad)
                loaded.bad_count += len(bad)
                spoilt.append(bad[:room])
                size += bad.nbytes
                room = max(0, _MOST_BAD - loaded.bad_count) if size < _MOST_BYTES else 0
                _see_last_line(loaded, bad)
            if len(good):
                _write(writer, good, loaded)
            progress(lines.share())
    con.unregister("lines")
    if spoilt:
        con.register("lines", pa.concat_tables(spoilt).rename_columns(LINES.names))
        loaded.bad = [Bad(*row) for row in con.sql(asked.diagnosis).fetchall()]
    return loaded


class Turn:
    """Keeps the order of rows that several threads work on at once.

    The database may hand out first what was given to it last. That every row came back, once, is
    made sure of on the way.
    """

    def __init__(self) -> None:
        self._given = 0
        self._taken = 0

    def give(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give every row of `LINES` its turn, counted from 0."""
        for batch in batches:
            turns = pa.array(np.arange(self._given, self._given + len(batch)))
            self._given += len(batch)
            yield pa.record_batch([turns, *batch.columns], schema=_QUEUE)

    def take(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Hand rows out in their turn.

        Raises:
            EncaisseError: A row was lost, or came back twice.
        """
        waiting: dict[int, pa.RecordBatch] = {}
        for batch in batches:
            turns = batch["turn"].to_numpy()
            breaks = np.flatnonzero(np.diff(turns) != 1) + 1
            for start, end in pairwise([0, *breaks.tolist(), len(turns)]):
                if start < end:
                    waiting[int(turns[start])] = batch[start:end]
            while self._taken in waiting:
                run = waiting.pop(self._taken)
                self._taken += len(run)
                yield run
        if waiting or self._taken != self._given:
            raise EncaisseError(
                f"Of {self._given} lines {self._taken} came back in their turn.",
                where="the FEC reader",
                fix="report this as a defect, with the file: no line may be lost",
            )


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Make tables of `_ROWS` of smaller batches, the same whatever these are."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += len(batch)
        if count >= _ROWS:
            together = pa.Table.from_batches(waiting)
            yield together[:_ROWS]
            waiting, count = together[_ROWS:].to_batches(), count - _ROWS
    if count:
        yield pa.Table.from_batches(waiting)


def _not_blank(rows: pa.Table, white: str) -> pa.Table:
    """Return number and text of the lines with something on them."""
    lines = rows.select(["source_line", "spoilt"])
    return lines.filter(pc.not_equal(pc.utf8_trim(lines["spoilt"], white), ""))


def _write(writer: pq.ParquetWriter, read: pa.Table, loaded: Loaded) -> None:
    rows = read.select(TABLE.names).cast(TABLE)
    writer.write_table(rows)
    loaded.good += len(rows)
    for batch in rows.to_batches():
        loaded.runs.add(batch)
    loaded.debit += pc.sum(rows["debit"]).as_py()
    loaded.credit += pc.sum(rows["credit"]).as_py()
    _see_last_line(loaded, rows)


def _see_last_line(loaded: Loaded, rows: pa.Table) -> None:
    if len(rows):
        loaded.last_line = max(loaded.last_line, rows["source_line"][-1].as_py())


def leave_out(source: Path, target: Path, lines: list[int]) -> None:
    """Copy landed lines without some of them, in one pass."""
    left_out = pa.array(lines, pa.int64())
    with pq.ParquetFile(source) as file, pq.ParquetWriter(target, TABLE, **_WRITING) as writer:
        for batch in file.iter_batches(_ROWS):
            kept = pc.invert(pc.is_in(batch["source_line"], value_set=left_out))
            writer.write_batch(batch.filter(kept))
