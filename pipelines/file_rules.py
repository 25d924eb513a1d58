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
)
