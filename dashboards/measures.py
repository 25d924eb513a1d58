"""Measures as the pages show them: their figure today, their course, their definition."""

from datetime import date
from decimal import Decimal

import streamlit as st

from dashboards import charts, formats, grids, page, spans, state, words
from dashboards.definitions import DEFINITIONS, NOTES
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import t
from dashboards.spans import Span
from dashboards.state import Row

DSO = "dso_countback"
TREND_MONTHS = 3

FIRM = "*"
"""The entity_id of all entities of a currency together."""

MONTHS = """
select entity_id, measure, month_end, value, is_lower_bound, note
from measures.monthly
where scope in ('entity', 'firm') and currency = $currency
    and measure in (select unnest($measures))
order by entity_id, measure, month_end
"""

DAYS = """
select entity_id, measure, day as month_end, value, is_lower_bound, note
from measures.daily_dso
where currency = $currency and measure in (select unnest($measures))
    and day between $first_on and $last_on
order by entity_id, measure, day
"""

DAILY = ("dso_simple", DSO, "dso_best_possible", "add_days")
"""The measures that there are of every day."""


def name(measure: str) -> str:
    """Return what a measure is called."""
    return t(DEFINITIONS[measure].name) if measure in DEFINITIONS else measure


def read(measure: str, value: Decimal | None, is_lower_bound: bool = False) -> str:
    """Return a figure of a measure with its unit; a dash where there is none."""
    if value is None:
        return formats.NOTHING
    unit = DEFINITIONS[measure].unit
    if unit == "days":
        return formats.days(value, is_lower_bound)
    if unit == "percent":
        return formats.percent(value, 1)
    return t("{times} times", times=formats.number(value, 1))


def unit(measure: str) -> str:
    """Return the unit of a measure, for an axis or a header."""
    return {"days": t("days"), "percent": "%", "times": t("times")}[DEFINITIONS[measure].unit]


def note(text: str | None) -> str:
    """Return why a measure has no figure, in the reader's words."""
    return t(text) if text in NOTES else ""


def define(measure: str) -> None:
    """Show the button behind which stands how a measure is worked out."""
    definition = DEFINITIONS[measure]
    with st.popover(t(definition.name), icon=":material/help:", type="tertiary"):
        page.say(t(definition.method))
        page.note(t(definition.scope))


def dso_fact(books: Books) -> None:
    """Show the DSO of today: of the entity, or of all entities as one firm."""
    latest = _latest(state.rows(MONTHS, **books.values, measures=[DSO]))
    now = latest.get(books.entity or FIRM)
    told = formats.days(now["value"], now["is_lower_bound"]) if now else formats.NOTHING
    about = [t(DEFINITIONS[DSO].method), t(DEFINITIONS[DSO].scope)]
    each = {entity: row for entity, row in latest.items() if entity != FIRM}
    if books.entity is None and len(each) > 1:
        name_of = words.entities()
        told_each = [f"{name_of(one)} {formats.days(row['value'])}" for one, row in each.items()]
        about.append(t("By entity: {each}.", each=", ".join(told_each)))
    page.fact(name(DSO), told, about=" ".join(about))


def dso_trend(books: Books) -> str:
    """Return in words which way the DSO went in three months; empty where it cannot be said."""
    points = _of(books, state.rows(MONTHS, **books.values, measures=[DSO]))
    by_month = {_month(row["month_end"]): row for row in points}
    last = max(by_month, default=0)
    now, then = by_month.get(last), by_month.get(last - TREND_MONTHS)
    if now is None or then is None:
        return ""
    if any(row["value"] is None or row["is_lower_bound"] for row in (then, now)):
        return ""
    listed_on = spans.first_list(books)
    if listed_on is not None and then["month_end"] < listed_on:
        return ""
    change = round(now["value"]) - round(then["value"])
    if change > 0:
        return t("DSO has lengthened by {days} in three months", days=formats.days(change))
    if change < 0:
        return t("DSO has shortened by {days} in three months", days=formats.days(-change))
    return t("DSO has not moved in three months")


def show_dso_history(books: Books, span: Span) -> None:
    """Show the course of the DSO, with its best possible, by month or day by day."""
    wanted = {**books.values, "measures": [DSO, "dso_best_possible"]}
    points = (
        state.rows(DAYS, **wanted, **span.values)
        if span.is_daily
        else [row for row in state.rows(MONTHS, **wanted) if span.holds(row["month_end"])]
    )
    points = _of(books, points)
    if not points:
        return
    title = t("DSO, and what it would be if everybody paid on time")
    page.section(title)
    series = [name(row["measure"]) for row in points]
    show_course(points, series, DSO, title, key="dso", daily=span.is_daily)


def show_course(  # noqa: PLR0913  (what a chart is drawn of, and how)
    points: list[Row],
    series: list[str],
    measure: str,
    title: str,
    *,
    key: str,
    daily: bool = False,
) -> None:
    """Show figures over time as lines, with their table and download."""
    labels = {
        key: read(measure, *key)
        for key in {(_as_read(measure, row["value"]), row["is_lower_bound"]) for row in points}
    }
    rows = [
        {
            **row,
            "series": label,
            "label": labels[_as_read(measure, row["value"]), row["is_lower_bound"]],
            "note": note(row["note"]),
        }
        for row, label in zip(points, series, strict=True)
    ]
    charts.show(
        charts.lines(rows, unit=unit(measure), legend=len(set(series)) > 1, daily=daily),
        title,
    )
    columns = [
        Column("month_end", t("As of"), "date"),
        Column("series", t("Series")),
        Column("value", name(measure) + f" ({unit(measure)})", "percent"),
        Column("note", t("Remark")),
    ]
    if part := page.unfolded(t("Table and download"), key=key):
        with part:
            latest = sorted(rows, key=lambda row: row["month_end"], reverse=True)
            grids.show(latest[: grids.SHOWN], columns, what=title)
            if more := grids.first_of(min(len(rows), grids.SHOWN), len(rows)):
                page.note(more)
            grids.downloads(lambda: grids.as_table(rows, columns), columns, key, key=f"{key}_file")


def _as_read(measure: str, value: Decimal | None) -> Decimal | None:
    """Return a figure with the digits that a reader sees: many days then have the same words."""
    if value is None:
        return None
    return Decimal(round(value)) if DEFINITIONS[measure].unit == "days" else round(value, 1)


def _month(day: date) -> int:
    """Return the number of a month, each one more than that of the month before."""
    return 12 * day.year + day.month


def _of(books: Books, points: list[Row]) -> list[Row]:
    """Return the figures of the entity that is shown, or of all of them together."""
    return [row for row in points if row["entity_id"] == (books.entity or FIRM)]


def _latest(points: list[Row]) -> dict[str, Row]:
    """Return the newest figure of each entity, where it has one."""
    newest = {row["entity_id"]: row for row in points}
    return {entity: row for entity, row in newest.items() if row["value"] is not None}
