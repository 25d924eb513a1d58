"""The sample company's customer file, and the truth that is kept from the pipelines."""

import csv
import zipfile
from collections import defaultdict

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook
from stdnum import get_cc_module
from stdnum.fr import siren

from models.terms import parse_terms
from pipelines.intake.reading import LANDING
from pipelines.sample.firm import ENTITIES
from tests.pipelines.sample_company import GOODS, SERVICES, make, read_fecs

DAY_AFTER = "20260101"
VAT = {"FR": "tva", "BE": "vat", "DE": "vat", "LU": "tva", "GB": "vat"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sample"), items=5000)


@pytest.fixture(scope="module")
def customers(folder):
    with (folder / "customers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lines(folder):
    return read_fecs(folder)


@pytest.fixture(scope="module")
def invoices(folder):
    return pq.read_table(folder / "_truth" / "invoices.parquet").to_pylist()


def test_the_columns_are_those_of_the_landing_table(customers):
    assert list(customers[0]) == [
        name for name in LANDING["customers"].names if name != "source_line"
    ]


def test_the_workbook_has_the_same_rows(folder, customers):
    sheet = CalamineWorkbook.from_path(str(folder / "customers.xlsx")).get_sheet_by_index(0)
    header, *rows = sheet.to_python()
    assert header == list(customers[0])
    for row, customer in zip(rows, customers, strict=True):
        for name, value in zip(header, row, strict=True):
            written = f"{value:.2f}" if isinstance(value, float) else value
            assert written == customer[name]


def test_the_workbook_does_not_know_when_it_was_made(folder):
    with zipfile.ZipFile(folder / "customers.xlsx") as parts:
        assert b">2026-01-01T00:00:00Z<" in parts.read("docProps/core.xml")
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 31, 0, 0, 0)}


def test_numbers_check(customers):
    for customer in customers:
        assert (customer["country"] == "FR") == bool(customer["siren"])
        assert not customer["siren"] or siren.is_valid(customer["siren"])
        if customer["country"] in VAT:
            module = get_cc_module(customer["country"].lower(), VAT[customer["country"]])
            assert module.is_valid(customer["vat_number"]), customer
    assert all(siren.is_valid(entity.siren) for entity in ENTITIES)
    assert {customer["country"] for customer in customers} == {*VAT, "US"}


def test_every_customer_has_a_number_and_a_name_of_its_own(customers):
    for name in ("customer_id", "name"):
        assert len({customer[name] for customer in customers}) == len(customers)
    numbers = [customer["siren"] for customer in customers if customer["siren"]]
    assert len(set(numbers)) == len(numbers)


def test_the_ledger_knows_no_other_customer_and_no_other_entity_of_one(customers, lines):
    entities = defaultdict(set)
    for line in lines:
        if line.customer:
            entities[line.customer].add(line.entity)
    allowed = {customer["customer_id"]: customer["entity_id"] for customer in customers}
    assert set(entities) <= set(allowed)
    assert all(found <= {allowed[one] or GOODS, allowed[one] or SERVICES}
               for one, found in entities.items())  # fmt: skip
    assert any(len(found) == 2 for found in entities.values())


def test_terms_can_be_read_and_a_few_are_missing(customers):
    texts = {customer["payment_terms"] for customer in customers}
    assert texts >= {"", "30 net", "60 net", "30 end of month", "45 end of month"}
    assert texts >= {"end of month + 45", "90 net"}
    for text in texts - {""}:
        assert parse_terms(text) is not None


def test_groups_have_two_levels(customers):
    parents = {customer["customer_id"]: customer["parent_id"] for customer in customers}
    children = [one for one, parent in parents.items() if parent]
    assert children and all(parents[one] in parents for one in children)
    assert any(parents[parents[one]] for one in children)
    assert all(not parents.get(parents.get(parents[one], ""), "") for one in children)


def test_the_members_of_a_group_share_a_name(customers):
    names = {customer["customer_id"]: customer["name"] for customer in customers}
    for customer in customers:
        if customer["parent_id"]:
            parent = names[customer["parent_id"]]
            assert set(customer["name"].split()) & set(parent.split()) - {"&", "Fils", "SARL"}


