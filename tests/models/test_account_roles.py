"""Account roles: the French chart, and what a firm says of its own accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.accounts import FRENCH_CHART, AccountRole, account_roles, role_of
from models.errors import EncaisseError


@pytest.mark.parametrize(
    ("role", "accounts"),
    [
        ("receivable", "411 4110000 411DUPONT 4117 413 416 4181 419 4191 4197 4198"),
        ("bank", "512 51210000 511 5112 5113 5115 514 515 517 53 530000"),
        ("cash_in_transit", "58 580000 581"),
        ("sales", "701 706 707100 708500"),
        ("rebates", "709 709700"),
        ("vat", "44571 445660 44587"),
        ("discount", "665"),
        ("bad_debt", "654 6541 6714"),
        ("exchange", "666 766 656 756 476 477"),
        ("small_difference", "658 758"),
        ("suspense", "471 472 473 474 475"),
        ("factor", "467 467100"),
        ("impairment", "491 68174 78174"),
        ("bank_charges", "627 627800"),
        ("penalties", "7631"),
        ("other", "401 4 41 6711 765 664 601 101 421 "),
    ],
)
def test_the_french_chart(role, accounts):
    assert {account: role_of(account) for account in accounts.split()} == dict.fromkeys(
        accounts.split(), role
    )


def test_an_account_that_is_blank_has_no_role_of_ours():
    assert role_of("") is AccountRole.OTHER


def test_rebates_are_told_from_the_sales_around_them():
    assert [role_of(account) for account in ("7089", "709", "7091")] == [
        "sales",
        "rebates",
        "rebates",
    ]


def test_a_firm_gives_an_account_another_role():
    roles = account_roles({"467": "other", "4671": "factor", "4119": "suspense"})
    assert role_of("467200", roles) == "other"
    assert role_of("467100", roles) == "factor"
    assert role_of("411900", roles) == "suspense"
    assert role_of("411100", roles) == "receivable"


def test_a_shorter_prefix_of_a_firm_does_not_silence_a_longer_one_of_the_chart():
    assert role_of("709100", account_roles({"7": "other"})) == "rebates"


@pytest.mark.parametrize("prefix", ["", " 411", "41 1", "A411", "411*", "٤١١"])
def test_a_prefix_that_begins_no_account_is_refused(prefix):
    with pytest.raises(EncaisseError, match="is not the beginning of an account number"):
        account_roles({prefix: "receivable"})


def test_an_unknown_role_says_which_there_are():
    with pytest.raises(EncaisseError, match="unknown role 'customers'") as caught:
        account_roles({"411": "customers"})
    assert caught.value.fix.startswith("use one of receivable, bank, cash_in_transit, sales")


def test_overrides_leave_the_chart_as_it_was():
    account_roles({"411": "other"})
    assert FRENCH_CHART["411"] is AccountRole.RECEIVABLE


numbers = st.text("0123456789", min_size=1, max_size=8)


@given(numbers, st.dictionaries(numbers, st.sampled_from(list(AccountRole)), max_size=5))
def test_the_longest_prefix_decides(account, overrides):
    known = {**FRENCH_CHART, **overrides}
    fitting = sorted((prefix for prefix in known if account.startswith(prefix)), key=len)
    expected = known[fitting[-1]] if fitting else AccountRole.OTHER
    assert role_of(account, account_roles(overrides)) is expected
