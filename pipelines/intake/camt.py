"""Read bank statements in ISO 20022 camt.053: what the bank has booked, to the cent.

The sign of an amount comes from `CdtDbtInd` and from nothing else; only booked entries are cash; a
statement whose opening balance and entries do not make its closing balance is not believed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from stdnum.fr import siren

from pipelines.intake.camt_entry import (
    BadEntry,
    Entry,
    Node,
    amount_in,
    booked_amount,
    day_in,
    local,
)
from pipelines.intake.reading import (
    LANDING,
    Progress,
    Quarantined,
    Reading,
    refuse,
    write_quarantine,
)
from pipelines.intake.safety import parsing_xml

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.([0-9]{3})\.001\.([0-9]{2})")
VERSIONS = range(2, 9)
ENVELOPE = 40  # a bank may wrap the document in a header of its own
_NAMED = 3  # disagreements, or entries, that a reason spells out
ROWS_AT_ONCE = 20_000
OTHER_MESSAGES = {
    "052": "an intraday report (camt.052), and what it shows may still change",
    "054": "a notice of single movements (camt.054), and not a whole statement",
}


class Balance(NamedTuple):
    """What an account holds at the beginning or the end of a statement."""

    amount: Decimal
    on: date | None


@dataclass
class Statement:
    """One statement while it is being read. An account may be in several currencies."""

    account: str | None = None
    account_currency: str | None = None
    owner: str | None = None
    owner_name: str | None = None
    id: str | None = None
    balances: dict[tuple[str, str], Balance] = field(default_factory=dict)  # by code, currency
    booked: dict[str, Decimal] = field(default_factory=dict)  # sum of the entries, by currency

    def book(self, amount: Decimal, currency: str) -> None:
        """Count an entry."""
        self.booked[currency] = self.booked.get(currency, Decimal(0)) + amount

    def opening(self, currency: str) -> Balance | None:
        """The booked balance it begins with, or that the statement before it ended with."""
        return self.balances.get(("OPBD", currency)) or self.balances.get(("PRCD", currency))

    def closing(self, currency: str) -> Balance | None:
        """The booked balance it ends with."""
        return self.balances.get(("CLBD", currency))

    @property
    def currencies(self) -> list[str]:
        """Every currency it has a balance or an entry in."""
        return sorted({*self.booked, *(currency for _, currency in self.balances)})

    @property
    def name(self) -> str:
        """What to call it in a reason."""
        return f"statement {self.id or 'without a number'} of account {self.account or 'unknown'}"


@dataclass
class _Findings:
    """What was found in the whole file."""

    entries: int = 0
    loaded: int = 0
    statements: int = 0
    unchecked: int = 0
    undivided: int = 0
    disagreements: list[str] = field(default_factory=list)
    closings: dict[tuple[str | None, str], Balance] = field(default_factory=dict)
    balances: list[dict[str, Any]] = field(default_factory=list)  # rows of `bank_balances`
    totals: dict[str, Decimal] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)
    owners: set[tuple[str, str]] = field(default_factory=set)  # SIREN, name
    aside: list[Quarantined] = field(default_factory=list)


def read_camt(path: Path, out: Path, *, progress: Progress) -> Reading:
    """Read a camt.053 file, versions 02 to 08, into `bank_lines` and `bank_balances`.

    A record is an entry of a statement. An entry that is a batch, whose transactions come to its
    amount, gives one row for each of them. Entries that are not booked are set aside.

    Args:
        path: The file.
        out: Where these two and `quarantine` are written.
        progress: Called with the share that is read.

    Returns:
        A reading in entries. Refused where the file is another message or version, holds no
        statement, or has a statement whose balances do not agree with its entries.

    Raises:
        EncaisseError: The XML is dangerous, or not well-formed.
    """
    target = out / "bank_lines.parquet"
    found = _Findings()
    with parsing_xml(path, progress) as parsed:
        head = list(islice(parsed, ENVELOPE))
        problem = _problem_of(head)
        if problem:
            return refuse(out, "xml", problem)
        events = chain(head, parsed)
        with pq.ParquetWriter(target, LANDING["bank_lines"], compression="zstd") as writer:
            for rows in _batches(events, found):
                writer.write_table(pa.Table.from_pylist(rows, LANDING["bank_lines"]))
    reason = None
    if not found.statements:
        reason = "The file holds no statement. Ask the bank for it again."
    elif found.disagreements:
        listed = "; ".join(found.disagreements[:_NAMED])
        reason = (
            f"The balances do not agree with the entries: {listed}. "
            f"{_said_of_unreadable(found)}Ask the bank for the file again."
        )
    if reason:
        target.unlink()
        return _refuse(out, reason, found)
    if found.balances:
        balances = pa.Table.from_pylist(found.balances, LANDING["bank_balances"])
        pq.write_table(balances, out / "bank_balances.parquet", compression="zstd")
    write_quarantine(out, found.aside)
    return Reading(
        format="camt.053",
        records_in=found.entries,
        loaded=found.loaded,
        quarantined=len(found.aside),
        first_on=min(found.days, default=None),
        last_on=max(found.days, default=None),
        latest_on=max(found.days, default=None),
        facts=_facts(found),
    )


def _refuse(out: Path, reason: str, found: _Findings) -> Reading:
    """Refuse the file, and keep which entries cannot be read: they may be why it does not agree."""
    reading = refuse(out, "camt.053", reason, records_in=found.entries, **_facts(found))
    write_quarantine(out, [Quarantined(None, None, None, reason), *_unreadable(found)])
    return reading


def _unreadable(found: _Findings) -> list[Quarantined]:
    """Return the entries that cannot be read. One that is not booked yet can be."""
    return [each for each in found.aside if each.column_name != "Sts"]


def _said_of_unreadable(found: _Findings) -> str:
    """Name the first entries that cannot be read, and so are in no sum."""
    return "".join(
        f"Entry {each.source_line} cannot be read, for its "
        f"{' '.join(filter(None, [each.column_name, each.value]))}. {each.reason} "
        for each in _unreadable(found)[:_NAMED]
    )


def _problem_of(head: list[tuple[str, Any]]) -> str | None:
    """Say why this is no statement that is read here, by its first elements."""
    namespaces = (element.tag.partition("}")[0].removeprefix("{") for _, element in head)
    message = next(filter(None, map(NAMESPACE.fullmatch, namespaces)), None)
    if message is None:
        return (
            "This XML file is neither a bank statement (camt.053) nor a ledger (FEC). "
            "Nothing else in XML is read."
        )
    if message[1] in OTHER_MESSAGES:
        return (
            f"This is {OTHER_MESSAGES[message[1]]}. "
            "Ask the bank for the statement of the day, camt.053."
        )
    if message[1] != "053" or int(message[2]) not in VERSIONS:
        return (
            f"This is camt.{message[1]} in version {message[2]}. "
            "Ask the bank for camt.053 in a version from 02 to 08."
        )
    return None


def _batches(events: Iterator[tuple[str, Any]], found: _Findings) -> Iterator[list[dict[str, Any]]]:
    """Yield rows, some thousands at a time, forgetting each element that is done with."""
    rows: list[dict[str, Any]] = []
    statement = Statement()
    parents: list[Any] = []
    outer = None  # the statement's element while we are in it
    for event, element in events:
        if event == "start":
            parents.append(element)
            if outer is None and local(element) == "Stmt":
                outer, statement = element, Statement()
            continue
        parents.pop()
        if element is outer:
            _close(statement, found)
            outer = None
        elif not parents or parents[-1] is not outer:
            continue
        else:
            node = Node.of(element)
            if node.name == "Ntry":
                rows.extend(_rows_of(node, statement, found))
            else:
                _note(statement, node)
        if parents:
            parents[-1].remove(element)
        if len(rows) >= ROWS_AT_ONCE:
            yield rows
            rows = []
    yield rows


def _note(statement: Statement, node: Node) -> None:
    """Keep what the head of a statement says."""
    if node.name == "Id" or (node.name == "ElctrncSeqNb" and statement.id is None):
        statement.id = node.text or None
    elif node.name == "Acct":
        statement.account = node.first("Id/IBAN", "Id/Othr/Id")
        statement.account_currency = node.first("Ccy")
        statement.owner = node.first("Ownr/Id/OrgId/Othr/Id")
        statement.owner_name = node.first("Ownr/Nm")
    elif node.name == "Bal":
        code = node.first("Tp/CdOrPrtry/Cd")
        try:
            amount, currency = amount_in(node, None)
            on = day_in(node, "Dt")
        except BadEntry:
            return  # a balance that cannot be read is one that is not given
        if code:
            statement.balances[code, currency] = Balance(amount, on)


def _rows_of(node: Node, statement: Statement, found: _Findings) -> list[dict[str, Any]]:
    """Return the rows of one entry, or set it aside."""
    found.entries += 1
    try:
        amount, currency = booked_amount(node, statement.account_currency)
        statement.book(amount, currency)
        entry = Entry.read(node, amount, currency)
        if statement.account is None:
            raise BadEntry("Acct", None, "The statement does not say its account.")
        rows = entry.rows()
    except BadEntry as error:
        column, value, reason = error.args
        found.aside.append(Quarantined(found.entries, column, value, reason))
        return []
    found.loaded += 1
    found.undivided += entry.is_undivided
    found.days.add(entry.booked_on)
    found.totals[entry.currency] = found.totals.get(entry.currency, Decimal(0)) + entry.amount
    shared = {
        "source_line": found.entries,
        "bank_account": statement.account,
        "statement_id": statement.id,
    }
    return [shared | row for row in rows]


def _close(statement: Statement, found: _Findings) -> None:
    """Check a statement whose end is reached, by itself and against the one before it."""
    found.statements += 1
    if statement.owner:
        found.owners.add((statement.owner, statement.owner_name or ""))
    is_checked = True
    for currency in statement.currencies:
        opening, closing = statement.opening(currency), statement.closing(currency)
        if closing is not None and closing.on is not None and statement.account is not None:
            found.balances.append(
                {
                    "statement_number": found.statements,
                    "bank_account": statement.account,
                    "statement_id": statement.id,
                    "balance_on": closing.on,
                    "amount": closing.amount,
                    "currency": currency,
                }
            )
        if opening is None or closing is None:
            is_checked = False
            continue
        booked = statement.booked.get(currency, Decimal(0))
        if opening.amount + booked != closing.amount:
            found.disagreements.append(
                f"{statement.name} opens with {opening.amount} {currency}, its booked entries come "
                f"to {booked}, and it closes with {closing.amount}, not {opening.amount + booked}"
            )
        before = found.closings.get((statement.account, currency))
        if before and before.amount != opening.amount and _follows(before.on, opening.on):
            found.disagreements.append(
                f"{statement.name} opens with {opening.amount} {currency}, and the one before it "
                f"closed with {before.amount}"
            )
        found.closings[statement.account, currency] = closing
    found.unchecked += not is_checked


def _follows(closed_on: date | None, opened_on: date | None) -> bool:
    """Say whether a statement begins where the one before it ended."""
    return (
        closed_on is not None and opened_on is not None and 0 <= (opened_on - closed_on).days <= 1
    )


def _facts(found: _Findings) -> dict[str, str]:
    facts = {"statements": str(found.statements)}
    if found.unchecked:
        facts["statements_not_checked"] = str(found.unchecked)
    if found.undivided:
        facts["batches_without_amounts"] = str(found.undivided)
    for currency, amount in sorted(found.totals.items()):
        facts[f"total_{currency}"] = f"{amount:.2f}"
    if len(found.owners) == 1:
        owner, name = min(found.owners)
        if siren.is_valid(owner):
            facts |= {"owner_siren": siren.compact(owner), "owner_name": name or owner}
    return facts
