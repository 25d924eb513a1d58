"""What writers make of the lawful column names."""

import pytest

from pipelines.intake.fec_header import HeaderError, find_layout, is_header
from tests.pipelines.fec_files import LAWFUL

SPELLINGS = {
    "JournalCode": "journalcode JOURNALCODE Journal_Code CodeJournal Journal/Code",
    "JournalLib": "JournalLibelle LibelleJournal journallib",
    "EcritureNum": "ÉcritureNum Ecriture_Num NumEcriture EcritureNumero",
    "EcritureDate": "écrituredate DateEcriture ECRITUREDATE",
    "CompteNum": "NumCompte COMPTENUM Compte_Num",
    "CompteLib": "CompteLibelle LibelleCompte",
    "CompAuxNum": "CompteAuxNum CompAux_Num COMPAUXNUM CompteAuxiliaireNum NumCompteAux",
    "CompAuxLib": "CompteAuxLib CompAuxLibelle CompteAuxLibelle",
    "PieceRef": "pieceRef PièceRef RefPiece PieceRéf",
    "PieceDate": "PièceDate DatePiece",
    "EcritureLib": "EcritureLibelle Écriturelib Libelle",
    "Debit": "Débit DEBIT MontantDebit",
    "Credit": "Crédit CREDIT MontantCredit",
    "EcritureLet": "Ecriturelet EcritureLettrage EcrtureLet Lettrage",
    "DateLet": "Datelet DateLettrage Date/let",
    "ValidDate": "validdate DateValid DateValidation Valid_Date",
    "Montantdevise": "MontantDevise Montant_Devise MONTANTDEVISE",
    "Idevise": "IDevise IdDevise Devise CodeDevise",
    "DateEcheance": "Echeance DateÉchéance EcheanceDate DateEch",
}


@pytest.mark.parametrize(
    ("lawful", "written"),
    [(name, each) for name, all_ in SPELLINGS.items() for each in all_.split()],
)
def test_a_column_is_known_however_it_is_spelled(lawful, written):
    names = [*LAWFUL, "DateEcheance"]
    number = names.index(lawful) + 1
    header = "\t".join(written if name == lawful else name for name in names)
    assert is_header(header)
    assert find_layout(header).position[lawful] == number
    assert find_layout(header).called(lawful) == written


def test_names_may_hold_spaces_and_be_padded():
    header = "|".join(f" {name:<20}" for name in LAWFUL).replace("Montantdevise", "Montant Devise")
    assert list(find_layout(header).position) == LAWFUL


def test_the_lawful_spelling_wins_over_another_that_could_mean_the_same():
    header = "|".join(["Libelle", "Devise", *LAWFUL])
    assert find_layout(header).position == {name: n for n, name in enumerate(LAWFUL, 3)}


def test_of_two_other_spellings_the_surer_one_wins():
    names = [name for name in LAWFUL if name != "EcritureLet"]
    assert find_layout("|".join([*names, "Lettre", "CodeLettrage"])).position["EcritureLet"] == 19


def test_debit_and_credit_count_where_amount_and_side_stand_beside_them():
    layout = find_layout("|".join([*LAWFUL, "Montant", "Sens"]))
    assert layout.amount_form == "debit_credit"
    assert "Montant" not in layout.position


def test_a_header_that_lacks_half_an_amount_names_the_half():
    without = [name for name in LAWFUL if name not in ("Debit", "Credit")]
    for there, missing in [("Debit", "Credit"), ("Montant", "Sens"), ("Sens", "Montant")]:
        with pytest.raises(HeaderError, match=f"no column {missing}\\."):
            find_layout("|".join([*without, there]))
    with pytest.raises(HeaderError, match=r"no column CompteNum, Debit and Credit\."):
        find_layout("|".join(name for name in without if name != "CompteNum"))


def test_a_semicolon_or_a_comma_needs_a_header_that_is_unmistakable():
    assert is_header("|".join(LAWFUL[:6]))
    assert not is_header("|".join(LAWFUL[:5]))
    assert is_header(";".join(LAWFUL[:10]))
    assert not is_header(";".join(LAWFUL[:9]))
    assert not is_header(",".join(LAWFUL[:9]))
