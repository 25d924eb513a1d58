"""Columns of text, made a block at a time: references, amounts, names."""

from functools import cache
from itertools import islice, product
from string import ascii_uppercase

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sample import chart, names
from pipelines.sample.documents import YEAR_UNIT
from pipelines.sample.firm import CLEAN, NOTHING, STRUCTURED, Customers, Entity

_PREFIXES = (
    ("FA", "AV", "RG", "AC", "LC", "FAE", "HA", "FB", "OD", "AN"),
    ("F", "AV", "R", "AC", "L", "FE", "HA", "FB", "OD", "AN"),
)
_SUFFIXES = pa.array(["", "", "-2", "-3", "-4"])
_SEQUENCE_DIGITS = 6


def join(*parts: pa.Array | str, separator: str = "") -> pa.Array:
    """Join columns and constants into one column."""
    return pc.binary_join_element_wise(*parts, separator)


def join_lists(texts: pa.Array, counts: np.ndarray, separator: str = "") -> pa.Array:
    """Join each run of `counts` texts into one."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), texts), separator)


def raw(texts: pa.Array, encoding: str = "utf-8") -> bytes:
    """Return all the texts of a column, one after another, as bytes of a file."""
    if not len(texts):
        return b""
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    whole = memoryview(content)[ends[0] : ends[-1]].tobytes()
    return whole if encoding == "utf-8" else whole.decode().encode(encoding)


def digits(numbers: np.ndarray, width: int = 1) -> pa.Array:
    """Write whole numbers, with leading zeros up to a width."""
    return pc.utf8_lpad(pa.array(np.asarray(numbers, np.int64)).cast(pa.string()), width, "0")


def money(cents: np.ndarray, point: str) -> pa.Array:
    """Write amounts of cents, zero or more, with two decimals."""
    return join(digits(cents // 100), digits(cents % 100, 2), separator=point)


def references(
    entity: Entity, piece: np.ndarray | int, number: np.ndarray, suffix: np.ndarray | None = None
) -> pa.Array:
    """Write the references of documents, such as FA2023-000123 or F23-000123."""
    prefixes = pa.array([prefix + entity.century for prefix in _PREFIXES[entity.index]])
    prefix = prefixes.take(pa.array(np.broadcast_to(piece, number.shape)))
    written = join(
        prefix,
        digits(number // YEAR_UNIT, 2),
        join("-", digits(number % YEAR_UNIT, _SEQUENCE_DIGITS)),
    )
    return written if suffix is None else join(written, _SUFFIXES.take(pa.array(suffix)))


@cache
def _letter_codes(bits: int) -> pa.Array:
    """Return the lettering codes by number: nothing for 0, AA for 1, AB for 2 ... ZZ, AAA ..."""
    lengths = (product(ascii_uppercase, repeat=length) for length in range(2, 6))
    codes = ("".join(letters) for some in lengths for letters in some)
    return pa.array(["", *islice(codes, 2**bits)])


def letters(code: np.ndarray) -> pa.Array:
    """Write lettering codes: capitals, or small letters where a code is negative (partial)."""
    if not len(code):
        return pa.array([], pa.string())
    numbers = np.abs(code)
    written = _letter_codes(int(numbers.max()).bit_length()).take(pa.array(numbers))
    return pc.if_else(pa.array(code < 0), pc.ascii_lower(written), written)


class Party:
    """What the files write of each customer, and how each writes to us."""

    def __init__(self, customers: Customers) -> None:
        count = np.arange(customers.count)
        self.ids = customers.ids()
        self.names = customers.names()
        self.names_in_xml = pc.replace_substring(self.names, "&", "&amp;")
        self.writing = customers.writing
        self.in_france = customers.country == 0
        accounts = count * 7 + 10_000_000_000
        checks, keys = names.french_iban(_PAYER_BANK, _PAYER_BRANCH, accounts)
        self.ibans = join(
            "FR",
            digits(checks, 2),
            f"{_PAYER_BANK:05d}{_PAYER_BRANCH:05d}",
            digits(accounts, 11),
            digits(keys, 2),
        )


_PAYER_BANK, _PAYER_BRANCH = 99603, 21  # not given to any bank


def remitted(entity: Entity, number: np.ndarray, writing: np.ndarray, luck: np.ndarray) -> pa.Array:
    """Write the references of invoices the way customers do.

    Args:
        entity: Whose invoices they are.
        number: The invoices' numbers.
        writing: The customers' ways, as in `firm.WRITING`.
        luck: A number from 0 to 99 for each payment: customers are not always themselves.
    """
    clean = references(entity, chart.PIECE["invoice"], number)
    sequence = number % YEAR_UNIT
    year = digits(number // YEAR_UNIT, 2)
    forms = (
        clean,
        join("FACT ", digits(sequence)),
        pc.replace_substring(clean, "-", ""),
        join(f"{entity.invoice_prefix.lower()} 20", year, "/", digits(sequence, 4)),
        join("20", year, digits(sequence, _SEQUENCE_DIGITS)),
        pc.utf8_slice_codeunits(clean, 0, -2),  # cut short by somebody's software
    )
    usual = np.isin(writing, (CLEAN, STRUCTURED)) & (luck < 92)
    odd = 1 + luck % (len(forms) - 1)
    form = np.where(usual | (luck < 10), 0, odd)
    written = pc.choose(pa.array(form), *forms)
    blank = (writing == NOTHING) & (luck < 80)
    return pc.if_else(pa.array(blank), "", written)


def creditor_references(entity: Entity, number: np.ndarray) -> pa.Array:
    """Write RF creditor references (ISO 11649) made of the invoice's reference."""
    year, sequence = number // YEAR_UNIT, number % YEAR_UNIT
    width = _SEQUENCE_DIGITS + np.searchsorted([10**6, 10**7], sequence, "right")
    body = (year + 2000 * bool(entity.century)) * 10**width + sequence
    values = int("".join(str(int(letter, 36)) for letter in entity.invoice_prefix))
    checks = names.reference_check(values, body, width + 2 + len(entity.century))
    prefix = entity.invoice_prefix + entity.century
    written = join(digits(year, 2), digits(sequence, _SEQUENCE_DIGITS))
    return join("RF", digits(checks, 2), prefix, written)
