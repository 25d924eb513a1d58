"""What a run prints is kept beside its record, by helpers that Ctrl-C does not reach.

Dagster copies the output of a run with two processes for each stream. They are in the terminal's
foreground group, so Ctrl-C reached them too, and each printed a traceback of its own before the
refresh could say in a sentence that it was stopped.
"""

import signal
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData


class KeptOutput(LocalComputeLogManager):
    """Keeps what runs print in files of the home, as Dagster does; `dagster.yaml` names it."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Make it as `dagster.yaml` says."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Generator[CapturedLogContext, None, None]:
        """Keep what is printed meanwhile. The run ends the helpers itself, however it ends."""
        with ExitStack() as kept:
            with deaf_to_ctrl_c():
                context = kept.enter_context(super().capture_logs(log_key))
            yield context


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach. Pressed meanwhile, it reaches us right after.

    A process begins with the signals blocked that are blocked where it is started.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
