"""Questions: a plan task as people, travel costs, sites and a model, so that the siting search can answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.candidates import CandidateLayer
from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.tasks import ModelKey, PlanTask
from layers.types import FacilityType, Reach
from planning.candidates import propose_candidates
from planning.siting import LSCP, MCLP, BackupCover, CapacitatedCover, CapacitatedMedian, EquityCover, FixedCharge, PCenter, PMedian
from planning.siting.apart import Homes, kept_away, near_dense, too_near_pairs
from planning.siting.model import Model
from planning.siting.problem import SiteStatus, SitingProblem
from planning.workbench.bench import Workbench
from planning.workbench.columns import Measure
from planning.workbench.places import WITH_PLACES, capacities, need_per_person
from planning.workbench.pricing import prices_of, rate_of
from planning.workbench.standing import standing_sites
from scenarios.document import Scenario

# Models without a threshold look at every trip, however long.
_ALL_TRIPS = frozenset({"pmedian", "pcenter", "fixedcharge", "capmedian"})


@dataclass(frozen=True)
class Question:
    """A plan task framed for the siting search.

    Attributes
    ----------
    task : PlanTask
    start : Scenario or None
        The scenario the task starts from; None where that is the present state.
    kind : FacilityType
        As the county and the start measure it.
    reach : Reach
    candidates : CandidateLayer
        The places the model may choose from, those too near dense population included.
    problem : SitingProblem
    model : Model
    parameters : mapping
        What the model was asked, defaults filled in: threshold and unit, the task's own fields, and what distances ruled out.
    """

    task: PlanTask
    start: Scenario | None
    kind: FacilityType
    reach: Reach
    candidates: CandidateLayer
    problem: SitingProblem
    model: Model
    parameters: Mapping[str, object]

    @property
    def need(self) -> float:
        """Places that a person needs where places count: the problem's people are those who need one; 1 elsewhere."""
        return float(str(self.parameters.get("places_per_1000", 1000.0))) / 1000


def question_of(bench: Workbench, task: PlanTask, base: Scenario | None = None, *, progress: Progress = silent) -> Question:
    """Frame a plan task.

    Parameters
    ----------
    bench : Workbench
    task : PlanTask
    base : Scenario, optional
        Scenario to start from; the task's own, or the present state, when absent.
    progress : Progress
        May raise Cancelled.

    Raises
    ------
    PlanningError
        When the population lacks the type's demand group, there is no candidate, a candidate has a facility's id, the model looks at townships and
        there are none, a distance to homes is asked for that nobody has named, or the task says of facilities what they do not allow.
    """
    base = base or start_of(bench, task)
    kind = bench.kind(task.type, base)
    reach = bench.reach(kind, task.requirement)
    if reach is None:
        raise PlanningError("workbench.no_reach", type=kind.name_zh, requirement=task.requirement, known="—")
    people = people_of(bench, kind)
    facts = bench.facts_of(bench.state(base))
    candidates = propose_candidates(facts, task.candidates, kind, people, progress=progress)
    status, ruled = standing_sites(kind, bench.state(base), task)
    problem, sites = _problem(bench, task, base, (reach, people, candidates, status), progress)
    problem = replace(problem, price=prices_of(task, kind, problem))
    if task.model in WITH_PLACES:
        problem, needed = _with_places(bench, task, kind, base, problem)
        ruled |= needed
    problem, away = _with_distances(bench, task, kind, problem, sites)
    lost = bench.facts.population.not_located_people(kind.demand_group)
    told = {"threshold": reach.threshold, "unit": reach.unit, **task.asked, **ruled, **away}
    return Question(task, base, kind, reach, candidates, problem, MODELS[task.model](task, reach, lost), told)


def start_of(bench: Workbench, task: PlanTask) -> Scenario | None:
    """Return the scenario a task starts from: its own, else the county's, else the present state."""
    name = task.scenario or bench.facts.county.scenario
    return None if name is None else bench.scenario(name)


def people_of(bench: Workbench, kind: FacilityType) -> pd.Series[float]:
    """Return the people whom a type serves, per cell.

    Raises
    ------
    PlanningError
        When the population lacks the type's demand group.
    """
    try:
        return bench.facts.population.demand(kind.demand_group)
    except KeyError:
        raise PlanningError("workbench.no_group", type=kind.name_zh, group=kind.demand_group) from None


def _lscp(task: PlanTask, reach: Reach, not_located: float) -> Model:
    if task.share is None:
        return LSCP(threshold=reach.threshold, of="coverable")
    return LSCP(threshold=reach.threshold, share=task.share, not_located=not_located)


def _pcenter(task: PlanTask, reach: Reach, not_located: float) -> Model:
    del reach  # has no threshold
    if task.share is None:
        return PCenter(sites=task.sites or 0)
    return PCenter(sites=task.sites or 0, share=task.share, of="people", not_located=not_located)


