"""The charts are what Vega-Lite understands: the pages do not check them as they draw."""

import json

import altair as alt
import pytest
from altair.utils import schemapi
from jsonschema import ValidationError

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
    charts = open_page(page, **address).get("vega_lite_chart")
    assert charts
    for chart in charts:
        spec = json.loads(chart.proto.spec)
        spec.setdefault("data", {"values": []})  # which Streamlit sends apart
        alt.Chart.from_dict(spec, validate=True)


def test_a_chart_that_is_not_is_refused():
    assert schemapi.DEBUG_MODE is False
    with pytest.raises((ValidationError, schemapi.SchemaValidationError)):
        alt.Chart.from_dict({"mark": "no such mark", "data": {"values": []}}, validate=True)
