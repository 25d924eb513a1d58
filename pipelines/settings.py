"""The settings of one firm: `encaisse.toml`, or defaults that make a bare FEC work."""

import hashlib
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from models.errors import EncaisseError
from pipelines.intake.kinds import COLUMNS, date_pattern

ROOT = Path(__file__).resolve().parent.parent


Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Siren = Annotated[str, Field(pattern="^[0-9]{9}$")]
AccountPrefix = Annotated[str, Field(pattern="^([0-9]{1,2}|[0-9]{3}.*)$")]
"""An account of the French chart begins with three digits; a firm's own may go on with letters."""


class Section(BaseModel):
    """A section of the file. An unknown key is an error: a typo must not pass for a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Entity(Section):
    """One legal entity: which files are its own, and what holds for all its customers."""

    id: str = Field(min_length=1)
    name: str | None = None
    siren: Siren | None = None
    files: tuple[str, ...] = ()  # shell patterns on the file's path below the extracts folder
    book_currency: Currency | None = None
    payment_terms: str | None = None


class Defaults(Section):
    """What holds where neither the extract nor the customer says otherwise."""

    entity: str = "main"
    book_currency: Currency = "EUR"
    payment_terms: str | None = "30 net"
    country: str = "FR"


class Matching(Section):
    """How credits find their debits, in this order. Lettering alone, unless the firm opts in."""

    methods: tuple[Literal["reference", "sum", "fifo"], ...] = ()


class Ageing(Section):
    """The buckets of the aged balance: last day late of each, the rest is the oldest one."""

    bounds: tuple[int, ...] = (30, 60, 90, 120)


class Collection(Section):
    """The team that calls, and what a contact is assumed to move. See docs/methods.md."""

    hours_per_day: Decimal = Field(default=Decimal(6), ge=0)
    minutes_remind: int = Field(default=3, ge=1)
    minutes_call: int = Field(default=15, ge=1)
    minutes_dispute: int = Field(default=30, ge=1)
    minutes_escalate: int = Field(default=20, ge=1)
    days_moved: int = Field(default=7, ge=0)
    late_cost_percent: Decimal = Field(default=Decimal(10), ge=0)
    loss_share_percent: Decimal = Field(default=Decimal(8), ge=0, le=100)


class Schedule(Section):
    """When the daily refresh runs."""

    cron: str = "0 6 * * *"
    timezone: str = "Europe/Paris"

    @field_validator("cron")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        # Only where it is set: Dagster takes its time to load.
        from dagster._utils.schedules import is_valid_cron_string

        if not is_valid_cron_string(value):
            raise ValueError("this is not a time in the manner of cron, such as 0 6 * * *")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:  # not known; not a name; a folder of names
            raise ValueError("no time zone has this name; write it as Europe/Paris") from error
        return value


class Desk(Section):
    """Where what people decide is kept; `desk.places.location` reads it, as the screens do."""

    url: str | None = None  # a PostgreSQL database; None: desk.sqlite in the home


class TableMapping(Section):
    """How to read one kind of table: which files, what their rows are, which column is what.

    `columns` gives our name of a column, then its header in the file. `date_format` has %d, %m and
    %Y once each; without one, only dates like 2026-03-31 are read.
    """

    files: tuple[str, ...]
    preset: str | None = None
    kind: Literal["invoices", "payments", "credit_notes", "allocations", "customers", "open_items"]
    entity: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)  # our name -> header in the file
    date_format: str | None = None
    decimal: Literal[",", "."] = "."
    delimiter: str | None = None
    encoding: str | None = None
    currency: Currency | None = None

    @field_validator("date_format")
    @classmethod
    def _says_every_part_of_a_date(cls, value: str | None) -> str | None:
        if value is not None:
            date_pattern(value)
        return value

    @model_validator(mode="after")
    def _maps_columns_that_there_are(self) -> Self:
        known = [column.name for column in COLUMNS[self.kind]]
        unknown = sorted(set(self.columns) - set(known))
        if unknown:
            raise ValueError(
                f"a table of {self.kind} has no column {', '.join(unknown)}; it has "
                f"{', '.join(known)}"
            )
        return self


class Settings(BaseSettings):
    """All settings. `Settings.load(home)` reads them; a calculation gets them as arguments."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="ENCAISSE_SET_")

    entities: tuple[Entity, ...] = ()
    defaults: Defaults = Defaults()
    accounts: dict[AccountPrefix, str] = Field(default_factory=dict)  # account prefix -> role
    tables: tuple[TableMapping, ...] = ()
    matching: Matching = Matching()
    ageing: Ageing = Ageing()
    collection: Collection = Collection()
    desk: Desk = Desk()
    schedule: Schedule = Schedule()
    snapshots_kept: int = Field(default=5, ge=1)
    stale_after_hours: int = Field(default=36, ge=1)

    @field_validator("entities")
    @classmethod
    def _are_told_apart(cls, value: tuple[Entity, ...]) -> tuple[Entity, ...]:
        ids = [entity.id for entity in value]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"more than one entity has the id {', '.join(twice)}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the TOML file only: one place to look."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read `home/encaisse.toml`, else the one at the root, else take the defaults.

        Raises:
            EncaisseError: The file cannot be read, or says something that has no meaning.
        """
        for file in (home / "encaisse.toml", ROOT / "encaisse.toml"):
            if file.exists():
                return cls._read(file)
        return cls()

    @classmethod
    def _read(cls, file: Path) -> Self:
        try:
            values: dict[str, Any] = TomlConfigSettingsSource(cls, toml_file=file)()
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            raise EncaisseError(
                f"A setting has no meaning: {_told(first)}.",
                where=f"{file}, {'.'.join(str(part) for part in first['loc'])}",
                fix="correct the line; docs/settings.md lists what each setting may say",
            ) from error
        except ValueError as error:  # not TOML
            raise EncaisseError(
                f"The settings file is not valid TOML: {error}.",
                where=str(file),
                fix="correct the line that is named",
            ) from error

    @cached_property
    def fingerprint(self) -> str:
        """A short name for the settings that decide how a table file is read."""
        tables = "".join(mapping.model_dump_json() for mapping in self.tables)
        return hashlib.sha256(tables.encode()).hexdigest()[:8]


def _told(error: ErrorDetails) -> str:
    """Tell what is wrong with a setting, and the value that was given."""
    said, given = error["msg"].removeprefix("Value error, "), error["input"]
    # Where there is no such setting, its name is at fault, and its value may be a secret.
    if error["type"] == "extra_forbidden" or not isinstance(given, (str, int, float)):
        return said
    return f"{given!r}: {said}"
