"""Overview: how much is owed, how much of it is late, is it getting better, what changed."""

from decimal import Decimal

import streamlit as st

from dashboards import (
    about,
    charts,
    entities,
    filters,
    formats,
    grids,
    links,
    measures,
    page,
    spans,
    state,
    words,
)
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.owed import Owed
from dashboards.spans import Span
from dashboards.state import Row

BUCKETS = """
select bucket, bucket_rank, is_overdue, sum(amount) as amount, sum(item_count)::int as item_count,
    count(*)::int as customer_count
from receivables.aged_balances($as_of)
where currency = $currency and ($entity::text is null or entity_id = $entity)
group by all
order by bucket_rank
"""

WORST = """
select entity_id, customer_id, any_value(customer_name) as name, sum(amount) as overdue,
    max(oldest_days) as oldest_days, sum(item_count)::int as item_count
from receivables.aged_balances($as_of)
where is_overdue and currency = $currency and ($entity::text is null or entity_id = $entity)
group by entity_id, customer_id
order by overdue desc, entity_id, customer_id
limit 10
"""

# A month or a day at whose close nothing was open has its row too, of nothing not due.
MONTHS = """
with owed as (
    select day as month_end, bucket, bucket_rank, sum(amount) as amount
    from receivables.daily_balances
    where currency = $currency and ($entity::text is null or entity_id = $entity)
        and (day = last_day(day) or day = $as_of)
    group by all
    having sum(amount) <> 0
),
calendar as (
    select least(last_day(first_on), $as_of) as month_end
    from (
        select unnest(
            generate_series(date_trunc('month', min(month_end)), $as_of, interval 1 month)
        ) as first_on
        from owed
    )
)
select month_end, coalesce(bucket, 'not_due') as bucket, coalesce(bucket_rank, 0) as bucket_rank,
    coalesce(amount, 0)::decimal(18, 2) as amount
from calendar
left join owed using (month_end)
order by month_end, bucket_rank
"""

DAYS = """
with owed as (
    select day, bucket, bucket_rank, sum(amount) as amount
    from receivables.daily_balances
    where currency = $currency and ($entity::text is null or entity_id = $entity)
        and day between $first_on and $last_on
    group by all
    having sum(amount) <> 0
),
calendar as (
    select unnest(generate_series($first_on, $last_on, interval 1 day))::date as day
)
select day, coalesce(bucket, 'not_due') as bucket, coalesce(bucket_rank, 0) as bucket_rank,
    coalesce(amount, 0)::decimal(18, 2) as amount
from calendar
left join owed using (day)
order by day, bucket_rank
"""

CHANGES = """
select reason, sum(amount) as amount, sum(item_count)::int as item_count,
    count(distinct customer_id)::int as customer_count
from receivables.changes
where currency = $currency and ($entity::text is null or entity_id = $entity)
group by reason
order by abs(sum(amount)) desc
"""

MOVES = """
select moves.entity_id, moves.customer_id, name, worst_before, worst_now, overdue_before,
    overdue_now
from receivables.bucket_moves as moves
left join ledger.customers using (entity_id, customer_id)
where moves.currency = $currency and ($entity::text is null or moves.entity_id = $entity)
order by abs(overdue_now - overdue_before) desc, moves.entity_id, moves.customer_id
limit $limit
"""


def finding(owed: Owed, books: Books) -> str:
    """Say in one line how much is owed, how much is late, and which way it goes."""
    if not owed.receivable and not owed.overdue:
        return t("Nothing is owed in {currency}.", currency=books.currency)
    amount = formats.money_short(owed.receivable, books.currency)
    if owed.receivable < 0:
        told = in_credit(owed, books)
    elif owed.overdue == 0:
        told = t("{amount} receivable, nothing of it overdue", amount=amount)
    else:
        told = t(
            "{amount} receivable, {share} of invoices overdue",
            amount=amount,
            share=formats.percent(owed.overdue_percent),
        )
    trend = measures.dso_trend(books)
    return t("{finding}; {trend}.", finding=told, trend=trend) if trend else f"{told}."


def in_credit(owed: Owed, books: Books) -> str:
    """Say that customers have paid more than they owe, and what is late all the same."""
    amount = formats.money_short(-owed.receivable, books.currency)
    if not owed.overdue:
        return t("Customers are in credit by {amount} in all", amount=amount)
    return t(
        "Customers are in credit by {amount} in all, though {overdue} is overdue",
        amount=amount,
        overdue=formats.money_short(owed.overdue, books.currency),
    )


