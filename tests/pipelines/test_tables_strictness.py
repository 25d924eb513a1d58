"""What a CSV reader may get wrong without a word: each of these was seen, and each is a test.

The invoices are of a French firm: semicolons, decimal commas, days first.
"""

import pytest

from tests.pipelines.table_files import HEADER, land, mapping

GOOD = "F1;C1;03/02/2026;05/03/2026;12,50"


def test_cents_after_thousands_of_whole_amounts_are_kept(tmp_path):
    lines = [f"F{n};C1;03/02/2026;05/03/2026;1" for n in range(21_000)]
    landed = land(tmp_path, [HEADER, *lines, "F21000;C1;03/02/2026;05/03/2026;12,50"], mapping())
    assert landed.receipt.facts["total_invoice_EUR"] == "21012.50 (21001)"


def test_a_wrong_amount_is_set_aside_with_its_line_and_column(tmp_path):
    landed = land(tmp_path, [HEADER, GOOD, "F2;C1;03/02/2026;05/03/2026;12.5O"], mapping())
    assert landed.counts == (2, 1, 1)
    [aside] = landed.quarantine
    assert (aside["source_line"], aside["column_name"], aside["value"]) == (3, "montant", "12.5O")
    assert aside["reason"] == (
        'This is no amount with the decimal mark ",". '
        "Correct it in the source, or state `decimal` in the mapping."
    )


def test_columns_are_found_by_name_in_any_order(tmp_path):
    lines = ["Montant;Échéance;CLIENT;n;Facture;date", "12,50;05/03/2026;C1;x;F1;03/02/2026"]
    [item] = land(tmp_path, lines, mapping()).items
    assert (item["document_ref"], str(item["amount"]), str(item["due_on"])) == (
        "F1",
        "12.50",
        "2026-03-05",
    )


def test_a_missing_column_refuses_the_file_and_names_it(tmp_path):
    landed = land(tmp_path, ["facture;client;date;montant", "F1;C1;03/02/2026;1"], mapping())
    assert landed.receipt.refused_reason.startswith('The table has no header with "echeance".')
    assert landed.receipt.tables == ()


@pytest.mark.parametrize("amount", ["12,345", "1e3", "1_000", "12,5.0", "0x10", "NaN", "inf", "-"])
def test_an_amount_that_means_no_cents_is_never_rounded(tmp_path, amount):
    landed = land(tmp_path, [HEADER, GOOD, f"F2;C1;03/02/2026;05/03/2026;{amount}"], mapping())
    assert landed.counts == (2, 1, 1)


@pytest.mark.parametrize(
    "amount", ["10000000000000", "10 000 000 000 000,00", "-99999999999999,99"]
)
def test_an_amount_too_large_to_be_counted_with_others_is_set_aside_and_says_so(tmp_path, amount):
    landed = land(tmp_path, [HEADER, GOOD, f"F2;C1;03/02/2026;05/03/2026;{amount}"], mapping())
    assert landed.counts == (2, 1, 1)
    [aside] = landed.quarantine
    assert (aside["source_line"], aside["column_name"], aside["value"]) == (3, "montant", amount)
    assert aside["reason"] == (
        "The amount is too large: it must be below 10,000,000,000,000. Check it in the source."
    )


def test_the_largest_amount_that_counts_is_kept_to_the_cent(tmp_path):
    lines = [HEADER, GOOD, "F2;C1;03/02/2026;05/03/2026;9 999 999 999 999,99"]
    assert land(tmp_path, lines, mapping()).amounts["F2"] == "9999999999999.99"


def test_zeros_beyond_the_cents_change_nothing(tmp_path):
    landed = land(tmp_path, [HEADER, "F1;C1;03/02/2026;05/03/2026;12,5000"], mapping())
    assert landed.amounts == {"F1": "12.50"}


def test_a_file_cut_in_an_amount_does_not_lose_its_cents(tmp_path):
    landed = land(tmp_path, f"{HEADER}\n{GOOD}\nF2;C1;03/02/2026;05/03/2026;1234", mapping())
    assert landed.amounts == {"F1": "12.50"}
    assert "may be cut" in landed.reasons[3]


def test_a_file_cut_in_a_customer_code_does_not_invent_a_customer(tmp_path):
    lines = ["facture;date;echeance;montant;client", "F1;03/02/2026;05/03/2026;1;C1001"]
    cut = "\n".join([*lines, "F2;03/02/2026;05/03/2026;1;C10"])
    assert list(land(tmp_path, cut, mapping()).amounts) == ["F1"]


def test_a_last_line_that_is_visibly_whole_needs_no_line_end(tmp_path):
    landed = land(tmp_path, f"{HEADER}\n{GOOD}\nF2;C1;03/02/2026;05/03/2026;1234,00", mapping())
    assert landed.amounts == {"F1": "12.50", "F2": "1234.00"}


