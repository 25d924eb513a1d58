"""The forecast week by week, and from a week to the customers and the invoices that make it."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboards import documents, entities, formats, grids, links, page, predicted, state, words
from dashboards.filters import Books
from dashboards.forecast import Forecast, Period
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row

CUSTOMERS = """
with issued as (
    select entity_id, customer_id, sum(amount) as amount, count(*)::int as item_count
    from predictions.payment_periods
    join predictions.payment_timing using (item_id)
    where period = $period and currency = $currency and amount <> 0
        and ($entity::text is null or entity_id = $entity)
    group by all
),

coming as (
    select entity_id, customer_id, sum(amount) as amount
    from predictions.expected_receipts as receipts
    join predictions.periods
        on expected_on >= first_on and (last_on is null or expected_on <= last_on)
    where period = $period and currency = $currency and source <> 'open_book'
        and ($entity::text is null or entity_id = $entity)
    group by all
),

both_sources as (
    select entity_id, customer_id, amount as issued_amount, 0 as coming_amount, item_count
    from issued
    union all
    select entity_id, customer_id, 0, amount, 0 from coming
),

by_customer as (
    select entity_id, customer_id,
        sum(issued_amount)::decimal(18, 2) as issued_amount,
        sum(coming_amount)::decimal(18, 2) as coming_amount,
        sum(issued_amount + coming_amount)::decimal(18, 2) as amount,
        sum(item_count)::int as item_count
    from both_sources
    group by all
)

select by_customer.*, name, count(*) over ()::int as row_count
from by_customer
left join ledger.customers using (entity_id, customer_id)
order by amount desc, entity_id, customer_id
limit $limit
"""

ITEMS = """
select timing.item_id, document_ref, items.label, timing.due_on, timing.days_late,
    timing.open_amount, parts.amount, p10_on, p50_on, p90_on, late_probability,
    count(*) over ()::int as row_count
from predictions.payment_periods as parts
join predictions.payment_timing as timing using (item_id)
join ledger.items using (entity_id, customer_id, item_id)
where period = $period and timing.entity_id = $of and timing.customer_id = $customer
    and timing.currency = $currency and parts.amount <> 0
order by parts.amount desc, timing.item_id
limit $limit
"""

# Everything, in one list that a spreadsheet can turn into any table.
LINES = """
with parts as (
    select entity_id, customer_id, period, 'open_book' as source, sum(amount) as amount
    from predictions.payment_periods
    join predictions.payment_timing using (item_id)
    where currency = $currency and ($entity::text is null or entity_id = $entity)
    group by all
    union all
    select entity_id, customer_id, period, source, sum(amount)
    from predictions.expected_receipts
    join predictions.periods
        on expected_on >= first_on and (last_on is null or expected_on <= last_on)
    where currency = $currency and source <> 'open_book'
        and ($entity::text is null or entity_id = $entity)
    group by all
)

select parts.entity_id, parts.customer_id, name, first_on, last_on, source,
    amount::decimal(18, 2) as amount
from parts
join predictions.periods using (period)
left join ledger.customers using (entity_id, customer_id)
where amount <> 0 and kind <> 'beyond'
order by first_on, source, amount desc, entity_id, customer_id
"""


APART = """
select exceptional, sum(item_count)::int as item_count, sum(amount)::decimal(18, 2) as amount,
    sum(expected_amount)::decimal(18, 2) as expected_amount
