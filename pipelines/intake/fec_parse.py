"""Read days and amounts of a FEC strictly, in SQL, and say what is wrong with a line.

Regular expressions say exactly what is lawful, and nothing else is read at all. DuckDB's own casts
would take `1_000`, `1e3`, a third decimal and the year 26. What is written in the usual form never
comes here: `fec_usual` has read it.
"""

from functools import cache

from pipelines.intake.fec_header import Layout
from pipelines.intake.text import WHITE_SPACE

# What stands for a value that cannot be read, until the line is set aside. No value is one of
# these: years are 1900 to 2099, and no amount may be that small.
UNREADABLE_DAY = "date '0001-01-01'"
UNREADABLE_AMOUNT = "-9999999999999999.99::decimal(18, 2)"

# An amount is below 10^13: what adds up a thousand of them, or multiplies one by days, still counts
# in cents. `usual_cents` takes no longer ones, and leaves them to what is said here.
BELOW_LIMIT = "decimal(15, 2)"

LINE_COLUMNS = {
    # Of each landing column that is text: the lawful name of its column in the file.
    "journal_code": "JournalCode",
    "journal_label": "JournalLib",
    "entry_number": "EcritureNum",
    "account": "CompteNum",
    "account_label": "CompteLib",
    "auxiliary": "CompAuxNum",
    "auxiliary_label": "CompAuxLib",
    "document_ref": "PieceRef",
    "label": "EcritureLib",
    "lettering": "EcritureLet",
    "currency": "Idevise",
}
DAY_COLUMNS = {
    "entry_on": "EcritureDate",
    "document_on": "PieceDate",
    "lettered_on": "DateLet",
    "validated_on": "ValidDate",
    "due_on": "DateEcheance",
}

LONGEST = 10_000  # bytes of a line. Real ones have hundreds

MAY_BE_BLANK = ("CompAuxNum", "CompAuxLib", "PieceRef", "EcritureLet", "Idevise")
DEBIT, CREDIT = ("D", "d", "+1", "1"), ("C", "c", "-1")
_NUMBER = r"([0-9]+([.,][0-9]{0,2}0*)?|[.,][0-9]{1,2}0*)"
_AMOUNT = rf"[-+]?{_NUMBER}|{_NUMBER}[-+]"  # the sign first or last
_TIME = r"([T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?)?"
_YEAR_FIRST = rf"((?:19|20)[0-9]{{2}})[-/.]?([0-9]{{2}})[-/.]?([0-9]{{2}}){_TIME}"
# Never at once a day with the year first: then the month would be 19 or 20.
_DAY_FIRST = rf"([0-9]{{2}})[-/.]?([0-9]{{2}})[-/.]?((?:19|20)[0-9]{{2}}){_TIME}"
_FORMS = ((_YEAR_FIRST, r"\1\2\3"), (_DAY_FIRST, r"\3\2\1"))
_NO_DAY = r"[-0/.: ]*"


@cache
def strict_days() -> str:
    """Return the question which days `texts` (place, text) are.

    The answer, in the order of their places, is `value`, null where there is none, and
    `is_unreadable`, where there is something that says no day.
    """
    return _of_texts(_day("text"), UNREADABLE_DAY)


@cache
def strict_amounts() -> str:
    """Return the question which amounts `texts` (place, text) are, answered as for days."""
    return _of_texts(f"case when text <> '' then {_amount('text')} end", UNREADABLE_AMOUNT)


def _of_texts(value: str, unreadable: str) -> str:
    return f"""
        with trimmed as (select place, trim(text, {_text(WHITE_SPACE)}) as text from texts),
        read as (select place, {value} as value from trimmed)
        select
            nullif(value, {unreadable}) as value,
            coalesce(value = {unreadable}, false) as is_unreadable
        from read
        order by place
    """  # noqa: S608 (nothing of it comes from a file)


def diagnosis(layout: Layout) -> str:
    """Return the question what is wrong with `lines` that cannot be read.

    It is asked of `source_line`, and `line` with a separator as its line end. The answer is
    `source_line`; `fault`, the lawful name of the first column that is wrong, or `*` where it is
    the number of fields; `value`, what stands there; `journal_code` and `entry_number`.
    """
    values = _values(layout)
    checks = _checks(layout)
    faults = " ".join(f"when not ({check}) then '{name}'" for name, check in checks.items())
    shown = " ".join(f"when '{name}' then {_raw(name)}" for name in checks)
    return f"""
        with split as (
            select *, string_split(line, {_text(layout.separator)}) as fields from lines
        ),
        named as (
            select * exclude (fields), {_named(layout)} from split
        ),
        trimmed as (
            select {_trimmed(layout)} from named
        ),
        typed as (
            select *, {", ".join(f"{value} as {column}" for column, value in values.items())}
            from trimmed
        ),
        judged as (
            select *, case when not has_width then '*' {faults} end as fault from typed
        )
        select
            source_line, fault, case fault when '*' then line {shown} end as value,
            journal_code, entry_number
        from judged
        order by source_line
    """  # noqa: S608 (the names come from the list of lawful ones, never from the file)


