"""Years of books in every combination: whatever the openings say, the figures tie.

Hypothesis invents three years of a firm, with openings in detail, summed up, without customers,
wrong or missing; with years that are not there and files that are there twice. Nothing of that may
ever stand between a firm and its figures, and no figure may differ from the books.
"""

from collections import defaultdict
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.defs.checks import RULES, find
from tests.pipelines.books import Fec, build

TIES = {
    "buckets_equal_open_items_equal_the_ledger",
    "open_items_of_the_day_equal_the_ledger",
    "days_of_the_history_equal_the_ledger",
    "items_equal_the_books",
    "entries_balance",
}
YEARS = (2023, 2024, 2025)

movements = st.lists(
    st.tuples(
        st.sampled_from(["sale", "receipt"]),
        st.sampled_from(["A", "B", None]),  # None: on the collective account
        st.integers(1, 12),
        st.integers(1, 300),
        st.sampled_from([None, "AA", "AB", "ac"]),
    ),
    max_size=5,
)
openings = st.sampled_from(["none", "detail", "summed up", "pooled", "wrong", "partly missing"])


right_openings = st.sampled_from(["none", "detail", "summed up", "pooled"])


@st.composite
def firms(draw, styles=openings):
    """Three years of entries, and how each year but the first is opened."""
    return [(draw(movements), draw(styles) if year > YEARS[0] else "none") for year in YEARS]


def files_of(firm) -> list[Fec]:
    """One FEC a year. The openings follow from what is open when the year before ends."""
    files = []
    balances = defaultdict(list)  # customer -> the lines of all years so far
    for year, (entries, style) in zip(YEARS, firm, strict=True):
        fec = Fec(str(year))
        total = {who: sum(amount for _, amount in lines) for who, lines in balances.items()}
        if style == "detail":
            lines = [
                (who, amount, {"document_ref": ref})
                for who, all_lines in balances.items()
                for ref, amount in all_lines
            ]
        elif style == "pooled":
            lines = [(None, sum(total.values()))]
        elif style == "wrong":
            lines = [(who, amount + 7) for who, amount in total.items()]
        elif style == "partly missing":
            lines = list(total.items())[:1]
        else:
            lines = list(total.items()) if style == "summed up" else []
        if lines:
            fec.opening(f"{year}-01-01", *lines)
        for number, (kind, who, month, cents, code) in enumerate(entries):
            ref = f"{year}-{number}"
            make = fec.sale if kind == "sale" else fec.receipt
            amount = Decimal(cents) / 100
            make(f"{year}-{month:02}-15", who, amount, ref, lettering=code)
            balances[who].append((ref, amount if kind == "sale" else -amount))
        files.append(fec)
    return files


@settings(max_examples=30, deadline=None)
@given(
    firm=firms(),
    given_years=st.sets(st.sampled_from(YEARS), min_size=1),
    twice=st.booleans(),
    as_of=st.sampled_from(["2023-06-30", "2024-01-01", "2024-12-31", "2025-12-31"]),
)
def test_whatever_the_openings_say_the_figures_tie(firm, given_years, twice, as_of):
    files = [
        fec
        for year, fec in zip(YEARS, files_of(firm), strict=True)
        if year in given_years and fec.lines
    ]
    if twice and files:
        half = Fec("again", lines=[line for line in files[0].lines if line["entry_on"].month < 7])
        files += [half] if half.lines else []
    with build(*files, as_of=as_of) as con:
        broken = {
            rule.name: find(con, rule) for rule in RULES if rule.name in TIES and find(con, rule)[0]
        }
        assert broken == {}


@settings(max_examples=30, deadline=None)
@given(firm=firms(right_openings))
def test_however_the_years_are_opened_each_customer_owes_what_was_booked_to_it(firm):
    booked = defaultdict(Decimal)
    for entries, _ in firm:
        for kind, who, _, cents, _ in entries:
            booked[who or "411000"] += Decimal(cents if kind == "sale" else -cents) / 100
    files = [fec for fec in files_of(firm) if fec.lines]
    with build(*files, wanted=["ledger.items"]) as con:
        owed = con.sql("select customer_id, sum(amount) from ledger.items group by all").fetchall()
        assert {who: cents for who, cents in owed if cents} == {
            who: cents for who, cents in booked.items() if cents
        }
