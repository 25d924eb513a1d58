"""`encaisse desk`, as somebody on duty types it."""

import re
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from desk.adjustments import list_adjustments
from desk.store import open_desk
from models.errors import EncaisseError
from pipelines.cli.commands import app
from tests.desk.adding import adjust


@pytest.fixture
def encaisse(home, monkeypatch):
    """Type a command about the home, and return what it says."""
    monkeypatch.delenv("ENCAISSE_DESK_URL", raising=False)

    def type_in(*words):
        result = CliRunner().invoke(app, ["--home", str(home), "desk", *map(str, words)])
        if result.exception:
            raise result.exception
        return result.output

    return type_in


def test_a_desk_is_backed_up_lost_and_restored(encaisse, home, tmp_path):
    adjust(open_desk(home), "12.34")
    told = encaisse("status")
    assert re.search(r"adjustments +1\n", told)
    assert "by Léa Martin" in told
    assert told.endswith("every row is as its history says\n")
    assert "checked" in encaisse("backup", tmp_path / "b.sqlite")
    (home / "desk.sqlite").write_bytes(b"lost" * 5000)
    with pytest.raises(EncaisseError, match="The desk cannot be used"):
        encaisse("status")
    told = encaisse("restore", tmp_path / "b.sqlite")
    assert re.search(r"what was there before is kept as .*desk\.before-\d+T\d+Z\.sqlite", told)
    assert [str(each.amount) for each in list_adjustments(open_desk(home))] == ["12.34"]


def test_a_damaged_row_is_told_with_what_to_do(encaisse, home):
    desk = open_desk(home)
    adjust(desk)
    with closing(sqlite3.connect(desk.file)) as con:
        con.execute("drop trigger adjustments_no_update")
        con.execute("update adjustments set amount_cents = 5")
        con.commit()
    with pytest.raises(EncaisseError) as refused:
        encaisse("status")
    assert "entry 1 of the history says other rows than the tables hold" in str(refused.value)
    assert "encaisse desk restore" in refused.value.fix
