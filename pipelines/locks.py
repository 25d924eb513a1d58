"""One writer: whoever holds `flock` on `.writer` may refresh, and nobody else.

The lock is the kernel's. It falls the moment its holder ends, however it ends, so there is never a
stale lock to remove by hand. What is written in the file only tells people who holds it.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.errors import EncaisseError

PATIENCE_SECONDS = 1.0
"""Others hold the lock for an instant, only to look; a refresh holds it for longer than this."""


@dataclass(frozen=True)
class WriterLock:
    """The right to write in one home, for as long as `hold` lasts."""

    path: Path
    descriptor: int

    def is_held(self) -> bool:
        """Tell whether the lock still protects the home: its file is the one we locked.

        A lock on a file that was deleted or replaced keeps nobody out.
        """
        try:
            there, ours = self.path.stat(), os.fstat(self.descriptor)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


@contextmanager
def hold(home: Path, *, purpose: str, patience: float = PATIENCE_SECONDS) -> Iterator[WriterLock]:
    """Hold the writer's lock of `home`.

    Args:
        home: The folder that holds all state; made if it is not there.
        purpose: What the lock is for, in a few words, for the one who is kept out.
        patience: Seconds to wait for a holder that is only looking.

    Raises:
        EncaisseError: Somebody else holds it. Says who, since when and for what.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / ".writer"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + patience
        while not _taken(descriptor):
            if time.monotonic() > deadline:
                raise EncaisseError(
                    f"Another refresh is at work: {_holder(descriptor)}.",
                    where=str(path),
                    fix="wait for it to end, or stop that process, then try again",
                )
            time.sleep(0.05)
        about = {
            "pid": os.getpid(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "purpose": purpose,
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(about).encode(), 0)
        yield WriterLock(path, descriptor)
    finally:
        os.close(descriptor)  # frees the lock


def refuse_if_busy(home: Path) -> None:
    """Say at once that somebody is writing, before anything slow is begun.

    Raises:
        EncaisseError: Somebody else holds the writer's lock.
    """
    with hold(home, purpose="look whether somebody is at work"):
        pass


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    try:
        about = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {about['pid']}, since {about['since']}, to {about['purpose']}"
    except (ValueError, KeyError, TypeError):
        return "a process that has not said its name yet"