def _named(layout: Layout) -> str:
    """Name the fields, and say whether there are as many as in the header, in a line of good size.

    More of them, with nothing in them, come from separators at the end of the line.
    """
    width = len(layout.names)
    fields = [f"fields[{number}] as {_raw(name)}" for name, number in layout.position.items()]
    has_width = f"""case
        when strlen(line) > {LONGEST} then false
        when len(fields) = {width + 1} then true
        when len(fields) > {width + 1}
            then trim(array_to_string(fields[{width + 1}:], ''), {_text(WHITE_SPACE)}) = ''
        else false
    end as has_width"""
    return ", ".join([*fields, has_width])


def _trimmed(layout: Layout) -> str:
    """Cut white space off the fields."""
    names = map(_raw, layout.position)
    trimmed = (f"trim({name}, {_text(WHITE_SPACE)}) as {name}" for name in names)
    return f"* replace ({', '.join(trimmed)})"


def _raw(name: str) -> str:
    """Return what a column is called in SQL while it is text: names there have no case."""
    return f"raw_{name}"


def _values(layout: Layout) -> dict[str, str]:
    """Return the SQL of each landing column that a line can be at fault for."""
    there = layout.position.keys()
    values = {
        column: _written(name)
        for column, name in LINE_COLUMNS.items()
        if column in ("journal_code", "entry_number", "account")
    }
    for column, name in DAY_COLUMNS.items():
        values[column] = _day(_raw(name)) if name in there else "null::date"
    if layout.amount_form == "debit_credit":
        values["debit"], values["credit"] = _amount("raw_Debit"), _amount("raw_Credit")
    else:
        values["amount"] = _amount("raw_Montant")
    if "Montantdevise" in there:
        values["currency_amount"] = _amount("raw_Montantdevise")
    return values


def _written(name: str) -> str:
    """Return a text, or null where there is none."""
    return f"nullif({_raw(name)}, '')"


def _day(name: str) -> str:
    """Read a day. Nothing, zeros and dashes are no day, and null."""
    written = [
        f"""case when regexp_full_match({name}, '{pattern}')
            then try_strptime(regexp_replace({name}, '^{pattern}$', '{order}'), '%Y%m%d')::date
        end"""
        for pattern, order in _FORMS
    ]
    return f"""case when regexp_full_match({name}, '{_NO_DAY}') then null
        else coalesce({", ".join(written)}, {UNREADABLE_DAY}) end"""


def _amount(name: str) -> str:
    """Read an amount. Nothing is zero, as in the authority's own tool."""
    return f"""case
        when {name} = '' then 0::decimal(18, 2)
        when regexp_full_match({name}, '{_AMOUNT}') then coalesce(
            try_cast(
                case when contains({name}, '-') then '-' else '' end
                || regexp_replace(replace({name}, ',', '.'), '[-+]', '') as {BELOW_LIMIT}
            )::decimal(18, 2),
            {UNREADABLE_AMOUNT}
        )
        else {UNREADABLE_AMOUNT}
    end"""


def _checks(layout: Layout) -> dict[str, str]:
    """Return each column that can be at fault, and the SQL that says it is not."""
    checks = {
        "JournalCode": "journal_code is not null",
        "EcritureNum": "entry_number is not null",
        "EcritureDate": f"coalesce(entry_on <> {UNREADABLE_DAY}, false)",
        "CompteNum": "account is not null",
    }
    if layout.amount_form == "debit_credit":
        checks["Debit"] = f"debit <> {UNREADABLE_AMOUNT}"
        checks["Credit"] = f"credit <> {UNREADABLE_AMOUNT}"
    else:
        sides = ", ".join(f"'{side}'" for side in DEBIT + CREDIT)
        checks["Sens"] = f"raw_Sens in ({sides})"
        checks["Montant"] = f"amount <> {UNREADABLE_AMOUNT}"
    for column, name in DAY_COLUMNS.items():
        if name in layout.position and name not in checks:
            checks[name] = f"{column} is distinct from {UNREADABLE_DAY}"
    if "Montantdevise" in layout.position:
        checks["Montantdevise"] = f"currency_amount <> {UNREADABLE_AMOUNT}"
    return checks


def _text(value: str) -> str:
    """Return a text as SQL, whatever characters it holds."""
    return " || ".join(f"chr({ord(character)})" for character in value) or "''"
