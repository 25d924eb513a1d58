"""What pages say of firms that are not like others: nothing is owed, or all of it is disputed."""

from datetime import date

import pytest

from dashboards import charts
from tests.dashboards.reading import change, grid, texts

# How right are we


ONE_ENTITY = """
delete from ledger.books where entity_id = 'sud';
update predictions.backtest_scores set value = 2 * value where entity_id is null
"""


def test_the_scores_of_the_one_entity_are_those_of_the_currency(open_page, own_home):
    change(own_home, ONE_ENTITY)
    told = texts(open_page("track_record"))
    assert told[0].startswith("Week by week, past forecasts were off by 20% of what came in;")
    assert texts(open_page("track_record", currency="USD"))[0] == (
        "There is too little history to say how right the forecast is."
    )
    assert "together" not in " ".join(told)


def test_scores_of_all_currencies_together_are_said_to_be_so(open_page):
    said = "These scores are of all entities and all currencies together."
    assert said in " ".join(texts(open_page("track_record")))
    assert said not in " ".join(texts(open_page("track_record", entity="nord")))


def test_weeks_of_which_nothing_was_said_and_in_which_nothing_came_hold_no_range(
    open_page, own_home
):
    change(
        own_home,
        "update predictions.backtest_weeks set forecast_amount = 0, low_80 = 0, high_80 = 0, "
        "actual_amount = 0",
    )
    told = texts(open_page("track_record"))
    assert "In EUR nothing was expected in past weeks, and nothing came in." in told
    assert not any("within the range" in text for text in told)


# Collection list


def test_what_is_late_but_worth_no_contact_is_said_to_be_late(open_page, own_home):
    change(own_home, "delete from worklist.priorities; delete from worklist.items")
    told = " ".join(texts(open_page("collection_list", entity="nord")))
    assert "There is nobody to contact today." in told
    assert "€3,500.00 is late or falls due within days, but no contact is worth its time" in told
    assert "No customer is late" not in told


def test_where_nothing_is_late_nobody_is_said_to_be_late(open_page, own_home):
    change(own_home, "delete from worklist.priorities; delete from worklist.items")
    told = " ".join(texts(open_page("collection_list", entity="sud", currency="USD")))
    assert "No customer is late, or due within days, in USD." in told


def disputed(chased):
    return (
        "update worklist.priorities set action = 'settle_dispute', disputed_amount = 1500, "
        f"{chased} where customer_id = 'C002'"
    )


@pytest.mark.parametrize(
    ("chased", "about"),
    [
        ("late_amount = 0", "€1,500, and €1,500 in dispute"),
        ("late_amount = 0, fits_today = false", "€1,500"),
    ],
)
def test_the_list_says_what_the_disputes_to_settle_today_are_about(
    open_page, own_home, chased, about
):
    change(own_home, disputed(chased))
    told = texts(open_page("collection_list", entity="nord"))
    assert told[0].endswith(f" minutes, about {about}.")
    later = "1 customer does not fit today: €1,500 in dispute"
    assert (later in told) == ("fits_today" in chased)


# Overview


@pytest.mark.parametrize(("listed_on", "is_said"), [("2024-03-31", True), ("2024-04-01", False)])
def test_the_dso_is_not_compared_with_a_month_before_the_first_list(
    open_page, own_home, listed_on, is_said
):
    change(
        own_home,
        "create table receivables.list_balances as "
        f"select 'nord' as entity_id, 'EUR' as currency, date '{listed_on}' as listed_on",
    )
    assert ("in three months" in texts(open_page(entity="nord"))[0]) == is_said


@pytest.mark.parametrize("missing", ["2024-03-31", "2024-06-30"])
def test_three_months_are_months_and_not_figures(open_page, own_home, missing):
    change(own_home, f"update measures.monthly set value = null where month_end = '{missing}'")
    assert "in three months" not in texts(open_page(entity="nord"))[0]


def test_a_month_without_a_figure_between_two_is_no_hindrance(open_page, own_home):
    change(own_home, "update measures.monthly set value = null where month_end = '2024-05-31'")
    assert "DSO has lengthened by 3 days in three months." in texts(open_page(entity="nord"))[0]


def test_where_nothing_is_open_no_empty_chart_is_drawn(open_page, monkeypatch):
    drawn = []
    monkeypatch.setattr(charts, "show", lambda _, what: drawn.append(what))
    told = texts(open_page(entity="sud", currency="USD"))
    assert "Nothing is open in USD." in told
    assert "Receivables by days late" not in drawn


MORE_CREDIT = "update receivables.movements set amount = 100 * amount where side = 'credit'"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [MORE_CREDIT],
            "Customers are in credit by €26,450 in all, though €3,000 is overdue; DSO",
        ),
        (
            [MORE_CREDIT, "delete from receivables.movements where side = 'debit'"],
            "Customers are in credit by €30,000 in all; DSO",
        ),
    ],
)
def test_a_firm_that_owes_its_customers_is_said_to_do_so(open_page, own_home, changes, said):
    change(own_home, *changes)
    assert texts(open_page(entity="nord"))[0].startswith(said)


def history_of(app):
    """Return the table under the history: its days and its amounts."""
    app.session_state["unfold_history"] = True
    table = grid(app.run(), "As of")
    return table["As of"], table["Amount (EUR)"]


