"""Tables and numbers of the report."""

from collections.abc import Sequence
from typing import NamedTuple


class Target(NamedTuple):
    """What was aimed at, and what came of it."""

    what: str
    aim: str
    measured: str
    is_met: bool

    @classmethod
    def at_least(cls, what: str, aim: float, measured: float, unit: str) -> "Target":
        """Return a target that is met by as much or more."""
        return cls(what, f"at least {aim:g}{unit}", f"{number(measured)}{unit}", measured >= aim)

    @classmethod
    def at_most(cls, what: str, aim: float, measured: float, unit: str) -> "Target":
        """Return a target that is met by as much or less."""
        return cls(what, f"at most {aim:g}{unit}", f"{number(measured)}{unit}", measured <= aim)


def number(value: float) -> str:
    """Write a number with three digits that mean something, and no more.

    >>> number(1234.5), number(12.345), number(0.012345)
    ('1,234', '12.3', '0.0123')
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def times(value: float) -> str:
    """Write a ratio.

    >>> times(12.34), times(1.04), times(0.5)
    ('12x', '1.0x', '0.50x')
    """
    return f"{value:,.{0 if value >= 10 else 1 if value >= 1 else 2}f}x"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table, numbers flush right."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
