"""Rows set down on disk between the two passes: made by customer, needed by month."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipelines.sample import days
from pipelines.sample.runs import run_starts


def month_key(what: str, entity: int, month: int) -> str:
    """Return the key of an entity's rows of a month (from 0, the first month of all)."""
    return f"{what}-{entity}-{month}"


class Spill:
    """Arrays of rows by key, appended to and then taken back once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}

    def append(self, key: str, rows: np.ndarray) -> None:
        """Set rows down under a key."""
        if len(rows):
            if key not in self._files:
                self._files[key] = (self._folder / key).open("wb")
            rows.tofile(self._files[key])

    def append_by_month(self, what: str, rows: np.ndarray) -> None:
        """Set rows that have an entity and a day down under `what`, their entity and month."""
        month = days.MONTHS_SINCE_START[rows["day"]]
        slot = rows["entity"].astype(np.int64) * len(days.MONTHS) + month
        order = np.argsort(slot, kind="stable")
        rows, slot = rows[order], slot[order]
        starts = run_starts(slot)
        for first, last in zip(starts, [*starts[1:], len(rows)], strict=False):
            entity, month = divmod(int(slot[first]), len(days.MONTHS))
            self.append(month_key(what, entity, month), rows[first:last])

    def take(self, key: str, dtype: np.dtype) -> np.ndarray:
        """Return all rows of a key, in the order in which they came, and forget them."""
        file = self._files.pop(key, None)
        if file is None:
            return np.zeros(0, dtype)
        file.close()
        path = self._folder / key
        rows = np.fromfile(path, dtype)
        path.unlink()
        return rows
