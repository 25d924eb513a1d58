"""The charts: amounts from zero, lateness on one warm scale, words and numbers of the language.

Each takes plain rows. Figures in labels and tooltips are written beforehand by `formats`, so that
a chart says a number exactly as the table beside it does.
"""

import textwrap
from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import streamlit as st
from altair.utils import schemapi
from babel.dates import get_day_names, get_month_names

from dashboards import formats, palettes, words
from dashboards.language import current, locale, t

Row = dict[str, Any]

# Altair would check every piece of a chart as it is made, which takes longer than making it; the
# tests check the charts, whole.
schemapi.disable_debug_mode()


NARROWEST = 300  # pixels that a chart has on a telephone
AROUND_A_NAME = 28  # pixels of the symbol of a legend, and of what is left free
PIXELS_OF_A_LETTER = 6.5
MOST_COLUMNS = 4
FEW_DAYS = 120  # below which an axis names days and not only their months
AXIS_ROOM = 44  # pixels: a minus sign is not counted when the room for labels is measured


def ageing(buckets: Sequence[Row], currency: str, age: str) -> alt.LayerChart:
    """Draw what is owed: `bucket`, `bucket_rank`, `amount`; `age` says what the buckets count."""
    last = max((row["bucket_rank"] for row in buckets if row["bucket_rank"] < 90), default=1)
    total = sum(row["amount"] for row in buckets)
    data = [
        {
            "bucket": words.bucket(row["bucket"]),
            "place": "|".join(textwrap.wrap(words.bucket(row["bucket"]), 9)),
            "amount": float(row["amount"]),
            "label": formats.compact(row["amount"]),
            "exact": formats.money(row["amount"], currency),
            "share": formats.percent(100 * row["amount"] / total) if total > 0 else "",
            "colour": palettes.bucket_colour(row["bucket"], row["bucket_rank"], last),
            "above": row["amount"] >= 0,
        }
        for row in buckets
    ]
    order = [row["place"] for row in data]
    # Room for the labels above and below the bars; where nothing is below, the axis ends at zero.
    scale = alt.Scale(zero=True, padding=18)
    if all(row["above"] for row in data):
        scale = alt.Scale(domainMin=0, padding=18)
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X("place:N", sort=order, title=age, axis=bucket_axis()),
        y=alt.Y("amount:Q", title=None, axis=amount_axis(), scale=scale),
        tooltip=[
            alt.Tooltip("bucket:N", title=t("Bucket")),
            alt.Tooltip("exact:N", title=t("Amount")),
            alt.Tooltip("share:N", title=t("Share")),
        ],
    )
    bars = base.mark_bar(width={"band": 0.62}).encode(
        color=alt.Color("colour:N", scale=None, legend=None)
    )
    labels = base.encode(text="label:N")
    above = labels.transform_filter("datum.above").mark_text(dy=-8, color=palettes.palette().text)
    below = labels.transform_filter("!datum.above").mark_text(dy=11, color=palettes.palette().text)
    return framed(bars + above + below, 250)


def history(months: Sequence[Row], currency: str) -> alt.Chart:
    """Draw what was owed at each month end, by bucket: `month_end` and the columns of `ageing`."""
    last = max((row["bucket_rank"] for row in months if row["bucket_rank"] < 90), default=1)
    codes = {row["bucket_rank"]: row["bucket"] for row in months}
    names = [words.bucket(codes[rank]) for rank in sorted(codes)]
    colours = [palettes.bucket_colour(codes[rank], rank, last) for rank in sorted(codes)]
    data = [
        {
            "month": iso(row["month_end"]),
            "bucket": words.bucket(row["bucket"]),
            "rank": row["bucket_rank"],
            "amount": float(row["amount"]),
            "exact": formats.money(row["amount"], currency),
            "day": formats.day(row["month_end"]),
        }
        for row in months
    ]
    chart = (
        alt.Chart(alt.Data(values=data))
        .mark_bar()
        .encode(
            x=month_axis(),
            y=alt.Y("amount:Q", title=None, axis=amount_axis(), stack="zero"),
            color=alt.Color(
                "bucket:N",
                sort=names,
                scale=alt.Scale(domain=names, range=colours),
                legend=legend_below(names, "square"),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("day:N", title=t("As of")),
                alt.Tooltip("bucket:N", title=t("Bucket")),
                alt.Tooltip("exact:N", title=t("Amount")),
            ],
        )
    )
    return framed(chart, 260)


