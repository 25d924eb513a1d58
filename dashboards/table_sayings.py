"""What the pipelines say of tables, as sentences with places for their values."""

from dashboards.language import mark

TABLE_SENTENCES = (
    mark("It is missing."),
    mark("Complete it in the source."),
    mark("The amount says another currency than its record."),
    mark("Correct one of them."),
    mark("This is no currency code."),
    mark("Write three letters, for example EUR."),
    mark("Two columns have this header and say different things."),
    mark("Rename one."),
    mark(
        "The record has {found} fields, the header has {expected}: a separator is missing, or the "
        "line is cut."
    ),
    mark(
        "The record has {found} field, the header has {expected}: a separator is missing, or the "
        "line is cut."
    ),
    mark(
        "The record has {found} fields, the header has {expected}: a text holds the separator and "
        "is not quoted."
    ),
    mark("A quote closes here that another line opened."),
    mark("Check both, or export the file again."),
    mark("A quote opens here and does not close."),
    mark("Close it, or export the file again."),
    mark("A field is longer than 131,072 characters: a quote or a separator is missing."),
    mark("The quotes on this line do not fit ({error})."),
    mark("Double those inside a text."),
    mark("The line holds a NUL byte: it is damaged."),
    mark("The file ends right after this value, without a line end: it may be cut."),
    mark("Export it again, or add a line end if it is complete."),
    mark("A number has more than 15 digits, which Excel does not keep."),
    mark("Format the column as text before typing, and export again."),
    mark("The formula in this cell gives an error in place of a value."),
    mark("Correct it in the workbook, and save it again."),
    mark("No mapping and no preset is for this table: its headers seem to be {headers}."),
    mark("Run `encaisse intake propose FILE` to make a mapping."),
    mark("Correct the mapping: its headers seem to be {headers}."),
    mark("all columns of its mapping"),
    mark("The table has no header with {headers}."),
    mark("None of its {records} records counts; {count} times: {reason}"),
    mark("The file looks like text, but is none: a line has no end, or no encoding fits."),
    mark("The workbook cannot be read: {error}."),
    mark("The Parquet file cannot be read: {error}."),
    mark("Correct it in the source."),
    mark("Correct them in the source."),
    mark("Round it in the source."),
    mark("Check it in the source."),
    mark("Also wrong in this record: {columns}."),
    mark("This is a totals line, not a record."),
    mark("This is no amount."),
    mark("This is no amount with the decimal mark {mark}."),
    mark("Correct it in the source, or state `decimal` in the mapping."),
    mark("The amount has more than two decimals: which cents it means cannot be told."),
    mark("The amount can be read in two ways."),
    mark("State the decimal mark in a [[tables]] section."),
    mark("This is no date in the format {format}."),
    mark("Correct it in the source, or state `date_format` in the mapping."),
    mark(
        "{count} dates are no dates in the format {format} that such files have, and are with day "
        "and month the other way round."
    ),
    mark("State `date_format` for this file in a [[tables]] section."),
    mark("The invoice has no number."),
    mark("This credit note has the other sign than the rest of the list."),
    mark("Say what it is in a column `kind`."),
    mark("The amounts do not add up: total {total}, paid {paid}, credited {credited}, due {due}."),
    mark("What was paid or credited has the wrong sign: paid {paid}, credited {credited}."),
    mark("Of this, {amount} is settled, and no date says when."),
    mark("Map `settled_on` or `updated_on`."),
    mark("This is no receivable: {kind}."),
    mark("This is the same record as on line {line}."),
    mark("Records of this file say different things of one document, from line {line} on."),
    mark("Map `line_ref` where a document has several lines."),
    mark("This customer stands on line {line} already."),
    mark("Keep one of the two."),
    mark("An allocation is a positive amount."),
    mark("Leave out what was undone."),
    mark("What settles an invoice is a payment or a credit note, not: {kind}."),
    mark(
        "{file} and {other}: {count} of their documents stand in both with the same number, day "
        "and amount, and under two customers"
    ),
    mark("each counts twice"),
    mark("if a customer code was changed, take the file with the old code out of the folder"),
)
