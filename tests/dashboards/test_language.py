"""Every word of the screens is in the catalogue, translated, in French as French is printed."""

import re
from datetime import date
from decimal import Decimal

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

import models.delays
import models.dso
import models.effectiveness
import models.lawful_terms
from dashboards import definitions, formats, language, words
from dashboards.page import ACTIVE, plain
from pipelines import measures as measured
from pipelines.defs import checks
from tests.dashboards.reading import ROOT, texts

WORDS = {"t": None, "mark": None, "nt": (1, 2)}
PLACES = re.compile(r"\{(\w+)\}")
NARROW = "\N{NARROW NO-BREAK SPACE}"

PAGES = [
    ("overview", {}),
    ("aged_balances", {"account": "C001", "of": "nord", "item": "101"}),
    ("aged_balances", {"as_of": "2024-06-12", "known": "then"}),
    ("restatements", {"day": "2024-06-12"}),
    ("restatements", {"day": "2024-06-30"}),
    ("customer", {}),
    *(
        ("customer", {"account": "C001", "of": "nord", "view": view})
        for view in ("open", "expected", "statement", "timeline", "matches", "delays", "terms")
    ),
    ("measures", {}),
    ("measures", {"scope": "customer"}),
    ("data_health", {}),
    ("cash_forecast", {"period": "1", "account": "C001", "of": "nord", "item": "101"}),
    ("risk", {"account": "C001", "of": "nord"}),
    ("collection_list", {}),
    ("track_record", {}),
]


def messages():
    """Return what the code says: a text, or the singular and the plural of one."""
    found = extract_from_dir(
        str(ROOT / "dashboards"), method_map=[("**.py", "python")], keywords=WORDS
    )
    return {message for _, _, message, _, _ in found}


def french():
    with (ROOT / "dashboards" / "locale" / "fr.po").open(encoding="utf-8") as text:
        return {message.id: message.string for message in read_po(text) if message.id}


def forms(message):
    return message if isinstance(message, tuple) else (message,)


def test_every_message_is_translated_and_no_translation_is_unused():
    assert messages() - french().keys() == set(), "not in the catalogue"
    assert french().keys() - messages() == set(), "no longer said"
    assert [message for message, said in french().items() if not all(forms(said))] == []


def test_a_translation_has_the_same_places_as_its_message():
    for message, said in french().items():
        wanted = {place for form in forms(message) for place in PLACES.findall(form)}
        for form in forms(said):
            assert set(PLACES.findall(form)) == wanted, message


def test_french_is_printed_as_french_is():
    for said in french().values():
        for form in forms(said):
            assert not re.search(r"(?<!^)[^\s\u202f][;!?»]|«[^\u202f]", form), form
            assert not re.search(r"[^\s\u202f]:(?!\d)", form), form
            assert not re.search(r" [:;!?»]", form), form
            assert "'" not in form and '"' not in form, form


def test_the_numbers_of_french_are_french_and_those_of_english_english():
    amount, day = Decimal("-1234567.89"), date(2026, 3, 31)
    with language.speaking("fr"):
        told = f"\N{MINUS SIGN}1{NARROW}234{NARROW}567,89\N{NO-BREAK SPACE}€"
        assert formats.money(amount, "EUR") == told
        assert formats.day_short(day) == "31/03/2026"
        assert formats.percent(Decimal("22.44"), 1) == "22,4\N{NO-BREAK SPACE}%"
        assert formats.money_short(Decimal("1840000"), "EUR") == "1,84 M €".replace(" ", "\u00a0")
        assert formats.days(Decimal("0.4")) == "0 jour"
        assert formats.days(90, is_lower_bound=True) == "plus de 90 jours"
    with language.speaking("en"):
        assert formats.money(amount, "EUR") == "\N{MINUS SIGN}€1,234,567.89"
        assert formats.day_short(day) == "31 Mar 2026"
        assert formats.percent(Decimal("22.44"), 1) == "22.4%"
        assert formats.money_short(Decimal("1840000"), "EUR") == "€1.84M"
        assert formats.money_short(Decimal("845231.20"), "USD") == "US$845,231"
        assert formats.days(1) == "1 day"


