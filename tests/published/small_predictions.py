"""What is predicted of the small firm: one table after the other, as the pipelines publish them.

The day is Sunday 30 June 2024, so week 1 is 1 to 7 July and no part of a week is left. Expected
receipts of `nord` in EUR, by hand: 250.00 (F-101) + 300.00 (F-102) in week 1, 540.00 in week 2,
1,500.00 in four weeks and 5,520.00 in thirteen, of which 3,600.00 from invoices still to come.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from tests.published.small_firm import AS_OF

WEEKS = 13
BEYOND = 23

# item, entity, customer, currency, open, due, days late, five quantiles in days from AS_OF,
# expected days late, late, over 30 days late, unpaid after 90, never, rests on, count
TIMING = [
    [None if word == "-" else word for word in line.split()]
    for line in """
    101 nord C001 EUR 1000.00 2024-05-31  30  2  4  9 16 33  44.0 1   0.95 0.08 0.02 customer 12
    102 nord C001 EUR  500.00 2024-06-30   0  1  3  6 12 25   9.0 0.8 0.12 0.03 0.01 customer 12
    103 nord C002 EUR 2000.00 2024-02-29 122 20 46 93  -  - 210.0 1   1    1    0.40 segment  31
    104 nord C003 EUR   50.00 -          -    5  8 12 32 82  60.0 0.9 0.5  0.2  0.1  firm    480
    105 nord C004 USD  999.99 2024-05-15  46  3  4 18 19 61  65.0 1   1    0.2  0.05 terms    77
    501 sud  C001 EUR  100.00 2024-03-30  92  4 38 39  -  - 150.0 1   1    1    0.25 firm    480
    """.strip().splitlines()
]

# item, then what is expected of it in each period; the rest is beyond a year, or never
PERIODS_OF = {
    101: {1: "250.00", 2: "400.00", 3: "150.00", 5: "100.00"},
    102: {1: "300.00", 2: "120.00", 4: "60.00"},
    103: {3: "200.00", 7: "300.00", 14: "500.00"},
    104: {2: "20.00", 5: "20.00"},
    105: {1: "400.00", 3: "500.00"},
    501: {1: "10.00", 6: "60.00"},
}
NEW_INVOICES = {  # entity, customer: the first week in which a new invoice is paid, and how much
    ("nord", "C001"): (5, "300.00"),
    ("nord", None): (5, "100.00"),
    ("sud", None): (6, "40.00"),
}

REASONS = [  # entity, customer, currency, item, rank, code, days, facts
    ("nord", "C001", "EUR", None, 1, "trend", "12.0",
     {"recent_delay_days": 21, "delay_mean_days": 9}),
    ("nord", "C001", "EUR", None, 2, "overdue", "5.0",
     {"overdue_count": 1, "overdue_oldest_days": 30}),
    ("nord", "C001", "EUR", None, 3, "terms", "-2.0", {"term_days": 30}),
    ("nord", "C002", "EUR", None, 1, "overdue", "61.0",
     {"overdue_count": 1, "overdue_oldest_days": 122}),
    ("nord", "C001", "EUR", 101, 1, "trend", "12.0",
     {"recent_delay_days": 21, "delay_mean_days": 9}),
    ("nord", "C001", "EUR", 101, 2, "item", "3.0", {"paid_share": 0.1667}),
    ("nord", "C001", "EUR", 102, 1, "usual_delay", "6.0",
     {"last_10_median_days": 8, "closed_count": 12}),
]  # fmt: skip

RISK = [  # entity, customer, currency, open, overdue, due in 30 days, late, late amount, loss, ...
    ("nord", "C002", "EUR", "2000.00", "2000.00", "0.00", None, "2000.00", "800.00", "210.0",
     "14.0", None, None, "critical", 1, 2, "high"),
    ("nord", "C001", "EUR", "1500.00", "1000.00", "500.00", "0.800000", "1400.00", "25.00", "32.3",
     "9.0", "12.0", "worse", "watch", 2, 1, "watch"),
    ("sud", "C001", "EUR", "100.00", "100.00", "0.00", None, "100.00", "25.00", "150.0",
     "4.0", "0.0", "stable", "high", 3, 3, "high"),
    ("nord", "C003", "EUR", "50.00", "0.00", "0.00", "0.900000", "45.00", "5.00", "60.0",
     None, None, None, "low", 4, None, None),
    ("nord", "C004", "USD", "999.99", "999.99", "0.00", None, "999.99", "50.00", "65.0",
     "3.0", "-1.0", "better", "high", 1, 1, "critical"),
]  # fmt: skip

PRIORITIES = [  # entity, customer, currency, rank, action, minutes, so far, fits, worth, late,
    # due soon, disputed, unapplied, promised, loss
    ("nord", "C002", "EUR", 1, "escalate", 30, 30, True, "812.00", "2000.00", "0.00", "0.00",
     "300.00", "0.00", "800.00"),
    ("nord", "C001", "EUR", 2, "call", 15, 45, True, "140.00", "1000.00", "500.00", "200.00",
     "0.00", "0.00", "25.00"),
    ("sud", "C001", "EUR", 3, "remind_before_due", 5, None, False, "12.00", "100.00", "0.00",
     "0.00", "0.00", "0.00", "25.00"),
    ("nord", "C004", "USD", 1, "call", 15, 15, True, "90.00", "999.99", "0.00", "0.00", "0.00",
     "0.00", "50.00"),
]  # fmt: skip

NAMES = {"C001": "Boulangerie Martin", "C002": "Garage Lefèvre", "C004": "Acme"}
CONTACT = ("M. Dupont", "compta@example.com", "+33 1 23 45 67 89")

METHODS = {"encaisse": "0.14", "mix": "0.15", "customer_curve": "0.18", "due_date": "0.31",
           "mean_delay": "0.24", "ets": "0.17"}  # fmt: skip

TABLES = {
    "predictions.payment_timing": "item_id bigint, entity_id text, customer_id text, "
    "currency text, open_amount decimal(18,2), due_on date, days_late int, p10_on date, "
    "p25_on date, p50_on date, p75_on date, p90_on date, expected_on date, "
    "expected_days_late decimal(9,1), late_probability decimal(7,6), "
    "late_30_probability decimal(7,6), unpaid_90_probability decimal(7,6), "
    "never_probability decimal(7,6), method text, rests_on text, rests_on_count int, "
    "is_doubtful boolean",
    "predictions.reasons": "entity_id text, customer_id text, currency text, item_id bigint, "
    "rank int, code text, effect_days decimal(9,1), facts text",
    "predictions.periods": "period int, kind text, first_on date, last_on date, is_partial boolean",
    "predictions.payment_periods": "item_id bigint, period int, amount decimal(18,2)",
    "predictions.expected_receipts": "entity_id text, customer_id text, currency text, "
    "source text, expected_on date, amount decimal(18,2)",
    "predictions.cash_forecast": "entity_id text, currency text, period int, source text, "
    "amount decimal(18,2), low_50 decimal(18,2), high_50 decimal(18,2), low_80 decimal(18,2), "
    "high_80 decimal(18,2), low_95 decimal(18,2), high_95 decimal(18,2), method text, "
    "interval_basis text, origin_count int",
    "predictions.cash_sums": "entity_id text, currency text, weeks int, amount decimal(18,2), "
    "low_50 decimal(18,2), high_50 decimal(18,2), low_80 decimal(18,2), high_80 decimal(18,2), "
    "low_95 decimal(18,2), high_95 decimal(18,2), interval_basis text, origin_count int",
    "predictions.backtest_weeks": "entity_id text, currency text, origin_on date, "
    "horizon_week int, method text, forecast_amount decimal(18,2), low_50 decimal(18,2), "
    "high_50 decimal(18,2), low_80 decimal(18,2), high_80 decimal(18,2), low_95 decimal(18,2), "
    "high_95 decimal(18,2), actual_amount decimal(18,2)",
    "predictions.backtest_scores": "entity_id text, currency text, subject text, method text, "
    "horizon text, metric text, value decimal(18,6), low decimal(18,6), high decimal(18,6), "
    "count int",
    "predictions.calibration": "method text, target text, bin int, predicted decimal(7,6), "
    "observed decimal(7,6), count int",
    "predictions.drift": "measure text, entity_id text, value decimal(18,6), low decimal(18,6), "
    "high decimal(18,6), is_out boolean, told_on date",
    "predictions.model_card": "model_id text, section text, name text, value text",
    "predictions.customer_risk": "entity_id text, customer_id text, currency text, "
    "open_amount decimal(18,2), overdue_amount decimal(18,2), due_30_amount decimal(18,2), "
    "late_probability decimal(7,6), expected_late_amount decimal(18,2), "
    "expected_loss_amount decimal(18,2), expected_days_late decimal(9,1), "
    "usual_days_late decimal(9,1), trend_days decimal(9,1), trend text, risk_class text, "
    "rank int, rank_before int, class_before text, stake_amount decimal(18,2), "
    "doubtful_amount decimal(18,2), customer_name text",
    "predictions.cash_exceptionals": "entity_id text, currency text, exceptional text, "
    "item_count int, amount decimal(18,2), expected_amount decimal(18,2)",
    "predictions.forecast_history": "forecast_on date, version text, entity_id text, "
    "currency text, first_on date, last_on date, said_amount decimal(18,2), low_80 decimal(18,2), "
    "high_80 decimal(18,2), actual_amount decimal(18,2), origin text",
    "predictions.variances": "forecast_on date, first_on date, last_on date, entity_id text, "
    "currency text, cause text, customer_id text, amount decimal(18,2)",
    "worklist.priorities": "entity_id text, customer_id text, currency text, rank int, "
    "action text, minutes int, cumulated_minutes int, fits_today boolean, "
    "worth_amount decimal(18,2), late_amount decimal(18,2), due_soon_amount decimal(18,2), "
    "disputed_amount decimal(18,2), unapplied_amount decimal(18,2), "
    "promised_amount decimal(18,2), expected_loss_amount decimal(18,2), collector text, "
    "contact_name text, contact_email text, contact_phone text, customer_name text, "
    "doubtful_amount decimal(18,2), worth_book_amount decimal(18,2), book_currency text",
    "worklist.items": "item_id bigint, entity_id text, customer_id text, rank int, "
    "open_amount decimal(18,2), due_on date, days_late int, set_apart text, "
    "chased_amount decimal(18,2)",
    "worklist.outcomes": "listed_on date, entity_id text, customer_id text, currency text, "
    "rank int, action text, listed_amount decimal(18,2), paid_amount decimal(18,2), days int",
    "receivables.receipts": "entity_id text, customer_id text, currency text, received_on date, "
    "amount decimal(18,2)",
}


def tables() -> Iterator[tuple[str, str, list[tuple]]]:
    """Yield the name, the columns and the rows of every table of predictions."""
    for name, columns in TABLES.items():
        yield name, columns, ROWS[name]()


def week(number: int) -> date:
    """Return the Monday of a week of the forecast."""
    return AS_OF + timedelta(days=1 + 7 * (number - 1))


def _timing() -> list[tuple]:
    rows = []
    for item, *known in TIMING:
        days = [None if day is None else AS_OF + timedelta(days=int(day)) for day in known[6:11]]
        expected = AS_OF + timedelta(days=float(known[11]) - float(known[5] or 0))
        rows.append(
            (int(item), *known[:6], *days, expected, *known[11:16], "mix", *known[16:], False)
        )
    return rows


def _reasons() -> list[tuple]:
    return [(*row[:7], json.dumps(row[7])) for row in REASONS]


def _periods() -> list[tuple]:
    rows = [(n, "week", week(n), week(n) + timedelta(days=6), False) for n in range(1, WEEKS + 1)]
    first = week(WEEKS + 1)
    for n in range(WEEKS + 1, BEYOND):
        month = 9 + n - WEEKS  # the first is what is left of September, with October
        after = date(2024 + month // 12, month % 12 + 1, 1)
        rows.append((n, "month", first, after - timedelta(days=1), n == WEEKS + 1))
        first = after
    return [*rows, (BEYOND, "beyond", first, None, False)]


def _payment_periods() -> list[tuple]:
    rows = []
    for item, *told in TIMING:
        amounts = {n: Decimal(each) for n, each in PERIODS_OF[int(item)].items()}
        rest = Decimal(told[3]) - sum(amounts.values())
        rows += [(int(item), n, amount) for n, amount in {**amounts, BEYOND: rest}.items()]
    return rows


def _expected() -> list[tuple]:
    whose = {int(item): told[:3] for item, *told in TIMING}
    starts = {n: first for n, _, first, _, _ in _periods()}
    rows = [
        (*whose[item], "open_book", starts[n] + timedelta(days=2), amount)
        for item, n, amount in _payment_periods()
        if n != BEYOND
    ]
    for (entity, customer), (first, amount) in NEW_INVOICES.items():
        rows += [
            (entity, customer, "EUR", "new_invoices", starts[n] + timedelta(days=3), amount)
            for n in range(first, WEEKS + 1)
        ]
    return rows


def _bounds(amount: Decimal, spread: str = "1") -> tuple:
    """Return low and high at 50, 80 and 95 %, as wide as `spread` says."""
    cents = Decimal("0.01")
    return tuple(
        (amount * (1 + Decimal(sign) * Decimal(spread))).quantize(cents)
        for sign in ("-0.1", "0.1", "-0.2", "0.2", "-0.3", "0.35")
    )


def _forecast() -> list[tuple]:
    found: dict[tuple, Decimal] = {}
    last = {n: (first, end) for n, _, first, end, _ in _periods() if end}
    for entity, _, currency, source, on, amount in _expected():
        n = next(n for n, (first, end) in last.items() if first <= on <= end)
        for whose in (entity, "*"):
            for what in (source, "total"):
                key = (whose, currency, n, what)
                found[key] = found.get(key, Decimal(0)) + Decimal(amount)
    rows = []
    for (entity, currency, n, source), amount in sorted(found.items()):
        if entity == "*" and source != "total":
            continue
        bounds = _bounds(amount) if source == "total" else (None,) * 6
        rows.append((entity, currency, n, source, amount, *bounds, "mix", "backtest", 26))
    return rows


def _sums() -> list[tuple]:
    rows = []
    totals = [row for row in _forecast() if row[3] == "total"]
    for weeks in (4, 8, 13):
        for entity, currency in sorted({row[:2] for row in totals}):
            amount = sum(
                (row[4] for row in totals if row[:2] == (entity, currency) and row[2] <= weeks),
                Decimal(0),
            )
            bounds = _bounds(amount, "0.4" if entity == "*" else "0.5")
            rows.append((entity, currency, weeks, amount, *bounds, "backtest", 26))
    return rows


def _backtest_weeks() -> list[tuple]:
    rows = []
    for n in range(20):
        origin = AS_OF - timedelta(days=7 * (20 - n))
        for horizon in (1, 4, 8, 13):
            end = origin + timedelta(days=7 * horizon)
            if end > AS_OF:
                continue
            actual = Decimal(400 + 37 * ((n * 7 + horizon) % 9))
            for method in METHODS:
                said = actual + (Decimal(40) if method == "encaisse" else Decimal(120))
                bounds = _bounds(said) if method == "encaisse" else (None,) * 6
                row = ("nord", "EUR", origin, horizon, method, said, *bounds, actual)
                rows.append(row)
    return rows


def _scores() -> list[tuple]:
    rows = []
    for subject in ("open_book", "total"):
        for method, wape in METHODS.items():
            for n, horizon in enumerate(("1-4", "5-8", "9-13", "all")):
                value = Decimal(wape) + Decimal("0.02") * n
                if method == "ets" and horizon == "9-13":
                    value = Decimal("0.15")  # the one place where a simple rule is better
                bounds = (value - Decimal("0.02"), value + Decimal("0.02"), 240)
                rows.append((subject, method, horizon, "wape", value, *bounds))
                bias = (Decimal("0.01"), Decimal("-0.02"), Decimal("0.03"), 240)
                rows.append((subject, method, horizon, "bias", *bias))
    for horizon, held in (("1-4", "0.82"), ("5-8", "0.80"), ("9-13", "0.77")):
        for level, shift in ((50, "-0.30"), (80, "0"), (95, "0.15")):
            value = Decimal(held) + Decimal(shift)
            rows.append(("total", "encaisse", horizon, f"coverage_{level}", value, None, None, 80))
    for method, auc, mae in (("mix", "0.891", "6.1"), ("customer_curve", "0.870", "6.9"),
                             ("due_date", "0.500", "11.0")):  # fmt: skip
        rows.append(("invoices", method, "all", "auc", Decimal(auc), None, None, 900))
        rows.append(("invoices", method, "all", "mae_days", Decimal(mae), None, None, 900))
    return rows


def _calibration() -> list[tuple]:
    return [
        ("mix", target, n, Decimal(n) / 10 - Decimal("0.05"), Decimal(n) / 10 - Decimal("0.04"), 90)
        for target in ("late", "late_30")
        for n in range(1, 11)
    ]


def _history() -> list[tuple]:
    rows = []
    for back, actual in ((4, "480.00"), (3, "900.00"), (2, "310.00"), (1, "405.00")):
        said_on = AS_OF - timedelta(days=7 * back)
        first = said_on + timedelta(days=1)
        end = first + timedelta(days=6)
        bounds = (Decimal("400.00"), Decimal("600.00"))
        rows.append(
            (said_on, f"v{back}", "nord", "EUR", first, end, Decimal("500.00"), *bounds,
             Decimal(actual), "published")
        )  # fmt: skip
    return rows


def _variances() -> list[tuple]:
    on = AS_OF - timedelta(days=21)
    week = (on, on + timedelta(days=1), on + timedelta(days=7))
    return [
        (*week, "nord", "EUR", "timing", "C001", Decimal("300.00")),
        (*week, "nord", "EUR", "new_sales", None, Decimal("150.00")),
        (*week, "nord", "EUR", "not_paid", "C002", Decimal("-50.00")),
    ]


def _listed() -> list[tuple]:
    ranks = {row[:2]: row[3] for row in PRIORITIES}
    apart = {102: "disputed"}
    return [
        (int(item), entity, customer, ranks[entity, customer], amount,
         due, late, apart.get(int(item)), "0.00" if int(item) in apart else amount)
        for item, entity, customer, _, amount, due, late, *_ in TIMING
        if (entity, customer) in ranks
    ]  # fmt: skip


ROWS = {
    "predictions.payment_timing": _timing,
    "predictions.reasons": _reasons,
    "predictions.periods": _periods,
    "predictions.payment_periods": _payment_periods,
    "predictions.expected_receipts": _expected,
    "predictions.cash_forecast": _forecast,
    "predictions.cash_sums": _sums,
    "predictions.backtest_weeks": _backtest_weeks,
    "predictions.backtest_scores": lambda: [
        (*whose, *row)
        for row in _scores()
        for whose in ((None, None), ("nord", "EUR"))
        if row[0] != "invoices" or whose == (None, None)
    ],
    "predictions.calibration": _calibration,
    "predictions.drift": lambda: [
        ("late_share_28", None, "0.41", "0.28", "0.38", True, AS_OF),
        ("paid_share_28", None, "6.4", "4.0", "8.0", False, AS_OF),
    ],
    "predictions.model_card": lambda: [
        ("m1", "data", "settled_documents", "1480"),
        ("m1", "features", "delay_mean_days", "mean delay of all payments (days)"),
        ("m1", "model", "in use", "yes"),
        ("m1", "model", "knows up to", "2024-06-30"),
        ("m1", "model", "method", "mix"),
        ("m1", "model", "trained because", "never trained"),
        ("m1", "scores", "mix, open: auc", "0.900 (0.867 to 0.928)"),
        ("m1", "versions", "scikit-learn", "1.9.1"),
    ],
    "predictions.customer_risk": lambda: [
        (*row, row[8], "0.00", NAMES.get(row[1], row[1])) for row in RISK
    ],
    "predictions.cash_exceptionals": lambda: [
        ("nord", "EUR", "already_received", 1, "300.00", "0.00"),
        ("nord", "EUR", "disputed", 1, "500.00", "480.00"),
    ],
    "predictions.forecast_history": _history,
    "predictions.variances": _variances,
    "worklist.priorities": lambda: [
        (*row, "Nadia", *CONTACT, NAMES[row[1]], "0.00", row[8], "EUR") for row in PRIORITIES
    ],
    "worklist.items": _listed,
    "worklist.outcomes": lambda: [
        (AS_OF - timedelta(days=1), "nord", "C002", "EUR", 1, "escalate", "2300.00", "300.00", 1),
        (AS_OF - timedelta(days=1), "nord", "C001", "EUR", 2, "call", "1500.00", "0.00", 1),
    ],
    "receivables.receipts": lambda: [
        ("nord", "C001", "EUR", date(2024, 3, 20), "700.00"),
        ("nord", "C001", "EUR", date(2024, 6, 10), "200.00"),
        ("nord", "C002", "EUR", date(2024, 6, 20), "300.00"),
    ],
}