def history_of_days(days: Sequence[Row], currency: str) -> alt.Chart:
    """Draw what was owed at the close of each day, by bucket: `day` and the columns of `ageing`.

    Amounts are written by the browser, in the words of the language: there are many of them.
    """
    last = max((row["bucket_rank"] for row in days if row["bucket_rank"] < 90), default=1)
    codes = {row["bucket_rank"]: row["bucket"] for row in days}
    names = [words.bucket(codes[rank]) for rank in sorted(codes)]
    colours = [palettes.bucket_colour(codes[rank], rank, last) for rank in sorted(codes)]
    named = dict(zip(sorted(codes), names, strict=True))
    data = [
        {
            "day": iso(row["day"]),
            "bucket": named[row["bucket_rank"]],
            "rank": row["bucket_rank"],
            "amount": float(row["amount"]),
        }
        for row in days
    ]
    chart = (
        alt.Chart(alt.Data(values=data))
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X(
                "day:T",
                timeUnit="yearmonthdate",
                title=None,
                axis=day_axis([row["day"] for row in days]),
            ),
            y=alt.Y("amount:Q", title=None, axis=amount_axis(), stack="zero"),
            color=alt.Color(
                "bucket:N",
                sort=names,
                scale=alt.Scale(domain=names, range=colours),
                legend=legend_below(names, "square"),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("day:T", title=t("As of"), format="%d %b %Y"),
                alt.Tooltip("bucket:N", title=t("Bucket")),
                alt.Tooltip("amount:Q", title=f"{t('Amount')} ({currency})", format=",.2f"),
            ],
        )
    )
    return framed(chart, 260)


def timeline(months: Sequence[Row], currency: str) -> alt.LayerChart:
    """Draw by month what was `invoiced` (up), `settled` (down) and the `balance` it left."""
    colours = palettes.palette()
    names = [t("Invoiced"), t("Settled"), t("Balance")]
    data = [
        {
            "month": iso(row["month_end"]),
            "what": name,
            "amount": float(row[column]),
            "exact": formats.money(row[column], currency),
            "when": formats.month(row["month_end"]),
        }
        for row in months
        for name, column in zip(names, ("invoiced", "settled", "balance"), strict=True)
    ]
    base = alt.Chart(alt.Data(values=data)).encode(
        x=month_axis(),
        y=alt.Y("amount:Q", title=None, axis=amount_axis(), scale=alt.Scale(zero=True)),
        color=alt.Color(
            "what:N",
            scale=alt.Scale(
                domain=names, range=[colours.not_due, colours.unapplied, colours.series[1]]
            ),
            legend=legend_below(names),
        ),
        tooltip=[
            alt.Tooltip("when:N", title=t("Month")),
            alt.Tooltip("what:N", title=t("What")),
            alt.Tooltip("exact:N", title=t("Amount")),
        ],
    )
    moved = base.transform_filter(alt.FieldOneOfPredicate("what", names[:2])).mark_bar()
    left = base.transform_filter(alt.FieldEqualPredicate(names[2], "what"))
    return framed(
        moved + left.mark_line(strokeWidth=2) + left.mark_point(filled=True, size=25), 280
    )


def lines(
    points: Sequence[Row], *, unit: str, height: int = 220, legend: bool = True, daily: bool = False
) -> alt.LayerChart:
    """Draw one line per `series` over `month_end`: `value`, and `label`, how the value is read.

    A `daily` line has a day in `month_end`, and its points are not drawn, only told of.
    """
    names = list(dict.fromkeys(row["series"] for row in points))
    data = [
        {
            "month": iso(row["month_end"]),
            "series": row["series"],
            "value": None if row["value"] is None else float(row["value"]),
            "label": row["label"],
            "day": formats.day(row["month_end"]),
        }
        for row in points
    ]
    axis = alt.Axis(tickCount=5, minExtent=AXIS_ROOM)
    scale = alt.Scale(zero=True)
    if not any(row["value"] for row in data):  # Vega would write the one zero as 0,000000
        axis, scale = (
            alt.Axis(values=[0], format="d", minExtent=AXIS_ROOM),
            alt.Scale(domain=[0, 1]),
        )
    colours = palettes.palette().series
    base = alt.Chart(alt.Data(values=data)).encode(
        x=time_axis([row["month_end"] for row in points], daily=daily),
        y=alt.Y("value:Q", title=unit, scale=scale, axis=axis),
        color=alt.Color(
            "series:N",
            sort=names,
            scale=alt.Scale(
                domain=names, range=[colours[n % len(colours)] for n in range(len(names))]
            ),
            legend=legend_below(names, "stroke") if legend else None,
        ),
        tooltip=[
            alt.Tooltip("day:N", title=t("As of")),
            alt.Tooltip("series:N", title=t("Series")),
            alt.Tooltip("label:N", title=t("Value")),
        ],
    )
    dots = base.mark_point(filled=True, size=28, opacity=0 if daily else 1)
    return framed(base.mark_line(strokeWidth=2) + dots, height)


