"""A Spark cluster on this machine: a master and two workers, each a process of its own."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
DEPLOY = "org.apache.spark.deploy"
WAIT_SECONDS = 120


@contextmanager
def cluster(folder: Path, workers: int = 2, memory: str = "1g") -> Iterator[str]:
    """Start a master and its workers on loopback, yield the master's URL, and end them all.

    Args:
        folder: Where they write what they say.
        workers: How many, of one core each.
        memory: Of each worker; what its executor takes of it, the configuration says.
    """
    started: list[subprocess.Popen[bytes]] = []
    folder.mkdir(parents=True, exist_ok=True)
    try:
        said = folder / "master.log"
        started.append(_start("master.Master", said, "--port", "0", "--webui-port", "0"))
        master = _wait_for(said, r"Starting Spark master at (spark://\S+)")
        for number in range(workers):
            said = folder / f"worker{number}.log"
            more = ("--cores", "1", "--memory", memory, "--webui-port", "0")
            work = ("--work-dir", str(folder / f"worker{number}"))
            started.append(_start("worker.Worker", said, *more, *work, master))
            _wait_for(said, r"(Successfully registered with master)")
        yield master
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _start(what: str, said: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    environment.pop("SPARK_CONF_DIR", None)  # theirs is to say where they are
    with said.open("wb") as log:
        return subprocess.Popen(
            [str(SPARK_CLASS), f"{DEPLOY}.{what}", "--host", "127.0.0.1", *arguments],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_for(said: Path, pattern: str) -> str:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if found := re.search(pattern, said.read_text(errors="replace")):
            return found[1]
        time.sleep(0.2)
    raise AssertionError(f"{pattern} was not said:\n{said.read_text(errors='replace')}")
