"""The contracts: what keeps to them passes, every clause can fail, and names file and line."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from pipelines.contracts import validation
from pipelines.contracts.agreed import CONTRACTS, KINDS
from pipelines.contracts.validation import validate
from pipelines.defs.contracts import TABLES, keep, tell
from pipelines.intake.reading import LANDING, MONEY
from pipelines.sql_tables import SQL, SqlTable
from published import snapshot

SUITES = {contract.suite: contract for contract in CONTRACTS}

TABLE_OF = {
    "fec_lines": "staging.receivable_lines",
    "items": "raw.items",
    "customers": "raw.customers",
    "bank_lines": "raw.bank_lines",
}

SCHEMAS = {
    "fec_lines": pa.schema(
        [
            ("source_line", pa.int64()),
            ("account", pa.string()),
            ("customer_id", pa.string()),
            ("has_auxiliary", pa.bool_()),
            ("auxiliary_label", pa.string()),
            ("kind", pa.string()),
            ("document_ref", pa.string()),
            ("document_on", pa.date32()),
            ("entry_on", pa.date32()),
            ("stated_due_on", pa.date32()),
            ("lettering", pa.string()),
            ("lettered_on", pa.date32()),
            ("currency", pa.string()),
            ("amount", MONEY),
        ]
    ),
    **{suite: LANDING[suite] for suite in ("items", "customers", "bank_lines")},
}

GOOD = {
    "fec_lines": {
        "account": "411000",
        "customer_id": "C1",
        "has_auxiliary": True,
        "auxiliary_label": "Librairie Fonranac",
        "kind": "invoice",
        "document_ref": "F1",
        "document_on": date(2024, 1, 10),
        "entry_on": date(2024, 1, 12),
        "stated_due_on": date(2024, 2, 10),
        "lettering": "AA",
        "lettered_on": date(2024, 2, 9),
        "currency": "EUR",
    },
    "items": {
        "item_key": "F{line}",
        "customer_id": "C1",
        "customer_name": "Librairie Fonranac",
        "kind": "invoice",
        "booked_on": date(2024, 1, 12),
        "document_on": date(2024, 1, 10),
        "due_on": date(2024, 2, 10),
        "terms": "30 net",
        "amount": Decimal("1200.00"),
        "currency": "EUR",
    },
    "customers": {
        "customer_id": "C{line}",
        "name": "Librairie Fonranac",
        "siren": "732829320",
        "vat_number": "FR44732829320",
        "country": "FR",
        "currency": "EUR",
        "payment_terms": "45 jours fin de mois",
        "credit_limit": Decimal("5000.00"),
        "insured_amount": Decimal("0.00"),
        "contact_email": "compta@fonranac.example; m.dupre@fonranac.example",
    },
    "bank_lines": {
        "bank_account": "FR1420041010050500013M02606",
        "booked_on": date(2024, 1, 12),
        "value_on": date(2024, 1, 13),
        "amount": Decimal("1200.00"),
        "currency": "EUR",
    },
}

MEDIEVAL = date(1024, 1, 12)

# What breaks a clause, by the column that it is about: what to change in a good row, and what the
# failing row then shows.
BAD = {
    "fec_lines": {
        "account": ({"account": "CLI01"}, "CLI01"),
        "auxiliary": ({"has_auxiliary": False}, None),
        "auxiliary_label": ({"auxiliary_label": None}, None),
        "kind": ({"kind": "unknown"}, "unknown"),
        "document_ref": ({"document_ref": None}, None),
        "entry_on": ({"entry_on": date(2101, 1, 1)}, "2101-01-01"),
        "document_on": ({"document_on": MEDIEVAL}, "1024-01-12"),
        "stated_due_on": ({"stated_due_on": date(2924, 2, 10)}, "2924-02-10"),
        "lettered_on": ({"lettered_on": date(2924, 2, 9)}, "2924-02-09"),
        "lettered_on given": ({"lettered_on": None}, None),
        "document_on, entry_on": (
            {"document_on": date(2024, 1, 20)},
            "document_on 2024-01-20, entry_on 2024-01-12",
        ),
        "document_on, stated_due_on": (
            {"stated_due_on": date(2024, 1, 9)},
            "document_on 2024-01-10, stated_due_on 2024-01-09",
        ),
        "currency": ({"currency": "euro"}, "euro"),
    },
    "items": {
        "item_key": ({"item_key": None}, None),
        "entity_id, item_key, extracted_on": (
            {"item_key": "F2"},
            "entity_id None, item_key F2, extracted_on None",
        ),
        "customer_id": ({"customer_id": None}, None),
        "customer_name": ({"customer_name": None}, None),
        "kind": ({"kind": "facture"}, "facture"),
        "amount": ({"amount": None}, None),
        "booked_on": ({"booked_on": date(2101, 1, 1)}, "2101-01-01"),
        "document_on": ({"document_on": MEDIEVAL}, "1024-01-12"),
        "due_on": ({"due_on": date(2924, 2, 10)}, "2924-02-10"),
        "document_on, booked_on": (
            {"document_on": date(2024, 1, 20)},
            "document_on 2024-01-20, booked_on 2024-01-12",
        ),
        "document_on, due_on": (
            {"due_on": date(2024, 1, 9)},
            "document_on 2024-01-10, due_on 2024-01-09",
        ),
        "terms": ({"terms": "comme d'habitude"}, "comme d'habitude"),
        "currency": ({"currency": "E"}, "E"),
    },
    "customers": {
        "customer_id": ({"customer_id": None}, None),
        "entity_id, customer_id": ({"customer_id": "C2"}, "entity_id None, customer_id C2"),
        "name": ({"name": None}, None),
        "siren": ({"siren": "732829321"}, "732829321"),
        "vat_number": ({"vat_number": "FR45732829320"}, "FR45732829320"),
        "country": ({"country": "France"}, "France"),
        "currency": ({"currency": "EURO"}, "EURO"),
        "payment_terms given": ({"payment_terms": None}, None),
        "payment_terms": ({"payment_terms": "30"}, "30"),
        "credit_limit": ({"credit_limit": Decimal("-0.01")}, "-0.01"),
        "insured_amount": (
            {"insured_amount": Decimal("-1234567890123456.78")},
            "-1234567890123456.78",
        ),
        "contact_email": ({"contact_email": "compta chez fonranac"}, "compta chez fonranac"),
    },
    "bank_lines": {
        "bank_account given": ({"bank_account": None}, None),
        "bank_account": (
            {"bank_account": "FR1520041010050500013M02606"},
            "FR1520041010050500013M02606",
        ),
        "booked_on given": ({"booked_on": None}, None),
        "booked_on": ({"booked_on": MEDIEVAL}, "1024-01-12"),
        "value_on": ({"value_on": MEDIEVAL}, "1024-01-12"),
        "amount": ({"amount": None}, None),
        "currency": ({"currency": "eur"}, "eur"),
    },
}


def holding(suite, rows):
    """A database whose sources are empty but for these rows, from line 2 of one file."""
    con = duckdb.connect()
    con.execute("create schema raw; create schema staging; create schema intake")
    con.execute(
        "create table intake.files as select 'sha' as source_sha256, null::date as latest_on"
    )
    for each, schema in SCHEMAS.items():
        given = rows if each == suite else []
        lines = [
            {
                "source_sha256": "sha",
                "source_line": line,
                **{k: v.format(line=line) if isinstance(v, str) else v for k, v in row.items()},
            }
            for line, row in enumerate(given, start=2)
        ]
        with_file = schema.append(pa.field("source_sha256", pa.string()))
        con.register("arriving", pa.Table.from_pylist(lines, with_file))
        con.execute(f"create table {TABLE_OF[each]} as from arriving")
        con.unregister("arriving")
    return con


def findings(suite, *rows, **options):
    """What became of each clause, by its columns; ` given` behind them where two are about them."""
    found = validate(holding(suite, rows), SUITES[suite], **options)
    about = Counter(each.column_name for each in found)
    return {
        f"{each.column_name} given"
        if about[each.column_name] > 1 and "not_be_null" in each.expectation
        else each.column_name: each
        for each in found
    }


@pytest.mark.parametrize("suite", SUITES)
def test_rows_that_keep_to_a_contract_pass_every_clause(suite):
    found = list(findings(suite, GOOD[suite], GOOD[suite]).values())
    assert [each.detail for each in found if not each.passed] == []
    assert all(each.failures == [] and each.unexpected_count == 0 for each in found)
    assert all(each.evaluated_count == 2 for each in found)
    assert tell(found) == f"All {len(found)} clauses are kept."


@pytest.mark.parametrize("suite", SUITES)
def test_every_clause_can_fail_and_then_names_the_line(suite):
    bad = BAD[suite]
    found = findings(suite, GOOD[suite], *({**GOOD[suite], **change} for change, _ in bad.values()))
    assert found.keys() == bad.keys()
    for line, (clause, (_, shown)) in enumerate(bad.items(), start=3):
        assert not found[clause].passed, clause
        assert found[clause].unexpected_count == len(found[clause].failures), clause
        assert ("sha", line, shown) in found[clause].failures, clause


def test_a_vat_number_of_a_country_nobody_knows_is_not_judged():
    row = GOOD["customers"]
    found = findings("customers", {**row, "vat_number": "ZZ123"}, row)["vat_number"]
    assert found.passed
    assert found.evaluated_count == 1


def test_what_need_not_be_given_is_looked_at_only_where_it_is():
    found = findings("customers", {**GOOD["customers"], "siren": None, "credit_limit": None})
    assert found["siren"].passed
    assert (found["siren"].evaluated_count, found["credit_limit"].evaluated_count) == (0, 0)


def test_a_customer_file_names_the_customers_of_the_items():
    con = holding("items", [{**GOOD["items"], "customer_name": None}])
    con.execute("insert into raw.customers by name select 'C1' as customer_id, 'Tannerie' as name")
    assert all(found.passed for found in validate(con, SUITES["items"]))


def test_a_habit_may_have_exceptions_and_they_are_still_shown():
    late = {**GOOD["items"], "document_on": date(2024, 1, 20)}
    habit = findings("items", *[GOOD["items"]] * 19, late)["document_on, booked_on"]
    assert habit.passed  # 95 % keep to it
    assert [line for _, line, _ in habit.failures] == [21]


def test_a_source_that_nobody_sent_breaks_nothing():
    assert findings("items") == {}
    assert tell([]) == "No such rows among the extracts."


def test_of_many_rows_the_newest_are_looked_at_and_it_is_said():
    old = {**GOOD["items"], "booked_on": date(2020, 1, 12), "currency": "francs"}
    found = findings("items", old, GOOD["items"], GOOD["items"], rows_at_most=2)["currency"]
    assert found.passed
    assert found.detail.endswith(" Looked at the newest 2 of 3 rows.")


def test_a_hundred_failing_rows_are_kept_and_all_are_counted():
    found = findings("bank_lines", *[{**GOOD["bank_lines"], "currency": "?"}] * 150)["currency"]
    assert (found.unexpected_count, len(found.failures)) == (150, 100)
    assert tell([found]) == f"{found.detail} (150 of 150 rows do not.)"


def test_a_clause_that_cannot_be_looked_at_is_not_kept(monkeypatch):
    frame_of = validation._frame
    monkeypatch.setattr(
        validation, "_frame", lambda *given: frame_of(*given).drop(columns=["currency"])
    )
    found = findings("items", GOOD["items"])
    assert not found["currency"].passed
    assert found["currency"].detail.endswith("It could not be looked at.")
    assert found["kind"].passed


def test_nothing_is_written_to_disk_or_to_the_terminal(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert not findings("customers", {**GOOD["customers"], "name": None})["name"].passed
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_what_is_found_is_kept_by_clause_and_by_line():
    con = holding("customers", [GOOD["customers"], {**GOOD["customers"], "siren": "123"}])
    con.execute(TABLES)
    keep(con, "customers", validate(con, SUITES["customers"]))
    assert con.sql(
        "select suite, expectation, column_name, source_line, value from intake.contract_failures"
    ).fetchall() == [("customers", "expect_column_values_to_be_in_set", "siren", 3, "123")]
    assert con.sql(
        "select passed, unexpected_count, evaluated_count, severity from intake.contracts "
        "where column_name = 'siren'"
    ).fetchall() == [(False, 1, 2, "warning")]


def test_every_clause_has_a_name_of_its_own():
    for contract in CONTRACTS:
        names = [(clause.expectation, clause.columns) for clause in contract.clauses]
        assert len(names) == len(set(names)), contract.suite


def test_every_kind_that_the_ledger_tells_is_agreed():
    select = SqlTable.read(SQL / "staging" / "receivable_lines.sql").select
    cases = select.partition("case\n")[2].partition("end as kind")[0]
    assert set(re.findall(r"(?:then|else) '(\w+)'", cases)) == {*KINDS, "unknown"}


def test_a_snapshot_says_what_became_of_the_contracts(sample_home):
    pointer = snapshot.current(sample_home)
    with snapshot.connect(pointer) as con:
        suites = con.sql("select distinct suite from intake.contracts order by 1").fetchall()
        assert suites == [("bank_lines",), ("customers",), ("fec_lines",)]
        broken = con.sql(
            "select detail from intake.contracts where severity = 'critical' and not passed"
        ).fetchall()
        assert broken == []
        checks = con.sql(
            "select check_name, severity from intake.checks where subject = 'intake.contracts'"
        ).fetchall()
        assert {severity for _, severity in checks} == {"warning"}
        assert len(checks) == len(CONTRACTS)
        lost = con.sql(
            "select * from intake.contract_failures anti join intake.files using (source_sha256)"
        ).fetchall()
        assert lost == []
