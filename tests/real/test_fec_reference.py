"""FEC files that accountants' and others' software really wrote."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from tests.pipelines.fec_files import read

pytestmark = pytest.mark.reference


@pytest.fixture
def outcome_of(reference_data, tmp_path):
    def read_one(name):
        return read(tmp_path, (reference_data / "fec" / name).read_bytes())

    return read_one


def test_a_firms_ledger_is_read_to_the_cent(outcome_of):
    outcome = outcome_of("111111111FEC20231231.txt")
    reading = outcome.reading
    assert (reading.records_in, reading.loaded, reading.quarantined) == (934, 934, 0)
    assert (reading.facts["debit"], reading.facts["credit"]) == ("225682.23", "225682.23")
    assert (reading.first_on, reading.last_on) == (date(2023, 1, 1), date(2023, 7, 31))
    entries = {(row["journal_code"], row["entry_number"]) for row in outcome.rows}
    assert len(entries) == 248
    assert [row["source_line"] for row in outcome.rows] == list(range(2, 936))


def test_its_customers_and_letterings_are_all_there(outcome_of):
    customers = [
        row
        for row in outcome_of("111111111FEC20231231.txt").rows
        if row["account"].startswith("411")
    ]
    assert len(customers) == 151
    assert len({row["auxiliary"] for row in customers}) == 34
    assert sum(row["lettered_on"] is not None for row in customers) == 117
    groups = defaultdict(Decimal)
    for row in customers:
        if row["lettering"]:
            groups[row["auxiliary"], row["lettering"]] += row["debit"] - row["credit"]
    assert len(groups) == 45
    assert set(groups.values()) == {Decimal(0)}
    unlettered = [row for row in customers if not row["lettering"]]
    assert len(unlettered) == 34
    assert sum(row["debit"] - row["credit"] for row in unlettered) == Decimal("14416.52")


def test_padded_amounts_and_dashes_of_odoo(outcome_of):
    outcome = outcome_of("odoo_l10n_fr_fec_expected.txt")
    assert outcome.reading.facts["debit"] == "7760.45"
    assert [row["document_ref"] for row in outcome.rows] == [None] * 5
    assert outcome.rows[0]["currency_amount"] == Decimal("-1437.12")
    assert outcome.rows[4]["auxiliary_label"] == "partner_a"


def test_an_entry_number_of_zero_of_tryton(outcome_of):
    outcome = outcome_of("tryton_FEC_expected.csv")
    assert [row["entry_number"] for row in outcome.rows] == ["0", "0", "1", "1"]
    assert outcome.reading.facts["credit"] == "15.00"


def test_an_unbalanced_file_is_refused_with_both_sums(outcome_of):
    reading = outcome_of("casskai_dougs_validdate_with_time.txt").reading
    assert (reading.records_in, reading.loaded, reading.quarantined) == (3, 0, 3)
    assert "debit 8,200.44, credit 1,000.00" in reading.refused_reason
