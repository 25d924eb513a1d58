"""What stands in the cells of the grids."""

import pytest

from tests.dashboards.reading import change, columns_of, written

NOTHING_LATE = (
    "update worklist.priorities set late_amount = 0, due_soon_amount = 0, worth_amount = 0"
)
DASH = "\N{EN DASH}"


@pytest.mark.parametrize("column", ["Late (EUR)", "Due soon (EUR)", "Worth of a contact (EUR)"])
def test_an_amount_of_nothing_is_written_one_way_on_the_collection_list(
    open_page, own_home, column
):
    change(own_home, NOTHING_LATE)
    assert set(written(open_page("collection_list"), column)) == {DASH}


def test_what_must_tie_is_said_to_be_nothing_in_figures(open_page):
    assert set(written(open_page("data_health"), "Difference")) == {"0.00"}


LONG = "SOCIETE INTERPROFESSIONNELLE DE TRANSPORTS ET LOGISTIQUE SAS"
PIXELS_OF_A_CAPITAL = 6.8  # in the letters of the grids, on average


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("restatements", {"day": "2024-06-12", "entity": "nord"}),
        ("collection_list", {}),
        ("aged_balances", {}),
        ("risk", {}),
    ],
)
def test_a_name_of_sixty_capitals_is_read_whole_in_the_lists_that_one_works_with(
    open_page, own_home, page, address
):
    change(
        own_home,
        f"update ledger.customers set name = '{LONG}', group_name = '{LONG}'",
    )
    widths = [
        config["width"]
        for frame in open_page(page, **address).dataframe
        for name, config in columns_of(frame).items()
        if name in ("name", "customer_name") and LONG in set(frame.value[name])
    ]
    assert widths and min(widths) >= len(LONG) * PIXELS_OF_A_CAPITAL


def test_every_class_of_risk_is_read_whole(open_page):
    frames = open_page("risk", "fr").dataframe
    config = next(columns_of(each)["risk_class"] for each in frames)
    assert config["width"] > len("Classe") * 6
