"""A mapping for a table that nobody described: what is found, what is asked, what is written."""

import tomllib

import pytest

from models.errors import EncaisseError
from pipelines.intake import propose as module
from pipelines.intake.propose import propose, to_toml, write_mapping
from pipelines.settings import Settings
from tests.pipelines.table_files import land

FRENCH = [
    "Export du 31/03/2026;;;;;;",
    "N° facture;Code client;Raison sociale;Date facture;Échéance;Montant TTC;Commentaire",
    "F1;C1;Le Chat;03/02/2026;05/03/2026;1 234,56;",
    "F2;C2;Le Chien;13/02/2026;15/03/2026;12,50;urgent",
    "TOTAL;;;;;1 247,06;",
]


def proposal(tmp_path, lines, name="ventes_2026-03.csv", **answers):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return propose(path, **answers)


def reasons(found):
    return {guess.what: (guess.value, guess.reason) for guess in found.guesses}


def test_a_french_invoice_list_is_understood_with_reasons(tmp_path):
    found = proposal(tmp_path, FRENCH)
    assert found.questions == ()
    assert found.mapping.kind == "invoices"
    assert found.mapping.columns == {
        "document_ref": "N° facture",
        "customer_id": "Code client",
        "customer_name": "Raison sociale",
        "document_on": "Date facture",
        "due_on": "Échéance",
        "amount": "Montant TTC",
    }
    said = reasons(found)
    assert said["date_format"] == ("%d/%m/%Y", "13/02/2026 can be nothing else")
    assert said["decimal"] == (",", "1 234,56 can be nothing else")
    assert said["files"][0] == "ventes_*.csv"
    assert said["currency"][0] == "the default one"
    assert found.not_read == ("Commentaire",)


def test_the_preview_is_what_a_refresh_would_read(tmp_path):
    found = proposal(tmp_path, FRENCH)
    assert (found.reading.records_in, found.reading.loaded, found.reading.quarantined) == (3, 2, 1)
    assert [str(row["amount"]) for row in found.rows] == ["1234.56", "12.50"]
    assert [row["reason"] for row in found.set_aside] == ["This is a totals line, not a record."]
    landed = land(tmp_path, FRENCH, found.mapping, name="ventes_2026-04.csv")
    assert [str(item["amount"]) for item in landed.items] == ["1234.56", "12.50"]


AMBIGUOUS = [
    "Invoice no,Customer,Date,Due date,Total",
    "F1,C1,03/04/2026,05/04/2026,100.00",
    "F2,C1,04/04/2026,06/04/2026,100.00",
]


def test_dates_that_could_be_either_are_asked_about_and_not_guessed(tmp_path):
    found = proposal(tmp_path, AMBIGUOUS)
    assert (found.mapping, found.reading, found.rows) == (None, None, ())
    assert found.questions == (
        "Dates: 03/04/2026 and all others fit each of them. "
        "State date_format: one of %d/%m/%Y, %m/%d/%Y.",
    )


def test_an_answer_settles_the_question(tmp_path):
    found = proposal(tmp_path, AMBIGUOUS, date_format="%m/%d/%Y")
    assert found.questions == ()
    assert [str(row["document_on"]) for row in found.rows] == ["2026-03-04", "2026-04-04"]
    assert reasons(found)["date_format"] == ("%m/%d/%Y", "it was stated")


def test_one_date_on_the_last_of_many_lines_decides(tmp_path):
    lines = [AMBIGUOUS[0], *(f"F{n},C1,03/04/2026,,1.00" for n in range(3000))]
    found = proposal(tmp_path, [*lines, "F9999,C1,04/13/2026,,1.00"])
    assert reasons(found)["date_format"] == ("%m/%d/%Y", "04/13/2026 can be nothing else")


def test_amounts_that_could_be_either_are_asked_about(tmp_path):
    lines = ["Facture;Client;Date;Montant", "F1;C1;2026-03-31;1,234", "F2;C1;2026-03-31;5,678"]
    found = proposal(tmp_path, lines)
    assert found.questions == (
        "Amounts: 1,234 and all others fit both. State decimal: one of ,, ..",
    )
    read = proposal(tmp_path, lines, decimal=".")
    assert [str(row["amount"]) for row in read.rows] == ["1234.00", "5678.00"]


def test_iso_dates_need_no_format(tmp_path):
    found = proposal(tmp_path, ["Facture;Client;Date;Montant", "F1;C1;2026-03-31;1,50"])
    assert found.mapping.date_format is None
    assert found.reading.loaded == 1


def test_a_column_may_be_told_by_its_values_alone(tmp_path):
    lines = [
        "Facture;Client;Emise;Somme;Unite",
        "F1;C1;31/03/2026;1,50;EUR",
        "F2;C1;31/03/2026;2,50;USD",
    ]
    said = reasons(proposal(tmp_path, lines))
    assert said["document_on"] == ("Emise", "it is the only column left with dates in it")
    assert said["amount"] == ("Somme", "it is the only column left with amounts in it")
    assert said["currency"] == ("Unite", "its values are codes of currencies")


