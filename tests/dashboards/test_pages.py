"""What each page says of the small snapshot, which was aged by hand."""

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dashboards import charts, state
from desk.closes import CloseTotal, close_day
from desk.store import open_desk
from tests.dashboards.reading import bare, columns_of, texts
from tests.published.small_snapshot import publish

PAGES = (
    *("overview", "cash_forecast", "collection_list", "risk", "aged_balances", "customer"),
    *("restatements", "measures", "track_record", "data_health"),
)


def balances(app):
    """Return the customers of the aged balance, without the row of all of them."""
    found = grid(app, "Total (EUR)")
    assert found["Customer"].iloc[0] == "All customers"
    return found.iloc[1:]


def grid(app, column):
    """Return the rows of the first grid that has a column of this header."""
    for found in app.dataframe:
        headers = {name: config.get("label") for name, config in columns_of(found).items()}
        if column in headers.values():
            return found.value.rename(columns=headers)
    raise AssertionError(f"no grid has the column {column}")


def fact(app, label):
    return next(bare(each.value) for each in app.metric if bare(each.label) == label)


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_in_both_languages(open_page, page, lang):
    app = open_page(page, lang)
    assert not app.error
    assert len(app.title) == 1


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


def test_the_aged_balance_of_a_past_day_knows_nothing_of_later_days(open_page):
    app = open_page("aged_balances", as_of="2024-03-19", entity="nord")
    assert texts(app)[0] == "€2,700 open on 19 Mar 2024; €2,700 late."
    assert balances(app)["1–30"].sum() == Decimal("2700.00")


def test_the_buckets_are_those_that_the_reader_chose(open_page):
    app = open_page("aged_balances", by="document", buckets="20, 40, 70", credits="net")
    found = balances(app)
    assert {"21–40", "41–70", "Over 70"} <= set(found.columns)
    assert "Unapplied" not in found.columns
    assert found["Total (EUR)"].sum() == Decimal("3350.00")


def test_the_boundaries_of_another_system_are_said_where_they_are_used(open_page):
    app = open_page("aged_balances", entity="nord", convention="oca_statement")
    assert balances(app)["31–60"].sum() == Decimal("1000.00")
    assert any("by the boundaries of OCA, partner statement" in text for text in texts(app))
    assert app.query_params["convention"] == "oca_statement"
    french = open_page("aged_balances", "fr", entity="nord", convention="erpnext")
    assert grid(french, "Total (EUR)")["0–30"].iloc[0] == Decimal("1550.00")
    assert any("selon les bornes de ERPNext" in text for text in texts(french))
    ours = open_page("aged_balances", entity="nord", convention="luck")
    assert not any("boundaries of" in text for text in texts(ours))
    assert "convention" not in ours.query_params


def test_customers_of_one_group_stand_together_and_count_once(open_page):
    apart = balances(open_page("aged_balances", entity="nord"))
    together = balances(open_page("aged_balances", entity="nord", grouped="1"))
    assert "Groupe Martin" in set(together["Customer"])
    assert "Boulangerie Martin" not in set(together["Customer"])
    assert together["Total (EUR)"].sum() == apart["Total (EUR)"].sum() == Decimal("3250.00")


def test_the_first_row_is_what_all_customers_owe(open_page):
    for address in ({}, {"entity": "nord", "as_of": "2024-05-31"}):
        found = grid(open_page("aged_balances", **address), "Total (EUR)")
        for column in ("Total (EUR)", "Not due", "Over 120"):
            if column in found:
                assert found[column].iloc[0] == found[column].iloc[1:].sum()
    late = grid(open_page("aged_balances", bucket="over_120"), "Total (EUR)")
    assert list(late["Total (EUR)"]) == [Decimal("3350.00"), Decimal("1700.00")]


def test_under_the_table_stands_that_it_ties_to_the_ledger(open_page):
    for as_of, total in (("2024-06-30", "€3,350.00"), ("2024-05-31", "€3,800.00")):
        said = texts(open_page("aged_balances", as_of=as_of))
        [tie_out] = [text for text in said if text.startswith("Tie-out")]
        assert f"receivable accounts {total}, open items {total}, difference €0.00" in tie_out


def test_from_a_bucket_to_its_customers_to_the_document_to_the_line_of_the_extract(open_page):
    app = open_page("aged_balances", bucket="1-30")
    assert list(balances(app)["Customer"]) == ["Boulangerie Martin"]
    app = open_page("aged_balances", account="C001", of="nord", cell="1-30")
    assert list(grid(app, "Label")["Document"]) == ["F-101"]
    app = open_page("aged_balances", account="C001", of="nord", cell="1-30", item="101")
    assert "Line 5 of 111111111FEC20241231.txt" in texts(app)
    line = grid(app, "What the line says")
    facts = dict(zip(line["What the line says"], line["Value"], strict=True))
    assert facts["File"] == "111111111FEC20241231.txt"
    assert (facts["Line number"], facts["Journal"], facts["Entry"]) == ("5", "VE", "5")
    assert facts["Due"] == "31 May 2024 (customer's terms)"
    assert grid(app, "Matched on")["Document"].to_list() == ["R-101"]


