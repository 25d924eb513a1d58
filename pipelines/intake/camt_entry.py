"""One entry of a camt.053 statement: its amount, its day, its parties, and what it pays."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Self

NOT_PROVIDED = re.compile(r"not ?provided|notprovided|none|n/?a|-*", re.IGNORECASE)
RETURNS = {"RRTN", "UPDD", "UPCQ", "UPTC", "UPCT", "PRDD"}  # sub-families of what came back unpaid
LIMIT = 10**13  # amounts are below it, as everywhere: see BELOW_LIMIT in fec_parse
AMOUNT = re.compile(r"\+?[0-9]{1,16}(\.[0-9]*)?")
NAME_PATHS = {
    role: tuple(
        f"RltdPties/{party}/{name}"
        for party in (role, f"Ultmt{role}")
        for name in ("Nm", "Pty/Nm")  # the second since version 08
    )
    for role in ("Dbtr", "Cdtr")
}
ACCOUNT_PATHS = {
    role: (f"RltdPties/{role}Acct/Id/IBAN", f"RltdPties/{role}Acct/Id/Othr/Id")
    for role in ("Dbtr", "Cdtr")
}
USTRD_LENGTH = 140  # a longer text is cut there, in the middle of a word, and goes on in the next


class BadEntry(Exception):
    """An entry that is set aside: the element, its text, and the reason."""


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


class Node:
    """An element and what is in it, by names without namespaces."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, text: str, attributes: dict[str, str]) -> None:
        self.name, self.text, self.attributes = name, text, attributes
        self.children: dict[str, list[Node]] = {}

    @classmethod
    def of(cls, element: Any) -> Self:
        """Copy an element of the parser, and all that is in it."""
        node = cls(local(element), (element.text or "").strip(), element.attrib)
        for child in element:
            copy = cls.of(child)
            node.children.setdefault(copy.name, []).append(copy)
        return node

    def all(self, path: str) -> list["Node"]:
        """Return the nodes at a path of names."""
        found = [self]
        for name in path.split("/"):
            found = [child for each in found for child in each.children.get(name, ())]
            if not found:
                break
        return found

    def first(self, *paths: str) -> str | None:
        """Return the text at the first of these paths that holds any."""
        for path in paths:
            for each in self.all(path):
                if each.text:
                    return each.text
        return None


