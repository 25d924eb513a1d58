"""Tables and numbers of the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.measuring import growth


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


def compared(rows: Sequence[Mapping[str, Any]], ours: str) -> str:
    """Write what each subject took at each size, beside what ours took.

    Args:
        rows: items, subject, wall_seconds, cpu_seconds, peak_mb.
        ours: Whose CPU time the others' is a multiple of.
    """
    cpu = {(row["items"], row["subject"]): row["cpu_seconds"] for row in rows}
    return table(
        ("who", "items", "wall s", "CPU s", "peak MB", "CPU, of ours"),
        [
            (
                row["subject"],
                f"{row['items']:,}",
                number(row["wall_seconds"]),
                number(row["cpu_seconds"]),
                number(row["peak_mb"]),
                times(row["cpu_seconds"] / cpu[row["items"], ours]),
            )
            for row in rows
        ],
    )


def exponent(rows: Sequence[Mapping[str, Any]], subject: str) -> float | None:
    """Return the growth exponent of a subject's CPU time; None where three sizes are not known."""
    found = sorted((row["items"], row["cpu_seconds"]) for row in rows if row["subject"] == subject)
    if len(found) < 3:
        return None
    return growth(*zip(*found, strict=True))


def growths(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say how the CPU time of each subject grows."""
    subjects = dict.fromkeys(row["subject"] for row in rows)
    told = [(name, exponent(rows, name)) for name in subjects]
    known = [f"{name} {value:.2f}" for name, value in told if value is not None]
    if not known:
        return "Growth exponents: three sizes are needed, and were not measured."
    return f"Growth exponents of the CPU time: {'; '.join(known)}."


def where(profile: Mapping[str, float], items: int, what: str) -> str:
    """Write where the time of ours goes: seconds by part, the longest first."""
    rows = [
        (name, number(seconds), f"{seconds / max(sum(profile.values()), 1e-9):.0%}")
        for name, seconds in sorted(profile.items(), key=lambda each: -each[1])
    ]
    return f"""Where our time goes, {what}, at {items:,} items:

{table(("part", "s", "share"), rows)}"""
