"""Whose books a file is, when its name does not say."""

from pipelines.entities import assign

OURS = frozenset({"VE 411000", "VE 701000", "BQ 512000", "BQ 411000"})
THEIRS = frozenset({"INV 411100", "INV 701100", "INV 445710"})


def test_a_file_without_a_name_joins_the_firm_whose_accounts_it_uses():
    charts = {"named": OURS, "export": OURS - {"BQ 512000"}}
    assert assign(charts, {"named": "123456782"}, "main") == {"export": ("123456782", "accounts")}


def test_a_file_that_uses_nobodys_accounts_is_a_firm_of_its_own():
    charts = {"named": OURS, "other": THEIRS, "third": frozenset({"REV 4967"})}
    assert assign(charts, {"named": "123456782"}, "main") == {
        "other": ("main", "default"),
        "third": ("main-2", "default"),
    }


def test_files_that_nothing_names_stay_together_when_they_are_one_firms():
    charts = {"2023": OURS, "2024": OURS | {"AN 120000"}, "theirs": THEIRS}
    assert assign(charts, {}, "main") == {
        "2023": ("main", "default"),
        "2024": ("main", "accounts"),
        "theirs": ("main-2", "default"),
    }
