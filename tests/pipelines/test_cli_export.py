"""`encaisse export`: what a file holds, and what is refused."""

import csv

import pytest


@pytest.mark.parametrize(
    ("options", "amounts"),
    [
        ((), {"acme": "240.00", "bolt": "240.00"}),
        (("--as-of", "2024-02-01"), {"bolt": "120.00"}),
        (("--customer", "acme"), {"acme": "240.00"}),
        (("--entity", "732829320", "--currency", "EUR"), {"acme": "240.00", "bolt": "240.00"}),
    ],
)
def test_an_export_holds_what_was_asked_for(encaisse, published_home, tmp_path, options, amounts):
    out_file = tmp_path / "open.csv"
    asked = ("export", "open_items", *options, "--format", "csv")
    code, out, _ = encaisse("--home", published_home, *asked, "--out", out_file)
    assert code == 0
    assert str(out_file) in out
    found = {}
    with out_file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["customer_id"], []).append(row["open_amount"])
    assert {customer: f"{sum(map(float, each)):.2f}" for customer, each in found.items()} == amounts


def test_an_export_ages_in_the_buckets_and_by_the_date_that_are_asked(
    encaisse, published_home, tmp_path
):
    out_file = tmp_path / "aged.csv"
    aged = ("export", "aged_balances", "--by", "document", "--buckets", "10,80")
    code, _, err = encaisse("--home", published_home, *aged, "--out", out_file)
    assert (code, err) == (0, "")
    with out_file.open(encoding="utf-8-sig", newline="") as lines:
        found = [
            (row["customer_id"], row["bucket"], row["amount"]) for row in csv.DictReader(lines)
        ]
    assert found == [
        ("acme", "11-80", "240.00"),  # 1 March to 20 May: 80 days
        ("bolt", "not_due", "120.00"),
        ("bolt", "over_80", "120.00"),
    ]


def test_an_export_ages_by_the_boundaries_of_the_system_it_is_held_against(
    encaisse, published_home, tmp_path
):
    found = {}
    for convention in ("encaisse", "erpnext"):
        out_file = tmp_path / f"{convention}.csv"
        aged = ("export", "open_items", "--as-of", "2024-02-04", "--convention", convention)
        code, _, err = encaisse("--home", published_home, *aged, "--out", out_file)
        assert (code, err) == (0, "")
        with out_file.open(encoding="utf-8-sig", newline="") as lines:
            found[convention] = [(row["due_on"], row["bucket"]) for row in csv.DictReader(lines)]
    assert found == {
        "encaisse": [("2024-02-04", "not_due")],
        "erpnext": [("2024-02-04", "0-30")],
    }


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize(
    "table",
    ["open_items", "aged_balances", "measures", "customers", "items", "matches", "quarantine"],
)
def test_every_promised_table_can_be_written_in_every_format(
    encaisse, sample_home, tmp_path, table, format
):
    out_file = tmp_path / f"{table}.{format}"
    code, _, err = encaisse(
        "--home", sample_home, "export", table, "--format", format, "--out", out_file
    )
    assert (code, err) == (0, "")
    assert out_file.stat().st_size > 0


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("export", "invoices"), "There is no published table called invoices"),
        (("export", "open_items", "--currency", "XXX"), "The books have no currency called XXX"),
        (("export", "aged_balances", "--buckets", "60,30"), "do not follow one another"),
        (("export", "customers", "--as-of", "2024-01-01"), "has no date to choose by"),
    ],
)
def test_what_cannot_be_answered_is_refused(encaisse, published_home, tmp_path, args, reason):
    code, _, err = encaisse("--home", published_home, *args, "--out", tmp_path / "out")
    assert code == 1
    assert reason in err
    assert not (tmp_path / "out").exists()
