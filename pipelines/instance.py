"""The Dagster instance of a home: where runs are recorded, and the UI finds them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance

from pipelines.settings import ROOT


def environment(home: Path) -> dict[str, str]:
    """Return the variables under which Dagster's own commands use the instance of `home`."""
    return {
        "DAGSTER_HOME": str(ROOT),
        "ENCAISSE_DAGSTER_DIR": str(home.resolve() / "dagster"),
        "ENCAISSE_HOME": str(home.resolve()),
    }


@contextmanager
def opened(home: Path) -> Iterator[DagsterInstance]:
    """Open the instance of `home`, made first if it is not there.

    One process at a time makes it: of several that find no database, all but one would fail.
    """
    os.environ.update(environment(home))
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".opening").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        instance = DagsterInstance.from_config(str(ROOT))
    with instance:
        yield instance
