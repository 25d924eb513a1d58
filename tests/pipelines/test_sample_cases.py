"""Every way in which a customer account moves is in the sample company's books."""

from collections import defaultdict

import pytest

from tests.pipelines.sample_company import GOODS, SERVICES, entries, make, read_fecs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def lines(folder):
    return read_fecs(folder)


@pytest.fixture(scope="module")
def booked(lines):
    """The entries other than openings, by their accounts: '411 D, 512 C' and so on."""
    found = defaultdict(list)
    for entry in entries(lines):
        if not entry[0].is_opening:
            sides = {(short(line.account), "D" if line.amount > 0 else "C") for line in entry}
            found[", ".join(f"{account} {side}" for account, side in sorted(sides))].append(entry)
    return found


def short(account):
    for prefix in ("4181", "4191", "44571", "44587", "5112", "5113", "5115", "68174", "78174"):
        if account.startswith(prefix):
            return prefix
    return "70x" if account[:2] == "70" and account[:3] != "709" else account[:3]


CASES = {
    "an invoice": "411 D, 44571 C, 70x C",
    "an invoice without VAT to a customer abroad": "411 D, 70x C",
    "a payment": "411 C, 512 D",
    "a credit note on the sale": "411 C, 44571 D, 70x D",
    "a rebate": "411 C, 44571 D, 709 D",
    "a cash discount with its VAT": "411 C, 44571 D, 512 D, 665 D",
    "a returned payment, or a refund": "411 D, 512 C",
    "the bank's charge on a return": "512 C, 627 D",
    "an advance received": "4191 C, 512 D",
    "an advance applied to its invoice": "411 C, 4191 D",
    "an unknown receipt": "471 C, 512 D",
    "an unknown receipt identified": "411 C, 471 D",
    "a customer that becomes doubtful": "411 C, 416 D",
    "an impairment": "491 C, 68174 D",
    "an impairment released": "491 D, 78174 C",
    "a bad debt with the VAT recovered": "416 C, 44571 D, 654 D",
    "cents that are missing": "411 C, 658 D",
    "cents too many": "411 D, 758 C",
    "an exchange loss": "411 C, 666 D",
    "an exchange gain": "411 D, 766 C",
    "an invoice to issue": "4181 D, 44587 C, 70x C",
    "an invoice to issue, reversed": "4181 C, 44587 D, 70x D",
    "a bill accepted": "411 C, 413 D",
    "a bill sent to the bank": "413 C, 5113 D",
    "a bill collected": "5113 C, 512 D",
    "a cheque received": "411 C, 5112 D",
    "cheques paid in": "5112 C, 512 D",
    "a card payment": "411 C, 5115 D",
    "card payments settled less the fee": "5115 C, 512 D, 627 D",
    "an invoice sold to the factor": "411 C, 467 D",
    "the factor's payment less its fee": "467 C, 512 D, 627 D",
    "a transfer to another of our accounts": "512 C, 580 D",
    "a transfer from another of our accounts": "512 D, 580 C",
}


@pytest.mark.parametrize("case", CASES)
def test_the_books_have(case, booked):
    assert CASES[case] in booked, sorted(booked)


def labelled(lines, text):
    return [line for line in lines if text in line.label and line.account.startswith("411")]


def lettered_with(lines, line):
    """All lines of the entity's files that carry the line's lettering."""
    key = line.entity, line.account, line.customer, line.letter, line.lettered_on
    return [
        other
        for other in lines
        if (other.entity, other.account, other.customer, other.letter, other.lettered_on) == key
    ]


def test_a_payment_is_lettered_with_its_invoice(lines):
    payment = next(line for line in labelled(lines, "Vir FA2024") if line.letter.isupper())
    assert any(other.reference.startswith("FA") for other in lettered_with(lines, payment))
    assert payment.lettered_on >= payment.day


def test_a_payment_of_several_invoices_is_one_line_lettered_with_all_of_them(lines):
    payment = next(
        line for line in labelled(lines, " factures ") if line.letter.isupper() and line.amount < 0
    )
    invoices = [line for line in lettered_with(lines, payment) if line.amount > 0]
    assert len({line.reference for line in invoices}) > 1


