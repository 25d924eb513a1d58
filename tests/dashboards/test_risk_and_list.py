"""What the pages of risk, of the collection list and of past forecasts say of the small firm."""

import re
from decimal import Decimal

import pytest

from dashboards import chances, language, reasons
from models.timing.features import GROUPS, KNOWN
from tests.dashboards.reading import bare, change, grid, texts

# Risk


def test_customers_stand_in_the_order_of_the_money_at_stake(open_page):
    app = open_page("risk", entity="nord")
    assert texts(app)[0] == (
        "Of €500 due within 30 days, €400 is expected to come late; 1 customer is critical."
    )
    found = grid(app, "Expected loss (EUR)")
    assert list(found["Class"]) == ["Critical", "Watch", "Low"]
    assert list(found["Expected loss (EUR)"]) == [Decimal(n) for n in ("800.00", "25.00", "5.00")]


def test_the_thresholds_of_the_classes_are_one_click_away_and_those_of_the_model(open_page):
    said = " ".join(texts(open_page("risk")))
    assert "25% of what is open expected to be lost, or payment expected 90 days late" in said
    assert "High: 5% expected to be lost, or payment expected 30 days late or more." in said


def test_a_customer_is_told_with_reasons(open_page):
    said = texts(open_page("risk", account="C001", of="nord"))
    assert (
        "Watch: owes €1,500.00, of which €1,000.00 is late; €500.00 falls due within 30 days and "
        "8 times out of 10 comes late; payment is expected 32 days after the due date on average; "
        "12 days later than a quarter ago."
    ) in said
    reasons_told = next(text for text in said if text.startswith("- Pays"))
    assert reasons_told.splitlines() == [
        "- Pays 12 days later lately than before; this adds 12 days",
        "- 1 other invoice is overdue, the oldest by 30 days; this adds 5 days",
        "- Terms of 30 days; this takes off 2 days",
    ]


def test_who_changed_class_is_said(open_page):
    moved = grid(open_page("risk", entity="nord"), "Customers who changed class")
    assert moved[["From", "To"]].to_numpy().tolist() == [["High", "Critical"]]


def test_a_class_can_be_looked_at_alone(open_page):
    app = open_page("risk", **{"class": "watch"})
    assert set(grid(app, "Expected loss (EUR)")["Class"]) == {"Watch"}


# Collection list


def test_the_list_begins_with_the_next_customer_what_to_do_and_whom_to_call(open_page):
    said = texts(open_page("collection_list", entity="nord"))
    assert said[0] == "2 customers to contact today, in 45 minutes, about €3,500."
    assert "1 of 2 today: Garage Lefèvre" in said
    assert any(text.startswith("Escalate: €2,000.00 is long overdue.") for text in said)
    assert "M. Dupont · +33 1 23 45 67 89 · compta@example.com" in said
    assert "Set apart: €300.00 received and matched to nothing yet." in said


def test_another_customer_of_the_list_is_a_link(open_page):
    app = open_page("collection_list", account="C001", of="nord")
    assert "2 of 2 today: Boulangerie Martin" in texts(app)
    found = grid(app, "To ask for (EUR)")
    assert dict(zip(found["Document"], found["To ask for (EUR)"], strict=True)) == {
        "F-101": Decimal("1000.00"),
        "F-102": Decimal("0.00"),
    }
    assert list(found["Set apart"].fillna("")) == ["", "In dispute"]


def test_next_goes_to_the_next_customer(open_page):
    app = open_page("collection_list")
    [next_one] = [button for button in app.button if bare(button.label) == "Next"]
    next_one.click().run()
    assert "2 of 2 today: Boulangerie Martin" in texts(app)
    assert app.query_params["account"] in ("C001", ["C001"])


def press(app, label: str) -> bool:
    """Press a button, and say whether it could be pressed."""
    [button] = [button for button in app.button if bare(button.label) == label]
    if button.disabled:
        return False
    button.click().run()
    return True


def shown_customer(app) -> str:
    """Return the customer at the top of the collection list."""
    [told] = [text for text in texts(app) if re.match(r"(\d+ of \d+|Not) today: ", text)]
    return told


