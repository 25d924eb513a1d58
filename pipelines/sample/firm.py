"""The firm: its two legal entities, their bank accounts, the customers, the exchange rates."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.sample import days, names
from pipelines.sample.draw import Dice, spread

CURRENCIES = ("EUR", "USD", "GBP")
EUR, USD, GBP = range(3)
PAYERS = (
    "punctual",
    "week_late",
    "month_end",
    "drifting",
    "disputing",
    "short_payer",
    "slow",
    "early",
    "insolvent",
)
PUNCTUAL, WEEK_LATE, MONTH_END, DRIFTING, DISPUTING, SHORT_PAYER, SLOW, EARLY, INSOLVENT = range(9)
METHODS = ("transfer", "direct_debit", "cheque", "bill", "card")
TRANSFER, DIRECT_DEBIT, CHEQUE, BILL, CARD = range(5)
COUNTRIES = ("FR", "BE", "DE", "LU", "GB", "US")
_COUNTRY_CURRENCY = np.array([EUR, EUR, EUR, EUR, GBP, USD])
SEGMENTS = ("Grands comptes", "PME", "TPE", "Secteur public", "Export")
WRITING = ("clean", "mangled", "nothing", "structured")  # how a customer fills in a remittance
CLEAN, MANGLED, NOTHING, STRUCTURED = range(4)

ITEMS_PER_CUSTOMER = 50
LEVELS = 2  # of groups: a customer's parent may have a parent
FEWEST_CUSTOMERS, MOST_CUSTOMERS = 60, 900_000


@dataclass(frozen=True)
class Entity:
    """A legal entity, and the form its accounting software gives a FEC."""

    index: int
    name: str
    siren: str
    separator: str
    line_end: str
    encoding: str
    account_digits: int
    invoice_prefix: str  # of its document numbers: FA2023-000123 or F23-000123
    century: str
    detailed_openings: bool  # one opening line per open item, else one per customer
    exported_late: bool  # each FEC shows the letterings of later years too
    numbers_by_journal: bool
    names_invoices: bool  # in the texts of payments
    signs_foreign: bool  # a credit in currency is negative: the law does not say


# The first closes its books and exports at once; the second exports all years again at the end.
ENTITIES = (
    Entity(
        0,
        "Manufacture Valdorme SAS",
        names.siren(15_204_718),
        "\t",
        "\r\n",
        "utf-8",
        6,
        "FA",
        "20",
        detailed_openings=True,
        exported_late=False,
        numbers_by_journal=False,
        names_invoices=True,
        signs_foreign=False,
    ),
    Entity(
        1,
        "Valdorme Services SARL",
        names.siren(15_731_096),
        "|",
        "\n",
        "iso8859-15",
        8,
        "F",
        "",
        detailed_openings=False,
        exported_late=True,
        numbers_by_journal=True,
        names_invoices=False,
        signs_foreign=True,
    ),
)


@dataclass(frozen=True)
class BankAccount:
    """A bank account of an entity: its account in the ledger, and the bank's own number."""

    index: int
    entity: int
    account: str
    label: str
    journal: str
    currency: int
    iban: str
    camt_version: int


def _iban(bank: int, branch: int, account: int) -> str:
    checks, keys = names.french_iban(bank, branch, np.array([account]))
    return f"FR{checks[0]:02d}{bank:05d}{branch:05d}{account:011d}{keys[0]:02d}"


# The bank codes are not given to any bank.
BANKS = (
    BankAccount(
        0, 0, "512100", "Banque du Ponant EUR", "BQ1", EUR, _iban(99801, 412, 20_471_100_365), 8
    ),
    BankAccount(
        1, 0, "512200", "Banque du Ponant USD", "BQ2", USD, _iban(99801, 412, 20_471_100_840), 8
    ),
    BankAccount(
        2, 1, "512100", "Crédit Rhodanien", "CR1", EUR, _iban(99702, 1187, 3_318_420_017), 2
    ),
    BankAccount(
        3,
        1,
        "512300",
        "Crédit Rhodanien encaissements",
        "CR3",
        EUR,
        _iban(99702, 1187, 3_318_420_923),
        2,
    ),
)
MAIN_BANK = (0, 2)
DOLLAR_BANK = 1
COLLECTION_BANK = 3  # the second entity's direct debits, cheques and cards come in here


