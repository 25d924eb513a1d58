"""The sample company's bank statements: they say what the ledger's bank accounts say."""

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest
from schwifty import IBAN
from stdnum import iso11649

from pipelines.sample.firm import BANKS, CURRENCIES, ENTITIES
from tests.pipelines.sample_company import YEARS, make, read_fecs, read_statements


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def statements(folder):
    """The statements of each account, month after month."""
    found = defaultdict(list)
    for statement in read_statements(folder):
        found[statement.iban].append(statement)
    return found


@pytest.fixture(scope="module")
def payments(statements):
    return [
        payment
        for account in statements.values()
        for statement in account
        for entry in statement.entries
        for payment in entry.payments
    ]


@pytest.fixture(scope="module")
def ledger(folder):
    """The ledger's lines on each bank account, openings apart, by IBAN."""
    found = defaultdict(list)
    lines = read_fecs(folder)
    for account in BANKS:
        entity = ENTITIES[account.entity]
        number = account.account.ljust(entity.account_digits, "0")
        for line in lines:
            if line.entity == entity.siren and line.account == number and not line.is_opening:
                found[account.iban].append(line)
    return found


def test_every_account_has_a_statement_for_every_month(statements):
    assert set(statements) == {account.iban for account in BANKS}
    for account in BANKS:
        names = [statement.name for statement in statements[account.iban]]
        months = [f"{year}{month:02d}" for year in YEARS for month in range(1, 13)]
        assert names == [f"statement_{account.iban[-6:]}_{month}.xml" for month in months]
        for statement in statements[account.iban]:
            assert statement.currency == CURRENCIES[account.currency]
            assert statement.version == f"{account.camt_version:02d}"


def test_our_accounts_and_our_customers_have_ibans_that_check(statements, payments):
    for iban in {*statements, *(payment.iban for payment in payments if payment.iban)}:
        assert IBAN(iban).country_code == "FR"


def test_each_ledger_line_on_a_bank_account_is_one_entry(statements, ledger):
    for account in BANKS:
        in_currency = CURRENCIES[account.currency] != "EUR"
        booked = Counter()
        for line in ledger[account.iban]:
            sign = 1 if line.amount > 0 else -1
            booked[line.day, sign * line.foreign if in_currency else line.amount] += 1
        entries = Counter(
            (entry.booked_on.replace("-", ""), entry.amount)
            for statement in statements[account.iban]
            for entry in statement.entries
        )
        assert entries == booked
        assert len(booked) > 20


def test_balances_chain_from_month_to_month(statements):
    for account in statements.values():
        for statement in account:
            moved = sum(entry.amount for entry in statement.entries)
            assert statement.opening + moved == statement.closing
        assert all(earlier.closing == later.opening for earlier, later in pairwise(account))


def test_the_last_closing_balance_is_the_ledgers(statements, folder):
    lines = read_fecs(folder)
    for account in BANKS:
        if CURRENCIES[account.currency] == "EUR":
            entity = ENTITIES[account.entity]
            number = account.account.ljust(entity.account_digits, "0")
            last_year = [
                line.amount
                for line in lines
                if (line.entity, line.year, line.account) == (entity.siren, YEARS[-1], number)
            ]
            assert statements[account.iban][-1].closing == sum(last_year)


def test_value_dates_follow_booking_by_a_few_days_at_most(statements):
    for account in statements.values():
        for statement in account:
            for entry in statement.entries:
                apart = date.fromisoformat(entry.value_on) - date.fromisoformat(entry.booked_on)
                assert 0 <= apart.days <= 6


def test_a_batch_is_one_entry_with_a_payment_for_each_payer(statements):
    batches = [
        entry
        for account in statements.values()
        for statement in account
        for entry in statement.entries
        if len(entry.payments) > 1
    ]
    texts = {payment.remittance.split()[0] for entry in batches for payment in entry.payments}
    assert {"CHEQUE", "Prélèvement"} <= texts
    for entry in batches:
        assert sum(payment.amount for payment in entry.payments) == abs(entry.amount)


def test_customers_write_references_well_badly_in_lists_or_not_at_all(payments):
    texts = [payment.remittance or "" for payment in payments]
    assert sum(text.startswith("FA202") and len(text) == 13 for text in texts) > 50
    assert any(text.startswith("FACT ") for text in texts)
    assert any(text.startswith("fa 202") for text in texts)
    assert any(len(text.split()) > 1 and text.count("FA202") > 1 for text in texts)
    assert any(text == f"VIR {payment.name}" for text, payment in zip(texts, payments, strict=True))
    assert max(len(text) for text in texts) <= 140


def test_structured_references_check_and_name_an_invoice(payments):
    structured = [p.creditor_reference for p in payments if p.creditor_reference]
    assert len(structured) > 20
    assert all(iso11649.is_valid(reference) for reference in structured)
    assert any(reference[4:8] == "FA20" for reference in structured)


def test_a_return_says_why(payments):
    assert {payment.return_reason for payment in payments} >= {"AM04", None}


def test_our_own_reference_comes_back_with_what_we_collect(payments):
    given = [p.end_to_end for p in payments if (p.remittance or "").startswith("Prélèvement")]
    assert given and all(reference[0] == "F" for reference in given)
    assert sum(payment.end_to_end == "NOTPROVIDED" for payment in payments) > 100


def test_names_with_signs_that_xml_reserves_are_read_back(payments):
    assert any("&" in payment.name for payment in payments if payment.name)
