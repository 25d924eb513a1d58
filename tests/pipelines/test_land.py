"""Taking extracts in: once for each content, whole or not at all, and never stopped by one file."""

import os
import shutil
import zipfile
from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import EncaisseError
from pipelines.intake import formats, land, tables
from pipelines.intake.found import content_of
from pipelines.intake.land import land_folder, sha256_of
from pipelines.intake.receipts import Receipt
from pipelines.settings import Settings
from tests.pipelines.books import Fec
from tests.pipelines.extracts import write_fec
from tests.pipelines.table_files import NOW, land_all, quiet

CUSTOMERS = "customer_id,name\nC1,Le Chat\nC2,Le Chien\n"


def put(tmp_path, name, content=CUSTOMERS):
    path = tmp_path / "extracts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def put_fec(tmp_path, name):
    fec = Fec()
    fec.sale("2024-01-15", "C1", "120.00", "F1")
    return write_fec(fec, tmp_path / "extracts", name)


def put_zip(tmp_path, name, members):
    path = tmp_path / "extracts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def landed_folders(tmp_path):
    return sorted(path.name for path in (tmp_path / "landing").iterdir())


def test_a_content_is_read_once_whatever_its_name(tmp_path):
    put(tmp_path, "a.csv")
    first = land_all(tmp_path)["a.csv"]
    (tmp_path / "extracts" / "a.csv").rename(tmp_path / "extracts" / "z.txt")
    again = land_all(tmp_path, now=NOW + timedelta(days=1))["z.txt"]
    assert again == replace(first, name="z.txt")  # and it landed when it landed
    assert landed_folders(tmp_path) == [first.folder]
    assert first.folder.startswith(sha256_of(tmp_path / "extracts" / "z.txt"))


def test_the_same_content_under_two_names_is_one_receipt(tmp_path):
    for name in ("b.csv", "a.csv", "sub/c.csv"):
        put(tmp_path, name)
    receipts = land_all(tmp_path)
    assert list(receipts) == ["a.csv"]
    assert receipts["a.csv"].facts["also"] == "b.csv; sub/c.csv"


def test_of_two_names_the_one_that_tells_the_entity_is_kept(tmp_path):
    path = put_fec(tmp_path, "a.txt")
    shutil.copy(path, path.with_name("732829320FEC20241231.txt"))
    [receipt] = land_all(tmp_path).values()
    assert receipt.name == "732829320FEC20241231.txt"
    assert (receipt.entity_id, receipt.entity_basis) == ("732829320", "name")
    assert receipt.facts["also"] == "a.txt"


def test_what_lands_is_what_the_receipt_says(tmp_path):
    put_fec(tmp_path, "732829320FEC20241231.txt")
    [receipt] = land_all(tmp_path).values()
    folder = tmp_path / "landing" / receipt.folder
    assert sorted(path.name for path in folder.iterdir()) == [
        "fec_lines.parquet",
        "quarantine.parquet",
        "receipt.json",
    ]
    assert pq.read_metadata(folder / "fec_lines.parquet").num_rows == receipt.loaded
    assert (receipt.format, receipt.tables) == ("fec", ("fec_lines",))
    assert receipt.landed_at == "2026-03-31T18:00:00+00:00"


def test_one_bad_file_never_stops_the_others(tmp_path):
    put(tmp_path, "a.pdf", b"%PDF-1.7 ...")
    put(tmp_path, "b.csv", "")
    put(tmp_path, "c.csv", "colour;size\nred;1\n")
    put(tmp_path, "d.png", b"\x89PNG\r\n\x1a\n")
    put(tmp_path, "e.xls", b"\xd0\xcf\x11\xe0 old")
    put(tmp_path, "f.xml", "<note>hello</note>")
    put(tmp_path, "g.zip", b"PK\x03\x04 broken")
    put(tmp_path, "h.bin", bytes(range(256)) * 20)
    put(tmp_path, "z.csv")
    receipts = land_all(tmp_path)
    assert receipts.pop("z.csv").loaded == 2
    for receipt in receipts.values():
        assert (receipt.loaded, receipt.tables) == (0, ())
        assert "defect" not in receipt.facts
        quarantine = tmp_path / "landing" / receipt.folder / "quarantine.parquet"
        assert pq.read_table(quarantine)["reason"].to_pylist() == [receipt.refused_reason]
    assert receipts["a.pdf"].refused_reason.startswith("This is a PDF document.")
    assert receipts["b.csv"].refused_reason == "The file is empty. Export it again."
    assert 'its headers seem to be "colour", "size"' in receipts["c.csv"].refused_reason
    assert "encaisse intake propose FILE" in receipts["c.csv"].refused_reason
    assert "neither a bank statement (camt.053) nor a ledger (FEC)" in (
        receipts["f.xml"].refused_reason
    )


