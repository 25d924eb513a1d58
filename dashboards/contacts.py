"""The collection list as its page asks for it: however many are on it, the few that are looked at.

The list of a large firm is tens of thousands of customers long, of whom a day's hours reach some
hundred. Nobody reads the others one by one: they are counted, and are all in the download.
"""

from typing import Any

import streamlit as st

from dashboards import grids, state
from dashboards.state import Row

OF_THE_LIST = """
from worklist.priorities
where currency = $currency and ($entity::text is null or entity_id = $entity)
    and ($collector = '*' or collector = $collector)
"""
BY_RANK = "order by rank, entity_id, customer_id"


def _with_names(question: str) -> str:
    return f"""
    select listed.*, coalesce(name, customer_id) as name
    from ({question}) as listed
    left join ledger.customers using (entity_id, customer_id)
    {BY_RANK}
    """  # noqa: S608 - the questions are those below


LISTED = _with_names(f"select * {OF_THE_LIST}")
TODAY = _with_names(f"select * {OF_THE_LIST} and fits_today")
LATER = _with_names(f"select * {OF_THE_LIST} and not fits_today {BY_RANK} limit {grids.SHOWN}")
FIRST = _with_names(f"select * {OF_THE_LIST} {BY_RANK} limit 1")
CHOSEN = _with_names(f"select * {OF_THE_LIST} and entity_id = $of and customer_id = $customer")

BEFORE = f"""
select entity_id, customer_id {OF_THE_LIST}
    and (rank, entity_id, customer_id) < ($rank, $of, $customer)
order by rank desc, entity_id desc, customer_id desc
limit 1
"""

AFTER = f"""
select entity_id, customer_id {OF_THE_LIST}
    and (rank, entity_id, customer_id) > ($rank, $of, $customer)
{BY_RANK}
limit 1
"""

TOTALS = f"""
select
    fits_today,
    count(*) as customer_count,
    sum(minutes)::bigint as minutes,
    sum(late_amount + due_soon_amount)::decimal(18, 2) as chased_amount,
    coalesce(
        sum(disputed_amount) filter (action = 'settle_dispute'), 0
    )::decimal(18, 2) as disputed_amount
{OF_THE_LIST}
group by fits_today
"""


def chosen(asked: dict[str, Any]) -> Row | None:
    """Return the customer in the address; the first of the list where it is none of it."""
    of, customer = st.query_params.get("of"), st.query_params.get("account")
    found = state.rows(CHOSEN, **asked, of=of, customer=customer) if of and customer else []
    return next(iter(found or state.rows(FIRST, **asked)), None)


def beside(row: Row, question: str, asked: dict[str, Any]) -> Row | None:
    """Return who stands just `BEFORE` or `AFTER` a customer of the list; None at its end."""
    place = {"rank": row["rank"], "of": row["entity_id"], "customer": row["customer_id"]}
    return next(iter(state.rows(question, **asked, **place)), None)
