"""A FEC in several files is read as the one it was, where the cut goes through an entry."""

from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from pipelines.settings import Entity, Settings
from tests.pipelines.fec_files import fec, line, sale
from tests.pipelines.table_files import NOW, land_all

WHOLE = "732829320FEC20241231"
ROWS = [*sale("1"), *sale("2", "59.90", label="Août"), *sale("3", "1000.00")]
TOGETHER = f"{WHOLE}_1.txt + {WHOLE}_2.txt"


def put(tmp_path, name, content):
    path = tmp_path / "extracts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def put_parts(tmp_path, cut=3, rows=ROWS):
    put(tmp_path, f"{WHOLE}_1.txt", fec(rows[:cut]))
    put(tmp_path, f"{WHOLE}_2.txt", fec(rows[cut:]))


def landed(tmp_path, receipt):
    return pq.read_table(tmp_path / "landing" / receipt.folder / "fec_lines.parquet").to_pylist()


def test_two_parts_that_cut_an_entry_in_two_are_one_fec(tmp_path):
    put_parts(tmp_path)
    [(name, receipt)] = land_all(tmp_path).items()
    assert name == TOGETHER
    assert (receipt.records_in, receipt.loaded, receipt.quarantined) == (6, 6, 0)
    assert receipt.refused_reason is None
    rows = landed(tmp_path, receipt)
    assert [{**row, "source_line": None} for row in rows] == ROWS
    assert [row["source_line"] for row in rows] == [2, 3, 4, 5, 6, 7]
    assert receipt.facts["parts"] == f"{WHOLE}_1.txt from line 2; {WHOLE}_2.txt from line 5"
    assert receipt.facts["alone"].startswith(
        f"{WHOLE}_1.txt: The file does not balance: debit 179.90, credit 120.00."
    )
    assert (receipt.entity_id, receipt.entity_basis) == ("732829320", "name")


def test_they_land_once_for_ever(tmp_path):
    put_parts(tmp_path)
    first = land_all(tmp_path)
    assert land_all(tmp_path, now=NOW + timedelta(days=1)) == first


def test_the_settings_may_name_the_first_part(tmp_path):
    put_parts(tmp_path)
    settings = Settings(entities=(Entity(id="paris", files=(f"{WHOLE}_1.txt",)),))
    assert land_all(tmp_path, settings)[TOGETHER].entity_id == "paris"


def test_parts_that_balance_each_by_itself_stay_as_they_are(tmp_path):
    put_parts(tmp_path, cut=4)
    assert {name: r.loaded for name, r in land_all(tmp_path).items()} == {
        f"{WHOLE}_1.txt": 4,
        f"{WHOLE}_2.txt": 2,
    }


def test_a_part_without_its_line_end_or_with_a_byte_order_mark_is_joined_all_the_same(tmp_path):
    put(tmp_path, f"{WHOLE}_1.txt", "\ufeff" + fec(ROWS[:3]).removesuffix("\n"))
    put(tmp_path, f"{WHOLE}_2.txt", "\ufeff" + fec(ROWS[3:]))
    receipt = land_all(tmp_path)[TOGETHER]
    assert [{**row, "source_line": None} for row in landed(tmp_path, receipt)] == ROWS


@pytest.mark.parametrize("names", [("_1",), ("_2",), ("_1", "_3"), ("_2", "_3"), ("", "_2")])
def test_a_part_is_refused_while_another_is_missing(tmp_path, names):
    for name, rows in zip(names, (ROWS[:3], ROWS[3:]), strict=False):
        put(tmp_path, f"{WHOLE}{name}.txt", fec(rows))
    receipts = land_all(tmp_path)
    assert len(receipts) == len(names)
    assert all("does not balance" in r.refused_reason for r in receipts.values())


def test_parts_of_other_firms_or_years_are_not_joined(tmp_path):
    put(tmp_path, f"{WHOLE}_1.txt", fec(ROWS[:3]))
    put(tmp_path, "732829320FEC20231231_2.txt", fec(ROWS[3:]))
    put(tmp_path, "552100554FEC20241231_2.txt", fec(ROWS[3:] + sale("4")))
    assert all(receipt.refused_reason for receipt in land_all(tmp_path).values())


def test_parts_that_do_not_balance_together_either_are_refused_each(tmp_path):
    put_parts(tmp_path, rows=[*ROWS, line("4", "411000", "5.00", "0.00")])
    receipts = land_all(tmp_path)
    assert set(receipts) == {f"{WHOLE}_1.txt", f"{WHOLE}_2.txt"}
    for receipt in receipts.values():
        assert receipt.refused_reason.startswith("The file does not balance")
        assert "Look at entry 4 of journal VE (line 8)" in receipt.facts["together"]


def test_parts_with_other_columns_or_in_another_encoding_are_not_joined(tmp_path):
    put(tmp_path, f"{WHOLE}_1.txt", fec(ROWS[:3]))
    put(tmp_path, f"{WHOLE}_2.txt", fec(ROWS[3:], separator="\t"))
    receipts = land_all(tmp_path)
    assert "do not have the same header" in receipts[f"{WHOLE}_1.txt"].facts["together"]
    put(tmp_path, f"{WHOLE}_1.txt", fec(ROWS[:3]).encode("iso-8859-15"))
    put(tmp_path, f"{WHOLE}_2.txt", fec(ROWS[3:]))
    assert all("together" not in receipt.facts for receipt in land_all(tmp_path).values())


def test_what_cannot_be_read_in_a_part_is_set_aside_from_the_whole(tmp_path):
    put(tmp_path, f"{WHOLE}_1.txt", fec(ROWS[:3]))
    put(tmp_path, f"{WHOLE}_2.txt", fec(ROWS[3:]).replace("1000,00", "1 000,00", 1))
    receipt = land_all(tmp_path)[TOGETHER]
    assert (receipt.records_in, receipt.loaded, receipt.quarantined) == (6, 4, 2)
