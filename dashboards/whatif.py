"""Scenarios: the forecast with levers in plain words, saved and compared side by side."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import state
from dashboards.filters import Books
from dashboards.forecast import Forecast, Period
from dashboards.state import Row
from desk.scenarios import Scenario
from models.levers import Facts, Receipt
from models.scenarios import Span, apply_levers, by_period, lever_from_dict, lever_to_dict

RECEIPTS = """
select
    entity_id, customer_id, source, expected_on,
    (amount::decimal(28, 2) * 100)::bigint as cents
from predictions.expected_receipts
where currency = $currency and ($entity::text is null or entity_id = $entity)
"""

DAYS_LATE = """
select entity_id, customer_id, round(expected_days_late)::int as days
from predictions.customer_risk
where currency = $currency and expected_days_late is not null
    and ($entity::text is null or entity_id = $entity)
"""

# The terms of a customer: what most of its latest invoices have, whatever the file calls them.
TERMS = """
with latest as (
    select entity_id, customer_id, due_on - document_on as days,
        row_number() over (
            partition by entity_id, customer_id order by document_on desc, item_id desc
        ) as place
    from ledger.items
    where kind = 'invoice' and due_on is not null and currency = $currency
        and ($entity::text is null or entity_id = $entity) and booked_on <= $as_of
)
select entity_id, customer_id, median(days)::int as days from latest where place <= 10 group by all
"""

CUSTOMERS = """
select receipts.customer_id, coalesce(any_value(name), receipts.customer_id) as name,
    sum(amount)::decimal(18, 2) as amount
from predictions.expected_receipts as receipts
left join ledger.customers using (entity_id, customer_id)
where receipts.currency = $currency and receipts.customer_id is not null
    and ($entity::text is null or entity_id = $entity)
group by receipts.customer_id
order by amount desc, receipts.customer_id
limit 500
"""


@dataclass(frozen=True)
class Outcome:
    """What a scenario makes of the forecast: amounts by the number of the period."""

    scenario: Scenario
    amounts: dict[int, Decimal]

    def of_weeks(self, count: int) -> Decimal:
        """Return what comes in to the end of the next `count` whole weeks."""
        return sum((self.amounts.get(n, Decimal(0)) for n in range(count + 1)), Decimal(0))


def spans(found: Forecast) -> list[Span]:
    """Return the periods of a forecast, the last without an end."""
    periods = [Span(period.first_on, period.last_on) for period in found.periods]
    return [*periods[:-1], Span(periods[-1].first_on, None)]


def week_spans(weeks: list[Period]) -> list[Span]:
    """Return weeks as periods, each with its end."""
    return [Span(week.first_on, week.last_on) for week in weeks]


def outcome(scenario: Scenario, found: Forecast, books: Books) -> Outcome:
    """Return what a scenario makes of the forecast, entity by entity, added up."""
    levers = json.dumps([lever_to_dict(lever) for lever in scenario.levers])
    cents = _cents(state.shown().sha256, books.entity, books.currency, levers, spans(found))
    amounts = {
        period.period: Decimal(each) / 100
        for period, each in zip(found.periods, cents, strict=True)
    }
    return Outcome(scenario, amounts)


@st.cache_data(max_entries=128, show_spinner=False)
def _cents(
    sha256: str, entity: str | None, currency: str, levers: str, periods: list[Span]
) -> list[int]:
    del sha256  # of the snapshot: the key under which the answer is kept
    moved = [lever_from_dict(each) for each in json.loads(levers)]
    asked = {"entity": entity, "currency": currency}
    totals = [0] * len(periods)
    facts = _facts(asked)
    for of, receipts in _receipts(asked).items():
        changed = by_period(apply_levers(receipts, moved, facts(of)), periods)
        totals = [total + each for total, each in zip(totals, changed, strict=True)]
    return totals


def _receipts(asked: dict[str, Any]) -> dict[str, list[Receipt]]:
    found: dict[str, list[Receipt]] = defaultdict(list)
    for row in state.rows(RECEIPTS, **asked):
        found[row["entity_id"]].append(
            Receipt(row["customer_id"], row["source"], row["expected_on"], row["cents"])
        )
    return found


def _facts(asked: dict[str, Any]) -> Callable[[str], Facts]:
    as_of: date = state.shown().as_of
    late = state.rows(DAYS_LATE, **asked) if state.has("predictions.customer_risk") else []
    terms = state.rows(TERMS, **asked, as_of=as_of)

    def of(entity: str) -> Facts:
        return Facts(as_of, _by_customer(late, entity), _by_customer(terms, entity))

    return of


def _by_customer(rows: list[Row], entity: str) -> dict[str, int]:
    return {row["customer_id"]: row["days"] for row in rows if row["entity_id"] == entity}


def customers(books: Books) -> dict[str, str]:
    """Return the customers of whom something is expected, by number, those of most first."""
    return {row["customer_id"]: row["name"] for row in state.rows(CUSTOMERS, **books.values)}


def terms_in_use(books: Books) -> list[int]:
    """Return the payment terms that customers have, in days, the shortest first."""
    rows = state.rows(TERMS, **books.values, as_of=state.shown().as_of)
    return sorted({row["days"] for row in rows})
