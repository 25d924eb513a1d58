"""What the pipelines say in English is said in French on a French page."""

from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from dashboards import language, sayings
from pipelines.contracts.agreed import CONTRACTS
from pipelines.intake.land import land_folder
from pipelines.intake.sheets import FAILED
from pipelines.settings import Settings

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


BROKEN = {
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
    receipts = land_folder(folder, landing, Settings(), now=now, progress=lambda share: None)
    assert len(receipts) >= len(BROKEN) - 1
    found = {receipt.refused_reason for receipt in receipts} - {None}
    for file in landing.glob("*/quarantine.parquet"):
        found |= set(pq.read_table(file).column("reason").to_pylist())
    return sorted(found)


def untold(text):
    """Return the sentences of a text that stay English in French."""
    with language.speaking("fr"):
        return [each for each in sayings.ANOTHER_SENTENCE.split(text) if sayings.say(each) == each]


def test_what_the_readers_say_of_broken_files_is_said_in_french(reasons):
    assert len(reasons) > 12
    assert {reason: untold(reason) for reason in reasons if untold(reason)} == {}


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
