"""The one error this project raises on purpose."""


class EncaisseError(ValueError):
    """A fact that would make the answer wrong, or keeps us from giving one.

    It says three things, because three people read it: the CFO asks what is wrong, the analyst
    asks where, and whoever is on duty asks what to do.
    """

    def __init__(self, what: str, *, where: str, fix: str) -> None:
        super().__init__(f"{what}\n  where: {where}\n  fix:   {fix}")
        self.what = what
        self.where = where
        self.fix = fix
