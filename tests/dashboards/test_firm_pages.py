"""What the pages of the whole firm say: the overview, the measures, data health."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dashboards import charts
from tests.dashboards.reading import bare, change, columns_of, fact, grid, texts
from tests.published.small_snapshot import publish


def test_the_overview_says_how_much_is_owed_and_how_much_of_it_is_late(open_page):
    app = open_page(entity="nord")
    assert texts(app)[0].startswith("€3,250 receivable, 85% of invoices overdue; ")
    assert texts(app)[0].endswith("DSO has lengthened by 3 days in three months.")
    assert fact(app, "Receivables") == "€3,250"
    assert fact(app, "Overdue") == "€3,000"
    assert fact(app, "Share overdue") == "84.5%"
    assert fact(app, "Unapplied") == "\N{MINUS SIGN}€300"
    assert fact(app, "DSO, count-back") == "54 days"
    assert "first list of open items" not in " ".join(texts(app))


def test_the_overview_says_what_changed_and_who_moved(open_page):
    app = open_page()
    assert "€250 less owed than on 29 Jun 2024" in texts(app)
    why = grid(app, "Why")
    assert dict(zip(why["Why"], why["Amount (EUR)"], strict=True)) == {
        "Receipts": Decimal("-300.00"),
        "New invoices": Decimal("50.00"),
    }
    moved = grid(app, "Customers who changed bucket")
    assert moved.iloc[0].to_list()[:4] == [
        "Boulangerie Martin", "Not due", "1–30", Decimal("1000.00")
    ]  # fmt: skip


def test_the_first_snapshot_says_that_there_is_nothing_to_compare(open_page, tmp_path, monkeypatch):
    monkeypatch.setenv("ENCAISSE_HOME", str(publish(tmp_path)))
    assert any(text.startswith("This is the first snapshot") for text in texts(open_page()))


def test_two_currencies_are_never_added(open_page):
    euros, dollars = open_page(), open_page(currency="USD")
    assert fact(euros, "Receivables") == "€3,350"
    assert fact(dollars, "Receivables") == "US$1,000"


def test_a_refused_extract_is_said_on_the_first_page(open_page):
    warning = bare(open_page().warning[0].value)
    assert warning.startswith("1 extract was refused. 2 lines were set aside.")


def test_each_measure_has_its_definition_beside_it(open_page):
    said = " ".join(texts(open_page("measures", entity="nord")))
    assert "Walk back from the latest month" in said
    assert "No figure yet." in said  # the effectiveness index of the small snapshot
    assert "more than 90 days" in " ".join(texts(open_page("measures", scope="segment")))


def test_a_part_of_the_history_is_drawn_day_by_day(open_page, monkeypatch):
    drawn = []
    monkeypatch.setattr(charts, "show", lambda chart, _: drawn.append(chart.to_dict()))

    def days(field, **address):
        drawn.clear()
        open_page(entity="nord", **address)
        told = [row.get(field, "") for chart in drawn for row in values_of(chart)]
        return {date.fromisoformat(day[:10]) for day in told if day.endswith("T00:00:00")}

    assert {day for day in days("month") if day > date(2024, 5, 1)} == {
        date(2024, 5, 31),
        date(2024, 6, 30),
    }
    every = {date(2024, 5, 1) + timedelta(days=n) for n in range(61)}
    part = {"from_month": "2024-06", "to_month": "2024-05"}  # whichever was chosen first
    assert days("day", **part) >= every
    assert days("month", **part) == every  # the DSO, by the name of its axis


@pytest.mark.parametrize("is_bound", [True, False])
def test_a_figure_that_the_books_are_too_short_for_is_said_to_be_or_more(
    open_page, own_home, is_bound
):
    change(
        own_home,
        "insert into measures.monthly by name select 'customer' as scope, 'nord' as entity_id, "
        "'EUR' as currency, 'C001' as customer_id, date '2024-06-30' as month_end, "
        f"'dso_countback' as measure, 182 as value, {is_bound} as is_lower_bound",
    )
    app = open_page("measures", scope="customer")
    heads = {each.get("label") for frame in app.dataframe for each in columns_of(frame).values()}
    assert "Number" in heads
    assert ("Or more" in heads) == is_bound


def values_of(chart):
    return (
        [row for rows in chart["datasets"].values() for row in rows]
        if "datasets" in chart
        else (chart["data"]["values"])
    )


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Broken: “No extract was refused”. cut.txt: The file is empty. Export it again."),
        ("fr", "Non respecté : « Aucun extrait n’a été refusé ». cut.txt : Le fichier est vide."),
    ],
)
def test_what_a_check_found_is_read_whole_above_the_table(open_page, own_home, lang, said):
    change(
        own_home,
        "update intake.checks set detail = 'cut.txt: The file is empty. Export it again.' "
        "where not passed",
    )
    told = " ".join(texts(open_page("data_health", lang))).replace("\u202f", " ")
    assert f"- {said}" in told


def test_data_health_accounts_for_every_line(open_page):
    app = open_page("data_health")
    assert texts(app)[0] == (
        "4 extracts, 1 of them refused; 48 lines, 11 of them set aside; "
        "every total ties to the ledger."
    )
    files = grid(app, "Entity told")
    assert (files["Lines"] == files["Loaded"] + files["Set aside"]).all()
    aside = grid(app, "Reason")
    assert aside.loc[aside["Column"] == "Debit", ["Line", "Value"]].to_numpy().tolist() == [
        [29, "12,5O"]
    ]
    assert list(grid(app, "Receivable accounts")["Difference"]) == [Decimal("0.00")] * 3
