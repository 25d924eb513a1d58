"""What else a firm books in a month: purchases, wages, VAT, bank fees, its own transfers.

Only as much as makes the bank accounts and the VAT plausible. Amounts follow the receipts of the
month before.
"""

import numpy as np

from pipelines.sample import chart, days
from pipelines.sample.books import Balances
from pipelines.sample.documents import YEAR_UNIT
from pipelines.sample.events import EVENT
from pipelines.sample.firm import COLLECTION_BANK, DOLLAR_BANK, MAIN_BANK, USD, Firm

PURCHASES_PERCENT = 50  # of receipts, net of VAT
WAGES_PERCENT = 25
MONTHLY_FEE = 3_500
SWEEP_UNIT = 100_000  # whole thousands of euros are moved


def overheads(
    firm: Firm, entity: int, month: tuple[int, int], balances: Balances, receipts: int
) -> np.ndarray:
    """Return the EVENT rows of a month.

    Args:
        firm: The firm.
        entity: Index of the entity.
        month: The year, and the month from 1 to 12.
        balances: The balances when the month begins.
        receipts: What came in on the bank accounts in the month before, in cents.
    """
    start, end = days.month_span(*month)
    made: list[tuple] = []

    def on(day: int) -> int:
        return int(days.business(np.array([start + day - 1]))[0])

    def add(kind: str, day: int, gross: int, *, bank: int = MAIN_BANK[entity], **more: int) -> None:
        if gross:
            number = (month[0] - 2000) * YEAR_UNIT + month[1] * 100 + len(made) + 1
            row = {"kind": chart.CODE[kind], "entity": entity, "bank": bank, "day": day}
            row |= {"document_on": day, "customer": -1, "suffix": 1, "number": number}
            row |= {"gross": gross, **more}
            made.append(tuple(row.get(name, 0) for name in EVENT.names or ()))

    spent = receipts * PURCHASES_PERCENT // 100
    add("purchase", end, spent + spent // 5, tax=spent // 5)
    add("suppliers_paid", on(27), -balances["suppliers"])
    wages = receipts * WAGES_PERCENT // 100
    add("wages", end, wages)
    add("wages_paid", int(days.MONTH_CLOSE[end]), wages)
    collected = max(-balances["vat"], 0)
    deducted = min(balances["vat_paid"], collected)
    add("vat_return", on(19), collected, tax=deducted)
    add("vat_settled", on(23), collected - deducted)
    add("account_fee", on(2), MONTHLY_FEE)
    if month[1] == 6:
        add("result", end, -balances["result"])

    if entity == 0 and balances.dollars > 0:
        dollars, day = balances.dollars, on(24)
        worth = int(firm.in_euros(np.array([dollars]), np.array([USD]), np.array([day]))[0])
        gained = worth - balances[f"bank_{DOLLAR_BANK}"]
        kind = "swept_out_gaining" if gained >= 0 else "swept_out_losing"
        more = {"fee": abs(gained), "foreign": dollars, "currency": USD}
        add(kind, day, worth, bank=DOLLAR_BANK, **more)
        add("swept_in", on(day - start + 2), worth)
    if entity == 1:
        moved = balances[f"bank_{COLLECTION_BANK}"] // SWEEP_UNIT * SWEEP_UNIT
        add("swept_out_gaining", on(24), max(moved, 0), bank=COLLECTION_BANK)
        add("swept_in", on(on(24) - start + 2), max(moved, 0))
    return np.array(made, EVENT)
