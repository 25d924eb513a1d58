"""Amounts and dates, written in every way that a mapping may state, against plain arithmetic."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake.parsing import Parser
from pipelines.intake.plans import manner_of, plan_for
from pipelines.intake.sources import Beginning, Chunk
from tests.pipelines.table_files import mapping

MARKS = {
    ",": ["", " ", "\u00a0", "\u202f", ".", "'", "’"],
    ".": ["", " ", "\u00a0", "\u202f", ",", "'"],
}
FORMATS = ["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%d.%m.%Y", "%Y/%m/%d"]

cents = st.integers(min_value=1 - 10**15, max_value=10**15 - 1)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))


COLUMNS = {"document_ref": "doc", "customer_id": "who", "document_on": "day", "amount": "sum"}


def parser(**stated):
    manner = manner_of(mapping(columns=COLUMNS, **stated), None)
    plan = plan_for(manner, [Beginning(((1, tuple(COLUMNS.values())),), ";")])
    return Parser(plan, "EUR")


PARSERS = {mark: parser(decimal=mark) for mark in MARKS}
DATE_PARSERS = {form: parser(date_format=form) for form in FORMATS}


def parsed(one, texts, column="amount"):
    """Parse a record for each text, and return its values with the columns that are wrong."""
    count = len(texts)
    columns = {"doc": ["D1"] * count, "who": ["C1"] * count}
    columns |= {"day": ["2026-01-31"] * count, "sum": ["1"] * count}
    columns["sum" if column == "amount" else "day"] = texts
    chunk = Chunk(
        pa.array(range(count), pa.int64()), [pa.array(each) for each in columns.values()], 1.0
    )
    table, _ = one.parse(chunk)
    rows = table.to_pylist()
    return [(row[column], [problem["name"] for problem in row["problems"]]) for row in rows]


def written(amount, mark, separator, sign):
    """Write cents as an export might."""
    whole, fraction = divmod(abs(amount), 100)
    grouped = f"{whole:,}".replace(",", separator)
    text = f"{grouped}{mark}{fraction:02d}"
    if amount >= 0:
        return text
    return {"before": f"-{text}", "after": f"{text}-", "around": f"({text})"}[sign]


amounts = st.tuples(
    cents,
    st.integers(0, 5),
    st.sampled_from(["before", "after", "around"]),
    st.sampled_from(["", " €", " EUR", "€ ", "EUR "]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(amounts, min_size=1, max_size=60), st.sampled_from(sorted(MARKS)))
def test_every_way_to_write_an_amount_gives_its_cents(drawn, mark):
    texts = []
    for amount, choice, sign, unit in drawn:
        text = written(amount, mark, MARKS[mark][choice], sign)
        texts.append(f"{unit}{text}" if unit.endswith(" ") else f"{text}{unit}")
    expected = [(Decimal(amount).scaleb(-2), []) for amount, *_ in drawn]
    assert parsed(PARSERS[mark], texts) == expected


scribbles = st.text(alphabet="0123456789.,' -+()€e_x", min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=25, deadline=None)
@given(st.lists(scribbles, min_size=1, max_size=60), st.sampled_from(sorted(MARKS)))
def test_whatever_is_read_as_an_amount_has_just_its_digits(texts, mark):
    for text, (value, problems) in zip(texts, parsed(PARSERS[mark], texts), strict=True):
        assert value is not None or set(problems) == {"amount"}
        if not problems:
            whole, _, fraction = text.partition(mark)
            digits = "".join(filter(str.isdigit, whole)) or "0"
            cents = "".join(filter(str.isdigit, fraction)) or "0"
            assert abs(value) == Decimal(f"{digits}.{cents}")


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (",", "12.50"),
        (",", "1 2345,00"),
        (",", "1.234 567,00"),
        (",", "12,"),
        (",", "--1"),
        (",", "(-1)"),
        (",", "1-1"),
        (",", "12,50 CR"),
        (",", "10 % 5"),
        (",", "123456789012345678,00"),
        (".", "12,50"),
        (".", "1,23,456.00"),
        (".", "1.234.567"),
    ],
)
def test_what_has_no_single_meaning_is_no_amount(mark, text):
    assert parsed(PARSERS[mark], [text]) == [(None, ["amount"])]


clocks = st.sampled_from(["", " 23:59", "T23:30:00Z", " 00:00:00.000 UTC", " 23:30 -0800"])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(days, clocks), min_size=1, max_size=60), st.sampled_from(FORMATS))
def test_a_date_is_the_day_that_is_written_whatever_the_hour(drawn, form):
    texts = [day.strftime(form) + clock for day, clock in drawn]  # no zone moves a business day
    expected = [(day, []) for day, _ in drawn]
    assert parsed(DATE_PARSERS[form], texts, "document_on") == expected


@settings(max_examples=20, deadline=None)
@given(st.lists(days, min_size=1, max_size=60), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_iso_dates_and_those_of_sap_are_read_under_any_format(drawn, form):
    for write in ("{:%Y-%m-%d}", "{:%Y%m%d}", "{:%Y%m%d}.0"):
        texts = [write.format(day) for day in drawn]
        assert parsed(DATE_PARSERS[form], texts, "document_on") == [(day, []) for day in drawn]


marks = st.text(alphabet="0123456789/-. T:Z", min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=25, deadline=None)
@given(st.lists(marks, min_size=1, max_size=60))
def test_whatever_is_read_as_a_date_is_a_date_of_our_times(texts):
    for value, problems in parsed(DATE_PARSERS["%d/%m/%Y"], texts, "document_on"):
        assert problems == ([] if value is not None else ["document_on"])
        assert value is None or 1900 <= value.year <= 2099


def unstated():
    manner = replace(manner_of(mapping(columns=COLUMNS), None), mark="")
    return Parser(plan_for(manner, [Beginning(((1, tuple(COLUMNS.values())),), ";")]), "EUR")


def test_where_nobody_stated_the_mark_an_amount_of_two_readings_is_asked_about():
    texts = ["1.234", "1,234", "12.345", "1,000"]
    assert parsed(unstated(), texts) == [(None, ["amount"])] * 4


def test_where_nobody_stated_the_mark_an_amount_of_one_reading_is_read():
    texts = ["12,50", "12.50", "1 234,56", "1,234.56", "1.234,56", "1.234.567", "50000"]
    values = ["12.50", "12.50", "1234.56", "1234.56", "1234.56", "1234567", "50000"]
    assert parsed(unstated(), texts) == [(Decimal(value), []) for value in values]
