"""Which sign credits have in lists of their own: told by all lists of a kind together.

Software writes payments positive, or negative; money given back has the other sign. One small list
may hold more of that than of payments, or nothing else, and would be read the wrong way round by
itself. More money comes in than goes back: over all lists that are read in one way, the sum tells.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from pipelines.intake.receipts import Receipt

WRITTEN = "written_"
"""Facts of a list of payments or credit notes: the sum of each currency as the file writes it."""

SIGN = "credits_are"
"""The fact that says how the list was read: `positive` or `negative`."""

_SUM = re.compile(r"(?P<amount>-?[0-9.]+) [(](?P<count>[0-9]+)[)]")


def signs_together(receipts: Iterable[Receipt]) -> dict[str, str]:
    """Tell the sign of the credits in each list, by all that are read in the same way.

    The currency with most records decides. The order of the lists changes nothing.

    Args:
        receipts: Of what was taken in, each list read by itself.

    Returns:
        `positive` or `negative`, by the SHA-256 of a list; of lists of credits alone.
    """
    alike: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        if SIGN in receipt.facts:
            alike[receipt.format, receipt.folder.partition(".")[2]].append(receipt)
    signs = {}
    for group in alike.values():
        sign = _sign_of([receipt.facts for receipt in group])
        for receipt in group:
            signs[receipt.sha256] = sign or receipt.facts[SIGN]
    return signs


def _sign_of(lists: Iterable[Mapping[str, str]]) -> str | None:
    counts: dict[str, int] = defaultdict(int)
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for facts in lists:
        for name, value in facts.items():
            found = _SUM.fullmatch(value) if name.startswith(WRITTEN) else None
            if found:
                counts[name] += int(found["count"])
                amounts[name] += Decimal(found["amount"])
    deciding = max(counts, key=lambda name: (counts[name], name), default=None)
    if deciding is None or not amounts[deciding]:
        return None
    return "negative" if amounts[deciding] < 0 else "positive"
