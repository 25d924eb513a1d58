"""The names of extracts: each file goes by one of its own, and its pattern fits all of its path."""

import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from pipelines.intake.receipts import Receipt
from pipelines.settings import Settings
from pipelines.watching import content_key, signature
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


def make_text(path):
    path.write_text(CUSTOMERS)


def make_fec(path):
    fec = Fec()
    fec.sale("2024-01-15", "C1", "120.00", "F1")
    write_fec(fec, path.parent, path.name)


def make_workbook(path):
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(CUSTOMERS.splitlines()):
            sheet.write_row(number, 0, line.split(","))


def make_parquet(path):
    pq.write_table(pa.table({"customer_id": ["C1", "C2"], "name": ["Le Chat", "Le Chien"]}), path)


def make_archive(path):
    put_zip(path.parent.parent, path.name, {"a.csv": CUSTOMERS})


def make_document(path):
    path.write_text("<note>hello</note>")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (make_text, 2),
        (make_fec, 3),
        (make_workbook, 2),
        (make_parquet, 2),
        (make_archive, 2),
        (make_document, 0),
    ],
)
def test_a_file_whose_name_is_no_text_is_read_under_one_that_can_be_shown(tmp_path, make, expected):
    odd = put_bytes(tmp_path, b"bad\xff\xfename.csv")
    odd.unlink()
    plain = tmp_path / "extracts" / "plain"
    make(plain)
    shutil.move(plain, odd)
    [receipt] = land_all(tmp_path).values()
    assert receipt.name.split("!")[0] == "bad__name.csv"
    assert receipt.loaded == expected
    assert "defect" not in receipt.facts
    assert not list((tmp_path / "landing").glob(".*"))


def test_files_whose_names_are_no_texts_are_told_apart(tmp_path):
    for number, name in enumerate((b"bad\xff.csv", b"bad\xfe.csv")):
        put_bytes(tmp_path, name, f"{CUSTOMERS}C{number + 3},Le Rat\n")
    receipts = land_all(tmp_path)
    assert [each.loaded for each in receipts.values()] == [3, 3]
    "".join(receipts).encode()


def test_a_file_whose_name_is_no_text_is_noticed_when_it_comes_and_changes(tmp_path):
    folder = tmp_path / "extracts"
    folder.mkdir()
    told = {(signature(folder), content_key(folder, {}))}
    odd = put_bytes(tmp_path, b"bad\xff\xfename.csv")
    told.add((signature(folder), content_key(folder, {})))
    odd.write_text(CUSTOMERS + "C3,Le Rat\n")
    told.add((signature(folder), content_key(folder, {})))
    assert len(told) == len({key for _, key in told}) == 3
