-- Legal entities whose books or bank statements came in.
--
-- grain: entity_id
-- rule:  the name is that of the settings, else the one on its bank statements, else its number
select entities.entity_id, entities.name, entities.book_currency
from staging.entities as entities
where
    entities.entity_id in (select entity_id from ledger.items)
    or entities.entity_id in (select entity_id from ledger.bank_lines)
