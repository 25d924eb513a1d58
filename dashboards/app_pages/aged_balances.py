"""Aged balances: who owes what and how late it is, on any day, down to the line of the extract."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboards import (
    about,
    address,
    charts,
    documents,
    entities,
    filters,
    formats,
    grids,
    links,
    page,
    palettes,
    revised,
    state,
    words,
)
from dashboards.filters import EVERY, Ageing, Books
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.owed import Owed
from dashboards.state import Row

BUCKETS = """
select bucket, bucket_rank, is_overdue, sum(amount) as amount, sum(item_count)::int as item_count,
    count(*)::int as customer_count
from receivables.aged_balances(
    $as_of, _known_on := $known_on, _basis := $basis, _bounds := $bounds, _credits := $credits,
    _convention := $convention
)
where currency = $currency and ($entity::text is null or entity_id = $entity)
group by all
order by bucket_rank
"""

# A customer's buckets travel as two lists, whatever their number: those of the customers shown.
CUSTOMERS = """
with cells as (
    select
        balances.entity_id,
        case when $grouped then coalesce(group_id, customer_id) else customer_id end as holder_id,
        bucket,
        bucket_rank,
        is_overdue,
        sum(amount) as amount,
        sum(item_count) as item_count
    from receivables.aged_balances(
        $as_of, _known_on := $known_on, _basis := $basis, _bounds := $bounds, _credits := $credits,
        _convention := $convention
    ) as balances
    where currency = $currency and ($entity::text is null or balances.entity_id = $entity)
    group by all
),

holders as (
    select
        entity_id,
        holder_id,
        sum(amount) as total,
        coalesce(sum(amount) filter (is_overdue), 0) as overdue,
        sum(item_count)::int as item_count,
        count(*) over ()::int as customer_count
    from cells
    group by all
    having $bucket = '*' or bool_or(bucket = $bucket)
    order by overdue desc, total desc, entity_id, holder_id
    limit $limit
)

select holders.entity_id, holders.holder_id as customer_id,
    coalesce(names.name, holders.holder_id) as name, holders.total, holders.overdue,
    holders.item_count, list(cells.bucket order by cells.bucket_rank) as buckets,
    list(cells.amount order by cells.bucket_rank) as amounts, holders.customer_count
from holders
join cells on cells.entity_id = holders.entity_id and cells.holder_id = holders.holder_id
left join ledger.customers as names
    on names.entity_id = holders.entity_id and names.customer_id = holders.holder_id
group by all
order by overdue desc, total desc, holders.entity_id, customer_id
"""

ITEMS = """
select items.*, count(*) over ()::int as row_count
from receivables.aged_items(
    $as_of, _known_on := $known_on, _basis := $basis, _bounds := $bounds, _credits := $credits,
    _convention := $convention
) as items
where currency = $currency and ($entity::text is null or entity_id = $entity)
    and ($customer::text is null
        or (entity_id = $of and customer_id = $customer)
        or ($grouped and entity_id = $of and group_id = $customer))
    and ($bucket = '*' or bucket = $bucket)
