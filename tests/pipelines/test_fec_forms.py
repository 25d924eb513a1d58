"""Every form in which a FEC may be written says the same lines."""

import codecs
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipelines.fec_files import BOOKS, COLUMN, LAWFUL, fec, lawful_text, line, read, sale


def test_a_lawful_file_is_read_as_it_stands(tmp_path):
    outcome = read(tmp_path, fec())
    assert outcome.plain_rows == BOOKS
    assert [row["source_line"] for row in outcome.rows] == [2, 3, 4, 5, 6, 7]
    reading = outcome.reading
    assert (reading.format, reading.records_in, reading.quarantined) == ("fec", 6, 0)
    assert (reading.first_on, reading.last_on) == (date(2024, 1, 31), date(2024, 1, 31))
    assert reading.latest_on == date(2024, 2, 29)  # the day of validation is what it knows last
    assert reading.facts == {
        "encoding": "utf-8",
        "line_end": "LF",
        "delimiter": "pipe",
        "decimal": "comma",
        "amount_form": "debit_credit",
        "debit": "1179.90",
        "credit": "1179.90",
        "blank_lines": "0",
        "columns": ", ".join(LAWFUL),
    }


def test_what_is_booked_ahead_was_there_when_it_was_validated(tmp_path):
    ahead = sale("4", entry_on=date(2024, 12, 31), validated_on=date(2024, 3, 5))
    assert read(tmp_path, fec([*BOOKS, *ahead])).reading.latest_on == date(2024, 3, 5)


def test_validation_before_the_booking_of_most_lines_says_nothing_of_when_they_were_there(tmp_path):
    odd = [row for each in "45678" for row in sale(each, validated_on=date(2015, 1, 1))]
    assert read(tmp_path, fec(odd)).reading.latest_on == date(2024, 1, 31)


