"""The charts of what is to come: a forecast is a line with a band, what came in is solid bars."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import altair as alt

from dashboards import charts, formats, palettes
from dashboards.charts import Row
from dashboards.language import t

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Course:
    """Another line beside the forecast: its name, and its amount by the first day of each week."""

    name: str
    amounts: Mapping[date, Decimal]


def fan(  # noqa: PLR0913, PLR0917  (it draws all of these)
    weeks: Sequence[Row],
    received: Sequence[Row],
    today: date,
    currency: str,
    courses: Sequence[Course] = (),
    rest: Decimal | None = None,
) -> alt.LayerChart:
    """Draw what came in and what is expected, week by week.

    Args:
        weeks: `first_on`, `amount`, `low_50`, `high_50`, `low_80`, `high_80` (None: no range).
        received: `first_on`, `amount` of past weeks.
        today: Day of the snapshot, drawn as a rule.
        currency: Of every amount.
        courses: More lines: a scenario, the forecast with adjustments.
        rest: What is still expected of this week, drawn on top of what came in already.
    """
    colours = palettes.palette()
    names = [t("Received"), t("8 times out of 10"), t("5 times out of 10"), t("Expected")]
    ranges = [colours.not_due, *colours.bands, colours.series[0]]
    names += [course.name for course in courses]
    ranges += [colours.series[(1, 3, 4, 5)[n % 4]] for n in range(len(courses))]
    shade = alt.Scale(domain=names, range=ranges)
    layers: list[Any] = []
    said = [_said(row, currency) for row in weeks]
    if weeks and weeks[0]["low_80"] is not None:
        layers += [_called(_band(said, "80"), names[1], shade)]
        layers += [_called(_band(said, "50"), names[2], shade)]
    layers.append(_called(_bars(received, currency), names[0], shade))
    if rest and received:
        layers.append(_called(_on_top(received[-1], rest, currency), names[2], shade))
    line = _called(_line(said).encode(tooltip=_tips(said)), names[3], shade)
    layers += [line.mark_line(strokeWidth=2), line.mark_point(filled=True, size=34, opacity=1)]
    for course in courses:
        data = [{"mid": _mid(on), "amount": float(amount)} for on, amount in course.amounts.items()]
        dashed = _line(data).mark_line(strokeWidth=2, strokeDash=[5, 3])
        layers.append(_called(dashed, course.name, shade))
    layers += [_rule(today)]
    return charts.framed(alt.layer(*layers), 320)


def past(weeks: Sequence[Row], came: Sequence[Row], currency: str) -> alt.LayerChart:
    """Draw past weeks: what came in as bars, what had been said as a point on its range.

    A line would cross weeks that have nothing to do with each other, and hide the bars.

    Args:
        weeks: `first_on`, `amount`, `low_80`, `high_80` (None: no range).
        came: `first_on`, `amount`.
        currency: Of every amount.
    """
    colours = palettes.palette()
    names = [t("Came in"), t("8 times out of 10"), t("Said")]
    shade = alt.Scale(domain=names, range=[colours.not_due, colours.unapplied, colours.series[0]])
    said = [_said({**row, "low_50": None, "high_50": None}, currency) for row in weeks]
    layers: list[Any] = [_called(_bars(came, currency), names[0], shade)]
    line = _line(said).encode(tooltip=_tips(said))
    if said[0]["low_80"] is not None:
        reach = line.encode(y=alt.Y("low_80:Q", title=None), y2="high_80")
        layers.append(_called(reach.mark_rule(strokeWidth=4), names[1], shade))
    points = line.mark_point(filled=True, size=46, opacity=1)
    layers.append(_called(points, names[2], shade))
    return charts.framed(alt.layer(*layers), 280)


def balance(weeks: Sequence[Row], limit: int | None, currency: str) -> alt.LayerChart:
    """Draw the bank balance at the end of each week, its cautious band, and its lowest point.

    Args:
        weeks: `first_on`, `closing`, `low`, `high`, `is_lowest`.
        limit: How far below zero the bank goes, in cents; None: not told.
        currency: Of every amount.
    """
    colours = palettes.palette()
    names = [t("At the end of the week"), t("Every week at its low or high end")]
    shade = alt.Scale(domain=names, range=[colours.series[0], colours.bands[0]])
    data = [
        {
            "mid": _mid(row["first_on"]),
            **{name: float(row[name]) for name in ("closing", "low", "high")},
            "exact": formats.money(row["closing"], currency),
            "label": formats.compact(row["closing"]) if row["is_lowest"] else "",
            "is_lowest": row["is_lowest"],
            "week": t("Week of {day}", day=formats.day(row["first_on"])),
        }
        for row in weeks
    ]
    base = alt.Chart(alt.Data(values=data)).encode(
        x=week_axis(),
        y=alt.Y("closing:Q", title=None, axis=charts.amount_axis(), scale=alt.Scale(zero=True)),
        tooltip=[
            alt.Tooltip("week:N", title=t("Week")),
            alt.Tooltip("exact:N", title=t("Balance")),
        ],
    )
    band = (
        alt.Chart(alt.Data(values=data))
        .mark_area()
        .encode(
            x=week_axis(),
            y=alt.Y("low:Q", title=None),
            y2="high",
        )
    )
    line = _called(base, names[0], shade)
    lowest = base.transform_filter("datum.is_lowest")
    layers = [
        _called(band, names[1], shade),
        line.mark_line(strokeWidth=2),
        line.mark_point(filled=True, size=34, opacity=1),
        lowest.mark_point(size=170, strokeWidth=2.5, color=colours.late[2], filled=False),
        lowest.mark_text(dy=22, dx=6, align="left", fontSize=13, color=colours.text).encode(
            text="label:N"
        ),
        _floor(0),
        *([_floor(-limit / 100)] if limit else []),
    ]
    return charts.framed(alt.layer(*layers), 300)


def _floor(level: float) -> alt.Chart:
    """Draw the line of zero, or of what the bank lends."""
    data = alt.Data(values=[{"level": level}])
    mark = alt.Chart(data).mark_rule(
        color=palettes.palette().quiet, strokeDash=[4, 4] if level else [1, 0]
    )
    return mark.encode(y=alt.Y("level:Q"))


def _called(chart: alt.Chart, name: str, shade: alt.Scale) -> alt.Chart:
    """Return a layer under a name of the legend, in the colour that goes with it."""
    legend = charts.legend_below(shade.domain, "square")
    said = chart.transform_calculate(what=json.dumps(name))
    return said.encode(color=alt.Color("what:N", scale=shade, legend=legend, sort=None))


def _mid(first_on: date) -> str:
    return f"{(first_on + timedelta(days=3)).isoformat()}T12:00:00"


def _said(row: Row, currency: str) -> dict[str, Any]:
    bounds = {name: row[name] for name in ("low_50", "high_50", "low_80", "high_80")}
    return {
        "mid": _mid(row["first_on"]),
        "amount": float(row["amount"]),
        **{name: None if each is None else float(each) for name, each in bounds.items()},
        "week": t("Week of {day}", day=formats.day(row["first_on"])),
        "exact": formats.money(row["amount"], currency),
        "usual": "" if row["low_80"] is None else _range(row["low_80"], row["high_80"], currency),
    }


def _range(low: Decimal, high: Decimal, currency: str) -> str:
    return formats.between(low, high, currency)


def _tips(said: Sequence[Row]) -> list[alt.Tooltip]:
    tips = [alt.Tooltip("week:N", title=t("Week")), alt.Tooltip("exact:N", title=t("Expected"))]
    if any(row["usual"] for row in said):
        tips.append(alt.Tooltip("usual:N", title=t("8 times out of 10")))
    return tips


def week_axis() -> alt.X:
    """Return the axis of weeks: a label every other week, the month in words.

    A tick is on the Sunday before a week, as Vega's weeks begin; its label says the Monday, by
    which the week is called everywhere else.
    """
    return alt.X(
        "mid:T",
        title=None,
        axis=alt.Axis(
            labelExpr=f"timeFormat(time(datum.value) + {MONDAY_MS}, '%-d %b')",
            grid=False,
            labelOverlap=True,
            tickCount={"interval": "week", "step": 2},
        ),
    )


def _line(data: Sequence[Row]) -> alt.Chart:
    return alt.Chart(alt.Data(values=list(data))).encode(
        x=week_axis(), y=alt.Y("amount:Q", title=None, axis=charts.amount_axis())
    )


def _band(said: Sequence[Row], level: str) -> alt.Chart:
    return (
        alt.Chart(alt.Data(values=list(said)))
        .mark_area(line=False)
        .encode(
            x=week_axis(),
            y=alt.Y(f"low_{level}:Q", title=None, axis=charts.amount_axis()),
            y2=alt.Y2(f"high_{level}:Q"),
        )
    )


def _bars(received: Sequence[Row], currency: str, what: str | None = None) -> alt.Chart:
    """Draw a bar for each week, as wide as the week; `what` the amount is called."""
    data = [
        {
            "first": f"{row['first_on'].isoformat()}T10:00:00",
            "last": f"{(row['first_on'] + WEEK).isoformat()}T00:00:00",
            "amount": float(row["amount"]),
            "zero": 0,
            "week": t("Week of {day}", day=formats.day(row["first_on"])),
            "exact": formats.money(row["amount"], currency),
        }
        for row in received
    ]
    axis = charts.amount_axis()
    return (
        alt.Chart(alt.Data(values=data))
        .mark_rect()
        .encode(
            x=alt.X("first:T", title=None),
            x2="last",
            y=alt.Y("amount:Q", title=None, axis=axis, scale=alt.Scale(zero=True)),
            y2="zero",
            tooltip=[
                alt.Tooltip("week:N", title=t("Week")),
                alt.Tooltip("exact:N", title=what or t("Received")),
            ],
        )
    )


def _on_top(week: Row, rest: Decimal, currency: str) -> alt.Chart:
    """Draw what is still expected of this week, on top of what came in already."""
    together = {"first_on": week["first_on"], "amount": week["amount"] + rest}
    chart = _bars([together], currency, t("By the end of this week"))
    data = [{**row, "zero": float(week["amount"])} for row in chart.data.values]
    return chart.properties(data=alt.Data(values=data))


def _rule(today: date) -> alt.LayerChart:
    data = alt.Data(values=[{"mid": f"{today.isoformat()}T23:59:00", "label": t("Today")}])
    rule = alt.Chart(data).encode(x=week_axis())
    quiet = palettes.palette().quiet
    return rule.mark_rule(color=quiet, strokeDash=[3, 3]) + rule.mark_text(
        align="left", baseline="top", dx=4, color=quiet, fontSize=12
    ).encode(y=alt.value(0), text="label:N")


def spans(items: Sequence[Row], today: date) -> alt.LayerChart:
    """Draw when each item is expected: `document_ref`, `item_id`, `due_on` and five quantiles.

    What may take very long runs to the right edge; a due date long ago is not drawn.
    """
    colours = palettes.palette()
    known = [
        row[name]
        for row in items
        for name in ("p10_on", "p25_on", "p50_on", "p75_on", "p90_on")
        if row[name]
    ]
    edge = min(max([*known, today]) + timedelta(days=7), today + FAR)
    data = [_span(row, today - NEAR, edge) for row in items]
    order = [row["place"] for row in data]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y(
            "place:N", sort=order, title=None, axis=alt.Axis(labelLimit=170, labelExpr=BEFORE_KEY)
        ),
        tooltip=[
            alt.Tooltip("document:N", title=t("Document")),
            alt.Tooltip("due_text:N", title=t("Due")),
            alt.Tooltip("expected:N", title=t("Expected")),
            alt.Tooltip("earliest:N", title=t("At the earliest")),
            alt.Tooltip("latest:N", title=t("At the latest")),
        ],
    )
    axis = alt.Axis(format="%-d %b %y", labelOverlap=True, tickCount=8)

    def day(name: str) -> alt.X:
        return alt.X(f"{name}:T", title=None, axis=axis)

    wide = base.mark_bar(height=5, color=colours.bands[1]).encode(x=day("p10"), x2="p90")
    narrow = base.mark_bar(height=11, color=colours.series[0]).encode(x=day("p25"), x2="p75")
    middle = base.mark_point(
        filled=True, size=60, color=colours.page, stroke=colours.text, strokeWidth=1.5, opacity=1
    ).encode(x=day("p50"))
    due = base.mark_tick(thickness=2, size=16, color=colours.late[2]).encode(x=day("due"))
    quiet = colours.quiet
    rule = (
        alt.Chart(alt.Data(values=[{"mid": f"{today.isoformat()}T23:59:00"}]))
        .mark_rule(color=quiet, strokeDash=[3, 3])
        .encode(x=day("mid"))
    )
    height = min(60 + 24 * len(items), 700)
    return charts.framed(alt.layer(wide, narrow, due, middle, rule), height)


MONDAY_MS = 36 * 3_600_000  # after Sunday's midnight, whether a clock changes or not
NEAR = timedelta(days=45)
FAR = timedelta(days=200)
BEFORE_KEY = "split(datum.label, '\\u0001')[0]"  # two documents may have one reference


def _span(row: Row, near: date, edge: date) -> dict[str, Any]:
    document = row["document_ref"] or str(row["item_id"])
    days: dict[str, str | None] = {
        name: charts.iso(min(row[f"{name}_on"] or edge, edge))
        for name in ("p10", "p25", "p50", "p75", "p90")
    }
    if row["p50_on"] is None:  # more likely than not, not within a year: no day to point at
        days["p50"] = None
    is_near = row["due_on"] is not None and near <= row["due_on"] <= edge
    return {
        "place": f"{document}\u0001{row['item_id']}",
        "document": document,
        **days,
        "due": charts.iso(row["due_on"]) if is_near else None,
        "due_text": formats.day(row["due_on"]),
        "expected": formats.day(row["p50_on"]) or t("more than a year"),
        "earliest": formats.day(row["p10_on"]) or t("more than a year"),
        "latest": formats.day(row["p90_on"]) or t("more than a year"),
    }
