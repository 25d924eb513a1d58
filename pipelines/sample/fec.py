"""The FEC of one entity and year (LPF, article A47 A-1): a line of text for each ledger line."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sample import chart, days
from pipelines.sample.books import Lines
from pipelines.sample.firm import BANKS, CURRENCIES, EUR, USD, Entity
from pipelines.sample.texts import Party, digits, join, letters, money, raw, references

HEADER = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib",
    "CompAuxNum", "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit",
    "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip

_KINDS = tuple(chart.KINDS.values())
_LABELS = pa.array([kind.label for kind in _KINDS])
_JOURNAL_CODES = tuple(chart.JOURNALS)
_NAMES_INVOICE = np.isin(chart.KIND_NAMES, ("sale", "credit_note"))
_OF_BANK = np.array([kind.journal == "bank" for kind in _KINDS])
_JOURNAL_OF_KIND = np.array(
    [0 if kind.journal == "bank" else _JOURNAL_CODES.index(kind.journal) for kind in _KINDS]
)
_JOURNAL_OF_BANK = np.array([_JOURNAL_CODES.index(bank.journal) for bank in BANKS])
_JOURNAL_TEXTS = pa.array(_JOURNAL_CODES)
_JOURNAL_NAMES = pa.array(list(chart.JOURNALS.values()))
_CURRENCY_TEXTS = pa.array(CURRENCIES)
_OPENINGS = _JOURNAL_CODES.index("AN")
_VALIDATED_AFTER = 10  # days after the end of the month
_NUMBER_WIDTH = 8
LINES_AT_ONCE = 100_000


class Columns(NamedTuple):
    """Lines of a FEC before they are text. Amounts are signed cents: a debit is positive."""

    journal: np.ndarray
    number: np.ndarray
    day: np.ndarray
    account: np.ndarray
    customer: pa.Array  # null where the account is not kept by customer
    reference: pa.Array
    document_on: np.ndarray
    label: pa.Array
    amount: np.ndarray
    letter: np.ndarray
    lettered_on: np.ndarray
    foreign: np.ndarray
    currency: np.ndarray  # EUR where no currency is written


class Fec:
    """One FEC being written, in the order of its entries."""

    def __init__(self, folder: Path, entity: Entity, year: int, party: Party) -> None:
        self.entity, self.year, self.party = entity, year, party
        self.path = folder / f"{entity.siren}FEC{year}1231.txt"
        self.lines = 0
        self._file = self.path.open("wb")
        self._last_number = np.zeros(len(_JOURNAL_CODES), np.int64)
        width = entity.account_digits
        numbers = [number.ljust(width, "0") for number, _ in chart.ACCOUNTS.values()]
        self._accounts = pa.array(numbers)
        self._account_names = pa.array([label for _, label in chart.ACCOUNTS.values()])
        header = entity.separator.join(HEADER) + entity.line_end
        self._file.write(header.encode(entity.encoding))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def write_openings(self, others: np.ndarray, openings: np.ndarray) -> None:
        """Write the opening entry, which is the first.

        Args:
            others: Rows of (account, amount, dollars): the accounts not kept by customer.
            openings: OPENING rows: the accounts that are, in their order.
        """
        self._last_number[_OPENINGS if self.entity.numbers_by_journal else 0] = 1
        fixed = f"AN{self.year}"
        count = len(others)
        self._write(
            self._opening_columns(
                others[:, 0],
                customer=pa.nulls(count, pa.int32()),
                reference=pa.array([fixed] * count, pa.string()),
                document_on=np.full(count, days.number(self.year, 1, 1)),
                label=pa.array(["A nouveau"] * count, pa.string()),
                amount=others[:, 1],
                letter=np.zeros(count, np.int64),
                lettered_on=np.zeros(count, np.int64),
                foreign=others[:, 2],
                currency=np.where(others[:, 2] != 0, USD, EUR),
            )
        )
        for low in range(0, len(openings), LINES_AT_ONCE):
            rows = openings[low : low + LINES_AT_ONCE]
            is_joined = pa.array(rows["piece"] == chart.PIECE["opening"])
            own = references(self.entity, rows["piece"], rows["number"], rows["suffix"])
            customer = pa.array(rows["customer"])
            self._write(
                self._opening_columns(
                    chart.ROLE_ACCOUNTS[rows["role"]],
                    customer=customer,
                    reference=pc.if_else(is_joined, fixed, own),
                    document_on=rows["document_on"],
                    label=join("A nouveau ", self.party.names.take(customer)),
                    amount=rows["amount"],
                    letter=rows["letter"],
                    lettered_on=rows["lettered_on"],
                    foreign=rows["foreign"],
                    currency=rows["currency"],
                )
            )

    def _opening_columns(self, account: np.ndarray, **columns: pa.Array | np.ndarray) -> Columns:
        count = len(account)
        return Columns(
            journal=np.full(count, _OPENINGS),
            number=np.ones(count, np.int64),
            day=np.full(count, days.number(self.year, 1, 1)),
            account=account,
            **columns,
        )

    def write_entries(self, events: np.ndarray, lines: Lines) -> None:
        """Write the lines of ordered events, which are whole entries."""
        kind = events["kind"][lines.event]
        journal = np.where(
            _OF_BANK[kind], _JOURNAL_OF_BANK[events["bank"][lines.event]], _JOURNAL_OF_KIND[kind]
        )
        number = self._numbers(lines.entry, journal)
        rows = events[lines.event]
        self._write(
            Columns(
                journal=journal,
                number=number,
                day=rows["day"],
                account=lines.account,
                customer=pa.array(rows["customer"], mask=~lines.is_customer),
                reference=self._references(rows),
                document_on=rows["document_on"],
                label=self._labels(rows, lines.is_shared),
                amount=lines.amount,
                letter=lines.letter,
                lettered_on=lines.lettered_on,
                foreign=lines.foreign,
                currency=np.where(lines.shows_foreign, rows["currency"], EUR),
            )
        )

    def _numbers(self, entry: np.ndarray, journal: np.ndarray) -> np.ndarray:
        """Number the entries on from the last ones: through the file, or in each journal."""
        new = np.diff(entry, prepend=-1) != 0
        series = journal if self.entity.numbers_by_journal else np.zeros_like(journal)
        number = np.zeros(len(entry), np.int64)
        for one in np.unique(series):
            of_series = series == one
            upto = np.cumsum(new & of_series)[of_series]
            number[of_series] = self._last_number[one] + upto
            self._last_number[one] += upto[-1]
        return number

    def _references(self, rows: np.ndarray) -> pa.Array:
        piece = chart.PIECE_OF_KIND[rows["kind"]]
        named = np.where(piece == chart.PIECE["invoice"], rows["invoice"], rows["number"])
        suffix = np.where(piece == chart.PIECE["payment"], rows["suffix"], 0)
        return references(self.entity, piece, named, suffix)

    def _labels(self, rows: np.ndarray, is_shared: np.ndarray) -> pa.Array:
        """Say what each line is, of which customer, and of which invoice where the entity does."""
        invoice = references(self.entity, chart.PIECE["invoice"], rows["invoice"])
        several = join(digits(rows["count"]), " factures")
        subject = pc.if_else(pa.array(rows["count"] > 1), several, invoice)
        told = (rows["customer"] >= 0) & ~is_shared
        named = told & (_NAMES_INVOICE[rows["kind"]] | self.entity.names_invoices)
        name = self.party.names.take(pa.array(np.maximum(rows["customer"], 0)))
        return join(
            _LABELS.take(pa.array(rows["kind"])),
            pc.if_else(pa.array(named), join(" ", subject), ""),
            pc.if_else(pa.array(told), join(" ", name), ""),
        )

    def _write(self, columns: Columns) -> None:
        journal = pa.array(columns.journal)
        debit, credit = np.maximum(columns.amount, 0), np.maximum(-columns.amount, 0)
        is_foreign = pa.array(columns.currency != EUR)
        is_minus = pa.array((columns.foreign < 0) & self.entity.signs_foreign)
        foreign = join(pc.if_else(is_minus, "-", ""), money(np.abs(columns.foreign), ","))
        lettered_on = np.where(columns.letter != 0, columns.lettered_on, days.NEVER)
        validated_on = days.business(days.MONTH_END[columns.day] + _VALIDATED_AFTER)
        width = _NUMBER_WIDTH if self.entity.numbers_by_journal else 1
        texts = (
            _JOURNAL_TEXTS.take(journal),
            _JOURNAL_NAMES.take(journal),
            digits(columns.number, width),
            days.text(columns.day, days.COMPACT),
            self._accounts.take(pa.array(columns.account)),
            self._account_names.take(pa.array(columns.account)),
            self.party.ids.take(columns.customer),
            self.party.names.take(columns.customer),
            columns.reference,
            days.text(columns.document_on, days.COMPACT),
            columns.label,
            money(debit, ","),
            money(credit, ","),
            letters(columns.letter),
            days.text(lettered_on, days.COMPACT),
            days.text(validated_on, days.COMPACT),
            pc.if_else(is_foreign, foreign, ""),
            pc.if_else(is_foreign, _CURRENCY_TEXTS.take(pa.array(columns.currency)), ""),
        )
        rows = join(*(pc.fill_null(text, "") for text in texts), separator=self.entity.separator)
        self._file.write(raw(join(rows, self.entity.line_end), self.entity.encoding))
        self.lines += len(rows)
