-- The days on which an extract says otherwise than an older one did, or says again what has no date.
--
-- grain: entity_id, replaced_on
-- rule:  a line that is gone or changed; a line that an older extract should have shown, by the date
--        it states; a lettering undone or changed; what states no date is known from the first
--        extract that has it, so that the older one is asked
-- rule:  an extract of a ledger shows the whole month with which it begins, so that an opening that
--        was booked later on its first day is not known before
-- rule:  what a newer extract only adds, and dates later than the older one, replaces nothing, unless
--        it gives back what an extract before the older one had told, or letters what lettering tells
--        anew: a line in a foreign currency, or of an entry that moves a document between accounts
-- rule:  rows of tables: a row of a document that says otherwise, or has no date; of lists of open
--        items only another due date: what comes and goes is dated by the lists
-- rule:  a table that lends due dates to a ledger replaces nothing before that ledger was taken
with extracts as (
    select *, cast(date_trunc('month', first_on) as date) as covers_from
    from intake.extract_days
    where extracted_on is not null
),

overlapping as (
    select
        pairs.older_sha256,
        pairs.newer_sha256,
        pairs.entity_id,
        cast(date_trunc('month', pairs.from_on) as date) as from_on,
        pairs.to_on,
        older.extracted_on as older_on,
        older.recency as older_recency,
        newer.extracted_on as newer_on,
        newer.recency as newer_recency
    from staging.fec_overlaps as pairs
    join extracts as older
        on older.entity_id = pairs.entity_id and older.source_sha256 = pairs.older_sha256
    join extracts as newer
        on newer.entity_id = pairs.entity_id and newer.source_sha256 = pairs.newer_sha256
    where older.extracted_on < newer.extracted_on
),

-- A pair says nothing that those between the two do not say.
covered as (
    select distinct overlapping.older_sha256, overlapping.newer_sha256
    from overlapping
    join extracts as between_them
        on between_them.entity_id = overlapping.entity_id
        and between_them.recency > overlapping.older_recency
        and between_them.recency < overlapping.newer_recency
        and between_them.extracted_on < overlapping.newer_on
        and between_them.covers_from <= overlapping.from_on
        and between_them.last_on >= overlapping.to_on
        and not between_them.is_table
),

pairs as (
    select overlapping.*
    from overlapping
    left join covered
        on covered.older_sha256 = overlapping.older_sha256
        and covered.newer_sha256 = overlapping.newer_sha256
    where covered.older_sha256 is null
),

lines as (
    select
        lines.source_sha256,
        lines.journal_code,
        lines.entry_number,
        lines.entry_on,
        lines.account,
        lines.debit,
        lines.credit,
        lines.validated_on,
        lines.lettering,
        lines.lettered_on,
        lines.currency is not null and abs(lines.currency_amount) <> lines.debit + lines.credit
            as is_foreign,
        concat_ws(
            '|', lines.journal_code, lines.entry_number, cast(lines.entry_on as string),
            lines.account, coalesce(lines.auxiliary, ''), coalesce(lines.document_ref, ''),
            coalesce(cast(lines.document_on as string), ''), coalesce(lines.label, ''),
            cast(lines.debit as string), cast(lines.credit as string),
            coalesce(cast(lines.currency_amount as string), ''), coalesce(lines.currency, ''),
            coalesce(cast(lines.due_on as string), '')
        ) as line,
        concat_ws('|', line, coalesce(cast(lines.validated_on as string), '')) as said
    from raw.fec_lines as lines
    join staging.accounts as accounts
        on accounts.account = lines.account and accounts.role = 'receivable'
    where lines.source_sha256 in (
        select older_sha256 from pairs
        union
        select newer_sha256 from pairs
    )
),

-- Each pair from both sides, so that a line is met by its own extract and by no other.
sides as (
    select *, older_sha256 as source_sha256, false as is_newer from pairs
    union all
    select *, newer_sha256 as source_sha256, true as is_newer from pairs
),

compared as (
    select
        sides.older_sha256,
        sides.newer_sha256,
        sides.entity_id,
        sides.older_on,
        sides.newer_on,
        lines.said,
        max(lines.line) as line,
        bool_or(lines.is_foreign) as is_foreign,
        max(lines.validated_on) as validated_on,
        sum(case when sides.is_newer then 0 else 1 end) as older_count,
        sum(case when sides.is_newer then 1 else 0 end) as newer_count,
        max(case when not sides.is_newer then lines.lettering end) as older_lettering,
        max(case when not sides.is_newer then lines.lettered_on end) as older_lettered_on,
        max(case when sides.is_newer then lines.lettering end) as newer_lettering,
        max(case when sides.is_newer then lines.lettered_on end) as newer_lettered_on
    from sides
    join lines
        on lines.source_sha256 = sides.source_sha256
        and lines.entry_on between sides.from_on and sides.to_on
    group by
        sides.older_sha256, sides.newer_sha256, sides.entity_id, sides.older_on, sides.newer_on,
        lines.said
),

-- What the older extract of a pair has not, and the newer one dates later.
came as (
    select entity_id, older_sha256, newer_sha256, newer_on, line
    from compared
    where newer_count > older_count
),

lettered as (
    select entity_id, older_sha256, newer_sha256, newer_on, line, is_foreign
    from compared
    where older_count > 0 and older_lettering is null and newer_lettering is not null
),

given_back as (
    select came.entity_id, came.newer_on, came.newer_sha256, came.older_sha256, lines.source_sha256
    from came
    join lines on lines.line = came.line
    union
    select
        lettered.entity_id, lettered.newer_on, lettered.newer_sha256, lettered.older_sha256,
        before_it.source_sha256
    from lettered
    join (select source_sha256, line from lines where lettering is not null) as before_it
        on before_it.line = lettered.line
),

