"""What stands in the cells of the grids."""

import pytest

from tests.dashboards.reading import change, written

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