def test_a_reader_that_fails_is_a_refusal_and_is_tried_again(tmp_path, monkeypatch):
    put(tmp_path, "a.csv")
    put_fec(tmp_path, "732829320FEC20241231.txt")

    def fail(*args, **more):
        raise ZeroDivisionError("nobody thought of it")

    with monkeypatch.context() as broken:
        broken.setattr(formats, "read_table", fail)
        receipts = land_all(tmp_path)
    assert receipts["732829320FEC20241231.txt"].refused_reason is None
    assert "Report it as a defect" in receipts["a.csv"].refused_reason
    assert receipts["a.csv"].facts["defect"] == "ZeroDivisionError: nobody thought of it"
    assert land_all(tmp_path)["a.csv"].loaded == 2


def test_a_reader_that_loses_a_record_is_caught(tmp_path, monkeypatch):
    put(tmp_path, "a.csv")
    honest = tables.read_table

    def careless(*args, **more):
        reading = honest(*args, **more)
        return replace(reading, records_in=3, loaded=3)

    monkeypatch.setattr(formats, "read_table", careless)
    receipt = land_all(tmp_path)["a.csv"]
    assert receipt.facts["defect"].startswith(
        "RuntimeError: 2 records were written as loaded and 0 as quarantined; the reader counted 3"
    )


