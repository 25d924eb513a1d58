"""Past forecasts against what came in, and what made the difference."""

from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards import (
    adjusted,
    charts,
    filters,
    forecast_charts,
    formats,
    grids,
    page,
    state,
    words,
)
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import nt, t
from dashboards.state import Row
from desk.adjustments import Adjustment
from models.bridge import spread_over
from models.scenarios import Span
from models.variances import judge_adjustment

# Only weeks, each with the last version that was said of it that many weeks before.
HISTORY = """
with told as (
    select forecast_on, first_on, last_on, origin, entity_id, said_amount, low_80, high_80,
        actual_amount, (first_on - date_trunc('week', forecast_on)::date) // 7 as weeks_ahead,
        row_number() over (
            partition by entity_id, forecast_on, first_on order by version desc
        ) as place
    from predictions.forecast_history
    where currency = $currency and entity_id <> '*'
        and ($entity::text is null or entity_id = $entity)
        and last_on = first_on + 6 and actual_amount is not null
)

select forecast_on, first_on, last_on, weeks_ahead::int as weeks_ahead, min(origin) as origin,
    sum(said_amount)::decimal(18, 2) as amount,
    case when count(low_80) = count(*) then sum(low_80) end::decimal(18, 2) as low_80,
    case when count(high_80) = count(*) then sum(high_80) end::decimal(18, 2) as high_80,
    sum(actual_amount)::decimal(18, 2) as actual,
    sum(actual_amount - said_amount)::decimal(18, 2) as difference
from told
where place = 1
group by forecast_on, first_on, last_on, weeks_ahead
order by first_on, forecast_on
"""

# What was said of each week by the last forecast before an adjustment began, and what came.
BEFORE = """
with told as (
    select first_on, last_on, said_amount, actual_amount,
        row_number() over (partition by first_on order by forecast_on desc, version desc) as place
    from predictions.forecast_history
    where entity_id = $of and currency = $currency and actual_amount is not null
        and forecast_on < $starts and last_on >= $starts and first_on <= $ends
)

select first_on, last_on, said_amount, actual_amount from told where place = 1 order by first_on
"""

CAUSES = """
select cause, sum(amount)::decimal(18, 2) as amount,
    count(distinct customer_id)::int as customer_count
from predictions.variances
where currency = $currency and entity_id <> '*'
    and ($entity::text is null or entity_id = $entity)
    and forecast_on = $forecast_on and first_on = $first_on
group by cause
order by abs(sum(amount)) desc, cause
"""

CUSTOMERS = """
select entity_id, customer_id, name, cause, sum(amount)::decimal(18, 2) as amount
from predictions.variances
left join ledger.customers using (entity_id, customer_id)
where variances.currency = $currency and entity_id <> '*'
    and ($entity::text is null or entity_id = $entity)
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
    show_judged(books)


def show_judged(books: Books) -> None:
    """Show whether the adjustments of weeks that are over brought the forecast nearer."""
    rows = [row for each in adjusted.in_force(books) if (row := judged(each, books.currency))]
    if not rows:
        return
    nearer = sum((row["nearer"] for row in rows), Decimal(0))
    title = (
        t("Adjustments brought the forecast {amount} nearer to what came in",
          amount=formats.money_short(nearer, books.currency))
        if nearer >= 0
        else t("Adjustments took the forecast {amount} away from what came in",
               amount=formats.money_short(-nearer, books.currency))
    )  # fmt: skip
    page.section(title)
    columns = [
        Column("name", t("Adjustment"), width=220),
        Column("author", t("Who")),
        Column("first_on", t("From"), "date"),
        Column("last_on", t("To"), "date"),
        Column("added", t("Added ({currency})", currency=books.currency), "money"),
        Column("said", t("Said ({currency})", currency=books.currency), "money"),
        Column("actual", t("Came in ({currency})", currency=books.currency), "money"),
        Column("nearer", t("Nearer by ({currency})", currency=books.currency), "money"),
    ]
    grids.show(rows, columns, what=title, height="content")
    grids.downloads(
        lambda: grids.as_table(rows, columns), columns, t("adjustments judged"), key="judged_file"
    )


def judged(each: Adjustment, currency: str) -> Row | None:
    """Return what an adjustment was worth, over those of its weeks that are over; None: no week."""
    weeks = state.rows(
        BEFORE, of=each.entity_id, currency=currency, starts=each.first_on, ends=each.last_on
    )
    if not weeks:
        return None
    spans = [Span(week["first_on"], week["last_on"]) for week in weeks]
    added = spread_over(adjusted.stretches([each]), spans)
    nearer = sum(
        judge_adjustment(int(week["said_amount"] * 100), part, int(week["actual_amount"] * 100))
        for week, part in zip(weeks, added, strict=True)
    )
    return {
        "name": each.name,
        "author": each.author,
        "first_on": each.first_on,
        "last_on": each.last_on,
        "added": Decimal(sum(added)) / 100,
        "said": sum((week["said_amount"] for week in weeks), Decimal(0)),
        "actual": sum((week["actual_amount"] for week in weeks), Decimal(0)),
        "nearer": Decimal(nearer) / 100,
    }


def finding(found: list[Row], books: Books) -> str:
    """Say in one line how far what came in was from what had been said."""
    said = sum((row["amount"] for row in found), Decimal(0))
    difference = sum((row["difference"] for row in found), Decimal(0))
    amount = formats.money_short(abs(difference), books.currency)
    weeks = nt("{n} week", "{n} weeks", len(found))
    if not said and difference:
        return t("{amount} came in over {weeks}, of which nothing was said",
                 amount=formats.money_short(difference, books.currency), weeks=weeks)  # fmt: skip
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
        Column("low_80", t("Low end"), "exact_money"),
        Column("high_80", t("High end"), "exact_money"),
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
        page.note(
            t(
                "What made the difference is told of the last weeks, as the published forecast of "
                "the week before and of four weeks before said them; not of this one."
            )
        )
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
            Column("name", t("Customer"), width="fit"),
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
