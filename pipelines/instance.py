"""The Dagster instance of a home: where runs are recorded, and the UI finds them.

`python -m pipelines.instance` starts Dagster's UI and its daemon on it.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance

from pipelines.hushing import hush_after_ctrl_c
from pipelines.reaper import try_to_fail_stale_runs
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


def main() -> None:
    """Become Dagster's UI and daemon, once nothing dead is in their way."""
    home = Path(os.environ.get("ENCAISSE_HOME") or ROOT / "data")
    with opened(home) as instance:
        try_to_fail_stale_runs(instance, home)
    port = os.environ.get("DAGSTER_PORT", "3000")
    print(f"Dagster: http://127.0.0.1:{port}  (Ctrl-C ends it)", flush=True)
    os.chdir(ROOT)
    hush_after_ctrl_c()
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "dev", "--workspace"]
    options = ["workspace.yaml", "--host", "127.0.0.1", "--port", port, "--log-level", "warning"]
    os.execv(sys.executable, [*command, *options])


if __name__ == "__main__":
    main()
