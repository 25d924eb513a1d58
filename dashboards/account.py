"""The parts of a customer's account, each a list or a chart with its download."""

from typing import Any

import streamlit as st

from dashboards import charts, documents, formats, grids, links, measures, page, state, words
from dashboards.grids import Column
from dashboards.language import t
from dashboards.state import Row

OPEN = """
select *, count(*) over ()::int as row_count
from receivables.aged_items($as_of, _known_on := $known_on)
where entity_id = $of and customer_id = $customer and currency = $currency
order by is_overdue desc, days_late desc nulls last, item_id
limit $limit
"""

STATEMENT = """
with lines as (
    select item_id, booked_on, kind, document_ref, label, due_on,
        nullif(concat_ws('/', items.settled_after, items.settled_by), '') as between_lists,
        case when amount > 0 then amount end as debit,
        case when amount < 0 then -amount end as credit,
        sum(amount) over (order by booked_on, item_id)::decimal(18, 2) as balance,
        row_number() over (order by booked_on, item_id)::int as line,
        count(*) over ()::int as row_count
    from ledger.items as items
    where entity_id = $of and customer_id = $customer and currency = $currency
        and booked_on <= $as_of
)
select * from lines
where line > row_count - $limit
order by line
"""

MONTHS = """
with months as (
    select last_day(booked_on) as month_end,
        coalesce(sum(amount) filter (amount > 0), 0)::decimal(18, 2) as invoiced,
        coalesce(sum(amount) filter (amount < 0), 0)::decimal(18, 2) as settled
    from ledger.items
    where entity_id = $of and customer_id = $customer and currency = $currency
        and booked_on <= $as_of
    group by all
)
select *, sum(invoiced + settled) over (order by month_end)::decimal(18, 2) as balance
from months
order by month_end
"""

LISTED = """
select settled.booked_on, settled.document_ref, -settled.amount as amount,
    nullif(concat_ws('/', settled.settled_after, settled.settled_by), '') as between_lists,
    settled.item_id,
    count(*) over ()::int as row_count
from ledger.items as settled
where settled.entity_id = $of and settled.customer_id = $customer and settled.currency = $currency
    and settled.booked_on <= $as_of and settled.settled_by is not null
order by settled.booked_on desc, settled.document_ref, settled.item_id
limit $limit
"""

MATCHES = """
select matches.matched_on, debits.document_ref as debit_ref, debits.kind as debit_kind,
    credits.document_ref as credit_ref, credits.kind as credit_kind, matches.amount,
    nullif(concat_ws('/', credits.settled_after, credits.settled_by), '') as between_lists,
    matches.matched_on - debits.due_on as days_late, matches.method,
    count(*) over ()::int as row_count, matches.debit_item_id as item_id
from ledger.matches as matches
join ledger.items as debits on debits.item_id = matches.debit_item_id
join ledger.items as credits on credits.item_id = matches.credit_item_id
where matches.entity_id = $of and matches.customer_id = $customer
    and matches.currency = $currency and matches.matched_on <= $as_of
order by matches.matched_on desc, matches.match_id
limit $limit
"""

DELAYS = """
select measure, month_end, value, is_lower_bound, note
from measures.monthly
where scope = 'customer' and entity_id = $of and customer_id = $customer
    and currency = $currency and month_end <= $as_of
    and measure in ('days_beyond_terms_paid', 'days_beyond_terms_open', 'days_to_pay')
order by measure, month_end
"""

GROUP = """
with members as (
    select members.customer_id, members.entity_id, members.name, members.parent_id
    from ledger.customers as members
    join ledger.customers as this
        on this.entity_id = members.entity_id and this.group_id = members.group_id
    where this.entity_id = $of and this.customer_id = $customer
)
select members.*, coalesce(sum(amount), 0)::decimal(18, 2) as receivable,
    coalesce(sum(amount) filter (is_overdue), 0)::decimal(18, 2) as overdue
from members
left join receivables.aged_balances($as_of) as balances
    on balances.entity_id = members.entity_id and balances.customer_id = members.customer_id
    and balances.currency = $currency
group by all
order by members.parent_id nulls first, members.customer_id
"""

EVERY_ROW = 10**9


