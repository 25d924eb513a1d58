"""Tables that others' software really wrote: Xero's, and IBM's late-payment file."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from tests.pipelines.table_files import land

pytestmark = pytest.mark.reference


@pytest.fixture
def landed(reference_data, tmp_path):
    def land_one(name):
        return land(tmp_path, (reference_data / name).read_bytes())

    return land_one


def open_amounts(landed):
    """What the items of each record leave open, by line."""
    amounts = defaultdict(Decimal)
    for item in landed.items:
        amounts[item["source_line"]] += item["amount"]
    return {line: amount for line, amount in amounts.items() if amount}


def test_xeros_receivables_are_told_from_the_rest_to_the_last_row(landed):
    invoices = landed("xero/xero_invoice_data.csv")
    assert invoices.receipt.format == "xero_invoices"
    assert invoices.counts == (601, 116, 485)
    why = Counter(row["reason"] for row in invoices.quarantine)
    assert why.pop("This is no receivable: ACCREC, DELETED.") == 1
    assert sum(why.values()) == 484
    assert all("ACCPAY" in reason for reason in why)


def test_of_xeros_invoices_103_are_paid_and_13_open(landed):
    invoices = landed("xero/xero_invoice_data.csv")
    kinds = Counter((item["kind"], item["currency"]) for item in invoices.items)
    assert kinds == {
        ("invoice", "USD"): 86,  # and one deleted
        ("invoice", "GBP"): 30,
        ("payment", "USD"): 79,
        ("payment", "GBP"): 24,
    }
    assert len(open_amounts(invoices)) == 13
    assert len(invoices.allocations) == 103
    late = 0
    due = {row["item_key"]: row["due_on"] for row in invoices.items if row["kind"] == "invoice"}
    for row in invoices.allocations:
        late += row["allocated_on"] > due[row["debit_key"]]
    assert late == 43  # 41.7 % of the paid ones


def test_what_xero_says_is_due_is_what_is_left_open(landed, reference_data):
    import csv

    invoices = landed("xero/xero_invoice_data.csv")
    with (reference_data / "xero" / "xero_invoice_data.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    stated = {
        line: Decimal(row["amount_due"])
        for line, row in enumerate(rows, 2)
        if row["type"] == "ACCREC" and Decimal(row["amount_due"])
    }
    assert open_amounts(invoices) == stated


def test_xeros_contacts_are_customers_and_its_other_tables_are_not_guessed_at(landed):
    contacts = landed("xero/xero_contact_data.csv")
    assert (contacts.receipt.format, contacts.counts) == ("xero_contacts", (152, 152, 0))
    for name in ("account", "bank_transaction", "credit_note", "journal", "journal_line"):
        receipt = landed(f"xero/xero_{name}_data.csv").receipt
        assert "No mapping and no preset" in receipt.refused_reason


def test_every_invoice_of_ibms_file_is_read_with_its_settlement(landed):
    invoices = landed("ibm/WA_Fn-UseC_-Accounts-Receivable.csv")
    assert invoices.receipt.format == "ibm_invoices"
    assert invoices.counts == (2466, 2466, 0)
    assert len({item["customer_id"] for item in invoices.items}) == 100
    assert open_amounts(invoices) == {}  # nothing is unpaid in it
    assert len(invoices.allocations) == 2466


def test_ibms_own_days_to_settle_are_those_between_our_dates(landed, reference_data):
    import csv

    name = "ibm/WA_Fn-UseC_-Accounts-Receivable.csv"
    invoices = landed(name)
    with (reference_data / name).open(newline="") as file:
        rows = {line: row for line, row in enumerate(csv.DictReader(file), 2)}
    issued = {row["source_line"]: row for row in invoices.items if row["kind"] == "invoice"}
    for payment in (row for row in invoices.items if row["kind"] == "payment"):
        line = payment["source_line"]
        assert (payment["booked_on"] - issued[line]["document_on"]).days == int(
            rows[line]["DaysToSettle"]
        )
        late = (payment["booked_on"] - issued[line]["due_on"]).days
        assert max(0, late) == int(rows[line]["DaysLate"])


def test_what_is_missing_beside_the_amounts_costs_no_invoice(landed):
    invoices = landed("ibm/dirty_variant_wdmartin44_with_missing.csv")
    assert invoices.counts == (2586, 2586, 0)
    assert len({item["customer_id"] for item in invoices.items}) == 100
