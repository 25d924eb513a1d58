"""Stream the lines of a FEC into the landing, and put aside those that cannot be read."""

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake.fec_columns import TABLE, Parted, Parter, cents
from pipelines.intake.fec_fields import Piece
from pipelines.intake.fec_header import Layout
from pipelines.intake.fec_parse import diagnosis
from pipelines.intake.reading import Progress
from published.machine import cores

_MOST_BAD = 100_000  # lines that are kept to be explained; with more of them no file is of use
_MOST_BYTES = 64 * 1024 * 1024  # nor is it with more text in them

_MAPPED = 16 * 1024 * 1024  # bytes: several blocks, and less than the 32 MB that are always mapped

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
    "compression": "snappy",
    "use_dictionary": _REPEATED,
    "column_encoding": {"source_line": "DELTA_BINARY_PACKED"},
    "store_decimal_as_integer": True,
    "write_statistics": ["source_line", "entry_on"],
}


@dataclass(frozen=True)
class Lines:
    """The lines of a FEC, header excluded, and how to read them.

    Attributes:
        pieces: Some lines after the other.
        layout: Where the columns are.
        width: Fields of most lines, at least those of the header.
        share: Says which part of the file has been handed out, 0.0 to 1.0.
    """

    pieces: Iterator[Piece]
    layout: Layout
    width: int
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
        amounts = cents(rows["debit"]) - cents(rows["credit"])
        if np.abs(amounts).max() > self._LARGE or abs(self._open) > self._MOST:
            self._balance = False
            return
        starts = np.ones(len(rows), bool)
        if len(rows) > 1:
            starts[1:] = pc.or_(
                pc.not_equal(rows["entry_number"][1:], rows["entry_number"][:-1]),
                pc.not_equal(rows["journal_code"][1:], rows["journal_code"][:-1]),
            ).to_numpy(zero_copy_only=False)
        sums = np.add.reduceat(amounts, np.flatnonzero(starts))
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
    con = duckdb.connect(
        config={"memory_limit": "1GB", "temp_directory": str(spill), "threads": cores()}
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
    _keep_freed_memory()
    loaded = Loaded()
    spoilt: list[pa.RecordBatch] = []
    parter = Parter(con, lines.layout, lines.width)
    with pq.ParquetWriter(target, TABLE, **_WRITING) as writer:
        for rows in _gathered(_good(_in_turn(parter, lines.pieces), loaded, spoilt)):
            _write(writer, rows, loaded)
            progress(lines.share())
    if spoilt:
        con.register("lines", pa.Table.from_batches(spoilt))
        loaded.bad = [Bad(*row) for row in con.sql(diagnosis(lines.layout)).fetchall()]
        con.unregister("lines")
    return loaded


def _keep_freed_memory() -> None:
    """Have the memory of one block serve the next, and not go back to the system in between.

    The C library of Linux keeps twice the largest piece that it mapped and got back so far. A block
    takes a little more than that: each would have its pages asked for, and cleared, anew. To map a
    larger piece costs nothing, as nobody writes to it. Other systems take no notice.
    """
    np.empty(_MAPPED, np.uint8)


def _in_turn(parter: Parter, pieces: Iterable[Piece]) -> Iterator[Parted]:
    """Part pieces on every core, and hand them out in their order, only a few of them at a time."""
    workers = cores()
    if workers == 1:
        yield from map(parter.part, pieces)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Parted]] = deque()
        for piece in pieces:
            waiting.append(pool.submit(parter.part, piece))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _good(
    parts: Iterable[Parted], loaded: Loaded, spoilt: list[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Hand on the lines that can be read, count the others, and keep them while they are few."""
    room, size = _MOST_BAD, 0
    for part in parts:
        loaded.blank += part.blank
        if len(part.spoilt):
            loaded.bad_count += len(part.spoilt)
            if room:
                spoilt.append(part.spoilt[:room])
            size += part.spoilt.nbytes
            room = max(0, _MOST_BAD - loaded.bad_count) if size < _MOST_BYTES else 0
            _see_last_line(loaded, part.spoilt)
        if len(part.good):
            yield part.good


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Make tables of `_ROWS` of smaller batches, the same whatever these are."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += len(batch)
        while count >= _ROWS:
            together = pa.Table.from_batches(waiting)
            yield together[:_ROWS]
            waiting, count = together[_ROWS:].to_batches(), count - _ROWS
    if count:
        yield pa.Table.from_batches(waiting)


def _write(writer: pq.ParquetWriter, rows: pa.Table, loaded: Loaded) -> None:
    writer.write_table(rows)
    loaded.good += len(rows)
    for batch in rows.to_batches():
        loaded.runs.add(batch)
    loaded.debit += pc.sum(rows["debit"]).as_py()
    loaded.credit += pc.sum(rows["credit"]).as_py()
    _see_last_line(loaded, rows)


def _see_last_line(loaded: Loaded, rows: pa.Table | pa.RecordBatch) -> None:
    if len(rows):
        loaded.last_line = max(loaded.last_line, rows["source_line"][-1].as_py())


def leave_out(source: Path, target: Path, lines: list[int]) -> None:
    """Copy landed lines without some of them, in one pass."""
    left_out = pa.array(lines, pa.int64())
    with pq.ParquetFile(source) as file, pq.ParquetWriter(target, TABLE, **_WRITING) as writer:
        for batch in file.iter_batches(_ROWS):
            kept = pc.invert(pc.is_in(batch["source_line"], value_set=left_out))
            writer.write_batch(batch.filter(kept))
