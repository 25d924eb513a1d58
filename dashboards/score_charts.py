"""The charts of how right past forecasts were."""

import textwrap
from collections.abc import Sequence
from typing import Any

import altair as alt

from dashboards import charts, formats, palettes, score_words, words
from dashboards.charts import Row
from dashboards.language import t

LETTERS_IN_A_LINE = 36
LINES = "split(datum.label, '|')"


def methods(rows: Sequence[Row], metric: str, ours: str) -> alt.LayerChart:
    """Draw one score of every method, best first: `method`, `value`, `low`, `high`; ours darker."""
    colours = palettes.palette()
    scale = 100 if metric in score_words.SHARES else 1
    data = [
        {
            "method": _wrapped(words.word(score_words.MODELS, row["method"])),
            "name": words.word(score_words.MODELS, row["method"]),
            "value": float(row["value"]) * scale,
            "low": None if row["low"] is None else float(row["low"]) * scale,
            "high": None if row["high"] is None else float(row["high"]) * scale,
            "label": formats.number(row["value"] * scale, 1 if scale == 100 else 2),
            "colour": colours.series[0] if row["method"] == ours else colours.not_due,
        }
        for row in rows
    ]
    order = [row["method"] for row in data]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y(
            "method:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelExpr=LINES, labelLimit=210, labelOverlap=False),
        ),
    )
    axis = alt.Axis(tickCount=5)
    ends = [float(row["value"] if row["high"] is None else row["high"]) * scale for row in rows]
    room = alt.Scale(domain=[min([0.0, *ends]), 1.25 * max([0.001, *ends])], nice=False)
    value = alt.X("value:Q", title=score_words.unit_of_metric(metric), axis=axis, scale=room)
    bars = base.mark_bar(height={"band": 0.62}).encode(
        x=value,
        color=alt.Color("colour:N", scale=None, legend=None),
        tooltip=[
            alt.Tooltip("name:N", title=t("Method")),
            alt.Tooltip("label:N", title=t("Value")),
        ],
    )
    layers: list[Any] = [bars]
    if any(row["low"] is not None for row in data):
        layers.append(
            base.mark_rule(color=colours.text, strokeWidth=1.5)
            .transform_filter("datum.low != null")
            .encode(x="low:Q", x2="high:Q")
        )
    labels = base.mark_text(align="left", dx=5, color=colours.text).encode(
        x=alt.X("end:Q") if any(row["low"] is not None for row in data) else value, text="label:N"
    )
    if any(row["low"] is not None for row in data):
        labels = labels.transform_calculate(end="datum.high == null ? datum.value : datum.high")
    return charts.framed(alt.layer(*layers, labels), 40 + 36 * len(data))


def _wrapped(name: str) -> str:
    """Return a name in lines that leave room for the bars on a telephone."""
    return "|".join(textwrap.wrap(name, LETTERS_IN_A_LINE))


def coverage(rows: Sequence[Row]) -> alt.LayerChart:
    """Draw how often ranges held against how often they should: `level`, `held`, `weeks`."""
    data = [
        {
            "said": float(row["level"]),
            "held": float(row["held"]),
            "series": row["weeks"],
            "label": formats.percent(row["held"], 1),
            "said_text": formats.percent(row["level"]),
        }
        for row in rows
    ]
    return _diagonal(data, t("Said (%)"), t("Held (%)"), t("Weeks ahead"))


def calibration(rows: Sequence[Row]) -> alt.LayerChart:
    """Draw observed against predicted shares: `predicted`, `observed` (0 to 1), `target`."""
    data = [
        {
            "said": float(100 * row["predicted"]),
            "held": float(100 * row["observed"]),
            "series": words.word(score_words.TARGETS, row["target"]),
            "label": formats.percent(100 * row["observed"], 1),
            "said_text": formats.percent(100 * row["predicted"], 1),
        }
        for row in rows
    ]
    return _diagonal(data, t("Said (%)"), t("Were (%)"), t("Late by"))


def _diagonal(data: Sequence[Row], said: str, held: str, series: str) -> alt.LayerChart:
    """Draw points against the line on which what was said is what came."""
    colours = palettes.palette()
    names = list(dict.fromkeys(row["series"] for row in data))
    percent = alt.Scale(domain=[0, 100])
    x = alt.X("said:Q", title=said, scale=percent, axis=alt.Axis(tickCount=5, grid=False))
    y = alt.Y("held:Q", title=held, scale=percent, axis=alt.Axis(tickCount=5))
    line = (
        alt.Chart(alt.Data(values=[{"said": 0, "held": 0}, {"said": 100, "held": 100}]))
        .mark_line(color=colours.quiet, strokeDash=[4, 4], strokeWidth=1)
        .encode(x=x, y=y)
    )
    base = alt.Chart(alt.Data(values=list(data))).encode(
        x=x,
        y=y,
        color=alt.Color(
            "series:N",
            sort=names,
            scale=alt.Scale(domain=names, range=list(colours.series[: len(names)])),
            legend=charts.legend_below(names),
        ),
        tooltip=[
            alt.Tooltip("series:N", title=series),
            alt.Tooltip("said_text:N", title=said),
            alt.Tooltip("label:N", title=held),
        ],
    )
    points = base.mark_line(strokeWidth=1.5) + base.mark_point(filled=True, size=50, opacity=1)
    return charts.framed(line + points, 300)
