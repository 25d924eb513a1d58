"""Scenarios that people saved: a name, levers, and every version there ever was of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from desk.schema import history, scenario_versions, scenarios
from desk.store import Desk, plain_text
from models.errors import EncaisseError
from models.levers import Lever
from models.scenarios import lever_from_dict, lever_to_dict

MOST_LEVERS = 50


@dataclass(frozen=True)
class Scenario:
    """A version of a scenario, who saved it and why."""

    id: int
    version: int
    name: str
    levers: tuple[Lever, ...]
    author: str
    at: datetime
    reason: str
    is_removed: bool


def list_scenarios(desk: Desk) -> list[Scenario]:
    """Return the newest version of every scenario that was not removed, by name."""
    with desk.reading() as con:
        newest = [found for found in _newest(con) if not found.is_removed]
    return sorted(newest, key=lambda found: (found.name.casefold(), found.id))


def scenario_history(desk: Desk, scenario_id: int) -> list[Scenario]:
    """Return every version of a scenario, the newest first."""
    with desk.reading() as con:
        return [found for found in _versions(con) if found.id == scenario_id]


def save_scenario(  # noqa: PLR0913  (what a scenario is)
    desk: Desk,
    name: str,
    levers: Sequence[Lever],
    *,
    author: str,
    reason: str = "",
    replaces: Scenario | None = None,
) -> Scenario:
    """Save a new scenario, or a new version of the one it replaces.

    Args:
        desk: The desk.
        name: What people call it; no two scenarios have the same name.
        levers: At least one.
        author: Who saves it.
        reason: Why, where there is something to say.
        replaces: The version that the author saw when they began to change it.

    Raises:
        EncaisseError: The name is taken, there is no lever, or somebody saved another version
            meanwhile.
    """
    name = plain_text(name, "The name of the scenario", needed=True)
    if not 1 <= len(levers) <= MOST_LEVERS:
        raise EncaisseError(
            f"A scenario with {len(levers)} levers cannot be saved.",
            where=name,
            fix=f"give it from one to {MOST_LEVERS}",
        )
    action = "scenario changed" if replaces else "scenario saved"
    with desk.changing(action, author=author, reason=reason) as change:
        for other in _newest(change.con):
            is_another = not (replaces and other.id == replaces.id)
            if is_another and not other.is_removed and other.name.casefold() == name.casefold():
                raise EncaisseError(
                    f"There is a scenario {other.name!r} already, by {other.author}.",
                    where="the name of the scenario",
                    fix="choose another name, or change that one",
                )
        if replaces:
            _refuse_if_changed(change.con, replaces)
            scenario_id, version = replaces.id, replaces.version + 1
        else:
            scenario_id, version = change.add(scenarios), 1
        change.add(
            scenario_versions,
            scenario_id=scenario_id,
            version=version,
            name=name,
            levers=[lever_to_dict(lever) for lever in levers],
            is_removed=0,
        )
    return scenario_history(desk, scenario_id)[0]


def remove_scenario(desk: Desk, scenario: Scenario, *, author: str, reason: str = "") -> None:
    """Take a scenario off the list. Its versions stay in the history.

    Raises:
        EncaisseError: Somebody changed or removed it meanwhile.
    """
    with desk.changing("scenario removed", author=author, reason=reason) as change:
        _refuse_if_changed(change.con, scenario)
        change.add(
            scenario_versions,
            scenario_id=scenario.id,
            version=scenario.version + 1,
            name=scenario.name,
            levers=[lever_to_dict(lever) for lever in scenario.levers],
            is_removed=1,
        )


def _versions(con: Connection) -> list[Scenario]:
    told = scenario_versions.join(history, history.c.id == scenario_versions.c.history_id)
    question = select(scenario_versions, history.c.author, history.c.at, history.c.reason)
    rows = con.execute(
        question.select_from(told).order_by(
            scenario_versions.c.scenario_id, scenario_versions.c.version.desc()
        )
    )
    return [
        Scenario(
            row.scenario_id,
            row.version,
            row.name,
            tuple(lever_from_dict(lever) for lever in row.levers),
            row.author,
            row.at,
            row.reason,
            bool(row.is_removed),
        )
        for row in rows
    ]


def _newest(con: Connection) -> list[Scenario]:
    found: dict[int, Scenario] = {}
    for version in _versions(con):
        found.setdefault(version.id, version)
    return list(found.values())


def _refuse_if_changed(con: Connection, seen: Scenario) -> None:
    newest = con.scalar(
        select(func.max(scenario_versions.c.version)).where(
            scenario_versions.c.scenario_id == seen.id
        )
    )
    if newest == seen.version:
        return
    by = con.scalar(
        select(history.c.author)
        .join(scenario_versions, scenario_versions.c.history_id == history.c.id)
        .where(scenario_versions.c.scenario_id == seen.id, scenario_versions.c.version == newest)
    )
    raise EncaisseError(
        f"The scenario {seen.name!r} was changed by {by or 'somebody'} meanwhile.",
        where=f"version {newest}, where you saw version {seen.version}",
        fix="look at it as it is now, and change it again",
    )