@dataclass(frozen=True)
class Customers:
    """All customers, one array per attribute; a customer is an index from 0.

    `first_day` and `last_day` bound the days on which invoices are issued. `base` is the usual
    net amount of an invoice, in cents of the customer's currency.
    """

    count: int
    entities: np.ndarray  # 0 or 1, or 2: a customer of both
    payer: np.ndarray
    method: np.ndarray
    country: np.ndarray
    currency: np.ndarray
    segment: np.ndarray
    terms: np.ndarray
    terms_known: np.ndarray  # the customer file says them; else they are the default, 30 net
    parent: np.ndarray  # -1: none
    invoices: np.ndarray
    base: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    insolvent_on: np.ndarray  # NEVER: it stays solvent
    habit: np.ndarray  # the payment run, as in days.payment_run
    drift: np.ndarray  # days that its lateness grows in a year
    heed: np.ndarray  # percent of the waiting that is left after a reminder
    monthly: np.ndarray  # invoiced once a month
    assigned: np.ndarray  # its invoices are sold to a factor
    writing: np.ndarray

    def ids(self) -> pa.Array:
        """Return the customers' codes, which are their auxiliary accounts in the ledger."""
        return pa.array([f"C{100_000 + customer}" for customer in range(self.count)])

    def heads(self) -> np.ndarray:
        """Return the head of each customer's group, itself if it has no parent."""
        head = np.arange(self.count)
        for _ in range(LEVELS):
            head = np.where(self.parent[head] >= 0, self.parent[head], head)
        return head

    def names(self) -> pa.Array:
        """Return the customers' names."""
        public = self.segment == SEGMENTS.index("Secteur public")
        columns = (self.heads().tolist(), self.country.tolist(), public.tolist())
        return pa.array(
            [
                names.company(customer, head, COUNTRIES[country], is_public)
                for customer, (head, country, is_public) in enumerate(zip(*columns, strict=True))
            ]
        )


