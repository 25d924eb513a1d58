"""The machine that we are on."""

import os


def cores() -> int:
    """Return how many cores we may use: as many threads as this does DuckDB get.

    By itself it counts those of the machine, and four threads on one core are slower than one.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
