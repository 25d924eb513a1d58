"""Finding the published snapshot, and opening it so that nothing but reading is possible."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from models.errors import EncaisseError
from published import snapshot
from tests.published.small_firm import CUT_REASON
from tests.published.small_snapshot import publish


def test_the_pointer_says_what_is_published_of_which_day_and_from_which_files(home):
    pointer = snapshot.current(home)
    assert pointer.as_of == date(2024, 6, 30)
    assert pointer.published_at == datetime(2024, 7, 1, 6, tzinfo=UTC)
    assert pointer.previous is None
    assert pointer.control_totals[0].ledger == Decimal("3250.00")
    assert [total.gap for total in pointer.control_totals] == [Decimal("0.00")] * 3
    assert [file.refused_reason for file in pointer.files if file.refused_reason] == [CUT_REASON]


def test_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(EncaisseError, match="Nothing has been published yet") as caught:
        snapshot.current(tmp_path)
    assert "make run" in caught.value.fix


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"file": "../../etc/passwd"}', '{"file": 3}', b"\xff\xfe"],
)
def test_a_damaged_pointer_is_said_to_be_damaged(tmp_path, content):
    (tmp_path / "CURRENT").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(EncaisseError, match="pointer to the published snapshot cannot be read"):
        snapshot.current(tmp_path)


def test_a_pointer_cannot_lead_out_of_the_snapshots_folder(tmp_path):
    publish(tmp_path)
    told = json.loads((tmp_path / "CURRENT").read_text())
    (tmp_path / "CURRENT").write_text(json.dumps({**told, "file": "../elsewhere.duckdb"}))
    with pytest.raises(EncaisseError, match="cannot be read"):
        snapshot.current(tmp_path)


def test_a_damaged_or_missing_snapshot_is_refused_in_words(tmp_path):
    pointer = snapshot.current(publish(tmp_path))
    whole = pointer.path.read_bytes()
    pointer.path.write_bytes(whole[: len(whole) // 10])
    with (
        pytest.raises(EncaisseError, match="published snapshot cannot be read"),
        snapshot.connect(pointer) as con,
    ):
        snapshot.rows(con, "from ledger.items")
    pointer.path.unlink()
    with pytest.raises(EncaisseError, match="published snapshot cannot be read"):
        snapshot.connect(pointer)


@pytest.mark.parametrize(
    "attempt",
    [
        "from read_text('/etc/hostname')",
        "copy (select 1) to 'stolen.csv'",
        "attach 'other.duckdb'",
        "install sqlite",
        "set enable_external_access = true",
        "create table mine (n int)",
        "delete from ledger.items",
        "export database 'elsewhere'",
    ],
)
def test_a_reader_can_only_read_the_snapshot(con, attempt):
    with pytest.raises(duckdb.Error):
        con.execute(attempt)


def test_a_reader_keeps_its_snapshot_while_the_next_one_is_published(tmp_path):
    first = snapshot.current(publish(tmp_path))
    with snapshot.connect(first) as con:
        second = snapshot.current(publish(tmp_path, "20240702T060000Z", previous=first.version))
        first.path.unlink()
        assert con.sql("select version from meta.snapshot").fetchall() == [(first.version,)]
        with snapshot.connect(second) as newer:
            assert newer.sql("select version from meta.snapshot").fetchall() == [(second.version,)]
    assert second.previous is not None
    assert second.previous.version == first.version
