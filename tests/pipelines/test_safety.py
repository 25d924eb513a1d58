"""Files that were made to do harm, refused before they can."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake import safety
from pipelines.intake.safety import label
from tests.pipelines.table_files import HEADER, land, land_all, mapping

CUSTOMERS = "customer_id,name\nC1,Le Chat\n"
BOMB = b"0" * (150 << 20)


def zipped(members, **options):
    """Return the bytes of an archive of (name, content) pairs."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def take_in(tmp_path, content, name="a.zip"):
    path = tmp_path / "extracts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return land_all(tmp_path)


def refusal(tmp_path, content, name="a.zip"):
    [receipt] = take_in(tmp_path, content, name).values()
    assert (receipt.loaded, receipt.tables) == (0, ())
    assert "defect" not in receipt.facts
    return receipt.refused_reason


def test_an_archive_that_unpacks_to_the_thousandfold_is_refused(tmp_path):
    reason = refusal(tmp_path, zipped([("a.csv", BOMB)]))
    assert reason.startswith("The file unpacks to 157 MB, ")
    assert "times its size" in reason


def test_a_workbook_that_unpacks_to_the_thousandfold_is_refused(tmp_path):
    content = zipped([("xl/workbook.xml", "<workbook/>"), ("xl/worksheets/sheet1.xml", BOMB)])
    assert "times its size" in refusal(tmp_path, content, "a.xlsx")


def test_an_announced_size_that_is_too_small_hides_nothing(tmp_path):
    content = bytearray(zipped([("xl/workbook.xml", "<workbook/>"), ("xl/big.xml", BOMB)]))
    central = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 100)  # the size of the last member, unpacked
    assert "damaged" in refusal(tmp_path, bytes(content), "a.xlsx")


def test_an_archive_of_too_many_files_is_refused(tmp_path):
    content = zipped([(f"{n}.csv", "x") for n in range(safety.MAX_MEMBERS + 1)])
    assert refusal(tmp_path, content).startswith("The archive holds more than 1,000 files.")


def test_a_list_of_members_too_long_to_be_opened_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(safety, "MAX_DIRECTORY_BYTES", 100)
    monkeypatch.setattr(zipfile, "ZipFile", None)  # calling it would fail
    content = b"PK\x03\x04" + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 9, 9, 101, 0, 0)
    assert "more than 1,000 files" in refusal(tmp_path, content)


def test_an_archive_inside_an_archive_is_not_opened(tmp_path):
    receipts = take_in(tmp_path, zipped([("in.zip", zipped([("a.csv", CUSTOMERS)]))]))
    assert receipts["a.zip!in.zip"].refused_reason == (
        "An archive is opened only where it lies in the extracts folder itself. Unpack it there."
    )


def test_a_locked_archive_is_refused_with_what_to_do(tmp_path):
    content = bytearray(zipped([("a.csv", CUSTOMERS)]))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + flags] |= 1
    assert refusal(tmp_path, bytes(content)) == (
        "The archive is locked by a password. Put it there without a password."
    )


TRICKS = ["../../up.csv", "/abs.csv", "..\\..\\back.csv", "C:\\win.csv", "CON", "n" * 300 + ".csv"]


@pytest.mark.parametrize("trick", TRICKS)
def test_the_name_of_a_member_never_becomes_a_path(tmp_path, trick):
    before = {path for path in tmp_path.parent.rglob("*") if tmp_path not in path.parents}
    [receipt] = take_in(tmp_path, zipped([(trick, CUSTOMERS)])).values()
    assert receipt.loaded == 1
    assert receipt.name.startswith("a.zip!")
    assert len(receipt.name) <= safety.MAX_NAME + len("a.zip!")
    assert {path for path in tmp_path.parent.rglob("*") if tmp_path not in path.parents} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["extracts", "landing"]
    assert [path.name for path in (tmp_path / "landing").iterdir()] == [receipt.folder]


