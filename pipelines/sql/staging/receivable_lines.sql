-- Ledger lines on the receivable accounts, openings included, each with its kind and its currency.
--
-- grain: line_id
-- units: amount in the line's own currency, amount_book in the entity's; positive is owed to us
-- rule:  the kind follows from the other accounts of the entry; what they do not tell is `unknown`
-- rule:  money back to a customer is a returned payment or a refund when the words or a bank
--        charge say which
-- rule:  the sign of a currency amount is that of debit - credit, however the file writes it
-- rule:  an exchange difference moves the book amount alone
-- rule:  line_id is minted from what the line says, so that every export gives the same one; see
--        ledger.items
with lines as (
    select
        entries.*,
        lines.source_line,
        lines.account,
        coalesce(lines.auxiliary, lines.account) as customer_id,
        lines.auxiliary is not null as has_auxiliary,
        lines.auxiliary_label,
        lines.document_ref,
        coalesce(lines.document_on, lines.entry_on) as document_on,
        lines.due_on as stated_due_on,
        lines.label,
        lines.lettering,
        lines.lettered_on,
        lines.validated_on,
        cast(lines.debit - lines.credit as decimal(18, 2)) as amount_book,
        coalesce(entities.book_currency, 'EUR') as book_currency,
        lines.currency as stated_currency,
        lines.currency_amount,
        concat_ws(
            '|', entries.entity_id, entries.journal_code, entries.entry_number, entries.entry_on,
            lines.account, coalesce(lines.auxiliary, lines.account),
            coalesce(lines.document_ref, ''), cast(lines.debit - lines.credit as decimal(18, 2)),
            coalesce(lines.label, '')
        ) as said,
        number_of(said || '|1') as first_id
    from raw.fec_lines as lines
    join staging.accounts as accounts
        on accounts.account = lines.account and accounts.role = 'receivable'
    join staging.fec_entries_kept as entries
        on entries.source_sha256 = lines.source_sha256
        and entries.journal_code = lines.journal_code
        and entries.entry_number = lines.entry_number
        and entries.entry_on = lines.entry_on
    left join staging.entities as entities on entities.entity_id = entries.entity_id
    where lines.debit <> lines.credit or coalesce(lines.currency_amount, 0) <> 0
),

told as (
    select
        *,
        case
            when is_opening then 'opening'
            when amount_book > 0 and (has_sales or has_penalties) then 'invoice'
            when amount_book > 0 and has_bank and has_bank_charges then 'returned_payment'
            when amount_book > 0 and has_bank
                and regexp_matches(
                    lower(strip_accents(coalesce(label, '') || ' ' || coalesce(document_ref, ''))),
                    '(rejet|impaye|retour|return|unpaid|reject|refus|contre.?passation)'
                )
                then 'returned_payment'
            when amount_book > 0 and has_bank
                and regexp_matches(
                    lower(strip_accents(coalesce(label, '') || ' ' || coalesce(document_ref, ''))),
                    '(rembours|refund|trop.?percu|avoir)'
                )
                then 'refund'
            when amount_book < 0 and has_bank then 'payment'
            when amount_book < 0 and has_sales then 'credit_note'
            when has_discount then 'discount'
            when has_bad_debt then 'bad_debt'
            when amount_book < 0 and has_suspense then 'payment'
            when has_exchange or has_small_difference or is_transfer or has_factor then 'adjustment'
            when amount_book > 0 and has_suspense then 'adjustment'
            else 'unknown'
        end as kind,
        stated_currency is not null
        and stated_currency <> book_currency
        and (currency_amount <> 0 or currency_amount = 0 and amount_book = 0) as is_foreign
    from lines
),

-- The same line twice in one entry. The number of a line in its file would not tell them apart: it
-- changes with the next export.
repeated as (
    select first_id
    from lines
    group by first_id
    having count(*) > 1
),

copies as (
    select
        lines.source_sha256,
        lines.source_line,
        lines.said || '|' || row_number() over (
            partition by lines.said order by lines.source_sha256, lines.source_line
        ) as said
    from lines
    join repeated on repeated.first_id = lines.first_id
),

