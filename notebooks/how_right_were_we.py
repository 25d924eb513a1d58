# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # How right were the forecasts of the past?
#
# Works the published scores out again from the forecasts themselves: every Sunday of the past, what
# was foretold from what was known then, by each method, and what came in. Reads the published
# snapshot and nothing else.

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


def ask(question: str, **values: Any) -> pd.DataFrame:
    """Return the answer as a frame whose amounts are exact decimals."""
    return snapshot.rows(con, question, **values).to_pandas(types_mapper=pd.ArrowDtype)


f"snapshot {pointer.version}, as of {pointer.as_of}"

# %% [markdown]
# ## What there is
#
# A forecast is judged once its week is over. `encaisse` is what was, or would have been, shown: the
# model, unless a simpler rule had been right more often by that Sunday.

# %%
ask(
    """
    select
        entity_id,
        currency,
        method,
        count(distinct origin_on) as origins,
        min(origin_on) as first_on,
        max(origin_on) as last_on,
        count(actual_amount) as weeks_over
    from predictions.backtest_weeks
    group by entity_id, currency, method
    order by entity_id, currency, method
    """
)

# %% [markdown]
# ## The error of each method, worked out again
#
# WAPE is the sum of the absolute errors over the sum of what came in; bias the same with the errors
# netted. Weeks 1 to 4, 5 to 8 and 9 to 13 ahead.

# %%
worked = ask(
    """
    with judged as (
        select
            *,
            case when horizon_week <= 4 then '1-4' when horizon_week <= 8 then '5-8' else '9-13' end
                as horizon
        from predictions.backtest_weeks
        where actual_amount is not null and forecast_amount is not null
    )

    select
        entity_id,
        currency,
        method,
        horizon,
        sum(abs(forecast_amount - actual_amount)) / sum(actual_amount) as wape,
        sum(forecast_amount - actual_amount) / sum(actual_amount) as bias,
        count(*) as weeks
    from judged
    group by entity_id, currency, method, horizon
    having sum(actual_amount) > 0
    order by entity_id, currency, horizon, wape
    """
)
worked

# %% The published scores say the same.
said = ask(
    """
    select entity_id, currency, method, horizon, value as wape_published
    from predictions.backtest_scores
    where subject = 'total' and metric = 'wape' and currency is not null
    """
)
both = worked.merge(said, on=["entity_id", "currency", "method", "horizon"])
difference = (both["wape"].astype("float64") - both["wape_published"].astype("float64")).abs()
assert (difference < 0.0005).all(), "the published scores are not those of the published forecasts"
f"{len(both)} scores worked out again; the largest difference is {difference.max():.6f}"

# %% [markdown]
# ## Did the ranges keep their promise?
#
# A range said to hold 8 times out of 10 should have held 8 times out of 10: more often, it is too
# wide to be of use; less often, it is a false promise.

# %%
ask(
    """
    select
        case when horizon_week <= 4 then '1-4' when horizon_week <= 8 then '5-8' else '9-13' end
            as horizon,
        round(100 * avg((actual_amount between low_50 and high_50)::int), 1) as held_50_percent,
        round(100 * avg((actual_amount between low_80 and high_80)::int), 1) as held_80_percent,
        round(100 * avg((actual_amount between low_95 and high_95)::int), 1) as held_95_percent,
        count(*) as weeks
    from predictions.backtest_weeks
    where method = 'encaisse' and actual_amount is not null and low_80 is not null
    group by horizon
    order by horizon
    """
)

# %% [markdown]
# ## Where the forecast was furthest off
#
# The weeks to look at first: one large document that came a week late is no flaw of the model.

# %%
ask(
    """
    select
        entity_id,
        currency,
        origin_on,
        horizon_week,
        forecast_amount,
        actual_amount,
        forecast_amount - actual_amount as off_amount
    from predictions.backtest_weeks
    where method = 'encaisse' and horizon_week = 1 and actual_amount is not null
    order by abs(off_amount) desc, entity_id, currency, origin_on
    limit 10
    """
)
