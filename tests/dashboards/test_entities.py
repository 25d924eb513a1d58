"""Whose a figure is: said where there are several entities, and left out where there is one."""

import pytest

from tests.dashboards.reading import change, columns_of, grid, texts

ONE_ENTITY = "delete from ledger.books where entity_id = 'sud'"
OF_NOBODY = "update intake.files set entity_id = 'main', entity_basis = 'default' where name = "

PAGES = [
    *("overview", "collection_list", "risk", "aged_balances", "data_health"),
    *("track_record", "customer"),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_firm_of_one_entity_does_not_read_of_which_entity_each_row_is(open_page, own_home, page):
    change(own_home, ONE_ENTITY)
    app = open_page(page)
    assert "All entities" not in " ".join(texts(app))
    for found in app.dataframe:
        if "refused_reason" not in found.value.columns:  # a file says its entity where it has one
            assert "Entity" not in {each.get("label") for each in columns_of(found).values()}


def test_past_days_of_a_firm_of_one_entity_are_those_of_the_firm(open_page, own_home):
    change(own_home, ONE_ENTITY)
    told = texts(open_page("restatements", day="2024-06-12"))
    assert "EUR" in told
    assert not any("All entities" in text for text in told)


def test_a_file_of_customers_is_not_said_to_be_of_an_entity_that_nobody_named(open_page, own_home):
    change(own_home, f"{OF_NOBODY} 'customers.xlsx'")
    files = grid(open_page("data_health"), "Entity told").set_index("File")
    assert files.loc["customers.xlsx", ["Entity", "Entity told"]].isna().all()
    assert files["Entity"].notna().any()


def test_what_is_watched_for_the_whole_firm_is_said_to_be_of_all_entities(open_page, own_home):
    change(
        own_home,
        "insert into predictions.drift by name select measure, null as entity_id, value, low, "
        "high, is_out, told_on from predictions.drift limit 1",
    )
    assert "All entities" in set(grid(open_page("track_record"), "Within its range")["Entity"])
