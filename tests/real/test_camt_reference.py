"""Bank messages of every version, as a library that many use tests itself on them."""

from decimal import Decimal

import pytest

from tests.pipelines.table_files import land

pytestmark = pytest.mark.reference

READ = {
    "camt053.v2.minimal.xml": ["8.85"],
    "camt053.v2.minimal.ultimate.xml": ["8.85"],
    "camt053.v2.multi.statement.xml": ["8.85", "-7.00"],
    "camt053.v2.with-account-name.xml": ["8.85"],
    "camt053.v2.with-party-ids.xml": ["8.85"],
    "camt053.v3.xml": ["8.85"],
    "camt053.v4.xml": ["8.85"],
    "camt053.v8.xml": ["8.85"],
    "camt53.only-Dt-with-DtTm.xml": [],
}
REFUSED = {
    "camt053.v2.wrong.xml": "holds no statement",
    "camt053.v2.five.decimals.xml": "closes with 27.05, not 27.00",
    "camt053.v2.all-balance-types.xml": "closes with 4.04, not 9.86",
}


@pytest.fixture
def landed(reference_data, tmp_path):
    def land_one(name):
        content = (reference_data / "bank" / "camt" / name).read_bytes()
        return land(tmp_path, content, name=name)

    return land_one


@pytest.mark.parametrize("name", READ)
def test_statements_of_every_version_are_read_to_the_cent(landed, name):
    found = landed(name)
    assert found.receipt.format == "camt.053"
    assert [str(line["amount"]) for line in found.bank_lines] == READ[name]


@pytest.mark.parametrize("name", REFUSED)
def test_statements_that_cannot_be_right_are_refused(landed, name):
    assert REFUSED[name] in landed(name).receipt.refused_reason


def test_reports_and_notices_are_refused_politely(landed, reference_data):
    names = sorted(path.name for path in (reference_data / "bank" / "camt").glob("camt05[24]*"))
    assert len(names) == 14
    for name in names:
        receipt = landed(name).receipt
        assert "Ask the bank for the statement of the day, camt.053." in receipt.refused_reason


def test_parties_and_references_are_found_in_the_old_and_the_new_place(landed):
    for name in ("camt053.v2.minimal.xml", "camt053.v8.xml"):
        [line] = landed(name).bank_lines
        assert line["counterparty_name"] == "NAME NAME"
        assert line["counterparty_account"] == "NL56AGDH9619008421"
        assert line["creditor_reference"] == "4654654654654654"
        assert line["bank_account"] == "NL26VAYB8060476890"


def test_two_statements_of_a_file_add_up_one_after_the_other(landed):
    found = landed("camt053.v2.multi.statement.xml")
    assert found.receipt.facts["statements"] == "2"
    assert "statements_not_checked" not in found.receipt.facts
    assert sum(line["amount"] for line in found.bank_lines) == Decimal("1.85")


def test_other_bank_formats_say_that_they_are_not_read(landed, reference_data, tmp_path):
    for folder, name in (("cfonb", "example.txt"), ("mt940", "jejik_ing.sta")):
        content = (reference_data / "bank" / folder / name).read_bytes()
        receipt = land(tmp_path, content, name=name).receipt
        assert receipt.refused_reason == (
            "This is a bank statement in an older form, MT940 or CFONB. "
            "Ask the bank for the statement of the day, camt.053."
        )
