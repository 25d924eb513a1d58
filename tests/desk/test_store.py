"""The store: all or nothing, nothing twice, nothing lost, nothing changed; in both databases."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from desk.adjustments import list_adjustments
from desk.backup import status
from desk.log import list_history
from desk.schema import FACTS, HEAD, adjustments, metadata
from desk.store import open_desk
from models.errors import EncaisseError
from pipelines.settings import ROOT
from tests.desk.adding import adjust, problems


def test_the_migrations_make_the_tables_that_the_code_knows(desk):
    with desk.reading() as con:
        context = MigrationContext.configure(con, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
        found = inspect(con)
        for table in metadata.sorted_tables:
            told = {each["name"]: each["nullable"] for each in found.get_columns(table.name)}
            assert told == {column.name: column.nullable for column in table.columns}


def test_the_newest_migration_is_the_one_that_the_code_expects():
    config = Config()
    config.set_main_option("script_location", "desk:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_every_table_of_sqlite_refuses_a_value_of_another_type(sqlite_desk):
    with closing(sqlite3.connect(sqlite_desk.file)) as con:
        for table in metadata.sorted_tables:
            [(sql,)] = con.execute("select sql from sqlite_master where name = ?", [table.name])
            assert sql.rstrip().endswith("STRICT"), table.name
        with pytest.raises(sqlite3.IntegrityError, match="cannot store REAL"):
            con.execute(
                "insert into adjustments values "
                "(1, 1, 'main', 'EUR', '2024-04-01', '2024-04-07', 10.5, 'half a cent')"
            )


def test_opening_a_desk_again_changes_nothing(desk):
    adjust(desk)
    before = list_history(desk)
    assert list_history(open_desk(desk.home)) == before
    assert problems(desk) == []


def test_the_history_says_who_when_what_and_why(desk):
    before = datetime.now(UTC)
    adjust(desk, "-1234.56", author="  Léa Martin ")
    [entry] = list_history(desk)
    assert (entry.id, entry.author, entry.action, entry.reason) == (
        1, "Léa Martin", "adjustment added", "said on the phone",
    )  # fmt: skip
    assert before <= entry.at <= datetime.now(UTC)
    [row] = entry.facts["adjustments"]
    assert (row["amount_cents"], row["first_on"]) == (-123456, "2024-04-01")


def test_nobody_changes_or_removes_what_was_written(desk):
    adjust(desk)
    with desk.reading() as con:
        ids = {table.name: con.scalar(text(f"select max(id) from {table.name}")) for table in FACTS}
    for table in ("history", "adjustments"):
        statements = [f"update {table} set id = 5", f"delete from {table}"]
        if desk.is_sqlite:
            # As any program would come, without our settings.
            statements.append(f"replace into {table} select * from {table}")
        else:
            statements += [f"truncate {table} cascade"]
        for statement in statements:
            with (
                pytest.raises((DBAPIError, sqlite3.Error), match="the desk only adds rows"),
                desk.engine.connect() as con,
                con.begin(),
            ):
                con.execute(text(statement))
    with desk.reading() as con:
        assert ids == {
            table.name: con.scalar(text(f"select max(id) from {table.name}")) for table in FACTS
        }


def test_a_foreign_program_cannot_replace_a_row_either(sqlite_desk):
    adjust(sqlite_desk)
    with closing(sqlite3.connect(sqlite_desk.file)) as con:  # recursive triggers are off here
        for table in ("history", "adjustments"):
            with pytest.raises(sqlite3.IntegrityError, match="only adds rows"):
                con.execute(f"replace into {table} select * from {table}")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"author": "  "}, "The author is missing"),
        ({"reason": ""}, "The reason is missing"),
        ({"name": ""}, "The name of the adjustment is missing"),
        ({"name": "a\x00b"}, "cannot be shown"),
        ({"reason": "x" * 3000}, "2000 is the most"),
        ({"currency": "eur"}, "not a currency"),
    ],
)
def test_what_is_refused_leaves_no_trace(desk, more, what):
    with pytest.raises(EncaisseError, match=what):
        adjust(desk, **more)
    assert list_history(desk) == []
    assert list_adjustments(desk) == []


def test_a_change_that_fails_halfway_is_not_begun(desk):
    values = {"entity_id": "main", "currency": "EUR", "amount_cents": 1, "name": "x"}
    with pytest.raises(ZeroDivisionError), desk.changing("test", author="Léa") as change:
        change.add(adjustments, **values, first_on=datetime.now(UTC).date(),
                   last_on=datetime.now(UTC).date())  # fmt: skip
        1 / 0  # noqa: B018
    assert list_history(desk) == []
    assert list_adjustments(desk) == []


def tamper(desk, statement, *tables):
    """Change a row as somebody would who owns the database."""
    with desk.engine.connect() as con, con.begin():
        for table in tables:
            if desk.is_sqlite:
                for what in ("update", "delete", "replace"):
                    con.execute(text(f"drop trigger {table}_no_{what}"))
            else:
                con.execute(text(f"drop trigger {table}_only_add on {table}"))
        con.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "table", "found"),
    [
        ("update adjustments set amount_cents = 1 where id = 2", "adjustments",
         "entry 2 of the history says other rows than the tables hold"),
        ("delete from adjustments where id = 3", "adjustments",
         "entry 3 of the history says other rows than the tables hold"),
        ("update history set author = 'somebody else' where id = 2", "history",
         "entry 2 of the history is not as it was written"),
        ("update history set facts = '{}' where id = 1", "history",
         "entry 1 of the history is not as it was written"),
    ],
)  # fmt: skip
def test_a_row_that_was_changed_behind_our_back_is_found(desk, statement, table, found):
    for cents in ("1.00", "2.00", "3.00"):
        adjust(desk, cents)
    assert problems(desk) == []
    tamper(desk, statement, table)
    assert found in problems(desk)
    assert status(desk).problems == problems(desk)


def test_a_desk_of_a_newer_version_is_refused(desk):
    with desk.engine.connect() as con, con.begin():
        con.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(EncaisseError, match="made by a newer version"):
        open_desk(desk.home)


WRITES = """
import sys
from pathlib import Path
from desk.store import open_desk
from tests.desk.adding import adjust

