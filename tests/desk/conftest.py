"""A desk of each kind: a file of SQLite, and a database of a real PostgreSQL, started here."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from desk.store import open_desk


@pytest.fixture(scope="session")
def postgresql():
    """The address of a PostgreSQL server of our own: no port, a socket in a folder of its own."""
    psycopg = pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).parent)
    if not found:
        pytest.skip("no PostgreSQL: install Debian's `postgresql`")
    folder = Path(tempfile.mkdtemp(prefix="encaisse-pg-"))
    as_user = {}
    if os.geteuid() == 0:  # it refuses to be run by root
        account = pwd.getpwnam("nobody")
        shutil.chown(folder, account.pw_uid, account.pw_gid)
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    common = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **as_user}
    data = folder / "data"
    options = ["-D", data, "-U", "encaisse", "-A", "trust", "-E", "UTF8", "--no-sync"]
    made = subprocess.run(
        [found[0] / "initdb", *options],
        check=False,
        **common,
    )
    assert made.returncode == 0, made.stderr.decode()
    server = subprocess.Popen(
        [found[0] / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-F"],
        **{**common, "stderr": subprocess.DEVNULL},
    )
    try:
        address = f"postgresql://encaisse@/postgres?host={folder}"
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(address).close()
                break
            except psycopg.OperationalError:
                assert server.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # ends it now, without waiting for anybody
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_database(postgresql):
    """The address of a new database, empty."""
    import psycopg

    name = f"desk_{uuid.uuid4().hex}"
    with closing(psycopg.connect(postgresql, autocommit=True)) as con:
        con.execute(f"create database {name}")
    return postgresql.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, home, monkeypatch):
    """An empty desk, once of each kind."""
    monkeypatch.delenv("ENCAISSE_DESK_URL", raising=False)
    if request.param == "postgresql":
        monkeypatch.setenv("ENCAISSE_DESK_URL", request.getfixturevalue("empty_database"))
    return open_desk(home)


@pytest.fixture
def sqlite_desk(home, monkeypatch):
    """An empty desk in a file."""
    monkeypatch.delenv("ENCAISSE_DESK_URL", raising=False)
    return open_desk(home)
