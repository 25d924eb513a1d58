"""Say in a sentence why a line of a FEC cannot be read, and what it should be."""

import re

from pipelines.intake.fec_header import Layout, plain
from pipelines.intake.fec_parse import DAY_COLUMNS, LONGEST

AMOUNTS = ("Debit", "Credit", "Montant", "Montantdevise")
_DAYS = tuple(DAY_COLUMNS.values())


def reason_for(column: str, value: str, layout: Layout) -> str:
    """Return why a line cannot be read.

    Args:
        column: The lawful name of the column that is wrong, or `*` for the number of fields.
        value: What stands there, or the whole line.
        layout: Where the columns of the file are, and what it calls them.
    """
    if column == "*":
        return _of_fields(value, layout)
    name = layout.called(column)
    if plain(value) == plain(name):
        return "The line is the header once more. Export the file again, with one header."
    if column in AMOUNTS:
        return f"{name} {_of_amount(value)}"
    if column in _DAYS:
        return f"{name} {_of_day(value)}"
    if column == "Sens":
        return f"{name} must say D or C, or +1 or -1."
    return f"{name} is empty. The line cannot be placed in the books without it."


def lacks_fields(line: str, layout: Layout) -> bool:
    """Say whether a line has fewer fields than the header."""
    return not _is_too_long(line) and _fields(line, layout) < len(layout.names)


def _is_too_long(line: str) -> bool:
    return len(line.encode()) > LONGEST


def _fields(line: str, layout: Layout) -> int:
    return line.count(layout.separator)  # one stands in place of the line end


def _of_fields(line: str, layout: Layout) -> str:
    if _is_too_long(line):
        return f"The line has more than {LONGEST:,} bytes: line ends are missing."
    found = _fields(line, layout)
    said = (
        f"The line has {found} field{'s' if found != 1 else ''}, "
        f"the header has {len(layout.names)}:"
    )
    if lacks_fields(line, layout):
        return f"{said} a separator is missing, or the line is broken in two."
    return f"{said} a text holds the separator, which a FEC does not allow."


def _of_amount(value: str) -> str:
    if re.search(r"[0-9]\s+[0-9]", value) or len(re.findall(r"[.,]", value)) > 1:
        return "has a thousands separator, which a FEC does not have. Write 1234,56."
    if re.fullmatch(r"[-+]?[0-9]*[.,][0-9]{3,}[-+]?", value):
        return "has more than two decimals. It is not rounded: write 1234,56."
    if re.fullmatch(r"[-+]?0*[1-9][0-9]{13,}([.,][0-9]*)?[-+]?", value):
        return "is too large for an amount, which is below 10,000,000,000,000. Check it."
    return "is not an amount. Write digits and a decimal comma, as in 1234,56."


def _of_day(value: str) -> str:
    if not value:
        return "is empty. Write the day as in 20240131."
    digits = re.sub(r"[-/. ]", "", value)[:8]
    if re.fullmatch(r"(19|20)[0-9]{6}|[0-9]{4}(19|20)[0-9]{2}", digits):
        return "is a day that no calendar has. Write it as in 20240131."
    return "is not a day between 1900 and 2099. Write it as in 20240131."
