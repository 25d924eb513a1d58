-- The ledger: every invoice, credit note, payment and adjustment on the receivable accounts, once.
--
-- grain: item_id
-- units: amount in the item's own currency, amount_book in the entity's; positive is owed to us
-- rule:  item_id is the number that the first 15 hexadecimal digits of an MD5 of the item's own
--        words write (60 bits): the same item has the same one in every refresh, and numbers join
--        and group twice as fast as texts. Two items that met in one would break the grain, which
--        is checked: nothing would be published
-- rule:  known_on is the day that the extract states (validated, updated), else that of the extract;
--        what the first extract of an entity does not date counts as known when it was booked:
--        nothing earlier can say otherwise
-- rule:  an opening line that repeats a line of the year before is not an item: the line of the
--        year before carries on; what the opening adds to it is an item of kind `opening`
-- rule:  what was lettered across currencies is in the book's (staging.followed_in_book)
-- rule:  what a list of open items shows settled was settled after settled_after (null: nothing says)
--        and by settled_by, on which it is booked; both are null for what has a day of its own
-- rule:  the due date is the one stated, or lent by an invoice list; else, of an invoice or of an
--        opening line with a document date of its own, by the customer's terms, else by the entity's;
--        an item that moves or reopens a document (bill, doubtful, returned payment) has that document's
-- rule:  where none of these gives one it is missing, and due_basis says so
-- rule:  credits fall due never, but for a credit note whose due date is stated
with fec as (
    select
        lines.line_id as item_id,
        lines.entity_id,
        lines.customer_id,
        lines.account,
        lines.kind,
        lines.document_ref,
        lines.entry_on as booked_on,
        lines.document_on,
        lines.stated_due_on,
        cast(null as string) as terms,
        case when followed.line_id is null then lines.amount else lines.amount_book end as amount,
        case
            when followed.line_id is null then lines.currency
            else lines.book_currency
        end as currency,
        lines.amount_book,
        lines.book_currency,
        coalesce(lines.validated_on, extracts.brought_on, lines.entry_on) as known_on,
        lines.source_sha256,
        lines.source_line,
        lines.journal_code,
        lines.entry_number,
        lines.label,
        cast(null as date) as settled_after,
        cast(null as date) as settled_by
    from staging.receivable_lines as lines
    join intake.extract_days as extracts
        on extracts.entity_id = lines.entity_id and extracts.source_sha256 = lines.source_sha256
    left join staging.followed_in_book as followed on followed.line_id = lines.line_id
    left join staging.opening_balances as balances
        on lines.is_opening
        and balances.entity_id = lines.entity_id
        and balances.account = lines.account
        and balances.customer_id = lines.customer_id
        and balances.opened_on = lines.entry_on
    where coalesce(balances.fate, 'kept') = 'kept'
),

-- What the opening lines of a day say of themselves, together.
openings as (
    select
        lines.entity_id,
        lines.entry_on as opened_on,
        max(coalesce(lines.validated_on, extracts.brought_on, lines.entry_on)) as known_on,
        min_by(lines.source_sha256, lines.source_line) as source_sha256,
        min(lines.source_line) as source_line,
        min_by(lines.journal_code, lines.source_line) as journal_code,
        min_by(lines.entry_number, lines.source_line) as entry_number
    from staging.receivable_lines as lines
    join intake.extract_days as extracts
        on extracts.entity_id = lines.entity_id and extracts.source_sha256 = lines.source_sha256
    where lines.is_opening
    group by lines.entity_id, lines.entry_on
),

restated as (
    select
        number_of(
            concat_ws(
                '|', balances.entity_id, balances.account, balances.customer_id,
                balances.opened_on, 'restated'
            )
        ) as item_id,
        balances.entity_id,
        balances.customer_id,
        balances.account,
        'opening' as kind,
        cast(null as string) as document_ref,
        balances.opened_on as booked_on,
        balances.opened_on as document_on,
        cast(null as date) as stated_due_on,
        cast(null as string) as terms,
        cast(balances.opening_book - balances.closing_book as decimal(18, 2)) as amount,
        coalesce(entities.book_currency, 'EUR') as currency,
        cast(balances.opening_book - balances.closing_book as decimal(18, 2)) as amount_book,
        coalesce(entities.book_currency, 'EUR') as book_currency,
        openings.known_on,
        openings.source_sha256,
        openings.source_line,
        openings.journal_code,
        openings.entry_number,
        'Opening balance restated' as label,
        cast(null as date) as settled_after,
        cast(null as date) as settled_by
    from staging.opening_balances as balances
    left join staging.entities as entities on entities.entity_id = balances.entity_id
    join openings
        on openings.entity_id = balances.entity_id and openings.opened_on = balances.opened_on
    where balances.fate = 'restated'
),

tables as (
    select
        items.item_id,
        items.entity_id,
        items.customer_id,
        cast(null as string) as account,
        items.kind,
        items.document_ref,
        items.booked_on,
        items.document_on,
        items.due_on as stated_due_on,
        items.terms,
        items.amount,
        items.currency,
        case when items.currency = entities.book_currency then items.amount end as amount_book,
        entities.book_currency,
        items.known_on,
        items.source_sha256,
        items.source_line,
        cast(null as string) as journal_code,
        cast(null as string) as entry_number,
        items.label,
        items.settled_after,
        items.settled_by
    from staging.table_items as items
    left join staging.entities as entities on entities.entity_id = items.entity_id
    where not items.only_lends_due_dates
),

