"""What the page of aged balances says of the small snapshot, which was aged by hand."""

from datetime import date
from decimal import Decimal

from tests.dashboards.reading import grid, texts


def balances(app):
    """Return the customers of the aged balance, without the row of all of them."""
    found = grid(app, "Total (EUR)")
    assert found["Customer"].iloc[0] == "All customers"
    return found.iloc[1:]


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


def test_the_day_of_a_link_stays_within_the_books(open_page):
    app = open_page("aged_balances", as_of="2030-01-01")
    assert app.date_input(key="as_of").value == date(2024, 6, 30)


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
