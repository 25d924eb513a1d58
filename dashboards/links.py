"""From a figure to the page that explains it."""

import streamlit as st

from dashboards.grids import Action
from dashboards.language import t

CUSTOMER_PAGE = "app_pages/customer.py"


def account_of(customers: list[dict[str, str]]) -> Action:
    """Return the button that opens the account of a row's customer.

    Args:
        customers: Rows with `entity_id` and `customer_id`, in the order of the grid.
    """

    def open_row(row: int) -> None:
        open_account(customers[row]["entity_id"], customers[row]["customer_id"])

    return Action(t("Account"), open_row)


def open_account(entity: str, customer: str) -> None:
    """Have the next run show an account: the callback of a button."""
    st.session_state["opened"] = (entity, customer)


def follow() -> None:
    """Go where a button of the last run led: a callback cannot change the page itself."""
    if opened := st.session_state.pop("opened", None):
        entity, customer = opened
        st.switch_page(CUSTOMER_PAGE, query_params={"of": entity, "account": customer})


def forget_account() -> None:
    """Close the account in the address."""
    for name in ("account", "of", "item", "cell"):
        st.query_params.pop(name, None)
