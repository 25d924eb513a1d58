"""Account roles: what an account of the chart is for, told by its longest known prefix."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from models.errors import EncaisseError


class AccountRole(StrEnum):
    """What an account means to receivables. The counterpart of a customer line tells its kind."""

    RECEIVABLE = "receivable"  # customers: invoices, bills, doubtful, unbilled, advances
    BANK = "bank"  # bank, cash, and what is on its way to the bank: cheques, bills, cards
    CASH_IN_TRANSIT = "cash_in_transit"  # from one of our own accounts to another
    SALES = "sales"
    REBATES = "rebates"
    VAT = "vat"
    DISCOUNT = "discount"  # for early payment, granted
    BAD_DEBT = "bad_debt"
    EXCHANGE = "exchange"
    SMALL_DIFFERENCE = "small_difference"
    SUSPENSE = "suspense"
    FACTOR = "factor"
    IMPAIRMENT = "impairment"
    BANK_CHARGES = "bank_charges"
    PENALTIES = "penalties"  # for late payment, charged to customers
    OTHER = "other"


FRENCH_CHART: Mapping[str, AccountRole] = MappingProxyType(
    {
        "411": AccountRole.RECEIVABLE,
        "413": AccountRole.RECEIVABLE,
        "416": AccountRole.RECEIVABLE,
        "418": AccountRole.RECEIVABLE,
        "419": AccountRole.RECEIVABLE,  # advances 4191, credit notes to issue 4197 and 4198
        "445": AccountRole.VAT,
        "467": AccountRole.FACTOR,
        "471": AccountRole.SUSPENSE,
        "472": AccountRole.SUSPENSE,
        "473": AccountRole.SUSPENSE,
        "474": AccountRole.SUSPENSE,
        "475": AccountRole.SUSPENSE,
        "476": AccountRole.EXCHANGE,  # not yet realised; its counterpart is the customer's account
        "477": AccountRole.EXCHANGE,
        "491": AccountRole.IMPAIRMENT,
        "511": AccountRole.BANK,
        "512": AccountRole.BANK,
        "514": AccountRole.BANK,
        "515": AccountRole.BANK,
        "517": AccountRole.BANK,
        "53": AccountRole.BANK,
        "58": AccountRole.CASH_IN_TRANSIT,
        "627": AccountRole.BANK_CHARGES,
        "654": AccountRole.BAD_DEBT,
        "656": AccountRole.EXCHANGE,  # since the chart of 2025
        "658": AccountRole.SMALL_DIFFERENCE,
        "665": AccountRole.DISCOUNT,
        "666": AccountRole.EXCHANGE,
        "6714": AccountRole.BAD_DEBT,  # until the chart of 2025
        "681": AccountRole.IMPAIRMENT,
        "70": AccountRole.SALES,
        "709": AccountRole.REBATES,
        "756": AccountRole.EXCHANGE,  # since the chart of 2025
        "758": AccountRole.SMALL_DIFFERENCE,
        "763": AccountRole.PENALTIES,
        "766": AccountRole.EXCHANGE,
        "781": AccountRole.IMPAIRMENT,
    }
)
"""The roles of the French chart of accounts, by account prefix."""


def account_roles(overrides: Mapping[str, str]) -> dict[str, AccountRole]:
    """Return the roles by account prefix: the French chart, with a firm's own on top.

    Args:
        overrides: Role by account prefix, as the settings give them. A prefix that the chart has
            too takes its place; another is added. The longest prefix still decides, so "467" does
            not speak for an account under "4671" when both are given.

    Raises:
        EncaisseError: A prefix is not the beginning of an account number, or a role is unknown.

    >>> roles = account_roles({"467": "other", "4671": "factor"})
    >>> role_of("467000", roles), role_of("467100", roles)
    (<AccountRole.OTHER: 'other'>, <AccountRole.FACTOR: 'factor'>)
    """
    roles = dict(FRENCH_CHART)
    for prefix, role in overrides.items():
        if not (prefix.isascii() and prefix.isalnum() and prefix[0].isdigit()):
            raise EncaisseError(
                f"{prefix!r} is not the beginning of an account number.",
                where="the account roles of the settings",
                fix='write the first characters of the account, without spaces, such as "4671"',
            )
        if role not in set(AccountRole):
            raise EncaisseError(
                f"The accounts under {prefix} have the unknown role {role!r}.",
                where="the account roles of the settings",
                fix=f"use one of {', '.join(AccountRole)}",
            )
        roles[prefix] = AccountRole(role)
    return roles


def role_of(account: str, roles: Mapping[str, AccountRole] = FRENCH_CHART) -> AccountRole:
    """Return the role of an account: that of the longest prefix it begins with.

    Args:
        account: An account number, as the ledger writes it.
        roles: Role by prefix, as `account_roles` gives them.

    Returns:
        `other` when no prefix fits: a supplier, a salary, a loan.

    Source:
        Plan comptable général (ANC 2014-03, as changed by ANC 2022-06 from 2025).

    >>> role_of("70910000"), role_of("70710000")
    (<AccountRole.REBATES: 'rebates'>, <AccountRole.SALES: 'sales'>)
    """
    for length in range(len(account), 0, -1):
        role = roles.get(account[:length])
        if role is not None:
            return role
    return AccountRole.OTHER
