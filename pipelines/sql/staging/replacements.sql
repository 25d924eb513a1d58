-- The days on which an extract says otherwise than an older one did, or says again what has no date.
--
-- grain: entity_id, replaced_on
-- rule:  where several extracts of a day do, the newest is named
select
    replaced.entity_id,
    replaced.replaced_on,
    max_by(replaced.source_sha256, extracts.recency) as source_sha256
from (
    select entity_id, replaced_on, source_sha256
    from staging.ledger_replacements
    union
    select entity_id, replaced_on, source_sha256
    from staging.table_replacements
) as replaced
join intake.extract_days as extracts
    on extracts.entity_id = replaced.entity_id
    and extracts.source_sha256 = replaced.source_sha256
group by replaced.entity_id, replaced.replaced_on
