"""The check-up of what a county's planners wrote: scenarios and proposed projects, each against the facts it stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from layers.errors import Fault, PlanningError
from layers.facts import Facts
from planning.review import Project, read_project
from scenarios.edits import Open
from scenarios.files import read_scenario
from scenarios.mistakes import find_mistakes

Choice = TypeVar("Choice")


def check_choices(facts: Facts) -> tuple[Fault, ...]:
    """Return what is wrong with the scenarios and projects in a county's folder, in the order of the files."""
    faults: list[Fault] = []
    known = set(facts.facilities.table.index)
    for path in _files(facts, "scenarios"):
        scenario = _read(path, read_scenario, "scenario", faults)
        if scenario is not None:
            faults += [replace(fault, file=f"scenarios/{path.name}") for fault in find_mistakes(scenario, facts)]
            known |= {edit.id for edit in scenario.edits if isinstance(edit, Open)}
    for path in _files(facts, "projects"):
        project = _read(path, read_project, "projects", faults)
        if project is not None:
            faults += [replace(fault, file=f"projects/{path.name}") for fault in _mistakes(project, known)]
    return tuple(faults)


def _files(facts: Facts, part: str) -> list[Path]:
    return sorted((facts.folder / part).glob("*.toml"))


def _read(path: Path, read: Callable[[Path], Choice], layer: str, faults: list[Fault]) -> Choice | None:
    """Return what a file holds, or nothing where it cannot be read: then with the findings that say why."""
    try:
        return read(path)
    except PlanningError as error:
        found = error.faults or (Fault("error", error.code, layer, values=error.values),)
        file = f"{path.parent.name}/{path.name}"
        faults += [replace(fault, file=file, values={key: told for key, told in fault.values.items() if key != "file"}) for fault in found]
        return None


def _mistakes(project: Project, known: set[str]) -> Iterator[Fault]:
    """Yield what cannot be true of a project; ``known`` facilities are those of the ledgers and those that scenarios open."""
    if project.facility is not None and project.facility not in known:
        values: dict[str, object] = {"project": project.name, "facility": project.facility}
        yield Fault("error", "review.no_facility", "projects", field="facility", value=project.facility, values=values)
    if project.care_beds is not None and project.capacity is not None and project.care_beds > project.capacity:
        values = {"project": project.name, "capacity": f"{project.capacity:g}"}
        yield Fault("error", "choice.care_beds", "projects", field="care_beds", value=f"{project.care_beds:g}", values=values)
