"""The sample company's ledgers: lawful files, balanced books, letterings that hold."""

from collections import defaultdict
from datetime import date
from itertools import pairwise

import holidays
import pytest

from tests.pipelines.sample_company import (
    FORMS,
    GOODS,
    NAMES,
    SERVICES,
    YEARS,
    entries,
    header_and_rows,
    make,
    read_fecs,
)

CUSTOMER_ACCOUNTS = ("411", "413", "416", "418", "419")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def lines(folder):
    return read_fecs(folder)


def of_year(lines, entity, year):
    return [line for line in lines if line.entity == entity and line.year == year]


def balances(lines, *by):
    found = defaultdict(int)
    for line in lines:
        found[tuple(getattr(line, name) for name in by)] += line.amount
    return {key: amount for key, amount in found.items() if amount}


def letter_groups(lines):
    """Lines lettered for good, by account, customer, code and year of the lettering."""
    found = defaultdict(list)
    for line in lines:
        if line.letter.isupper():
            key = line.account, line.customer, line.letter, line.lettered_on[:4]
            found[key].append(line)
    return found


def test_there_is_one_file_per_entity_and_year_named_as_the_law_says(folder):
    names = sorted(path.name for path in folder.glob("*FEC*.txt"))
    assert names == [f"{siren}FEC{year}1231.txt" for siren in (GOODS, SERVICES) for year in YEARS]


def test_every_file_has_the_eighteen_columns_on_every_line(folder):
    for path in folder.glob("*FEC*.txt"):
        header, rows = header_and_rows(path)
        assert tuple(header) == NAMES
        assert {len(row) for row in rows} == {18}


def test_each_entity_writes_a_lawful_form_of_its_own(folder):
    goods = (folder / f"{GOODS}FEC20241231.txt").read_bytes()
    services = (folder / f"{SERVICES}FEC20241231.txt").read_bytes()
    assert "é".encode() in goods and b"\r\n" in goods and b"|" not in goods
    assert "é".encode("iso8859-15") in services and "é".encode() not in services
    assert b"\r" not in services and b"\t" not in services
    assert FORMS[GOODS] != FORMS[SERVICES]


def test_every_entry_balances(lines):
    assert all(sum(line.amount for line in entry) == 0 for entry in entries(lines))
    assert len(entries(lines)) > 3000


def test_no_line_is_empty_or_both_debit_and_credit(folder):
    for path in folder.glob("*FEC*.txt"):
        for row in header_and_rows(path)[1]:
            assert [row[11], row[12]].count("0,00") == 1


def test_the_opening_entry_comes_first_and_dates_follow_in_order(lines):
    for entity in FORMS:
        for year in YEARS:
            own = of_year(lines, entity, year)
            is_opening = [line.is_opening for line in own]
            assert is_opening[0] and is_opening == sorted(is_opening, reverse=True)
            assert [line.day for line in own] == sorted(line.day for line in own)
            assert [line.validated_on for line in own] == sorted(line.validated_on for line in own)
            assert {line.day[:4] for line in own} == {str(year)}
            assert all(line.document_on <= line.day for line in own)


def test_entries_are_numbered_without_a_gap_through_the_file_or_in_each_journal(lines):
    for year in YEARS:
        through = [int(line.number) for line in of_year(lines, GOODS, year)]
        assert sorted(set(through)) == list(range(1, max(through) + 1))
        assert through == sorted(through)
        by_journal = defaultdict(list)
        for line in of_year(lines, SERVICES, year):
            by_journal[line.journal].append(int(line.number))
        assert len(by_journal) > 4
        for numbers in by_journal.values():
            assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))


def test_invoices_and_credit_notes_are_numbered_by_date_without_a_gap(lines):
    for entity, invoice in ((GOODS, "FA2024-"), (SERVICES, "F24-")):
        for prefix in (invoice, {GOODS: "AV2024-", SERVICES: "AV24-"}[entity]):
            made = [
                (line.day, line.reference)
                for line in of_year(lines, entity, 2024)
                if line.journal == "VE" and line.reference.startswith(prefix)
            ]
            references = sorted({reference for _, reference in made})
            assert [int(one.rpartition("-")[2]) for one in references] == list(
                range(1, len(references) + 1)
            )
            assert sorted(made) == sorted(made, key=lambda row: row[1])


def test_a_year_opens_with_what_the_year_before_closed_with(lines):
    for entity in FORMS:
        for before, year in pairwise(YEARS):
            closing = balances(of_year(lines, entity, before), "account", "customer")
            opened = [line for line in of_year(lines, entity, year) if line.is_opening]
            kept = {key: amount for key, amount in closing.items() if key[0][0] not in "67"}
            earned = sum(amount for key, amount in closing.items() if key[0][0] in "67")
            result = next(line.account for line in lines if line.account.startswith("120"))
            result = result.ljust(len(opened[0].account), "0")
            kept[result, ""] = kept.get((result, ""), 0) + earned
            assert balances(opened, "account", "customer") == kept


