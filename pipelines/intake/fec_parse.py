"""Read the lines of a FEC as dates and amounts, strictly, in SQL.

The usual form of a value is read by cheap functions, every other lawful form by a regular
expression that says exactly what is lawful, and nothing else is read at all. DuckDB's own casts
would take `1_000`, `1e3`, a third decimal and the year 26.
"""

from dataclasses import dataclass

from pipelines.intake.fec_header import Layout
from pipelines.intake.text import WHITE_SPACE

# What stands for a value that cannot be read, until the line is set aside. No value is one of
# these: years are 1900 to 2099, and no amount in the world is that small.
UNREADABLE_DAY = "date '0001-01-01'"
UNREADABLE_AMOUNT = "-9999999999999999.99::decimal(18, 2)"

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

_MAY_BE_BLANK = ("CompAuxNum", "CompAuxLib", "PieceRef", "EcritureLet", "Idevise")
_DEBIT, _CREDIT = "'D', 'd', '+1', '1'", "'C', 'c', '-1'"
_NUMBER = r"([0-9]+([.,][0-9]{0,2}0*)?|[.,][0-9]{1,2}0*)"
_AMOUNT = rf"[-+]?{_NUMBER}|{_NUMBER}[-+]"  # the sign first or last
_TIME = r"([T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?)?"
_YEAR_FIRST = rf"((?:19|20)[0-9]{{2}})[-/.]?([0-9]{{2}})[-/.]?([0-9]{{2}}){_TIME}"
# Never at once a day with the year first: then the month would be 19 or 20.
_DAY_FIRST = rf"([0-9]{{2}})[-/.]?([0-9]{{2}})[-/.]?((?:19|20)[0-9]{{2}}){_TIME}"
_FORMS = ((_YEAR_FIRST, r"\1\2\3"), (_DAY_FIRST, r"\3\2\1"))
_NO_DAY = r"[-0/.: ]*"


@dataclass(frozen=True)
class Questions:
    """Two questions to ask of `lines`: `source_line`, and `line` with a separator as its line end.

    Attributes:
        reading: Of `lines` with a `turn` each: the turn, every column of the landing table
            `fec_lines`, and `spoilt`: the line where it cannot be read, or the beginning of a
            longer one, else null.
        diagnosis: For lines that cannot be read: `fault`, the lawful name of the first column that
            is wrong, or `*` where it is the number of fields; `value`, what stands there;
            `journal_code` and `entry_number`.
    """

    reading: str
    diagnosis: str


def questions(layout: Layout, *, white_space: str, zero: str) -> Questions:
    """Return how to read and diagnose the lines of a file.

    Args:
        layout: Where the columns are.
        white_space: What fields may begin or end with, and must be cut off; mostly nothing.
        zero: How this file writes no amount, most of the time. Only speed depends on it.
    """
    values = _values(layout, zero)
    checks = _checks(layout)
    good = " and ".join(["has_width", *checks.values()])
    faults = " ".join(f"when not ({check}) then '{name}'" for name, check in checks.items())
    shown = " ".join(f"when '{name}' then {_raw(name)}" for name in checks)
    typed = f"""
        with split as (
            select *, string_split(line, {_text(layout.separator)}) as fields from lines
        ),
        named as (
            select * exclude (fields), {_named(layout)} from split
        ),
        cut as (
            select {_cut(layout, white_space)} from named
        ),
        typed as (
            select *, {", ".join(f"{value} as {column}" for column, value in values.items())}
            from cut
        )
    """  # noqa: S608 (the names come from the list of lawful ones, never from the file)
    return Questions(
        f"""{typed}
        select
            turn, source_line, {", ".join(values)},
            case when {good} then null else line[:{LONGEST + 1}] end as spoilt
        from typed
        """,  # noqa: S608
        f"""{typed},
        judged as (
            select *, case when not has_width then '*' {faults} end as fault from typed
        )
        select
            source_line, fault, case fault when '*' then line {shown} end as value,
            journal_code, entry_number
        from judged
        order by source_line
        """,  # noqa: S608
    )


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


