"""Invented names, and numbers that check: SIREN, VAT, IBAN, creditor reference.

Names are combined from parts, so that a million customers need no longer lists than ten. The
SIREN numbers begin with 15 or 16, which are not given to companies: none is a real firm's.
"""

import unicodedata

import numpy as np

_BEGINNINGS = (
    "Val", "Cor", "Bré", "Mon", "Lan", "Fer", "Gar", "Mar", "Sau", "Tré", "Vil", "Bel", "Cha",
    "Dor", "Est", "Fon", "Gri", "Hau", "Jou", "Lor", "Mer", "Nor", "Pel", "Rou",
)  # fmt: skip
_MIDDLES = ("de", "mi", "ra", "lo", "ve", "ni", "ba", "cou", "ta", "gué", "ré", "dou")
_ENDINGS = (
    "nac", "ville", "mont", "court", "lac", "zac", "rande", "gnan", "sanne", "vières", "ron",
    "lais", "mey", "teuil", "brac", "quin", "doux", "lière", "vaux", "tigny",
)  # fmt: skip
_TRADES = (
    "Menuiserie", "Transports", "Boulangerie", "Mécanique", "Imprimerie", "Électricité",
    "Ateliers", "Cartonnages", "Fonderie", "Œnologie", "Chaudronnerie", "Emballages",
    "Conserverie", "Laboratoires", "Librairie", "Maçonnerie", "Matériaux", "Optique", "Papeterie",
    "Plomberie", "Quincaillerie", "Sellerie", "Serrurerie", "Tannerie", "Textiles", "Vergers",
    "Verrerie", "Bâtiment", "Câblerie", "Établissements", "Négoce",
)  # fmt: skip
_FORMS = ("SAS", "SARL", "SA", "& Fils SARL", "Frères SAS", "SCOP", "SNC")
_PUBLIC = ("Commune de", "Hôpital de", "Lycée de", "Syndicat des eaux de", "Office HLM de")
_ABROAD = {
    "BE": ("Groep", "Maison", ("BV", "SRL")),
    "DE": ("Technik", "Handel", ("GmbH", "AG")),
    "LU": ("Participations", "Logistique", ("S.à r.l.", "SA")),
    "GB": ("Supplies", "Trading", ("Ltd", "Ltd")),
    "US": ("Industries", "Distribution", ("Inc.", "LLC")),
}
_COMBINATIONS = len(_BEGINNINGS) * len(_MIDDLES) * len(_ENDINGS) * len(_TRADES) * len(_FORMS)
_STRIDE = 7_777_777_787  # prime to the count, so every combination comes once before any returns

FIRST_NAMES = (
    "Camille", "Élodie", "Karim", "Nadia", "Thomas", "Aïcha", "Julien", "Sophie", "Mehdi",
    "Claire", "Hugo", "Inès", "Paul", "Léa", "Marc", "Yasmine", "Antoine", "Chloé", "Bruno",
    "Fatou",
)  # fmt: skip
LAST_NAMES = (
    "Martel", "Besson", "Perrault", "Lamy", "Guérin", "Diallo", "Colin", "Roussel", "Benali",
    "Faure", "Lefort", "Moulin", "Aubry", "Tessier", "Noël", "Carlier", "Hamdi", "Renard", "Pons",
    "Vasseur",
)  # fmt: skip


def root(customer: int) -> str:
    """Return the invented proper name in a customer's name.

    >>> root(0), root(1)
    ('Valdenac', 'Estréteuil')
    """
    return _parts(customer)[0]


def company(customer: int, group: int, country: str, is_public: bool) -> str:
    """Return a customer's name, with the proper name of the head of its group.

    No two French companies that are heads have the same.

    >>> company(7, 7, "FR", False), company(7, 7, "FR", True), company(7, 1, "GB", False)
    ('Quincaillerie Sauralière SAS', 'Commune de Sauralière', 'Estréteuil Supplies Ltd')
    """
    _, trade, form = _parts(customer)
    proper = root(group)
    if country != "FR":
        *trades, forms = _ABROAD[country]
        return f"{proper} {trades[trade % 2]} {forms[form % 2]}"
    if is_public:
        return f"{_PUBLIC[trade % len(_PUBLIC)]} {proper}".replace(" de E", " d'E")
    return f"{_TRADES[trade]} {proper} {_FORMS[form]}"