order by is_overdue desc, days_late desc nulls last, item_id
limit $limit
"""

# What is known now is in the ledger itself; what was known then, in what was booked by then.
LEDGER = """
select coalesce(sum(amount), 0)::decimal(18, 2) as amount
from (
    select entity_id, currency, amount
    from ledger.items
    where $known_on is null and booked_on <= $as_of
    union all
    select entity_id, currency, amount
    from receivables.movements_known($known_on)
    where $known_on is not null and event_on <= $as_of and source in ('booked', 'returned')
)
where currency = $currency and ($entity::text is null or entity_id = $entity)
"""


def finding(owed: Owed, ageing: Ageing, books: Books) -> str:
    """Say in one line how much was open that day, and how much of it late."""
    day = formats.day(ageing.as_of)
    amount = formats.money_short(owed.receivable, books.currency)
    if not owed.overdue:
        return t("{amount} open on {day}, nothing late.", amount=amount, day=day)
    return t(
        "{amount} open on {day}; {late} late.",
        amount=amount,
        day=day,
        late=formats.money_short(owed.overdue, books.currency),
    )


def choose_bucket(buckets: list[Row]) -> str:
    """Show the buckets to choose from; `EVERY` for all of them."""
    return filters.one_of(
        t("Bucket (days)"),
        [EVERY, *(row["bucket"] for row in buckets)],
        lambda code: t("All") if code == EVERY else words.bucket(code),
        key="bucket",
    )


def customer_columns(buckets: list[Row], books: Books) -> list[Column]:
    """Return the columns of the aged balance: one for each bucket there is."""
    last = max((row["bucket_rank"] for row in buckets if row["is_overdue"]), default=1)
    return [
        Column("name", t("Customer"), width="fit"),
        Column("customer_id", t("Number"), width=80),
        *entities.columns(books),
        Column("total", t("Total ({currency})", currency=books.currency), "money"),
        *(
            Column(
                row["bucket"],
                words.bucket(row["bucket"]),
                "money",
                tint=palettes.tint(row["bucket"], row["bucket_rank"], last),
            )
            for row in buckets
        ),
    ]


def spread(rows: list[Row], buckets: list[Row]) -> list[Row]:
    """Return the rows with one value for each bucket."""
    codes = [row["bucket"] for row in buckets]
    return [
        {
            **row,
            **dict.fromkeys(codes, Decimal("0.00")),
            **dict(zip(row["buckets"], row["amounts"], strict=True)),
        }
        for row in rows
    ]


def total_row(buckets: list[Row]) -> Row:
    """Return what all customers owe together, as the first row of the aged balance."""
    return {
        "name": t("All customers"),
        "customer_id": "",
        "entity_id": "",
        "total": sum((row["amount"] for row in buckets), Decimal("0.00")),
        **{row["bucket"]: row["amount"] for row in buckets},
    }


def show_customers(
    values: dict[str, Any], buckets: list[Row], bucket: str, ageing: Ageing, books: Books
) -> None:
    """Show who owes what, the most overdue first, and under it that the total ties."""
    limit = {"bucket": bucket, "limit": grids.SHOWN}
    found = spread(state.rows(CUSTOMERS, **values, **limit), buckets)
    columns = customer_columns(buckets, books)
    count = found[0]["customer_count"] if found else 0
    page.section(nt("{count} customer", "{count} customers", count, count=formats.number(count)))
    page.note(
        t("{currency}; the most overdue first. Pick an amount to see its documents.",
          currency=books.currency)
    )  # fmt: skip

    def pick(row: int, column: str) -> None:
        cell = column if column in {each["bucket"] for each in buckets} else EVERY
        links.forget_account()
        if row == 0:
            st.session_state["bucket"] = cell
            address.touch()
        else:
            st.query_params["account"] = found[row - 1]["customer_id"]
            st.query_params["of"] = found[row - 1]["entity_id"]
            st.query_params["cell"] = cell

    grids.show(
        [total_row(buckets), *found],
        columns,
        what=t("Aged balance by customer"),
        key=grids.key("customers", values, bucket),
        on_pick=pick,
    )
    if more := grids.first_of(len(found), count):
        page.note(more)
    show_tie_out(Owed.of(buckets), ageing, books)
    asked = state.asker(CUSTOMERS, {**values, "bucket": bucket, "limit": 10**9})

    def every_row() -> pa.Table:
        return grids.as_table(spread(asked().to_pylist(), buckets), columns)

    name = t("aged balance {day}", day=ageing.as_of.isoformat())
    grids.downloads(every_row, columns, name, key="aged_balance")


def show_tie_out(owed: Owed, ageing: Ageing, books: Books) -> None:
    """Show the ledger's own total beside that of the buckets, and their difference."""
    asked = {**books.values, "as_of": ageing.as_of, "known_on": ageing.known_on}
    ledger = state.row(LEDGER, **asked)["amount"]
    gap = ledger - owed.receivable
    told = {
        "day": formats.day(ageing.as_of),
        "ledger": formats.money(ledger, books.currency),
        "open_items": formats.money(owed.receivable, books.currency),
        "gap": formats.money(gap, books.currency),
    }
    page.note(
        t(
            "Tie-out on {day}: receivable accounts {ledger}, open items {open_items}, "
            "difference {gap}.",
            **told,
        )
        if about.has_ledger()
        else t(
            "Tie-out on {day}: extracts {ledger}, open items {open_items}, difference {gap}.",
            **told,
        )
    )
    if gap:
        page.warn(t("The open items do not tie to the ledger on that day: do not rely on them."))


def show_items(values: dict[str, Any], bucket: str, ageing: Ageing, books: Books) -> None:
    """Show the documents behind the amount, the customer or the bucket that was picked."""
    customer, of = st.query_params.get("account"), st.query_params.get("of")
    if customer:
        bucket = st.query_params.get("cell", EVERY)
    asked = {**values, "customer": customer, "of": of, "bucket": bucket}
    columns = documents.open_item_columns(books.currency, of_one_customer=bool(customer))
    if customer or bucket != EVERY:
        _show_picked(asked, columns)
    name = t("open items {day}", day=ageing.as_of.isoformat())
    page.note(t("All documents:"))
    every = state.asker(ITEMS, {**asked, "limit": 10**9})
    grids.downloads(every, columns, name, key="open_items")


def _show_picked(asked: dict[str, Any], columns: list[Column]) -> None:
    customer, of, bucket = asked["customer"], asked["of"], asked["bucket"]
    found = state.rows(ITEMS, **asked, limit=grids.SHOWN)
    count = found[0]["row_count"] if found else 0
    title = nt("{count} document", "{count} documents", count, count=formats.number(count))
    if bucket != EVERY:
        title += f" \N{EN DASH} {words.bucket_of_days(bucket)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        page.section(title)
        if customer and of:
            st.button(
                t("Customer account"),
                icon=":material/contact_page:",
                type="tertiary",
                on_click=links.open_account,
                args=(of, customer),
            )
            st.button(
                t("Close"), icon=":material/close:", type="tertiary", on_click=links.forget_account
            )
    if customer and found:
        st.text(found[0]["customer_name"])
    elif customer:
        page.note(t("This customer has no open document there on that day."))
        return
    documents.show_open_items(found, columns, key=grids.key("items", asked))
    if more := grids.first_of(len(found), count):
        page.note(more)


def show() -> None:
    """Show the page: bucket, customer, document, line of the extract."""
    books = filters.books()
    if books is None:
        page.headline(t("There is nothing in the books yet."), "")
        return
    ageing = filters.ageing()
    values = {**books.values, **ageing.values}
    buckets = state.rows(BUCKETS, **values)
    if not buckets:
        page.headline(
            t("Nothing was open on {day}.", day=formats.day(ageing.as_of)), books.currency
        )
        page.empty(
            t("There is no open item in {currency} on that day.", currency=books.currency),
            t("Choose another day, entity or currency."),
        )
        return
    found = finding(Owed.of(buckets), ageing, books)
    page.headline(found, f"{entities.told(books)}, {filters.told(ageing)}")
    age = t("Days late") if ageing.basis == "due" else t("Days since the document")
    charts.show(charts.ageing(buckets, books.currency, age), found)
    revised.show_difference(Owed.of(buckets).receivable, ageing, books)
    bucket = choose_bucket(buckets)
    show_customers(values, buckets, bucket, ageing, books)
    show_items(values, bucket, ageing, books)
    documents.show_line()


show()
