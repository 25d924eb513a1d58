"""Measures as the pages show them: their figure today, their course, their definition."""

from collections.abc import Iterable
from decimal import Decimal

import streamlit as st

from dashboards import charts, formats, grids, page, state, words
from dashboards.definitions import DEFINITIONS, NOTES
from dashboards.filters import Books
from dashboards.grids import Column
from dashboards.language import t
from dashboards.state import Row

DSO = "dso_countback"
TREND_MONTHS = 3

OF_ENTITIES = """
select entity_id, measure, month_end, value, is_lower_bound, note
from measures.monthly
where scope = 'entity' and currency = $currency and measure in (select unnest($measures))
    and ($entity::text is null or entity_id = $entity)
order by entity_id, measure, month_end
"""


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
    """Show the DSO of today: of the entity, or from the lowest to the highest of them."""
    latest = list(_latest(_of_entities(books, [DSO])))
    figures = sorted((round(row["value"]), row["is_lower_bound"]) for row in latest)
    if not figures:
        told = formats.NOTHING
    elif figures[0] == figures[-1]:
        told = formats.days(*figures[0])
    else:
        told = t(
            "{low} to {high} days",
            low=formats.number(figures[0][0]),
            high=formats.number(figures[-1][0]),
        )
    about = [t(DEFINITIONS[DSO].method), t(DEFINITIONS[DSO].scope)]
    if len(latest) > 1:
        entity = words.entities()
        each = [f"{entity(row['entity_id'])} {formats.days(row['value'])}" for row in latest]
        about.append(t("By entity: {each}.", each=", ".join(each)))
    page.fact(name(DSO), told, about=" ".join(about))


def dso_trend(books: Books) -> str:
    """Return in words which way the DSO went in three months; empty where it cannot be said."""
    points = [row for row in _of_entities(books, [DSO]) if row["value"] is not None]
    if len({row["entity_id"] for row in points}) != 1 or len(points) <= TREND_MONTHS:
        return ""
    then, now = points[-1 - TREND_MONTHS], points[-1]
    if then["is_lower_bound"] or now["is_lower_bound"]:
        return ""
    change = round(now["value"]) - round(then["value"])
    if change > 0:
        return t("DSO has lengthened by {days} in three months", days=formats.days(change))
    if change < 0:
        return t("DSO has shortened by {days} in three months", days=formats.days(-change))
    return t("DSO has not moved in three months")


def show_dso_history(books: Books) -> None:
    """Show the course of the DSO: with its best possible of one entity, or entity by entity."""
    wanted = [DSO, "dso_best_possible"]
    points = _of_entities(books, wanted)
    if len({row["entity_id"] for row in points}) > 1:
        points = [row for row in points if row["measure"] == DSO]
        series = list(map(words.entities(), (row["entity_id"] for row in points)))
        title = t("DSO by entity")
    else:
        series = [name(row["measure"]) for row in points]
        title = t("DSO, and what it would be if everybody paid on time")
    if not points:
        return
    page.section(title)
    show_course(points, series, DSO, title, key="dso")


def show_course(
    points: list[Row], series: list[str], measure: str, title: str, *, key: str
) -> None:
    """Show figures over time as lines, with their table and download."""
    rows = [
        {
            **row,
            "series": label,
            "label": read(row["measure"], row["value"], row["is_lower_bound"]),
            "note": note(row["note"]),
        }
        for row, label in zip(points, series, strict=True)
    ]
    charts.show(
        charts.lines(rows, unit=unit(measure), legend=len(set(series)) > 1),
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


def _of_entities(books: Books, wanted: list[str]) -> list[Row]:
    return state.rows(OF_ENTITIES, **books.values, measures=wanted)


def _latest(points: Iterable[Row]) -> Iterable[Row]:
    """Return the newest figure of each entity, where it has one."""
    newest = {row["entity_id"]: row for row in points}
    return (row for row in newest.values() if row["value"] is not None)
