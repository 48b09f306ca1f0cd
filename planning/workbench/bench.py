"""Workbench: one county opened, with everything a page or a command may ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock

import geopandas as gpd

from layers.errors import Fault, PlanningError
from layers.facts import Facts
from layers.history import ABSENT, Document, Version
from layers.probation.trial import read_county
from layers.progress import Progress, silent
from layers.readers.kept import cache_of
from layers.readers.trace import Seen
from layers.saving import refused
from layers.types import FacilityType, Reach, facility_types
from planning.compare import Comparison, compare
from planning.evaluation import Evaluation, evaluate
from planning.travel.costs import TravelCosts
from planning.travel.overlay import overlaid
from planning.workbench.columns import Measure, TravelColumns
from scenarios.document import Scenario, apply
from scenarios.files import Opened, open_scenario, open_version, save_scenario
from scenarios.roads import StreetChange, changed
from scenarios.state import State, present

SHOWN_BEYOND = 2.0
"""Costs are searched to this multiple of the threshold, so that people just beyond it show how far they have to go."""
CHANGED_KEPT = 3
"""Networks with changed streets that are kept, each with its travel costs: the draft under work, and what it is compared with."""


@dataclass(frozen=True)
class Workbench:
    """A county's facts with the travel costs computed so far; pages and commands ask it and show the answer (convention 16)."""

    facts: Facts
    columns: TravelColumns
    seen: Seen = field(default_factory=Seen, repr=False, compare=False)
    _changed: dict[tuple[StreetChange, ...], TravelColumns] = field(default_factory=dict, repr=False, compare=False)
    _lock: RLock = field(default_factory=RLock, repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """The county's folder."""
        return self.facts.folder

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All findings of all layers, and a note where nothing can be kept in the county's cache."""
        return (*self.facts.faults, *self.columns.cache.notes)

    def kind(self, key: str, scenario: Scenario | None = None) -> FacilityType:
        """Return a facility type as the county and a scenario measure it.

        Raises
        ------
        PlanningError
            When there is no such type, or the scenario's standards name what the type does not have.
        """
        if key not in facility_types():
            raise PlanningError("workbench.unknown_type", type=key, known="、".join(facility_types()))
        changes = (scenario.standards,) if scenario else ()
        try:
            return self.facts.county.type(key, *changes)
        except ValueError as error:
            raise PlanningError("workbench.bad_standard", type=key, why=str(error)) from error

    def types(self) -> list[FacilityType]:
        """Return all facility types as this county measures them, those of its ledgers and plan tasks first."""
        present = self.present_types()
        return [self.kind(key) for key in (*present, *(key for key in facility_types() if key not in present))]

    def present_types(self) -> list[str]:
        """Return the types that stand in the ledgers or in a plan task, in the order of the type files."""
        named = set(self.facts.facilities.table["type"]) | {task.type for task in self.facts.county.plan}
        return [key for key in facility_types() if key in named]

    def state(self, scenario: Scenario | None = None) -> State:
        """Return the facilities as a scenario leaves them; the present state when there is none."""
        return present(self.facts.facilities) if scenario is None else apply(scenario, self.facts)

    def columns_of(self, state: State) -> TravelColumns:
        """Return the travel costs along the streets of a state: the county's own where it changes none, else those of its closed and built ones."""
        if not state.streets:
            return self.columns
        with self._lock:
            if state.streets not in self._changed:
                while len(self._changed) >= CHANGED_KEPT:
                    self._changed.pop(next(iter(self._changed)))
                self._changed[state.streets] = self.columns.along(changed(self.facts.streets, state.streets))
            self._changed[state.streets] = self._changed.pop(state.streets)  # the newest last
            return self._changed[state.streets]

    def facts_of(self, state: State) -> Facts:
        """Return the county's facts with the streets of a state."""
        return replace(self.facts, streets=self.columns_of(state).streets) if state.streets else self.facts

    def measure_type(
        self, key: str, scenario: Scenario | None = None, *, requirement: str | None = None, state: State | None = None, progress: Progress = silent
    ) -> Evaluation:
        """Evaluate one facility type under a scenario.

        Parameters
        ----------
        key : str
            Facility type.
        scenario : Scenario, optional
            The present state when absent.
        requirement : str, optional
            Id of the reach that coverage is measured by; the type's first when absent.
        state : State, optional
            The scenario's state where it is already known.
        progress : Progress
        """
        kind = self.kind(key, scenario)
        reach = self.reach(kind, requirement)
        state = state or self.state(scenario)
        costs = None
        if reach is not None:
            sites = state.layer.of_type(key).geometry
            costs = self.costs(sites, self.measure_of(reach), state=state, progress=progress)
        return evaluate(kind, self.facts.population, self.facts.outlines, state.layer, costs, requirement=reach)

    def measure(self, scenario: Scenario | None = None, types: Iterable[str] | None = None, *, progress: Progress = silent) -> dict[str, Evaluation]:
        """Evaluate several facility types under a scenario: all that are present or planned when none are named."""
        keys = list(types) if types is not None else self.present_types()
        state = self.state(scenario)
        found: dict[str, Evaluation] = {}
        for done, key in enumerate(keys):
            progress("stage.measure", done, len(keys))
            found[key] = self.measure_type(key, scenario, state=state)
        progress("stage.measure", len(keys), len(keys))
        return found

    def compare(self, scenarios: Mapping[str, Scenario | None], types: Iterable[str] | None = None, *, progress: Progress = silent) -> Comparison:
        """Compare scenarios by title; ``None`` stands for the present state."""
        keys = list(types) if types is not None else self.present_types()
        return compare({title: self.measure(scenario, keys, progress=progress) for title, scenario in scenarios.items()})

    def reach(self, kind: FacilityType, requirement: str | None = None) -> Reach | None:
        """Return the reach of a type with this id, or its first.

        Raises
        ------
        PlanningError
            When the requirement does not exist or is not a reach.
        """
        if requirement is None:
            return kind.reach
        found = next((item for item in kind.requirements if item.id == requirement), None)
        if not isinstance(found, Reach):
            known = "、".join(item.id for item in kind.requirements if isinstance(item, Reach))
            raise PlanningError("workbench.no_reach", type=kind.name_zh, requirement=requirement, known=known)
        return found

    def costs(self, sites: gpd.GeoSeries, measure: Measure, *, state: State | None = None, progress: Progress = silent) -> TravelCosts:
        """Return the travel costs from all cells to sites: the county's tables first, the search where they tell nothing.

        Parameters
        ----------
        sites : GeoSeries, shape (sites,)
            Points in the metric CRS, indexed by site id.
        measure : Measure
        state : State, optional
            Whose closed and built streets count; the county's own streets when absent.
        progress : Progress
        """
        found = (self.columns if state is None else self.columns_of(state)).costs(sites, measure, progress=progress)
        for table in self.facts.costs:
            if (table.mode, table.unit) == (measure.mode, measure.unit):
                found = overlaid(found, table, sites)
        return found

    def measure_of(self, reach: Reach) -> Measure:
        """Return how trips are searched to show a reach."""
        return Measure(reach.mode, reach.unit, reach.threshold * SHOWN_BEYOND)

    def scenarios(self) -> dict[str, Path]:
        """Return the scenario files of the county by file name, sorted."""
        return {path.stem: path for path in sorted((self.folder / "scenarios").glob("*.toml"))}

    def scenario(self, name: str) -> Scenario:
        """Read a scenario by its file name without suffix.

        Raises
        ------
        PlanningError
            When there is no such file, or it cannot be read.
        """
        return self.opened(name).scenario

    def opened(self, name: str, number: int | None = None) -> Opened:
        """Read a scenario, or an older version of it by its number, with what a later save must know; errors as of :meth:`scenario`."""
        paths = self.scenarios()
        if name not in paths:
            raise PlanningError("workbench.no_scenario", name=name, known="、".join(paths) or "—")
        return open_scenario(paths[name]) if number is None else open_version(paths[name], number)

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return all versions of a scenario's file, the oldest first."""
        return Document(self.folder / "scenarios" / f"{name}.toml").versions()

    def save(self, scenario: Scenario, name: str, *, overwrite: bool = False, known: str | None = None) -> Opened:
        """Save a scenario in the county's folder under a file name, whole or not at all, and keep every version (:mod:`layers.history`).

        Parameters
        ----------
        scenario : Scenario
        name : str
        overwrite : bool
            Replace what stands there knowingly; it stays in the history.
        known : str, optional
            :attr:`~scenarios.document.Opened.known` of the file that the scenario was opened from.

        Returns
        -------
        Opened
            With what the next save must be told.

        Raises
        ------
        PlanningError
            When the name cannot be a file's, or stands already and neither ``overwrite`` nor ``known`` is said, when somebody else has saved the
            file since, or the folder cannot be written.
        """
        path = self.folder / "scenarios" / f"{file_name(name)}.toml"
        if path.exists() and not overwrite and known is None:
            raise PlanningError("workbench.scenario_exists", name=name)
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise refused(path.parent, error) from error
        return save_scenario(scenario, path, known=None if overwrite else known or ABSENT)


def file_name(name: str) -> str:
    """Return a name that may be a file's on every system.

    Raises
    ------
    PlanningError
        When it holds what Windows forbids, or begins with a dot.
    """
    name = name.strip()
    if not name or name.startswith(".") or any(letter in '/\\:*?"<>|' or ord(letter) < 32 for letter in name):
        raise PlanningError("workbench.bad_name", name=name)
    return name


def open_county(folder: Path, *, progress: Progress = silent) -> Workbench:
    """Read a county's folder and return its workbench.

    Raises
    ------
    PlanningError
        When county.toml or a listed layer is missing or cannot be used.
    """
    seen = Seen()
    facts = read_county(folder, cached=True, progress=progress, seen=seen)
    cache = cache_of(facts.folder, facts.county)
    columns = TravelColumns(facts.streets, facts.population, facts.county.travel, cache)
    return Workbench(facts, columns, Seen(contents=seen.contents, judged=seen.judged))  # positions and cells have done their work
