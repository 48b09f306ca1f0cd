"""The township table and the facility table of an evaluation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers.types import CapacityDeaths, CapacityPer, Size
from planning.access import Access
from planning.coverage import STATES, Coverage
from planning.evaluation.result import COUNTY, FACILITY_COLUMNS, TOWNSHIP_COLUMNS, UNASSIGNED
from planning.evaluation.setting import Setting
from planning.travel.costs import TravelCosts


def township_table(setting: Setting, coverage: Coverage | None, access: Access | None) -> pd.DataFrame:
    """Return the township table described in :class:`planning.evaluation.result.Evaluation`."""
    index = pd.Index([COUNTY, *setting.townships, UNASSIGNED], name="township")
    table = pd.DataFrame(np.nan, index=index, columns=list(TOWNSHIP_COLUMNS[1:]), dtype=float)
    table.insert(0, "name", [setting.outlines.township_name(code) if code in setting.townships else "" for code in index])
    _add_people(table, setting, coverage)
    _add_capacity(table, setting)
    if coverage is not None and access is not None:
        table["access_per_1000"] = [access.per_1000(coverage.people[_within(setting, code)]) for code in index]
    counted = table[["people", "not_located", "facilities", "available_unknown", "available"]].fillna(0.0)
    return table if counted.loc[UNASSIGNED].any() else table.drop(index=UNASSIGNED)


def _within(setting: Setting, code: str) -> pd.Series[bool]:
    return setting.cell_area == code if code != COUNTY else setting.cell_area.notna()


def _add_people(table: pd.DataFrame, setting: Setting, coverage: Coverage | None) -> None:
    people = setting.people(setting.kind.demand_group)
    if people is None:
        return
    table["people"] = people
    table["not_located"] = 0.0
    table.loc[[COUNTY, UNASSIGNED], "not_located"] = setting.population.not_located_people(setting.kind.demand_group)
    if coverage is None:
        return
    for state in STATES:
        table[state] = setting.by_area(coverage.people.where(coverage.cells["state"] == state, 0.0), setting.cell_area)
    table["covered_share"] = table["covered"] / table["people"].where(table["people"] > 0)


def _add_capacity(table: pd.DataFrame, setting: Setting) -> None:
    facilities = setting.facilities
    areas = setting.facility_area(facilities)
    table["facilities"] = setting.by_area(pd.Series(1.0, index=facilities.index), areas)
    table["capacity"] = setting.by_area(facilities["capacity"].fillna(0.0), areas)
    table["capacity_unknown"] = setting.by_area(facilities["capacity"].isna().astype(float), areas)
    requirement = next((item for item in setting.kind.requirements if isinstance(item, CapacityPer | CapacityDeaths)), None)
    if requirement is None:
        return
    table["available"], table["available_unknown"] = setting.available(requirement)
    needed = setting.needed(requirement)
    if needed is not None:
        table["needed"] = needed
        table["balance"] = table["available"] - needed


def facility_table(setting: Setting, coverage: Coverage | None, costs: TravelCosts | None) -> pd.DataFrame:
    """Return the facility table described in :class:`planning.evaluation.result.Evaluation`."""
    rows = setting.facilities
    table = pd.DataFrame(rows[["name", "township", "capacity", "care_beds", "residents", "floor_area"]])
    located = ~(rows.geometry.isna() | rows.geometry.is_empty)
    table["township_name"] = [setting.outlines.township_name(code) for code in table["township"]]
    table["x"], table["y"] = rows.geometry.x, rows.geometry.y
    unsnapped = table.index.isin(costs.unsnapped if costs is not None else ())
    table["position"] = np.where(~located, "not_located", np.where(unsnapped, "unsnapped", "located"))
    table["occupancy"] = table["residents"] / table["capacity"].where(table["capacity"] > 0)
    people = coverage.by_site(pd.Index(table.index.astype(str))) if coverage is not None else None
    for column in ("assigned", "beyond"):
        table[column] = np.nan if people is None else people[column].to_numpy()
    table["size"] = sizes(setting)
    return table[list(FACILITY_COLUMNS)]


def sizes(setting: Setting) -> pd.Series[str]:
    """Return for every facility whether it meets all size requirements: met, unmet, unknown, or empty where there is none."""
    judged = [size_met(setting.facilities, item) for item in setting.kind.requirements if isinstance(item, Size)]
    if not judged:
        return pd.Series("", index=setting.facilities.index, dtype=object)
    frame = pd.concat(judged, axis=1)
    unmet, unknown = (frame == "unmet").any(axis=1), (frame == "unknown").any(axis=1)
    return pd.Series(np.where(unmet, "unmet", np.where(unknown, "unknown", "met")), index=frame.index, dtype=object)


def size_met(facilities: pd.DataFrame, requirement: Size) -> pd.Series[str]:
    """Return for every facility whether it is within the sizes of a requirement; bounds are within."""
    size = facilities[requirement.of]
    low = -np.inf if requirement.lo is None else requirement.lo
    high = np.inf if requirement.hi is None else requirement.hi
    judged = np.where(size.isna(), "unknown", np.where((size >= low) & (size <= high), "met", "unmet"))
    return pd.Series(judged, index=facilities.index, dtype=object)