@pytest.mark.parametrize(
    "day",
    ["03/02/26", "31/02/2026", "02/31/2026", "2026", "03-02-2026", "46000", "03/02/0026", "demain"],
)
def test_a_date_is_read_in_the_stated_format_or_not_at_all(tmp_path, day):
    landed = land(tmp_path, [HEADER, GOOD, f"F2;C1;{day};05/03/2026;1,00"], mapping())
    assert list(landed.amounts) == ["F1"]
    assert "This is no date in the format %d/%m/%Y" in landed.reasons[3]


def test_without_a_stated_format_only_dates_that_mean_one_day_are_read(tmp_path):
    lines = [
        HEADER,
        "F1;C1;2026-02-03;20260305;1,00",
        "F2;C1;2026-02-03T23:30:00Z;2026-03-05 00:00:00;1,00",
        "F3;C1;03/02/2026;05/03/2026;1,00",
    ]
    landed = land(tmp_path, lines, mapping(date_format=None))
    assert {str(item["booked_on"]) for item in landed.items} == {"2026-02-03"}
    assert {str(item["due_on"]) for item in landed.items} == {"2026-03-05"}
    assert list(landed.reasons) == [4]


def test_no_line_is_a_comment_a_banner_or_a_blank_in_silence(tmp_path):
    lines = [
        "Export de Le Chat",
        "",
        HEADER,
        "#F1;C1;03/02/2026;05/03/2026;1,00",
        "",
        "# a remark",
        ";;;;",
        "TOTAL;;;;1,00",
        "Sous-total;C1;;;1,00",
    ]
    landed = land(tmp_path, lines, mapping())
    assert landed.amounts == {"#F1": "1.00"}
    assert landed.counts == (4, 1, 3)
    assert landed.receipt.facts["above_header"] == "Export de Le Chat"
    assert landed.receipt.facts["blank_lines"] == "2"
    assert landed.reasons[6].startswith("The record has 1 field, the header has 5")
    assert landed.reasons[8] == landed.reasons[9] == "This is a totals line, not a record."


def test_an_invoice_to_a_customer_called_total_is_an_invoice(tmp_path):
    columns = {"document_ref": "facture", "customer_id": "client", "document_on": "date"}
    lines = ["facture;client;date;montant", "F1;TOTAL;03/02/2026;1,00"]
    landed = land(tmp_path, lines, mapping(columns={**columns, "amount": "montant"}))
    assert landed.amounts == {"F1": "1.00"}


def test_a_line_of_the_wrong_width_is_set_aside_and_never_stretched(tmp_path):
    lines = [
        HEADER,
        "F1;C1;03/02/2026;05/03/2026;1,00;",
        "F2;C1;03/02/2026;05/03/2026",
        "F3;C1;Paris;03/02/2026;05/03/2026;1,00",
    ]
    landed = land(tmp_path, lines, mapping())
    assert list(landed.amounts) == ["F1"]  # a separator at the end says nothing
    assert "The record has 4 fields" in landed.reasons[3]
    assert "The record has 6 fields" in landed.reasons[4]


def test_an_open_quote_costs_its_own_line_and_no_other(tmp_path):
    lines = [
        HEADER,
        'F1;"C1;03/02/2026;05/03/2026;1,00',
        *(f"F{n};C1;03/02/2026;05/03/2026;{n},00" for n in range(2, 5)),
    ]
    landed = land(tmp_path, lines, mapping())
    assert landed.amounts == {"F2": "2.00", "F3": "3.00", "F4": "4.00"}
    assert landed.reasons == {
        2: "A quote opens here and does not close. Close it, or export the file again."
    }
    assert [item["source_line"] for item in landed.items] == [3, 4, 5]


def test_an_open_quote_that_another_line_closes_swallows_nothing(tmp_path):
    lines = [
        HEADER,
        'F1;"C1;03/02/2026;05/03/2026;1,00',
        "F2;C1;03/02/2026;05/03/2026;2,00",
        'F3;C1";03/02/2026;05/03/2026;3,00',
        "F4;C1;03/02/2026;05/03/2026;4,00",
    ]
    landed = land(tmp_path, lines, mapping())
    assert landed.amounts == {"F2": "2.00", "F4": "4.00"}
    assert sorted(landed.reasons) == [2, 4]
    assert landed.counts == (4, 2, 2)


def test_a_text_over_several_lines_is_one_record_and_the_count_goes_on(tmp_path):
    columns = {"document_ref": "facture", "customer_id": "client", "document_on": "date"}
    columns |= {"label": "objet", "amount": "montant"}
    lines = [
        "facture;client;objet;date;montant",
        'F1;C1;"un ""objet""',
        'sur deux; lignes";03/02/2026;1,00',
        "F2;C1;autre;03/02/2026;2,00",
        "F3;C1;autre;03/02/2026;trois",
    ]
    landed = land(tmp_path, lines, mapping(columns=columns))
    assert [item["label"] for item in landed.items] == ['un "objet"\nsur deux; lignes', "autre"]
    assert list(landed.reasons) == [5]


