"""Customer account: what one customer owes, what was paid and when, and the statement of it."""

from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import (
    account,
    documents,
    entities,
    filters,
    formats,
    grids,
    links,
    page,
    predicted,
    state,
    words,
)
from dashboards.grids import Column
from dashboards.language import mark, t
from dashboards.owed import Owed
from dashboards.state import Row

SEARCH = """
with found as (
    select entity_id, customer_id, name, group_name, segment, lower(strip_accents($q)) as wanted
    from ledger.customers
)
select * exclude (wanted), count(*) over ()::int as row_count
from found
where contains(lower(strip_accents(name)), wanted) or contains(lower(customer_id), wanted)
order by lower(customer_id) <> wanted, lower(strip_accents(name)), entity_id, customer_id
limit $limit
"""

CUSTOMER = """
select * from ledger.customers where entity_id = $of and customer_id = $customer
"""

CURRENCIES = """
select currency
from ledger.items
where entity_id = $of and customer_id = $customer
group by currency
order by count(*) desc, currency
"""

BUCKETS = """
select bucket, bucket_rank, is_overdue, sum(open_amount)::decimal(18, 2) as amount,
    count(*)::int as item_count
from receivables.aged_items($as_of, _known_on := $known_on)
where entity_id = $of and customer_id = $customer and currency = $currency
group by all
order by bucket_rank
"""

OLDEST = """
select max(days_late) as days_late
from receivables.open_items($as_of, _known_on := $known_on)
where entity_id = $of and customer_id = $customer and currency = $currency and side = 'debit'
"""

VIEWS = {
    "open": mark("Open items"),
    "expected": mark("Expected payments"),
    "statement": mark("Statement of account"),
    "timeline": mark("Timeline"),
    "matches": mark("Matches"),
    "delays": mark("Delays"),
    "terms": mark("Terms and group"),
}


def search() -> None:
    """Show the customers whose name or number holds what was typed."""
    page.headline(t("Whose account?"), t("Search by name or by number."))
    typed = st.text_input(
        t("Customer"),
        key="q",
        bind="query-params",
        placeholder=t("Name or number"),
        icon=":material/search:",
        max_chars=100,
        label_visibility="collapsed",
        width=420,
    )
    found = state.rows(SEARCH, q=(typed or "").strip(), limit=grids.SHOWN)
    if not found:
        page.empty(
            t("No customer has “{text}” in the name or number.", text=typed or ""),
            t("Try a part of the name, without its legal form."),
        )
        return
    columns = [
        Column("name", t("Customer"), width="fit"),
        Column("customer_id", t("Number")),
        *entities.columns(),
        Column("group_name", t("Group"), width=220),
        Column("segment", t("Segment")),
    ]
    grids.show(
        found, columns, what=t("Customers"), key="found", action=links.account_of(found), height=560
    )
    if len(found) < found[0]["row_count"]:
        page.note(
            t(
                "First {shown} of {total} customers; type more of the name to find one.",
                shown=formats.number(len(found)),
                total=formats.number(found[0]["row_count"]),
            )
        )


def finding(owed: Owed, oldest: int | None, currency: str) -> str:
    """Say in one line what the customer owes, and how late it is."""
    if not owed.receivable and not owed.overdue:
        return t("Owes nothing in {currency}.", currency=currency)
    if owed.receivable < 0:
        told = t("{amount} in credit", amount=formats.money(-owed.receivable, currency))
    else:
        told = t("Owes {amount}", amount=formats.money(owed.receivable, currency))
    parts = [told]
    if owed.overdue:
        parts.append(
            t(
                "{late} late, the oldest by {days}",
                late=formats.money(owed.overdue, currency),
                days=formats.days(oldest),
            )
        )
    elif owed.receivable > 0:
        parts.append(t("nothing late"))
    if owed.unapplied:
        parts.append(
            t("{amount} matched to nothing", amount=formats.money(-owed.unapplied, currency))
        )
    return t("; ").join(parts) + "."


def choose(values: dict[str, Any]) -> dict[str, Any]:
    """Show the choice of a day, and of a currency where the customer has several."""
    currencies = [row["currency"] for row in state.rows(CURRENCIES, **values)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        as_of = filters.day()
        known_on = filters.knowledge(as_of)
        currency = currencies[0]
        if len(currencies) > 1:
            currency = filters.one_of(t("Currency"), currencies, key="account_currency")
        st.button(
            t("Another customer"),
            icon=":material/search:",
            type="tertiary",
            on_click=links.forget_account,
        )
    return {**values, "as_of": as_of, "known_on": known_on, "currency": currency}


def show_facts(owed: Owed, oldest: int | None, customer: Row, currency: str) -> None:
    """Show what is owed, how late, and how much of the limit it takes."""
    receivable, overdue, late, limit = st.columns(4)
    with receivable:
        page.fact(t("Receivables"), formats.money_short(owed.receivable, currency))
    with overdue:
        page.fact(t("Overdue"), formats.money_short(owed.overdue, currency))
    with late:
        told = formats.days(oldest) if oldest and oldest > 0 else formats.NOTHING
        page.fact(t("Oldest days late"), told)
    with limit:
        allowed = customer["credit_limit"]
        if allowed and customer["currency"] in (None, currency):
            page.fact(
                t("Credit limit used"),
                formats.percent(100 * max(owed.receivable, Decimal(0)) / allowed),
                about=t("Of a limit of {amount}.", amount=formats.money(allowed, currency)),
            )
        else:
            page.fact(t("Credit limit used"), formats.NOTHING, about=t("No limit is known."))


def show_account(of: str, number: str) -> None:
    """Show one account, or say that there is none."""
    values = {"of": of, "customer": number}
    found = state.rows(CUSTOMER, **values)
    if not found:
        page.headline(t("There is no such customer."), "")
        page.empty(
            t(
                "The books have no customer {number} in {entity}.",
                number=number,
                entity=words.entities()(of),
            ),
            t("Look the customer up by name."),
        )
        st.button(t("Look up a customer"), on_click=links.forget_account)
        return
    [customer] = found
    if not state.rows(CURRENCIES, **values):
        page.headline(customer["name"], t("Nothing was ever booked for this customer."))
        st.button(t("Look up a customer"), on_click=links.forget_account)
        account.show_terms(customer, {**values, "as_of": state.shown().as_of, "currency": "EUR"})
        return
    values = choose(values)
    currency = values["currency"]
    owed = Owed.of(state.rows(BUCKETS, **values))
    oldest = state.row(OLDEST, **values)["days_late"]
    page.headline(customer["name"], finding(owed, oldest, currency))
    show_facts(owed, oldest, customer, currency)
    view = filters.one_of(
        t("View"),
        list(VIEWS),
        lambda code: t(VIEWS[code]),
        key="view",
        label_visibility="collapsed",
    )
    if values["known_on"] and view != "open":
        page.note(t("This view is as we know it now; open items are as we knew them then."))
    {
        "open": lambda: account.show_open(values),
        "expected": lambda: predicted.show(values, values["as_of"] == state.shown().as_of),
        "statement": lambda: account.show_statement(values),
        "timeline": lambda: account.show_timeline(values),
        "matches": lambda: account.show_matches(values),
        "delays": lambda: account.show_delays(values),
        "terms": lambda: account.show_terms(customer, values),
    }[view]()
    documents.show_line()


number, of = st.query_params.get("account"), st.query_params.get("of")
if number and of:
    show_account(of, number)
else:
    search()