-- The days of the codes that a foreign line has. A code is used again: the lines of a day that
-- balance settle each other, whatever else has their code.
foreign_codes as (
    select distinct entity_id, account, customer_id, lettering
    from told
    where lettering is not null and is_foreign
),

days as (
    select
        told.entity_id,
        told.account,
        told.customer_id,
        told.lettering,
        told.lettered_on,
        sum(told.amount_book) = 0 as balances
    from told
    join foreign_codes as codes
        on codes.entity_id = told.entity_id
        and codes.account = told.account
        and codes.customer_id = told.customer_id
        and codes.lettering = told.lettering
    group by told.entity_id, told.account, told.customer_id, told.lettering, told.lettered_on
),

coded as (
    select
        told.*,
        coalesce(days.balances, false) as day_balances,
        case when days.balances then told.lettered_on end as settled_on
    from told
    left join days
        on days.entity_id = told.entity_id
        and days.account = told.account
        and days.customer_id = told.customer_id
        and days.lettering = told.lettering
        and days.lettered_on is not distinct from told.lettered_on
),

-- A foreign invoice paid in book currency and lettered with it can only be followed in the book's.
mixed as (
    select
        coded.entity_id,
        coded.account,
        coded.customer_id,
        coded.lettering,
        coded.day_balances,
        coded.settled_on
    from coded
    join foreign_codes as codes
        on codes.entity_id = coded.entity_id
        and codes.account = coded.account
        and codes.customer_id = coded.customer_id
        and codes.lettering = coded.lettering
    where not coded.has_exchange
    group by all
    having count(distinct case when is_foreign then stated_currency else book_currency end) > 1
),

-- The currency of the invoices that an exchange difference was lettered with.
lettered_in as (
    select entity_id, account, customer_id, lettering, lettered_on, min(stated_currency) as currency
    from told
    where lettering is not null and is_foreign
    group by all
    having count(distinct stated_currency) = 1
),

valued as (
    select
        coded.*,
        case
            when mixed.lettering is not null then book_currency
            when coded.is_foreign then stated_currency
            when coded.has_exchange and coded.kind = 'adjustment' and lettered_in.currency is not null
                then lettered_in.currency
            else book_currency
        end as currency
    from coded
    left join mixed
        on mixed.entity_id = coded.entity_id
        and mixed.account = coded.account
        and mixed.customer_id = coded.customer_id
        and mixed.lettering = coded.lettering
        and mixed.day_balances = coded.day_balances
        and mixed.settled_on is not distinct from coded.settled_on
    left join lettered_in
        on lettered_in.entity_id = coded.entity_id
        and lettered_in.account = coded.account
        and lettered_in.customer_id = coded.customer_id
        and lettered_in.lettering = coded.lettering
        and lettered_in.lettered_on is not distinct from coded.lettered_on
)

select
    case
        when copies.said is null then valued.first_id
        else number_of(copies.said)
    end as line_id,
    valued.source_sha256,
    valued.source_line,
    valued.entity_id,
    valued.journal_code,
    valued.entry_number,
    valued.entry_on,
    valued.account,
    valued.customer_id,
    valued.has_auxiliary,
    valued.auxiliary_label,
    valued.kind,
    valued.document_ref,
    valued.document_on,
    valued.stated_due_on,
    valued.label,
    valued.lettering,
    valued.lettered_on,
    valued.validated_on,
    valued.is_opening,
    valued.amount_book,
    valued.book_currency,
    valued.currency,
    cast(
        case
            when currency = book_currency then amount_book
            when not is_foreign then 0  -- an exchange difference
            when amount_book < 0 then -abs(currency_amount)
            when amount_book > 0 then abs(currency_amount)
            else currency_amount
        end as decimal(18, 2)
    ) as amount
from valued
left join copies
    on copies.source_sha256 = valued.source_sha256 and copies.source_line = valued.source_line
