"""How the work of numpy and scikit-learn is shared among threads of Python."""

import os

from threadpoolctl import threadpool_limits

THREADS = max((os.cpu_count() or 1) // 2, 1)
"""How many work at a time: half of the cores. Most of the work is many small steps, between which
threads wait for Python's lock: on four cores, four took up to three times as long as two.
"""


def stay_one_thread() -> None:
    """Keep the thread that calls this from starting others: OpenMP's limit is each thread's own."""
    threadpool_limits(limits=1, user_api="openmp")