def test_a_credit_note_is_lettered_with_its_invoice(lines):
    note = next(line for line in labelled(lines, "Avoir") if line.letter.isupper())
    assert any(line.amount > 0 for line in lettered_with(lines, note))


def test_a_partial_payment_is_lettered_in_small_letters(lines):
    partial = [line for line in lines if line.letter.islower() and line.amount < 0]
    assert {line.entity for line in partial} == {GOODS, SERVICES}


def test_a_difference_of_cents_closes_the_lettering(lines):
    cents = next(line for line in labelled(lines, "Ecart de règlement") if line.letter.isupper())
    assert abs(cents.amount) < 10
    assert sum(line.amount for line in lettered_with(lines, cents)) == 0


def returns(lines):
    return [
        line
        for text in ("Rejet prélèvement", "Chèque impayé", "LCR impayée")
        for line in labelled(lines, text)
        if not line.is_opening
    ]


def test_a_return_names_the_invoice_it_reopens(lines):
    assert len({line.label.split()[0] for line in returns(lines)}) == 3  # debit, cheque, bill
    for line in returns(lines):
        sale = [other for other in lines if other.reference == line.reference and other is not line]
        assert line.amount > 0
        assert not sale or min(other.day for other in sale) < line.day


def test_a_return_undoes_the_lettering_in_one_entity(lines):
    groups = [
        lettered_with(lines, line)
        for line in returns(lines)
        if line.entity == GOODS and line.letter.isupper()
    ]
    assert any(sum(line.amount < 0 for line in group) == 2 for group in groups)


def test_a_return_opens_a_new_debit_in_the_other(lines):
    lettered = [
        line for line in returns(lines) if line.entity == SERVICES and line.letter.isupper()
    ]
    assert lettered
    for line in lettered:
        group = lettered_with(lines, line)
        assert [other.amount for other in group if other is not line] == [-line.amount]
        assert any(other.reference.endswith("-2") for other in group)
        paid_first = [
            other.letter
            for other in lines
            if other.reference == line.reference.replace("F", "R", 1) and other.customer
        ]
        assert line.letter not in paid_first


def test_a_bank_charge_follows_every_return(lines):
    charges = [line for line in lines if line.label.startswith("Frais sur impayé")]
    assert len(charges) == 2 * len(returns(lines))


def test_an_advance_is_lettered_on_its_own_account(lines):
    advances = [line for line in lines if line.account.startswith("4191") and line.letter]
    assert advances
    line = advances[0]
    assert sum(other.amount for other in lettered_with(lines, line)) == 0


def test_a_second_payment_of_the_same_invoice_is_sent_back_or_left_unapplied(lines):
    twice = [line for line in lines if line.reference.endswith("-3") and line.amount < 0]
    back = [line for line in lines if line.reference.endswith("-4") and line.amount > 0]
    assert len(twice) > len(back) > 0


def test_a_doubtful_invoice_keeps_its_reference_and_date(lines):
    doubtful = [line for line in lines if line.account.startswith("416") and not line.is_opening]
    assert doubtful
    sales = {
        (line.entity, line.reference): line.document_on
        for line in lines
        if line.journal == "VE" and line.account.startswith("411")
    }
    known = [line for line in doubtful if (line.entity, line.reference) in sales]
    assert known
    assert all(sales[line.entity, line.reference] == line.document_on for line in known)


def test_an_invoice_to_issue_is_reversed_on_the_first_day_of_the_quarter(lines):
    accrued = [line for line in lines if line.account.startswith("4181") and not line.is_opening]
    assert {line.day[4:] for line in accrued if line.amount > 0} <= {"0331", "0630", "0930", "1231"}
    assert {line.day[4:] for line in accrued if line.amount < 0} <= {"0101", "0401", "0701", "1001"}
    assert {line.day[4:] for line in accrued} & {"1231"}


def test_internal_transfers_leave_nothing_on_the_way(lines):
    moved = defaultdict(int)
    for line in lines:
        if line.account.startswith("58"):
            moved[line.entity] += line.amount
    assert dict(moved) == {GOODS: 0, SERVICES: 0}