def test_a_nul_byte_is_damage_on_its_line(tmp_path):
    landed = land(tmp_path, [HEADER, GOOD, "F2;C\0001;03/02/2026;05/03/2026;1,00"], mapping())
    assert list(landed.amounts) == ["F1"]
    assert "NUL" in landed.reasons[3]


def test_empty_is_missing_and_words_for_nothing_are_words(tmp_path):
    lines = [HEADER, ";C1;03/02/2026;05/03/2026;1,00", "NULL;NA;03/02/2026;;1,00"]
    landed = land(tmp_path, lines, mapping())
    [item] = landed.items
    assert (item["document_ref"], item["customer_id"], item["due_on"]) == ("NULL", "NA", None)
    assert landed.reasons[2] == "It is missing. Complete it in the source."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso-8859-15", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_and_line_end_gives_the_same_rows(tmp_path, encoding, line_end):
    columns = {"customer_name": "société", "document_ref": "facture", "customer_id": "client"}
    columns |= {"document_on": "date", "amount": "montant"}
    lines = ["facture;client;société;date;montant", "F1;C1;Œuvres d’été;03/02/2026;12,50 €", ""]
    text = line_end.join(lines)
    if encoding == "iso-8859-15":
        text = text.replace("’", "'")
    landed = land(tmp_path, text.encode(encoding), mapping(columns=columns))
    [item] = landed.items
    assert item["customer_name"] == text.split(";")[6]
    assert (str(item["amount"]), item["currency"]) == ("12.50", "EUR")


def test_a_stated_encoding_that_the_bytes_deny_refuses_the_file(tmp_path):
    content = f"{HEADER}\nF1;Été;03/02/2026;05/03/2026;1,00\n".encode("cp1252")
    landed = land(tmp_path, content, mapping(encoding="utf-8"))
    assert "stated to be in utf-8" in landed.receipt.refused_reason


def test_mixed_line_ends_are_line_ends(tmp_path):
    text = f"{HEADER}\r\n{GOOD}\nF2;C1;03/02/2026;05/03/2026;2,00\rF3;C1;03/02/2026;05/03/2026;x\n"
    landed = land(tmp_path, text, mapping())
    assert list(landed.amounts) == ["F1", "F2"]
    assert list(landed.reasons) == [4]


def test_two_columns_of_one_name_must_say_the_same(tmp_path):
    lines = [
        "facture;client;date;date;echeance;montant",
        "F1;C1;03/02/2026;03/02/2026;05/03/2026;1,00",
        "F2;C1;03/02/2026;04/02/2026;05/03/2026;1,00",
    ]
    landed = land(tmp_path, lines, mapping())
    assert list(landed.amounts) == ["F1"]
    assert landed.reasons[3] == (
        "Two columns have this header and say different things. Rename one."
    )


def test_a_currency_that_the_amount_denies_is_set_aside(tmp_path):
    columns = {**{k: v for k, v in mapping().columns.items()}, "currency": "devise"}
    lines = [
        f"{HEADER};devise",
        "F1;C1;03/02/2026;05/03/2026;12,50 €;EUR",
        "F2;C1;03/02/2026;05/03/2026;12,50 €;USD",
        "F3;C1;03/02/2026;05/03/2026;$12,50;CAD",
        "F4;C1;03/02/2026;05/03/2026;$12,50;EUR",
        "F5;C1;03/02/2026;05/03/2026;12,50;EURO",
        "F6;C1;03/02/2026;05/03/2026;12,50;",
    ]
    landed = land(tmp_path, lines, mapping(columns=columns))
    assert {item["document_ref"]: item["currency"] for item in landed.items} == {
        "F1": "EUR",
        "F3": "CAD",
        "F6": "EUR",
    }
    assert "another currency" in landed.reasons[3]
    assert "no currency code" in landed.reasons[6]


def test_what_else_is_wrong_in_a_record_is_named_too(tmp_path):
    landed = land(tmp_path, [HEADER, GOOD, "F2;;x;05/03/2026;y"], mapping())
    assert landed.counts == (2, 1, 1)
    assert landed.reasons[3].endswith("Also wrong in this record: amount, customer_id.")


def test_a_file_none_of_whose_records_counts_is_refused_with_the_usual_reason(tmp_path):
    landed = land(tmp_path, [HEADER, "F1;C1;03/02/2026;05/03/2026;12.50"], mapping())
    assert landed.receipt.refused_reason.startswith("None of its 1 records counts; 1 times: ")
    assert (landed.counts, landed.receipt.tables) == ((1, 0, 1), ())
