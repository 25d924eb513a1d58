"""One entry of a camt.053 statement: its amount, its day, its parties, and what it pays."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Self

NOT_PROVIDED = re.compile(r"not ?provided|notprovided|none|n/?a|-*", re.IGNORECASE)
RETURNS = {"RRTN", "UPDD", "UPCQ", "UPTC", "UPCT", "PRDD"}  # sub-families of what came back unpaid
AMOUNT = re.compile(r"\+?[0-9]{1,16}(\.[0-9]*)?")
USTRD_LENGTH = 140  # a longer text is cut there, in the middle of a word, and goes on in the next


class BadEntry(Exception):
    """An entry that is set aside: the element, its text, and the reason."""


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def all_at(element: Any, path: str) -> list[Any]:
    """Return the elements at a path of names, whatever their namespace."""
    found = [element]
    for name in path.split("/"):
        found = [child for each in found for child in each if local(child) == name]
    return found


def text_at(element: Any, *paths: str) -> str | None:
    """Return the text at the first of these paths that holds any."""
    for path in paths:
        for each in all_at(element, path):
            text = (each.text or "").strip()
            if text:
                return text
    return None


def amount_in(element: Any, account_currency: str | None) -> tuple[Decimal, str]:
    """Return the signed amount of an entry or a balance, and its currency.

    Positive is money in. The digits never say the sign: `CdtDbtInd` does.

    Raises:
        BadEntry: There is no amount, sign or currency, or one that cannot be true.
    """
    amount, currency = _amount(element, "Amt", account_currency)
    direction = text_at(element, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise BadEntry("CdtDbtInd", direction, "It says neither CRDT nor DBIT: no sign is known.")
    return (amount if direction == "CRDT" else -amount), currency


def booked_amount(element: Any, account_currency: str | None) -> tuple[Decimal, str]:
    """Return the signed amount of an entry that the bank has booked, and its currency.

    Raises:
        BadEntry: The entry is not booked, or `amount_in` cannot tell its amount.
    """
    status = text_at(element, "Sts/Cd", "Sts")
    if status != "BOOK":
        reason = "Only booked entries (BOOK) are cash. It comes again when the bank books it."
        raise BadEntry("Sts", status, reason)
    return amount_in(element, account_currency)


def _amount(element: Any, path: str, account_currency: str | None) -> tuple[Decimal, str]:
    found = next(iter(all_at(element, path)), None)
    text = (found.text or "").strip() if found is not None else ""
    currency = (found.get("Ccy") if found is not None else None) or account_currency
    if AMOUNT.fullmatch(text) is None:
        raise BadEntry("Amt", text or None, "This is no amount: digits with a dot, no sign.")
    amount = Decimal(text)
    if amount != round(amount, 2):
        raise BadEntry("Amt", text, "The amount has cents beyond the second decimal.")
    if currency is None or re.fullmatch("[A-Z]{3}", currency) is None:
        raise BadEntry("Amt Ccy", currency, "The amount does not say its currency.")
    return round(amount, 2), currency


def day_in(element: Any, path: str) -> date | None:
    """Return the day at a path that holds `Dt` or `DtTm`, as the bank wrote it.

    Raises:
        BadEntry: What stands there is no date.
    """
    text = text_at(element, f"{path}/Dt", f"{path}/DtTm")
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

    details: Any
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    """One entry, read but not yet divided into its transactions."""

    element: Any
    amount: Decimal
    currency: str
    booked_on: date
    value_on: date | None

    @classmethod
    def read(cls, element: Any, amount: Decimal, currency: str) -> Self:
        """Read a booked entry of this amount.

        Raises:
            BadEntry: It does not say its day.
        """
        booked_on = day_in(element, "BookgDt")
        if booked_on is None:
            raise BadEntry("BookgDt", None, "The entry does not say on which day it was booked.")
        return cls(element, amount, currency, booked_on, day_in(element, "ValDt"))

    @property
    def is_undivided(self) -> bool:
        """Whether the entry has several transactions that do not say their amounts."""
        transactions = all_at(self.element, "NtryDtls/TxDtls")
        return len(transactions) > 1 and None in map(self._share, transactions)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for the entry, or one for each transaction of a batch.

        Raises:
            BadEntry: The transactions do not come to the amount of the entry.
        """
        return [self._row(part) for part in self._parts()]

    def _parts(self) -> Iterator[_Part]:
        transactions = all_at(self.element, "NtryDtls/TxDtls")
        if len(transactions) <= 1 or self.is_undivided:
            # The amount of a single transaction may be before charges or in another currency: what
            # reached the account is the entry's.
            yield _Part(transactions[0] if len(transactions) == 1 else self.element, self.amount)
            return
        shares = [share for each in transactions if (share := self._share(each)) is not None]
        if sum(shares) != self.amount:
            reason = (
                f"The {len(shares)} transactions of this entry come to {sum(shares)}, "
                f"and the entry is {self.amount}. Ask the bank for the file again."
            )
            raise BadEntry("TxDtls", str(sum(shares)), reason)
        yield from map(_Part, transactions, shares)

    def _share(self, transaction: Any) -> Decimal | None:
        """Return the signed amount of one transaction, where it says it in the entry's currency."""
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            try:
                amount, currency = _amount(transaction, path, self.currency)
            except BadEntry:
                continue
            if currency == self.currency:
                direction = text_at(transaction, "CdtDbtInd") or text_at(self.element, "CdtDbtInd")
                return amount if direction == "CRDT" else -amount
        return None

    def _row(self, part: _Part) -> dict[str, Any]:
        details, is_return = part.details, self._is_return(part.details)
        # Money in comes from a debtor; a payment that comes back goes out, to the same debtor.
        parties = ["Dbtr", "Cdtr"] if (part.amount > 0) != is_return else ["Cdtr", "Dbtr"]
        names = [f"RltdPties/{role}{p}/Nm" for role in parties[:1] for p in ("", "/Pty")]
        names += [f"RltdPties/Ultmt{role}{p}/Nm" for role in parties[:1] for p in ("", "/Pty")]
        names += [f"RltdPties/{role}{p}/Nm" for role in parties[1:] for p in ("", "/Pty")]
        accounts = [f"RltdPties/{role}Acct/Id/{x}" for role in parties for x in ("IBAN", "Othr/Id")]
        references = [
            text for each in all_at(details, "RmtInf/Strd/CdtrRefInf/Ref") if (text := each.text)
        ]
        return {
            "booked_on": self.booked_on,
            "value_on": self.value_on,
            "amount": part.amount,
            "currency": self.currency,
            "counterparty_name": text_at(details, *names),
            "counterparty_account": text_at(details, *accounts),
            "end_to_end_id": _provided(text_at(details, "Refs/EndToEndId")),
            "creditor_reference": references[0].strip() if references else None,
            "remittance": self._remittance(details, references[1:]),
            "bank_reference": text_at(details, "Refs/AcctSvcrRef")
            or text_at(self.element, "AcctSvcrRef", "NtryRef"),
            "is_return": is_return,
        }

    def _is_return(self, details: Any) -> bool:
        codes = {text_at(each, "BkTxCd/Domn/Fmly/SubFmlyCd") for each in (details, self.element)}
        return (
            text_at(self.element, "RvslInd") in ("true", "1")
            or bool(all_at(details, "RtrInf"))
            or not codes.isdisjoint(RETURNS)
        )

    def _remittance(self, details: Any, more_references: list[str]) -> str | None:
        """Join the free text, the documents that are named, and else what the bank adds."""
        transactions = all_at(details, "NtryDtls/TxDtls") if local(details) == "Ntry" else [details]
        text, before = "", ""
        for each in (each for one in transactions for each in all_at(one, "RmtInf/Ustrd")):
            piece = each.text or ""
            text += piece if len(before) >= USTRD_LENGTH else f" {piece.strip()}"
            before = piece
        documents = [
            number
            for one in transactions
            for each in all_at(one, "RmtInf/Strd/RfrdDocInf/Nb")
            if (number := (each.text or "").strip())
        ]
        parts = [part for part in (text.strip(), *documents, *more_references) if part]
        if not parts:
            return text_at(details, "AddtlTxInf") or text_at(self.element, "AddtlNtryInf")
        return " ".join(parts)


def _provided(reference: str | None) -> str | None:
    """Return a reference, unless it only says that there is none."""
    return None if reference is None or NOT_PROVIDED.fullmatch(reference) else reference
