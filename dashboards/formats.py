"""Figures as the reader's language writes them. The one place where an amount becomes text."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import streamlit as st
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
)

from dashboards.language import locale, nt, t

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
COMPACT_FROM = 1_000_000


def money(amount: Decimal, currency: str) -> str:
    """Return an amount to the cent with its currency: `€1,234.56`, `1 234,56 €`."""
    return _signed(format_currency(amount, currency, locale=locale()))


def money_short(amount: Decimal, currency: str) -> str:
    """Return an amount as a sentence says it: whole units, and from a million on `€1.84M`."""
    if abs(amount) >= COMPACT_FROM:
        return _signed(
            format_compact_currency(amount, currency, locale=locale(), fraction_digits=2)
        )
    pattern = Locale.parse(locale()).currency_formats["standard"].pattern.replace(".00", "")
    return _signed(
        format_currency(amount, currency, format=pattern, locale=locale(), currency_digits=False)
    )


def between(low: Decimal, high: Decimal, currency: str) -> str:
    """Return a range of amounts as a sentence says it: `between €1.9M and €2.2M`."""
    return t(
        "between {low} and {high}",
        low=money_short(low, currency),
        high=money_short(high, currency),
    )


def compact(amount: Decimal) -> str:
    """Return an amount in thousands or millions, for a chart whose title says the currency."""
    digits = 1 if abs(amount) >= COMPACT_FROM else 0
    return _signed(format_compact_decimal(amount, locale=locale(), fraction_digits=digits))


def amount(value: Decimal | None) -> str:
    """Return an amount to the cent for a column in which 0.00 is what a reader looks for."""
    return number(value, 2)


def amount_or_dash(value: Decimal | None) -> str:
    """Return an amount for a column whose header names the currency: a dash for nothing."""
    return number(value, 2) if value else NOTHING


def number(value: Decimal | int | None, decimals: int = 0) -> str:
    """Return a number with so many decimals, or nothing where there is none."""
    if value is None:
        return ""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return _signed(format_decimal(value, format=pattern, locale=locale()))


def percent(value: Decimal | None, decimals: int = 0) -> str:
    """Return a share that is given in percent: 22.4 becomes `22%`, `22 %`."""
    if value is None:
        return NOTHING
    pattern = Locale.parse(locale()).percent_formats[None].pattern
    if decimals:
        pattern = pattern.replace("0", "0." + "0" * decimals)
    return _signed(format_percent(Decimal(value) / 100, format=pattern, locale=locale()))


def days(value: Decimal | int | None, is_lower_bound: bool = False) -> str:
    """Return a number of days, or that it is more than that number."""
    if value is None:
        return NOTHING
    whole = round(value)
    told = nt("{count} day", "{count} days", abs(whole), count=number(whole))
    return t("more than {days}", days=told) if is_lower_bound else told


def day(value: date | None) -> str:
    """Return a date as a sentence says it: `31 Mar 2026`, `31 mars 2026`."""
    return _day(value, locale()) if value else ""


@lru_cache(maxsize=4096)  # a chart of two years says each of its days for every series
def _day(value: date, there: str) -> str:
    return _first(format_date(value, "d MMM y", locale=there))


def day_short(value: date | None) -> str:
    """Return a date for a column: `31/03/2026`; unambiguous in English: `31 Mar 2026`."""
    if value is None:
        return ""
    return format_date(value, "dd/MM/y" if locale() == "fr" else "dd MMM y", locale=locale())


def day_of_year(value: date) -> str:
    """Return a date whose year is plain: `31 Mar`, `31 mars`."""
    return _first(format_date(value, "d MMM", locale=locale()))


def month(value: date) -> str:
    """Return a month: `Mar 2026`, `mars 2026`."""
    return format_date(value, "MMM y", locale=locale())


def moment(value: datetime) -> str:
    """Return a day and an hour, where the reader is."""
    there = value.astimezone(ZoneInfo(st.context.timezone or "UTC"))
    return format_datetime(there, "d MMM y, HH:mm", locale=locale())


def _first(text: str) -> str:
    """Return a date as French says it on the first of a month: `1er juil.`."""
    return f"1er{text[1:]}" if locale() == "fr" and text.startswith("1 ") else text


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
