"""The charts are what Vega-Lite understands: the pages do not check them as they draw."""

import json
import re
from datetime import date
from decimal import Decimal

import altair as alt
import pytest
from altair.utils import schemapi
from jsonschema import ValidationError

from dashboards import charts, formats, language

PAGES = [
    ("overview", {}),
    ("overview", {"from_month": "2024-05"}),
    ("aged_balances", {"entity": "nord"}),
    ("customer", {"account": "C001", "of": "nord", "view": "timeline"}),
    ("measures", {}),
    ("measures", {"from_month": "2024-04", "to_month": "2024-05"}),
    ("cash_forecast", {"entity": "nord"}),
    ("cash_forecast", {"entity": "nord", "part": "actual"}),
    ("customer", {"account": "C001", "of": "nord", "view": "expected"}),
    ("track_record", {}),
]


@pytest.mark.parametrize(("page", "address"), PAGES)
def test_every_chart_of_a_page_is_by_the_grammar(open_page, page, address):
    drawn = open_page(page, **address).get("vega_lite_chart")
    assert drawn
    for chart in drawn:
        spec = json.loads(chart.proto.spec)
        spec.setdefault("data", {"values": []})  # which Streamlit sends apart
        alt.Chart.from_dict(spec, validate=True)


def test_a_chart_that_is_not_is_refused():
    assert schemapi.DEBUG_MODE is False
    with pytest.raises((ValidationError, schemapi.SchemaValidationError)):
        alt.Chart.from_dict({"mark": "no such mark", "data": {"values": []}}, validate=True)


NAMES = ["DSO contractuel (meilleur possible)", "DSO par épuisement"]


@pytest.mark.parametrize(
    ("names", "columns"),
    [(NAMES, 1), (["Non échu", "1–30", "31–60", "Sans échéance"], 2), (["1–30", "Tous"], 4)],
)
def test_a_legend_has_as_many_columns_as_a_telephone_has_room_for(names, columns):
    assert charts.legend_below(names).columns == columns


def test_every_legend_is_under_its_chart_and_says_how_many_columns_it_has(open_page):
    for page, address in PAGES:
        for chart in open_page(page, **address).get("vega_lite_chart"):
            spec = json.loads(chart.proto.spec)
            assert [each for each in legends(spec) if each and "columns" not in each] == []


def legends(part):
    """Return every legend of a chart, also within its layers."""
    if isinstance(part, list):
        return [found for each in part for found in legends(each)]
    if not isinstance(part, dict):
        return []
    own = [part["legend"]] if "legend" in part else []
    return own + [found for each in part.values() for found in legends(each)]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("fr", ["\N{MINUS SIGN}200\N{NO-BREAK SPACE}k", "0", "1,5\N{NO-BREAK SPACE}M"]),
        ("en", ["\N{MINUS SIGN}200K", "0", "1.5M"]),
    ],
)
def test_an_axis_of_amounts_is_written_as_the_reader_writes_amounts(lang, said):
    with language.speaking(lang):
        axis = charts.amount_axis().to_dict()["labelExpr"]
    mark = "," if lang == "fr" else "."
    told = [("\N{MINUS SIGN}200k", -200_000), ("0M", 0), (f"1{mark}5M", 1_500_000)]
    assert [in_vega(axis, label, value) for label, value in told] == said


def in_vega(expression, label, value):
    """Work out an expression of Vega: of what we use, it is written as in Python, but for these."""
    if value == 0 and expression.startswith("datum.value == 0 ? '0' : "):
        return "0"
    patterns = re.findall(r"regexp\('([^']+)'\), '([^']+)'", expression)
    for pattern, becomes in patterns:
        label = re.sub(pattern, becomes.replace("$1", r"\1"), label)
    return label


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("power", ["k", "M", "G"])
def test_an_axis_writes_thousands_as_the_labels_of_the_bars_do(lang, power):
    amount = 5 * 10 ** {"k": 3, "M": 6, "G": 9}[power]
    with language.speaking(lang):
        axis = charts.amount_axis().to_dict()["labelExpr"]
        label = formats.compact(Decimal(amount)).replace(".0", "").replace(",0", "")
        assert in_vega(axis, f"5{power}", amount) == label


def drawn_lines(*points):
    """Return the chart of one line through these days and values."""
    rows = [
        {"month_end": day, "series": "DSO", "value": value, "label": str(value)}
        for day, value in points
    ]
    with language.speaking("en"):
        return charts.lines(rows, unit="days").to_dict(validate=False)["layer"][0]["encoding"]


def test_a_month_end_stands_over_the_name_of_its_own_month():
    drawn = drawn_lines((date(2026, 9, 30), 20), (date(2026, 10, 31), 22))
    assert (drawn["x"]["type"], drawn["x"]["timeUnit"]) == ("temporal", "yearmonth")


def test_one_month_alone_has_its_name_under_it():
    assert drawn_lines((date(2026, 9, 20), 20))["x"]["type"] == "ordinal"


def test_a_line_of_nothing_but_zeros_has_a_zero_on_its_axis_and_no_decimals():
    drawn = drawn_lines((date(2026, 9, 30), 0), (date(2026, 10, 31), 0))
    assert (drawn["y"]["axis"]["values"], drawn["y"]["axis"]["format"]) == ([0], "d")


@pytest.mark.parametrize(("amount", "least"), [(100, 0), (-100, None)])
def test_the_axis_of_what_is_owed_ends_at_zero_where_nothing_is_below(amount, least):
    bucket = {"bucket": "not_due", "bucket_rank": 0, "amount": Decimal(amount)}
    with language.speaking("en"):
        drawn = charts.ageing([bucket], "EUR", "Days late").to_dict(validate=False)
    assert drawn["layer"][0]["encoding"]["y"]["scale"].get("domainMin") == least
