# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # Who pays late, and since when?
#
# Reads the published snapshot and nothing else. Averages over paid invoices look best just when the
# worst payers have not paid, so what is open and late counts here too, at its age of the day.

# %%
import os
from pathlib import Path
from typing import Any

import pandas as pd

import published
from published import snapshot

root = Path(published.__file__).resolve().parent.parent
pointer = snapshot.current(Path(os.environ.get("ENCAISSE_HOME") or root / "data"))
con = snapshot.connect(pointer)  # read-only: nothing here can change a figure
LATE_FROM_DAYS = 7  # a week's grace: a payment that crosses a weekend is no habit


def ask(question: str, **values: Any) -> pd.DataFrame:
    """Return the answer as a frame whose amounts are exact decimals."""
    return snapshot.rows(con, question, **values).to_pandas(types_mapper=pd.ArrowDtype)


f"snapshot {pointer.version}, as of {pointer.as_of}"

# %% [markdown]
# ## Who is late today
#
# What is overdue, by customer, the largest first, with its oldest day.

# %%
ask(
    """
    select
        entity_id,
        customer_id,
        any_value(customer_name) as name,
        currency,
        sum(open_amount) as overdue,
        max(days_late) as oldest_days_late,
        count(*)::int as item_count
    from receivables.aged_items($as_of)
    where is_overdue
    group by entity_id, customer_id, currency
    order by overdue desc, customer_id
    limit 20
    """,
    as_of=pointer.as_of,
)

# %% [markdown]
# ## Since when
#
# `days_beyond_terms_open` looks at three months of payments and at what is open and late, weighted
# by amount. A customer is late since the month after the last one in which that was at most a week;
# one that was never on time is late since the beginning.

# %%
since_when = ask(
    """
    with history as (
        select entity_id, currency, customer_id, month_end, value as days_late
        from measures.monthly
        where scope = 'customer' and measure = 'days_beyond_terms_open' and value is not null
    ),

    turns as (
        select
            entity_id,
            currency,
            customer_id,
            max(month_end) filter (days_late <= $late_from) as last_on_time,
            max_by(days_late, month_end) as days_late_now,
            max(month_end) as last_seen
        from history
        group by all
    ),

    since as (
        select
            turns.entity_id,
            turns.currency,
            turns.customer_id,
            turns.days_late_now,
            min(history.month_end) as late_since
        from turns
        join history
            on history.entity_id = turns.entity_id
            and history.currency = turns.currency
            and history.customer_id = turns.customer_id
            and history.month_end > coalesce(turns.last_on_time, date '0001-01-01')
        where turns.last_seen = $as_of and turns.days_late_now > $late_from
        group by all
    )

    select
        since.entity_id,
        since.customer_id,
        customers.name,
        since.currency,
        since.late_since,
        round(since.days_late_now, 1) as days_late_now,
        customers.payment_terms,
        customers.collector
    from since
    join ledger.customers as customers using (entity_id, customer_id)
    order by since.days_late_now desc, since.customer_id
    """,
    as_of=pointer.as_of,
    late_from=LATE_FROM_DAYS,
)
since_when

# %% How many became late in each month, and still are.
since_when.groupby("late_since", dropna=False).size().sort_index(ascending=False)

# %% [markdown]
# ## Is it getting worse?
#
# Each payment of the worst of them, quarter by quarter: how much was paid, and how late on average.

# %%
worst = since_when.head(5)["customer_id"].tolist()
ask(
    """
    select
        customer_id,
        currency,
        date_trunc('quarter', paid_on)::date as quarter,
        sum(amount) as paid,
        (sum(amount * days_late) / sum(amount))::decimal(18, 1) as days_late,
        max(days_late) as latest
    from measures.payments
    where days_late is not null and list_contains($customers, customer_id)
    group by all
    order by customer_id, currency, quarter
    """,
    customers=worst,
)

# %% [markdown]
# ## Is it the customer, or a kind of customer?

# %%
ask(
    """
    select
        segment,
        currency,
        round(max(value) filter (measure = 'days_beyond_terms_paid'), 1) as days_late_paid,
        round(max(value) filter (measure = 'days_beyond_terms_open'), 1) as days_late_with_open,
        round(max(value) filter (measure = 'overdue_percent'), 1) as overdue_percent
    from measures.monthly
    where scope = 'segment' and month_end = $as_of
    group by segment, currency, entity_id
    order by days_late_with_open desc nulls last
    """,
    as_of=pointer.as_of,
)
