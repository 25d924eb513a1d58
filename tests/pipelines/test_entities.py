"""Whose books a file is, when its name does not say."""

from datetime import UTC, datetime

from pipelines.entities import assign
from pipelines.intake.land import land_folder
from pipelines.settings import Settings

OURS = frozenset({"VE 411000", "VE 701000", "BQ 512000", "BQ 411000"})
THEIRS = frozenset({"INV 411100", "INV 701100", "INV 445710"})


def test_a_file_without_a_name_joins_the_firm_whose_accounts_it_uses():
    charts = {"named": OURS, "export": OURS - {"BQ 512000"}}
    assert assign(charts, {"named": "123456782"}, "main") == {"export": ("123456782", "accounts")}


def test_a_file_that_uses_nobodys_accounts_is_a_firm_of_its_own():
    charts = {"named": OURS, "other": THEIRS, "third": frozenset({"REV 4967"})}
    assert assign(charts, {"named": "123456782"}, "main") == {
        "other": ("main", "default"),
        "third": ("main-2", "default"),
    }


def test_files_that_nothing_names_stay_together_when_they_are_one_firms():
    charts = {"2023": OURS, "2024": OURS | {"AN 120000"}, "theirs": THEIRS}
    assert assign(charts, {}, "main") == {
        "2023": ("main", "default"),
        "2024": ("main", "accounts"),
        "theirs": ("main-2", "default"),
    }


STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Id>1</Id><Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id><Ccy>EUR</Ccy>
<Ownr><Id><OrgId><Othr><Id>732829320</Id></Othr></OrgId></Id></Ownr></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">12.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-01-31</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">12.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2024-01-05</Dt></BookgDt><ValDt><Dt>2024-01-05</Dt></ValDt></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""


def test_a_bank_statement_is_of_the_firm_that_owns_the_account(tmp_path):
    (tmp_path / "extracts").mkdir()
    (tmp_path / "extracts" / "january.xml").write_text(STATEMENT, encoding="utf-8")
    firm = Settings(entities=[{"id": "PARIS", "siren": "732829320"}, {"id": "LYON"}])
    for settings, entity in ((Settings(), "732829320"), (firm, "PARIS")):
        [receipt] = land_folder(
            tmp_path / "extracts",
            tmp_path / "landing",
            settings,
            now=datetime(2024, 2, 1, tzinfo=UTC),
            progress=lambda share: None,
        )
        assert receipt.refused_reason is None
        assert (receipt.entity_id, receipt.entity_basis) == (entity, "content")
