"""Collection list: the next customer, why, what to say, the invoices, the telephone number."""

from typing import Any

import streamlit as st

from dashboards import (
    about,
    contacts,
    entities,
    filters,
    formats,
    grids,
    links,
    outcomes,
    page,
    reasons,
    state,
    words,
)
from dashboards.filters import EVERY, Books
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row
from models.worklist import REMIND_WITHIN_DAYS

COLLECTORS = """
select distinct collector from worklist.priorities where collector is not null order by collector
"""

ITEMS = """
select listed.item_id, document_ref, listed.due_on, listed.days_late, listed.open_amount, set_apart,
    chased_amount, p50_on, items.amount, items.label
from worklist.items as listed
join ledger.items using (entity_id, customer_id, item_id)
left join predictions.payment_timing as timing using (item_id)
where listed.entity_id = $of and listed.customer_id = $customer and items.currency = $currency
order by set_apart is not null, listed.days_late desc nulls last, item_id
"""

# What is late or soon due, whoever owes it and whether or not a contact is worth its time.
NEAR = """
select coalesce(sum(open_amount), 0)::decimal(18, 2) as amount
from receivables.aged_items($as_of) as items
left join ledger.customers using (entity_id, customer_id)
where open_amount > 0 and days_late >= -$within and items.currency = $currency
    and ($entity::text is null or entity_id = $entity)
    and ($collector = '*' or customers.collector = $collector)
"""

APART = (
    ("disputed_amount", "disputed"),
    ("promised_amount", "promised"),
    ("unapplied_amount", "unapplied"),
    ("doubtful_amount", "doubtful"),
)


def finding(today: Row | None, currency: str) -> str:
    """Say in one line whom today's hours reach, and what for."""
    if today is None:
        return t("There is nobody to contact today.")
    return t(
        "{customers} to contact today, in {time}, about {amount}.",
        customers=nt("{n} customer", "{n} customers", today["customer_count"]),
        time=duration(today["minutes"]),
        amount=at_stake(today, currency),
    )


def at_stake(total: Row, currency: str) -> str:
    """Return in words what contacts are about: what is chased, and the disputes to settle."""
    told = formats.money_short(total["chased_amount"], currency)
    if not total["disputed_amount"]:
        return told
    in_dispute = formats.money_short(total["disputed_amount"], currency)
    if not total["chased_amount"]:
        return t("{amount} in dispute", amount=in_dispute)
    return t("{amount}, and {disputed} in dispute", amount=told, disputed=in_dispute)