@settings(max_examples=80, deadline=None)
@given(cents=st.integers(-(10**15), 10**15), speaks=st.sampled_from(["fr", "en"]))
def test_an_amount_on_the_screen_is_the_amount_to_the_cent(cents, speaks):
    with language.speaking(speaks):
        told = formats.amount(Decimal(cents) / 100)
    digits = told.replace("\N{MINUS SIGN}", "-").replace(NARROW, "")
    digits = digits.replace(",", ".") if speaks == "fr" else digits.replace(",", "")
    assert Decimal(digits) * 100 == cents


@pytest.mark.parametrize(("page", "address"), PAGES)
def test_a_french_page_says_nothing_in_english(open_page, page, address):
    english = {
        form
        for message, said in french().items()
        for form, other in zip(forms(message), forms(said), strict=True)
        if form != other
    }
    either = {form for said in french().values() for form in forms(said)}
    for text in texts(open_page(page, "fr", **address)):
        assert text not in english - either, text


def test_every_check_measure_and_note_has_a_name_a_reader_understands():
    assert {rule.name for rule in checks.RULES} - words.CHECKS.keys() == set()
    named = {"dso_simple", "dso_countback", "dso_best_possible", "add_days", "cei_percent"}
    named |= {"days_beyond_terms_paid", "days_beyond_terms_open", "days_to_pay", "turnover"}
    named |= {"overdue_percent", "concentration_percent", "lawful_terms_percent"}
    assert definitions.DEFINITIONS.keys() == named
    modules = (models.delays, models.dso, models.effectiveness, models.lawful_terms, measured)
    notes = {
        value
        for module in modules
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and " " in value and "{" not in value
        and value[0].islower()
    }  # fmt: skip
    assert notes - set(definitions.NOTES) == set()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_name_of_a_check_is_short_enough_to_be_read_whole(lang):
    with language.speaking(lang):
        assert [name for name in map(language.t, words.CHECKS.values()) if len(name) > 80] == []


@pytest.mark.parametrize(
    ("text", "french_terms", "english_terms"),
    [
        ("30 net", "30 jours net", "30 days net"),
        ("45 fin de mois", "45 jours fin de mois", "45 days, end of month"),
        ("fin de mois + 45", "fin de mois + 45 jours", "end of month + 45 days"),
        ("30 fdm le 10", "30 jours fin de mois, le 10", "30 days, end of month, on day 10"),
        ("comptant", "à réception", "on receipt"),
        ("selon accord", "selon accord", "selon accord"),
    ],
)
def test_payment_terms_are_said_in_words(text, french_terms, english_terms):
    with language.speaking("fr"):
        assert words.terms(text) == french_terms
    with language.speaking("en"):
        assert words.terms(text) == english_terms


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("not_due", "Non échu"),
        ("31-60", "31\N{EN DASH}60"),
        ("over_120", "Plus de 120"),
        ("no_due_date", "Sans échéance"),
        ("unapplied", "Non affecté"),
    ],
)
def test_buckets_have_names(code, said):
    with language.speaking("fr"):
        assert words.bucket(code) == said


@settings(max_examples=100)
@given(st.text())
def test_a_name_in_a_text_keeps_every_character_and_none_is_active(name):
    shown = plain(name)
    assert not ACTIVE.search(re.sub(r"\\.", "", shown))
    visible = re.sub(r"\\(.)", r"\1", shown).replace("\N{WORD JOINER}", "")
    wanted = re.sub(r"[ \t\r\n\f\v]+", " ", name).strip().replace("\N{WORD JOINER}", "")
    assert visible == wanted


@pytest.mark.parametrize("path", sorted((ROOT / "dashboards").rglob("*.py")), ids=lambda p: p.stem)
def test_only_one_module_writes_markdown_and_none_writes_html(path):
    code = path.read_text(encoding="utf-8")
    assert "unsafe_allow_html" not in code and "st.html" not in code
    if path.stem != "page":
        active = "markdown|write|caption|title|header|subheader|info|warning|error|success|metric"
        assert not re.search(rf"st\.({active})\(", code)
