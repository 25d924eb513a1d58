# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # What does the timing model look at?
#
# The model in use, taken apart: what it was fitted on, how it did on days it had not seen, what
# moves its answers, and one document's answer from the customer's habits to the predicted days.
# Reads the published snapshot and nothing else.

# %%
import json
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
# ## Its card
#
# The data it learnt from, the rule by which it is trained again, the versions that made it.

# %%
card = ask("select section, name, value from predictions.model_card order by section, name")
card[card["section"] != "features"]

# %% [markdown]
# ## On days it had not seen
#
# Each method on the last three months before training, none of which it was fitted on.
# `terms_curve` knows the payment terms alone, `customer_curve` each customer's own delays, `mix`
# adds the trees. CRPS is the mean distance, in days, between the whole predicted distribution and
# what happened.

# %%
ask(
    """
    select horizon as asked, method, metric, value, low, high, count
    from predictions.backtest_scores
    where subject = 'invoices'
    order by asked, metric, method
    """
)

# %% When it says 30 %, does it happen 30 times in a hundred?
calibration = ask(
    """
    select method, target, bin, predicted, observed, count
    from predictions.calibration
    order by target, method, bin
    """
)
calibration

# %% [markdown]
# ## What the open book looks like to it

# %%
ask(
    """
    select
        method,
        rests_on,
        count(*) as items,
        round(avg(expected_days_late), 1) as expected_days_late,
        round(avg(late_probability), 3) as late_probability,
        round(avg(unpaid_90_probability), 3) as unpaid_90_probability
    from predictions.payment_timing
    group by method, rests_on
    order by items desc
    """
)

# %% [markdown]
# ## What moves its answers
#
# Effects are held against an ordinary document of an ordinary customer, in days of the expected
# delay. The mean size of a group's effect says how much it matters to this firm.

# %%
effects = ask(
    """
    select
        code,
        count(*) as named,
        round(avg(abs(effect_days)), 1) as mean_size_days,
        min(effect_days) as earliest_days,
        max(effect_days) as latest_days
    from predictions.reasons
    where item_id is not null
    group by code
    order by named desc, code
    """
)
effects

# %% [markdown]
# ## One document
#
# The open document that is expected latest among those not yet due: its days, and its reasons.

# %%
one = ask(
    """
    select *
    from predictions.payment_timing
    where not is_doubtful
    order by days_late <= 0 desc, expected_days_late desc, item_id
    limit 1
    """
)
one.T

# %%
reasons = (
    ask(
        """
        select rank, code, effect_days, facts
        from predictions.reasons
        where item_id = $item
        order by rank
        """,
        item=int(one["item_id"].iloc[0]),
    )
    if len(one)
    else pd.DataFrame()
)
[(row.code, row.effect_days, json.loads(str(row.facts))) for row in reasons.itertuples()]