def test_next_and_previous_go_through_the_whole_list_in_the_order_of_the_ranks(open_page):
    app = open_page("collection_list")
    there = [shown_customer(app)]
    while press(app, "Next"):
        there.append(shown_customer(app))
    back = [shown_customer(app)]
    while press(app, "Previous"):
        back.append(shown_customer(app))
    assert there == [
        "1 of 2 today: Garage Lefèvre",
        "2 of 2 today: Boulangerie Martin",
        "Not today: Boulangerie Martin",  # of the other entity
    ]
    assert back == there[::-1]


def test_of_a_long_list_the_grid_shows_the_first_and_all_are_counted(open_page, own_home):
    change(
        own_home,
        "insert into worklist.priorities select entity_id, 'X' || n, currency, 100 + n, "
        "'settle_dispute', 5, 500, false, 1, 10, 1, 2.50, 0, 0, 0, collector, null, null, null, "
        "null, 0, 1, currency from worklist.priorities, range(1, 1001) as more(n) "
        "where rank = 1 and currency = 'EUR'",
    )
    app = open_page("collection_list", account="X7", of="nord")
    app.session_state["unfold_later"] = True
    said = texts(app.run())
    assert "Not today: X7" in said
    assert "2 customers to contact today, in 45 minutes, about €3,500." in said
    assert "1,001 customers do not fit today: €11,100, and €2,500 in dispute" in said
    assert "First 200 of 1,001 rows; the download has them all." in said


def test_where_the_hours_reach_nobody_it_is_said_and_the_first_is_still_shown(open_page, own_home):
    change(own_home, "update worklist.priorities set fits_today = false")
    said = texts(open_page("collection_list"))
    assert said[0] == "There is nobody to contact today."
    assert "Not today: Garage Lefèvre" in said


def test_what_does_not_fit_today_is_said_and_apart(open_page):
    app = open_page("collection_list")
    assert "1 customer does not fit today: €100" in texts(app)
    today = grid(app, "Worth of a contact (EUR)")
    assert list(today["Customer"]) == ["Garage Lefèvre", "Boulangerie Martin"]


def test_the_list_before_is_held_against_what_was_paid(open_page):
    app = open_page("collection_list")
    assert "Of €3,800 on the list of 29 Jun 2024, €300 has been paid since" in texts(app)


# How right are we


def test_the_error_stands_beside_that_of_the_best_simple_rule(open_page):
    said = texts(open_page("track_record", entity="nord"))
    assert said[0] == (
        "Week by week, past forecasts were off by 20% of what came in; the best simple rule by 23%."
    )


def test_where_a_simple_rule_won_it_is_said(open_page):
    app = open_page("track_record")
    [told] = [bare(each.value) for each in app.info]
    assert told.startswith("A simple rule did better in places. All receipts, weeks 9 to 13: ")
    assert "Exponential smoothing of receipts (ETS) was closer (15.0% against 18.0%)" in told


def test_ours_stands_among_its_rivals_at_every_distance(open_page):
    found = grid(open_page("track_record"), "weeks 1 to 4")
    ours = found.loc[found["Method"] == "What is shown"].iloc[0]
    assert [ours[name] for name in ("weeks 1 to 4", "weeks 5 to 8", "weeks 9 to 13")] == [
        Decimal("14.000000"), Decimal("16.000000"), Decimal("18.000000")
    ]  # fmt: skip
    assert len(found) == 6


def test_invoices_are_scored_in_days_and_in_ranking(open_page):
    found = grid(open_page("track_record", subject="invoices", metric="auc"), "all weeks")
    assert found["Method"].iloc[0].startswith("Model")  # higher is better


def test_how_often_the_ranges_held_is_said(open_page):
    said = texts(open_page("track_record"))
    assert "What was said for 8 times out of 10 held 77 to 82 times out of 100" in said
    assert "1 measure has left its range: the model learns anew if it stays there" in said


# The account


