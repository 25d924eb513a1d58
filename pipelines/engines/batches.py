"""Rows answered batch by batch, by a function of one batch; in this process.

`Spark.answer` has the same function called by the workers of a cluster.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pyarrow as pa

from models.timing.threads import THREADS, stay_one_thread

BATCH = 4_000
"""Rows answered together: bounds the memory. Of fewer, threads would wait for each other."""


class Answer(Protocol):
    """What answers a batch of rows; it can be sent to another process.

    It answers each row by itself: rows may be answered together in any batches.
    """

    @property
    def schema(self) -> pa.Schema:
        """Of the rows it answers with."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return one answer a row, in the batch's order."""


def answer_here(rows: pa.Table, answer: Answer) -> pa.Table:
    """Have rows answered in this process.

    Returns:
        The answers, in the order of the rows.
    """
    with ThreadPoolExecutor(THREADS, initializer=stay_one_thread) as threads:
        batches = list(threads.map(answer, rows.to_batches(max_chunksize=BATCH)))
    return pa.Table.from_batches(batches, answer.schema)


def in_batches(arriving: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut what arrived together into what is answered together."""
    for begin in range(0, len(arriving), BATCH):
        yield arriving.slice(begin, BATCH)
