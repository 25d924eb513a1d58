"""Bank statements: what the bank booked, its sign, its parties, and whether it adds up."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.table_files import land

IBAN = "FR7630006000011234567890189"


def statement(*entries, opening="0.00", closing=None, id="S1", on="2026-03-02", account=IBAN):
    """One statement; it closes with what its booked entries make, unless another sum is given."""
    head = f"<Id>{id}</Id>"
    if account:
        head += f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    if opening is not None:
        head += balance("OPBD", opening, on)
    if closing is not None:
        head += balance("CLBD", closing, on)
    return f"<Stmt>{head}{''.join(entries)}</Stmt>"


def balance(code, amount, on, currency="EUR"):
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount.lstrip("-")}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        f"<Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def entry(  # noqa: PLR0913 (an entry says all of this)
    amount, sign="CRDT", *, status="BOOK", day="2026-03-02", inside="", details=""
):
    booked = f"<BookgDt><Dt>{day}</Dt></BookgDt>" if day else ""
    details = f"<NtryDtls>{details}</NtryDtls>" if details else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        f"<Sts><Cd>{status}</Cd></Sts>{booked}{inside}{details}</Ntry>"
    )


def transaction(amount=None, inside=""):
    stated = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    return f"<TxDtls>{stated}{inside}</TxDtls>"


def document(*statements, version="08", message="053"):
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M</MsgId></GrpHdr>{''.join(statements)}</BkToCstmrStmt></Document>"
    )


def read(tmp_path, *entries, **more):
    return land(tmp_path, document(statement(*entries, **more)), name="statement.xml")


def amounts(landed):
    return [str(line["amount"]) for line in landed.bank_lines]


def test_the_sign_comes_from_the_indicator_and_from_nothing_else(tmp_path):
    landed = read(
        tmp_path, entry("100.00"), entry("30.00", "DBIT"), entry("-5.00", "CRDT"), closing=None
    )
    assert amounts(landed) == ["100.00", "-30.00"]
    assert landed.reasons == {3: "This is no amount: digits with a dot, no sign."}
    assert landed.receipt.facts["total_EUR"] == "70.00"


def test_a_statement_that_does_not_add_up_names_the_entries_that_cannot_be_read(tmp_path):
    entries = [entry("100.00"), entry("3O.00", "DBIT"), entry("1.00", status="PDNG")]
    landed = read(tmp_path, *entries, closing="70.00")
    assert landed.receipt.tables == ()
    assert (
        "and it closes with 70.00, not 100.00. Entry 2 cannot be read, for its Amt 3O.00. "
        "This is no amount: digits with a dot, no sign. Ask the bank for the file again."
    ) in landed.receipt.refused_reason
    [whole, aside] = landed.quarantine
    assert whole["reason"] == landed.receipt.refused_reason
    assert (aside["source_line"], aside["column_name"], aside["value"]) == (2, "Amt", "3O.00")


def test_an_amount_too_large_to_be_counted_with_others_is_set_aside(tmp_path):
    landed = read(tmp_path, entry("100.00"), entry("10000000000000.00"), closing=None)
    assert amounts(landed) == ["100.00"]
    assert landed.reasons == {2: "The amount is too large: it must be below 10,000,000,000,000."}


def test_a_line_says_its_account_its_statement_and_its_days(tmp_path):
    inside = "<ValDt><DtTm>2026-03-04T08:00:00+01:00</DtTm></ValDt><AcctSvcrRef>B-9</AcctSvcrRef>"
    [line] = read(tmp_path, entry("1.00", inside=inside), closing="1.00").bank_lines
    assert (line["bank_account"], line["statement_id"], line["source_line"]) == (IBAN, "S1", 1)
    assert (line["booked_on"], line["value_on"]) == (date(2026, 3, 2), date(2026, 3, 4))
    assert (line["currency"], line["bank_reference"]) == ("EUR", "B-9")


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
def test_only_what_is_booked_is_cash(tmp_path, status):
    landed = read(tmp_path, entry("1.00"), entry("2.00", status=status), closing="1.00")
    assert amounts(landed) == ["1.00"]
    assert landed.counts == (2, 1, 1)
    [aside] = landed.quarantine
    assert (aside["source_line"], aside["column_name"], aside["value"]) == (2, "Sts", status)


def test_a_statement_that_does_not_add_up_is_refused_with_its_figures(tmp_path):
    landed = read(
        tmp_path, entry("100.00"), entry("30.00", "DBIT"), opening="10.00", closing="79.99"
    )
    assert landed.receipt.refused_reason == (
        f"The balances do not agree with the entries: statement S1 of account {IBAN} opens with "
        "10.00 EUR, its booked entries come to 70.00, and it closes with 79.99, not 80.00. "
        "Ask the bank for the file again."
    )
    assert (landed.counts, landed.receipt.tables) == ((2, 0, 2), ())


@pytest.mark.parametrize(("opening", "closing"), [("-50.00", "-49.00"), ("-0.50", "0.50")])
def test_an_overdrawn_account_adds_up_too(tmp_path, opening, closing):
    assert amounts(read(tmp_path, entry("1.00"), opening=opening, closing=closing)) == ["1.00"]


def test_a_statement_without_balances_is_read_and_said_to_be_unchecked(tmp_path):
    landed = read(tmp_path, entry("1.00"), opening=None)
    assert amounts(landed) == ["1.00"]
    assert landed.receipt.facts["statements_not_checked"] == "1"


def test_several_statements_each_add_up_and_follow_each_other(tmp_path):
    first = statement(entry("1.00"), opening="0.00", closing="1.00", id="S1")
    second = statement(entry("2.00"), opening="1.00", closing="3.00", id="S2", on="2026-03-03")
    landed = land(tmp_path, document(first, second))
    assert [line["statement_id"] for line in landed.bank_lines] == ["S1", "S2"]
    assert [line["source_line"] for line in landed.bank_lines] == [1, 2]

    gap = statement(entry("2.00"), opening="5.00", closing="7.00", id="S2", on="2026-03-03")
    reason = land(tmp_path, document(first, gap)).receipt.refused_reason
    assert "opens with 5.00 EUR, and the one before it closed with 1.00" in reason


def test_statements_of_other_accounts_or_later_months_need_not_follow(tmp_path):
    first = statement(entry("1.00"), opening="0.00", closing="1.00")
    other = statement(opening="5.00", closing="5.00", account="DE89370400440532013000")
    later = statement(opening="9.00", closing="9.00", on="2026-06-01")
    assert amounts(land(tmp_path, document(first, other, later))) == ["1.00"]


def test_an_account_in_two_currencies_is_checked_in_each(tmp_path):
    balances = "".join(
        balance(code, amount, "2026-03-02", currency)
        for code, amount, currency in [
            ("OPBD", "0.00", "EUR"),
            ("OPBD", "5.00", "USD"),
            ("CLBD", "1.00", "EUR"),
            ("CLBD", "4.00", "USD"),
        ]
    )
    dollars = entry("1.00", "DBIT").replace("EUR", "USD")
    body = statement(balances, entry("1.00"), dollars, opening=None)
    landed = land(tmp_path, document(body))
    assert [(line["currency"], str(line["amount"])) for line in landed.bank_lines] == [
        ("EUR", "1.00"),
        ("USD", "-1.00"),
    ]
    wrong = body.replace('Ccy="USD">4.00', 'Ccy="USD">4.01')
    assert "5.00 USD" in land(tmp_path, document(wrong)).receipt.refused_reason


def test_decimals_that_are_zeros_are_read_and_others_are_not(tmp_path):
    landed = read(tmp_path, entry("1.00000"), entry("1.005"), closing=None)
    assert amounts(landed) == ["1.00"]
    assert landed.reasons == {2: "The amount has cents beyond the second decimal."}


def test_a_batch_gives_a_line_for_each_of_its_transactions(tmp_path):
    batch = transaction("60.00", "<Refs><EndToEndId>A</EndToEndId></Refs>") + transaction("40.00")
    landed = read(tmp_path, entry("100.00", details=batch), closing="100.00")
    assert amounts(landed) == ["60.00", "40.00"]
    assert [line["source_line"] for line in landed.bank_lines] == [1, 1]
    assert [line["end_to_end_id"] for line in landed.bank_lines] == ["A", None]
    assert landed.counts == (1, 1, 0)


def test_a_batch_may_say_its_amounts_in_the_older_place(tmp_path):
    one = '<AmtDtls><TxAmt><Amt Ccy="EUR">{}</Amt></TxAmt></AmtDtls>'
    batch = transaction(inside=one.format("60.00")) + transaction(inside=one.format("40.00"))
    assert amounts(read(tmp_path, entry("100.00", details=batch), closing="100.00")) == [
        "60.00",
        "40.00",
    ]


def test_a_batch_of_debits_and_credits_counts_each_with_its_sign(tmp_path):
    batch = transaction("110.00", "<CdtDbtInd>CRDT</CdtDbtInd>")
    batch += transaction("10.00", "<CdtDbtInd>DBIT</CdtDbtInd>")
    landed = read(tmp_path, entry("100.00", details=batch), closing="100.00")
    assert amounts(landed) == ["110.00", "-10.00"]


def test_a_batch_that_does_not_come_to_its_entry_is_set_aside(tmp_path):
    batch = transaction("60.00") + transaction("39.99")
    landed = read(tmp_path, entry("100.00", details=batch), entry("1.00"), closing="101.00")
    assert amounts(landed) == ["1.00"]
    assert landed.reasons[1] == (
        "The 2 transactions of this entry come to 99.99, and the entry is 100.00. "
        "Ask the bank for the file again."
    )


def test_a_batch_that_keeps_its_amounts_to_itself_stays_one_line(tmp_path):
    batch = transaction("60.00") + transaction()
    landed = read(tmp_path, entry("100.00", details=batch), closing="100.00")
    assert amounts(landed) == ["100.00"]
    assert landed.receipt.facts["batches_without_amounts"] == "1"


def test_the_amount_of_a_single_transaction_is_what_reached_the_account(tmp_path):
    instructed = transaction("105.75", "<RmtInf><Ustrd>F1</Ustrd></RmtInf>")
    [line] = read(tmp_path, entry("100.00", details=instructed), closing="100.00").bank_lines
    assert (line["amount"], line["remittance"]) == (Decimal("100.00"), "F1")


PARTIES = (
    "<RltdPties><Dbtr>{0}Le Chat{1}</Dbtr><DbtrAcct><Id><IBAN>DE1</IBAN></Id></DbtrAcct>"
    "<Cdtr>{0}Us{1}</Cdtr><CdtrAcct><Id><IBAN>FR1</IBAN></Id></CdtrAcct></RltdPties>"
)


@pytest.mark.parametrize("wrap", [("<Nm>", "</Nm>"), ("<Pty><Nm>", "</Nm></Pty>")])
@pytest.mark.parametrize(
    ("sign", "more", "party"),
    [
        ("CRDT", "", ("Le Chat", "DE1")),
        ("DBIT", "", ("Us", "FR1")),
        ("DBIT", "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>", ("Le Chat", "DE1")),
    ],
)
def test_the_other_party_is_who_paid_or_who_was_paid(tmp_path, wrap, sign, more, party):
    details = transaction(inside=PARTIES.format(*wrap) + more)
    [line] = read(tmp_path, entry("1.00", sign, details=details)).bank_lines
    assert (line["counterparty_name"], line["counterparty_account"]) == party
    assert line["is_return"] == bool(more)


def test_our_own_name_is_never_the_other_partys(tmp_path):
    details = transaction(inside="<RltdPties><Cdtr><Nm>Us</Nm></Cdtr></RltdPties>")
    [line] = read(tmp_path, entry("1.00", details=details)).bank_lines
    assert line["counterparty_name"] is None


@pytest.mark.parametrize(
    "inside",
    [
        "<RvslInd>true</RvslInd>",
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn>"
        "</BkTxCd>",
    ],
)
def test_what_came_back_unpaid_is_a_return(tmp_path, inside):
    [line] = read(tmp_path, entry("1.00", "DBIT", inside=inside)).bank_lines
    assert line["is_return"] is True


def test_texts_are_joined_and_references_kept_apart(tmp_path):
    cut = "x" * 139 + "F"
    inside = (
        f"<RmtInf><Ustrd>{cut}</Ustrd><Ustrd>1234 et</Ustrd><Ustrd>F1235</Ustrd>"
        "<Strd><RfrdDocInf><Nb>F1236</Nb></RfrdDocInf>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>"
    )
    [line] = read(tmp_path, entry("1.00", details=transaction(inside=inside))).bank_lines
    assert line["remittance"] == f"{cut}1234 et F1235 F1236"
    assert line["creditor_reference"] == "RF18539007547034"


@pytest.mark.parametrize("nothing", ["NOTPROVIDED", "notprovided", "NOT PROVIDED", "-"])
def test_a_reference_that_is_none_is_none(tmp_path, nothing):
    details = transaction(inside=f"<Refs><EndToEndId>{nothing}</EndToEndId></Refs>")
    [line] = read(tmp_path, entry("1.00", details=details)).bank_lines
    assert line["end_to_end_id"] is None


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (entry("1.00", day=None), "BookgDt"),
        (entry("1.00", day="yesterday"), "BookgDt"),
        (entry("1.00", sign="PLUS"), "CdtDbtInd"),
        (entry("1,00"), "Amt"),
        (entry("1.00").replace("EUR", "euro"), "Amt Ccy"),
    ],
)
def test_an_entry_that_lacks_what_it_must_say_is_set_aside(tmp_path, bad, column):
    landed = read(tmp_path, bad, entry("2.00"), opening=None)
    assert amounts(landed) == ["2.00"]
    assert [row["column_name"] for row in landed.quarantine] == [column]


@pytest.mark.parametrize("version", ["02", "03", "04", "05", "06", "07", "08"])
def test_versions_02_to_08_are_read(tmp_path, version):
    landed = land(tmp_path, document(statement(entry("1.00")), version=version))
    assert amounts(landed) == ["1.00"]


@pytest.mark.parametrize(
    ("message", "version", "words"),
    [
        ("053", "01", "version 01"),
        ("053", "13", "version 13"),
        ("052", "08", "an intraday report (camt.052)"),
        ("054", "08", "a notice of single movements (camt.054)"),
        ("029", "03", "camt.029"),
    ],
)
def test_other_messages_and_versions_are_refused_by_name(tmp_path, message, version, words):
    content = document(statement(entry("1.00")), version=version, message=message)
    receipt = land(tmp_path, content).receipt
    assert words in receipt.refused_reason
    assert "camt.053" in receipt.refused_reason


def test_a_statement_in_another_encoding_is_read(tmp_path):
    content = document(statement(entry("1.00"))).replace("UTF-8", "UTF-16").encode("utf-16")
    assert amounts(land(tmp_path, content)) == ["1.00"]


def test_a_bank_may_wrap_its_document(tmp_path):
    inner = document(statement(entry("1.00"))).partition("?>")[2]
    landed = land(tmp_path, f"<Envelope><Header><From>BANK</From></Header>{inner}</Envelope>")
    assert amounts(landed) == ["1.00"]


def test_a_file_cut_in_the_middle_is_refused(tmp_path):
    content = document(statement(*[entry("1.00")] * 50))
    landed = land(tmp_path, content[: len(content) // 2])
    assert "not well-formed XML, or is cut short" in landed.receipt.refused_reason
    assert landed.receipt.tables == ()


cents = st.integers(1, 10**9)
entries = st.lists(st.tuples(cents, st.booleans(), st.booleans()), max_size=12)


@settings(max_examples=50, deadline=None)
@given(opening=st.integers(-(10**9), 10**9), drawn=entries, error=st.integers(-1, 1))
def test_a_statement_is_read_just_when_it_adds_up(opening, drawn, error, tmp_path_factory):
    def euros(amount):
        return str(Decimal(amount).scaleb(-2))

    booked = [amount if is_in else -amount for amount, is_in, is_booked in drawn if is_booked]
    written = [
        entry(euros(n), "CRDT" if is_in else "DBIT", status="BOOK" if is_booked else "PDNG")
        for n, is_in, is_booked in drawn
    ]
    landed = read(
        tmp_path_factory.mktemp("camt"),
        *written,
        opening=euros(opening),
        closing=euros(opening + sum(booked) + error),
    )
    assert (landed.receipt.refused_reason is None) == (error == 0)
    if error == 0:
        assert [int(line["amount"] * 100) for line in landed.bank_lines] == booked
        assert landed.counts == (len(drawn), len(booked), len(drawn) - len(booked))
