-- Journal entries of every FEC received: what each entry touches, and whether it is an opening one.
--
-- grain: source_sha256, journal_code, entry_number, entry_on
-- units: book currency of the entity
-- rule:  a number alone does not name an entry: some packages restart it with each month
-- rule:  an opening entry (a-nouveau) is told by its journal or its words, and touches no
--        account of the profit and loss
-- rule:  the words stand alone: a customer named La Nouveauté is no a-nouveau
with journals as (
    select
        journal_code,
        journal_label,
        regexp_full_match(upper(journal_code), '(AN|ANO|ANV|RAN|OUV|OUVERTURE|A-?NOUVEAUX?)[0-9]*')
        or regexp_matches(
            lower(strip_accents(coalesce(journal_label, ''))),
            '((^|[^a-z])a[- ]?nouveaux?([^a-z]|$)|report a nouveau|bilan d.ouverture|opening balance|ecriture d.ouverture)'
        ) as is_opening
    from (select distinct journal_code, journal_label from raw.fec_lines)
),

-- Few lines have one of these words, and only those are looked at closely.
lines as (
    select
        *,
        lower(coalesce(label, '')) as words,
        contains(words, 'nouveau') or contains(words, 'ouverture') or contains(words, 'opening') as may_open
    from raw.fec_lines
)

select
    lines.source_sha256,
    files.entity_id,
    lines.journal_code,
    lines.entry_number,
    lines.entry_on,
    count(*) as line_count,
    cast(sum(lines.debit) as decimal(18, 2)) as debit,
    cast(sum(lines.credit) as decimal(18, 2)) as credit,
    bool_or(accounts.role in ('sales', 'rebates')) as has_sales,
    bool_or(accounts.role in ('bank', 'cash_in_transit')) as has_bank,
    bool_or(accounts.role = 'bank_charges') as has_bank_charges,
    bool_or(accounts.role = 'suspense') as has_suspense,
    bool_or(accounts.role = 'discount') as has_discount,
    bool_or(accounts.role = 'bad_debt') as has_bad_debt,
    bool_or(accounts.role = 'exchange') as has_exchange,
    bool_or(accounts.role = 'small_difference') as has_small_difference,
    bool_or(accounts.role = 'factor') as has_factor,
    bool_or(accounts.role = 'penalties') as has_penalties,
    bool_and(accounts.role in ('receivable', 'vat')) as is_transfer,
    bool_or(
        journals.is_opening
        or case
            when lines.may_open
                then regexp_matches(
                    strip_accents(lines.words),
                    '((^|[^a-z])a[- ]?nouveaux?([^a-z]|$)|report a nouveau|bilan d.ouverture|opening balance|ecriture d.ouverture)'
                )
            else false
        end
    )
    and not bool_or(substr(lines.account, 1, 1) in ('6', '7')) as is_opening
from lines
join staging.files as files on files.source_sha256 = lines.source_sha256
left join journals
    on journals.journal_code = lines.journal_code
    and journals.journal_label is not distinct from lines.journal_label
left join staging.accounts as accounts on accounts.account = lines.account
group by all
