"""The first line of a FEC: which column is which, whatever the writer made of the lawful names.

The law (LPF A47 A-1) names 18 columns, 21 or 22 on a cash basis, and lets others follow. Files in
the field change the case, add accents, spell a name out, or turn it round.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

NAMES: dict[str, tuple[str, ...]] = {
    # The lawful name, then what is written instead of it, as `plain` makes it; the surest first.
    "JournalCode": ("codejournal", "codejrnl", "journal"),
    "JournalLib": ("journallibelle", "libjournal", "libellejournal", "journalintitule"),
    "EcritureNum": (
        "ecriturenumero",
        "numecriture",
        "numeroecriture",
        "necriture",
        "noecriture",
        "ecritureno",
        "ecrturenum",
    ),
    "EcritureDate": ("dateecriture", "datecomptable", "datecomptabilisation", "ecrturedate"),
    "CompteNum": ("numcompte", "comptenumero", "numerocompte", "ncompte", "nocompte", "compte"),
    "CompteLib": ("comptelibelle", "libcompte", "libellecompte", "intitulecompte"),
    "CompAuxNum": (
        "compteauxnum",
        "comptauxnum",
        "compauxnumero",
        "compteauxnumero",
        "compteauxiliairenum",
        "numcompaux",
        "numcompteaux",
        "numcompteauxiliaire",
        "compteauxiliaire",
        "compteaux",
        "compaux",
        "auxnum",
    ),
    "CompAuxLib": (
        "compteauxlib",
        "comptauxlib",
        "compauxlibelle",
        "compteauxlibelle",
        "compteauxiliairelib",
        "libcompaux",
        "libcompteaux",
        "libellecompteauxiliaire",
        "auxlib",
    ),
    "PieceRef": ("refpiece", "piecereference", "referencepiece", "piecenum", "numpiece", "piece"),
    "PieceDate": ("datepiece",),
    "EcritureLib": (
        "ecriturelibelle",
        "libecriture",
        "libelleecriture",
        "ecrturelib",
        "libelle",
    ),
    "Debit": ("montantdebit", "debitmontant", "mtdebit"),
    "Credit": ("montantcredit", "creditmontant", "mtcredit"),
    "Montant": (),
    "Sens": (),
    "EcritureLet": (
        "ecriturelettrage",
        "ecriturelettre",
        "ecritlet",
        "ecrturelet",
        "codelettrage",
        "codelet",
        "lettrage",
        "lettre",
    ),
    "DateLet": ("datelettrage", "dateletrage", "datelettre", "lettragedate", "letdate"),
    "ValidDate": ("datevalid", "datevalidation", "validationdate", "validdat", "validedate"),
    "Montantdevise": (
        "montantdevises",
        "montantendevise",
        "devisemontant",
        "mtdevise",
        "mntdevise",
    ),
    "Idevise": (
        "iddevise",
        "idevises",
        "identdevise",
        "deviseid",
        "codedevise",
        "devisecode",
        "devise",
    ),
    # Not in the law: the one thing that a reader of receivables misses in it.
    "DateEcheance": (
        "echeancedate",
        "datedecheance",
        "echeance",
        "dateech",
        "echdate",
        "datedech",
        "duedate",
    ),
}

NEEDED = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
)
OPTIONAL = (
    "CompAuxNum",
    "CompAuxLib",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)

_LAWFUL_SEPARATORS = "\t|"
_OTHER_SEPARATORS = ";,"  # what a spreadsheet makes of a FEC
_TELLING = 6  # lawful names that no other file has together
_UNMISTAKABLE = 10


class HeaderError(ValueError):
    """The header does not say which column is which. The text is the reason of the refusal."""


@dataclass(frozen=True)
class Layout:
    """Where each column of a FEC is.

    Attributes:
        separator: Between fields.
        names: The header as it stands in the file.
        position: Of each lawful name that is there, from 1.
    """

    separator: str
    names: tuple[str, ...]
    position: dict[str, int]

    @property
    def amount_form(self) -> str:
        """Say how amounts are written: debit_credit or montant_sens."""
        return "debit_credit" if "Debit" in self.position else "montant_sens"

    @property
    def amount_columns(self) -> tuple[str, ...]:
        """The lawful names of the columns that hold amounts in book currency."""
        return ("Debit", "Credit") if self.amount_form == "debit_credit" else ("Montant",)

    def called(self, name: str) -> str:
        """Return what the file calls the column of a lawful name."""
        return self.names[self.position[name] - 1].strip()

    @property
    def missing(self) -> tuple[str, ...]:
        """The optional columns that the file does without."""
        return tuple(name for name in OPTIONAL if name not in self.position)


class _Header(NamedTuple):
    separator: str
    names: tuple[str, ...]


def plain(header: str) -> str:
    """Return a column name without what writers vary: case, accents, spaces, punctuation.

    >>> plain(" Montant Devise "), plain("ÉcritureNum"), plain("Journal/Code")
    ('montantdevise', 'ecriturenum', 'journalcode')
    """
    bare = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", bare.lower())


_LAWFUL = {plain(name): name for name in NAMES}
_KNOWN = _LAWFUL | {alias: name for name, aliases in NAMES.items() for alias in aliases}


def lawful_name(name: str) -> str | None:
    """Return the lawful name of what a writer calls a column, if it is one.

    >>> lawful_name("CompteAuxNum"), lawful_name("Color")
    ('CompAuxNum', None)
    """
    return _KNOWN.get(plain(name))


_SAID_BY_OTHERS = {"Debit", "Credit", "Montant", "Sens", "DateEcheance"}


def is_header(line: str) -> bool:
    """Say whether a line is the header of a FEC, complete or not.

    Six lawful names in one line are enough where the separator is lawful too; where it is a
    semicolon or a comma, ten are.

    >>> is_header("JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib")
    True
    >>> is_header("Journal;Date;Compte;Pièce;Libellé;Débit;Crédit;Lettrage;Echéance")
    False
    """
    header = _split(line)
    needed = _TELLING if header.separator in _LAWFUL_SEPARATORS else _UNMISTAKABLE
    return _lawful_count(header.names) >= needed


def find_layout(line: str) -> Layout:
    """Return where the columns are, by name, in any order.

    Raises:
        HeaderError: A mandatory column is missing, or one stands twice.
    """
    separator, names = _split(line)
    if all(name.strip().startswith('"') for name in names):
        raise HeaderError(
            "The fields are in quotation marks, which a FEC does not have: a text that holds one "
            "would be read wrongly. Export the file again without them."
        )
    if names and not names[-1].strip():
        names = names[:-1]  # a separator at the end of the line
    found: dict[str, list[int]] = {}
    for number, name in enumerate(names, 1):
        lawful = lawful_name(name)
        if lawful is not None:
            found.setdefault(lawful, []).append(number)
    position = {name: _choose(name, numbers, names) for name, numbers in found.items()}

    missing = [name for name in NEEDED if name not in position]
    pairs = [("Debit", "Credit"), ("Montant", "Sens")]
    whole = [pair for pair in pairs if position.keys() >= set(pair)]
    if whole:
        for name in {"Debit", "Credit", "Montant", "Sens"} - set(whole[0]):
            position.pop(name, None)
    else:
        begun = [pair for pair in pairs if not position.keys().isdisjoint(pair)]
        missing += [name for name in (begun or pairs)[0] if name not in position]
    if missing:
        raise HeaderError(
            f"The header has no column {_listed(missing)}. A FEC needs it to be read: "
            "export the file again with every column that the law asks for (LPF A47 A-1)."
        )
    return Layout(separator, names, position)


def _split(line: str) -> _Header:
    headers = [
        _Header(separator, tuple(line.split(separator)))
        for separator in _LAWFUL_SEPARATORS + _OTHER_SEPARATORS
    ]
    return max(headers, key=lambda header: _lawful_count(header.names))


def _lawful_count(names: tuple[str, ...]) -> int:
    lawful = {_LAWFUL.get(plain(name)) for name in names}
    return len(lawful - _SAID_BY_OTHERS - {None})


def _choose(name: str, numbers: list[int], names: tuple[str, ...]) -> int:
    """Return the column that says `name`: the lawful spelling, else the surest of the others."""
    order = (plain(name), *NAMES[name])
    ranks = {number: order.index(plain(names[number - 1])) for number in numbers}
    best = min(ranks.values())
    if Counter(ranks.values())[best] > 1:
        raise HeaderError(
            f"The header has two columns {name}, and nothing says which one counts. "
            "Take one of them out, or give it another name."
        )
    return min(numbers, key=ranks.__getitem__)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
