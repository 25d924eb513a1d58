"""The buckets that everybody is asked for."""

BOUNDS = (30, 60, 90, 120)
CODES = {
    0: "not_due",
    1: "1-30",
    2: "31-60",
    3: "61-90",
    4: "91-120",
    5: "over_120",
    90: "no_due_date",
    91: "unapplied",
}

Balances = dict[tuple[str, str], float]
"""Amount by party and bucket."""
