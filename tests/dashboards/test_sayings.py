"""What the pipelines say in English is said in French on a French page."""

import re
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from dashboards import language, sayings
from models.errors import EncaisseError
from models.terms import parse_terms
from pipelines.contracts.agreed import CONTRACTS
from pipelines.defs import checks
from pipelines.intake.land import land_folder
from pipelines.intake.sheets import FAILED
from pipelines.settings import Settings
from tests.dashboards import reasons as reasons_in_the_code
from tests.dashboards.reasons import warnings

HEADER = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|"
    "PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
GOOD = [
    f"VE|Ventes|{n}|20240131|{account}|Compte|C1|Client|F{n}|20240131|Facture|{debit}|{credit}||||0|"
    for n in range(1, 40)
    for account, debit, credit in (("411000", "120,00", "0,00"), ("707000", "0,00", "120,00"))
]


def fec(*lines, header=HEADER, end="\n"):
    return ("\n".join([header, *GOOD, *lines]) + end).encode()


def entry(date="20240131", debit="1,00", number="99", extra=""):
    line = (
        f"VE|Ventes|{number}|{date}|411000|Compte|C1|Client|F|20240131|Facture|{debit}|0,00||||0|"
    )
    other = f"VE|Ventes|{number}|20240131|707000|Compte|||F|20240131|Facture|0,00|1,00||||0|"
    return line + extra, other


SETTINGS = Settings.model_validate(
    {
        "tables": [
            {
                "files": ("mapped.csv",),
                "kind": "invoices",
                "columns": {
                    "customer_id": "Gone",
                    "document_ref": "Lost",
                    "document_on": "Away",
                    "amount": "Missing",
                },
            }
        ]
    }
)
BROKEN = {
    "a.pdf": b"%PDF-1.4 and so on",
    "last.txt": fec(entry()[0], end=""),
    "short.csv": b"Customer,Invoice,Date,Amount\n" + b"C1,F1,2024-01-31,12.00\n" * 20 + b"C1\n",
    "intraday.xml": b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.052.001.02'><A/>"
    b"</Document>",
    "wide.csv": (",".join(f"colour {n}" for n in range(40)) + "\n").encode() * 3,
    "mapped.csv": b"colour,shape\nred,round\nblue,square\n",
    "empty.txt": b"",
    "cut.txt": fec(entry()[0][:60], end=""),
    "no_column.txt": fec(header=HEADER.replace("Debit", "Dabit")),
    "unbalanced.txt": fec(entry()[0]),
    "thousands.txt": fec(*entry(debit="1 000,00")),
    "decimals.txt": fec(*entry(debit="1,000")),
    "not_an_amount.txt": fec(*entry(debit="douze")),
    "no_day.txt": fec(*entry(date="20241345")),
    "empty_day.txt": fec(*entry(date="")),
    "old_day.txt": fec(*entry(date="18001231")),
    "fields.txt": fec(*entry(extra="a|b|c|d")),
    "repeated.txt": fec(HEADER),
    "nothing.xml": b"<?xml version='1.0'?><nothing/>",
    "bomb.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "half.xml": b"<Document><BkToCstmrStmt>",
    "table.csv": b"colour,shape\nred,round\nblue,square\n",
    "damaged.zip": b"PK\x03\x04 nothing that can be unpacked",
    "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
}


@pytest.fixture(scope="module")
def reasons(tmp_path_factory):
    """Every reason that the readers give for a folder of broken files."""
    folder, landing = tmp_path_factory.mktemp("extracts"), tmp_path_factory.mktemp("landing")
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
    (folder / "linked").symlink_to(landing)
    now = datetime(2024, 7, 1, tzinfo=UTC)
    receipts = land_folder(folder, landing, SETTINGS, now=now, progress=lambda share: None)
    assert len(receipts) >= len(BROKEN) - 1
    found = {receipt.refused_reason for receipt in receipts} - {None}
    for file in landing.glob("*/quarantine.parquet"):
        found |= set(pq.read_table(file).column("reason").to_pylist())
    return sorted(found)


def untold(text):
    """Return the sentences of a text that stay English in French."""
    with language.speaking("fr"):
        return [each for each in sayings.ANOTHER_SENTENCE.split(text) if not sayings.is_known(each)]


def test_what_the_readers_say_of_broken_files_is_said_in_french(reasons):
    assert len(reasons) > 12
    assert {reason: untold(reason) for reason in reasons if untold(reason)} == {}


def test_every_reason_that_a_reader_can_give_is_said_in_french():
    every = reasons_in_the_code.reasons()
    assert len(every) > 100
    assert [reason for reason in every if untold(reason)] == []


def test_every_warning_of_a_check_is_said_in_french():
    told = [text for rule in checks.RULES if not rule.blocking for text in warnings(rule)]
    assert len(told) > 12
    whole = [re.sub("(line 7|^7): 7$", r"\1: The file is empty.", text) for text in told]
    parts = [part for text in whole for part in text.split("; ") if re.search("[a-z]", part)]
    with language.speaking("fr"):
        assert [part for part in parts if not sayings.is_known(re.sub("^:", "7:", part))] == []


