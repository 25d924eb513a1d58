"""Lists of open items, one after the other: what is gone was settled in between."""

from decimal import Decimal as D

from tests.pipelines.open_lists import is_open, ledger_of, settlements, written

THREE = {
    "encours 2024-03-03.csv": written(
        [
            "F1;A;10/01/2024;09/02/2024;100,00;100,00;EUR",
            "F2;A;20/01/2024;19/02/2024;250,00;200,00;EUR",
            "F3;B;01/03/2024;31/03/2024;80,00;80,00;EUR",
            "AV1;B;15/02/2024;;-30,00;-30,00;EUR",
        ]
    ),
    "encours 2024-03-10.csv": written(
        [
            "F2;A;20/01/2024;19/02/2024;250,00;150,00;EUR",
            "F3;B;01/03/2024;31/03/2024;80,00;80,00;EUR",
            "AV1;B;15/02/2024;;-30,00;-30,00;EUR",
            "F4;B;05/03/2024;04/04/2024;60,00;60,00;EUR",
            "F5;A;28/02/2024;29/03/2024;40,00;40,00;EUR",
        ]
    ),
    "encours 2024-03-17.csv": written(
        [
            "F1;A;10/01/2024;09/02/2024;100,00;100,00;EUR",
            "F2;A;20/01/2024;19/02/2024;250,00;170,00;EUR",
            "F4;B;05/03/2024;30/04/2024;60,00;60,00;EUR",
            "F5;A;28/02/2024;29/03/2024;40,00;40,00;EUR",
        ]
    ),
}


def test_three_lists_worked_by_hand(tmp_path):
    con = ledger_of(tmp_path, THREE)
    assert settlements(con) == [
        ("F2", "settlement", D("-50.00"), None, "2024-03-03"),
        ("F1", "settlement", D("-100.00"), "2024-03-03", "2024-03-10"),
        ("F2", "settlement", D("-50.00"), "2024-03-03", "2024-03-10"),
        ("AV1", "settlement", D("30.00"), "2024-03-10", "2024-03-17"),
        ("F1", "reopening", D("100.00"), None, "2024-03-17"),
        ("F2", "reopening", D("20.00"), None, "2024-03-17"),
        ("F3", "settlement", D("-80.00"), "2024-03-10", "2024-03-17"),
    ]
    assert is_open(con, "2024-03-03") == {
        "F1": D(100), "F2": D(200), "F3": D(80), "AV1": D(-30),
    }  # fmt: skip
    assert is_open(con, "2024-03-10") == {
        "F2": D(150), "F3": D(80), "AV1": D(-30), "F4": D(60), "F5": D(40),
    }  # fmt: skip
    assert is_open(con, "2024-03-17") == {"F1": D(100), "F2": D(170), "F4": D(60), "F5": D(40)}
