-- What the words mean that extracts say of an item: doubtful, disputed, promised.
--
-- grain: status, dispute
-- rule:  a table of invoices says it in its columns `status` and `dispute`, in the words of its
--        accounting program; `said` keeps them
-- rule:  of several, the gravest: 1 doubtful (insolvent, with a lawyer, given up), 2 disputed, 3
--        promised
-- rule:  whatever stands in the column dispute is a dispute (most programs put the reason there), but
--        for a word that says no; in status a dispute must be named, and not be denied
with told as (
    select distinct
        status,
        dispute,
        case
            when regexp_matches(
                lower(strip_accents(coalesce(status, ''))),
                '(^|[^a-z])(pas de|pas|sans|non|not|no) (litig|disput|dout|doubt|contest|contentieu|reclam)'
            )
                then ''
            else coalesce(status, '')
        end as about,
        case
            when lower(strip_accents(trim(coalesce(dispute, ''))))
                in (
                    '', 'no', 'non', 'n', 'false', 'faux', '0', '-', 'none', 'aucun', 'aucune',
                    'neant', 'sans', 'sans objet', 'ras', 'pas de litige', 'resolu', 'clos', 'leve',
                    'resolved', 'closed'
                )
                then ''
            else dispute
        end as contested
    from raw.items
    where status is not null or dispute is not null
),

worded as (
    select
        *,
        concat_ws(' ', nullif(about, ''), nullif(contested, '')) as said,
        lower(strip_accents(about || ' ' || contested)) as words
    from told
),

judged as (
    select
        status,
        dispute,
        said,
        case
            when regexp_matches(
                words,
                '(insolv|bankrupt|liquidation|redressement judiciaire|procedure collective|douteu|doubtful|contentieu|irrecouvrable|uncollectible|bad debt|written off)'
            ) then 1
            when contested <> '' then 2
            when regexp_matches(words, '(litig|disput|contest|reclamation|bloqu|blocked|on hold)') then 2
            when regexp_matches(words, '(promis|promesse)') then 3
        end as gravity
    from worded
)

select status, dispute, said, gravity
from judged
where gravity is not null
