"""Several files read at the same time: the same landing, and nobody is left over when it ends."""

import os
import subprocess
import sys
import time

import psutil
import pyarrow.parquet as pq
import pytest

from pipelines.intake import land
from pipelines.intake.at_once import at_once
from pipelines.intake.land import land_folder
from pipelines.settings import Settings
from tests.pipelines.books import Fec
from tests.pipelines.extracts import write_fec
from tests.pipelines.table_files import NOW

PATIENCE_SECONDS = 60


@pytest.fixture
def extracts(tmp_path):
    folder = tmp_path / "extracts"
    for year in (2023, 2024, 2025):
        fec = Fec()
        fec.sale(f"{year}-01-15", "C1", "120.00", f"F{year}")
        fec.sale(f"{year}-03-15", "C2", "60.00", f"G{year}")
        write_fec(fec, folder, f"111111111FEC{year}1231.txt")
    (folder / "customers.csv").write_text("customer_id,name\nC1,Le Chat\n")
    (folder / "copy.csv").write_text("customer_id,name\nC1,Le Chat\n")
    (folder / "nothing.bin").write_bytes(b"\0\1\2")
    return folder


def landed(extracts, landing):
    shares = []
    receipts = land_folder(extracts, landing, Settings(), now=NOW, progress=shares.append)
    tables = {
        (receipt.name, name): pq.read_table(landing / receipt.folder / f"{name}.parquet")
        for receipt in receipts
        for name in (*receipt.tables, "quarantine")
    }
    return receipts, tables, shares


def test_files_that_are_read_at_once_land_as_one_after_the_other(extracts, tmp_path, monkeypatch):
    one_by_one, tables, _ = landed(extracts, tmp_path / "one")
    read_here = []
    really_read = land.read
    monkeypatch.setattr(land, "AT_ONCE_FROM", 1)
    monkeypatch.setattr(
        land, "read", lambda *told, **more: read_here.append(told) or really_read(*told, **more)
    )
    together, same_tables, shares = landed(extracts, tmp_path / "several")
    assert (together, same_tables) == (one_by_one, tables)
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert read_here == []


def test_what_a_process_that_died_left_undone_is_read_here(extracts, tmp_path, monkeypatch):
    one_by_one, tables, _ = landed(extracts, tmp_path / "one")
    monkeypatch.setattr(land, "AT_ONCE_FROM", 1)
    monkeypatch.setattr(land, "_land_unwatched", die)
    assert landed(extracts, tmp_path / "several")[:2] == (one_by_one, tables)


def die(*_, **__):
    os._exit(1)


def test_everything_is_done_once_and_an_error_is_told():
    assert sorted(at_once(abs, [-3, 1, -2], 2)) == [-3, -2, 1]
    with pytest.raises(ValueError, match="invalid literal"):
        list(at_once(int, ["a"], 2))


def test_processes_end_with_the_one_that_began_them():
    program = (
        "import time\n"
        "from pipelines.intake.at_once import at_once\n"
        "if __name__ == '__main__':\n"
        "    list(at_once(time.sleep, [600, 600], 2))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        workers = until(lambda: working_for(parent.pid), 2)
    finally:
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE_SECONDS)
    assert alive == []


def working_for(pid):
    """Return the processes that wait in the work they were given."""
    return [
        each
        for each in psutil.Process(pid).children()
        if "spawn_main" in " ".join(each.cmdline()) and each.num_threads() > 1
    ]


def until(found, count):
    for _ in range(10 * PATIENCE_SECONDS):
        if len(there := found()) == count:
            return there
        time.sleep(0.1)
    raise AssertionError(f"{there} after {PATIENCE_SECONDS} seconds")
