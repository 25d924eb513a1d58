"""What of the files that came in asks for a person, beside those that were refused."""

from pipelines.checks import Rule

FILE_RULES = (
    Rule(
        "extracts_keep_a_name_of_their_own",
        "intake.files",
        "No extract counts that was overwritten in its folder: each has a name of its own.",
        """
        select once_in || ': ' || count(*) || ' earlier contents still count, of ' || min(last_on)
            || ' to ' || max(last_on) || '; only the landing folder has them'
            || '; give each export a name of its own, with its day'
        from intake.files
        where once_in is not null
        group by once_in
        having count(*) > 1
        union all
        select once_in || ': an earlier content still counts, that of ' || max(last_on)
            || '; only the landing folder has it'
            || '; give each export a name of its own, with its day'
        from intake.files
        where once_in is not null
        group by once_in
        having count(*) = 1
        union all
        select name || ': earlier lists cannot be read again and count no more, those of '
            || (facts ->> 'cannot_be_read_again')
        from intake.files
        where facts ->> 'cannot_be_read_again' is not null
        """,
        blocking=False,
    ),
    Rule(
        "tables_say_whose_they_are",
        "intake.files",
        "Every table of documents says whose it is, where another firm gives a ledger.",
        """
        select files.name || ': nothing says whose it is, so that it counts as of a firm of its '
            || 'own, ' || files.entity_id
            || '; if it is of another firm, name its entity in encaisse.toml'
        from intake.files as files
        where files.entity_basis = 'default' and files.refused_reason is null
            and files.source_sha256 in (select source_sha256 from raw.items where entity_id is null)
            and files.entity_id not in (
                select entity_id from intake.files
                where format in ('fec', 'fec_xml') and refused_reason is null
            )
            and exists (
                select 1 from intake.files
                where format in ('fec', 'fec_xml') and refused_reason is null
            )
        """,
        blocking=False,
        also_reads=("raw.items",),
    ),
    Rule(
        "allocations_find_their_items",
        "intake.files",
        "What a table says is settled by what stands in a table, both in one currency.",
        """
        with stated as (
            select
                files.name,
                coalesce(allocations.entity_id, files.entity_id) as entity_id,
                allocations.debit_key,
                allocations.credit_key,
                allocations.source_line
            from raw.allocations as allocations
            join intake.files as files on files.source_sha256 = allocations.source_sha256
            where files.refused_reason is null and allocations.debit_key like 'invoice|%'
                and allocations.credit_key not like 'settlement|%'
                and allocations.credit_key not like 'credit|%'
        ),

        named as (
            select entity_id, item_key as named_key, currency
            from staging.table_items
            union
            select entity_id, concat_ws('|', 'invoice', customer_id, document_ref), currency
            from staging.table_items
            where kind = 'invoice'
        ),

        found as (
            select distinct stated.entity_id, stated.debit_key, stated.credit_key
            from stated
            join named as debits
                on debits.entity_id = stated.entity_id and debits.named_key = stated.debit_key
            join named as credits
                on credits.entity_id = stated.entity_id and credits.named_key = stated.credit_key
                and credits.currency = debits.currency
        )

        select stated.name || ': no table shows in one currency what ' || count(*)
            || ' of its records say of an invoice and what settles it; they settle nothing'
        from stated
        left join found
            on found.entity_id = stated.entity_id
            and found.debit_key = stated.debit_key
            and found.credit_key = stated.credit_key
        where found.entity_id is null
            and stated.entity_id not in (
                select entity_id from staging.table_items
                where only_lends_due_dates or listed_item_id is not null
            )
        group by stated.name
        """,
        blocking=False,
        also_reads=("raw.allocations", "staging.table_items"),
    ),
    Rule(
        "documents_have_one_customer",
        "staging.table_items",
        "No two tables show one document under two customers.",
        """
        with documents as (
            select
                items.entity_id,
                items.source_sha256,
                items.kind,
                items.document_ref,
                items.document_on,
                items.currency,
                items.customer_id,
                sum(items.amount) as amount
            from staging.table_items as items
            where items.kind in ('invoice', 'credit_note') and items.document_ref is not null
                and items.item_key not like 'credit|%'
                and items.listed_item_id is null and not items.only_lends_due_dates
            group by all
        ),

        -- A number that several customers have in one file names no document.
        numbered as (
            select * exclude (customer_id), min(customer_id) as customer_id
            from documents
            group by all
            having count(*) = 1
        )

        select
            one.name || ' and ' || other.name || ': ' || count(*) || ' of their documents stand '
            || 'in both with the same number, day and amount, and under two customers'
            || '; each counts twice'
            || '; if a customer code was changed, take the file with the old code out of the folder'
        from numbered as here
        join numbered as there
            on there.entity_id = here.entity_id and there.kind = here.kind
            and there.document_ref = here.document_ref and there.currency = here.currency
            and there.document_on = here.document_on and there.amount = here.amount
            and there.customer_id <> here.customer_id
        join intake.files as one on one.source_sha256 = here.source_sha256
        join intake.files as other on other.source_sha256 = there.source_sha256
        where one.name < other.name
        group by one.name, other.name
        """,
        blocking=False,
        also_reads=("intake.files",),
    ),
)
