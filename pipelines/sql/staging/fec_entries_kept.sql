-- The entries that count: each entry of the books once, from the newest export that shows it.
--
-- grain: source_sha256, journal_code, entry_number, entry_on
with replaced as (
    select distinct
        entries.source_sha256,
        entries.journal_code,
        entries.entry_number,
        entries.entry_on
    from staging.fec_entries as entries
    join staging.fec_overlaps as pairs
        on pairs.older_sha256 = entries.source_sha256
        and entries.entry_on between pairs.from_on and pairs.to_on
    left join staging.fec_entries as newer
        on newer.source_sha256 = pairs.newer_sha256
        and newer.journal_code = entries.journal_code
        and newer.entry_number = entries.entry_number
        and newer.entry_on = entries.entry_on
        and newer.debit = entries.debit
        and newer.line_count = entries.line_count
    where pairs.replaces_period or newer.entry_number is not null
)

select entries.*
from staging.fec_entries as entries
anti join replaced
    on replaced.source_sha256 = entries.source_sha256
    and replaced.journal_code = entries.journal_code
    and replaced.entry_number = entries.entry_number
    and replaced.entry_on = entries.entry_on
