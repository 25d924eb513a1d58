"""Passes on what another process says on its standard error, until Ctrl-C; what follows is noise.

Run as a script, by `pipelines.instance`: Dagster's UI is five processes, and Ctrl-C reaches them
all. Each that was still starting then says so with a traceback, and each that had a connection
with a list of what it did not free. A person who ended it learns nothing from either.
"""

import os
import signal
import subprocess
import sys


def hush_after_ctrl_c() -> None:
    """Have what we, and all that we start or become, say on the standard error end with Ctrl-C."""
    passing = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE)
    if passing.stdin is not None:
        os.dup2(passing.stdin.fileno(), sys.stderr.fileno())


def pass_on() -> None:
    """Copy the standard input to the standard error until its end; after Ctrl-C, nothing of it."""
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    while said := os.read(sys.stdin.fileno(), 65_536):
        if not pressed:
            os.write(sys.stderr.fileno(), said)


if __name__ == "__main__":
    pass_on()
