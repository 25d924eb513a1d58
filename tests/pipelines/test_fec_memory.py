"""The memory of a block of lines serves the next one."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries keep memory in their own ways"
)

PAGES_OF_BLOCKS = """
import resource
import numpy as np
from pipelines.intake import fec_load

fec_load._keep_freed_memory()
for block in range(20):
    if block == 2:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(1 << 20, np.uint8) for _ in range(6)]
    del arrays
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_the_pages_of_a_block_are_not_asked_for_anew_by_the_next():
    told = subprocess.run(
        [sys.executable, "-c", PAGES_OF_BLOCKS], capture_output=True, text=True, check=True
    )
    pages_of_one = 6 * (1 << 20) // 4096
    assert int(told.stdout) < 2 * pages_of_one