def _cut(layout: Layout, white_space: str) -> str:
    """Cut white space off the fields. Where it can only be spaces, look before cutting."""
    if not white_space:
        return "*"
    cut = []
    for name in map(_raw, layout.position):
        if white_space == " ":
            is_padded = f"prefix({name}, ' ') or suffix({name}, ' ')"
            cut.append(f"case when {is_padded} then trim({name}) else {name} end as {name}")
        else:
            cut.append(f"trim({name}, {_text(white_space)}) as {name}")
    return f"* replace ({', '.join(cut)})"


def _raw(name: str) -> str:
    """Return what a column is called in SQL while it is text: names there have no case."""
    return f"raw_{name}"


def _values(layout: Layout, zero: str) -> dict[str, str]:
    """Return the SQL of each landing column but `source_line`."""
    there = layout.position.keys()
    values = {
        column: _written(name) if name in there else "null::varchar"
        for column, name in LINE_COLUMNS.items()
    }
    if "Idevise" in there:
        values["currency"] = f"upper({values['currency']})"
    for column, name in DAY_COLUMNS.items():
        values[column] = _day(_raw(name)) if name in there else "null::date"
    if layout.amount_form == "debit_credit":
        values["debit"], values["credit"] = _amount("raw_Debit", zero), _amount("raw_Credit", zero)
    else:
        amount = _amount("raw_Montant", zero)
        for side, signs in (("debit", _DEBIT), ("credit", _CREDIT)):
            values[side] = (
                f"case when raw_Sens in ({signs}) then {amount} else 0::decimal(18, 2) end"
            )
    values["currency_amount"] = (
        f"case when raw_Montantdevise <> '' then {_amount('raw_Montantdevise', zero)} end"
        if "Montantdevise" in there
        else "null::decimal(18, 2)"
    )
    return values


def _written(name: str) -> str:
    """Return a text, or null where there is none: some write a dash for a lawful blank."""
    text = f"nullif({_raw(name)}, '')"
    return f"nullif({text}, '-')" if name in _MAY_BE_BLANK else text


def _day(name: str) -> str:
    """Read a day. Nothing, zeros and dashes are no day, and null."""
    return f"""case
        when {name} = '' then null
        when strlen({name}) = 8 and {name} between '19000101' and '20991231'
            then coalesce(try_strptime({name}, '%Y%m%d')::date, {_slow_day(name)})
        else {_slow_day(name)}
    end"""


def _slow_day(name: str) -> str:
    written = [
        f"""case when regexp_full_match({name}, '{pattern}')
            then try_strptime(regexp_replace({name}, '^{pattern}$', '{order}'), '%Y%m%d')::date
        end"""
        for pattern, order in _FORMS
    ]
    return f"""case when regexp_full_match({name}, '{_NO_DAY}') then null
        else coalesce({", ".join(written)}, {UNREADABLE_DAY}) end"""


def _amount(name: str, zero: str) -> str:
    """Read an amount. Nothing is zero, as in the authority's own tool."""
    return f"""case
        when {name} = {_text(zero)} then 0::decimal(18, 2)
        when regexp_full_match({name}, '[0-9]+[.,][0-9][0-9]')
            then coalesce(
                try_cast(replace({name}, ',', '.') as decimal(18, 2)), {UNREADABLE_AMOUNT}
            )
        when {name} = '' then 0::decimal(18, 2)
        when regexp_full_match({name}, '{_AMOUNT}') then coalesce(
            try_cast(
                case when contains({name}, '-') then '-' else '' end
                || regexp_replace(replace({name}, ',', '.'), '[-+]', '') as decimal(18, 2)
            ),
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
        checks["Sens"] = f"raw_Sens in ({_DEBIT}, {_CREDIT})"
        checks["Montant"] = f"debit <> {UNREADABLE_AMOUNT} and credit <> {UNREADABLE_AMOUNT}"
    for column, name in DAY_COLUMNS.items():
        if name in layout.position and name not in checks:
            checks[name] = f"{column} is distinct from {UNREADABLE_DAY}"
    if "Montantdevise" in layout.position:
        checks["Montantdevise"] = f"currency_amount is distinct from {UNREADABLE_AMOUNT}"
    return checks


def _text(value: str) -> str:
    """Return a text as SQL, whatever characters it holds."""
    return " || ".join(f"chr({ord(character)})" for character in value) or "''"