@pytest.mark.parametrize("terms", ["whenever you like", "400 jours nets"])
def test_why_payment_terms_mean_nothing_is_said_in_french(terms):
    with pytest.raises(EncaisseError) as error:
        parse_terms(terms)
    assert untold(error.value.what) == []


def test_a_check_says_each_of_its_rows_though_a_reason_has_parts_of_its_own():
    said = (
        "a.csv: None of its 3 records counts; 2 times: It is missing. Complete it in the source.; "
        "b.xml: The balances do not agree with the entries: statement 7 of account unknown opens "
        "with 10.00 EUR, its booked entries come to 5.00, and it closes with 1234.50, not 15.00; "
        "statement 8 of account FR76 opens with 1234.50 EUR, and the one before it closed with "
        "1.00. Ask the bank for the file again.; c.csv: The file is empty. Export it "
        "again.; and 12 more"
    )
    with language.speaking("fr"):
        assert sayings.say_list(said).replace("\u202f", " ") == (
            "a.csv : Aucune de ses 3 lignes ne compte ; 2 fois : La valeur manque. Complétez-la à "
            "la source. ; b.xml : Les soldes ne s’accordent pas avec les mouvements : le relevé 7 "
            "du compte inconnu s’ouvre sur 10,00 EUR, ses écritures font 5,00, et il se clôt sur "
            "1 234,50 au lieu de 15,00 ; le relevé 8 du compte FR76 s’ouvre sur 1 234,50 EUR, et "
            "le précédent se clôt sur 1,00. Redemandez le fichier à la banque. ; c.csv : Le "
            "fichier est vide. Exportez-le de nouveau. ; et 12 autres"
        )


def test_a_reason_that_nobody_listed_is_not_taken_for_one_because_it_has_a_colon():
    with language.speaking("fr"):
        assert sayings.say("a.csv: The moon is full.") == "a.csv: The moon is full."


def test_the_figures_in_what_is_said_are_written_as_the_reader_writes_them():
    found = "nord, customer C1, account 411 on 2024-01-01: opening 1234.50, closing -10.00"
    with language.speaking("fr"):
        assert "1\u202f234,50" in sayings.say_list(found)
        assert "01/01/2024" in sayings.say_list(found)
    with language.speaking("en"):
        assert "1,234.50, closing \N{MINUS SIGN}10.00" in sayings.say_list(found)


def test_the_days_in_what_is_said_are_written_as_the_reader_writes_them():
    with language.speaking("fr"):
        said = sayings.say("a.csv: 3 earlier contents still count, of 2024-03-01 to 2024-03-03")
    assert said.endswith("3 contenus antérieurs comptent encore, du 01/03/2024 au 03/03/2024")


def test_what_is_said_of_a_formula_that_failed_is_said_in_french():
    assert untold(FAILED) == []


def test_what_the_contracts_expect_is_said_in_french():
    clauses = [clause.means for contract in CONTRACTS for clause in contract.clauses]
    assert [text for text in clauses if untold(text)] == []


def test_a_sentence_keeps_its_values_and_the_sentence_within_it():
    said = (
        "3 of 9 lines cannot be read, too many to trust the others. "
        "The first is line 4: Debit is not an amount. Write 1234,56."
    )
    with language.speaking("fr"):
        assert sayings.say(said) == (
            "3 lignes sur 9 ne se lisent pas : trop pour se fier aux autres. "
            "La première est la ligne 4 : Debit n’est pas un montant. Écrivez 1234,56."
        ).replace(" :", "\u202f:")
    with language.speaking("en"):
        assert sayings.say(said) == said


def test_what_nobody_listed_is_shown_as_it_stands():
    with language.speaking("fr"):
        assert sayings.say("Something new. And more (of it).") == "Something new. And more (of it)."
        assert sayings.say("") == ""


@pytest.mark.parametrize(
    "found",
    [
        "nord, customer A, EUR on 2024-03-03: list 10.00, open items 9.00",
        "open.csv: no day is stated; 2024-03-03 is taken, the newest date in it",
        "open.csv: the list is empty and says no day, so it does not count",
        "nord, list of 2024-03-03: it is in 1 of the 2 files that the list before was in",
        "nord, list of 2024-03-03: nothing in USD is open any more",
        "a.csv: b.csv shows the same day again, and counts instead",
        "a.csv: 3 earlier contents still count, of 2024-03-01 to 2024-03-03; only the landing "
        "folder has them; give each export a name of its own, with its day",
        "a.csv: an earlier content still counts, that of 2024-03-01; only the landing folder has "
        "it; give each export a name of its own, with its day",
        "a.csv: earlier lists cannot be read again and count no more, those of 2024-03-01",
        "a.csv: 3 of its records were set aside; what they say is open counts as settled",
        "nord: 4 items come from other tables than its lists of open items; those stay open unless "
        "their table says that they are paid",
    ],
)
def test_what_the_checks_say_of_lists_is_said_in_french(found):
    with language.speaking("fr"):
        said = sayings.say_list(found)
    parts = zip(found.split("; "), said.split("; "), strict=True)
    assert all(english != french for english, french in parts)
