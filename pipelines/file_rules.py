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
)