def test_a_column_that_cannot_be_told_is_asked_for(tmp_path):
    lines = ["Facture;Client;Date;HT;TVA", "F1;C1;2026-03-31;1,50;0,30"]
    found = proposal(tmp_path, lines)
    [question] = found.questions
    assert question.startswith("No header says it. State amount or debit")
    assert question.endswith("one of HT, TVA.")
    read = proposal(tmp_path, lines, columns={"amount": "HT"})
    assert read.mapping.columns["amount"] == "HT"


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("Facture;Client;Date;Solde", "F1;C1;2026-03-31;1,50", "open_items"),
        ("Facture;Client;Date;Solde ouvert", "F1;C1;2026-03-31;1,50", "open_items"),
        ("Facture;Client;Date;Reste à encaisser", "F1;C1;2026-03-31;1,50", "open_items"),
        ("Facture;Client;Date;Montant;Solde;Réglé le", "F1;C1;2026-03-31;2,50;1,50;", "invoices"),
        ("Client;Date règlement;Montant", "C1;2026-03-31;1,50", "payments"),
        ("N° avoir;Client;Date;Montant", "A1;C1;2026-03-31;1,50", "credit_notes"),
        ("N° client;Ville;Téléphone", "C1;Paris;555", "customers"),
    ],
)
def test_what_a_row_is_is_told_by_the_columns(tmp_path, header, row, kind):
    found = proposal(tmp_path, [header, row])
    assert reasons(found)["kind"][0] == kind


def test_the_user_knows_better(tmp_path):
    found = proposal(tmp_path, FRENCH, kind="open_items", columns={"label": "Commentaire"})
    assert (found.mapping.kind, found.mapping.columns["label"]) == ("open_items", "Commentaire")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"kind": "poems"}, "There is no kind of table poems."),
        ({"columns": {"amount": "Poids"}}, "The table has no column Poids."),
        ({"columns": {"colour": "Commentaire"}}, "A table of invoices has no column colour."),
    ],
)
def test_an_answer_without_meaning_is_refused(tmp_path, answers, words):
    with pytest.raises(EncaisseError, match=words):
        proposal(tmp_path, FRENCH, **answers)


def test_a_file_of_a_known_program_needs_no_mapping(tmp_path):
    found = proposal(tmp_path, ["customer_id,name", "C1,Le Chat"])
    assert (found.preset, found.mapping, found.questions) == ("customers", None, ())
    assert [row["name"] for row in found.rows] == ["Le Chat"]
    with pytest.raises(EncaisseError, match="read without one"):
        write_mapping(found, tmp_path)


FEC = "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|Debit|Credit\n"


@pytest.mark.parametrize("content", ["%PDF-1.7", "", FEC])
def test_what_is_no_table_gets_no_mapping(tmp_path, content):
    path = tmp_path / "file"
    path.write_text(content)
    with pytest.raises(EncaisseError, match="Only tables need a mapping"):
        propose(path)


def test_a_mapping_is_added_to_the_settings_and_read_back(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "encaisse.toml").write_text('[defaults]\nentity = "paris"\n')
    found = proposal(tmp_path, FRENCH)
    assert write_mapping(found, home) == home / "encaisse.toml"
    settings = Settings.load(home)
    assert settings.defaults.entity == "paris"
    assert settings.tables == (found.mapping,)
    with pytest.raises(EncaisseError, match="have a mapping for a file of this name already"):
        write_mapping(found, home)


def test_the_settings_at_the_root_are_not_hidden_by_a_new_file(tmp_path, monkeypatch):
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    (root / "encaisse.toml").write_text('[defaults]\nentity = "paris"\n')
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr("pipelines.settings.ROOT", root)
    write_mapping(proposal(tmp_path, FRENCH), home)
    assert Settings.load(home).defaults.entity == "paris"


def test_nothing_is_written_while_a_question_is_open(tmp_path):
    with pytest.raises(EncaisseError, match="State date_format"):
        write_mapping(proposal(tmp_path, AMBIGUOUS), tmp_path)
    assert not (tmp_path / "encaisse.toml").exists()


def test_headers_with_quotes_and_tabs_survive_the_settings_file(tmp_path):
    lines = ['Facture|Client|Date|Montant "TTC"\\', "F1|C1|2026-03-31|1,50"]
    found = proposal(tmp_path, lines, columns={"amount": 'Montant "TTC"\\'})
    [section] = tomllib.loads(to_toml(found.mapping))["tables"]
    assert section["columns"]["amount"] == 'Montant "TTC"\\'
    assert section["delimiter"] == "|"
