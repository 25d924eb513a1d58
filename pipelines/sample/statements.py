"""Bank statements as the bank sends them: camt.053, one file per account and month.

Each ledger line on a bank account is one entry, on the same day and for the same amount. A batch
of direct debits, cheques or bills is one entry with a transaction for each payer.
"""

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sample import chart, days
from pipelines.sample.books import part_of
from pipelines.sample.documents import YEAR_UNIT
from pipelines.sample.events import REFERENCE
from pipelines.sample.firm import (
    CURRENCIES,
    DOLLAR_BANK,
    ENTITIES,
    EUR,
    STRUCTURED,
    BankAccount,
    Entity,
    Firm,
)
from pipelines.sample.runs import places, run_starts
from pipelines.sample.texts import (
    Party,
    creditor_references,
    digits,
    join,
    join_lists,
    money,
    raw,
    references,
    remitted,
)

_KINDS = tuple(chart.KINDS.values())
_HAS_BANK = np.array([kind.bank_leg is not None for kind in _KINDS])
# Family and sub-family of the ISO bank transaction code, and days until the value date.
_CODES = {
    "transfer": ("RCDT", "ESCT", 0),
    "transfer_less_discount": ("RCDT", "ESCT", 0),
    "advance": ("RCDT", "ESCT", 0),
    "unknown_receipt": ("RCDT", "ESCT", 0),
    "factor_paid": ("RCDT", "ESCT", 0),
    "direct_debit": ("IDDT", "ESDD", 0),
    "cheques_deposited": ("RCHQ", "CCHQ", 2),
    "cards_settled": ("MCRD", "POSP", 1),
    "bill_collected": ("DRFT", "STAM", 1),
    "debit_returned": ("IDDT", "UPDD", 0),
    "cheque_returned": ("RCHQ", "UPCQ", 0),
    "bill_returned": ("DRFT", "UDFT", 0),
    "return_charge": ("MDOP", "CHRG", 0),
    "account_fee": ("MDOP", "CHRG", 0),
    "swept_in": ("RCDT", "BOOK", 0),
    "swept_out_gaining": ("ICDT", "BOOK", 0),
    "swept_out_losing": ("ICDT", "BOOK", 0),
}
_ELSE = ("ICDT", "ESCT", 0)
_FAMILY, _SUBFAMILY, _VALUED = zip(
    *(_CODES.get(name, _ELSE) for name in chart.KIND_NAMES), strict=True
)
_LABELS = pa.array([escape(kind.label) for kind in _KINDS])
_TOLD = ("transfer", "transfer_less_discount", "unknown_receipt", "refund")
_IS_TOLD = np.isin(chart.KIND_NAMES, _TOLD)  # the text is the payer's own
_RETURN_REASONS = pa.array(["AM04", "AC04", "MD01", "MS02"])
ENTRIES_AT_ONCE = 50_000


def bank_amounts(events: np.ndarray) -> np.ndarray:
    """Return what each event moves on a bank account: signed cents of the account's currency."""
    moved = np.zeros(len(events), np.int64)
    for code in np.unique(events["kind"]):
        leg = _KINDS[code].bank_leg
        if leg is not None:
            chosen = events["kind"] == code
            rows = events[chosen]
            own = np.where(rows["bank"] == DOLLAR_BANK, rows["foreign"], part_of(rows, leg.part))
            moved[chosen] = own * leg.sign
    return moved


