"""Past forecasts against what came in, and what made the difference."""

from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import charts, filters, forecast_charts, formats, grids, page, state, words
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row

# Only weeks, each with the last version that was said of it that many weeks before.
HISTORY = """
with told as (
    select forecast_on, first_on, last_on, origin, entity_id, amount, low_80, high_80,
        actual_amount, (first_on - forecast_on - 1) // 7 + 1 as weeks_ahead,
        row_number() over (
            partition by entity_id, forecast_on, first_on order by version desc
        ) as place
    from predictions.forecast_history
    where currency = $currency and ($entity::text is null or entity_id = $entity)
        and last_on = first_on + 6 and actual_amount is not null
)

select forecast_on, first_on, last_on, weeks_ahead::int as weeks_ahead, min(origin) as origin,
    sum(amount)::decimal(18, 2) as amount,
    case when count(*) = 1 then any_value(low_80) end as low_80,
    case when count(*) = 1 then any_value(high_80) end as high_80,
    sum(actual_amount)::decimal(18, 2) as actual,
    sum(actual_amount - amount)::decimal(18, 2) as difference
from told
where place = 1
group by forecast_on, first_on, last_on, weeks_ahead
order by first_on, forecast_on
"""

CAUSES = """
select cause, sum(amount)::decimal(18, 2) as amount,
    count(distinct customer_id)::int as customer_count
from predictions.variances
where currency = $currency and ($entity::text is null or entity_id = $entity)
    and forecast_on = $forecast_on and first_on = $first_on
group by cause
order by abs(sum(amount)) desc, cause
"""

CUSTOMERS = """
select entity_id, customer_id, name, cause, sum(amount)::decimal(18, 2) as amount
from predictions.variances
left join ledger.customers using (entity_id, customer_id)
where variances.currency = $currency and ($entity::text is null or entity_id = $entity)
    and forecast_on = $forecast_on and first_on = $first_on and customer_id is not null
group by all
order by abs(sum(amount)) desc, entity_id, customer_id, cause
limit 200
"""


def show(books: Books) -> None:
    """Show what was said of past weeks, what came in, and why they differ."""
    known = state.rows(HISTORY, **books.values) if state.has("predictions.forecast_history") else []
    if not known:
        page.note(
            t(
                "No past forecast has come to its end yet. Every refresh keeps its forecast; each "
                "week is held against what came in once it is over."
            )
        )
        return
    leads = sorted({row["weeks_ahead"] for row in known})
    lead = filters.one_of(
        t("Said how many weeks before"),
        [str(n) for n in leads[:6]],
        lambda code: nt("{n} week before", "{n} weeks before", int(code)),
        key="lead",
    )
    found = [row for row in known if row["weeks_ahead"] == int(lead)]
    title = finding(found, books)
    page.section(title)
    page.note(t("{currency}, receipts by week", currency=books.currency))
    came = [{"first_on": row["first_on"], "amount": row["actual"]} for row in found]
    charts.show(forecast_charts.past(found, came, books.currency), title)
    show_table(found, books)


def finding(found: list[Row], books: Books) -> str:
    """Say in one line how far what came in was from what had been said."""
    said = sum((row["amount"] for row in found), Decimal(0))
    difference = sum((row["difference"] for row in found), Decimal(0))
    amount = formats.money_short(abs(difference), books.currency)
    weeks = nt("{n} week", "{n} weeks", len(found))
    of = formats.money_short(said, books.currency)
    if difference > 0:
        return t("{amount} more than said over {weeks}, of {said}", amount=amount, weeks=weeks,
                 said=of)  # fmt: skip
    if difference < 0:
        return t("{amount} less than said over {weeks}, of {said}", amount=amount, weeks=weeks,
                 said=of)  # fmt: skip
    return t("As much as said over {weeks}", weeks=weeks)


def show_table(found: list[Row], books: Books) -> None:
    """Show the weeks, the latest first; picking one tells what made the difference."""
    latest = list(reversed(found))

    def pick(row: int, _column: str) -> None:
        st.query_params["said"] = latest[row]["forecast_on"].isoformat()
        st.query_params["week"] = latest[row]["first_on"].isoformat()

    columns = [
        Column("first_on", t("Week from"), "date"),
        Column("forecast_on", t("Said on"), "date"),
        Column("amount", t("Said ({currency})", currency=books.currency), "money"),
        Column("low_80", t("Low end"), "money"),
        Column("high_80", t("High end"), "money"),
        Column("actual", t("Came in ({currency})", currency=books.currency), "money"),
        Column("difference", t("Difference ({currency})", currency=books.currency), "money"),
        Column("origin", t("How"), word=lambda code: words.word(words.ORIGINS, code)),
    ]
    page.note(t("Pick a week to see what made the difference."))
    shown = latest[: grids.SHOWN]
    grids.show(
        shown, columns, what=t("Past weeks"), key=grids.key("actuals", books), on_pick=pick,
        height=320 if len(shown) > 8 else "content",
    )  # fmt: skip
    name = t("forecast against actual {day}", day=state.shown().as_of.isoformat())
    grids.downloads(state.asker(HISTORY, books.values), columns, name, key="actuals_file")
    show_causes(latest, books)


def show_causes(latest: list[Row], books: Books) -> None:
    """Show what made the difference in the week in the address."""
    told = (st.query_params.get("said"), st.query_params.get("week"))
    row = next(
        (
            each
            for each in latest
            if (each["forecast_on"].isoformat(), each["first_on"].isoformat()) == told
        ),
        None,
    )
    if row is None or not state.has("predictions.variances"):
        return
    asked: dict[str, Any] = {
        **books.values,
        "forecast_on": row["forecast_on"],
        "first_on": row["first_on"],
    }
    causes = state.rows(CAUSES, **asked)
    page.section(
        t("Week of {day}: {difference} between what was said and what came in",
          day=formats.day(row["first_on"]),
          difference=formats.money(row["difference"], books.currency))
    )  # fmt: skip
    if not causes:
        page.note(t("What made the difference is not known for this week."))
        return
    amount = Column("amount", t("Difference ({currency})", currency=books.currency), "money")
    why, who = st.columns([2, 3], gap="large")
    with why:
        columns = [
            Column("cause", t("Why"), word=cause_name, width=230),
            amount,
            Column("customer_count", t("Customers"), "count"),
        ]
        grids.show(causes, columns, what=t("What made the difference"), height="content")
        grids.downloads(state.asker(CAUSES, asked), columns, t("causes"), key="causes_file")
    with who:
        customers = state.rows(CUSTOMERS, **asked)
        if not customers:
            return
        columns = [
            Column("name", t("Customer"), width=200),
            Column("customer_id", t("Number")),
            Column("cause", t("Why"), word=cause_name, width=190),
            amount,
        ]
        grids.show(customers, columns, what=t("Whose payments differ"))
        grids.downloads(
            state.asker(CUSTOMERS, asked), columns, t("causes by customer"), key="who_file"
        )


def cause_name(code: str) -> str:
    """Return what a cause of a difference is called."""
    return words.word(words.CAUSES, code)
