"""Payment terms: what texts mean, and the due dates they give."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import EncaisseError
from models.terms import PaymentTerms, due_on, end_of_month, parse_terms

DAYS_THEN_MONTH_END = PaymentTerms(45, "after")
MONTH_END_THEN_DAYS = PaymentTerms(45, "before")


@pytest.mark.parametrize(
    ("document_on", "days_then_month_end", "month_end_then_days", "net_60", "net_30"),
    [
        ("2026-01-15", "2026-03-31", "2026-03-17", "2026-03-16", "2026-02-14"),
        ("2026-01-31", "2026-03-31", "2026-03-17", "2026-04-01", "2026-03-02"),
        ("2024-01-15", "2024-02-29", "2024-03-16", "2024-03-15", "2024-02-14"),
        ("2026-12-20", "2027-02-28", "2027-02-14", "2027-02-18", "2027-01-19"),
    ],
)
def test_due_dates_worked_by_hand(
    document_on, days_then_month_end, month_end_then_days, net_60, net_30
):
    def due(terms):
        return due_on(terms, date.fromisoformat(document_on)).isoformat()

    assert due(DAYS_THEN_MONTH_END) == days_then_month_end
    assert due(MONTH_END_THEN_DAYS) == month_end_then_days
    assert due(PaymentTerms(60)) == net_60
    assert due(PaymentTerms(30)) == net_30


@pytest.mark.parametrize(
    ("terms", "document_on", "expected"),
    [
        (PaymentTerms(60, "after", 17), "2003-03-01", "2003-05-17"),  # Sage's own two examples
        (PaymentTerms(60, "after", 15), "2003-03-17", "2003-06-15"),
        (PaymentTerms(0, "after", 10), "2024-01-31", "2024-02-10"),  # the 10th of next month
        (PaymentTerms(0, "after", 31), "2024-01-15", "2024-02-29"),  # the end of next month
        (PaymentTerms(0, "after", 29), "2023-01-31", "2023-02-28"),  # a month that is shorter
        (PaymentTerms(30, "none", 10), "2024-01-10", "2024-02-10"),  # reached 9 February
        (PaymentTerms(30, "none", 10), "2024-01-11", "2024-02-10"),  # reached the very day
        (PaymentTerms(30, "none", 10), "2024-01-12", "2024-03-10"),  # a day too late for it
        (PaymentTerms(30, "none", 31), "2024-01-30", "2024-02-29"),
        (PaymentTerms(45, "before", 10), "2026-01-15", "2026-04-10"),  # reached 17 March
        (PaymentTerms(0), "2024-02-29", "2024-02-29"),
        (PaymentTerms(0, "after"), "2024-02-29", "2024-02-29"),
    ],
)
def test_a_day_of_the_month_moves_the_due_date_on(terms, document_on, expected):
    assert due_on(terms, date.fromisoformat(document_on)).isoformat() == expected


@pytest.mark.parametrize(
    ("terms", "texts"),
    [
        (
            PaymentTerms(0),
            "comptant; Paiement immédiat; à réception; À RÉCEPTION DE FACTURE; à la livraison; "
            "due on receipt; Due upon receipt; Immediate payment; 0 jours; 0 net",
        ),
        (
            PaymentTerms(30),
            "30 net; 30 nets; 30 jours; 30 jours nets; 30j; 30 J.; 30 days; 30 days net; net 30; "
            "Net 30 days; NET-30; 30 jours à réception de facture; 30 days from invoice date; "
            "2% 10 net 30; 2/10 net 30; 2% 10, Net 30; 1,5 % 10 net 30",
        ),
        (
            PaymentTerms(60),
            "60 jours date de facture; 60 jours nets date de facture; 60 days after invoice; "
            "60 jours à compter de la date d'émission de la facture; 60 jours net; 60 jrs",
        ),
        (
            DAYS_THEN_MONTH_END,
            "45 fin de mois; 45 jours fin de mois; 45J FDM; 45 JFDM; 45 end of month; 45 EOM; "
            "45 days end of month; 45 days, then end of month; 45 jours puis fin de mois; "
            "45 jours date de facture fin de mois; 45 jours fin de mois date de facture",
        ),
        (
            MONTH_END_THEN_DAYS,
            "fin de mois + 45; fin de mois + 45 jours; Fin de mois plus 45 jours; FDM+45; "
            "end of month + 45; EOM + 45 days; 45 jours après fin de mois; "
            "45 days after end of month; 45 days from the end of the month; "
            "45 jours à compter de la fin du mois",
        ),
        (PaymentTerms(0, "after"), "fin de mois; end of month; EOM; fin de mois + 0"),
        (
            PaymentTerms(30, "after", 10),
            "30 jours fin de mois le 10; 30 JFM, le 10; 30 end of month on the 10th; "
            "30 jours fin de mois le 10 du mois suivant; 30 days + 10th of next month; "
            "30 net + 10th of next month",
        ),
        (PaymentTerms(0, "after", 10), "le 10 du mois suivant; 10th of next month; EOM, the 10th"),
        (PaymentTerms(0, "after", 1), "le 1er du mois suivant; the 1st of the following month"),
        (PaymentTerms(0, "after", 31), "fin du mois suivant; end of following month"),
        (PaymentTerms(60, "none", 15), "60 jours le 15; 60 days, the 15th"),
        (PaymentTerms(45, "before", 15), "fin de mois + 45 le 15; EOM + 45, the 15th"),
    ],
)
def test_terms_are_read_as_people_write_them(terms, texts):
    assert {text: parse_terms(text) for text in texts.split("; ")} == dict.fromkeys(
        texts.split("; "), terms
    )


def test_the_bare_end_of_month_adds_the_days_first():
    assert due_on(parse_terms("45 fin de mois"), date(2026, 1, 15)) == date(2026, 3, 31)


def test_each_reading_of_end_of_month_can_be_written_without_doubt():
    first, second = parse_terms("45 jours puis fin de mois"), parse_terms("fin de mois + 45 jours")
    assert (first.end_of_month, second.end_of_month) == ("after", "before")
    assert due_on(first, date(2026, 1, 15)) != due_on(second, date(2026, 1, 15))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",  # days, or a code?
        "0030",
        "NT30",
        "Z045",
        "net",
        "selon contrat",
        "30/60/90",
        "30-60",
        "30% now, balance 60 days",
        "2 months",
        "10 net 30",
        "-30 net",
        "30.5 net",
        "400 net",
        "le 10",  # of which month?
        "30 jours fin de mois 10",
        "fin de mois 45",
        "30 net le 45",
        "le 0 du mois suivant",
        "fin de mois + 45 le 10 du mois suivant",
        "30 jours date de livraison",
        "30 net 60 net",
    ],
)
def test_other_texts_are_refused_and_never_guessed(text):
    with pytest.raises(EncaisseError, match="These payment terms are not understood"):
        parse_terms(text)


def test_a_refused_text_says_how_to_write_it():
    with pytest.raises(EncaisseError) as caught:
        parse_terms("NT30")
    assert str(caught.value) == (
        "These payment terms are not understood: 'NT30'.\n"
        "  where: payment terms\n"
        '  fix:   write them as "30 net", "45 jours fin de mois", "fin de mois + 45", '
        '"30 jours fin de mois le 10" or "comptant"'
    )


def test_terms_are_written_so_that_there_is_one_way_to_read_them():
    written = {
        PaymentTerms(0): "due on receipt",
        PaymentTerms(30): "30 net",
        PaymentTerms(0, "after"): "end of month",
        DAYS_THEN_MONTH_END: "45 days then end of month",
        MONTH_END_THEN_DAYS: "end of month + 45 days",
        PaymentTerms(30, "none", 1): "30 days, the 1st",
        PaymentTerms(0, "after", 2): "end of month, the 2nd",
        PaymentTerms(30, "after", 13): "30 days then end of month, the 13th",
        PaymentTerms(45, "before", 23): "end of month + 45 days, the 23rd",
    }
    assert {terms: str(terms) for terms in written} == written


@pytest.mark.parametrize(
    "values",
    [(-1,), (366,), (0, "before"), (30, "both"), (30, "none", 0), (30, "none", 32)],
)
def test_terms_that_no_contract_says_are_refused(values):
    with pytest.raises(EncaisseError, match="No payment terms are"):
        PaymentTerms(*values)


terms_of_any_kind = st.builds(
    PaymentTerms,
    days=st.integers(0, 365),
    end_of_month=st.sampled_from(["none", "after"]),
    day_of_month=st.none() | st.integers(1, 31),
) | st.builds(
    PaymentTerms,
    days=st.integers(1, 365),
    end_of_month=st.just("before"),
    day_of_month=st.none() | st.integers(1, 31),
)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(terms_of_any_kind)
@settings(max_examples=300)
def test_terms_that_are_written_are_read_back(terms):
    assert parse_terms(str(terms)) == terms


@given(terms_of_any_kind, days)
def test_nothing_falls_due_before_its_document(terms, document_on):
    assert due_on(terms, document_on) >= document_on + timedelta(days=terms.days)


@given(terms_of_any_kind, days, st.integers(0, 60))
def test_a_later_document_never_falls_due_earlier(terms, document_on, days_later):
    later = document_on + timedelta(days=days_later)
    assert due_on(terms, document_on) <= due_on(terms, later)


@given(terms_of_any_kind, days)
def test_due_dates_found_by_walking_day_by_day(terms, document_on):
    """The oracle: walk on, one day at a time, until the calendar shows the day."""

    def walk(day, is_there):
        while not is_there(day):
            day += timedelta(days=1)
        return day

    def is_last_of_month(day):
        return (day + timedelta(days=1)).month != day.month

    def is_the_day(day):
        wanted = terms.day_of_month
        return day.day == wanted or (is_last_of_month(day) and day.day < wanted)

    found = document_on
    if terms.end_of_month == "before":
        found = walk(found, is_last_of_month)
    found += timedelta(days=terms.days)
    if terms.end_of_month == "after":
        found = walk(found, is_last_of_month)
    if terms.day_of_month is not None:
        next_month = timedelta(days=1 if terms.end_of_month == "after" else 0)
        found = walk(found + next_month, is_the_day)
    assert due_on(terms, document_on) == found


@given(days)
def test_the_end_of_a_month_is_followed_by_the_first_of_the_next(day):
    last = end_of_month(day)
    assert (last.year, last.month) == (day.year, day.month)
    assert (last + timedelta(days=1)).day == 1
