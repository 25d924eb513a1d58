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
restatements = st.Page(
    "app_pages/restatements.py",
    title=t("Restatements"),
    icon=":material/history:",
    help=t("What has changed about a past day since, item by item, and the closed month ends."),
)
customer = st.Page(
    "app_pages/customer.py",
    title=t("Customer account"),
    icon=":material/contact_page:",
    help=t("One customer: what is open, what was paid and when, statement of account."),
)
cash_forecast = st.Page(
    "app_pages/cash_forecast.py",
    title=t("Cash forecast"),
    icon=":material/trending_up:",
    help=t("What comes in over the next 13 weeks, how sure, and which invoices make it."),
)
risk = st.Page(
    "app_pages/risk.py",
    title=t("Risk"),
    icon=":material/crisis_alert:",
    help=t("Whose payment to worry about, by money at stake, and why."),
)
collection_list = st.Page(
    "app_pages/collection_list.py",
    title=t("Collection list"),
    icon=":material/checklist:",
    help=t("Whom to contact today, in the order in which it is worth most."),
)
track_record = st.Page(
    "app_pages/track_record.py",
    title=t("How right are we"),
    icon=":material/target:",
    help=t("How past forecasts did against what came in, beside simple rules."),
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
pages = [
    *(overview, cash_forecast, collection_list, risk, aged_balances, restatements, customer),
    *(measures, track_record, data_health),
]
chosen = st.navigation(pages, position="top")


def run() -> None:
    address.open_page(chosen.url_path)
    has_books = chosen not in (customer, data_health)
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"
    ):
        choices = st.container(horizontal=True, vertical_alignment="bottom", width="content")
        with choices:  # where nothing is to choose, an empty place keeps the switch on the right
            st.empty()
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
