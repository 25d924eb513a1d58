"""A firm that gives lists of open items, from the command line to the screens."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dashboards.reading import bare, grid, texts
from tests.pipelines.open_lists import HEADER, written

ENCAISSE = Path(sys.executable).parent / "encaisse"
SETTINGS = """
[[tables]]
files = ["*.csv"]
kind = "open_items"
decimal = ","
date_format = "%d/%m/%Y"
columns = { document_ref = "facture", customer_id = "client", document_on = "date", due_on = "echeance", amount = "montant", open_amount = "reste", currency = "devise" }
"""  # noqa: E501  (an inline table is one line)
LISTS = {
    "2024-03-03": [
        "F1;A;10/01/2024;09/02/2024;100,00;100,00;EUR",
        "F2;A;20/01/2024;19/02/2024;250,00;200,00;EUR",
        "F3;B;01/03/2024;31/03/2024;80,00;80,00;EUR",
    ],
    "2024-03-10": [
        "F2;A;20/01/2024;19/02/2024;250,00;150,00;EUR",
        "F3;B;01/03/2024;31/03/2024;80,00;80,00;EUR",
    ],
    "2024-03-17": ["F3;B;01/03/2024;15/04/2024;80,00;80,00;EUR"],
}


def encaisse(home, *args):
    """Run the command, and return what it printed."""
    command = [ENCAISSE, "--home", home, *args]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home in which the three lists are published. Only to be read."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "extracts").mkdir()
    (folder / "encaisse.toml").write_text(SETTINGS)
    for day, rows in LISTS.items():
        (folder / "extracts" / f"encours {day}.csv").write_text(written(rows, HEADER))
    encaisse(folder, "refresh")
    return folder


@pytest.fixture
def open_page(home, open_page, monkeypatch):
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    return open_page


def exported(home, tmp_path, table, *args):
    """The lines of an export, as dictionaries of texts."""
    file = tmp_path / "out.csv"
    encaisse(home, "export", table, *args, "--format", "csv", "--out", file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("day", "what"),
    [
        ("2024-03-09", {"F1": "100.00", "F2": "200.00", "F3": "80.00"}),
        ("2024-03-10", {"F2": "150.00", "F3": "80.00"}),
    ],
)
def test_the_open_items_of_a_day_are_those_of_the_last_list_before_it(home, tmp_path, day, what):
    rows = exported(home, tmp_path, "open_items", "--as-of", day)
    assert {row["document_ref"]: row["open_amount"] for row in rows} == what


@pytest.mark.parametrize(
    ("known_on", "due_on"), [("2024-03-10", "2024-03-31"), ("2024-03-17", "2024-04-15")]
)
def test_a_list_is_asked_again_as_it_was_known(home, tmp_path, known_on, due_on):
    asked = ("--as-of", "2024-03-10", "--known-on", known_on)
    rows = exported(home, tmp_path, "open_items", *asked)
    assert {row["document_ref"]: row["due_on"] for row in rows} == {
        "F2": "2024-02-19",
        "F3": due_on,
    }


def test_an_export_of_items_says_between_which_days_each_was_settled(home, tmp_path):
    rows = exported(home, tmp_path, "items")
    assert sorted(
        (row["document_ref"], row["amount"], row["settled_after"], row["settled_by"])
        for row in rows
        if row["kind"] == "settlement"
    ) == [
        ("F1", "-100.00", "2024-03-03", "2024-03-10"),
        ("F2", "-150.00", "2024-03-10", "2024-03-17"),
        ("F2", "-50.00", "", "2024-03-03"),
        ("F2", "-50.00", "2024-03-03", "2024-03-10"),
    ]


def test_the_status_holds_the_newest_list_against_its_open_items(home):
    told = json.loads(encaisse(home, "status", "--json"))
    assert told["as_of"] == "2024-03-17"
    assert told["list_totals"] == [
        {
            **{"entity": "main", "currency": "EUR", "listed_on": "2024-03-17"},
            **{"listed": "80.00", "open_items": "80.00", "gap": "0.00"},
        }
    ]
    [line] = [line for line in encaisse(home, "status").splitlines() if "2024-03-17  " in line]
    assert line.split() == ["main", "EUR", "2024-03-17", "80.00", "80.00", "0.00"]


@pytest.mark.parametrize(
    ("lang", "header", "said"),
    [
        ("en", "Settled", ["by 3 Mar 2024", "between 3 Mar 2024 and 10 Mar 2024"]),
        ("fr", "Réglé", ["au plus tard le 3 mars 2024", "entre le 3 mars 2024 et le 10 mars 2024"]),
    ],
)
@pytest.mark.parametrize("view", ["statement", "timeline", "matches"])
def test_an_account_says_between_which_days_it_was_paid(open_page, lang, header, said, view):
    app = open_page("customer", lang, account="A", of="main", view=view)
    assert set(said) <= set(grid(app, header)[header])


def test_a_document_says_between_which_days_it_was_settled(home, open_page, tmp_path):
    [item] = [
        row["item_id"]
        for row in exported(home, tmp_path, "items")
        if (row["kind"], row["document_ref"]) == ("invoice", "F1")
    ]
    app = open_page("customer", account="A", of="main", item=item)
    assert list(grid(app, "Settled")["Settled"]) == ["between 3 Mar 2024 and 10 Mar 2024"]
    assert list(grid(app, "Settled")["Method"]) == ["Gone from the list"]


def test_data_health_says_how_the_day_of_each_list_is_known(open_page):
    app = open_page("data_health")
    rows = grid(app, "Day told by")
    assert list(rows["Day told by"]) == ["the file's name"] * 3
    assert list(rows["Gone since the list before"]) == [1, 1, 0]
    assert "Lists of open items" in [bare(text) for text in texts(app)]


@pytest.mark.parametrize(
    "page",
    [
        *("overview", "cash_forecast", "collection_list", "risk", "aged_balances", "measures"),
        "track_record",
    ],
)
def test_every_page_opens_for_such_a_firm(open_page, page):
    assert not open_page(page).error


@pytest.mark.parametrize("name", ["overview", "measures"])
def test_charts_say_from_which_day_on_a_firm_of_lists_is_known(open_page, name):
    said = " ".join(texts(open_page(name, "en")))
    assert "Before 3 Mar 2024, the day of the first list of open items, all this is too low" in said


def test_what_is_owed_by_lists_alone_ties_to_the_extracts(open_page):
    told = texts(open_page("data_health"))
    assert told[0].endswith("; every total ties to the extracts.")
    assert "In the extracts" in told
    assert "Receivable accounts" not in told
    assert "Tie-out on 17 Mar 2024: extracts €80.00, open items €80.00, difference €0.00." in (
        texts(open_page("aged_balances"))
    )
