"""Which entries count where exports repeat each other: held to a twin that compares every two."""

from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.pipelines.books import Fec, build

BEGUN = date(2024, 1, 1)
ENTRIES = 8
"""Entries of the books, one a day; an export may have an entry otherwise, or not at all."""


class Export(NamedTuple):
    """Amounts in euros by entry, and the newest day that the export knows."""

    amounts: dict[int, int]
    known: int

    @property
    def first(self):
        return min(self.amounts)

    @property
    def last(self):
        return max(self.amounts)

    @property
    def latest(self):
        return max(self.last, self.known)


exports = st.builds(
    Export,
    st.dictionaries(st.integers(0, ENTRIES - 1), st.integers(1, 2), min_size=1),
    st.integers(0, 2 * ENTRIES),
)


def day(number):
    return (BEGUN + timedelta(days=number)).isoformat()


def fec(number, export):
    told = Fec(name=f"export {number}")
    for entry, amount in sorted(export.amounts.items()):
        lines = ("411000", "C1", amount), ("701000", None, -amount)
        told.entry(day(entry), *lines, entry_number=f"{entry}")
    told.lines[0]["validated_on"] = date.fromisoformat(day(export.latest))
    return told


def kept_by_every_two(told):
    """Return (export, entry) of what counts, each export held against every newer one."""
    order = sorted(range(len(told)), key=lambda number: (told[number].latest, number))
    out = set()
    for place, older in enumerate(order):
        for newer in order[place + 1 :]:
            one, other = told[older], told[newer]
            days = range(max(one.first, other.first), min(one.last, other.last) + 1)
            of_older = [entry for entry in one.amounts if entry in days]
            same = [e for e in of_older if other.amounts.get(e) == one.amounts[e]]
            if same and 2 * len(same) >= len(of_older):
                out |= {(older, entry) for entry in of_older}
            out |= {(older, entry) for entry in same}
    return {(n, entry) for n, each in enumerate(told) for entry in each.amounts} - out


@given(st.lists(exports, min_size=1, max_size=6))
@example([Export(dict.fromkeys(range(size), 1), 0) for size in range(1, 8)])
@settings(max_examples=60, deadline=None)
def test_an_entry_counts_as_if_every_two_exports_were_compared(told):
    con = build(
        *(fec(number, export) for number, export in enumerate(told)),
        wanted=["staging.fec_entries_kept"],
    )
    found = con.sql(
        "select cast(regexp_extract(source_sha256, '[0-9]+') as int), cast(entry_number as int) "
        "from staging.fec_entries_kept"
    ).fetchall()
    assert sorted(found) == sorted(kept_by_every_two(told))


def test_an_export_of_every_morning_is_held_against_the_next_one_alone():
    mornings = [Export(dict.fromkeys(range(size), 1), 0) for size in range(2, 9)]
    told = [fec(number, export) for number, export in enumerate(mornings)]
    con = build(*told, wanted=["staging.fec_overlaps"])
    pairs = con.sql("select older_sha256, newer_sha256 from staging.fec_overlaps").fetchall()
    names = [f"fec{number}-export {number}" for number in range(len(told))]
    assert sorted(pairs) == list(pairwise(names))


def march(name, first_number, *more):
    """March as an export that numbers its entries from `first_number` on."""
    fec = Fec(name=name)
    fec.entries = first_number - 1
    for number in range(6):
        fec.sale(f"2024-03-{5 + number:02}", f"C{number}", f"{100 + number}", f"F{number}")
    for sale in more:
        fec.sale(*sale)
    return fec


def owed(*fecs):
    con = build(*fecs, wanted=["ledger.items"])
    return con.execute("select sum(amount)::varchar from ledger.items").fetchall()[0][0]


def test_an_export_that_numbers_its_entries_anew_replaces_the_one_before():
    later = march("later", 3, ("2024-03-20", "C9", "7", "F9"))
    assert owed(march("earlier", 1), later) == "622.00"
    assert owed(march("earlier", 1), march("between", 500), later) == "622.00"


def test_entries_numbered_anew_are_known_again_past_another_export_of_the_same_days():
    wages = Fec("wages")
    for day in ("2024-03-01", "2024-03-31"):
        wages.entry(day, ("641000", None, "9"), ("421000", None, "-9"), journal="PAIE")
    assert owed(march("earlier", 1), wages, march("later", 300)) == "615.00"


def test_of_entries_that_are_numbered_anew_one_that_is_gone_is_gone():
    corrected = march("corrected", 40, ("2024-03-20", "C9", "7", "F9"))
    corrected.lines = [line for line in corrected.lines if line["entry_number"] != "00042"]
    assert owed(march("first", 1), corrected) == "520.00"


def test_entries_alike_of_two_parts_that_meet_on_one_day_all_count():
    parts = Fec("one"), Fec("two")
    for number, part in enumerate(parts):
        part.entries = 10 * number
        part.sale(f"2024-03-{10 + number}", "C1", "50", "F1").sale("2024-03-11", "C1", "9", None)
    parts[1].entry("2024-03-12", ("512000", None, "1"), ("701000", None, "-1"))
    assert owed(*parts) == "118.00"