def show_facts(owed: Owed, books: Books) -> None:
    """Show the figures of the day, each with its rule."""
    receivable, overdue, share, unapplied, dso = st.columns(5)
    with receivable:
        page.fact(
            t("Receivables"),
            formats.money_short(owed.receivable, books.currency),
            about=t(
                "Exactly {amount}. All that customers owe, gross of VAT, less credits matched to "
                "nothing.",
                amount=formats.money(owed.receivable, books.currency),
            ),
        )
    with overdue:
        page.fact(
            t("Overdue"),
            formats.money_short(owed.overdue, books.currency),
            about=t(
                "Exactly {amount}. Past the due date; what is due today is not overdue.",
                amount=formats.money(owed.overdue, books.currency),
            ),
        )
    with share:
        page.fact(
            t("Share overdue"),
            formats.percent(owed.overdue_percent, 1),
            about=t(
                "What is overdue, over all invoices that are open; credits matched to nothing are "
                "in neither."
            ),
        )
    with unapplied:
        page.fact(
            t("Unapplied"),
            formats.money_short(owed.unapplied, books.currency),
            about=t(
                "Exactly {amount}. Payments and credit notes that no invoice has used yet; they "
                "are deducted from the receivables.",
                amount=formats.money(owed.unapplied, books.currency),
            ),
        )
    with dso:
        measures.dso_fact(books)


def show_ageing(buckets: list[Row], owed: Owed, books: Books) -> None:
    """Show what is owed by bucket."""
    late = [row for row in buckets if row["is_overdue"]]
    title = t("Receivables by days late")
    if late and owed.overdue > 0:
        oldest = late[-1]
        title = t(
            "{share} of what is overdue is {bucket} late",
            share=formats.percent(100 * oldest["amount"] / owed.overdue),
            bucket=words.bucket_of_days(oldest["bucket"]).lower(),
        )
    page.section(title)
    if not buckets:
        page.note(t("Nothing is open in {currency}.", currency=books.currency))
        return
    page.note(t("{currency}, by due date", currency=books.currency))
    charts.show(charts.ageing(buckets, books.currency, t("Days late")), title)
    columns = [
        Column("bucket", t("Days late"), word=words.bucket),
        Column("amount", t("Amount ({currency})", currency=books.currency), "money"),
        Column("item_count", t("Items"), "count"),
        Column("customer_count", t("Customers"), "count"),
    ]
    values = {**books.values, "as_of": state.shown().as_of}
    if part := page.unfolded(t("Table and download"), key="ageing"):
        with part:
            grids.show(buckets, columns, what=title)
            name = t("ageing {day}", day=state.shown().as_of.isoformat())
            grids.downloads(state.asker(BUCKETS, values), columns, name, key="ageing")


def show_worst(books: Books) -> None:
    """Show who to look at first."""
    values = {**books.values, "as_of": state.shown().as_of}
    worst = state.rows(WORST, **values)
    page.section(t("Largest overdue customers"))
    if not worst:
        page.note(t("Nobody is late."))
        return
    columns = [
        Column("name", t("Customer"), width=300),  # so that the button of the row is in sight
        Column("customer_id", t("Number")),
        *entities.columns(books),
        Column("item_count", t("Documents"), "count"),
        Column("overdue", t("Overdue ({currency})", currency=books.currency), "money"),
        Column("oldest_days", t("Oldest (days)"), "days"),
    ]
    grids.show(
        worst, columns, what=t("Largest overdue customers"), key="worst",
        action=links.account_of(worst), height="content",
    )  # fmt: skip
    name = t("overdue customers {day}", day=state.shown().as_of.isoformat())
    grids.downloads(state.asker(WORST, values), columns, name, key="worst_file")