def test_two_members_of_one_name_are_two_files(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped([("a.csv", CUSTOMERS), ("a.csv", CUSTOMERS + "C2,Le Chien\n")])
    assert sorted(take_in(tmp_path, content)) == ["a.zip!a.csv", "a.zip!a.csv'"]


@given(st.text(max_size=400))
def test_any_name_can_be_shown(name):
    shown = label(name)
    assert 1 <= len(shown) <= safety.MAX_NAME
    assert not any(ord(character) < 32 for character in shown)
    assert not {"..", "", "."} & set(shown.split("/"))
    shown.encode()


DOCTYPES = [
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd"><a/>',
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]><a/>',
    "<!DOCTYPE a><a/>",
]


@pytest.mark.parametrize("document", DOCTYPES)
def test_a_document_that_declares_its_own_entities_is_refused(tmp_path, document):
    reason = refusal(tmp_path, f'<?xml version="1.0"?>{document}'.encode(), "a.xml")
    assert reason.startswith("The file declares a DOCTYPE or an entity")


def test_a_document_nested_without_end_is_refused(tmp_path):
    namespace = 'xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"'
    document = f"<Document {namespace}>" + "<a>" * 100_000
    assert "nests elements more than 100 deep" in refusal(tmp_path, document.encode(), "a.xml")


def test_a_document_larger_than_any_statement_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(safety, "MAX_XML_BYTES", 10)
    assert "larger than" in refusal(tmp_path, b"<a>0123456789</a>", "a.xml")


@pytest.mark.parametrize("document", ["<a>", "<a></b>", "<a>\x00</a>", "<a>&b;</a>", "<?xml ?>"])
def test_a_document_that_is_cut_or_broken_is_refused(tmp_path, document):
    assert "not well-formed XML" in refusal(tmp_path, document.encode(), "a.xml")


PAYLOADS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1", "=cmd|' /C calc'!A0", "<script>"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_formula_in_a_name_stays_the_text_it_is(tmp_path, payload):
    content = f"customer_id,name\nC1,{payload}\n"
    [customer] = land(tmp_path, content).customers
    assert customer["name"] == payload.strip()


MUTATED = f'{HEADER}\nF1;C1;03/02/2026;05/03/2026;12,50\nF2;"C;2";04/02/2026;;-7,00\n'.encode()
mutations = st.lists(
    st.tuples(st.integers(0, len(MUTATED)), st.binary(max_size=3), st.integers(0, 4)),
    min_size=1,
    max_size=6,
)


def mutated(content, changes):
    for place, inserted, removed in changes:
        content = content[:place] + inserted + content[place + removed :]
    return content


@settings(max_examples=40, deadline=None)
@given(changes=mutations)
def test_whatever_happens_to_the_bytes_of_a_table_its_records_are_counted(
    changes, tmp_path_factory
):
    landed = land(tmp_path_factory.mktemp("fuzz"), mutated(MUTATED, changes), mapping())
    receipt = landed.receipt
    assert "defect" not in receipt.facts
    assert receipt.records_in == receipt.loaded + receipt.quarantined
    if receipt.refused_reason is None:
        assert len({item["source_line"] for item in landed.items}) == receipt.loaded
        assert len({row["source_line"] for row in landed.quarantine}) == receipt.quarantined


ANY_FILE = zipped([("xl/workbook.xml", "<workbook/>"), ("xl/worksheets/sheet1.xml", "<a/>")])


@settings(max_examples=40, deadline=None)
@given(
    start=st.sampled_from(
        [b"PK\x03\x04", b"PAR1", b"<?xml version='1.0'?><a>", b"%PDF", ANY_FILE, b""]
    ),
    rest=st.binary(max_size=300),
)
def test_no_file_can_stop_the_intake(start, rest, tmp_path_factory):
    receipt = land(tmp_path_factory.mktemp("fuzz"), start + rest).receipt
    assert "defect" not in receipt.facts
    assert receipt.refused_reason
