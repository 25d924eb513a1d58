"""A backup is whole or is not there; a restore trusts no file, and never loses the old desk."""

import os
import shutil
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest

from desk.adjustments import list_adjustments
from desk.backup import backup, restore, status
from desk.log import list_history
from desk.schema import metadata
from desk.store import open_desk
from models.errors import EncaisseError
from tests.desk.adding import adjust, problems
from tests.desk.test_store import writer

NOW = datetime(2026, 3, 31, 18, 30, tzinfo=UTC)


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def test_a_backup_holds_every_row_whatever_the_desk_is_kept_in(desk, tmp_path):
    for amount in ("1.00", "-2.50"):
        adjust(desk, amount)
    backup(desk, tmp_path / "b.sqlite")
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as con:
        rows = con.execute("select id, amount_cents, name from adjustments order by id").fetchall()
        assert rows == [(1, 100, "Dupont pays early"), (2, -250, "Dupont pays early")]
        for table in metadata.sorted_tables:
            [(count,)] = con.execute(f"select count(*) from {table.name}")
            assert count == status(desk).rows[table.name], table.name
        assert con.execute("pragma journal_mode").fetchone() == ("delete",)  # one file is all of it
    assert leftovers(tmp_path) == []


def test_a_backup_taken_while_people_write_is_one_moment_of_the_desk(desk, tmp_path):
    adjust(desk)
    with writer(desk, 10_000) as process:
        process.stdout.readline()
        threading.Thread(target=process.stdout.read, daemon=True).start()  # else it would wait
        counts = []
        while len(counts) < 2 or (counts[-1] == counts[0] and len(counts) < 100):
            file = tmp_path / f"{len(counts)}.sqlite"
            backup(desk, file)  # which checks it
            with closing(sqlite3.connect(file)) as con:
                counts.append(con.execute("select count(*) from history").fetchone()[0])
        process.kill()
    assert 1 <= counts[0] < counts[-1]


def test_a_backup_never_takes_the_place_of_a_file(desk, tmp_path):
    (tmp_path / "b.sqlite").write_text("precious")
    with pytest.raises(EncaisseError, match="a file of that name already"):
        backup(desk, tmp_path / "b.sqlite")
    assert (tmp_path / "b.sqlite").read_text() == "precious"
    assert leftovers(tmp_path) == []


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(
    sqlite_desk, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "desk.backup._check", lambda *_: (tmp_path / "b.sqlite").write_text("precious")
    )
    with pytest.raises(EncaisseError, match="a file of that name already"):
        backup(sqlite_desk, tmp_path / "b.sqlite")
    assert (tmp_path / "b.sqlite").read_text() == "precious"


def test_a_damaged_desk_is_not_backed_up(sqlite_desk, tmp_path):
    adjust(sqlite_desk, "77.77", name="MARKED")
    flip(sqlite_desk, b"MARKED", b"MARKEE")
    with pytest.raises(EncaisseError, match="no backup was made"):
        backup(sqlite_desk, tmp_path / "b.sqlite")
    assert not (tmp_path / "b.sqlite").exists()


def flip(desk, old, new):
    """Change bytes in the file of a desk, as a failing disk would."""
    with closing(sqlite3.connect(desk.file)) as con:
        con.execute("pragma wal_checkpoint(truncate)")
    content = desk.file.read_bytes()
    place = content.rindex(old)
    desk.file.write_bytes(content[:place] + new + content[place + len(old) :])


def test_a_restore_brings_back_what_was_and_keeps_what_is(sqlite_desk, home, tmp_path):
    adjust(sqlite_desk, "1.00")
    backup(sqlite_desk, tmp_path / "b.sqlite")
    adjust(sqlite_desk, "2.00")
    kept = restore(home, tmp_path / "b.sqlite", NOW)
    assert [str(each.amount) for each in list_adjustments(open_desk(home))] == ["1.00"]
    assert kept == home / "desk.before-20260331T183000Z.sqlite"
    with closing(sqlite3.connect(kept)) as con:
        assert con.execute("select count(*) from adjustments").fetchone() == (2,)
    adjust(open_desk(home), "3.00")
    assert problems(open_desk(home)) == []
    assert leftovers(home) == []


def test_a_restored_desk_is_worked_with_by_who_had_it_open(sqlite_desk, home, tmp_path):
    """Nobody goes on writing into the file that was set aside."""
    adjust(sqlite_desk, "1.00")
    backup(sqlite_desk, tmp_path / "b.sqlite")
    restore(home, tmp_path / "b.sqlite", NOW)
    adjust(sqlite_desk, "4.00")
    assert [str(each.amount) for each in list_adjustments(open_desk(home))] == ["1.00", "4.00"]


def test_a_restore_waits_until_nobody_has_the_desk_open(sqlite_desk, home, tmp_path, monkeypatch):
    adjust(sqlite_desk)
    backup(sqlite_desk, tmp_path / "b.sqlite")
    monkeypatch.setattr("desk.store.PATIENCE_SECONDS", 0)
    with sqlite_desk.reading(), pytest.raises(EncaisseError, match="was busy"):
        restore(home, tmp_path / "b.sqlite", NOW)
    assert len(list_adjustments(sqlite_desk)) == 1
    assert not list(home.glob("desk.before-*"))


def test_a_desk_that_cannot_be_opened_is_replaced(sqlite_desk, home, tmp_path):
    adjust(sqlite_desk)
    backup(sqlite_desk, tmp_path / "b.sqlite")
    sqlite_desk.file.write_bytes(b"not a database" * 1000)
    with pytest.raises(EncaisseError, match="encaisse desk restore"):
        open_desk(home)
    kept = restore(home, tmp_path / "b.sqlite", NOW)
    assert kept.read_bytes().startswith(b"not a database")
    assert len(list_adjustments(open_desk(home))) == 1