@dataclass(frozen=True)
class Firm:
    """What every part of the generator needs to know."""

    dice: Dice
    customers: Customers
    rates: np.ndarray  # [currency, day]: millionths of a euro for one unit

    def in_euros(self, amount: np.ndarray, currency: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Convert cents at the rate of a day, rounded half up. Amounts are zero or more."""
        rate = self.rates[currency, np.minimum(day, days.COUNT - 1)]
        return (amount * rate + 500_000) // 1_000_000


def make_firm(seed: int, items: int) -> Firm:
    """Return the firm that issues `items` invoices in the three years."""
    dice = Dice(seed)
    return Firm(dice, _customers(dice, items), _rates(dice))


def _customers(dice: Dice, items: int) -> Customers:
    count = min(max(items // ITEMS_PER_CUSTOMER, FEWEST_CUSTOMERS), MOST_CUSTOMERS)
    ids = np.arange(count)
    rank = np.empty(count, np.int64)  # 0 is the largest
    rank[dice.order("size", count)] = ids

    country = dice.deal("country", count, [0] * 30 + [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    french = country == 0
    method = dice.deal(
        "method",
        count,
        [TRANSFER] * 22 + [DIRECT_DEBIT] * 7 + [CHEQUE] * 7 + [BILL] * 2 + [CARD] * 2,
    )
    method = np.where(french, method, TRANSFER)
    by_will = np.isin(method, (TRANSFER, CHEQUE))  # the customer, not we, starts the payment
    payer = dice.deal(
        "payer",
        count,
        [PUNCTUAL] * 6
        + [WEEK_LATE] * 4
        + [MONTH_END] * 3
        + [DRIFTING] * 2
        + [DISPUTING, SHORT_PAYER, SLOW, EARLY, INSOLVENT],
    )
    payer = np.where(by_will & (french | ~np.isin(payer, (EARLY, INSOLVENT))), payer, PUNCTUAL)
    insolvent = payer == INSOLVENT
    place = ids % 40  # every forty customers hold a group of two levels, and a pair
    parent = np.select([np.isin(place, (5, 17)), place == 23, place == 31], [0, 5, 30], -1)
    parent = np.where(parent >= 0, ids - place + parent, -1)
    in_group = np.isin(place, (0, 5, 17, 23, 30, 31))
    public = french & ~insolvent & ~in_group & dice.chance("public", ids, 110)

    first_day, last_day, insolvent_on = _active(dice, count, insolvent)
    rank = np.where(insolvent, count // 4, rank)  # large enough to be missed
    weights = np.array([round(1e6 * (place + 8.0) ** -0.9) for place in rank.tolist()])
    weights *= last_day - np.maximum(first_day, days.START)
    share = np.cumsum(weights)
    upto = share * items // share[-1]

    size = np.clip(3 - rank * 4 // count, 0, 3)  # 3: the largest quarter
    base = spread(0.7)[dice.below("base", ids, 1024)] * (90_000 + 40_000 * size) // 1_000_000
    segment = np.select([country >= 4, public, size == 3, size >= 1], [4, 3, 0, 1], 2)
    entities = dice.deal("entities", count, [0] * 9 + [1] * 5 + [2] * 6)
    assigned = (
        (entities == 1) & french & (method == TRANSFER) & ~insolvent & dice.chance("sold", ids, 150)
    )
    habit = dice.deal(
        "habit", count, [days.ANY_DAY] * 4 + [days.THURSDAYS] * 4 + [days.TENTH_AND_25TH] * 2
    )
    terms = dice.deal("terms", count, [0] * 18 + [1] * 5 + [2] * 9 + [3] * 5 + [4] * 2 + [5])
    terms_known = ~dice.chance("terms known", ids, 20)
    return Customers(
        count=count,
        entities=entities,
        payer=payer,
        method=method,
        country=country,
        currency=_COUNTRY_CURRENCY[country],
        segment=segment,
        terms=np.where(terms_known, terms, 0),
        terms_known=terms_known,
        parent=parent,
        invoices=np.diff(upto, prepend=0),
        base=base,
        first_day=first_day,
        last_day=last_day,
        insolvent_on=insolvent_on,
        habit=np.where(payer == MONTH_END, days.MONTH_CLOSES, habit),
        drift=np.where(payer == DRIFTING, dice.between("drift", ids, 5, 13), 0),
        heed=dice.deal("heed", count, [15, 30, 45, 60, 80, 100]),
        monthly=dice.chance("monthly", ids, 250),
        assigned=assigned,
        writing=dice.deal(
            "writing", count, [CLEAN] * 9 + [MANGLED] * 6 + [NOTHING, STRUCTURED] * 3
        ),
    )


def _active(dice: Dice, count: int, insolvent: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the first and last day of invoicing, and the day of insolvency."""
    ids = np.arange(count)
    new = dice.chance("new", ids, 200) & ~insolvent
    first_day = np.where(
        new, dice.between("first", ids, days.START, days.END - 300), days.OPENING_FROM
    )
    lost = dice.chance("lost", ids, 60)
    last_day = np.where(lost, days.END - dice.between("last", ids, 0, 200), days.END)
    failed_on = dice.between("insolvent", ids, days.START + 240, days.END - 150)
    return (
        first_day,
        np.where(insolvent, failed_on - 3, last_day),
        np.where(insolvent, failed_on, days.NEVER),
    )


def _rates(dice: Dice) -> np.ndarray:
    """Return invented rates: a straight line from one month's hashed rate to the next."""
    rates = np.full((len(CURRENCIES), days.COUNT), 1_000_000)
    day = np.arange(days.COUNT)
    month = (days.YEAR - days.FIRST.year) * 12 + days.MONTH - 1
    length = days.DAY_OF_MONTH[days.MONTH_END]
    for currency, usual in ((USD, 925_000), (GBP, 1_160_000)):
        swing = dice.between(f"rate {currency}", month, -30_000, 30_000)
        following = dice.between(f"rate {currency}", month + 1, -30_000, 30_000)
        rates[currency] = usual + swing + (following - swing) * days.DAY_OF_MONTH[day] // length
    return rates