def test_a_month_in_which_nothing_was_open_stands_in_the_history_as_nothing(open_page, own_home):
    change(
        own_home,
        "update receivables.daily_balances set amount = 0 where currency = 'EUR' "
        "and day in (date '2024-03-31', date '2024-06-30')",
    )
    app = open_page("overview", currency="EUR")
    days, amounts = history_of(app)
    assert days[amounts == 0].tolist() == [date(2024, 6, 30), date(2024, 3, 31)]
    assert "Receivables over 6 months" in texts(app)


def test_a_day_at_whose_close_nothing_was_open_stands_in_the_history_as_nothing(
    open_page, own_home
):
    change(
        own_home,
        "delete from receivables.daily_balances where currency = 'EUR' and day = date '2024-05-15'",
    )
    app = open_page("overview", currency="EUR", from_month="2024-05", to_month="2024-05")
    days, amounts = history_of(app)
    assert days[amounts == 0].tolist() == [date(2024, 5, 15)]
    assert days.nunique() == 31


# Risk


def test_where_nobody_owes_anything_nobody_is_said_to_wait_for_a_rank(open_page):
    told = " ".join(texts(open_page("risk", entity="sud", currency="USD")))
    assert "Nobody owes anything in USD: nobody is ranked." in told
    assert "encaisse refresh" not in told


def test_where_somebody_owes_and_nobody_is_ranked_a_refresh_is_proposed(open_page, own_home):
    change(own_home, "delete from predictions.customer_risk")
    assert "Run “encaisse refresh”" in " ".join(texts(open_page("risk")))


def test_the_first_snapshot_does_not_say_that_no_class_has_changed_since_another(
    open_page, own_home
):
    change(own_home, "update predictions.customer_risk set class_before = null")
    told = " ".join(texts(open_page("risk")))
    assert "This is the first snapshot" in told
    assert "No customer changed class" not in told


# Cash forecast


def test_where_nothing_is_expected_no_week_is_said_to_be_the_best(open_page, own_home):
    change(own_home, "update predictions.cash_forecast set amount = 0")
    told = texts(open_page("cash_forecast", entity="nord"))
    assert "Nothing is expected in the next weeks" in told
    assert not any(text.startswith("Most comes in") for text in told)


def test_where_nothing_came_and_nothing_is_expected_the_page_says_so_and_draws_nothing(
    open_page, own_home, monkeypatch
):
    drawn = []
    monkeypatch.setattr(charts, "show", lambda _, what: drawn.append(what))
    change(
        own_home,
        "update predictions.cash_forecast set amount = 0",
        "delete from receivables.receipts",
    )
    told = " ".join(texts(open_page("cash_forecast", currency="EUR")))
    assert "Nothing came in lately in EUR, and no invoice is expected to be paid." in told
    assert "Choose another entity or currency above" in told
    assert drawn == []


def test_what_comes_in_this_week_is_said_to_come_in_the_rest_of_it(open_page, own_home):
    change(
        own_home,
        "insert into predictions.periods "
        "values (0, 'week', date '2024-06-29', date '2024-06-30', true)",
        "insert into predictions.cash_forecast by name select 'nord' as entity_id, "
        "'EUR' as currency, 0 as period, 'total' as source, 90000 as amount",
    )
    told = texts(open_page("cash_forecast", entity="nord"))
    assert "Most comes in during the rest of this week: €90,000" in told


def test_receipts_of_which_nothing_was_said_are_not_held_against_nothing(open_page, own_home):
    change(own_home, "update predictions.forecast_history set said_amount = 0")
    told = texts(open_page("cash_forecast", entity="nord", part="actual"))
    assert "€2,095 came in over 4 weeks, of which nothing was said" in told
    assert not any("more than said" in text for text in told)


# Expected payments of a customer


def test_a_customer_of_whom_nothing_is_awaited_is_told_why_and_where_to_look(open_page, own_home):
    change(own_home, "delete from predictions.payment_timing where customer_id = 'C001'")
    told = " ".join(texts(open_page("customer", account="C001", of="nord", view="expected")))
    assert "No open invoice of this customer waits for a payment in EUR." in told
    assert "see “Open items”" in told


NO_DAY = (
    "update predictions.payment_timing set p10_on = null, p25_on = null, p50_on = null, "
    "p75_on = null, p90_on = null where customer_id = 'C001'"
)


def test_invoices_expected_on_no_day_are_said_to_be_so_and_no_empty_chart_is_drawn(
    open_page, own_home, monkeypatch
):
    drawn = []
    monkeypatch.setattr(charts, "show", lambda _, what: drawn.append(what))
    change(own_home, NO_DAY)
    app = open_page("customer", account="C001", of="nord", view="expected")
    told = " ".join(texts(app))
    assert "No payment of this customer is expected within a year" in told
    assert "Pick one below to see why" in told
    assert drawn == []
    assert len(grid(app, "Expected"))


def test_an_invoice_expected_on_no_day_among_others_is_said_not_to_be_drawn(open_page, own_home):
    change(own_home, f"{NO_DAY} and item_id = 101")
    told = " ".join(texts(open_page("customer", account="C001", of="nord", view="expected")))
    assert "1 invoice is not drawn: it is expected on no day within a year." in told