@pytest.mark.parametrize(
    ("encoding", "bom", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("iso-8859-15", b"", "iso-8859-15"),
        ("cp1252", b"", "cp1252"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
    ],
)
def test_the_encoding_is_found_out_and_recorded(tmp_path, encoding, bom, found):
    name = "Œuvres de l’été à 5 €" if encoding != "iso-8859-15" else "Œuvres de l'été à 5 €"
    rows = sale("1", label=name)
    outcome = read(tmp_path, bom + fec(rows).encode(encoding))
    assert outcome.plain_rows == rows
    assert outcome.reading.facts["encoding"] == found
    assert ("byte_order_mark" in outcome.reading.facts) == bool(bom)


def test_a_few_bytes_of_another_encoding_do_not_spoil_a_utf_8_file(tmp_path):
    rows = [*sale("1", label="été"), *sale("2", label="Noël")]
    data = fec(rows).encode().replace("Noël".encode(), b"No\xebl", 1)
    outcome = read(tmp_path, data)
    assert outcome.plain_rows == rows
    assert outcome.reading.facts["encoding"] == "utf-8"
    assert outcome.reading.facts["bytes_read_as_cp1252"] == "1"


@pytest.mark.parametrize(
    ("line_end", "found"),
    [("\n", "LF"), ("\r\n", "CRLF"), ("\r", "CR"), ("\r\r\n", "CR CR LF")],
)
@pytest.mark.parametrize("is_closed", [True, False])
def test_every_line_end_ends_one_line(tmp_path, line_end, found, is_closed):
    text = fec(line_end=line_end)
    outcome = read(tmp_path, text if is_closed else text.removesuffix(line_end))
    assert outcome.plain_rows == BOOKS
    assert [row["source_line"] for row in outcome.rows] == [2, 3, 4, 5, 6, 7]
    assert outcome.reading.facts["line_end"] == found


def test_line_ends_may_be_mixed(tmp_path):
    lines = fec().splitlines()
    ends = ["\r\n", "\n", "\r\r\n", "\r", "\n", "\r\n", "\r"]
    outcome = read(tmp_path, "".join(a + b for a, b in zip(lines, ends, strict=True)))
    assert outcome.plain_rows == BOOKS
    assert [row["source_line"] for row in outcome.rows] == [2, 3, 4, 5, 6, 7]
    assert outcome.reading.facts["line_end"] == "mixed"


@pytest.mark.parametrize(("separator", "found"), [("\t", "tab"), ("|", "pipe"), (";", "semicolon")])
def test_the_separator_is_recorded(tmp_path, separator, found):
    outcome = read(tmp_path, fec(separator=separator))
    assert outcome.plain_rows == BOOKS
    assert outcome.reading.facts["delimiter"] == found


def test_commas_separate_where_the_decimal_is_a_dot(tmp_path):
    def text(name, row):
        return lawful_text(name, row).replace(",", ".")

    outcome = read(tmp_path, fec(separator=",", text=text))
    assert outcome.plain_rows == BOOKS
    assert (outcome.reading.facts["delimiter"], outcome.reading.facts["decimal"]) == (
        "comma",
        "dot",
    )


def test_separators_may_end_the_header_the_lines_or_both(tmp_path):
    header, *lines = fec().splitlines()
    for last_of_header, last_of_lines in [("|", ""), ("", "|"), ("|", "| "), ("", "|||")]:
        text = "\n".join([header + last_of_header, *(each + last_of_lines for each in lines), ""])
        assert read(tmp_path, text).plain_rows == BOOKS


@pytest.mark.parametrize(("debit", "credit"), [("D", "C"), ("d", "c"), ("+1", "-1"), ("1", "-1")])
def test_an_amount_may_say_its_side_beside_it(tmp_path, debit, credit):
    columns = ["Montant" if c == "Debit" else "Sens" if c == "Credit" else c for c in LAWFUL]

    def text(name, row):
        if name == "Montant":
            return str(row["debit"] or row["credit"]).replace(".", ",")
        if name == "Sens":
            return debit if row["debit"] else credit
        return lawful_text(name, row)

    outcome = read(tmp_path, fec(columns=columns, text=text))
    assert outcome.plain_rows == BOOKS
    assert outcome.reading.facts["amount_form"] == "montant_sens"


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1234", "1234.00"),
        ("1234,5", "1234.50"),
        ("1234,", "1234.00"),
        (",5", "0.50"),
        ("0000000001234,56", "1234.56"),
        ("          1234,56", "1234.56"),
        ("1234,56          ", "1234.56"),
        (" 000000001234,56", "1234.56"),
        ("\u00a01234,56\u202f", "1234.56"),
        ("1234,5600", "1234.56"),
        ("+1234,56", "1234.56"),
        ("1234,56+", "1234.56"),
        ("-1234,56", "-1234.56"),
        ("1234,56-", "-1234.56"),
        ("-000001234,56", "-1234.56"),
        ("-1234.5", "-1234.50"),
        ("9999999999999,99", "9999999999999.99"),
        ("0", "0.00"),
        ("-0,00", "0.00"),
        ("", "0.00"),
        ("     ", "0.00"),
    ],
)
def test_an_amount_is_read_to_the_cent(tmp_path, written, amount):
    rows = [line("1", "411000", amount, "0.00"), line("1", "706000", "0.00", amount)]

    def text(name, row):
        has_it = name in ("Debit", "Credit") and row[COLUMN[name]] == Decimal(amount)
        return written if has_it else lawful_text(name, row)

    assert read(tmp_path, fec(rows, text=text)).plain_rows == rows


@pytest.mark.parametrize(
    "written",
    [
        "20240131",
        "2024-01-31",
        "2024/01/31",
        "2024.01.31",
        "31/01/2024",
        "31-01-2024",
        "31.01.2024",
        "31012024",
        "20240131 10:25:37",
        "20240131 9:05",
        "2024-01-31T10:25:37",
        "2024-01-31T10:25:37.123Z",
        "2024-01-31 10:25:37+02:00",
        "31/01/2024 10:25",
        "  20240131  ",
    ],
)
def test_a_day_is_read_in_every_form_that_means_one_day(tmp_path, written):
    rows = sale("1", validated_on=date(2024, 1, 31))

    def text(name, row):
        is_day = name in ("EcritureDate", "ValidDate")
        return written if is_day else lawful_text(name, row)

    assert read(tmp_path, fec(rows, text=text)).plain_rows == rows


