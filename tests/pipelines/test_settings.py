"""What `encaisse.toml` may not say: the file, the key and the value are told."""

import pytest

from models.errors import EncaisseError
from pipelines.settings import Settings


def told(home, text):
    (home / "encaisse.toml").write_text(text)
    with pytest.raises(EncaisseError) as refused:
        Settings.load(home)
    return str(refused.value)


@pytest.mark.parametrize(
    "text, key, value",
    [
        ('[schedule]\ntimezone = "Europe/Pariss"', "schedule.timezone", "'Europe/Pariss'"),
        ('[schedule]\ntimezone = "Europe"', "schedule.timezone", "'Europe'"),
        ('[schedule]\ntimezone = ""', "schedule.timezone", "''"),
        ('[schedule]\ncron = "99 99 * * *"', "schedule.cron", "'99 99 * * *'"),
        ('[schedule]\ncron = ""', "schedule.cron", "''"),
        ('[[entities]]\nid = "a"\nbook_currency = "euros"', "entities.0.book_currency", "'euros'"),
        ('[[entities]]\nid = ""', "entities.0.id", "''"),
        ('[[entities]]\nid = "a"\nsiren = "123"', "entities.0.siren", "'123'"),
        ('[[entities]]\nid = "a"\n[[entities]]\nid = "a"', "entities", "the id a"),
        ('[accounts]\n"41x" = "receivable"', "accounts.41x", "'41x'"),
        ("[collection]\ndays_moved = -3", "collection.days_moved", "-3"),
    ],
)
def test_a_setting_without_meaning_is_refused_with_its_file_its_key_and_its_value(
    tmp_path, text, key, value
):
    said = told(tmp_path, text)
    assert said.startswith("A setting has no meaning: ")
    assert value in said
    assert f"where: {tmp_path / 'encaisse.toml'}, {key}" in said


def test_the_value_of_a_setting_that_does_not_exist_is_not_repeated(tmp_path):
    said = told(tmp_path, '[desk]\npassword = "not to be shown"')
    assert "desk.password" in said
    assert "not to be shown" not in said


def test_what_a_firm_may_well_write_is_taken(tmp_path):
    (tmp_path / "encaisse.toml").write_text(
        '[schedule]\ncron = "30 5 * * 1-5"\ntimezone = "America/Martinique"\n'
        '[accounts]\n"4116" = "other"\n"41" = "receivable"\n"411DUPONT" = "other"\n'
        '[[entities]]\nid = "paris"\nsiren = "732829320"\n'
        '[[entities]]\nid = "geneve"\nbook_currency = "CHF"\n'
    )
    settings = Settings.load(tmp_path)
    assert settings.schedule.timezone == "America/Martinique"
    assert [entity.id for entity in settings.entities] == ["paris", "geneve"]