-- What the newer extract letters, and its entry books to another account: a document was moved.
moving as (
    select distinct lettered.entity_id, lettered.newer_on, lettered.newer_sha256
    from lettered
    join lines as left_behind
        on left_behind.source_sha256 = lettered.newer_sha256 and left_behind.line = lettered.line
    join lines as moved
        on moved.source_sha256 = left_behind.source_sha256
        and moved.journal_code = left_behind.journal_code
        and moved.entry_number = left_behind.entry_number
        and moved.entry_on = left_behind.entry_on
        and moved.debit = left_behind.credit
        and moved.credit = left_behind.debit
    where moved.account <> left_behind.account
),

told_anew as (
    select given_back.entity_id, given_back.newer_on, given_back.newer_sha256
    from given_back
    join extracts as older
        on older.entity_id = given_back.entity_id
        and older.source_sha256 = given_back.older_sha256
    join extracts as before_it
        on before_it.entity_id = given_back.entity_id
        and before_it.source_sha256 = given_back.source_sha256
    where before_it.recency < older.recency
    union
    select entity_id, newer_on, newer_sha256
    from lettered
    where is_foreign
    union
    select entity_id, newer_on, newer_sha256
    from moving
),

ledgers_replaced as (
    select entity_id, newer_on as replaced_on, newer_sha256 as source_sha256
    from told_anew
    union
    select entity_id, newer_on, newer_sha256
    from compared
    where
        older_count > newer_count
        or newer_count > older_count and coalesce(validated_on, older_on) <= older_on
        or validated_on is null
        or older_lettering is not null
        and (
            older_lettering is distinct from newer_lettering
            or older_lettered_on is distinct from newer_lettered_on
            or older_lettered_on is null
        )
        or older_count > 0
        and older_lettering is null
        and newer_lettering is not null
        and coalesce(newer_lettered_on, older_on) <= older_on
),

-- What a row of a table says, of its document and of what settled it, in one number.
rows_told as (
    select
        coalesce(items.entity_id, files.entity_id) as entity_id,
        items.source_sha256,
        items.source_line,
        items.item_key,
        number_of(
            concat_ws(
                '|', items.item_key, items.customer_id, items.kind, coalesce(items.document_ref, ''),
                coalesce(cast(items.booked_on as string), ''),
                coalesce(cast(items.document_on as string), ''),
                coalesce(cast(items.due_on as string), ''), coalesce(items.terms, ''),
                cast(items.amount as string), items.currency,
                coalesce(cast(items.updated_on as string), '')
            )
        ) as said,
        items.updated_on is not null as is_dated
    from raw.items as items
    join staging.files as files on files.source_sha256 = items.source_sha256
    where not items.is_open_list
    union all
    select
        coalesce(allocations.entity_id, files.entity_id),
        allocations.source_sha256,
        allocations.source_line,
        concat_ws('|', 'z', allocations.debit_key, allocations.credit_key),
        number_of(
            concat_ws(
                '|', allocations.debit_key, allocations.credit_key,
                cast(allocations.amount as string),
                coalesce(cast(allocations.allocated_on as string), '')
            )
        ),
        allocations.allocated_on is not null
    from raw.allocations as allocations
    join staging.files as files on files.source_sha256 = allocations.source_sha256
),

documents_told as (
    select
        entity_id,
        source_sha256,
        source_line,
        min_by(
            item_key,
            (
                case
                    when item_key like 'z|%' then 3
                    when item_key like 'settlement|%' or item_key like 'credit|%' then 2
                    else 1
                end,
                item_key
            )
        ) as row_key,
        cast(sum(cast(said as decimal(38, 0))) as decimal(38, 0)) as said,
        min(case when is_dated then 1 else 0 end) as is_dated
    from rows_told
    group by entity_id, source_sha256, source_line
),

tables_in_order as (
    select
        told.entity_id,
        extracts.extracted_on,
        extracts.source_sha256,
        told.said,
        told.is_dated,
        lag(told.said) over turns as older_said,
        lag(extracts.extracted_on) over turns as older_on
    from documents_told as told
    join extracts
        on extracts.entity_id = told.entity_id and extracts.source_sha256 = told.source_sha256
    window turns as (
        partition by told.entity_id, told.row_key order by extracts.recency, told.source_line
    )
),

ledgers_begun as (
    select entity_id, min(extracted_on) as begun_on
    from extracts
    where not is_table
    group by entity_id
),

tables_replaced as (
    select distinct told.entity_id, told.extracted_on as replaced_on, told.source_sha256
    from tables_in_order as told
    left join ledgers_begun as begun on begun.entity_id = told.entity_id
    where
        told.older_on < told.extracted_on
        and (told.is_dated = 0 or told.older_said <> told.said)
        and (begun.entity_id is null or begun.begun_on < told.extracted_on)
),

lists_in_order as (
    select
        entity_id,
        listed_on,
        source_sha256,
        due_on,
        lag(due_on) over turns as older_due_on,
        lag(listed_on) over turns as older_on
    from staging.listed_items
    window turns as (partition by entity_id, list_key, currency order by listed_on)
),

lists_replaced as (
    select distinct entity_id, listed_on as replaced_on, source_sha256
    from lists_in_order
    where older_on < listed_on and due_on is distinct from older_due_on
),

replaced as (
    select * from ledgers_replaced
    union
    select * from tables_replaced
    union
    select * from lists_replaced
)

select
    replaced.entity_id,
    replaced.replaced_on,
    max_by(replaced.source_sha256, extracts.recency) as source_sha256
from replaced
join extracts
    on extracts.entity_id = replaced.entity_id
    and extracts.source_sha256 = replaced.source_sha256
group by replaced.entity_id, replaced.replaced_on
