"""The days, with what a day is to the one who pays: a weekday, a holiday, one long past."""

from datetime import date, timedelta

import duckdb
import holidays
import pyarrow as pa

from pipelines.settings import Settings
from pipelines.sql_tables import make_schema

WEIGHT_DOUBLES_EVERY_DAYS = 90
WEIGHT_LASTS_DAYS = 12 * 366
CALENDAR_GOES_ON_DAYS = 800
NO_BOOKINGS = date(2000, 1, 1)


def make_calendar(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make `features.calendar`: from the first booking to two years after the last.

    The weight of a day is a whole number that doubles every 90 days: weighted sums are exact, and
    their ratio is a mean in which a payment counts half as much for every 90 days it is old.
    What is older than twelve years has faded to nothing.
    """
    [(first, last)] = con.sql("select min(booked_on), max(booked_on) from ledger.items").fetchall()
    first, last = first or NO_BOOKINGS, last or NO_BOOKINGS
    days = [
        first + timedelta(days=day) for day in range((last - first).days + CALENDAR_GOES_ON_DAYS)
    ]
    off = holidays_of(settings.defaults.country, {day.year for day in days})
    works = [day.weekday() < 5 and day not in off for day in days]
    rests = [0] * len(days)
    for place in range(len(days) - 2, -1, -1):
        rests[place] = 0 if works[place] else 1 + rests[place + 1]
    base = max(first, last - timedelta(days=WEIGHT_LASTS_DAYS))
    weights = [round(2 ** ((day - base).days / WEIGHT_DOUBLES_EVERY_DAYS) * 1024) for day in days]
    table = pa.table(
        {
            "day": pa.array(days, pa.date32()),
            "weekday": pa.array([day.weekday() for day in days], pa.int32()),
            "rest_days": pa.array(rests, pa.int32()),
            "weight": pa.array(weights, pa.decimal128(38, 0)),
        }
    )
    make_schema(con, "features")
    con.register("arriving", table)
    con.execute("create or replace table features.calendar as from arriving")
    con.unregister("arriving")


def holidays_of(country: str, years: set[int]) -> set[date]:
    """Return a country's public holidays; none where the country is not known."""
    try:
        return set(holidays.country_holidays(country, years=sorted(years)))
    except NotImplementedError:
        return set()