def amount_in(node: Node, account_currency: str | None) -> tuple[Decimal, str]:
    """Return the signed amount of an entry or a balance, and its currency.

    Positive is money in. The digits never say the sign: `CdtDbtInd` does.

    Raises:
        BadEntry: There is no amount, sign or currency, or one that cannot be true.
    """
    amount, currency = _amount(node, "Amt", account_currency)
    direction = node.first("CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise BadEntry("CdtDbtInd", direction, "It says neither CRDT nor DBIT: no sign is known.")
    return (amount if direction == "CRDT" else -amount), currency


def booked_amount(node: Node, account_currency: str | None) -> tuple[Decimal, str]:
    """Return the signed amount of an entry that the bank has booked, and its currency.

    Raises:
        BadEntry: The entry is not booked, or `amount_in` cannot tell its amount.
    """
    status = node.first("Sts/Cd", "Sts")
    if status != "BOOK":
        reason = "Only booked entries (BOOK) are cash. It comes again when the bank books it."
        raise BadEntry("Sts", status, reason)
    return amount_in(node, account_currency)


def _amount(node: Node, path: str, account_currency: str | None) -> tuple[Decimal, str]:
    found = next(iter(node.all(path)), None)
    text = found.text if found else ""
    currency = (found.attributes.get("Ccy") if found else None) or account_currency
    if AMOUNT.fullmatch(text) is None:
        raise BadEntry("Amt", text or None, "This is no amount: digits with a dot, no sign.")
    amount = Decimal(text)
    if amount != round(amount, 2):
        raise BadEntry("Amt", text, "The amount has cents beyond the second decimal.")
    if amount >= LIMIT:
        raise BadEntry("Amt", text, f"The amount is too large: it must be below {LIMIT:,}.")
    if currency is None or re.fullmatch("[A-Z]{3}", currency) is None:
        raise BadEntry("Amt Ccy", currency, "The amount does not say its currency.")
    return round(amount, 2), currency


def day_in(node: Node, path: str) -> date | None:
    """Return the day at a path that holds `Dt` or `DtTm`, as the bank wrote it.

    Raises:
        BadEntry: What stands there is no date.
    """
    text = node.first(f"{path}/Dt", f"{path}/DtTm")
    if text is None:
        return None
    try:
        if re.match("(19|20)[0-9]{2}-", text):
            return date.fromisoformat(text[:10])
    except ValueError:
        pass
    raise BadEntry(path, text, "This is no date.")


class _Part(NamedTuple):
    """What one row is made of: a transaction of the entry, or the entry as a whole."""

    details: Node
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    """One entry, read but not yet divided into its transactions."""

    node: Node
    amount: Decimal
    currency: str
    booked_on: date
    value_on: date | None

    @classmethod
    def read(cls, node: Node, amount: Decimal, currency: str) -> Self:
        """Read a booked entry of this amount.

        Raises:
            BadEntry: It does not say its day.
        """
        booked_on = day_in(node, "BookgDt")
        if booked_on is None:
            raise BadEntry("BookgDt", None, "The entry does not say on which day it was booked.")
        return cls(node, amount, currency, booked_on, day_in(node, "ValDt"))

    @property
    def is_undivided(self) -> bool:
        """Whether the entry has several transactions that do not say their amounts."""
        transactions = self.node.all("NtryDtls/TxDtls")
        return len(transactions) > 1 and None in map(self._share, transactions)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for the entry, or one for each transaction of a batch.

        Raises:
            BadEntry: The transactions do not come to the amount of the entry.
        """
        return [self._row(part) for part in self._parts()]

    def _parts(self) -> Iterator[_Part]:
        transactions = self.node.all("NtryDtls/TxDtls")
        if len(transactions) <= 1 or self.is_undivided:
            # The amount of a single transaction may be before charges or in another currency: what
            # reached the account is the entry's.
            yield _Part(transactions[0] if len(transactions) == 1 else self.node, self.amount)
            return
        shares = [share for each in transactions if (share := self._share(each)) is not None]
        if sum(shares) != self.amount:
            reason = (
                f"The {len(shares)} transactions of this entry come to {sum(shares)}, "
                f"and the entry is {self.amount}. Ask the bank for the file again."
            )
            raise BadEntry("TxDtls", str(sum(shares)), reason)
        yield from map(_Part, transactions, shares)

    def _share(self, transaction: Node) -> Decimal | None:
        """Return the signed amount of one transaction, where it says it in the entry's currency."""
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            try:
                amount, currency = _amount(transaction, path, self.currency)
            except BadEntry:
                continue
            if currency == self.currency:
                direction = transaction.first("CdtDbtInd") or self.node.first("CdtDbtInd")
                return amount if direction == "CRDT" else -amount
        return None

    def _row(self, part: _Part) -> dict[str, Any]:
        details, is_return = part.details, self._is_return(part.details)
        # Money in comes from a debtor; a payment that comes back goes out, to the same debtor.
        role = "Dbtr" if (part.amount > 0) != is_return else "Cdtr"
        references = [each.text for each in details.all("RmtInf/Strd/CdtrRefInf/Ref") if each.text]
        return {
            "booked_on": self.booked_on,
            "value_on": self.value_on,
            "amount": part.amount,
            "currency": self.currency,
            "counterparty_name": details.first(*NAME_PATHS[role]),
            "counterparty_account": details.first(*ACCOUNT_PATHS[role]),
            "end_to_end_id": _provided(details.first("Refs/EndToEndId")),
            "creditor_reference": references[0] if references else None,
            "remittance": self._remittance(details, references[1:]),
            "bank_reference": details.first("Refs/AcctSvcrRef")
            or self.node.first("AcctSvcrRef", "NtryRef"),
            "is_return": is_return,
        }

    def _is_return(self, details: Node) -> bool:
        codes = {each.first("BkTxCd/Domn/Fmly/SubFmlyCd") for each in (details, self.node)}
        return (
            self.node.first("RvslInd") in ("true", "1")
            or bool(details.all("RtrInf"))
            or not codes.isdisjoint(RETURNS)
        )

    def _remittance(self, details: Node, more_references: list[str]) -> str | None:
        """Join the free text, the documents that are named, and else what the bank adds."""
        transactions = details.all("NtryDtls/TxDtls") if details.name == "Ntry" else [details]
        text, before = "", ""
        for piece in (each.text for one in transactions for each in one.all("RmtInf/Ustrd")):
            text += piece if len(before) >= USTRD_LENGTH else f" {piece}"
            before = piece
        documents = [
            each.text for one in transactions for each in one.all("RmtInf/Strd/RfrdDocInf/Nb")
        ]
        parts = [part for part in (text.strip(), *documents, *more_references) if part]
        if not parts:
            return details.first("AddtlTxInf") or self.node.first("AddtlNtryInf")
        return " ".join(parts)


def _provided(reference: str | None) -> str | None:
    """Return a reference, unless it only says that there is none."""
    return None if reference is None or NOT_PROVIDED.fullmatch(reference) else reference