def show_changes(books: Books) -> None:
    """Show what changed since the snapshot before, and why."""
    previous = state.shown().previous
    if previous is None:
        page.section(t("What changed"))
        page.note(t("This is the first snapshot; the next refresh will say what changed and why."))
        return
    changes = state.rows(CHANGES, **books.values)
    moves = state.rows(MOVES, **books.values, limit=grids.SHOWN)
    change = sum((row["amount"] for row in changes), Decimal(0))
    since = formats.day(previous.as_of)
    if change > 0:
        title = t("{amount} more owed than on {day}", day=since,
                  amount=formats.money_short(change, books.currency))  # fmt: skip
    elif change < 0:
        title = t("{amount} less owed than on {day}", day=since,
                  amount=formats.money_short(-change, books.currency))  # fmt: skip
    else:
        title = t("As much owed as on {day}", day=since)
    page.section(title)
    if not changes and not moves:
        page.note(t("No entry came in or was withdrawn, and no customer changed bucket."))
        return
    why, who = st.columns([2, 3])
    with why:
        columns = [
            Column("reason", t("Why"), word=lambda code: words.word(words.REASONS, code)),
            Column("amount", t("Amount ({currency})", currency=books.currency), "money"),
            Column("item_count", t("Items"), "count"),
        ]
        grids.show(changes, columns, what=title, height="content")
        name = t("changes {day}", day=state.shown().as_of.isoformat())
        grids.downloads(state.asker(CHANGES, books.values), columns, name, key="changes")
    with who:
        if not moves:
            page.note(t("No customer changed bucket."))
            return
        columns = [
            Column("name", t("Customers who changed bucket"), width=220),
            Column("worst_before", t("From"), word=words.bucket),
            Column("worst_now", t("To"), word=words.bucket),
            Column("overdue_now", t("Overdue ({currency})", currency=books.currency), "money"),
        ]  # fmt: skip
        grids.show(
            moves, columns, what=t("Customers who changed bucket"), key="moves",
            action=links.account_of(moves),
        )  # fmt: skip
        name = t("bucket moves {day}", day=state.shown().as_of.isoformat())
        every = state.asker(MOVES, {**books.values, "limit": 10**9})
        grids.downloads(every, columns, name, key="moves_file")


def show_history(books: Books) -> Span | None:
    """Show the receivables of the history, or of the part of it that the reader chooses."""
    question, values = MONTHS, {**books.values, "as_of": state.shown().as_of}
    months = state.rows(question, **values)
    if not months:
        return None
    ends = sorted({row["month_end"] for row in months})
    heading = st.container()
    span = spans.choose(ends, has_days=state.has("receivables.daily_balances"))
    shown = [day for day in ends if span.holds(day)]
    title = nt("Receivables over {n} month", "Receivables over {n} months", len(shown))
    points = [row for row in months if span.holds(row["month_end"])]
    if span.is_daily:
        question, values = DAYS, {**books.values, **span.values}
        points = state.rows(DAYS, **values)
    with heading:
        page.section(title)
        page.note(
            t("{currency}, at the close of each day, by days late", currency=books.currency)
            if span.is_daily
            else t("{currency}, at each month end, by days late", currency=books.currency)
        )
    draw = charts.history_of_days if span.is_daily else charts.history
    charts.show(draw(points, books.currency), title)
    spans.note_first_list(books, span)
    columns = [
        Column("day" if span.is_daily else "month_end", t("As of"), "date"),
        Column("bucket", t("Days late"), word=words.bucket),
        Column("amount", t("Amount ({currency})", currency=books.currency), "money"),
    ]
    if part := page.unfolded(t("Table and download"), key="history"):
        with part:
            latest = list(reversed(points))
            grids.show(latest[: grids.SHOWN], columns, what=title)
            if more := grids.first_of(min(len(points), grids.SHOWN), len(points)):
                page.note(more)
            grids.downloads(state.asker(question, values), columns, t("history"), key="history")
    return span


def show() -> None:
    """Show the page, in the order in which a CFO asks."""
    pointer = state.shown()
    books = filters.books()
    if books is None:
        page.headline(t("There is nothing in the books yet."), about.provenance(pointer))
        page.empty(
            t("No extract with receivables was loaded."),
            t("Put the ledger extract (FEC) in the folder of extracts and refresh."),
        )
        about.warnings(pointer)
        return
    buckets = state.rows(BUCKETS, **books.values, as_of=pointer.as_of)
    owed = Owed.of(buckets)
    page.headline(finding(owed, books), about.provenance(pointer))
    about.warnings(pointer)
    if buckets:
        show_facts(owed, books)
    ageing, history = st.columns(2, gap="large")
    with ageing:
        show_ageing(buckets, owed, books)
    with history:
        span = show_history(books)
    show_worst(books)
    show_changes(books)
    if span:
        measures.show_dso_history(books, span)


show()
