from pathlib import Path

import streamlit as st

from dashboards import address, filters, language, links, page, state
from dashboards.language import t

st.set_page_config(
    page_title="Encaisse",
    page_icon=str(Path(__file__).parent / "icon.svg"),  # an icon's name would be fetched elsewhere
    layout="wide",
)

overview = st.Page(
    "app_pages/overview.py",
    title=t("Overview"),
    icon=":material/monitoring:",
    help=t("How much is owed, how much of it is late, and what changed."),
    default=True,
)
aged_balances = st.Page(
    "app_pages/aged_balances.py",
    title=t("Aged balances"),
    icon=":material/hourglass_bottom:",
    help=t("Who owes what and how late it is, on any day, down to the line of the extract."),
)
customer = st.Page(
    "app_pages/customer.py",
    title=t("Customer account"),
    icon=":material/contact_page:",
    help=t("One customer: what is open, what was paid and when, statement of account."),
)
measures = st.Page(
    "app_pages/measures.py",
    title=t("Measures"),
    icon=":material/show_chart:",
    help=t("DSO and the other measures over time, each with its definition."),
)
data_health = st.Page(
    "app_pages/data_health.py",
    title=t("Data health"),
    icon=":material/fact_check:",
    help=t("What came in, what was set aside and why, and whether everything ties."),
)
chosen = st.navigation([overview, aged_balances, customer, measures, data_health], position="top")


def run() -> None:
    address.open_page(chosen.url_path)
    has_books = chosen in (overview, aged_balances, measures)
    with st.container(
        horizontal=True,
        vertical_alignment="bottom",
        horizontal_alignment="distribute" if has_books else "right",
    ):
        choices = st.container(horizontal=True, vertical_alignment="bottom", width="content")
        with st.container(width="content"):
            language.switch()
    state.follow()
    links.follow()
    if has_books:
        with choices:
            filters.choose_books()
    chosen.run()
    address.close_page()


page.guarded(run)
