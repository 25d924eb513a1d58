"""Which sign payments have in lists of their own: one list alone, and all of a kind together."""

import pyarrow.parquet as pq
import pytest

from pipelines.settings import Settings
from tests.pipelines.table_files import land, land_all, mapping

PAYMENT = {"customer_id": "client", "booked_on": "date", "amount": "montant"}


def landed_rows(tmp_path, receipts, table):
    files = (tmp_path / "landing" / each.folder / f"{table}.parquet" for each in receipts)
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def test_a_list_with_more_refunds_than_payments_is_read_by_what_comes_in(tmp_path):
    rows = ["C1;03/02/2026;1000,00", *(f"C1;0{n}/02/2026;-50,00" for n in range(4, 7))]
    landed = land(tmp_path, ["client;date;montant", *rows], mapping("payments", PAYMENT))
    kinds = sorted((item["kind"], str(item["amount"])) for item in landed.items)
    assert kinds == [("payment", "-1000.00")] + [("refund", "50.00")] * 3
    assert landed.receipt.facts["credits_are"] == "positive"


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("late", ["a", "z"])
def test_lists_of_one_kind_tell_their_sign_together_in_any_order(tmp_path, sign, late):
    other = "" if sign else "-"
    columns = {**PAYMENT, "document_ref": "n", "invoice_ref": "facture"}
    extracts = tmp_path / "extracts"
    extracts.mkdir()

    def give(name, *amounts):
        rows = [f"{name}{n};C1;F{n};0{n}/02/2026;{each}" for n, each in enumerate(amounts, 1)]
        text = "\n".join(["n;client;facture;date;montant", *rows]) + "\n"
        (extracts / f"{name}.csv").write_text(text)

    def kinds():
        known = Settings(tables=(mapping("payments", columns),))
        told = land_all(tmp_path, known).values()
        rows = landed_rows(tmp_path, told, "items")
        allocated = [row["credit_key"] for row in landed_rows(tmp_path, told, "allocations")]
        return sorted((row["document_ref"], row["kind"]) for row in rows), sorted(allocated)

    give(late, f"{other}30,00")
    assert kinds() == ([(f"{late}1", "payment")], [f"payment|C1|{late}1"])
    give("m", f"{sign}100,00", f"{sign}40,00", f"{other}7,00")
    kinds_of_m = [("m1", "payment"), ("m2", "payment"), ("m3", "refund")]
    expected = sorted([(f"{late}1", "refund"), *kinds_of_m])
    assert kinds() == (expected, ["payment|C1|m1", "payment|C1|m2"])
    assert kinds() == (expected, ["payment|C1|m1", "payment|C1|m2"])
