"""The sentences of the pipelines, in the reader's language.

A file is refused, a line set aside and a check broken in English, with the offending values in the
sentence. Each sentence that can be said is listed here with places for its values. One that is not
listed is shown as it stands.
"""

import re
from datetime import date
from decimal import Decimal
from functools import cache

from dashboards import formats
from dashboards.desk_sayings import DESK_SENTENCES
from dashboards.language import mark, t
from dashboards.table_sayings import TABLE_SENTENCES

SENTENCES = (
    # The ledger extract (FEC)
    mark("The line is the header once more."),
    mark("Export the file again, with one header."),
    mark("{column} has a thousands separator, which a FEC does not have."),
    mark("{column} has more than two decimals."),
    mark("It is not rounded: write 1234,56."),
    mark("{column} is too large for an amount, which is below {limit}."),
    mark("Check it."),
    mark("The debits of the file come to {debit}: they must be below {limit}."),
    mark("Check its largest amounts."),
    mark("{column} is not an amount."),
    mark("Write digits and a decimal comma, as in 1234,56."),
    mark("Write 1234,56."),
    mark("{column} is a day that no calendar has."),
    mark("{column} is not a day between 1900 and 2099."),
    mark("Write the day as in 20240131."),
    mark("Write it as in 20240131."),
    mark("{column} must say D or C, or +1 or -1."),
    mark("{column} is empty."),
    mark("The line cannot be placed in the books without it."),
    mark("The line has more than {bytes} bytes: line ends are missing."),
    mark(
        "The line has {found} fields, the header has {expected}: a separator is missing, or the "
        "line is broken in two."
    ),
    mark(
        "The line has {found} field, the header has {expected}: a separator is missing, or the "
        "line is broken in two."
    ),
    mark(
        "The line has {found} fields, the header has {expected}: a text holds the separator, which "
        "a FEC does not allow."
    ),
    mark("The file holds NUL bytes, which no text has: it is damaged."),
    mark("The file has a line of more than 16 million bytes: it is damaged."),
    mark("The file begins as UTF-16 and is something else."),
    mark("Export it again, as UTF-8."),
    mark("Export it again, whole."),
    mark("Export it again."),
    mark("Export the file again, whole."),
    mark("Export the file again."),
    mark("The file has a header and no records."),
    mark("The file is cut in its last line, {line}."),
    mark("{count} of {records} lines cannot be read, too many to trust the others."),
    mark("The first is line {line}: {reason}"),
    mark("No entry can be read whole."),
    mark("The quarantine says why of each line."),
    mark("The entry does not balance: {entry}."),
    mark("The entry {entry} does not balance."),
    mark(
        "It may lack a line that cannot be read and does not say its entry (line {line}), so the "
        "whole entry is set aside."
    ),
    mark("Line {line} of the same entry ({entry}) cannot be read, for its {column}."),
    mark("The whole entry is set aside, so that what is loaded balances."),
    mark("The file does not balance: {totals}."),
    mark("The file balances as a whole ({totals}), but not entry by entry."),
    mark("Look at {entries}."),
    mark("entry {number} of journal {journal} (lines {first} to {last}), {totals}"),
    mark("entry {number} of journal {journal} (line {line}), {totals}"),
    mark("debit {debit}, credit {credit}"),
    mark("It is the last entry of the file, which has no line end: the file may have been cut."),
    mark("It is the last entry of the file: the file may have been cut."),
    mark(
        "The fields are in quotation marks, which a FEC does not have: a text that holds one would "
        "be read wrongly."
    ),
    mark("Export the file again without them."),
    mark("The header has no column {columns}."),
    mark(
        "A FEC needs it to be read: export the file again with every column that the law asks for "
        "(LPF A47 A-1)."
    ),
    mark("The header has two columns {column}, and nothing says which one counts."),
    mark("Take one of them out, or give it another name."),
    mark("The XML has a DOCTYPE, which a FEC has not: it could be an attack."),
    mark("The XML is damaged or breaks off ({error})."),
    *TABLE_SENTENCES,
    # Bank statements
    mark("This is an intraday report (camt.052), and what it shows may still change."),
    mark("This is a notice of single movements (camt.054), and not a whole statement."),
    mark("This is camt.{number} in version {version}."),
    mark("Ask the bank for camt.053 in a version from 02 to 08."),
    mark(
        "{statement} opens with {opening} {currency}, its booked entries come to {booked}, and it "
        "closes with {closing}, not {expected}"
    ),
    mark(
        "{statement} opens with {opening} {currency}, and the one before it closed with {closing}"
    ),
    mark("statement {number} of account {account}"),
    mark("without a number"),
    mark("unknown"),
    mark("The statement does not say its account."),
    mark("The file holds no statement."),
    mark("Ask the bank for it again."),
    mark("Ask the bank for the file again."),
    mark("The balances do not agree with the entries: {disagreements}."),
    mark("Entry {which} cannot be read, for its {column}."),
    mark("Only booked entries (BOOK) are cash."),
    mark("It comes again when the bank books it."),
    mark("This is no date."),
    mark("It says neither CRDT nor DBIT: no sign is known."),
    mark("This is no amount: digits with a dot, no sign."),
    mark("The amount is too large: it must be below {limit}."),
    mark("The amount has cents beyond the second decimal."),
    mark("The amount does not say its currency."),
    mark("The entry does not say on which day it was booked."),
    mark("The {count} transactions of this entry come to {sum}, and the entry is {amount}."),
    mark("This XML file is neither a bank statement (camt.053) nor a ledger (FEC)."),
    mark("Nothing else in XML is read."),
    mark("Ask the bank for the statement of the day, camt.053."),
    # Any file
    mark("This is a PDF document."),
    mark("This is a picture."),
    mark("This is a gzip archive."),
    mark("This is a 7z archive."),
    mark("This is a RAR archive."),
    mark("This is a program."),
    mark("This is no text: it is damaged, locked, or in a form of another program."),
    mark("Export it again, as a FEC, CSV, XLSX or Parquet."),
    mark("Export it again as CSV, in UTF-8."),
    mark("This is an office document, not a workbook."),
    mark("Save the table as .xlsx or CSV."),
    mark("An archive is opened only where it lies in the extracts folder itself."),
    mark("Unpack it there."),
    mark("The workbook is damaged in its part {part}."),
    mark("Open it in Excel, save it again as .xlsx, or export it as CSV."),
    mark("Write it again."),
    mark("The file claims {count} rows."),
    mark("Split it, one file for each year."),
    mark("The parts of this FEC do not have the same header."),
    mark("Export the FEC again, all its parts in one go."),
    mark("The mapping of {kind} does not say which column is {columns}."),
    mark("Add it, or let `encaisse intake propose FILE` write the mapping."),
    mark("There is no preset {preset}."),
    mark("Use one of {choices}."),
    mark("The preset {preset} reads {one}, and the mapping says {other}."),
    mark("Write kind = {kind}."),
    mark("Tables in the encoding {encoding} are not read."),
    mark("Write one of {choices}, or leave it out."),
    mark("The file is stated to be in {stated}, and its bytes are not: they look like {seen}."),
    mark("Leave the encoding out, or export the file again."),
    mark("Of {expected} lines {found} came back."),
    mark("{count} lines were written, debit {debit}, credit {credit}; there should be {expected}."),
    mark("{records} records came in, but {loaded} were loaded and {quarantined} quarantined."),
    mark("Report this as a defect, with the file."),
    mark("Report this as a defect, with the file: no line may be lost."),
    mark("Report this as a defect, with the file: no record may be lost."),
    mark("it is not a file, or it leads nowhere"),
    mark("Permission denied"),
    mark("The file is empty."),
    mark("This is an old Excel file, or a locked one."),
    mark("Save it as .xlsx without a password."),
    mark("This is a bank statement in an older form, MT940 or CFONB."),
    mark("Ledgers, tables (CSV, XLSX, Parquet) and camt.053 files are read."),
    mark("The archive holds no file."),
    mark("Pack it again, with the extracts in it."),
    mark("The archive holds more than {count} files."),
    mark("The archive is locked by a password."),
    mark("Put it there without a password."),
    mark("Put the files themselves into the folder."),
    mark("The archive is damaged, or packed in a way that is not read here: {error}."),
    mark("Pack it again as a plain zip file, or put the files themselves into the folder."),
    mark("The file unpacks to {size} MB, {ratio} times its size: it could fill the machine."),
    mark("If it is what it should be, put it there unpacked, or as CSV."),
    mark("The file is larger than {size} MB."),
    mark("Ask for one file for each month."),
    mark("The file declares a DOCTYPE or an entity, which can be used to attack."),
    mark("Ask whoever made it for a plain file."),
    mark("The file is not well-formed XML, or is cut short: {error}."),
    mark("The file nests elements more than {depth} deep."),
    mark("This is a link to a folder, and such links are not followed."),
    mark("Put the files themselves into the folder, or a link to each of them."),
    mark("It cannot be opened: {error}."),
    mark("Check its permissions."),
    mark("The file changed while it was being read."),
    mark("The next refresh reads it again."),
    mark("The reader failed on this file."),
    mark("Report it as a defect, with the file."),
    # Contracts
    mark("An account begins with three digits of the chart."),
    mark("Every line on a customers' account names its customer."),
    mark("Every customer has a name beside its number."),
    mark("The other accounts of an entry tell what kind of item it is."),
    mark("A line refers to its document, in at least 95 % of cases."),
    mark("The booking date lies between 1900 and 2099."),
    mark("The date of a document lies between 1900 and 2099."),
    mark("A due date lies between 1900 and 2099."),
    mark("A value date lies between 1900 and 2099."),
    mark("The date of a lettering lies between 1900 and 2099."),
    mark("Every lettering has its date."),
    mark("A document is not booked before its own date, in at least 95 % of cases."),
    mark("A document does not fall due before its own date."),
    mark("A currency is three capital letters, as in ISO 4217."),
    mark("Every row names its document."),
    mark("No document is twice in one file."),
    mark("Every row names its customer."),
    mark("Every customer has a name."),
    mark("Every customer has a name, in the row or in a customer file."),
    mark("A row is of a kind that the ledger knows."),
    mark("Every row has an amount."),
    mark("Payment terms have a meaning."),
    mark("Every row has the number of its customer."),
    mark("No customer is twice in one file."),
    mark("A SIREN has nine digits, the last of which checks the others."),
    mark("A VAT number has the shape and the check digits of its country."),
    mark("A country is two capital letters, as in ISO 3166."),
    mark("Every customer has payment terms."),
    mark("A credit limit is not negative."),
    mark("An insured amount is not negative."),
    mark("An e-mail address has the shape of one."),
    mark("Every line says which of our accounts it is of."),
    mark("An IBAN has the length and the check digits of its country."),
    mark("Every line has a booking date."),
    mark("Every line has an amount."),
    mark("Looked at the newest {looked} of {rows} rows."),
    mark("It could not be looked at."),
    mark("({count} of {rows} rows do not.)"),
    # Checks
    mark("{file}, line {line}: {reason}"),
    mark("{file}: {reason}"),
    mark("{entity}, customer {customer}, {currency} on {day}: booked {booked}, open items {open}"),
    mark("These payment terms are not understood: {text}."),
    mark("No payment terms are {days} days, end of month {month}, day of the month {day}."),
    mark("customer {customer}, journal {journal}, entry {entry} on {day}: {amount}"),
    mark("item {item} of customer {customer}: {amount}, settled {settled}"),
    mark("{entity}, customer {customer}, account {account} on {day}: opening {opening}, closing "
         "{closing}"),
    mark("{older} and {newer} share {shared} of {count} entries between {first} and {last}"),
    mark("those are counted once"),
    mark("{later} came later and knows no later day than {earlier}, which counts"),
    mark("{file}, line {line}: debit {debit} and credit {credit} on one line, whose difference "
         "counts"),
    mark("{file}, line {line}: account {account} begins with no three digits of the chart"),
    mark("{file}, line {line}: dated {day}, more than 31 days after the extract was made"),
    mark("{file}: {found} of its {count} invoices are in the ledger of {entity}"),
    mark("if it is of another firm, name its entity in encaisse.toml"),
    mark("{file}: no table shows in one currency what {count} of its records say of an invoice and "
         "what settles it"),
    mark("they settle nothing"),
    mark("{file}: nothing says whose it is, so that it counts as of a firm of its own, {entity}"),
    mark("{entity}, customer {customer}, {currency} on {day}: list {listed}, open items {open}"),
    mark("{file}: no day is stated"),
    mark("{day} is taken, the newest date in it"),
    mark("{file}: the list is empty and says no day, so it does not count"),
    mark("{entity}, list of {day}: it is in {found} of the {count} files that the list before was "
         "in"),
    mark("{entity}, list of {day}: nothing in {currency} is open any more"),
    mark("{file}: {count} earlier contents still count, of {first} to {last}"),
    mark("{file}: an earlier content still counts, that of {day}"),
    mark("only the landing folder has them"),
    mark("only the landing folder has it"),
    mark("give each export a name of its own, with its day"),
    mark("{file}: earlier lists cannot be read again and count no more, those of {days}"),
    mark("{file}: {other} shows the same day again, and counts instead"),
    mark("{file}: {count} of its records were set aside"),
    mark("what they say is open counts as settled"),
    mark("{entity}: {count} items come from other tables than its lists of open items"),
    mark("those stay open unless their table says that they are paid"),
    mark("and {count} more"),
    # The card of the model
    mark("Nothing was learnt yet: the extracts hold no document of a customer."),
    mark("No day of payment was learnt yet: none of the documents is settled."),
    mark("What is said follows the payment terms alone."),
    mark("never trained"),
    mark("the books are others than it learnt from"),
    mark("the recipe has changed"),
    mark("it learnt from nothing of the last {days} days"),
    mark("{share}% more documents are settled since"),
    mark("what it said left the range of its past twice"),
    mark(
        "when {days} days have passed, {share}% more documents are settled, the recipe, the "
        "settings or the books have changed, or what it said was out of range at two checks "
        "{apart} days apart"
    ),
    mark("not known"),
    *DESK_SENTENCES,
)  # fmt: skip

