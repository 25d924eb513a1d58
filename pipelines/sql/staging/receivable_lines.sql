-- Ledger lines on the receivable accounts, openings included, each with its kind and its currency.
--
-- grain: line_id
-- units: amount in the line's own currency, amount_book in the entity's; positive is owed to us
-- rule:  the kind follows from the other accounts of the entry, the first that fits: a debit beside
--        sales or penalties is an invoice, beside the bank a returned payment or a refund; a credit
--        beside the bank is a payment, beside sales or penalties a credit note; then a discount
--        (665), a bad debt (654), a credit beside suspense (471) a payment; beside exchange, small
--        differences, a factor, or other receivable accounts and VAT alone, an adjustment; else
--        `unknown`
-- rule:  money back to a customer is what the words say, a returned payment or a refund (that of
--        goods which came back is a refund); where they say neither, a bank charge in the entry
--        tells a returned payment
-- rule:  a line without an auxiliary account is of a customer named as its account (411000)
-- rule:  the sign of a currency amount is that of debit - credit, however the file writes it
-- rule:  an exchange difference moves the book amount alone; beside its payment in one entry, it is
--        the line that the exchange accounts of the entry offset to the cent. In an entry of its own
--        it is of the currency that it was lettered in, else of the one that it states
-- rule:  what was lettered across currencies is followed in the book's by staging.followed_in_book
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
        lines.currency is not null
        and lines.currency <> coalesce(entities.book_currency, 'EUR')
        and (lines.currency_amount <> 0 or lines.currency_amount = 0 and lines.debit = lines.credit)
            as is_foreign,
        number_of(
            concat_ws(
                '|', entries.entity_id, entries.journal_code, entries.entry_number,
                entries.entry_on, lines.account, coalesce(lines.auxiliary, lines.account),
                coalesce(lines.document_ref, ''),
                cast(lines.debit - lines.credit as decimal(18, 2)), coalesce(lines.label, ''), 1
            )
        ) as first_id
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

-- What the exchange accounts of an entry hold, turned round: line by line, and in all.
exchanged as (
    select
        lines.source_sha256,
        lines.journal_code,
        lines.entry_number,
        lines.entry_on,
        cast(lines.credit - lines.debit as decimal(18, 2)) as amount_book
    from raw.fec_lines as lines
    join staging.accounts as accounts
        on accounts.account = lines.account and accounts.role = 'exchange'
),

offsets as (
    select source_sha256, journal_code, entry_number, entry_on, amount_book
    from exchanged
    union
    select
        source_sha256, journal_code, entry_number, entry_on,
        cast(sum(amount_book) as decimal(18, 2))
    from exchanged
    group by source_sha256, journal_code, entry_number, entry_on
),

-- The exchange difference that an entry books beside the payment, on a line of its own: it states
-- no currency, or nothing in it. It is of the currency of what else the customer has in the entry.
differences as (
    select
        lines.source_sha256,
        lines.source_line,
        case
            when count(distinct others.stated_currency) = 1 then min(others.stated_currency)
        end as currency
    from lines
    join offsets
        on offsets.source_sha256 = lines.source_sha256
        and offsets.journal_code = lines.journal_code
        and offsets.entry_number = lines.entry_number
        and offsets.entry_on = lines.entry_on
        and offsets.amount_book = lines.amount_book
    join lines as others
        on others.source_sha256 = lines.source_sha256
        and others.journal_code = lines.journal_code
        and others.entry_number = lines.entry_number
        and others.entry_on = lines.entry_on
        and others.customer_id = lines.customer_id
        and others.source_line <> lines.source_line
    where
        lines.has_exchange
        and others.has_exchange
        and (lines.stated_currency is null or coalesce(lines.currency_amount, 0) = 0)
    group by lines.source_sha256, lines.source_line
),

-- The exchange difference in an entry of its own that states its currency, and nothing in it.
stated_in as (
    select distinct lines.source_sha256, lines.source_line, lines.stated_currency as currency
    from lines
    join offsets
        on offsets.source_sha256 = lines.source_sha256
        and offsets.journal_code = lines.journal_code
        and offsets.entry_number = lines.entry_number
        and offsets.entry_on = lines.entry_on
        and offsets.amount_book = lines.amount_book
    where lines.has_exchange and coalesce(lines.currency_amount, 0) = 0
),