def test_a_customer_is_found_by_a_part_of_the_name_without_its_accents(open_page):
    app = open_page("customer", q="lefevre")
    assert list(grid(app, "Segment")["Number"]) == ["C002"]
    assert list(grid(open_page("customer", q="c004"), "Segment")["Customer"]) == ["Acme"]
    assert "No customer has “zzz” in the name or number." in " ".join(
        texts(open_page("customer", q="zzz"))
    )


def test_an_account_says_what_is_owed_late_and_of_which_limit(open_page):
    app = open_page("customer", account="C001", of="nord")
    said = texts(app)
    assert said[0] == "Boulangerie Martin"
    assert "Owes €1,500.00; €1,000.00 late, the oldest by 30 days." in said
    assert fact(app, "Credit limit used") == "100%"


def test_the_statement_runs_to_the_balance(open_page):
    app = open_page("customer", account="C001", of="nord", view="statement")
    lines = grid(app, "Balance (EUR)")
    assert list(lines["Balance (EUR)"]) == [
        Decimal(amount) for amount in ("700.00", "0.00", "1200.00", "1700.00", "1500.00")
    ]
    earlier = open_page("customer", account="C001", of="nord", view="statement", as_of="2024-05-01")
    assert list(grid(earlier, "Balance (EUR)")["Balance (EUR)"])[-1] == Decimal("1200.00")


def test_matches_say_how_late_each_payment_came(open_page):
    found = grid(open_page("customer", account="C001", of="nord", view="matches"), "Settled by")
    assert list(zip(found["Document"], found["Days after the due date"], strict=True)) == [
        ("F-101", 10),
        ("F-100", 5),
    ]


def test_terms_are_said_in_the_readers_words_and_the_group_counts_each_member_once(open_page):
    app = open_page("customer", "fr", account="C001", of="nord", view="terms")
    known = grid(app, "Ce que l’on sait")
    assert "30 jours net" in set(known["Valeur"])
    members = grid(app, "Reste dû (EUR)")
    assert members["Reste dû (EUR)"].sum() == Decimal("1500.00")
    assert (
        "Ensemble, ils doivent 1\u202f500,00\u00a0€\u202f; 1\u202f000,00\u00a0€ en retard."
    ) in texts(app)


@pytest.mark.parametrize("view", ["open", "statement", "timeline", "matches", "delays", "terms"])
@pytest.mark.parametrize(("of", "account"), [("nord", "C004"), ("nord", "C003"), ("nord", "H001")])
def test_every_part_of_every_account_can_be_shown(open_page, view, of, account):
    app = open_page("customer", account=account, of=of, view=view)
    assert not app.error


@pytest.mark.parametrize(
    ("page", "address", "says"),
    [
        ("customer", {"account": "C999", "of": "nord"}, "There is no such customer."),
        ("customer", {"account": "' or 1=1 --", "of": "nord"}, "There is no such customer."),
        ("aged_balances", {"item": "nothing"}, "The document of this link is not in the books"),
        ("aged_balances", {"as_of": "1990-01-01"}, "15 Jan 2024"),  # the first entry
        ("aged_balances", {"as_of": "soon", "currency": "XYZ", "by": "luck"}, "€3,350 open"),
        ("aged_balances", {"buckets": "30, 10"}, "Buckets need whole numbers that rise"),
        ("aged_balances", {"entity": "sud", "currency": "USD"}, "Nothing was open on"),
        ("aged_balances", {"account": "C001", "of": "sud", "cell": "1-30"}, "has no open document"),
        ("overview", {"entity": "sud", "currency": "USD"}, "Nothing is owed in USD."),
        ("measures", {"currency": "USD"}, "There are no measures in USD"),
        ("measures", {"scope": "customer"}, "No customer has a figure"),
    ],
)
def test_a_link_to_what_is_not_there_says_so(open_page, page, address, says):
    app = open_page(page, **address)
    assert not app.error
    assert says in " ".join(texts(app))


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


def values_of(chart):
    return (
        [row for rows in chart["datasets"].values() for row in rows]
        if "datasets" in chart
        else (chart["data"]["values"])
    )


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


def test_an_empty_home_says_what_to_do_in_the_readers_language(open_page, tmp_path, monkeypatch):
    monkeypatch.setenv("ENCAISSE_HOME", str(tmp_path / "nothing"))
    assert "Nothing has been published yet. Run “make run” once" in " ".join(texts(open_page()))
    french = " ".join(texts(open_page(lang="fr")))
    assert french.startswith("Rien n’a encore été publié. Lancez une fois «\u202fmake run\u202f»")


def test_a_damaged_snapshot_is_said_to_be_damaged(open_page, tmp_path, monkeypatch):
    home = publish(tmp_path)
    [file] = (home / "snapshots").glob("*.duckdb")
    file.write_bytes(file.read_bytes()[:5000])
    (home / "CURRENT").write_text(
        (home / "CURRENT").read_text().replace('"sha256": "', '"sha256": "x', 1)
    )
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    for page in PAGES:
        app = open_page(page)
        assert bare(app.error[0].value).startswith("The published snapshot cannot be")
    (home / "CURRENT").write_text("{")
    assert "The pointer to the published snapshot" in texts(open_page())[0]