SAID = (  # places that hold a sentence themselves, or several
    *("reason", "entries", "entry", "totals", "disagreements", "headers"),
    *("error", "statement", "number", "account"),
)
OF_A_FILE = ("{file}, line {line}: {reason}", "{file}: {reason}")
"""What any text with a colon would fit: it is one of these where its reason is one of ours."""

DAY = re.compile(r"\d{4}-\d\d-\d\d")
DAYS = ("day", "first", "last")  # places of a day that is ours
NUMBERS = re.compile(r"-?\d{1,3}(,?\d{3})*(\.\d\d)?")
IN_DIGITS = (  # places whose number is ours, and not the text of a file
    *(
        "amount",
        "limit",
        "settled",
        "opening",
        "closing",
        "list",
        "open",
        "debit",
        "credit",
        "sum",
        "booked",
    ),
    *("expected", "total", "paid", "credited", "due", "count", "records", "rows", "looked"),
)
HELD = {"statement": "[^;:]", "currency": "[^;,]"}  # by these places, where not anything may stand
PLACE = re.compile(r"\{(\w+)\}")
ANOTHER_SENTENCE = re.compile(r"(?<=\.) +(?=[A-Z(])")
NEXT = mark("; ")  # stands between what a check says of one row and of the next
MOST_PARTS = 4  # of one thing said, where `; ` is within it


