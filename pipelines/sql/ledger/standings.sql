-- Standings: what an extract says of an item beside its amounts: in dispute, promised, doubtful.
--
-- grain: item_id
-- rule:  a table of invoices says it in its columns `status` and `dispute`, in the words of its
--        accounting program; `said` keeps them. An entity that gives a FEC is lent them, as due
--        dates are, by document
-- rule:  a FEC has no such column: only a label that speaks of a dispute says one
-- rule:  of several, the gravest: doubtful (insolvent, with a lawyer, given up), disputed, promised
-- rule:  it counts from said_on, never before: what was said later was not known on a past day
with told as (
    select
        item_id,
        entity_id,
        customer_id,
        document_ref,
        only_lends_due_dates,
        said_on,
        coalesce(status, '') as status,
        case
            when lower(strip_accents(trim(coalesce(dispute, ''))))
                in ('', 'no', 'non', 'n', 'false', 'faux', '0', '-', 'none', 'aucun')
                then ''
            else dispute
        end as dispute
    from staging.table_items
    where amount > 0 and (status is not null or dispute is not null)
),

worded as (
    select
        *,
        concat_ws(' ', nullif(status, ''), nullif(dispute, '')) as said,
        lower(strip_accents(status || ' ' || dispute)) as words
    from told
),

judged as (
    select
        *,
        case
            when regexp_matches(
                words,
                '(insolv|bankrupt|liquidation|redressement judiciaire|procedure collective|douteu|doubtful|contentieu|irrecouvrable|uncollectible|bad debt|written off)'
            ) then 1
            when dispute <> '' then 2
            when regexp_matches(words, '(litig|disput|contest|reclamation|bloqu|blocked|on hold)') then 2
            when regexp_matches(words, '(promis|promesse)') then 3
        end as gravity
    from worded
),

said_of_items as (
    select item_id, said_on, said, gravity
    from judged
    where not only_lends_due_dates
    union all
    select items.item_id, judged.said_on, judged.said, judged.gravity
    from judged
    join ledger.items as items
        on judged.only_lends_due_dates
        and items.entity_id = judged.entity_id
        and items.customer_id = judged.customer_id
        and items.document_ref = judged.document_ref
        and items.kind in ('invoice', 'opening')
    union all
    select item_id, booked_on, label, 2
    from ledger.items
    where account is not null
        and amount > 0
        and regexp_matches(lower(strip_accents(label)), '(^|[^a-z])(litige|litigieu|disputed?)')
)

select
    item_id,
    case min(gravity) when 1 then 'doubtful' when 2 then 'disputed' else 'promised' end as standing,
    min_by(said, (gravity, coalesce(said_on, date '9999-12-31'), said)) as said,
    min_by(said_on, (gravity, said_on, said)) filter (where said_on is not null) as said_on
from said_of_items
where gravity is not null
group by item_id