def duration(minutes: int) -> str:
    """Return a time of work: `45 minutes`, `3 h 20`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return nt("{n} minute", "{n} minutes", rest)
    return f"{hours}\N{NO-BREAK SPACE}h" + (f"\N{NO-BREAK SPACE}{rest:02}" if rest else "")


def choose_collector() -> str:
    """Show the choice of a collector, where there are several."""
    names = [row["collector"] for row in state.rows(COLLECTORS)]
    if len(names) < 2:
        return EVERY
    return filters.one_of_many(
        t("Collector"),
        [EVERY, *names],
        lambda code: t("All collectors") if code == EVERY else code,
        key="collector",
        width=230,
    )


def go_to(row: Row) -> None:
    """Put a customer into the address."""
    st.query_params["account"] = row["customer_id"]
    st.query_params["of"] = row["entity_id"]


def show_customer(row: Row, today: list[Row], books: Books, asked: dict[str, Any]) -> None:
    """Show the customer to contact: what to do, why, the invoices, whom to call."""
    before, after = (
        contacts.beside(row, side, asked) for side in (contacts.BEFORE, contacts.AFTER)
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        page.section(place_of(row, today))
        st.button(
            t("Previous"), icon=":material/chevron_left:", type="tertiary",
            disabled=before is None, on_click=go_to, args=(before,),
        )  # fmt: skip
        st.button(
            t("Next"), icon=":material/chevron_right:", type="tertiary",
            disabled=after is None, on_click=go_to, args=(after,),
        )  # fmt: skip
        st.button(
            t("Customer account"), icon=":material/contact_page:", type="tertiary",
            on_click=links.open_account, args=(row["entity_id"], row["customer_id"]),
        )  # fmt: skip
    do, why = st.columns(2, gap="large")
    with do:
        page.say(what_to_do(row, books.currency))
        show_contact(row)
        if apart := set_apart(row, books.currency):
            page.note(apart)
    with why:
        told = reasons.of_customer(row["entity_id"], row["customer_id"], books.currency)
        page.note(t("Why this customer now"))
        page.bullets([worth(row, books.currency), *(reason.text for reason in told)])
    show_items(row, books)


def place_of(row: Row, today: list[Row]) -> str:
    """Return which customer of today's list this is, or that it is none of today's."""
    if not row["fits_today"]:
        return t("Not today: {customer}", customer=row["name"])
    return t(
        "{rank} of {count} today: {customer}",
        rank=today.index(row) + 1,
        count=len(today),
        customer=row["name"],
    )


def what_to_do(row: Row, currency: str) -> str:
    """Return what to do about a customer and what to say, in a sentence or two."""
    late = formats.money(row["late_amount"], currency)
    soon = formats.money(row["due_soon_amount"], currency)
    if row["action"] == "remind_before_due":
        return t(
            "Remind, before it is late: {soon} falls due within days. Ask whether the invoices are "
            "in order, and on which day they will be paid.",
            soon=soon,
        )
    if row["action"] == "settle_dispute":
        return t(
            "Settle the dispute: {disputed} is held back. Ask what is missing, and for what is not "
            "in dispute to be paid now.",
            disputed=formats.money(row["disputed_amount"], currency),
        )
    if row["action"] == "escalate":
        return t(
            "Escalate: {late} is long overdue. Announce the formal notice, or agree on a plan in "
            "writing.",
            late=late,
        )
    told = t(
        "Call: {late} is late. Ask on which day it will be paid, and what stands in the way.",
        late=late,
    )
    if row["due_soon_amount"]:
        told += " " + t("Mention that {soon} falls due within days.", soon=soon)
    return told


def show_contact(row: Row) -> None:
    """Show whom to contact: as text, for what an extract says is never a link."""
    known = [row["contact_name"], row["contact_phone"], row["contact_email"]]
    told = " · ".join(each for each in known if each)
    st.text(told) if told else page.note(t("No contact is known: the customer file can name one."))
    if row["collector"]:
        page.note(t("Collector: {name}", name=row["collector"]))


def set_apart(row: Row, currency: str) -> str:
    """Return what is not to be asked for now, and why."""
    parts = [
        t(words.APART[code], amount=formats.money(row[column], currency))
        for column, code in APART
        if row.get(column)
    ]
    return t("Set apart: {parts}.", parts=", ".join(parts)) if parts else ""


def worth(row: Row, currency: str) -> str:
    """Return what a contact is taken to be worth, and that this is an assumption."""
    return t(
        "a contact is taken to be worth {worth} in {minutes}",
        worth=formats.money(row["worth_amount"], currency),
        minutes=duration(row["minutes"]),
    )


def show_items(row: Row, books: Books) -> None:
    """Show the invoices to talk about."""
    asked = {"of": row["entity_id"], "customer": row["customer_id"], "currency": books.currency}
    found = state.rows(ITEMS, **asked)
    if not found:
        return
    columns = [
        Column("document_ref", t("Document"), width=130),
        Column("due_on", t("Due"), "date"),
        Column("days_late", t("Days late"), "days_late"),
        Column("amount", t("Amount ({currency})", currency=books.currency), "money"),
        Column("open_amount", t("Open ({currency})", currency=books.currency), "money"),
        Column("chased_amount", t("To ask for ({currency})", currency=books.currency),
               "money"),
        Column("set_apart", t("Set apart"), word=apart_name, width="fit"),
        Column("p50_on", t("Expected"), "date"),
        Column("label", t("Label"), width=200),
    ]  # fmt: skip
    grids.show(found[: grids.SHOWN], columns, what=t("Invoices to talk about"))
    if more := grids.first_of(min(len(found), grids.SHOWN), len(found)):
        page.note(more)


def apart_name(code: str) -> str:
    """Return why an invoice is set apart."""
    return words.word(words.SET_APART, code)


def list_columns(books: Books) -> list[Column]:
    """Return the columns of the list."""
    currency = books.currency
    return [
        Column("rank", t("Rank"), "count"),
        Column("name", t("Customer"), width="fit"),
        Column("action", t("What to do"), word=action_name, width=160),
        Column("late_amount", t("Late ({currency})", currency=currency), "money"),
        Column("due_soon_amount", t("Due soon ({currency})", currency=currency), "money"),
        Column("contact_phone", t("Telephone"), width=140),
        Column("minutes", t("Minutes"), "count"),
        Column("worth_amount", t("Worth of a contact ({currency})", currency=currency), "money"),
        *entities.columns(books),
    ]


def action_name(code: str) -> str:
    """Return what an action is called."""
    return words.word(words.ACTIONS, code)


def show_list(today: list[Row], later: Row | None, books: Books, asked: dict[str, Any]) -> None:
    """Show today's list, then what today's hours do not reach."""
    columns = list_columns(books)
    page.section(t("Today"))
    show_rows(today, len(today), columns, "today")
    page.note(
        t(
            "What a contact is worth is an assumption until it is measured: it brings a late "
            "payment forward by some days and saves a part of what would be lost. The days, the "
            "share and the hours are in the settings, under [collection]."
        )
    )
    name = t("collection list {day}", day=state.shown().as_of.isoformat())
    extra = [
        Column("customer_id", t("Number")),
        Column("fits_today", t("Today"), word=words.yes_or_no),
        Column("disputed_amount", t("In dispute ({currency})", currency=books.currency), "money"),
        Column("promised_amount", t("Promised ({currency})", currency=books.currency), "money"),
        Column("unapplied_amount", t("Unapplied ({currency})", currency=books.currency), "money"),
        Column("contact_name", t("Contact")),
        Column("contact_email", t("Email")),
        Column("collector", t("Collector")),
    ]
    every = state.asker(contacts.LISTED, asked)
    grids.downloads(every, [*columns, *extra], name, key="list_file")
    page.note(t("The address of this page shows a colleague the same list and the same customer."))
    if later:
        label = nt(
            "{n} customer does not fit today: {amount}",
            "{n} customers do not fit today: {amount}",
            later["customer_count"],
            amount=at_stake(later, books.currency),
        )
        if part := page.unfolded(label, key="later"):
            with part:
                rows = state.rows(contacts.LATER, **asked)
                show_rows(rows, later["customer_count"], columns, "later")


def show_rows(rows: list[Row], count: int, columns: list[Column], key: str) -> None:
    """Show the first of `count` customers; picking one brings it to the top of the page."""
    if not rows:
        page.note(t("Nobody."))
        return

    def pick(row: int, _column: str) -> None:
        go_to(rows[row])

    named = grids.key(key, [row["customer_id"] for row in rows])
    grids.show(rows[: grids.SHOWN], columns, what=t("Customers to contact"), key=named,
               on_pick=pick)  # fmt: skip
    if more := grids.first_of(min(len(rows), grids.SHOWN), count):
        page.note(more)


def show_nobody(books: Books, asked: dict[str, Any]) -> None:
    """Say why nobody is to be contacted: nothing is late, or what is late is left out."""
    within = {"as_of": state.shown().as_of, "within": REMIND_WITHIN_DAYS}
    near = state.row(NEAR, **asked, **within)["amount"]
    if near:
        page.empty(
            t(
                "{amount} is late or falls due within days, but no contact is worth its time: it "
                "is covered by credits, promised or doubtful, or asking for it would change next "
                "to nothing.",
                amount=formats.money(near, books.currency),
            ),
            t("The aged balances say who owes it."),
        )
        return
    page.empty(
        t("No customer is late, or due within days, in {currency}.", currency=books.currency),
        t("Choose another currency, entity or collector.")
        if len(state.rows(filters.BOOKS)) > 1 or len(state.rows(COLLECTORS)) > 1
        else t("The cash forecast says what is expected to come in, and when."),
    )


def show() -> None:
    """Show the page: the next customer first, the list under it."""
    books = filters.books()
    if books is None or not state.has("worklist.priorities"):
        page.headline(t("There is no collection list yet."), about.provenance(state.shown()))
        page.empty(
            t("This snapshot has no collection list."),
            t("Run “encaisse refresh”: every refresh makes the list of the day."),
        )
        return
    collector = choose_collector()
    asked = {**books.values, "collector": collector}
    row = contacts.chosen(asked)
    totals = {total["fits_today"]: total for total in state.rows(contacts.TOTALS, **asked)}
    page.headline(finding(totals.get(True), books.currency), about.provenance(state.shown()))
    if row is None:
        show_nobody(books, asked)
    else:
        today = state.rows(contacts.TODAY, **asked)
        show_customer(row, today, books, asked)
        show_list(today, totals.get(False), books, asked)
    outcomes.show(books)


show()