def test_every_way_of_paying_and_currency_is_there(customers):
    methods = {customer["payment_method"] for customer in customers}
    assert methods == {"transfer", "direct_debit", "cheque", "card", "bill"}
    assert {customer["currency"] for customer in customers} == {"EUR", "USD", "GBP"}


def test_what_is_insured_is_less_than_the_limit(customers):
    insured = [one for one in customers if one["insured_amount"]]
    assert 0 < len(insured) < len(customers)
    assert all(float(one["insured_amount"]) < float(one["credit_limit"]) for one in insured)


def test_every_kind_of_payer_is_there(folder):
    payers = pq.read_table(folder / "_truth" / "customers.parquet").column("payer").to_pylist()
    assert len(set(payers)) == 9
    ends = pq.read_table(folder / "_truth" / "customers.parquet").to_pylist()
    assert all((one["insolvent_on"] is not None) == (one["payer"] == "insolvent") for one in ends)


def test_invoices_in_the_truth_are_those_in_the_ledger(invoices, lines):
    truth = {
        (one["entity_id"], one["document_ref"]): (one["customer_id"], f"{one['issued_on']:%Y%m%d}")
        for one in invoices
        if one["issued_on"].year >= 2023
    }
    booked = {
        (line.entity, line.reference): (line.customer, line.day)
        for line in lines
        if line.journal == "VE" and line.account.startswith("411") and line.amount > 0
    }
    assert booked == truth
    assert len(truth) == 5000


def left(invoice):
    """What of an invoice is on the customer's accounts, 4191 excepted, on the last day."""

    def by_the_end(amount, *dates):
        known = [invoice[name] for name in dates]
        happened = all(day is not None and f"{day:%Y%m%d}" < DAY_AFTER for day in known)
        return invoice[f"{amount}_cents"] if happened else 0

    paid = "gross" if invoice["process"] == "discounted" else "first"
    paid_on = "identified_on" if invoice["process"] == "unidentified" else "first_on"
    return (
        invoice["gross_cents"]
        - invoice["advance_cents"]
        - by_the_end(paid, paid_on)
        + by_the_end("gross", "returned_on")
        - by_the_end("second", "second_on")
        - by_the_end("credit", "credit_on")
        - by_the_end("difference", "difference_on")
        - by_the_end("gross", "twice_on")
        + by_the_end("gross", "refunded_on")
        - by_the_end("gross", "lost_on")
    )


def test_the_truth_ties_to_the_ledger_to_the_cent(invoices, lines):
    for entity in (GOODS, SERVICES):
        booked = sum(
            line.amount
            for line in lines
            if line.entity == entity
            and line.year == 2025
            and line.account.startswith(("411", "413", "416"))
            and not line.currency
        )
        own = [one for one in invoices if one["entity_id"] == entity and one["currency"] == "EUR"]
        assert sum(left(invoice) for invoice in own) == booked


def test_a_reminder_never_delays_a_payment_and_often_hastens_it(invoices):
    reminded = [
        one
        for one in invoices
        if one["process"] in ("plain", "instalments", "cents") and one["reminded_on"]
    ]
    paid = [(one["first_on"], one["unreminded_on"]) for one in reminded if one["unreminded_on"]]
    assert len(paid) > 100
    assert all(first <= without for first, without in paid)
    assert sum(first < without for first, without in paid) > len(paid) // 3
    late = [
        one
        for one in invoices
        if one["process"] == "plain" and one["unreminded_on"] and not one["reminded_on"]
    ]
    assert any((one["unreminded_on"] - one["due_on"]).days > 25 for one in late)  # the holdout


def test_nobody_pays_after_becoming_insolvent(folder, invoices):
    known = pq.read_table(folder / "_truth" / "customers.parquet").to_pylist()
    failed = {one["customer_id"]: one["insolvent_on"] for one in known if one["insolvent_on"]}
    own = [one for one in invoices if one["customer_id"] in failed]
    assert any(one["process"] == "failed" for one in own)
    for one in own:
        last = failed[one["customer_id"]]
        assert one["issued_on"] <= last
        assert one["first_on"] is None or one["first_on"] <= last