class Statement:
    """The statement of one account for one month, from the ordered events of the month."""

    def __init__(
        self, firm: Firm, party: Party, account: BankAccount, year: int, month: int
    ) -> None:
        self.firm, self.party, self.account = firm, party, account
        self.entity: Entity = ENTITIES[account.entity]
        self.start, self.end = days.month_span(year, month)
        self.number = f"{account.iban[-6:]}-{year}{month:02d}"
        self._told = np.zeros(0, REFERENCE)
        self.name = f"statement_{account.iban[-6:]}_{year}{month:02d}.xml"

    def write(
        self,
        folder: Path,
        events: np.ndarray,
        entry: np.ndarray,
        told: np.ndarray,
        opening: int,
    ) -> int:
        """Write the statement and return how many entries it has.

        Args:
            folder: Where to.
            events: The ordered events of the entity and month.
            entry: The ledger entry of each.
            told: REFERENCE rows: the invoices that payments of several name.
            opening: The balance when the month begins, in cents.
        """
        own = _HAS_BANK[events["kind"]] & (events["bank"] == self.account.index)
        events, entry = events[own], entry[own]
        self._told = told
        moved = bank_amounts(events)
        first = run_starts(entry)
        with (folder / self.name).open("wb") as file:
            file.write(self._head(opening, opening + int(moved.sum())).encode())
            for low in range(0, len(first), ENTRIES_AT_ONCE):
                cuts = [*first[low : low + ENTRIES_AT_ONCE + 1], len(events)]
                rows = slice(cuts[0], cuts[min(ENTRIES_AT_ONCE, len(cuts) - 1)])
                file.write(raw(self._entries(events[rows], entry[rows], moved[rows], low)))
            file.write(b"</Stmt></BkToCstmrStmt></Document>\n")
        return len(first)

    def _head(self, opening: int, closing: int) -> str:
        at = f"{days.as_date(self.end + 1)}T06:00:00+00:00"
        iban, currency = self.account.iban, CURRENCIES[self.account.currency]
        balances = "".join(
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="{currency}">{abs(amount) // 100}.{abs(amount) % 100:02d}</Amt>'
            f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd>"
            f"<Dt><Dt>{days.as_date(day)}</Dt></Dt></Bal>\n"
            for code, amount, day in (("OPBD", opening, self.start), ("CLBD", closing, self.end))
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:'
            f'xsd:camt.053.001.{self.account.camt_version:02d}"><BkToCstmrStmt>\n'
            f"<GrpHdr><MsgId>{self.number}</MsgId><CreDtTm>{at}</CreDtTm></GrpHdr>\n"
            f"<Stmt><Id>{self.number}</Id><ElctrncSeqNb>{self.number[-6:]}</ElctrncSeqNb>"
            f"<CreDtTm>{at}</CreDtTm>\n"
            f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy>"
            f"<Ownr><Nm>{escape(self.entity.name)}</Nm><Id><OrgId><Othr><Id>{self.entity.siren}</Id>"
            f"<SchmeNm><Cd>SREN</Cd></SchmeNm></Othr></OrgId></Id></Ownr></Acct>\n{balances}"
        )

    def _entries(
        self, events: np.ndarray, entry: np.ndarray, moved: np.ndarray, before: int
    ) -> pa.Array:
        """Write entries that follow `before` others."""
        first = run_starts(entry)
        heads, counts = events[first], np.diff(first, append=len(events))
        kind = pa.array(heads["kind"])
        valued = days.business(heads["day"] + np.array(_VALUED)[heads["kind"]])
        reference = join(self.number + "-", digits(before + 1 + np.arange(len(heads)), 5))
        status = "<Sts><Cd>BOOK</Cd></Sts>" if self.account.camt_version == 8 else "<Sts>BOOK</Sts>"
        batch = join("<Btch><NbOfTxs>", digits(counts), "</NbOfTxs></Btch>")
        return join(
            "<Ntry>",
            self._amount(np.add.reduceat(moved, first)),
            status,
            join("<BookgDt><Dt>", days.text(heads["day"]), "</Dt></BookgDt><ValDt><Dt>"),
            days.text(valued),
            join("</Dt></ValDt><AcctSvcrRef>", reference, "</AcctSvcrRef>"),
            join("<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>", pa.array(_FAMILY).take(kind)),
            join("</Cd><SubFmlyCd>", pa.array(_SUBFAMILY).take(kind)),
            "</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls>",
            pc.if_else(pa.array(counts > 1), batch, ""),
            join_lists(self._transactions(events, moved), counts),
            "</NtryDtls></Ntry>\n",
        )

    def _amount(self, moved: np.ndarray) -> pa.Array:
        sign = pc.if_else(pa.array(moved >= 0), "CRDT", "DBIT")
        currency = CURRENCIES[self.account.currency]
        return join(
            f'<Amt Ccy="{currency}">',
            money(np.abs(moved), "."),
            join("</Amt><CdtDbtInd>", sign, "</CdtDbtInd>"),
        )

    def _transactions(self, events: np.ndarray, moved: np.ndarray) -> pa.Array:
        """Write what the bank knows of each payment."""
        kind = events["kind"]
        known = events["customer"] >= 0
        amounts = self._amount(moved)
        if self.account.camt_version == 8:
            own = amounts
        else:
            value = money(np.abs(moved), ".")
            currency = CURRENCIES[self.account.currency]
            own = join(f'<AmtDtls><TxAmt><Amt Ccy="{currency}">', value, "</Amt></TxAmt></AmtDtls>")
        reason = pa.array(events["number"] % len(_RETURN_REASONS)).cast(pa.int64())
        returned = join("<RtrInf><Rsn><Cd>", _RETURN_REASONS.take(reason), "</Cd></Rsn></RtrInf>")
        is_return = pa.array(np.isin(kind, chart.RETURNS))
        return join(
            "<TxDtls><Refs><EndToEndId>",
            self._end_to_end(events),
            "</EndToEndId></Refs>",
            own,
            pc.if_else(pa.array(known), self._party(events, moved), ""),
            join("<RmtInf>", self._remittance(events), "</RmtInf>"),
            pc.if_else(is_return, returned, ""),
            "</TxDtls>",
        )

    def _end_to_end(self, events: np.ndarray) -> pa.Array:
        """Ours for what we collect; the customer's own for what it sends, where it gives one."""
        invoice = references(self.entity, chart.PIECE["invoice"], events["invoice"])
        theirs = join("VIR", digits(events["number"] % YEAR_UNIT * 7 + events["suffix"], 8))
        ours = np.isin(events["kind"], [chart.CODE["direct_debit"], *chart.RETURNS])
        silent = events["number"] % 5 < 3
        return pc.if_else(
            pa.array(ours), invoice, pc.if_else(pa.array(silent), "NOTPROVIDED", theirs)
        )

    def _party(self, events: np.ndarray, moved: np.ndarray) -> pa.Array:
        customer = pa.array(np.maximum(events["customer"], 0))
        name = join("<Nm>", self.party.names_in_xml.take(customer), "</Nm>")
        if self.account.camt_version == 8:
            name = join("<Pty>", name, "</Pty>")
        iban = join("<Id><IBAN>", self.party.ibans.take(customer), "</IBAN></Id>")
        french = self.party.in_france[np.maximum(events["customer"], 0)]
        role = pc.if_else(pa.array(moved >= 0), "Dbtr", "Cdtr")
        account = join("<", role, "Acct>", iban, join("</", role, "Acct>"))
        return join(
            "<RltdPties>",
            join("<", role, ">", name, join("</", role, ">")),
            pc.if_else(pa.array(french), account, ""),
            "</RltdPties>",
        )

    def _remittance(self, events: np.ndarray) -> pa.Array:
        customer = pa.array(np.maximum(events["customer"], 0))
        writing = self.party.writing[np.maximum(events["customer"], 0)]
        luck = self.firm.dice.below("remittance", events["number"] * 8 + events["suffix"], 100)
        label = _LABELS.take(pa.array(events["kind"]))
        named = self._named(events, writing, luck)
        silent = pc.equal(named, "")
        theirs = pc.if_else(silent, join("VIR ", self.party.names_in_xml.take(customer)), named)
        invoice = references(self.entity, chart.PIECE["invoice"], events["invoice"])
        ours = join(label, pc.if_else(pa.array(events["customer"] >= 0), join(" ", invoice), ""))
        cheque = join("CHEQUE ", digits(events["number"] * 37 % 10_000_000, 7))
        by_cheque = pa.array(events["kind"] == chart.CODE["cheques_deposited"])
        free = pc.if_else(
            pa.array(_IS_TOLD[events["kind"]]), theirs, pc.if_else(by_cheque, cheque, ours)
        )
        structured = join(
            "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>",
            creditor_references(self.entity, events["invoice"]),
            "</Ref></CdtrRefInf></Strd>",
        )
        is_structured = (
            _IS_TOLD[events["kind"]]
            & (writing == STRUCTURED)
            & (events["count"] == 1)
            & (events["currency"] == EUR)
            & (luck < 85)
        )
        return pc.if_else(pa.array(is_structured), structured, join("<Ustrd>", free, "</Ustrd>"))

    def _named(self, events: np.ndarray, writing: np.ndarray, luck: np.ndarray) -> pa.Array:
        """Write the invoices that a payment names: its own, or those of a payment of several."""
        told = self._told
        low = np.searchsorted(told["number"], events["number"], "left")
        high = np.searchsorted(told["number"], events["number"], "right")
        counts = np.where(events["count"] > 1, high - low, 1)
        event = np.repeat(np.arange(len(events)), counts)
        number = events["invoice"][event]
        several = (events["count"] > 1)[event]
        number[several] = told["invoice"][(low[event] + places(counts))[several]]
        written = remitted(self.entity, number, writing[event], luck[event])
        return pc.utf8_trim_whitespace(join_lists(written, counts, " "))
