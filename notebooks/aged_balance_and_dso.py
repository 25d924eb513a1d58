# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # How much is owed, how late is it, and does it tie?
#
# Reads the published snapshot and nothing else, as the screens do. This file is the notebook: open
# it in Jupyter with jupytext, or run it with `python`. What each table holds is in
# `docs/tables.md`, how each figure is made in `docs/methods.md`.

# %%
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

import published
from published import snapshot

root = Path(published.__file__).resolve().parent.parent
pointer = snapshot.current(Path(os.environ.get("ENCAISSE_HOME") or root / "data"))
con = snapshot.connect(pointer)  # read-only: nothing here can change a figure


def ask(question: str, **values: Any) -> pd.DataFrame:
    """Return the answer as a frame whose amounts are exact decimals."""
    return snapshot.rows(con, question, **values).to_pandas(types_mapper=pd.ArrowDtype)


f"snapshot {pointer.version}, as of {pointer.as_of}"

# %% [markdown]
# ## The aged balance, of any day
#
# `receivables.aged_balances` is asked with a day, and with other buckets or by document date if
# one likes. Currencies are never added up.

# %%
AGED = """
    select entity_id, currency, bucket, sum(amount) as amount, sum(item_count)::int as item_count
    from receivables.aged_balances($as_of)
    group by entity_id, currency, bucket, bucket_rank
    order by entity_id, currency, bucket_rank
"""
ask(AGED, as_of=pointer.as_of)

# %% A year before: the same question, and the answer that was true then.
ask(AGED, as_of=pointer.as_of - timedelta(days=365))

# %% By document date, in buckets of two weeks.
ask(
    """
    select entity_id, currency, bucket, sum(amount) as amount
    from receivables.aged_balances($as_of, _basis := 'document', _bounds := [14, 28, 42, 56])
    group by entity_id, currency, bucket, bucket_rank
    order by entity_id, currency, bucket_rank
    """,
    as_of=pointer.as_of,
)

# %% [markdown]
# ## The tie-out
#
# What the buckets add up to, beside the balance of the receivable accounts in the ledger: on the
# snapshot's day, and at each month end of the two years before. The gap must be 0.00 everywhere.

# %%
ties = ask("""
    select
        day,
        entity_id,
        currency,
        sum(ledger_amount) as ledger,
        sum(bucket_amount) as buckets,
        sum(ledger_amount) - sum(bucket_amount) as gap
    from receivables.control_balances
    group by day, entity_id, currency
    order by day desc, entity_id, currency
""")
assert (ties["gap"] == 0).all()
ties

# %% Any other day is asked in the same way: here, the ledger itself is added up.
asked_on = pointer.as_of - timedelta(days=100)
on_that_day = ask(
    """
    with buckets as (
        select entity_id, currency, sum(amount) as buckets
        from receivables.aged_balances($asked_on)
        group by all
    ),

    booked as (
        select entity_id, currency, sum(amount) as ledger
        from ledger.items
        where booked_on <= $asked_on
        group by all
    )

    select entity_id, currency, ledger, coalesce(buckets, 0) as buckets
    from booked
    left join buckets using (entity_id, currency)
    order by all
    """,
    asked_on=asked_on,
)
assert (on_that_day["ledger"] == on_that_day["buckets"]).all()
on_that_day

# %% [markdown]
# ## DSO, from the sums it is made of
#
# The simple DSO is the receivable over the sales of three months, times their days.
# `measures.inputs` has the sums of each customer, `measures.periods` the days that are looked back
# on, and `measures.monthly` the published figure, which must be the same.

# %%
simple = ask("""
    with sums as (
        select
            entity_id,
            currency,
            month_end,
            sum(receivable) as receivable,
            sum(sales_three_months) as sales
        from measures.inputs
        group by all
    )

    select
        sums.*,
        periods.three_months_days as days,
        (receivable / nullif(sales, 0) * three_months_days)::decimal(18, 2) as dso,
        monthly.value::decimal(18, 2) as published
    from sums
    join measures.periods as periods using (entity_id, month_end)
    join measures.monthly as monthly using (entity_id, currency, month_end)
    where monthly.scope = 'entity' and monthly.measure = 'dso_simple' and monthly.value is not null
    order by month_end desc, entity_id, currency
""")
assert ((simple["dso"] - simple["published"]).abs() < 0.02).all()
simple

# %% [markdown]
# The count-back DSO walks back through the months instead, and moves less with one strong month.
# Where the history ends before the answer does, the figure reads "more than".

# %%
ask("""
    select
        entity_id,
        currency,
        month_end,
        round(value, 1) as dso_countback,
        is_lower_bound as more_than,
        note
    from measures.monthly
    where scope = 'entity' and measure = 'dso_countback'
    order by month_end desc, entity_id, currency
""")
