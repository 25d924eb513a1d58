"""DuckDB works in little memory, and in more where that is not enough."""

import duckdb
import pytest

from pipelines import room

A_LONG_LIST = "select len(list(range)) from range(20_000_000)"
"""160 MB in one value, which no disk can hold for it."""


def limit(con):
    [(text,)] = con.sql("select current_setting('memory_limit')").fetchall()
    return text


def test_it_begins_with_little_memory_or_with_less_where_the_machine_has_less(monkeypatch):
    with duckdb.connect() as con:
        room.begin_small(con)
        assert limit(con) == "1.6 GiB"  # 1800 MB
        monkeypatch.setattr(room, "MOST", "256MiB")
        room.begin_small(con)
        assert limit(con) == "256.0 MiB"


def test_what_does_not_fit_is_done_again_with_more_and_what_follows_has_it_too(monkeypatch):
    monkeypatch.setattr(room, "LITTLE", "100MB")
    with duckdb.connect() as con:
        room.begin_small(con)
        with pytest.raises(duckdb.OutOfMemoryException):
            con.sql(A_LONG_LIST).fetchall()
        done = room.with_room(con, lambda: con.sql(A_LONG_LIST).fetchall())
        assert done == [(20_000_000,)]
        assert room.with_room(con, lambda: limit(con)) != "95.3 MiB"
        assert con.sql(A_LONG_LIST).fetchall() == done


def test_a_step_has_the_room_that_it_asks_for_and_the_next_one_its_own(monkeypatch):
    monkeypatch.setattr(room, "LITTLE", "100MiB")
    monkeypatch.setattr(room, "AMPLE", "200MiB")
    with duckdb.connect() as con:
        room.begin_small(con)
        limits = [
            room.with_room(con, lambda: limit(con), room=asked)
            for asked in (room.AMPLE, room.LITTLE, room.AMPLE)
        ]
    assert limits == ["200.0 MiB", "100.0 MiB", "200.0 MiB"]


def test_what_fits_in_neither_says_so(monkeypatch):
    monkeypatch.setattr(room, "LITTLE", "100MB")
    monkeypatch.setattr(room, "MOST", "120MB")
    with duckdb.connect() as con:
        room.begin_small(con)
        with pytest.raises(duckdb.OutOfMemoryException):
            room.with_room(con, lambda: con.sql(A_LONG_LIST).fetchall())
