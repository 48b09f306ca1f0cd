"""Travel reports of facility types: who reaches the streets, how far it is to them, and which streets are cut off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.texts import say
from layers.types import FacilityType, Mode, Reach
from planning.evaluation.travel_report import TravelReport, report_travel
from planning.travel.parts import Parts, parts_of
from planning.workbench.bench import Workbench
from scenarios.document import Scenario


def travel_report(
    bench: Workbench, key: str, scenario: Scenario | None = None, *, requirement: str | None = None, progress: Progress = silent
) -> TravelReport:
    """Report the travel of one type's demand group.

    Parameters
    ----------
    bench : Workbench
    key : str
        Facility type.
    scenario : Scenario, optional
        The present state when absent; its streets count.
    requirement : str, optional
        Id of the reach that people are covered by, which also says the mode; the type's first when absent.
    progress : Progress

    Raises
    ------
    PlanningError
        When the type has no reach, or the population lacks its demand group.
    """
    kind = bench.kind(key, scenario)
    reach = bench.reach(kind, requirement)
    if reach is None:
        raise PlanningError("workbench.no_reach", type=kind.name_zh, requirement="—", known="—")
    return _report(bench, kind, reach, scenario, {}, progress)


def travel_reports(
    bench: Workbench,
    types: Iterable[str] | None = None,
    scenario: Scenario | None = None,
    *,
    mode: Mode | None = None,
    progress: Progress = silent,
) -> dict[str, TravelReport]:
    """Report the travel of several types, each by its first reach of a mode.

    Parameters
    ----------
    bench : Workbench
    types : iterable of str, optional
        All that are present or planned, and have such a reach and a demand group in the population, when absent.
    scenario : Scenario, optional
        The present state when absent.
    mode : {"walk", "drive"}, optional
        Any when absent.
    progress : Progress

    Raises
    ------
    PlanningError
        When a type that is named has no such reach, or the population lacks its demand group; or when there is none to report.
    """
    asked = None if types is None else list(types)
    kinds = [bench.kind(key, scenario) for key in (bench.present_types() if asked is None else asked)]
    chosen = {kind.key: (kind, _first(kind, mode)) for kind in kinds}
    if asked is None:
        groups = bench.facts.population.groups
        chosen = {key: (kind, reach) for key, (kind, reach) in chosen.items() if reach is not None and kind.demand_group in groups}
    if not chosen:
        raise PlanningError("travel_report.none")
    known: dict[Mode, Parts] = {}
    found = {}
    for done, (key, (kind, reach)) in enumerate(chosen.items()):
        progress("stage.measure", done, len(chosen))
        if reach is None:
            raise _no_reach(kind, mode)
        found[key] = _report(bench, kind, reach, scenario, known, silent)
    progress("stage.measure", len(chosen), len(chosen))
    return found


def travel_record(report: TravelReport) -> dict[str, Any]:
    """Return a travel report with its tables, as ``--json`` prints it."""
    return {
        "type": report.kind.key,
        "name_zh": report.kind.name_zh,
        "name_en": report.kind.name_en,
        "requirement": report.reach.model_dump(mode="json"),
        "mode": report.mode,
        "snap_m": report.snap_m,
        "components": report.components,
        "townships": report.townships,
        "distances": report.distances,
        "streets": report.streets,
        "others": report.others,
    }


def _first(kind: FacilityType, mode: Mode | None) -> Reach | None:
    return next((item for item in kind.requirements if isinstance(item, Reach) and mode in {None, item.mode}), None)


def _no_reach(kind: FacilityType, mode: Mode | None) -> PlanningError:
    told = [""] * 2 if mode is None else [say(f"costs.mode.{mode}"), f"{say(f'costs.mode.{mode}', 'en')} "]
    return PlanningError("travel_report.no_reach", type=kind.name_zh, type_en=kind.name_en, mode=told[0], mode_en=told[1])


def _report(
    bench: Workbench, kind: FacilityType, reach: Reach, scenario: Scenario | None, known: dict[Mode, Parts], progress: Progress
) -> TravelReport:
    state = bench.state(scenario)
    evaluation = bench.measure_type(kind.key, scenario, requirement=reach.id, state=state, progress=progress)
    if evaluation.coverage is None:
        raise PlanningError("workbench.no_group", type=kind.name_zh, group=kind.demand_group)
    facts = bench.facts_of(state)
    if reach.mode not in known:
        known[reach.mode] = parts_of(facts.streets, reach.mode, facts.population.cells.geometry, facts.county.travel.snap_m)
    _, cells = bench.columns_of(state).network(reach.mode)
    return report_travel(evaluation, facts, cells, known[reach.mode])