def say(text: str) -> str:
    """Return what the pipelines said, sentence by sentence, in the reader's language."""
    return " ".join(_say_one(sentence) or sentence for sentence in ANOTHER_SENTENCE.split(text))


def say_list(text: str) -> str:
    """Return what a check said of several rows, one after the other."""
    parts, said = text.split(NEXT), []
    while parts:
        tried = (NEXT.join(parts[:count]) for count in range(1, min(len(parts), MOST_PARTS) + 1))
        whole = next(filter(is_known, tried), parts[0])
        said.append(say(whole))
        parts = parts[whole.count(NEXT) + 1 :]
    return t(NEXT).join(said)


def is_known(text: str, *, of_a_file: bool = True) -> bool:
    """Return whether every sentence of a text is one of ours, also after the name of its file."""
    sentences = ANOTHER_SENTENCE.split(text)
    return all(_say_one(each, of_a_file=of_a_file) is not None for each in sentences)


def _say_one(sentence: str, *, of_a_file: bool = True) -> str | None:
    """Return a sentence in the reader's language, or nothing where it is not listed."""
    if sentence in SENTENCES:
        return t(sentence)
    for template, pattern in _patterns():
        found = pattern.fullmatch(sentence)
        if not found:
            continue
        if template in OF_A_FILE and not (of_a_file and is_known(found["reason"], of_a_file=False)):
            continue
        return t(template, **{name: _value(name, text) for name, text in found.groupdict().items()})
    return None


def _value(place: str, text: str) -> str:
    """Return what stands in a place, as the reader writes it."""
    if place in SAID:
        return say(text) if is_known(text, of_a_file=False) else say_list(text)
    if place in IN_DIGITS and NUMBERS.fullmatch(text):
        return formats.number(Decimal(text.replace(",", "")), 2 if "." in text else 0)
    if place in DAYS and DAY.fullmatch(text):
        return formats.day_short(date.fromisoformat(text))
    return text


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Return the sentences with places, as patterns; what says most comes first."""
    placed = [sentence for sentence in SENTENCES if PLACE.search(sentence)]
    placed.sort(key=lambda sentence: -len(PLACE.sub("", sentence)))
    return [
        (
            sentence,
            re.compile(re.sub(r"\\\{(\w+)\\\}", _place, re.escape(sentence)), re.DOTALL),
        )
        for sentence in placed
    ]


def _place(found: re.Match[str]) -> str:
    """Return what may stand in a place. What a sentence begins with does not end another."""
    name, begins = found[1], found.start() == 0
    else_held = "[^;]" if name in IN_DIGITS else "[^:]" if begins and name != "file" else "."
    held = HELD.get(name, else_held)
    return f"(?P<{name}>{held}+?)"
