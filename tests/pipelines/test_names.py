"""The names of extracts: each file goes by one of its own, and its pattern fits all of its path."""

import os

import pytest

from pipelines.intake.receipts import Receipt
from pipelines.settings import Settings
from tests.pipelines.books import Fec
from tests.pipelines.extracts import write_fec
from tests.pipelines.table_files import land_all
from tests.pipelines.test_land import CUSTOMERS, put, put_zip

DEEP = "/".join(f"exercice comptable numero {n}" for n in range(1, 6))
PARIS = {"id": "paris", "files": ("paris/*",)}
LYON = {"id": "lyon", "files": ("lyon/*",)}


def put_ledger(tmp_path, name, document):
    """Put a FEC of one sale, which says what no other one says."""
    (tmp_path / "extracts" / name).parent.mkdir(parents=True, exist_ok=True)
    fec = Fec()
    fec.sale("2024-01-15", "C1", "120.00", document)
    return write_fec(fec, tmp_path / "extracts", name)


def put_bytes(tmp_path, name, content=CUSTOMERS):
    """Put a file whose name is given as bytes, where the file system takes any."""
    folder = tmp_path / "extracts"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        (folder / os.fsdecode(name)).write_text(content)
    except OSError:
        pytest.skip("this file system takes no such name")
    return folder / os.fsdecode(name)


def loaded(receipts: dict[str, Receipt]):
    return {name: receipt.loaded for name, receipt in receipts.items()}


def test_two_ledgers_deep_below_two_folders_are_two_and_each_is_of_its_entity(tmp_path):
    names = [f"{city}/{DEEP}/export.txt" for city in ("lyon", "paris")]
    for name in names:
        put_ledger(tmp_path, name, f"F-{name[:4]}")
    receipts = land_all(tmp_path, Settings(entities=[PARIS, LYON]))
    assert loaded(receipts) == dict.fromkeys(names, 3)
    told = [(each.entity_id, each.entity_basis) for each in receipts.values()]
    assert told == [("lyon", "settings"), ("paris", "settings")]


def test_names_that_differ_in_a_smiley_are_shown_as_they_are(tmp_path):
    for name in ("ventes 😀.txt", "ventes 😁.txt"):
        put_ledger(tmp_path, name, name)
    assert loaded(land_all(tmp_path)) == {"ventes 😀.txt": 3, "ventes 😁.txt": 3}


def test_files_whose_names_look_alike_are_all_there_each_by_a_name_of_its_own(tmp_path):
    for number, name in enumerate((b"ventes \x01.csv", b"ventes \x02.csv", b"ventes _.csv")):
        put_bytes(tmp_path, name, f"{CUSTOMERS}C{number + 3},Le Rat\n")
    receipts = land_all(tmp_path)
    assert loaded(receipts).pop("ventes _.csv") == 3  # which is what it is called
    assert [each.loaded for each in receipts.values()] == [3, 3, 3]
    assert all(name.startswith("ventes _") and name.endswith(".csv") for name in receipts)


def test_the_name_of_a_file_does_not_depend_on_the_others_that_look_like_it(tmp_path):
    for number, name in enumerate((b"a\x01.csv", b"a\x02.csv")):
        put_bytes(tmp_path, name, f"{CUSTOMERS}C{number + 3},Le Rat\n")
    before = land_all(tmp_path)
    put_bytes(tmp_path, b"a\x03.csv", f"{CUSTOMERS}C9,Le Rat\n")
    after = land_all(tmp_path)
    assert len(after) == 3
    assert before.keys() < after.keys()


def test_a_file_that_is_called_as_a_member_of_an_archive_is_another_one(tmp_path):
    put_zip(tmp_path, "a.zip", {"b.csv": CUSTOMERS})
    put(tmp_path, "a.zip!b.csv", f"{CUSTOMERS}C3,Le Rat\n")
    receipts = land_all(tmp_path)
    assert sorted(each.loaded for each in receipts.values()) == [2, 3]
    assert receipts["a.zip!b.csv"].loaded == 3


def test_a_pattern_fits_the_whole_path_of_a_member_of_an_archive(tmp_path):
    put_zip(tmp_path, "all.zip", {f"paris/{DEEP}/a.csv": CUSTOMERS})
    entities = [{"id": "paris", "files": ("all.zip!paris/*",)}, LYON]
    [receipt] = land_all(tmp_path, Settings(entities=entities)).values()
    assert (receipt.entity_id, receipt.entity_basis) == ("paris", "settings")
