"""Measures: DSO and the others over time, by entity, segment and customer, each defined."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards import (
    about,
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
from dashboards.definitions import DEFINITIONS
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import mark, t
from dashboards.spans import Span
from dashboards.state import Row

COURSES = """
select measure, month_end, value, is_lower_bound, note, entity_id, segment
from measures.monthly
where currency = $currency and ($entity::text is null or entity_id = $entity)
    and (scope = $scope or $scope = 'entity' and scope = 'firm')
order by entity_id, segment, month_end
"""

DAYS = """
select measure, day as month_end, value, is_lower_bound, note, entity_id, null::text as segment
from measures.daily_dso
where currency = $currency and ($entity::text is null or entity_id = $entity)
    and day between $first_on and $last_on
order by entity_id, day
"""

RANKING = """
with latest as (
    select max(month_end) as month_end
    from measures.monthly
    where scope = 'customer' and currency = $currency and measure = $measure
)
select figures.entity_id, figures.customer_id, coalesce(name, figures.customer_id) as name,
    month_end, value, is_lower_bound, count(*) over ()::int as row_count
from measures.monthly as figures
join latest using (month_end)
left join ledger.customers as customers
    on customers.entity_id = figures.entity_id and customers.customer_id = figures.customer_id
where scope = 'customer' and figures.currency = $currency and measure = $measure
    and value is not null and ($entity::text is null or figures.entity_id = $entity)
order by case when $low_first then value else -value end, figures.entity_id, figures.customer_id
limit $limit
"""

SCOPES = {
    "entity": mark("By entity"),
    "segment": mark("By segment"),
    "customer": mark("By customer"),
}

MOST_LINES = 6  # that one chart can hold and still be read; the table has them all


def finding(courses: list[Row]) -> str:
    """Say in one line where the DSO stands."""
    dso = [row for row in courses if row["measure"] == measures.DSO and row["value"] is not None]
    if not dso:
        return t("No measure could be worked out yet.")
    newest = max(row["month_end"] for row in dso)
    now = [row for row in dso if row["month_end"] == newest]
    now = [row for row in now if row["entity_id"] == measures.FIRM] or now
    highest = max(now, key=lambda row: row["value"])
    told = formats.days(highest["value"], highest["is_lower_bound"])
    if len(now) == 1:
        return t("DSO of {days} on {day}.", days=told, day=formats.day(newest))
    return t(
        "DSO of up to {days} on {day}: {which}.",
        days=told,
        day=formats.day(newest),
        which=highest["series"],
    )


def series(row: Row, name: Callable[[str], str], books: Books) -> str:
    """Return whose line a figure belongs to."""
    entity = t("All entities") if row["entity_id"] == measures.FIRM else name(row["entity_id"])
    if row["segment"] is None:
        return entity
    return row["segment"] if books.entity else f"{row['segment']}, {entity}"


def show_measure(measure: str, courses: list[Row], days: list[Row], span: Span) -> None:
    """Show one measure: where it stands, what it means, how it went."""
    points = [row for row in courses if row["measure"] == measure]
    measures.define(measure)
    known = [row for row in points if row["value"] is not None]
    if not known:
        reason = next((measures.note(row["note"]) for row in reversed(points) if row["note"]), "")
        page.note(t("No figure: {reason}.", reason=reason) if reason else t("No figure yet."))
        return
    newest = max(row["month_end"] for row in known)
    now = sorted(
        (row for row in known if row["month_end"] == newest), key=lambda row: row["series"]
    )
    page.say(
        ", ".join(
            (f"{row['series']} " if len(now) > 1 else "")
            + measures.read(measure, row["value"], row["is_lower_bound"])
            for row in now[:MOST_LINES]
        )
    )
    shown = list(dict.fromkeys(row["series"] for row in points))[:MOST_LINES]
    by_day = [row for row in days if row["measure"] == measure]
    points = [
        row for row in by_day or points if row["series"] in shown and span.holds(row["month_end"])
    ]
    series = [row["series"] for row in points]
    measures.show_course(
        points, series, measure, measures.name(measure), key=measure, daily=bool(by_day)
    )


def show_courses(scope: str, books: Books) -> None:
    """Show every measure over time, two beside each other."""
    name = words.entities()
    found = state.rows(COURSES, **books.values, scope=scope)
    if len({row["entity_id"] for row in found} - {measures.FIRM}) < 2:  # it is the firm
        found = [row for row in found if row["entity_id"] != measures.FIRM]
    courses = [{**row, "series": series(row, name, books)} for row in found]
    page.headline(finding(courses), about.provenance(state.shown()))
    if not courses:
        page.empty(
            t("There are no measures in {currency} for this choice.", currency=books.currency),
            t("Choose another entity or currency, or look at them by entity."),
        )
        return
    has_days = scope == "entity" and state.has("measures.daily_dso")
    span = spans.choose(sorted({row["month_end"] for row in courses}), has_days=has_days)
    spans.note_first_list(books, span)
    days = []
    if span.is_daily:
        entities = {row["entity_id"] for row in courses}
        days = [
            {**row, "series": series(row, name, books)}
            for row in state.rows(DAYS, **books.values, **span.values)
            if row["entity_id"] in entities
        ]
    present = {row["measure"] for row in courses}
    ordered = [measure for measure in DEFINITIONS if measure in present]
    for left, right in zip(ordered[::2], [*ordered[1::2], None], strict=False):
        columns = st.columns(2, gap="large")
        with columns[0]:
            show_measure(left, courses, days, span)
        with columns[1]:
            if right:
                show_measure(right, courses, days, span)


def show_ranking(books: Books) -> None:
    """Show the customers by one measure, the one to look at first on top."""
    measure = filters.one_of_many(
        t("Measure"), list(DEFINITIONS), measures.name, key="measure", width=360
    )
    low_first = DEFINITIONS[measure].better == "higher"
    asked: dict[str, Any] = {**books.values, "measure": measure, "low_first": low_first}
    found = state.rows(RANKING, **asked, limit=grids.SHOWN)
    measures.define(measure)
    if not found:
        page.empty(
            t("No customer has a figure for this measure."), t("Choose another measure or entity.")
        )
        return
    page.section(
        t("{measure}, {day}", measure=measures.name(measure),
          day=formats.day(found[0]["month_end"]))
    )  # fmt: skip
    columns = [
        Column("name", t("Customer"), width="fit"),
        Column("customer_id", t("Number")),
        *entities.columns(books),
        Column("value", f"{measures.name(measure)} ({measures.unit(measure)})", "percent"),
    ]
    if any(row["is_lower_bound"] for row in found):  # the books do not go back far enough to say
        columns.append(Column("is_lower_bound", t("Or more"), word=words.yes_or_no))
    grids.show(
        found, columns, what=measures.name(measure), key=grids.key("ranking", asked),
        action=links.account_of(found), height=560,
    )  # fmt: skip
    if more := grids.first_of(len(found), found[0]["row_count"]):
        page.note(more)
    every = state.asker(RANKING, {**asked, "limit": 10**9})
    grids.downloads(every, columns, t("measure by customer"), key="ranking_file")


def show() -> None:
    """Show the page."""
    books = filters.books()
    if books is None:
        page.headline(t("There is nothing in the books yet."), "")
        return
    scope = filters.one_of(
        t("Measures"),
        list(SCOPES),
        lambda code: t(SCOPES[code]),
        key="scope",
        label_visibility="collapsed",
    )
    if scope == "customer":
        page.headline(t("Customers, the one to look at first on top."), books.currency)
        show_ranking(books)
    else:
        show_courses(scope, books)


show()