@pytest.mark.parametrize(
    "written", ["", "        ", "00000000", "-", "0", "00/00/0000", "  /  /  "]
)
def test_what_stands_for_no_day_is_none_where_the_day_may_be_missing(tmp_path, written):
    rows = sale("1", document_on=None, validated_on=None, lettered_on=None)

    def text(name, row):
        optional = name in ("PieceDate", "DateLet", "ValidDate")
        return lawful_text(name, row) or (written if optional else "")

    outcome = read(tmp_path, fec(rows, text=text))
    assert [row["document_on"] for row in outcome.rows] == [None, None]
    assert [row["validated_on"] for row in outcome.rows] == [None, None]


def test_a_dash_stands_for_a_blank_and_other_words_are_kept(tmp_path):
    rows = [*sale("1", document_ref=None), *sale("2", document_ref="sans", label="-")]
    blank = ("CompAuxNum", "CompAuxLib", "PieceRef", "EcritureLet", "Idevise")

    def text(name, row):
        return lawful_text(name, row) or ("-" if name in blank else "")

    assert read(tmp_path, fec(rows, text=text)).plain_rows == rows


def test_texts_padded_with_spaces_lose_them(tmp_path):
    def text(name, row):
        return f"{lawful_text(name, row):<30}"

    assert read(tmp_path, fec(text=text)).plain_rows == BOOKS


def test_a_foreign_amount_keeps_its_sign_and_its_currency(tmp_path):
    rows = [
        line("1", "411000", "92.00", "0.00", currency_amount=Decimal("100.00"), currency="USD"),
        line("1", "706000", "0.00", "92.00", currency_amount=Decimal("-100.00"), currency="USD"),
    ]

    def text(name, row):
        return "usd" if name == "Idevise" else lawful_text(name, row)

    assert read(tmp_path, fec(rows, text=text)).plain_rows == rows


def test_columns_are_found_by_name_in_any_order_among_others(tmp_path):
    columns = ["Analytique", *reversed(LAWFUL), "DateRglt", "ModeRglt", "NatOp", "IdClient"]

    def text(name, row):
        return lawful_text(name, row) if name in COLUMN else "x"

    assert read(tmp_path, fec(columns=columns, text=text)).plain_rows == BOOKS


@pytest.mark.parametrize("name", ["DateEcheance", "Echeance", "EcheanceDate", "Date d'échéance"])
def test_a_column_with_the_due_date_is_used(tmp_path, name):
    rows = sale("1", due_on=date(2024, 3, 1))
    text = fec(rows, columns=[*LAWFUL, "DateEcheance"], header=[*LAWFUL, name])
    assert read(tmp_path, text).plain_rows == rows


def test_columns_that_may_be_blank_may_be_absent(tmp_path):
    optional = {"CompAuxNum", "CompAuxLib", "EcritureLet", "DateLet", "ValidDate"} | {
        "Montantdevise",
        "Idevise",
    }
    outcome = read(tmp_path, fec(columns=[name for name in LAWFUL if name not in optional]))
    assert outcome.reading.loaded == 6
    assert outcome.rows[0]["auxiliary"] is None
    assert set(outcome.reading.facts["missing_columns"].split(", ")) == optional


def test_a_file_of_many_blocks_is_read_in_order(tmp_path):
    rows = [each for number in range(4000) for each in sale(f"{number}", f"{number + 1}.07")]
    outcome = read(tmp_path, fec(rows))
    assert outcome.plain_rows == rows
    assert [row["source_line"] for row in outcome.rows] == list(range(2, 8002))