desk = open_desk(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    print(adjust(desk, author=sys.argv[3]), flush=True)
"""


def writer(desk, count, author="Paul"):
    return subprocess.Popen(
        [sys.executable, "-c", WRITES, desk.home, str(count), author],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_processes_that_write_at_once_lose_nothing_and_are_never_refused(desk):
    with writer(desk, 40, "Paul") as paul, writer(desk, 40, "Ines") as ines:
        for process in (paul, ines):
            out, err = process.communicate()
            assert (process.returncode, err) == (0, "")
            assert len(out.split()) == 40
    found = list_adjustments(desk)
    assert len({each.id for each in found}) == 80
    assert [entry.id for entry in list_history(desk)] == list(range(80, 0, -1))
    assert problems(desk) == []


def test_processes_that_open_a_new_desk_at_once_make_it_once(home, monkeypatch):
    monkeypatch.delenv("ENCAISSE_DESK_URL", raising=False)
    opens = "import sys; from pathlib import Path; from desk.store import open_desk; "
    opens += "open_desk(Path(sys.argv[1]))"
    started = [
        subprocess.Popen([sys.executable, "-c", opens, home], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in started:
        _, err = process.communicate()
        assert (process.returncode, err) == (0, b"")
    assert problems(open_desk(home)) == []


def test_a_writer_that_is_killed_loses_nothing_that_it_was_told_is_written(desk):
    for killed_after in (1, 7, 20):
        with writer(desk, 10_000) as process:
            told = [int(process.stdout.readline()) for _ in range(killed_after)]
            process.send_signal(signal.SIGKILL)
            told += [int(line) for line in process.stdout.read().split()]
        desk = open_desk(desk.home)
        there = {each.id for each in list_adjustments(desk)}
        assert set(told) <= there
        assert max(there) <= max(told) + 1  # one may have been written and not yet told
        assert problems(desk) == []
    adjust(desk)


DIES_HALFWAY = """
import os, signal, sys
from pathlib import Path
from desk import store
from tests.desk.adding import adjust

desk = store.open_desk(Path(sys.argv[1]))
store.Change.write_down = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
adjust(desk)
"""

DIES_MIGRATING = """
import os, signal, sys
from pathlib import Path
from alembic.operations import Operations

make, made = Operations.create_table, 0

def create_table(self, name, *columns, **options):
    global made
    made += 1
    if made == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return make(self, name, *columns, **options)

Operations.create_table = create_table
from desk.store import open_desk
open_desk(Path(sys.argv[1]))
"""


def die(code, home):
    killed = subprocess.run(
        [sys.executable, "-c", code, home], check=False, cwd=ROOT, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def test_a_writer_that_is_killed_halfway_wrote_nothing(desk):
    adjust(desk)
    die(DIES_HALFWAY, desk.home)
    assert len(list_adjustments(desk)) == len(list_history(desk)) == 1
    adjust(desk)
    assert problems(desk) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_migration_that_is_killed_halfway_is_made_again(kind, home, monkeypatch, request):
    monkeypatch.delenv("ENCAISSE_DESK_URL", raising=False)
    if kind == "postgresql":
        monkeypatch.setenv("ENCAISSE_DESK_URL", request.getfixturevalue("empty_database"))
    home.mkdir()
    die(DIES_MIGRATING, home)
    desk = open_desk(home)
    adjust(desk)
    assert problems(desk) == []


def test_who_waits_too_long_is_told_that_the_desk_is_busy(sqlite_desk, monkeypatch):
    monkeypatch.setattr("desk.places.PATIENCE_SECONDS", 0)
    with sqlite_desk.changing("test", author="Léa"):
        other = open_desk(sqlite_desk.home)
        with pytest.raises(EncaisseError, match="was busy"):
            adjust(other)


def test_readers_see_what_was_there_when_they_began(desk):
    adjust(desk)
    with desk.reading() as con:
        question = text("select count(*) from adjustments")
        assert con.scalar(question) == 1
        adjust(desk)
        assert con.scalar(question) == 1


@pytest.mark.parametrize(
    "address", ["mysql://lea:secret@host/desk", "secret", "postgresql+none://lea:secret@host/desk"]
)
def test_an_address_that_means_nothing_is_refused_and_its_password_not_told(
    address, home, monkeypatch
):
    monkeypatch.setenv("ENCAISSE_DESK_URL", address)
    with pytest.raises(EncaisseError) as refused:
        open_desk(home)
    assert "secret" not in str(refused.value)


def test_a_server_that_does_not_answer_is_told_without_its_password(home, monkeypatch):
    monkeypatch.setenv("ENCAISSE_DESK_URL", "postgresql://lea:secret@127.0.0.1:1/desk")
    with pytest.raises(EncaisseError, match="The desk cannot be used") as refused:
        open_desk(home)
    assert "secret" not in str(refused.value)


def test_the_settings_say_where_the_desk_is_unless_the_environment_does(
    empty_database, home, monkeypatch
):
    monkeypatch.delenv("ENCAISSE_DESK_URL", raising=False)
    home.mkdir()
    (home / "encaisse.toml").write_text(f'[desk]\nurl = "{empty_database}"\n')
    desk = open_desk(home)
    assert not desk.is_sqlite
    adjust(desk)
    assert not (home / "desk.sqlite").exists()
    from pipelines.settings import Settings

    assert Settings.load(home).desk.url == empty_database
    assert os.environ.get("ENCAISSE_DESK_URL") is None
