"""What the page of restatements says has changed about a past day, and about a closed one."""

from datetime import date
from decimal import Decimal

from desk.closes import CloseTotal, close_day
from desk.store import open_desk
from tests.dashboards.reading import fact, grid, texts


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


def test_a_closed_day_stands_beside_what_is_known_of_it_now(open_page, own_home):
    close_day(
        open_desk(own_home),
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


def test_a_day_that_was_closed_with_nothing_open_stands_beside_nothing(open_page, own_home):
    close_day(
        open_desk(own_home),
        closed_on=date(2023, 1, 31),
        known_on=date(2023, 1, 31),
        snapshot="of then",
        totals=[CloseTotal("nord", "EUR", Decimal(0), Decimal(0), 0)],
        author="Léa",
    )
    app = open_page("restatements", day="2023-01-31", entity="nord", since="close1")
    [row] = grid(app, "As closed (EUR)").to_dict("records")
    assert (row["As closed (EUR)"], row["As known now (EUR)"]) == (Decimal(0), Decimal(0))
    assert not app.warning