everything as (
    select * from fec
    union all
    select * from restated
    union all
    select * from tables
),

-- Due dates that an invoice list lends to the invoices of a FEC. Where it gives a document several,
-- none is lent.
lent as (
    select entity_id, customer_id, document_ref, min(due_on) as due_on
    from staging.table_items
    where only_lends_due_dates and due_on is not null and document_ref is not null and amount > 0
    group by all
    having min(due_on) = max(due_on)
),

by_terms as (
    select
        items.*,
        coalesce(items.stated_due_on, lent.due_on) as extract_due_on,
        coalesce(items.terms, customers.payment_terms) as customer_terms,
        entities.payment_terms as entity_terms,
        items.amount > 0
        and (
            items.kind = 'invoice'
            or (items.kind = 'opening' and items.document_on < items.booked_on)
        ) as follows_terms,
        items.amount > 0 and items.kind in ('returned_payment', 'adjustment') as follows_document
    from everything as items
    left join lent
        on items.kind in ('invoice', 'opening')
        and lent.entity_id = items.entity_id
        and lent.customer_id = items.customer_id
        and lent.document_ref = items.document_ref
    left join ledger.customers as customers
        on customers.entity_id = items.entity_id and customers.customer_id = items.customer_id
    left join staging.entities as entities on entities.entity_id = items.entity_id
),

dated as (
    select
        items.*,
        case
            when items.amount <= 0 and items.kind <> 'credit_note' then null
            when items.extract_due_on is not null then items.extract_due_on
            when not items.follows_terms then null
            when terms.days is null then null
            when terms.end_of_month = 'after' and terms.day_of_month is not null
                then last_day(items.document_on + terms.days) + 1
            when terms.end_of_month = 'after' then last_day(items.document_on + terms.days)
            when terms.end_of_month = 'before' then last_day(items.document_on) + terms.days
            else items.document_on + terms.days
        end as reached_on,
        terms.day_of_month,
        case
            when items.amount <= 0 and items.kind <> 'credit_note' then 'missing'
            when items.extract_due_on is not null then 'stated'
            when not items.follows_terms or terms.days is null then 'missing'
            when items.customer_terms is not null then 'terms'
            else 'default'
        end as basis
    from by_terms as items
    left join staging.terms as terms
        on terms.terms = coalesce(items.customer_terms, items.entity_terms)
),

due as (
    select
        *,
        case
            when reached_on is null or basis = 'stated' or day_of_month is null
                then reached_on
            when extract(day from reached_on) <= least(day_of_month, extract(day from last_day(reached_on)))
                then make_date(
                    cast(extract(year from reached_on) as int),
                    cast(extract(month from reached_on) as int),
                    cast(least(day_of_month, extract(day from last_day(reached_on))) as int)
                )
            else make_date(
                cast(extract(year from last_day(reached_on) + 1) as int),
                cast(extract(month from last_day(reached_on) + 1) as int),
                cast(least(day_of_month, extract(day from last_day(last_day(reached_on) + 1))) as int)
            )
        end as own_due_on
    from dated
),

-- The document of the same reference: one invoice of the customer, no more.
referred as (
    select entity_id, customer_id, document_ref, min(own_due_on) as due_on, min(booked_on) as booked_on
    from due
    where document_ref is not null and amount > 0 and kind in ('invoice', 'opening')
    group by all
    having count(*) = 1 and min(own_due_on) is not null
),

-- Where one code letters several documents, the one of the same reference is the one that moved.
moved as (
    select
        moved.line_id as item_id,
        coalesce(
            max(
                case when documents.document_ref = items.document_ref then documents.own_due_on end
            ),
            max(documents.own_due_on)
        ) as due_on
    from staging.moved_documents as moved
    join due as items on items.item_id = moved.line_id
    join due as documents on documents.item_id = moved.document_line_id
    group by moved.line_id
)

select
    due.item_id,
    due.entity_id,
    due.customer_id,
    due.account,
    due.kind,
    due.document_ref,
    due.booked_on,
    due.document_on,
    cast(coalesce(due.own_due_on, moved.due_on, referred.due_on) as date) as due_on,
    case
        when due.own_due_on is null and coalesce(moved.due_on, referred.due_on) is not null
            then 'original'
        else due.basis
    end as due_basis,
    due.amount,
    due.currency,
    due.amount_book,
    due.book_currency,
    due.known_on,
    due.source_sha256,
    due.source_line,
    due.journal_code,
    due.entry_number,
    due.label,
    due.settled_after,
    due.settled_by
from due
left join moved on moved.item_id = due.item_id
left join referred
    on due.follows_document
    and referred.entity_id = due.entity_id
    and referred.customer_id = due.customer_id
    and referred.document_ref = due.document_ref
    and referred.booked_on <= due.booked_on
order by due.entity_id, due.customer_id