def test_a_full_disk_is_not_the_fault_of_a_file(tmp_path, monkeypatch):
    put(tmp_path, "a.csv")

    def full(*args, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(formats, "read_table", full)
    with pytest.raises(EncaisseError, match="no room left on the disk"):
        land_all(tmp_path)


def test_a_killed_run_leaves_nothing_that_counts(tmp_path, monkeypatch):
    put(tmp_path, "a.csv")

    def killed(*args, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(land, "_check", killed)  # everything is written, and not yet in its place
        with pytest.raises(KeyboardInterrupt):
            land_all(tmp_path)
    assert landed_folders(tmp_path)[0].startswith(".building-")
    [receipt] = land_all(tmp_path).values()
    assert (receipt.loaded, landed_folders(tmp_path)) == (2, [receipt.folder])


def test_a_damaged_landing_is_made_again(tmp_path):
    put(tmp_path, "a.csv")
    [receipt] = land_all(tmp_path).values()
    folder = tmp_path / "landing" / receipt.folder
    for damage in ("customers.parquet", "receipt.json"):
        (folder / damage).write_bytes(b"not what it was")
        assert land_all(tmp_path)["a.csv"].loaded == 2
        assert pq.read_metadata(folder / "customers.parquet").num_rows == 2


def test_a_file_that_grows_while_it_is_read_waits_for_the_next_refresh(tmp_path, monkeypatch):
    path = put(tmp_path, "a.csv")
    honest = formats.read_table

    def slow(*args, **more):
        reading = honest(*args, **more)
        os.utime(path, ns=(1, 1))
        return reading

    with monkeypatch.context() as growing:
        growing.setattr(formats, "read_table", slow)
        receipt = land_all(tmp_path)["a.csv"]
    assert receipt.refused_reason.startswith("The file changed while it was being read.")
    assert land_all(tmp_path)["a.csv"].loaded == 2


def test_hidden_names_are_left_alone_and_links_to_nowhere_are_told(tmp_path):
    for name in (".DS_Store", "_notes.csv", ".git/a.csv", "_old/b.csv", "sub/.c.csv"):
        put(tmp_path, name)
    os.symlink(tmp_path / "nowhere", tmp_path / "extracts" / "link.csv")
    receipts = land_all(tmp_path)
    assert list(receipts) == ["link.csv"]
    assert "cannot be opened" in receipts["link.csv"].refused_reason


def test_a_link_to_a_folder_is_not_followed_and_says_what_to_do_instead(tmp_path):
    put(tmp_path, "a.csv")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.csv").write_text(f"{CUSTOMERS}C3,Le Rat\n")
    os.symlink(tmp_path / "elsewhere", tmp_path / "extracts" / "paris")
    os.symlink(tmp_path / "extracts", tmp_path / "extracts" / "round")
    os.symlink(tmp_path / "elsewhere", tmp_path / "extracts" / "_old")
    os.symlink(tmp_path / "elsewhere" / "b.csv", tmp_path / "extracts" / "b.csv")
    receipts = land_all(tmp_path)
    assert list(receipts) == ["a.csv", "b.csv", "paris", "round"]
    assert (receipts["a.csv"].loaded, receipts["b.csv"].loaded) == (2, 3)
    for name in ("paris", "round"):
        assert receipts[name].refused_reason == (
            "This is a link to a folder, and such links are not followed. "
            "Put the files themselves into the folder, or a link to each of them."
        )


def test_progress_goes_from_nothing_to_everything(tmp_path):
    for name in ("a.csv", "b.csv"):
        put(tmp_path, name, CUSTOMERS + name)
    shares = []
    land_folder(
        tmp_path / "extracts",
        tmp_path / "landing",
        Settings(),
        now=NOW,
        progress=shares.append,
    )
    assert shares == sorted(shares)
    assert (shares[0] >= 0, shares[-1]) == (True, 1.0)


def test_without_a_folder_the_error_says_what_to_do(tmp_path):
    with pytest.raises(EncaisseError, match="no folder of extracts"):
        land_folder(tmp_path / "no", tmp_path / "landing", Settings(), now=NOW, progress=quiet)


PARIS = {"id": "paris", "siren": "732829320", "files": ("paris/*",)}
LYON = {"id": "lyon", "files": ("*lyon*",)}


@pytest.mark.parametrize(
    ("name", "entities", "told"),
    [
        ("paris/a.txt", [PARIS, LYON], ("paris", "settings")),
        ("732829320FEC20241231.txt", [PARIS, LYON], ("paris", "name")),
        ("552100554FEC20241231.txt", [PARIS, LYON], ("552100554", "name")),
        ("lyon/732829320FEC20241231.txt", [PARIS, LYON], ("lyon", "settings")),
        ("a.txt", [PARIS], ("paris", "only_entity")),
        ("a.txt", [PARIS, LYON], ("main", "default")),
        ("a.txt", [], ("main", "default")),
    ],
)
def test_whose_extract_it_is(tmp_path, name, entities, told):
    (tmp_path / "extracts" / name).parent.mkdir(parents=True, exist_ok=True)
    put_fec(tmp_path, name)
    [receipt] = land_all(tmp_path, Settings(entities=entities)).values()
    assert (receipt.entity_id, receipt.entity_basis) == told


def test_a_file_that_does_not_say_belongs_to_the_only_entity_there_is(tmp_path):
    put_fec(tmp_path, "732829320FEC20241231.txt")
    put(tmp_path, "customers.csv")
    receipts = land_all(tmp_path)
    assert receipts["customers.csv"].entity_id == "732829320"
    assert receipts["customers.csv"].entity_basis == "only_entity"


def test_the_entity_is_not_part_of_what_landed(tmp_path):
    put(tmp_path, "a.csv")
    before = land_all(tmp_path)["a.csv"]
    after = land_all(tmp_path, Settings(entities=[PARIS]))["a.csv"]
    assert (before.entity_id, after.entity_id) == ("main", "paris")
    assert before.folder == after.folder


def test_a_mapping_that_changes_reads_the_file_again_and_keeps_both(tmp_path):
    put(tmp_path, "a.csv", "code;n\nC1;Le Chat\n")
    one = {"files": ["a.csv"], "kind": "customers", "columns": {"customer_id": "code"}}
    two = {**one, "columns": {"customer_id": "code", "name": "n"}}
    folders = {land_all(tmp_path, Settings(tables=[each]))["a.csv"].folder for each in (one, two)}
    assert sorted(folders) == landed_folders(tmp_path)
    assert len(folders) == 2


def test_the_members_of_an_archive_are_taken_in_like_files(tmp_path):
    put_zip(
        tmp_path,
        "bank.zip",
        {
            "june/a.csv": CUSTOMERS,
            "june/b.csv": CUSTOMERS,
            "__MACOSX/._a.csv": "x",
            ".DS_Store": "x",
            "c.pdf": "%PDF",
        },
    )
    receipts = land_all(tmp_path)
    assert list(receipts) == ["bank.zip!c.pdf", "bank.zip!june/a.csv"]
    assert receipts["bank.zip!june/a.csv"].loaded == 2
    assert receipts["bank.zip!june/a.csv"].facts["also"] == "bank.zip!june/b.csv"
    assert landed_folders(tmp_path) == sorted(receipt.folder for receipt in receipts.values())


def test_a_document_of_an_office_program_is_not_taken_apart(tmp_path):
    put_zip(tmp_path, "a.ods", {"mimetype": "application/vnd.oasis", "content.xml": "<a/>"})
    [receipt] = land_all(tmp_path).values()
    assert receipt.refused_reason == (
        "This is an office document, not a workbook. Save the table as .xlsx or CSV."
    )


def test_a_pattern_may_name_a_member_of_an_archive(tmp_path):
    put_zip(tmp_path, "all.zip", {"lyon/a.csv": CUSTOMERS})
    [receipt] = land_all(tmp_path, Settings(entities=[PARIS, LYON])).values()
    assert (receipt.entity_id, receipt.entity_basis) == ("lyon", "settings")


texts = st.text(max_size=20)
receipts = st.builds(
    Receipt,
    name=texts,
    sha256=texts,
    folder=texts,
    format=texts,
    records_in=st.integers(0),
    loaded=st.integers(0),
    quarantined=st.integers(0),
    landed_at=texts,
    entity_id=st.none() | texts,
    entity_basis=st.none() | texts,
    refused_reason=st.none() | texts,
    first_on=st.none() | st.dates(),
    last_on=st.none() | st.dates(),
    latest_on=st.none() | st.dates(),
    facts=st.dictionaries(texts, texts),
    tables=st.lists(texts).map(tuple),
)


@given(receipts)
def test_a_receipt_is_read_as_it_was_written(receipt):
    assert Receipt.from_json(receipt.to_json()) == receipt


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"name": 1}', '{"tables": null}'])
def test_what_is_no_receipt_is_not_taken_for_one(text):
    with pytest.raises(ValueError, match=r"."):
        Receipt.from_json(text)


def test_a_file_is_known_by_its_bytes(tmp_path):
    path = put(tmp_path, "a.csv", b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert content_of(path, "a.csv").sha256 == sha256_of(path)