def show_open(values: dict[str, Any]) -> None:
    """Show what is open."""
    found = state.rows(OPEN, **values, limit=grids.SHOWN)
    if not found:
        page.note(t("Nothing was open on that day."))
        return
    columns = documents.open_item_columns(values["currency"], of_one_customer=True)
    documents.show_open_items(found, columns, key=grids.key("open", values))
    if more := grids.first_of(len(found), found[0]["row_count"]):
        page.note(more)
    _download(OPEN, values, columns, t("open items"), "open_file")


def show_statement(values: dict[str, Any]) -> None:
    """Show everything that was booked, in order, with the running balance."""
    currency = values["currency"]
    found = state.rows(STATEMENT, **values, limit=grids.SHOWN)
    if not found:
        page.note(t("Nothing had been booked by that day."))
        return
    balance = formats.money(found[-1]["balance"], currency)
    page.section(t("Balance on {day}: {amount}", day=formats.day(values["as_of"]), amount=balance))
    columns = [
        Column("booked_on", t("Booked on"), "date"),
        Column("kind", t("Kind"), word=documents.kind),
        Column("document_ref", t("Document"), width=130),
        *documents.between_columns(found),
        Column("label", t("Label"), width=260),
        Column("due_on", t("Due"), "date"),
        Column("debit", t("Debit ({currency})", currency=currency), "money"),
        Column("credit", t("Credit ({currency})", currency=currency), "money"),
        Column("balance", t("Balance ({currency})", currency=currency), "money"),
    ]
    _show_documents(found, columns, t("Statement of account"), grids.key("statement", values))
    if found[0]["line"] > 1:
        page.note(
            t(
                "The last {shown} of {total} lines; the download has them all.",
                shown=formats.number(len(found)),
                total=formats.number(found[0]["row_count"]),
            )
        )
    _download(STATEMENT, values, columns, t("statement"), "statement_file")


def show_timeline(values: dict[str, Any]) -> None:
    """Show month by month what was invoiced and settled, and the balance it left."""
    currency = values["currency"]
    months = state.rows(MONTHS, **values)
    title = t("Invoiced, settled and balance, month by month")
    page.section(title)
    if not months:
        page.note(t("Nothing had been booked by that day."))
        return
    page.note(currency)
    charts.show(charts.timeline(months, currency), title)
    columns = [
        Column("month_end", t("Month"), "date"),
        Column("invoiced", t("Invoiced ({currency})", currency=currency), "money"),
        Column("settled", t("Settled ({currency})", currency=currency), "money"),
        Column("balance", t("Balance ({currency})", currency=currency), "money"),
    ]
    if part := page.unfolded(t("Table and download"), key="timeline"):
        with part:
            grids.show(list(reversed(months))[: grids.SHOWN], columns, what=title)
            _download(MONTHS, values, columns, t("timeline"), "timeline_file")
    show_listed(values)


def show_listed(values: dict[str, Any]) -> None:
    """Show what lists of open items say was settled, each between the days of two lists."""
    found = state.rows(LISTED, **values, limit=grids.SHOWN)
    if not found:
        return
    title = t("Paid or credited between two lists")
    page.section(title)
    page.note(
        t(
            "Only lists of open items are known here: what is gone from one was paid or credited "
            "after the list before. It is booked on the later day."
        )
    )
    columns = [
        Column("document_ref", t("Document"), width=130),
        *documents.between_columns(found),
        Column("booked_on", t("Booked on"), "date"),
        Column("amount", t("Amount ({currency})", currency=values["currency"]), "money"),
    ]
    _show_documents(found, columns, title, grids.key("listed", values))
    if more := grids.first_of(len(found), found[0]["row_count"]):
        page.note(more)
    _download(LISTED, values, columns, t("settlements"), "listed_file")


def show_matches(values: dict[str, Any]) -> None:
    """Show which payment settled which document, and how late."""
    found = state.rows(MATCHES, **values, limit=grids.SHOWN)
    if not found:
        page.note(t("Nothing had been matched by that day."))
        return
    columns = [
        Column("matched_on", t("Matched on"), "date"),
        Column("debit_kind", t("Kind"), word=documents.kind),
        Column("debit_ref", t("Document"), width=130),
        Column("credit_kind", t("Settled by"), word=documents.kind),
        Column("credit_ref", t("Reference"), width=130),
        Column("amount", t("Amount ({currency})", currency=values["currency"]), "money"),
        *documents.between_columns(found),
        Column("days_late", t("Days after the due date"), "days"),
        Column("method", t("Method"), word=lambda code: words.word(words.METHODS, code)),
    ]
    _show_documents(found, columns, t("Matches"), grids.key("matches", values))
    if more := grids.first_of(len(found), found[0]["row_count"]):
        page.note(more)
    _download(MATCHES, values, columns, t("matches"), "matches_file")


