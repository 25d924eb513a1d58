"""How far it is: a bar on a terminal, nothing in a pipe."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Tell = Callable[[float, str], None]
"""Called with the share that is done, 0.0 to 1.0, and with what is being done."""


@contextmanager
def bar(doing: str) -> Iterator[Tell]:
    """Show a bar on standard error while the block runs.

    It has its own way to the terminal: during a run, Dagster captures what is printed.
    """
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as terminal:
        shown = Progress(
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(file=terminal),
            transient=True,
            disable=not terminal.isatty(),
        )
        with shown:
            task = shown.add_task(doing, total=1.0)
            yield lambda share, now: shown.update(task, completed=share, description=now)
