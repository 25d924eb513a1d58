"""The ageing conventions of other systems, asked of a ledger, against what those systems state."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from models.ageing import Convention
from published.questions import ask
from tests.pipelines.books import Fec, build

pytestmark = pytest.mark.reference
REPORTED = date(2024, 6, 30)


def aged(con, convention, on=REPORTED):
    rows = ask(con, "aged_balances", as_of=on, convention=convention).to_pylist()
    return {row["bucket"]: row["amount"] for row in rows}


def sold(*sales):
    """Return the books of one customer: (days to the due date from the report, amount)."""
    fec = Fec()
    for number, (due, amount) in enumerate(sales):
        due_on = REPORTED + timedelta(days=due)
        on = min(due_on, REPORTED) - timedelta(days=1)
        fec.sale(on.isoformat(), "A", amount, f"F{number}", due_on=due_on)
    return build(fec)


def test_erpnexts_instalments_are_in_no_bucket_until_they_are_due(reference_data):
    reference = json.loads((reference_data / "ageing/erpnext_cases.json").read_text())
    [case] = [case for case in reference["cases"] if case["id"] == "erp-01"]
    terms = [(term["due"], term["amount"]) for term in case["invoices"][0]["terms"]]
    con = sold(*terms)
    assert sorted(terms) == [(30, 30), (60, 50), (90, 20)]
    assert aged(con, Convention.ERPNEXT) == {"not_due": Decimal(100)}  # ERPNext: no bucket
    on_the_first = aged(con, Convention.ERPNEXT, REPORTED + timedelta(days=30))
    assert on_the_first == {"0-30": Decimal(30), "not_due": Decimal(70)}


def test_erpnexts_first_bucket_has_its_last_day(reference_data):
    reference = json.loads((reference_data / "ageing/erpnext_cases.json").read_text())
    assert "0-30 includes day 30" in reference["conventions"]["bucket_rule"]
    con = sold((0, 1), (-30, 2), (-31, 4), (-121, 8))
    assert aged(con, Convention.ERPNEXT) == {
        "0-30": Decimal(3),
        "31-60": Decimal(4),
        "over_120": Decimal(8),
    }


def test_erpnexts_totals_by_party_are_ours(reference_data):
    reference = json.loads((reference_data / "ageing/erpnext_cases.json").read_text())
    [case] = [case for case in reference["cases"] if case["id"] == "erp-12"]
    con = sold(*((invoice["date"], invoice["total"]) for invoice in case["invoices"]))
    found = aged(con, Convention.ERPNEXT)
    assert found == {"0-30": Decimal(case["expected_party_total"]["outstanding"])}


def test_ocas_bounds_are_inclusive_and_what_has_no_due_date_is_current(reference_data):
    rules = (reference_data / "ageing/oca_rules.md").read_text()
    bounds = [int(bound) for bound in re.findall(r"(?:date_at )?<= due \+ (\d+)", rules)]
    assert bounds == [30, 60, 90, 120]
    fec = Fec()
    for bound in bounds:
        due_on = REPORTED - timedelta(days=bound)
        fec.sale((due_on - timedelta(days=1)).isoformat(), "A", bound, f"F{bound}", due_on=due_on)
    fec.opening("2024-01-05", ("A", "7"))  # no due date
    assert aged(build(fec), Convention.OCA_AGED) == {
        "not_due": Decimal(7),
        "1-30": Decimal(30),
        "31-60": Decimal(60),
        "61-90": Decimal(90),
        "91-120": Decimal(120),
    }
