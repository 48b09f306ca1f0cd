"""Evaluate one facility type: coverage, capacity balance and requirements by township."""

from __future__ import annotations

import pandas as pd

from layers.facilities import FacilityLayer
from layers.outlines import Outlines
from layers.population import PopulationGrid
from layers.types import FacilityType, Reach
from planning.access import Access, two_step_floating_catchment
from planning.coverage import Coverage, cover
from planning.evaluation.requirements import requirement_table
from planning.evaluation.result import Evaluation
from planning.evaluation.setting import Setting
from planning.evaluation.tables import facility_table, township_table
from planning.travel.costs import TravelCosts


def evaluate(
    kind: FacilityType,
    population: PopulationGrid,
    outlines: Outlines,
    layer: FacilityLayer,
    costs: TravelCosts | None,
    *,
    requirement: Reach | None = None,
) -> Evaluation:
    """Evaluate one facility type under one scenario.

    A type without a facility is evaluated as one that covers nobody; a type whose demand group is not in the population is not evaluated.

    Parameters
    ----------
    kind : FacilityType
        With the standards of county and scenario.
    population : PopulationGrid
    outlines : Outlines
    layer : FacilityLayer
        Facilities as the scenario leaves them.
    costs : TravelCosts or None
        With a column for each located facility of the type, more are allowed; None where the type has no reach.
    requirement : Reach, optional
        Measured instead of the type's first reach.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        When the costs lack a facility, or are in another unit or mode than the reach.
    """
    setting = Setting(kind, population, outlines, layer)
    reach = requirement or kind.reach
    known = kind.demand_group in population.groups
    sites = None if costs is None or reach is None else _sites(setting, costs, reach)
    coverage = _coverage(setting, sites, reach) if known else None
    access = _access(setting, sites, coverage)
    return Evaluation(
        kind=kind,
        requirement=reach,
        status="evaluated" if known else "not_evaluated",
        reason="" if known else "evaluation.no_demand_group",
        coverage=coverage,
        access=access,
        townships=township_table(setting, coverage, access),
        requirements=requirement_table(setting, reach, coverage),
        facilities=facility_table(setting, coverage, sites),
    )


def _sites(setting: Setting, costs: TravelCosts, reach: Reach) -> TravelCosts:
    """Return the columns of the type's facilities; those without position need none."""
    if costs.unit != reach.unit or costs.mode not in {reach.mode, "imported"}:
        raise ValueError(f"costs are {costs.mode} in {costs.unit}, the reach {reach.id} is {reach.mode} in {reach.unit}")
    table = setting.facilities
    located = ~(table.geometry.isna() | table.geometry.is_empty)
    wanted = pd.Index(table.index[located | table.index.isin(costs.sites)].astype(str))
    missing = wanted.difference(costs.sites)
    if len(missing):
        raise ValueError(f"no travel costs for the facilities {list(missing[:5])}")
    return costs if wanted.equals(costs.sites) else costs.take(wanted)


def _coverage(setting: Setting, sites: TravelCosts | None, reach: Reach | None) -> Coverage | None:
    if sites is None or reach is None:
        return None
    group = setting.kind.demand_group
    people = setting.population.demand(group)
    lost, outside = setting.population.not_located_people(group), setting.population.outside_people(group)
    return cover(sites, people, reach.threshold, not_located=lost, outside=outside)


def _access(setting: Setting, sites: TravelCosts | None, coverage: Coverage | None) -> Access | None:
    if sites is None or coverage is None or setting.kind.capacity_unit == "sites":
        return None
    capacity = setting.facilities["capacity"].reindex(sites.sites)
    return two_step_floating_catchment(sites, coverage.people, capacity, coverage.threshold)