def _parts(customer: int) -> tuple[str, int, int]:
    rest = customer * _STRIDE % _COMBINATIONS
    rest, form = divmod(rest, len(_FORMS))
    rest, trade = divmod(rest, len(_TRADES))
    rest, ending = divmod(rest, len(_ENDINGS))
    beginning, middle = divmod(rest, len(_MIDDLES))
    return _BEGINNINGS[beginning] + _MIDDLES[middle] + _ENDINGS[ending], trade, form


def plain(text: str) -> str:
    """Return a text in small ASCII letters, as in an e-mail address.

    >>> plain("Élodie Noël")
    'elodienoel'
    """
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def siren(eight_digits: int) -> str:
    """Return a SIREN: eight digits and the ninth that makes it check (Luhn).

    >>> siren(73282932)
    '732829320'
    """
    total = 0
    for place, figure in enumerate(reversed(f"{eight_digits:08d}")):
        doubled = int(figure) * (2 - place % 2)
        total += doubled - 9 * (doubled > 9)
    return f"{eight_digits:08d}{-total % 10}"


def vat_number(country: str, number: int) -> str:
    """Return a VAT number that checks, from a SIREN (France) or six digits; none for the US.

    >>> vat_number("FR", 732829320)
    'FR44732829320'
    """
    if country == "FR":
        return f"FR{(12 + 3 * (number % 97)) % 97:02d}{number:09d}"
    if country == "BE":
        eight = 7_000_000 + number
        return f"BE{eight:08d}{97 - eight % 97:02d}"
    if country == "LU":
        return f"LU{100_000 + number % 900_000:06d}{(100_000 + number % 900_000) % 89:02d}"
    if country == "DE":
        return f"DE{_german(12_000_000 + number)}"
    if country == "GB":
        return f"GB{_british(1_000_000 + number)}"
    return ""


def _german(eight: int) -> str:
    """ISO 7064, mod 11, 10."""
    product = 10
    for figure in f"{eight:08d}":
        product = 2 * ((product + int(figure)) % 10 or 10) % 11
    return f"{eight:08d}{(11 - product) % 10}"


def _british(seven: int) -> str:
    weighted = sum(
        weight * int(figure) for weight, figure in zip(range(8, 1, -1), f"{seven:07d}", strict=True)
    )
    return f"{seven:07d}{97 - weighted % 97:02d}"


def french_iban(bank: int, branch: int, accounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the check digits of IBANs of one branch and the keys of their RIBs.

    Args:
        bank: Five digits.
        branch: Five digits.
        accounts: Account numbers of eleven digits.

    Returns:
        (IBAN check digits, RIB keys); `FR<check><bank><branch><account><key>` is the IBAN.
    """
    keys = 97 - (89 * bank + 15 * branch + 3 * accounts) % 97
    account_part = (bank * 10**5 + branch) % 97 * pow(10, 13, 97) + accounts % 97 * 100 + keys
    remainder = (account_part % 97 * pow(10, 6, 97) + 152_700) % 97  # F is 15, R is 27
    return 98 - remainder, keys


def reference_check(letters: int, digits: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return the check digits of RF creditor references (ISO 11649).

    Args:
        letters: The letters that the reference begins with, as digits (A is 10): FA is 1510.
        digits: The number that follows them.
        width: How many digits that number has, at most 18.

    >>> reference_check(182_331, np.array([2_026_000_123]), np.array([10])).tolist()  # INV...
    [98]
    """
    powers = np.array([pow(10, power, 97) for power in range(19)])
    body = (letters % 97 * powers[width] + digits % 97) % 97
    return 98 - (body * pow(10, 6, 97) + 271_500) % 97  # R is 27, F is 15, then 00
