-- Booked lines of the bank statements, each statement once.
--
-- grain: source_sha256, source_line, line_number
-- units: the account's currency; positive is money in
-- rule:  a statement received again replaces the earlier one; banks number theirs anew each year
with files as (
    select
        source_sha256,
        entity_id,
        row_number() over (order by latest_on nulls last, landed_at, name, source_sha256) as recency
    from staging.files
    where refused_reason is null
),

statements as (
    select
        lines.bank_account,
        lines.statement_id,
        lines.source_sha256,
        files.recency,
        extract(year from min(lines.booked_on)) as begun_in
    from raw.bank_lines as lines
    join files on files.source_sha256 = lines.source_sha256
    group by all
),

newest as (
    select *
    from statements
    qualify row_number() over (
        partition by bank_account, statement_id, begun_in order by recency desc
    ) = 1
)

select
    lines.source_sha256,
    lines.source_line,
    cast(row_number() over (
        partition by lines.source_sha256, lines.source_line
        order by
            lines.end_to_end_id nulls last,
            lines.amount,
            lines.remittance nulls last,
            lines.counterparty_name nulls last
    ) as bigint) as line_number,
    files.entity_id,
    lines.bank_account,
    lines.statement_id,
    lines.booked_on,
    lines.value_on,
    lines.amount,
    lines.currency,
    lines.counterparty_name,
    lines.counterparty_account,
    lines.end_to_end_id,
    lines.creditor_reference,
    lines.remittance,
    lines.bank_reference,
    lines.is_return
from raw.bank_lines as lines
join files on files.source_sha256 = lines.source_sha256
join newest
    on newest.source_sha256 = lines.source_sha256
    and newest.bank_account is not distinct from lines.bank_account
    and newest.statement_id is not distinct from lines.statement_id
