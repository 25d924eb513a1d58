"""The card of the model says in the reader's language what it is, and that it learnt nothing."""

from datetime import date

import pytest
import streamlit as st

from dashboards import card_words, language, page, sayings
from models.timing.features import KNOWN, OF_THE_DAYS
from pipelines.predictions import cards, retraining
from pipelines.predictions.registry import Card
from tests.dashboards.reading import grid

FEATURES = [[each.name, each.unit, each.meaning] for each in (*KNOWN, *OF_THE_DAYS)]


def card(documents, settled, reason=retraining.NEVER_TRAINED):
    data = {"documents": documents, "settled_documents": settled, "customers": 12}
    scores = [
        ["mix", "open", "auc", 0.9, 0.867, 0.928, 40],
        ["mix", "new", "mae_days", 4.2, None, None, 40],
        ["terms_curve", "new", "ece", None, None, None, 0],
    ]
    day = date(2025, 12, 31)
    return Card("m1", day, "r1", reason, "mix", data, settled, [], scores, [], [], FEATURES)


def lines(of):
    return [
        {"section": section, "name": name, "value": value}
        for _, section, name, value in cards._lines(of)
    ]


@pytest.mark.parametrize(("documents", "settled"), [(0, 0), (7, 0), (4711, 4000)])
def test_the_french_card_of_a_model_has_no_english_word(documents, settled):
    codes = {"sha256", "recipe"}
    for line in lines(card(documents, settled)):
        with language.speaking("fr"):
            french = card_words.row(line)
        with language.speaking("en"):
            english = card_words.row(line)
        if line["name"] in codes or line["section"] == "versions":
            continue
        same = {"Documents", "Clients"}
        assert french["name"] != english["name"] or french["name"] in same, line
        if line["section"] != "features" and not line["value"].isdigit():
            assert french["value"] != english["value"], line


def test_every_feature_of_the_model_has_a_name():
    assert card_words.FEATURES.keys() == {name for name, _, _ in FEATURES}


def test_every_reason_to_learn_anew_is_said_in_french():
    reasons = {
        value
        for name, value in vars(retraining).items()
        if name.isupper() and isinstance(value, str)
    }
    assert len(reasons) == 6
    with language.speaking("fr"):
        assert [reason for reason in reasons if not sayings.is_known(reason)] == []


def test_the_card_is_shown_in_the_words_of_the_reader(open_page, monkeypatch):
    monkeypatch.setattr(page, "unfolded", lambda label, key: st.container())
    told = grid(open_page("track_record", "fr"), "Valeur")
    shown = {name: value for _, name, value in told.itertuples(index=False)}
    assert shown["Connaît jusqu’au"] == "30 juin 2024"
    assert shown["Retard moyen sur tous ses règlements"] == "delay_mean_days"
    assert "0,900 (0,867 à 0,928)" in shown.values()
    assert shown["En service"] == "Oui"