# Letters that ISO 8859-15 and Windows-1252 write alike, and that no other letter follows in UTF-8.
LETTERS = [chr(code) for code in (*range(0x20, 0x7F), *range(0xC0, 0x100)) if chr(code) != "|"]
words = st.text(st.sampled_from(LETTERS), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() != "-"
)
days = st.integers(min_value=0, max_value=3000).map(lambda n: date(2019, 1, 1) + timedelta(n))
cents = st.integers(min_value=-(10**6), max_value=10**11).map(lambda n: Decimal(n).scaleb(-2))


@st.composite
def books(draw):
    """Entries that balance, of two to four lines."""
    rows = []
    for number in range(draw(st.integers(1, 5))):
        amounts = draw(st.lists(cents, min_size=1, max_size=3))
        common = {
            "journal_code": draw(words),
            "journal_label": draw(words),
            "entry_on": draw(days),
            "document_ref": draw(st.none() | words),
            "document_on": draw(st.none() | days),
            "label": draw(st.none() | words),
            "validated_on": draw(st.none() | days),
        }
        for amount in amounts:
            extra = {
                "account_label": draw(st.none() | words),
                "auxiliary": draw(st.none() | words),
                "lettering": draw(st.none() | words),
                "lettered_on": draw(st.none() | days),
                "currency_amount": draw(st.none() | cents),
                "due_on": draw(st.none() | days),
            }
            rows.append(line(str(number), "411", amount, "0.00", **common | extra))
        rows.append(line(str(number), "706", "0.00", sum(amounts), **common))
    return rows


@st.composite
def forms(draw):
    """A way to write FEC files: how to write a value, and what is between values."""
    columns = draw(st.permutations([*LAWFUL, "DateEcheance", "Analytique", "IdClient"]))
    side = draw(st.sampled_from([None, ("D", "C"), ("+1", "-1")]))
    decimal, sign_last = draw(st.sampled_from([",", "."])), draw(st.booleans())
    day_form = draw(st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%d/%m/%Y", "%Y%m%d 10:25:37"]))
    padding = draw(st.sampled_from(["", "left", "right"]))
    zeros = draw(st.booleans())
    if side:
        renamed = {"Debit": "Montant", "Credit": "Sens"}
        columns = [renamed.get(name, name) for name in columns]

    def amount_text(amount):
        digits = f"{abs(amount):.2f}".replace(".", decimal)
        digits = digits.zfill(14) if zeros else digits
        sign = "-" if amount < 0 else ""
        return digits + sign if sign_last else sign + digits

    def bare(name, row):
        if name == "Montant":
            return amount_text(row["credit"] if row["debit"] == 0 else row["debit"])
        if name == "Sens":
            return side[1] if row["debit"] == 0 else side[0]
        value = row[COLUMN[name]] if name in COLUMN else "x"
        if value is None:
            return ""
        if isinstance(value, Decimal):
            return amount_text(value)
        return value.strftime(day_form) if isinstance(value, date) else value

    def text(name, row):
        value = bare(name, row)
        if padding == "left" and name in ("Debit", "Credit", "Montant", "Montantdevise"):
            return value.rjust(18)
        return value.ljust(15) if padding == "right" else value

    written = {
        "columns": columns,
        "text": text,
        "separator": draw(st.sampled_from(["\t", "|"])),
        "line_end": draw(st.sampled_from(["\n", "\r\n", "\r", "\r\r\n"])),
    }
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "iso-8859-15", "cp1252", "utf-16"]))
    return written, encoding


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=books(), form=forms())
def test_any_books_in_any_form_read_back_the_same(tmp_path, rows, form):
    written, encoding = form
    outcome = read(tmp_path, fec(rows, **written).encode(encoding))
    assert outcome.reading.refused_reason is None, outcome.reading.refused_reason
    assert outcome.plain_rows == rows
    of_entry = groupby(outcome.rows, key=lambda row: row["entry_number"])
    for _, lines in of_entry:
        assert sum(each["debit"] - each["credit"] for each in lines) == 0