def show_delays(values: dict[str, Any]) -> None:
    """Show how late the customer has paid, month by month."""
    points = state.rows(DELAYS, **values)
    if not any(row["value"] is not None for row in points):
        page.note(t("No payment of this customer has been matched yet, so there is no delay."))
        return
    title = t("How late this customer pays")
    page.section(title)
    series = [measures.name(row["measure"]) for row in points]
    with st.container(horizontal=True):
        for measure in dict.fromkeys(row["measure"] for row in points):
            measures.define(measure)
    measures.show_course(points, series, "days_to_pay", title, key="delays")


def show_terms(customer: Row, values: dict[str, Any]) -> None:
    """Show what was agreed with the customer, and the group it belongs to."""
    terms, group = st.columns(2, gap="large")
    with terms:
        page.section(t("Terms and limits"))
        facts = [{"what": what, "value": told} for what, told in term_facts(customer) if told]
        columns = [Column("what", t("What is known"), width=190), Column("value", t("Value"))]
        grids.show(facts, columns, what=t("Terms and limits"), height="content")
    with group:
        show_group(customer, values)


def term_facts(customer: Row) -> list[tuple[str, str]]:
    """Return what is known of a customer, with its names."""
    currency = customer["currency"] or ""
    return [
        (t("Number"), customer["customer_id"]),
        (t("Entity"), words.entities()(customer["entity_id"])),
        (t("Payment terms"), _terms(customer["payment_terms"])),
        (t("Payment method"), words.word(words.PAYMENT_METHODS, customer["payment_method"])),
        (t("Credit limit"), _limit(customer["credit_limit"], currency)),
        (t("Insured amount"), _limit(customer["insured_amount"], currency)),
        (t("Collector"), customer["collector"] or ""),
        (t("Segment"), customer["segment"] or ""),
        (t("Country"), words.country(customer["country"] or "")),
        (t("SIREN"), customer["siren"] or ""),
        (t("VAT number"), customer["vat_number"] or ""),
        (t("Contact"), customer["contact_name"] or ""),
        (t("Email"), customer["contact_email"] or ""),
        (t("Telephone"), customer["contact_phone"] or ""),
    ]


def show_group(customer: Row, values: dict[str, Any]) -> None:
    """Show the group: each member once, and what they owe together."""
    members = state.rows(GROUP, **values)
    page.section(t("Group"))
    if len(members) < 2:
        page.note(t("This customer belongs to no group."))
        return
    currency = values["currency"]
    together = sum(row["receivable"] for row in members)
    late = sum(row["overdue"] for row in members)
    page.note(
        t(
            "Together they owe {amount}; {late} late.",
            amount=formats.money(together, currency),
            late=formats.money(late, currency),
        )
    )
    columns = [
        Column("name", t("Customer"), width="fit"),
        Column("customer_id", t("Number")),
        Column("receivable", t("Open ({currency})", currency=currency), "money"),
        Column("overdue", t("Overdue ({currency})", currency=currency), "money"),
    ]
    grids.show(members, columns, what=t("Group"), key="group", action=links.account_of(members))
    _download(GROUP, values, columns, t("group"), "group_file")


def _show_documents(found: list[Row], columns: list[Column], what: str, key: str) -> None:
    def pick(row: int, _column: str) -> None:
        st.query_params["item"] = str(found[row]["item_id"])

    grids.show(found, columns, what=what, key=key, on_pick=pick, height=420)


def _download(
    question: str, values: dict[str, Any], columns: list[Column], what: str, key: str
) -> None:
    every = state.asker(question, {**values, "limit": EVERY_ROW})
    name = f"{what} {values['customer']} {values['as_of'].isoformat()}"
    grids.downloads(every, columns, name, key=key)


def _limit(amount: Any, currency: str) -> str:
    if amount is None:
        return ""
    return formats.money(amount, currency) if currency else formats.amount(amount)


def _terms(text: str | None) -> str:
    return words.terms(text) if text else t("those of the entity")