MODELS: Mapping[ModelKey, Callable[[PlanTask, Reach, float], Model]] = {
    "mclp": lambda task, reach, _: MCLP(task.sites, reach.threshold, task.budget),
    "lscp": _lscp,
    "pmedian": lambda task, _, __: PMedian(task.sites, budget=task.budget),
    "pcenter": _pcenter,
    "backup": lambda task, reach, _: BackupCover(task.sites or 0, reach.threshold, task.weight or 0.0),
    "equity": lambda task, reach, _: EquityCover(task.sites or 0, reach.threshold),
    "fixedcharge": lambda task, reach, _: FixedCharge(rate_of(task, reach), task.sites, task.budget),
    "capcover": lambda task, reach, _: CapacitatedCover(task.sites or 0, reach.threshold, task.source or "split"),
    "capmedian": lambda task, _, __: CapacitatedMedian(task.sites or 0, task.source or "split"),
}
"""How a task, its reach and the people without position make each model."""


def _problem(
    bench: Workbench,
    task: PlanTask,
    base: Scenario | None,
    asked: tuple[Reach, pd.Series[float], CandidateLayer, Mapping[str, SiteStatus]],
    progress: Progress,
) -> tuple[SitingProblem, gpd.GeoSeries]:
    reach, people, candidates, standing = asked
    state = bench.state(base)
    existing = state.layer.of_type(task.type).geometry
    sites = gpd.GeoSeries(pd.concat([existing, candidates.table.geometry]), crs=bench.facts.crs)
    if not sites.index.is_unique:
        raise PlanningError("workbench.same_ids", ids="、".join(map(str, sites.index[sites.index.duplicated()][:5])))
    limit = np.inf if task.model in _ALL_TRIPS else reach.threshold
    costs = bench.costs(sites, Measure(reach.mode, reach.unit, limit), state=state, progress=progress)
    status: dict[str, SiteStatus] = {**standing, **dict.fromkeys(map(str, candidates.table.index), "candidate")}
    towns = _towns(bench, people) if task.model == "equity" or task.source == "township" else None
    return SitingProblem(np.asarray(people.to_numpy(), dtype=np.float64), costs, status, towns=towns), sites


def _with_places(
    bench: Workbench, task: PlanTask, kind: FacilityType, base: Scenario | None, problem: SitingProblem
) -> tuple[SitingProblem, dict[str, object]]:
    """Return the problem in people who need a place, with the places of all sites, and what was assumed."""
    need, source = need_per_person(task, kind)
    capacity = capacities(task, kind, bench.state(base), problem)
    told: dict[str, object] = {"places_per_1000": 1000 * need, **({"need_source": source} if source else {})}
    return replace(problem, people=problem.people * need, capacity=capacity), told


def _towns(bench: Workbench, people: pd.Series[float]) -> NDArray[np.object_]:
    """Return the township of each cell; people of no township are one more area, as in every table."""
    towns = bench.facts.population.cells["township"].fillna("").astype(str).to_numpy(dtype=object)
    if not towns[people.to_numpy() > 0].any():
        raise PlanningError("workbench.no_townships")
    return towns


def _with_distances(
    bench: Workbench, task: PlanTask, kind: FacilityType, problem: SitingProblem, sites: gpd.GeoSeries
) -> tuple[SitingProblem, dict[str, object]]:
    """Return the problem with the distances a task asks for, and what they rule out."""
    ruled: dict[str, object] = {}
    located = sites[~(sites.isna() | sites.is_empty)]
    names, places = [str(site) for site in located.index], shapely.get_coordinates(np.asarray(located.array))
    if task.apart_m is not None:
        near_pairs = too_near_pairs(names, places, task.apart_m)
        pairs = tuple(pair for pair in near_pairs if any(problem.status[site] == "candidate" for site in pair))  # what stands may stay
        problem = replace(problem, conflicts=pairs)
        ruled["pairs_too_near"] = len(pairs)
    if task.crowd is not None:
        distance, source = _away(task, kind)
        near = near_dense(names, places, _homes(bench, task, kind), distance)
        problem = kept_away(problem, near, distance)
        ruled |= {"away_m": distance, **source, "sites_near_people": sum(problem.status[site] == "forbidden" for site in near)}
    return problem, ruled


def _away(task: PlanTask, kind: FacilityType) -> tuple[float, dict[str, object]]:
    """Return the distance to dense population, and where it comes from unless the task names it."""
    if task.away_m is not None:
        return task.away_m, {}
    if kind.away is None:
        raise PlanningError("county_toml.plan_away", field=task.key, type=kind.name_zh, type_en=kind.name_en)
    return kind.away.distance_m, {"away_source": "、".join(kind.away.source)}


def _homes(bench: Workbench, task: PlanTask, kind: FacilityType) -> Homes:
    """Return where people live: all residents where the county tells them, else those the type serves."""
    population = bench.facts.population
    group = "residents" if "residents" in population.groups else kind.demand_group
    places = shapely.get_coordinates(np.asarray(population.cells.geometry.array))
    people = np.asarray(population.demand(group).to_numpy(), dtype=np.float64)
    return Homes(places, people, task.crowd or 0.0, task.around_m or 0.0)
