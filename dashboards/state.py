"""The snapshot that this run of a page shows, and its answers, kept while it is published."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import streamlit as st

from published import snapshot
from published.snapshot import Pointer

ROOT = Path(__file__).resolve().parent.parent
KEPT_ANSWERS = 512
KEPT_CONNECTIONS = 2  # the snapshot shown, and the one before it, which a run may still be reading

HAS = "select 1 from duckdb_tables() where schema_name || '.' || table_name = $table"

Row = dict[str, Any]


def home() -> Path:
    """Return the folder in which snapshots are published."""
    return Path(os.environ.get("ENCAISSE_HOME") or ROOT / "data")


def follow() -> Pointer:
    """Take the snapshot that is published now for this run of the page.

    A page reads it once, so that two figures of one page are never of two snapshots.
    """
    st.session_state["snapshot"] = snapshot.current(home())
    return shown()


def shown() -> Pointer:
    """Return the snapshot of this run."""
    pointer: Pointer = st.session_state["snapshot"]
    return pointer


def ask(question: str, **values: Any) -> pa.Table:
    """Return the answer of the snapshot to an SQL question of ours.

    A snapshot never changes, so an answer holds for as long as it is published. Only what the
    question names is passed on: one set of filters serves several questions.
    """
    return _answer(shown().sha256, shown(), question, _named(question, values))


def rows(question: str, **values: Any) -> list[Row]:
    """Return the answer as rows; see `ask`."""
    return ask(question, **values).to_pylist()


def row(question: str, **values: Any) -> Row:
    """Return the one row of the answer; see `ask`."""
    [only] = rows(question, **values)
    return only


def has(table: str) -> bool:
    """Return whether the snapshot has a table: an older snapshot may lack what is new since."""
    return bool(rows(HAS, table=table))


def asker(question: str, values: Mapping[str, Any]) -> Callable[[], pa.Table]:
    """Return what answers later, outside a run of the page: a download that is clicked."""
    pointer, named = shown(), _named(question, values)
    return lambda: _read(pointer, question, named)


def _named(question: str, values: Mapping[str, Any]) -> dict[str, Any]:
    asked = set(re.findall(r"\$(\w+)", question))
    return {name: value for name, value in values.items() if name in asked}


@st.cache_data(max_entries=KEPT_ANSWERS, show_spinner=False)
def _answer(sha256: str, _pointer: Pointer, question: str, values: Mapping[str, Any]) -> pa.Table:
    del sha256  # the key under which the answer is kept
    return _read(_pointer, question, values)


def _read(pointer: Pointer, question: str, values: Mapping[str, Any]) -> pa.Table:
    with _connection(pointer.sha256, pointer).cursor() as cursor:
        return snapshot.rows(cursor, question, **values)


@st.cache_resource(
    max_entries=KEPT_CONNECTIONS, show_spinner=False, on_release=lambda con: con.close()
)
def _connection(sha256: str, _pointer: Pointer) -> duckdb.DuckDBPyConnection:
    del sha256  # the key: another snapshot, another connection
    return snapshot.connect(_pointer)