def test_a_restore_into_a_home_without_a_desk_makes_it(sqlite_desk, tmp_path):
    adjust(sqlite_desk)
    backup(sqlite_desk, tmp_path / "b.sqlite")
    assert restore(tmp_path / "new", tmp_path / "b.sqlite", NOW) is None
    assert len(list_adjustments(open_desk(tmp_path / "new"))) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"PK\x03\x04" + content[4:],
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"Dupont pays early", b"Dupont pays EARLY", 1),
        lambda content: content.replace(b"Dupont", bytes(6)),
    ],
    ids=["empty", "another kind of file", "cut", "one word changed", "zeros in the middle"],
)
def test_a_damaged_backup_is_refused_and_the_desk_stays(sqlite_desk, home, tmp_path, damage):
    for _ in range(30):
        adjust(sqlite_desk)
    backup(sqlite_desk, tmp_path / "b.sqlite")
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(damage((tmp_path / "b.sqlite").read_bytes()))
    with pytest.raises(EncaisseError, match=r"is damaged|cannot be read|no backup of a desk"):
        restore(home, damaged, NOW)
    assert len(list_adjustments(open_desk(home))) == 30
    assert not list(home.glob("desk.before-*"))
    assert leftovers(home) == []


def test_any_byte_of_a_row_that_flips_is_noticed(sqlite_desk, tmp_path, home):
    """Where it changes what is said: SQLite itself has no checksum of its pages."""
    adjust(sqlite_desk, "1.00", name="FINDME")
    backup(sqlite_desk, tmp_path / "b.sqlite")
    content = (tmp_path / "b.sqlite").read_bytes()
    places = [place for place in range(len(content)) if content.startswith(b"FINDME", place)]
    assert len(places) == 2  # the row, and the history
    for place in places:
        for letter in range(6):
            changed = bytearray(content)
            changed[place + letter] ^= 1
            (tmp_path / "flipped.sqlite").write_bytes(changed)
            with pytest.raises(EncaisseError, match="is damaged"):
                restore(home, tmp_path / "flipped.sqlite", NOW)


def test_another_database_is_no_backup(sqlite_desk, home, tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as con:
        con.execute("create table scenarios (id)")
        con.commit()
    with pytest.raises(EncaisseError, match="no backup of a desk"):
        restore(home, tmp_path / "other.sqlite", NOW)
    with pytest.raises(EncaisseError, match="no such backup"):
        restore(home, tmp_path / "none.sqlite", NOW)


def test_a_backup_of_a_newer_version_is_refused(sqlite_desk, home, tmp_path):
    backup(sqlite_desk, tmp_path / "b.sqlite")
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as con:
        con.execute("update alembic_version set version_num = '9999'")
        con.commit()
    with pytest.raises(EncaisseError, match="newer version"):
        restore(home, tmp_path / "b.sqlite", NOW)


def test_a_file_becomes_a_database_of_a_team_and_back(
    sqlite_desk, empty_database, home, tmp_path, monkeypatch
):
    for _ in range(3):
        adjust(sqlite_desk)
    before = list_history(sqlite_desk)
    backup(sqlite_desk, tmp_path / "file.sqlite")
    monkeypatch.setenv("ENCAISSE_DESK_URL", empty_database)
    assert restore(home, tmp_path / "file.sqlite", NOW) is None
    desk = open_desk(home)
    assert not desk.is_sqlite
    assert list_history(desk) == before
    assert problems(desk) == []
    adjust(desk)
    with pytest.raises(EncaisseError, match="holds 4 entries"):
        restore(home, tmp_path / "file.sqlite", NOW)
    backup(desk, tmp_path / "team.sqlite")
    monkeypatch.delenv("ENCAISSE_DESK_URL")
    restore(tmp_path / "alone", tmp_path / "team.sqlite", NOW)
    assert list_history(open_desk(tmp_path / "alone")) == list_history(desk)


def killed_at(step, home, file):
    """Restore in a process of its own, killed before the given step; tell how many there were.

    Python announces every rename, link and opening of a file.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        steps = 0

        def watch(event, args):
            nonlocal steps
            told = event in ("open", "os.rename", "os.link", "os.remove", "sqlite3.connect")
            if told and str(home) in str(args[0]):
                if steps == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                steps += 1

        sys.addaudithook(watch)
        restore(home, file, NOW)
        os.write(writer, str(steps).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        _, ended = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(ended), told.read()


def test_killed_at_any_step_a_restore_is_done_or_not_begun(sqlite_desk, home, tmp_path):
    adjust(sqlite_desk, "1.00")
    backup(sqlite_desk, tmp_path / "b.sqlite")
    adjust(sqlite_desk, "2.00")
    was = tmp_path / "was"
    shutil.copytree(home, was)
    ended, steps = killed_at(None, home, tmp_path / "b.sqlite")
    assert ended == 0
    assert int(steps) > 8
    seen = []
    for step in range(int(steps)):
        shutil.rmtree(home)
        shutil.copytree(was, home)
        assert killed_at(step, home, tmp_path / "b.sqlite") == (-signal.SIGKILL, "")
        desk = open_desk(home)
        assert problems(desk) == []
        seen.append(len(list_adjustments(desk)))
    assert set(seen) == {1, 2}
    assert seen == sorted(seen, reverse=True)
