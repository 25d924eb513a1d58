"""Do one thing to many files at once, each in a process of its own."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from typing import TypeVar

Thing = TypeVar("Thing")


def at_once(
    work: Callable[[Thing], object], things: Sequence[Thing], processes: int
) -> Iterator[Thing]:
    """Do the work for each thing, several at a time.

    Where this process is killed, the others end with it.

    Args:
        work: A function of a module. What it returns is dropped.
        things: They go to the processes by pickle.
        processes: How many work at the same time.

    Yields:
        Each thing when its work is done, in whatever order they end. Where a process dies, for want
        of memory perhaps, the rest is left undone.

    Raises:
        Exception: Whatever the work raises.
    """
    # Not forked: the threads of DuckDB and Dagster do not live on in a fork, their locks do.
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(things)), start, _begin) as pool:
        waiting = {pool.submit(work, thing): thing for thing in things}
        try:
            for done in as_completed(waiting):
                done.result()
                yield waiting[done]
        except BrokenProcessPool:
            return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """End without a word where somebody presses Ctrl-C, and with the process that began this."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