from predictions.cash_exceptionals
where currency = $currency and ($entity::text is null or entity_id = $entity)
group by exceptional
order by amount desc, exceptional
"""


def show_weeks(found: Forecast, books: Books) -> None:
    """Show the table of weeks and months; picking one leads to its customers."""
    periods = list(found.periods)
    columns = period_columns(found, books.currency)
    rows = [period_row(period, found.sources) for period in periods]

    def pick(row: int, _column: str) -> None:
        links.forget_account()
        st.query_params["period"] = str(periods[row].period)

    page.note(
        t(
            "{currency}; 8 times out of 10 it falls between the low and the high end. Pick a "
            "week to see the customers and the invoices that make it.",
            currency=books.currency,
        )
    )
    grids.show(
        rows, columns, what=t("Expected receipts by week"), on_pick=pick, height=420,
        key=grids.key("weeks", books),
    )  # fmt: skip
    show_downloads(found, books, columns, rows)
    show_period(found, books)
    show_apart(books)


def show_apart(books: Books) -> None:
    """Show what of the open items is no ordinary payment to come, and what is counted of it."""
    found = state.rows(APART, **books.values) if state.has("predictions.cash_exceptionals") else []
    if not found:
        return
    if part := page.unfolded(t("What stands apart in the open items"), key="apart"):
        with part:
            columns = [
                Column("exceptional", t("What"), word=exceptional_name, width=330),
                Column("item_count", t("Documents"), "count"),
                Column("amount", t("Open ({currency})", currency=books.currency), "money"),
                Column("expected_amount", t("Expected within a year ({currency})",
                                            currency=books.currency), "money"),
            ]  # fmt: skip
            grids.show(found, columns, what=t("What stands apart in the open items"),
                       height="content")  # fmt: skip
            grids.downloads(state.asker(APART, books.values), columns, t("apart"), key="apart_file")


def exceptional_name(code: str) -> str:
    """Return why open items stand apart."""
    return words.word(words.EXCEPTIONALS, code)


def period_columns(found: Forecast, currency: str) -> list[Column]:
    """Return the columns of the table of weeks."""
    return [
        Column("name", t("Week or month"), width=170),
        *(
            Column(source, words.word(words.SOURCES, source), "money", width=170)
            for source in found.sources
        ),
        Column("total", t("Expected ({currency})", currency=currency), "money"),
        Column("low_80", t("Low end"), "exact_money"),
        Column("high_80", t("High end"), "exact_money"),
    ]


def period_row(period: Period, sources: list[str]) -> Row:
    """Return a period as a row of the table."""
    return {
        "name": period.name,
        "first_on": period.first_on,
        "last_on": period.last_on,
        **{source: period.amounts.get(source) for source in sources},
        "total": period.total,
        "low_80": period.bound("low_80"),
        "high_80": period.bound("high_80"),
    }


def show_downloads(found: Forecast, books: Books, columns: list[Column], rows: list[Row]) -> None:
    """Show the files: as the table, with the weeks side by side, and by customer."""
    day = state.shown().as_of.isoformat()
    dated = [
        Column("first_on", t("From"), "date"),
        Column("last_on", t("To"), "date"),
        *columns,
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        page.note(t("Weeks one below the other:"))
        filled = [{column.name: row.get(column.name) for column in dated} for row in rows]
        name = t("cash forecast {day}", day=day)
        grids.downloads(lambda: grids.as_table(filled, dated), dated, name, key="weeks_file")
        page.note(t("Weeks side by side, to paste into a plan:"))
        across, heads = side_by_side(found)
        name = t("cash plan {day}", day=day)
        grids.downloads(lambda: across, heads, name, key="plan_file")
        page.note(t("By customer and week:"))
        named = [
            Column("entity_id", t("Entity"), word=words.entities()),
            Column("customer_id", t("Number")),
            Column("name", t("Customer")),
            Column("first_on", t("From"), "date"),
            Column("last_on", t("To"), "date"),
            Column("source", t("Source"), word=source_name),
            Column("amount", t("Expected ({currency})", currency=books.currency), "money"),
        ]
        name = t("expected receipts {day}", day=day)
        grids.downloads(state.asker(LINES, books.values), named, name, key="lines_file")


def source_name(code: str) -> str:
    """Return what a source of receipts is called."""
    return words.word(words.SOURCES, code)


def side_by_side(found: Forecast) -> tuple[pa.Table, list[Column]]:
    """Return the plan: a line for each source, the total and its range; a column for each week."""
    lines: list[tuple[str, Any]] = [
        *((source_name(source), _amount_of(source)) for source in found.sources),
        (t("Expected"), lambda period: period.total),
        (t("Low, 8 times out of 10"), lambda period: period.bound("low_80")),
        (t("High, 8 times out of 10"), lambda period: period.bound("high_80")),
    ]
    columns = [Column("line", t("Receipts"))]
    arrays: list[pa.Array] = [pa.array([name for name, _ in lines], pa.string())]
    for period in found.dated:
        columns.append(Column(str(period.period), formats.day_short(period.first_on), "money"))
        amounts = [read(period) for _, read in lines]
        arrays.append(pa.array(amounts, pa.decimal128(18, 2)))
    return pa.table(arrays, names=[column.name for column in columns]), columns


def _amount_of(source: str) -> Any:
    return lambda period: period.amounts.get(source, Decimal("0.00"))


def show_period(found: Forecast, books: Books) -> None:
    """Show the customers of the week in the address."""
    told = st.query_params.get("period", "")
    chosen = next((each for each in found.periods if str(each.period) == told), None)
    if chosen is None:
        return
    asked = {**books.values, "period": chosen.period}
    customers = state.rows(CUSTOMERS, **asked, limit=grids.SHOWN)
    with st.container(horizontal=True, vertical_alignment="center"):
        page.section(
            t("{period}: {amount}", period=chosen.name,
              amount=formats.money(chosen.total, books.currency))
        )  # fmt: skip
        st.button(t("Close"), icon=":material/close:", type="tertiary", on_click=forget_period)
    if not customers:
        page.note(t("Nothing is expected then."))
        return

    def pick(row: int, _column: str) -> None:
        if customers[row]["customer_id"] is None:
            links.forget_account()
            return
        st.query_params.pop("item", None)
        st.query_params["account"] = customers[row]["customer_id"]
        st.query_params["of"] = customers[row]["entity_id"]

    shown = [{**row, "name": row["name"] or _nobody(row)} for row in customers]
    columns = customer_columns(books)
    grids.show(
        shown, columns, what=t("Customers expected to pay"), key=grids.key("payers", asked),
        on_pick=pick, height="auto",
    )  # fmt: skip
    if more := grids.first_of(len(customers), customers[0]["row_count"]):
        page.note(more)
    every = state.asker(CUSTOMERS, {**asked, "limit": 10**9})
    name = t("customers of the week {day}", day=chosen.first_on.isoformat())
    grids.downloads(every, columns, name, key="payers_file")
    show_items(chosen, books)


def customer_columns(books: Books) -> list[Column]:
    """Return the columns of the customers of a week."""
    currency = books.currency
    return [
        Column("name", t("Customer"), width="fit"),
        Column("customer_id", t("Number")),
        *entities.columns(books),
        Column("item_count", t("Documents"), "count"),
        Column("issued_amount", t("Invoices already issued ({currency})", currency=currency),
               "money"),
        Column("coming_amount", t("Invoices still to come ({currency})", currency=currency),
               "money"),
        Column("amount", t("Expected ({currency})", currency=currency), "money"),
    ]  # fmt: skip


def _nobody(row: Row) -> str:
    return row["customer_id"] or t("Customers not told apart")


def forget_period() -> None:
    """Close the week in the address."""
    st.query_params.pop("period", None)
    links.forget_account()


def show_items(chosen: Period, books: Books) -> None:
    """Show the invoices of the customer in the address that are expected in the week."""
    customer, of = st.query_params.get("account"), st.query_params.get("of")
    if not customer or not of:
        return
    asked = {"period": chosen.period, "customer": customer, "of": of, "currency": books.currency}
    items = state.rows(ITEMS, **asked, limit=grids.SHOWN)
    if not items:
        page.note(t("No invoice already issued is expected then from this customer."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        page.section(nt("{n} document expected then", "{n} documents expected then",
                        items[0]["row_count"]))  # fmt: skip
        st.button(
            t("Customer account"),
            icon=":material/contact_page:",
            type="tertiary",
            on_click=links.open_account,
            args=(of, customer),
        )
    page.note(
        t(
            "An invoice is spread over the days on which it may be paid: the part of this week "
            "stands beside the whole."
        )
    )  # fmt: skip

    def pick(row: int, _column: str) -> None:
        st.query_params["item"] = str(items[row]["item_id"])

    columns = [
        Column("document_ref", t("Document"), width=130),
        *predicted.columns(books.currency),
        Column("amount", t("Expected then ({currency})", currency=books.currency), "money"),
    ]
    grids.show(items, columns, what=t("Documents"), key=grids.key("parts", asked), on_pick=pick)
    predicted.show_reasons(of, customer, books.currency)
    documents.show_line()
