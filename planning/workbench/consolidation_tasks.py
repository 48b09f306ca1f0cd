"""A consolidation as a county asks it: a ``[[consolidate]]`` task, its answer, and the answer in tables and as a record.

For a page or a program::

    task = consolidation_task_of(bench, "wujing_homes")         # or ConsolidationTask(...), or task.model_copy(update={...})
    answer = consolidate_task(bench, task, progress=progress)   # ConsolidationAnswer
    answer.say(lang), answer.scenario                           # how good it is, or what stands in the way; None without a plan
    answer.deeds, answer.moves, answer.balance, answer.money    # tables; empty without a plan
    answer.before, answer.after                                 # Evaluation of the type by the task's own limit, for maps
    consolidation_record(answer)                                # all of it as plain values, for --json

``answer.deeds`` has one row per home with its fate (``action``) and its place (``x``, ``y`` in the metric CRS, ``lon``, ``lat`` in WGS 84);
``answer.moves`` one per home that is merged, with both ends (``x``, ``y``, ``into_x``, ``into_y``; ``lon``, ``lat``, ``into_lon``, ``into_lat``):
what a live map draws as a line. Columns are told in :mod:`planning.siting.consolidation.tables`. Ways are in seconds or metres
(``answer.settings.unit``); ``answer.shown(way)`` is minutes or km. Money is in 万元, as the task's prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd

from layers import crs as datums
from layers.consolidation import ConsolidationTask
from layers.errors import PlanningError
from layers.facilities import FacilityLayer
from layers.progress import Progress, silent
from layers.texts import Language, say
from layers.types import LOCAL, FacilityType, Reach
from planning.candidates import propose_candidates
from planning.evaluation import Evaluation, evaluate
from planning.siting import consolidation as siting
from planning.siting.consolidation import Choices, ConsolidationPlan, NewPlace, Prices, Rules
from planning.workbench.bench import Workbench
from planning.workbench.columns import Measure
from planning.workbench.consolidations import Consolidated, ConsolidationSettings, consolidate
from scenarios.document import Scenario
from scenarios.state import State

LIMIT = "limit"
"""Id of the reach that a task's own limit is measured by."""


@dataclass(frozen=True)
class ConsolidationAnswer:
    """A consolidation task's answer.

    Attributes
    ----------
    task : ConsolidationTask
    kind : FacilityType
    settings : ConsolidationSettings
        The task in the units of the search.
    found : Consolidated
        Problem, plan and scenario.
    start : Scenario or None
        What the task started from; None where that is the present state.
    before, after : Evaluation
        The type where the task started and as planned, measured by the task's limit; the same without a plan.
    """

    task: ConsolidationTask
    kind: FacilityType
    settings: ConsolidationSettings
    found: Consolidated
    start: Scenario | None
    before: Evaluation
    after: Evaluation

    @property
    def plan(self) -> ConsolidationPlan:
        """What becomes of each home and who moves where, or what stands in the way."""
        return self.found.plan

    @property
    def scenario(self) -> Scenario | None:
        """The start with the plan's edits; None where there is no plan."""
        return self.found.scenario

    @cached_property
    def deeds(self) -> gpd.GeoDataFrame:
        """What becomes of each home: see :func:`planning.siting.consolidation.tables.deeds_table`; without columns where there is no plan."""
        if not self.plan.deeds:
            return gpd.GeoDataFrame(geometry=[], crs=self.found.sites.table.crs)
        return siting.deeds_table(self.found.problem, self.plan, self.found.sites)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """Who moves where: see :func:`planning.siting.consolidation.tables.moves_table`; without columns where there is no plan."""
        return pd.DataFrame() if self.deeds.empty else siting.moves_table(self.deeds)

    @cached_property
    def balance(self) -> pd.DataFrame:
        """Before and after by township: see :func:`planning.siting.consolidation.tables.balance_table`; without columns where there is no plan."""
        if not self.plan.deeds:
            return pd.DataFrame()
        return siting.balance_table(self.found.problem, self.plan, self.settings.rules, self.found.sites)

    @cached_property
    def money(self) -> dict[str, float]:
        """What it costs, in 万元: see :func:`planning.siting.consolidation.tables.money`; empty where there is no plan."""
        return {} if not self.plan.deeds else siting.money(self.found.problem, self.plan, self.settings.rules)

    def say(self, lang: Language = "zh") -> str:
        """Return how good the plan is, or what stands in its way: homes by name and id, and the townships of the cells."""
        names = {str(site): f"{name} ({site})" if lang == "en" else f"{name}（{site}）" for site, name in self.found.sites.table["name"].items()}
        told = self.plan.say(lang, names)
        cells = sorted({cell for way in self.plan.ways_out for cell in way.cells})
        if not cells:
            return told
        people = pd.Series(self.found.problem.people, index=self.found.problem.costs.cells).loc[cells]
        towns = people.groupby(self.found.sites.towns.loc[cells].to_numpy()).sum()
        listed = [f"{self.found.sites.names.get(code, code) or '—'} {count:,.0f}" for code, count in towns.items()]
        return told + say("consolidation.where", lang, towns=("、" if lang == "zh" else ", ").join(listed))

    def shown(self, way: float) -> float:
        """Return a way in the unit of the task: minutes or km."""
        return way / self.task.factor