def bucket_axis() -> alt.Axis:
    """Return the axis of buckets: every one has its name."""
    return alt.Axis(
        labelAngle=0, labelOverlap=False, labelExpr="split(datum.label, '|')", grid=False
    )


def month_axis() -> alt.X:
    """Return the axis of month ends, one band each, labelled as far as there is room."""
    return alt.X(
        "month:O",
        timeUnit="yearmonth",
        title=None,
        axis=alt.Axis(format="%b %y", labelAngle=0, labelOverlap=True, grid=False),
    )


def time_axis(days: Sequence[date], *, daily: bool) -> alt.X:
    """Return the axis of a line over days, or over month ends.

    A month end stands over the name of its own month: as a mere day it would stand beside that of
    the next. One month alone has no distance to another, and no place on an axis of time.
    """
    if daily:
        return alt.X("month:T", title=None, axis=day_axis(days))
    if len({(day.year, day.month) for day in days}) < 2:
        return month_axis()
    axis = alt.Axis(format="%b %y", labelOverlap=True, grid=False, tickCount="month")
    return alt.X("month:T", timeUnit="yearmonth", title=None, axis=axis)


def day_axis(days: Sequence[date]) -> alt.Axis:
    """Return the axis of days: months, or single days where there are few."""
    if not days or (max(days) - min(days)).days < FEW_DAYS:
        return alt.Axis(format="%d %b", labelOverlap=True, grid=False)
    return alt.Axis(format="%b %y", labelOverlap=True, grid=False, tickCount="month")


def amount_axis() -> alt.Axis:
    """Return the axis of amounts: few ticks, short numbers; the unit is in the title.

    The letters are those of `formats.compact`, which writes the amounts on the bars: French has
    a space before k and M. Nobody says zero millions.
    """
    space, thousand, billion = (
        ("\N{NO-BREAK SPACE}", "k", "Md") if current() == "fr" else ("", "K", "B")
    )
    short = "datum.label"
    for written, said in (("k", thousand), ("M", "M"), ("G", billion)):
        short = f"replace({short}, regexp('{written}$'), '{space}{said}')"
    return alt.Axis(
        format="~s",
        tickCount=4,
        minExtent=AXIS_ROOM,
        labelExpr=f"datum.value == 0 ? '0' : {short}",
    )


def legend_below(names: Sequence[str], symbol: str = "circle") -> alt.Legend:
    """Return the legend under a chart, in as many columns as a telephone has room for."""
    width = AROUND_A_NAME + PIXELS_OF_A_LETTER * max(map(len, names), default=1)
    return alt.Legend(
        title=None,
        orient="bottom",
        columns=max(1, min(MOST_COLUMNS, int(NARROWEST / width))),
        labelLimit=NARROWEST,
        symbolType=symbol,
    )


def framed(chart: Any, height: int) -> Any:
    """Return the chart at its height, with the language's own numbers and months."""
    return (
        chart.properties(height=height).configure(locale=vega_locale()).configure_view(stroke=None)
    )


def show(chart: Any, what: str) -> None:
    """Show a chart, with `what` it says for whoever cannot see it."""
    st.vega_lite_chart(
        chart.to_dict(validate=False), alt=what
    )  # checking takes longer than drawing


def vega_locale() -> alt.Locale:
    """Return how Vega writes numbers and dates in the language of this run."""
    french = current() == "fr"
    months = get_month_names("wide", locale=locale())
    short = get_month_names("abbreviated", locale=locale())
    week = (6, 0, 1, 2, 3, 4, 5)  # Vega's week begins on Sunday
    return alt.Locale(
        number=alt.NumberLocale(
            decimal="," if french else ".",
            thousands="\N{NARROW NO-BREAK SPACE}" if french else ",",
            grouping=[3],
            currency=["", ""],
            minus=formats.MINUS,
        ),
        time=alt.TimeLocale(
            dateTime="%d/%m/%Y %H:%M",
            date="%d/%m/%Y",
            time="%H:%M",
            periods=["", ""],
            days=[get_day_names("wide", locale=locale())[n] for n in week],
            shortDays=[get_day_names("abbreviated", locale=locale())[n] for n in week],
            months=[months[n] for n in range(1, 13)],
            shortMonths=[short[n] for n in range(1, 13)],
        ),
    )


def iso(day: date) -> str:
    """Return a day as a chart reads it."""
    return f"{day.isoformat()}T00:00:00"  # local time: a bare date would be midnight in UTC
