-- The days on which an export of a ledger says otherwise than an older one did, or says again what
-- has no date.
--
-- grain: entity_id, replaced_on, source_sha256
-- rule:  a line that is gone or changed; a line that an older extract should have shown, by the date
--        it states; a lettering undone or changed; what states no date is known from the first
--        extract that has it, so that the older one is asked
-- rule:  an extract of a ledger shows the whole month with which it begins, so that an opening that
--        was booked later on its first day is not known before
-- rule:  what a newer extract only adds, and dates later than the older one, replaces nothing, unless
--        it gives back what an extract before the older one had told, or letters what lettering tells
--        anew: a line in a foreign currency, or of an entry that moves a document between accounts
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
    select
        overlapping.*,
        row_number() over (
            order by overlapping.entity_id, overlapping.older_recency, overlapping.newer_recency
        ) as pair
    from overlapping
    left join covered
        on covered.older_sha256 = overlapping.older_sha256
        and covered.newer_sha256 = overlapping.newer_sha256
    where covered.older_sha256 is null
),

-- Each pair from both sides, so that a line is met by its own extract and by no other.
sides as (
    select pair, entity_id, from_on, to_on, older_recency as recency, false as is_newer from pairs
    union all
    select pair, entity_id, from_on, to_on, newer_recency, true from pairs
),

told as (
    select older_sha256 as source_sha256, entity_id, older_recency as recency from pairs
    union
    select newer_sha256, entity_id, newer_recency from pairs
),

-- A line is a number made of all that it says, but for when it was validated and lettered: there
-- are as many as in all exports of the ledger, and numbers meet faster than texts.
lines as (
    select
        told.entity_id,
        told.recency,
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
        number_of(
            concat_ws(
                '|', lines.journal_code, lines.entry_number, cast(lines.entry_on as string),
                lines.account, coalesce(lines.auxiliary, ''), coalesce(lines.document_ref, ''),
                coalesce(cast(lines.document_on as string), ''), coalesce(lines.label, ''),
                cast(lines.debit as string), cast(lines.credit as string),
                coalesce(cast(lines.currency_amount as string), ''), coalesce(lines.currency, ''),
                coalesce(cast(lines.due_on as string), '')
            )
        ) as line
    from raw.fec_lines as lines
    join staging.accounts as accounts
        on accounts.account = lines.account and accounts.role = 'receivable'
    join told on told.source_sha256 = lines.source_sha256
),

compared as (
    select
        sides.pair,
        lines.line,
        lines.validated_on,
        bool_or(lines.is_foreign) as is_foreign,
        sum(case when sides.is_newer then 0 else 1 end) as older_count,
        sum(case when sides.is_newer then 1 else 0 end) as newer_count,
        max(case when not sides.is_newer then lines.lettering end) as older_lettering,
        max(case when not sides.is_newer then lines.lettered_on end) as older_lettered_on,
        max(case when sides.is_newer then lines.lettering end) as newer_lettering,
        max(case when sides.is_newer then lines.lettered_on end) as newer_lettered_on
    from sides
    join lines
        on lines.entity_id = sides.entity_id
        and lines.recency = sides.recency
        and lines.entry_on between sides.from_on and sides.to_on
    group by sides.pair, lines.line, lines.validated_on
),

lettered as (
    select compared.pair, pairs.entity_id, pairs.newer_recency, compared.line, compared.is_foreign
    from compared
    join pairs on pairs.pair = compared.pair
    where
        compared.older_count > 0
        and compared.older_lettering is null
        and compared.newer_lettering is not null
),

-- The extracts before the older one of a pair.
before as (
    select pairs.pair, told.entity_id, told.recency
    from pairs
    join told on told.entity_id = pairs.entity_id and told.recency < pairs.older_recency
),

-- What the older extract of a pair has not, and the newer one dates later; one before both had it.
given_back as (
    select compared.pair
    from compared
    join before on before.pair = compared.pair
    join lines
        on lines.entity_id = before.entity_id
        and lines.recency = before.recency
        and lines.line = compared.line
    where compared.newer_count > compared.older_count
    union
    select lettered.pair
    from lettered
    join before on before.pair = lettered.pair
    join lines
        on lines.entity_id = before.entity_id
        and lines.recency = before.recency
        and lines.line = lettered.line
    where lines.lettering is not null
),

-- What the newer extract letters, and its entry books to another account: a document was moved.
moving as (
    select distinct lettered.pair
    from lettered
    join lines as left_behind
        on left_behind.entity_id = lettered.entity_id
        and left_behind.recency = lettered.newer_recency
        and left_behind.line = lettered.line
    join lines as moved
        on moved.entity_id = left_behind.entity_id
        and moved.recency = left_behind.recency
        and moved.journal_code = left_behind.journal_code
        and moved.entry_number = left_behind.entry_number
        and moved.entry_on = left_behind.entry_on
        and moved.debit = left_behind.credit
        and moved.credit = left_behind.debit
    where moved.account <> left_behind.account
),

told_otherwise as (
    select pair from given_back
    union
    select pair from moving
    union
    select pair from lettered where is_foreign
    union
    select compared.pair
    from compared
    join pairs on pairs.pair = compared.pair
    where
        -- Gone, or changed.
        compared.older_count > compared.newer_count
        -- New, though dated when the older one should have shown it.
        or compared.newer_count > compared.older_count
        and coalesce(compared.validated_on, pairs.older_on) <= pairs.older_on
        -- Not validated: known from the first extract that has it.
        or compared.validated_on is null
        -- Lettered in the older one: otherwise now, or on no stated day.
        or compared.older_lettering is not null
        and (
            compared.older_lettering is distinct from compared.newer_lettering
            or compared.older_lettered_on is distinct from compared.newer_lettered_on
            or compared.older_lettered_on is null
        )
        -- Lettered since, on a day that the older one should have known.
        or compared.older_count > 0
        and compared.older_lettering is null
        and compared.newer_lettering is not null
        and coalesce(compared.newer_lettered_on, pairs.older_on) <= pairs.older_on
)

select distinct pairs.entity_id, pairs.newer_on as replaced_on, pairs.newer_sha256 as source_sha256
from told_otherwise
join pairs on pairs.pair = told_otherwise.pair