def test_one_entity_opens_with_every_open_line_and_the_other_with_one_per_customer(lines):
    for year in YEARS:
        detailed = [line for line in of_year(lines, GOODS, year) if line.is_opening]
        kept = [line for line in detailed if line.is_kept_by_customer]
        assert len(kept) > len({(line.account, line.customer) for line in kept})
        assert all(line.document_on < f"{year}0101" for line in kept)
        earlier = {line.reference for line in lines if line.year < year} if year > 2023 else None
        assert earlier is None or {line.reference for line in kept} <= earlier
        settled = [line.lettered_on for line in kept if line.letter.isupper()]
        assert min(settled) >= f"{year}0101"  # what was lettered before is not open
        joined = [line for line in of_year(lines, SERVICES, year) if line.is_opening]
        own = [(line.account, line.customer) for line in joined if line.is_kept_by_customer]
        assert own and len(own) == len(set(own))


def test_lines_lettered_for_good_add_up_to_nothing(lines):
    # The first entity closes and exports at once: each file holds by itself.
    whole = [letter_groups(of_year(lines, GOODS, year)) for year in YEARS]
    # The second exports all years again later: its files hold together.
    whole.append(letter_groups([line for line in lines if line.entity == SERVICES]))
    for groups in whole:
        assert len(groups) > 20
        for key, group in groups.items():
            assert len(group) > 1, key
            assert sum(line.amount for line in group) == 0, key
            assert len({line.lettered_on for line in group}) == 1, key


def test_lines_lettered_for_good_add_up_to_nothing_in_their_currency_too(lines):
    for groups in (letter_groups([line for line in lines if line.entity == SERVICES]),):
        foreign = [group for group in groups.values() if group[0].currency]
        assert foreign
        for group in foreign:
            signed = [abs(line.foreign) * (1 if line.amount > 0 else -1) for line in group]
            assert sum(signed) == 0


def test_codes_begin_again_with_each_year_and_customer(lines):
    for entity in FORMS:
        by_account = defaultdict(set)
        for line in lines:
            if line.entity == entity and line.letter:
                key = line.account, line.customer, line.lettered_on[:4]
                by_account[key].add((line.letter.upper(), line.lettered_on))
        assert len(by_account) > 50
        for codes in by_account.values():
            letters = sorted(code for code, _ in codes)
            assert letters[0] == "AA"
            assert len(letters) == len(set(letters))  # one code, one lettering
            assert sorted(codes) == sorted(codes, key=lambda row: (row[1], row[0]))


def test_a_partial_lettering_is_in_small_letters_and_leaves_a_balance(lines):
    for entity in FORMS:
        groups = defaultdict(list)
        for line in lines:
            if line.entity == entity and line.letter.islower():
                year = line.year if entity == GOODS else None
                key = year, line.account, line.customer, line.letter, line.lettered_on
                groups[key].append(line.amount)
        assert groups
        for amounts in groups.values():
            assert sum(amounts) != 0 and min(amounts) < 0 < max(amounts)


def test_an_invoice_paid_next_year_is_lettered_where_each_entity_shows_it(lines):
    later = [
        line
        for line in lines
        if not line.is_opening and line.letter.isupper() and line.lettered_on[:4] > str(line.year)
    ]
    assert later and {line.entity for line in later} == {SERVICES}
    openings = [
        line for line in lines if line.is_opening and line.letter.isupper() and line.year > YEARS[0]
    ]
    assert openings and {line.entity for line in openings} == {GOODS}


def test_some_payments_were_never_lettered(lines):
    for entity in FORMS:
        assert [
            line
            for line in lines
            if line.entity == entity
            and line.account.startswith("411")
            and line.amount < 0
            and not line.is_opening
            and not line.letter
            and line.day < "20250601"
        ]


def test_a_foreign_line_says_its_currency_and_the_others_do_not(lines):
    assert {line.currency for line in lines} == {"", "USD", "GBP"}
    assert all((line.foreign is None) == (line.currency == "") for line in lines)
    signed = {entity: {line.foreign for line in lines if line.entity == entity} for entity in FORMS}
    assert min(amount for amount in signed[GOODS] if amount is not None) >= 0
    assert min(amount for amount in signed[SERVICES] if amount is not None) < 0


def test_nobody_sells_or_banks_on_a_day_off(lines):
    closed = holidays.France(years=YEARS)
    sales = {line.day for line in lines if line.journal == "VE"}
    banked = {line.day for line in lines if line.account.startswith("512") and not line.is_opening}
    for text in sales | banked:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        assert day.weekday() < 5 and day not in closed


def test_only_customer_accounts_are_kept_by_customer(lines):
    for line in lines:
        assert line.is_kept_by_customer == line.account.startswith(CUSTOMER_ACCOUNTS)
