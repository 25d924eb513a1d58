"""What is read fast is what would have been read strictly: never more, and never another value."""

from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.intake.fec_columns import cents
from pipelines.intake.fec_fields import Columns, Piece, split
from pipelines.intake.fec_parse import strict_amounts, strict_days
from pipelines.intake.fec_usual import tidy, usual_cents, usual_days
from pipelines.intake.text import WHITE_SPACE

CON = duckdb.connect()
digits = st.text("0123456789", max_size=20)
amounts = st.one_of(
    st.none(),
    st.from_regex(r"-?[0-9]{1,18}[.,][0-9]{2}", fullmatch=True),
    st.from_regex(r"[-+]?[0-9]{0,4}[.,]?[0-9]{0,3}[-+]?", fullmatch=True),
    st.text("0123456789,.;- eé/", max_size=8),
)
days = st.one_of(
    st.none(),
    st.dates(date(1890, 1, 1), date(2110, 1, 1)).map("{:%Y%m%d}".format),
    st.from_regex(r"(19|20)[0-9]{6}", fullmatch=True),
    digits,
    st.text("012-/ é\xff:", max_size=9),
)


def columns(values):
    """Columns of texts, some of them a part of a longer one, as Arrow slices are."""
    return st.tuples(st.lists(values, max_size=12), st.integers(0, 2)).map(
        lambda drawn: pa.array(["12,34", "20240131", *drawn[0]], pa.string())[drawn[1] :]
    )


def as_in_a_file(column):
    """The fields of a column, between others, as they stand in the lines of a file."""
    data, starts, ends = bytearray(b"VE;1;20240131;411000;"), [], []
    for text in column.to_pylist():
        starts.append(len(data))
        data += (text or "").encode()
        ends.append(len(data))
        data += b";x;\n"
    return Columns(np.frombuffer(data, np.uint8), np.array([starts], int), np.array([ends], int))


def strictly(question, texts):
    CON.register("texts", pa.table({"place": np.arange(len(texts)), "text": texts}))
    answer = CON.sql(question).to_arrow_table().combine_chunks()
    return answer["value"].combine_chunks(), answer["is_unreadable"].to_pylist()


@settings(max_examples=50, deadline=None)
@given(columns(amounts))
@example(pa.array(["1234", "1,2,34", "12,3", "0,00"]))
@example(pa.array(["-1,23", None, "-0,00", "--1,00", "-,12", "-12", "1-2,34", "12,34-"]))
@example(pa.array(["-9999999999999999,99", "-1234", "1,2,34", "4,56"]))
@example(pa.array(["9999999999999999,99", "12;34", ",12", "\uff11\uff12,34"]))
def test_an_amount_read_fast_is_the_one_read_strictly(column):
    found = usual_cents(as_in_a_file(column))
    present = pa.array([text for text in column.to_pylist() if text], pa.string())
    values, is_unreadable = strictly(strict_amounts(), present)
    expected = dict(zip(present.to_pylist(), zip(values, is_unreadable, strict=True), strict=True))
    for text, amount, is_usual in zip(column.to_pylist(), *found, strict=True):
        if is_usual:
            value, unreadable = expected[text]
            assert not unreadable
            assert amount == int(value.as_py().scaleb(2))
        elif text:
            whole, _, decimals = text.removeprefix("-").replace(".", ",").partition(",")
            is_plain = whole.isascii() and whole.isdigit() and len(whole) <= 13
            assert not (is_plain and len(decimals) == 2 and decimals.isdigit())


@settings(max_examples=50, deadline=None)
@given(columns(days))
@example(pa.array(["20240229", "20230229", "20000229", "19000229", "00000000", "20240131"]))
@example(pa.array(["19000101", "20991231", "18991231", "21000101", "99999999"]))
@example(pa.array(["2024012:", "202401/9", "2024 131", "2024-1-1"]))
@example(pa.array(["20240131", "20240131", None, "20240131", "20230229", "20230229", "20240201"]))
def test_a_day_read_fast_is_the_one_read_strictly(column):
    found = usual_days(as_in_a_file(column))
    present = pa.array([text for text in column.to_pylist() if text], pa.string())
    values, is_unreadable = strictly(strict_days(), present)
    expected = dict(zip(present.to_pylist(), zip(values, is_unreadable, strict=True), strict=True))
    for text, day, is_usual in zip(column.to_pylist(), *found, strict=True):
        if is_usual:
            value, unreadable = expected[text]
            assert not unreadable
            assert date(1970, 1, 1).toordinal() + int(day) == value.as_py().toordinal()
        elif text and len(text) == 8 and text.isascii() and text.isdigit():
            value, unreadable = expected[text]
            strict = value.as_py()
            assert unreadable or strict is None or f"{strict:%Y%m%d}" != text


def test_every_day_of_two_centuries_is_read_fast():
    first, last = date(1900, 1, 1).toordinal(), date(2099, 12, 31).toordinal()
    all_days = [date.fromordinal(n) for n in range(first, last + 1)]
    found = usual_days(as_in_a_file(pa.array([f"{day:%Y%m%d}" for day in all_days])))
    assert found.is_usual.all()
    assert pa.array(found.days).view(pa.date32()).to_pylist() == all_days


texts = st.one_of(st.none(), st.text(WHITE_SPACE + "-aéà\u2028", min_size=1, max_size=4))


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=12), st.tuples(*[st.booleans()] * 2))
@example([("-", "-"), ("-a", " - "), ("- ", None)], (True, False))
def test_white_space_is_cut_off_and_what_is_left_of_nothing_is_null(rows, may_be_blank):
    def expected(text, dash_is_nothing):
        bare = (text or "").strip(WHITE_SPACE)
        return None if not bare or (dash_is_nothing and bare == "-") else bare

    data = np.frombuffer("".join(f"{a or ''};{b or ''}\n" for a, b in rows).encode(), np.uint8)
    piece = Piece(np.arange(len(rows)), data, np.flatnonzero(data == ord("\n")))
    columns = split(piece, ";", 2)[0].columns([0, 1])
    found = tidy(columns, np.array(may_be_blank)).to_pylist()
    pairs = zip(zip(*rows, strict=True), may_be_blank, strict=True)
    assert found == [expected(text, is_nothing) for column, is_nothing in pairs for text in column]


fields = st.text('a1,. -é\u202f\u20ac\ufeff"', max_size=10)


@settings(deadline=None)
@given(
    st.lists(st.lists(fields, min_size=3, max_size=3), min_size=1, max_size=8)
    | st.lists(st.lists(fields, min_size=1, max_size=4), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sets(st.integers(0, 2), min_size=1).map(sorted),
    st.randoms(use_true_random=False),
)
def test_fields_are_those_that_python_splits(rows, end, numbers, chance):
    data = np.frombuffer("".join("|".join(row) + end for row in rows).encode(), np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    found, odd = split(Piece(np.arange(len(rows)), data, ends), "|", 3)
    assert odd == [place for place, row in enumerate(rows) if len(row) != 3]
    if odd:
        return
    columns = found.columns(numbers)
    expected = [row[number] or None for number in numbers for row in rows]
    assert columns.texts().to_pylist() == expected
    places = [place for place, text in enumerate(expected) if text]
    chance.shuffle(places)
    if places:
        assert columns.texts_at(np.array(places)).to_pylist() == [expected[n] for n in places]


def test_cents_are_those_of_the_amounts_whatever_part_of_a_column_they_are():
    column = pa.array(["0.00", "-12.34", "9999999999999999.99"]).cast(pa.decimal128(18, 2))
    assert cents(column[1:]).tolist() == [-1234, 999999999999999999]