def test_an_account_says_when_each_invoice_is_expected_and_why(open_page):
    app = open_page("customer", account="C001", of="nord", view="expected", item="102")
    said = texts(app)
    assert "8 times out of 10 between 1 Jul 2024 and 25 Jul 2024." in said
    assert "It rests on 12 settled invoices of this customer." in said
    assert "- Usually pays 8 days after the due date; this adds 6 days" in said
    found = grid(app, "At the earliest")
    assert list(found["Document"]) == ["F-102", "F-101"]
    assert list(found["Late"]) == ["8 times out of 10", "nearly always"]


def test_what_may_take_more_than_a_year_is_said_so(open_page):
    app = open_page("customer", account="C002", of="nord", view="expected", item="103")
    assert "9 times out of 10 after 20 Jul 2024, and it may take more than a year." in texts(app)


# Sentences


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("code", GROUPS)
def test_every_group_of_features_has_a_sentence_with_its_facts_and_without(code, lang):
    facts = {each.name: 3 for each in KNOWN if each.group == code}
    with language.speaking(lang):
        for told in (facts, {}, {name: float("nan") for name in facts}):
            said = reasons.tell(code, Decimal("4.0"), told)
            assert said and "{" not in said
            assert said.endswith("this adds 4 days" if lang == "en" else "cela ajoute 4 jours")


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        ("0.72", "7 times out of 10"), ("0.10", "1 time out of 10"), ("0.05", "1 time out of 10"),
        ("0.049", "hardly ever"), ("0.951", "nearly always"), ("0.949", "9 times out of 10"),
    ],
)  # fmt: skip
def test_a_chance_is_said_as_times_out_of_ten(probability, said):
    with language.speaking("en"):
        assert chances.out_of_ten(Decimal(probability)) == said


def test_a_customer_with_nothing_late_is_said_to_be_so_and_not_to_have_zero_late(
    open_page, own_home
):
    change(own_home, "update predictions.customer_risk set overdue_amount = 0")
    told = " ".join(texts(open_page("risk", account="C002", of="nord")))
    assert "nothing of it late; " in told
    assert "of which €0.00" not in told


@pytest.mark.parametrize(("effect", "is_said"), [("0.2", False), ("effect_days", True)])
def test_what_days_are_held_against_is_said_where_a_reason_says_days(
    open_page, own_home, effect, is_said
):
    change(own_home, f"update predictions.reasons set effect_days = {effect}")
    told = " ".join(texts(open_page("customer", account="C001", of="nord", view="expected")))
    assert ("The days are what each fact adds to, or takes off" in told) == is_said


@pytest.mark.parametrize(
    ("books", "is_said"), [("entity_id = 'sud' or currency <> 'EUR'", False), ("false", True)]
)
def test_whoever_has_nothing_else_to_choose_is_not_told_to_choose_something_else(
    open_page, own_home, books, is_said
):
    change(
        own_home,
        "delete from worklist.priorities",
        "delete from worklist.items",
        "update receivables.movements set amount = 0",
        f"delete from ledger.books where {books}",
    )
    told = " ".join(texts(open_page("collection_list")))
    assert ("Choose another currency, entity or collector." in told) == is_said
    assert ("The cash forecast says what is expected" in told) != is_said


def test_all_collectors_are_said_of_people_and_not_of_classes(open_page, own_home):
    change(
        own_home,
        "update worklist.priorities set collector = customer_id",
    )
    [choice] = [each for each in open_page("collection_list", "fr").selectbox
                if each.label == "Chargé de recouvrement"]  # fmt: skip
    assert choice.options[0] == "Tous"


@pytest.mark.parametrize(("latest", "is_said"), [("null", True), ("p50_on", False)])
def test_an_invoice_without_a_latest_day_is_said_to_take_perhaps_more_than_a_year(
    open_page, own_home, latest, is_said
):
    change(own_home, f"update predictions.payment_timing set p90_on = {latest}")
    told = texts(open_page("customer", account="C001", of="nord", view="expected"))
    assert ("Where no latest day stands, it may take more than a year." in told) == is_said
