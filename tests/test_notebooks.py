"""Every notebook runs from top to bottom on a published snapshot, and holds what it says."""

import runpy
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.py"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_published_snapshot(notebook, sample_home, monkeypatch):
    monkeypatch.setenv("ENCAISSE_HOME", str(sample_home))
    runpy.run_path(str(notebook))


def test_the_notebooks_name_late_payers_with_the_month_since_which_they_are(
    sample_home, monkeypatch
):
    monkeypatch.setenv("ENCAISSE_HOME", str(sample_home))
    [who_pays_late] = [path for path in NOTEBOOKS if path.stem == "who_pays_late"]
    told = runpy.run_path(str(who_pays_late))
    since_when, day = told["since_when"], told["pointer"].as_of
    assert len(since_when) > 0
    assert (since_when["days_late_now"] > told["LATE_FROM_DAYS"]).all()
    assert (since_when["late_since"] <= day).all()
