"""Texts that carry their own proof: check digits, and terms that have a meaning."""

from stdnum import get_cc_module, iban
from stdnum.eu import vat
from stdnum.fr import siren

from models.errors import EncaisseError
from models.terms import parse_terms


def is_siren(text: str) -> bool:
    """Tell whether a text is a SIREN: nine digits, the last of which checks the others.

    >>> is_siren("732 829 320"), is_siren("732829321")
    (True, False)
    """
    return bool(siren.is_valid(text))


def is_vat_number(text: str) -> bool | None:
    """Tell whether a text is a VAT number of the country it begins with.

    Returns:
        None for a country whose VAT numbers nobody has told us how to check.

    >>> is_vat_number("FR44732829320"), is_vat_number("FR45732829320"), is_vat_number("ZZ1")
    (True, False, None)
    """
    country = text[:2].lower()
    if country in vat.MEMBER_STATES:
        return bool(vat.is_valid(text))
    of_country = get_cc_module(country, "vat") if country.isalpha() else None
    return None if of_country is None else bool(of_country.is_valid(text))


def is_bank_account(text: str) -> bool | None:
    """Tell whether a text is an IBAN; None where it is a bank's own number.

    >>> is_bank_account("FR1420041010050500013M02606"), is_bank_account("00012345678")
    (True, None)
    """
    looks_like_iban = text[:2].isalpha() and text[2:4].isdigit()
    return bool(iban.is_valid(text)) if looks_like_iban else None


def are_terms(text: str) -> bool:
    """Tell whether a text of payment terms has a meaning.

    >>> are_terms("45 jours fin de mois"), are_terms("as usual")
    (True, False)
    """
    try:
        parse_terms(text)
    except EncaisseError:
        return False
    return True
