"""The monthly measures against `models`, which says what each of them is.

The table is made by SQL, of all customers and months at once; the functions take one. Both must say
the same: the figure to its sixth decimal, whether it is a lower bound, and the reason in words.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import groupby

from hypothesis import given, settings

from models.delays import (
    AmountDays,
    days_beyond_terms_open,
    days_beyond_terms_paid,
    weighted_average_days_to_pay,
)
from models.dso import calendar_months, dso_family_countback, dso_simple
from models.effectiveness import (
    cei_percent,
    concentration_percent,
    overdue_percent,
    receivables_turnover,
)
from models.measure import Measure
from pipelines.measures import BOOKS_TOO_SHORT, OF_TOP_DEBTORS, TOP_DEBTORS
from tests.pipelines.books import Fec
from tests.pipelines.monthly import measured
from tests.pipelines.test_measures_oracle import books

MILLIONTH = Decimal("0.000001")

INPUTS = """
select inputs.*, periods.month_on, periods.begun_on, periods.three_months_from,
    periods.three_months_days, periods.year_from
from measures.inputs as inputs
join measures.periods as periods using (entity_id, month_end)
order by currency, customer_id, month_end
"""


def asked(con, question):
    found = con.execute(question)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def by_models(con):
    """Yield (currency, customer, month end), and what the functions say."""
    for (currency, customer), rows in groupby(
        asked(con, INPUTS), key=lambda row: (row["currency"], row["customer_id"])
    ):
        history = list(rows)
        for number, row in enumerate(history):
            yield (currency, customer, row["month_end"]), measures_of(row, history[: number + 1])


def measures_of(row, history):
    months = calendar_months(
        {row["begun_on"]: Decimal(0)} | {each["month_on"]: each["sales"] for each in history},
        as_of=row["month_end"],
    )
    year = [
        each["receivable"]
        for each in history
        if each["month_on"] >= row["year_from"].replace(day=1)
    ]
    year_months = 12 if row["year_from"].day == 1 else 13
    balances = [row["opening_year"], *year, *[Decimal(0)] * (year_months - len(year))]
    dso = cei = turnover = Measure(None, note=BOOKS_TOO_SHORT)
    if row["three_months_from"] >= row["begun_on"]:
        dso = dso_simple(row["receivable"], row["sales_three_months"], row["three_months_days"])
        cei = cei_percent(
            row["opening_three_months"],
            row["sales_three_months"],
            closing=row["receivable"],
            closing_not_due=row["receivable"] - row["overdue"],
        )
    if row["year_from"] >= row["begun_on"]:
        turnover = receivables_turnover(row["sales_year"], balances)
    family = dso_family_countback(row["receivable"], row["overdue"], months)
    paid = AmountDays(row["paid_due"], row["paid_days_late"])
    overdue = AmountDays(row["overdue"], row["overdue_days"])
    return {
        "dso_simple": dso,
        "dso_countback": family.dso,
        "dso_best_possible": family.best_possible,
        "add_days": family.add,
        "cei_percent": cei,
        "days_beyond_terms_paid": days_beyond_terms_paid(paid),
        "days_beyond_terms_open": days_beyond_terms_open(paid, overdue),
        "days_to_pay": weighted_average_days_to_pay(
            AmountDays(row["paid"], row["paid_days_to_pay"])
        ),
        "turnover": turnover,
        "overdue_percent": overdue_percent(row["overdue"], row["open_debits"]),
    }


def hold_to_models(con):
    with localcontext() as context:
        context.prec = 80
        found = {}
        for row in asked(con, "from measures.monthly where scope = 'customer'"):
            key = (row["currency"], row["customer_id"], row["month_end"])
            found.setdefault(key, {})[row["measure"]] = (
                row["value"], row["is_lower_bound"], row["note"],
            )  # fmt: skip
        told = dict(by_models(con))
        assert found.keys() == told.keys()
        for key, measures in told.items():
            assert found[key].keys() - {"lawful_terms_percent"} == measures.keys()
            for name, (figure, is_lower_bound, note) in measures.items():
                value = figure if figure is None else figure.quantize(MILLIONTH, ROUND_HALF_UP)
                assert found[key][name] == (value, is_lower_bound, note), (key, name)


@settings(max_examples=20, deadline=None)
@given(books())
def test_the_table_says_what_the_functions_say_of_each_customer_and_month(story):
    fec, as_of = story
    with measured(fec, as_of=str(as_of)) as con:
        hold_to_models(con)


def test_the_largest_amounts_of_a_ledger_are_divided_to_the_last_digit():
    fec = Fec()
    for number in range(40):
        fec.sale("2024-01-16", "C1", "3999999999999.97")
        fec.sale("2024-02-16", "C1", f"1777777777777.{10 + number}")
    fec.sale("2024-03-16", "C1", "13.01")
    with measured(fec, as_of="2024-03-31") as con:
        hold_to_models(con)


def test_the_ten_largest_debtors_are_those_of_the_function():
    fec = Fec()
    for number in range(12):
        fec.sale("2024-01-16", f"C{number}", f"{100 + 7 * number}.33")
    fec.receipt("2024-02-16", "C5", "500.00")
    with measured(fec, as_of="2024-02-29") as con:
        owed = [
            row["receivable"]
            for row in asked(con, "from measures.inputs where month_end = date '2024-02-29'")
        ]
        [row] = asked(
            con,
            "from measures.monthly where measure = 'concentration_percent' "
            "and scope = 'entity' and month_end = date '2024-02-29'",
        )
    share = concentration_percent(owed, top=TOP_DEBTORS).value
    assert row["value"] == share.quantize(MILLIONTH, ROUND_HALF_UP)
    assert row["note"] == OF_TOP_DEBTORS