def consolidation_task_of(bench: Workbench, key: str | None = None) -> ConsolidationTask:
    """Return a consolidation task of the county by its key; its only one where none is named.

    Raises
    ------
    PlanningError
        When the county has no such task, or several and none is named.
    """
    tasks = {task.key: task for task in bench.facts.county.consolidate}
    if not tasks:
        raise PlanningError("consolidation.no_task")
    if key is None and len(tasks) == 1:
        return next(iter(tasks.values()))
    if key is None or key not in tasks:
        raise PlanningError("consolidation.unknown_task", task=key or "—", known="、".join(tasks))
    return tasks[key]


def consolidate_task(bench: Workbench, task: ConsolidationTask, base: Scenario | None = None, *, progress: Progress = silent) -> ConsolidationAnswer:
    """Answer a consolidation task.

    Parameters
    ----------
    bench : Workbench
    task : ConsolidationTask
    base : Scenario, optional
        Scenario to start from; the task's own, or the present state, when absent.
    progress : Progress
        May raise Cancelled: while the search works the best plan so far is the answer, before that nothing is.

    Raises
    ------
    PlanningError
        As :func:`planning.workbench.consolidations.consolidate`; when a home that must stay is not there, or several have its name; when new homes
        may open and there is no candidate.
    """
    start = base or (None if task.scenario is None else bench.scenario(task.scenario))
    kind, state = bench.kind(task.type, start), bench.state(start)
    base = start or Scenario(title=task.title)
    settings = _settings(bench, kind, state, task, base)
    found = consolidate(bench, task.type, settings, base, progress=progress)
    before = _measured(bench, kind, task, state, state.layer)
    after = before if found.scenario is None else _planned(bench, kind, task, found)
    return ConsolidationAnswer(task, kind, settings, found, start, before, after)


def _settings(bench: Workbench, kind: FacilityType, state: State, task: ConsolidationTask, base: Scenario) -> ConsolidationSettings:
    prices = Prices(**task.prices.model_dump(exclude={"source"}))
    rules = Rules(
        limit=task.limit * task.factor,
        transfer_limit=task.transfer_limit * task.factor,
        least_beds=task.least_beds,
        most_beds=float("inf") if task.most_beds is None else task.most_beds,
        care_share=task.care_share,
        changes=task.changes,
        budget=task.budget,
        years=task.years,
    )
    choices = Choices(sizes=tuple(task.sizes), to=task.convert_to, care_share=task.care_share)
    return ConsolidationSettings(
        rules, prices, choices, _stays(kind, state, task), _places(bench, kind, state, task, base),
        mode=task.mode, unit="s" if task.unit == "min" else "m", converted_serve=task.converted_serve, time_limit=task.time_limit_s,
    )  # fmt: skip


def _stays(kind: FacilityType, state: State, task: ConsolidationTask) -> frozenset[str]:
    """Return the ids of the homes that must go on, told by id or name."""
    names = state.layer.of_type(kind.key)["name"]
    found: set[str] = set()
    for told in task.stays:
        meant = [told] if told in names.index else [str(home) for home in names.index[names == told]]
        if len(meant) > 1:
            raise PlanningError("consolidation.ambiguous", name=told, homes="、".join(meant))
        found |= {*meant} or {told}
    return frozenset(found)


def _places(bench: Workbench, kind: FacilityType, state: State, task: ConsolidationTask, base: Scenario) -> dict[str, NewPlace]:
    """Return where new homes may open, by an id that no facility has."""
    if task.open is None:
        return {}
    try:
        people = bench.facts.population.demand(kind.demand_group)
    except KeyError:
        raise PlanningError("workbench.no_group", type=kind.name_zh, group=kind.demand_group) from None
    table = propose_candidates(bench.facts_of(state), task.open, kind, people).table
    lon, lat = datums.from_metric(table.geometry.x.to_numpy(), table.geometry.y.to_numpy(), base.datum, bench.facts.crs)
    names = [name or bench.facts.outlines.township_name(code) for name, code in zip(table["name"], table["township"], strict=True)]
    return {
        f"{task.key}-{site}": NewPlace(kind.key, f"{name}{kind.name_zh}（拟建）", round(float(lon[row]), 9), round(float(lat[row]), 9))
        for row, (site, name) in enumerate(zip(table.index, names, strict=True))
    }


def _planned(bench: Workbench, kind: FacilityType, task: ConsolidationTask, found: Consolidated) -> Evaluation:
    """Evaluate the type as planned; a converted home is counted with it where it still counts for the people around."""
    state = bench.state(found.scenario)
    table = state.layer.table.copy()
    if task.converted_serve:
        homes = table.index.isin([home.site for home in found.problem.homes])
        table.loc[homes & (table["status"] != "closed"), "type"] = kind.key
    return _measured(bench, kind, task, state, FacilityLayer(table))


def _measured(bench: Workbench, kind: FacilityType, task: ConsolidationTask, state: State, layer: FacilityLayer) -> Evaluation:
    """Evaluate the type by the task's own limit."""
    minutes, metres = (task.limit, None) if task.unit == "min" else (None, task.limit * task.factor)
    reach = Reach(id=LIMIT, mode=task.mode, time_min=minutes, radius_m=metres, source=(LOCAL,), confidence="L")
    costs = bench.costs(layer.of_type(kind.key).geometry, Measure(reach.mode, reach.unit, reach.threshold), state=state)
    return evaluate(kind, bench.facts.population, bench.facts.outlines, layer, costs, requirement=reach)