-- The currency of the invoices that an exchange difference was lettered with: on its day, else on
-- whatever day, since it is often booked and lettered later than the payment.
lettered_in as (
    select
        entity_id, account, customer_id, lettering, lettered_on, min(stated_currency) as currency
    from lines
    where lettering is not null and is_foreign
    group by all
    having count(distinct stated_currency) = 1
),

coded_in as (
    select entity_id, account, customer_id, lettering, min(stated_currency) as currency
    from lines
    where lettering is not null and is_foreign
    group by all
    having count(distinct stated_currency) = 1
),

exchanges as (
    select
        lines.source_sha256,
        lines.source_line,
        differences.source_line is not null as is_difference,
        coalesce(
            lettered_in.currency, coded_in.currency, differences.currency, stated_in.currency
        ) as currency
    from lines
    left join differences
        on differences.source_sha256 = lines.source_sha256
        and differences.source_line = lines.source_line
    left join stated_in
        on stated_in.source_sha256 = lines.source_sha256
        and stated_in.source_line = lines.source_line
    left join lettered_in
        on lettered_in.entity_id = lines.entity_id
        and lettered_in.account = lines.account
        and lettered_in.customer_id = lines.customer_id
        and lettered_in.lettering = lines.lettering
        and lettered_in.lettered_on is not distinct from lines.lettered_on
    left join coded_in
        on coded_in.entity_id = lines.entity_id
        and coded_in.account = lines.account
        and coded_in.customer_id = lines.customer_id
        and coded_in.lettering = lines.lettering
    where lines.has_exchange
),

told as (
    select
        lines.*,
        exchanges.currency as exchange_currency,
        case
            when is_opening then 'opening'
            when is_difference then 'adjustment'
            when amount_book > 0 and (has_sales or has_penalties) then 'invoice'
            when amount_book > 0 and has_bank
                and regexp_matches(
                    lower(strip_accents(coalesce(label, '') || ' ' || coalesce(document_ref, ''))),
                    '(rejet|impaye|unpaid|reject|refus|contre.?passation)'
                )
                then 'returned_payment'
            when amount_book > 0 and has_bank
                and regexp_matches(
                    lower(strip_accents(coalesce(label, '') || ' ' || coalesce(document_ref, ''))),
                    '(rembours|refund|trop.?percu|(^|[^a-z])avoir)'
                )
                then 'refund'
            when amount_book > 0 and has_bank
                and regexp_matches(
                    lower(strip_accents(coalesce(label, '') || ' ' || coalesce(document_ref, ''))),
                    '(retour|return)'
                )
                then 'returned_payment'
            when amount_book > 0 and has_bank and has_bank_charges then 'returned_payment'
            when amount_book < 0 and has_bank then 'payment'
            when amount_book < 0 and (has_sales or has_penalties) then 'credit_note'
            when has_discount then 'discount'
            when has_bad_debt then 'bad_debt'
            when amount_book < 0 and has_suspense then 'payment'
            when has_exchange or has_small_difference or is_transfer or has_factor then 'adjustment'
            when amount_book > 0 and has_suspense then 'adjustment'
            else 'unknown'
        end as kind
    from lines
    left join exchanges
        on exchanges.source_sha256 = lines.source_sha256
        and exchanges.source_line = lines.source_line
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
        number_of(
            concat_ws(
                '|', lines.entity_id, lines.journal_code, lines.entry_number, lines.entry_on,
                lines.account, lines.customer_id, coalesce(lines.document_ref, ''),
                lines.amount_book, coalesce(lines.label, ''),
                row_number() over (
                    partition by lines.first_id order by lines.source_sha256, lines.source_line
                )
            )
        ) as line_id
    from lines
    join repeated on repeated.first_id = lines.first_id
),

valued as (
    select
        *,
        case
            when is_foreign then stated_currency
            when has_exchange and kind = 'adjustment' then coalesce(exchange_currency, book_currency)
            else book_currency
        end as currency
    from told
)

select
    coalesce(copies.line_id, valued.first_id) as line_id,
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
