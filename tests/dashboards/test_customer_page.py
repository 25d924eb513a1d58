"""What the account of a customer says, and how a customer is found."""

from decimal import Decimal

import pytest

from tests.dashboards.reading import change, fact, grid, texts


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
    ("lang", "country", "said"),
    [("fr", "DE", "Allemagne"), ("en", "DE", "Germany"), ("en", "Utopia", "Utopia")],
)
def test_the_country_is_said_in_the_readers_language(open_page, own_home, lang, country, said):
    change(own_home, f"update ledger.customers set country = '{country}'")
    app = open_page("customer", lang, account="C001", of="nord", view="terms")
    known = grid(app, "What is known" if lang == "en" else "Ce que l’on sait")
    assert said in set(known.iloc[:, 1])
