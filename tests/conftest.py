"""What every test may ask for: a home, a refresh, the command, the sample company, reference data.

A test that lacks something is skipped and says what. `ENCAISSE_REQUIRE_ALL=1` makes it fail
instead, so that a machine that is meant to have everything cannot pass by leaving things out.
"""

import fcntl
import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared" / "data"


def _nothing_is_skipped(report):
    """Turn a skip into a failure where everything is required."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    if os.environ.get("ENCAISSE_REQUIRE_ALL") == "1":
        _, _, reason = report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nENCAISSE_REQUIRE_ALL=1: nothing may be skipped."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    _nothing_is_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _nothing_is_skipped(report)
    return report


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk():
    """Files of tests need not outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def reference_data():
    """The folder of real and published data, beside the repository."""
    if not REFERENCE.is_dir():
        pytest.skip("the reference data is not beside the repository, in ../shared/data")
    return REFERENCE


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home, which is the one that everything uses."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ENCAISSE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def definitions():
    from pipelines.definitions import defs

    return defs()


@pytest.fixture
def refresh(home, definitions):
    """Run the refresh here and now, as Dagster does: `refresh(folder, as_of=..., job="check")`."""
    import dagster as dg

    from pipelines.running import run_config

    with dg.DagsterInstance.ephemeral() as instance:

        def run(extracts, as_of=None, *, job="refresh", raise_on_error=True):
            return definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                run_config=run_config(home, extracts, as_of),
                raise_on_error=raise_on_error,
            )

        yield run


@pytest.fixture
def encaisse(home, monkeypatch, capfd):
    """Run the command in this process: returns its exit code, what it said, and to whom."""
    from pipelines.cli import main

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["encaisse", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return run


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory, worker_id):
    """A home with a small sample company, refreshed once and shared. Only to be read.

    Its extracts are in `extracts/`, as those of a firm would be.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent  # one for all workers
    home = shared / "sample_home"
    with (shared / "sample_home.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (home / "CURRENT").exists():
            _make_sample_home(home)
    return home


def _make_sample_home(home):
    from pipelines.running import run
    from pipelines.sample import write_sample

    write_sample(home / "extracts", items=1500, progress=lambda share: None)
    outcome = run("refresh", home, extracts=None, as_of=None, tell=lambda share, doing: None)
    assert outcome.succeeded, (outcome.refusals, outcome.blocked_by)


@pytest.fixture(scope="session")
def chromium_path():
    """Where a browser is: Debian's, or the one that Playwright brought."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    pytest.skip("no Chromium: install Debian's `chromium`, or run `playwright install chromium`")
