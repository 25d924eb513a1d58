"""A home in which the three invoices of `extracts.py` are published, as the command does it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipelines.extracts import write_three_invoices


@pytest.fixture(scope="session")
def published_home(tmp_path_factory):
    """A home in which three invoices are published. Only to be read."""
    folder = tmp_path_factory.mktemp("published") / "home"
    write_three_invoices(folder / "extracts")
    command = [Path(sys.executable).parent / "encaisse", "--home", folder, "refresh"]
    subprocess.run(command, check=True, capture_output=True)
    return folder