def test_whatever_goes_wrong_no_stack_is_shown(open_page, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(state, "rows", fail)
    app = open_page()
    said = " ".join(texts(app))
    assert "Something went wrong while this page was being prepared." in said
    assert "secret detail" not in said
    assert "secret detail" in caplog.text


def test_a_new_snapshot_is_shown_on_the_next_run(open_page, tmp_path, monkeypatch):
    home = publish(tmp_path)
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    app = open_page()
    assert "This is the first snapshot" in " ".join(texts(app))
    publish(home, "20240702T060000Z-next", previous="20240701T060000Z")
    app.run()
    assert "€250 less owed than on 29 Jun 2024" in texts(app)


def test_todays_books_are_said_to_be_old_once_a_refresh_is_overdue(
    open_page, tmp_path, monkeypatch
):
    home = publish(tmp_path)
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    assert not any("days old" in text for text in texts(open_page()))  # historical books
    told = json.loads((home / "CURRENT").read_text())
    (home / "CURRENT").write_text(json.dumps({**told, "as_of_basis": "today"}))
    assert any(
        "days old: the last refresh was on 1 Jul 2024" in text for text in texts(open_page())
    )


def test_books_without_receivables_say_what_to_do(open_page, tmp_path, monkeypatch):
    import duckdb

    home = publish(tmp_path)
    [file] = (home / "snapshots").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        for table in ("ledger.items", "receivables.movements", "receivables.month_ends"):
            con.execute(f"delete from {table}")
    told = json.loads((home / "CURRENT").read_text())
    (home / "CURRENT").write_text(json.dumps({**told, "sha256": "empty"}))
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    for page in PAGES:
        assert not open_page(page).error
    assert "Put the ledger extract (FEC) in the folder" in " ".join(texts(open_page()))


def test_the_day_of_a_link_stays_within_the_books(open_page):
    app = open_page("aged_balances", as_of="2030-01-01")
    assert app.date_input(key="as_of").value == date(2024, 6, 30)


def test_an_old_snapshot_can_be_deleted_while_it_is_shown(open_page, tmp_path, monkeypatch):
    home = publish(tmp_path)
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    app = open_page()
    shutil.rmtree(home / "snapshots")
    app.switch_page("app_pages/aged_balances.py").run()
    assert not app.error


def test_a_past_day_is_shown_as_it_was_known_then(open_page):
    now = open_page("aged_balances", as_of="2024-06-12", entity="nord")
    then = open_page("aged_balances", as_of="2024-06-12", entity="nord", known="then")
    sums = [balances(app)["Total (EUR)"].sum() for app in (now, then)]
    assert sums[1] - sums[0] == Decimal("150.00")
    assert any("as we knew it on 12 Jun 2024" in text for text in texts(then))
    for app in (now, then):
        assert any("difference \N{MINUS SIGN}€150.00" in text for text in texts(app))
        [tie_out] = [text for text in texts(app) if text.startswith("Tie-out")]
        assert "difference €0.00" in tie_out
    assert then.query_params["known"] == "then"
    account = open_page("customer", account="C002", of="nord", as_of="2024-06-12", known="then")
    assert "F-099" in set(grid(account, "Document")["Document"])


def test_the_restatements_of_a_day_tie_to_its_two_views(open_page):
    app = open_page("restatements", day="2024-06-12", entity="nord")
    said = "1 item of 12 Jun 2024 has changed since 12 Jun 2024: \N{MINUS SIGN}€150."
    assert texts(app)[0] == said
    assert fact(app, "Difference") == "\N{MINUS SIGN}€150.00"
    [row] = grid(app, "Cause").to_dict("records")
    assert (row["Cause"], row["Items"]) == ("No longer in the books", 1)
    [row] = grid(app, "Brought by").to_dict("records")
    assert (row["Document"], row["Customer"]) == ("F-099", "Garage Lefèvre")
    assert not app.warning


def test_a_day_about_which_nothing_changed_says_what_that_means(open_page):
    app = open_page("restatements", day="2024-03-31")
    assert texts(app)[0] == "Nothing has changed about 31 Mar 2024 since 31 Mar 2024."
    assert any("it is known now as it was known then" in text for text in texts(app))
    assert any("No day has been closed." in text for text in texts(app))


def test_a_closed_day_stands_beside_what_is_known_of_it_now(open_page):
    close_day(
        open_desk(state.home()),
        closed_on=date(2024, 5, 31),
        known_on=date(2024, 5, 31),
        snapshot="of then",
        totals=[CloseTotal("nord", "EUR", Decimal(3850), Decimal(2000), 4)],
        author="Léa",
    )
    app = open_page("restatements", day="2024-05-31", entity="nord", since="close1")
    [row] = grid(app, "As closed (EUR)").to_dict("records")
    assert (row["As closed (EUR)"], row["As known now (EUR)"]) == (Decimal(3850), Decimal(3700))
    assert row["By"] == "Léa"
    assert not app.warning
