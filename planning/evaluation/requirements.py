"""Requirements by area: a value, a target, and whether it is met, not met, or cannot be told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from layers.types import CapacityDeaths, CapacityPer, PerArea, Ratio, Reach, Requirement, Size
from planning.coverage import Coverage
from planning.demand import parameters
from planning.evaluation.result import COUNTY, REQUIREMENT_COLUMNS
from planning.evaluation.setting import Setting
from planning.evaluation.tables import size_met
from planning.evaluation.villages import by_village

LESS = 1e-9
BY_COUNTY = frozenset({"county", "city"})


def requirement_table(setting: Setting, measured: Reach | None, coverage: Coverage | None) -> pd.DataFrame:
    """Return every requirement by area, as described in :class:`planning.evaluation.result.Evaluation`."""
    parts = [_rows(setting, item, measured, coverage) for item in setting.kind.requirements]
    # A scenario may measure by a reach that is not among the type's own.
    if measured is not None and all(item.id != measured.id for item in setting.kind.requirements):
        parts.insert(0, _rows(setting, measured, measured, coverage))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(REQUIREMENT_COLUMNS))


def judge(setting: Setting, item: Requirement, coverage: Coverage | None = None) -> pd.DataFrame:
    """Judge one requirement by area.

    Parameters
    ----------
    setting : Setting
    item : Requirement
    coverage : Coverage, optional
        As measured by this requirement, where it is a reach.

    Returns
    -------
    DataFrame
        Indexed by area; columns ``value``, ``target``, ``unit``, ``met``, ``reason``, and ``level`` where areas are not county and townships.
    """
    if isinstance(item, Reach):
        return _reach(setting, item, coverage)
    if isinstance(item, CapacityPer | CapacityDeaths):
        return _capacity(setting, item)
    if isinstance(item, PerArea):
        return _per_area(setting, item)
    return _size(setting, item) if isinstance(item, Size) else _ratio(setting, item)


def _rows(setting: Setting, item: Requirement, measured: Reach | None, coverage: Coverage | None) -> pd.DataFrame:
    own = coverage if measured is not None and item.id == measured.id else None
    return _labelled(setting, item, judge(setting, item, own))


def _labelled(setting: Setting, item: Requirement, found: pd.DataFrame) -> pd.DataFrame:
    table = found.reset_index(names="area")
    if "level" not in table:
        table["level"] = np.where(table["area"] == COUNTY, "county", "township")
    informs = isinstance(item, CapacityPer | CapacityDeaths | Ratio) and bool(BY_COUNTY & set(setting.kind.levels))
    quiet = (table["level"] != "county") & (table["reason"] == "") & informs
    table.loc[quiet, "reason"] = "evaluation.information"
    names = {**setting.outlines.townships["name"].to_dict(), **setting.outlines.villages["name"].to_dict(), COUNTY: ""}
    table["area_name"] = [str(names.get(area, area)) for area in table["area"]]
    table["id"], table["kind"] = item.id, item.kind
    table["source"], table["confidence"] = ";".join(item.source), item.confidence
    return table[list(REQUIREMENT_COLUMNS)]


def _judged(value: pd.Series[float], target: pd.Series[float], unit: str, doubts: dict[str, pd.Series[bool]]) -> pd.DataFrame:
    """Compare values with targets; a doubt makes unknown what is not met by what is known already."""
    index = value.index
    met = np.where(value >= target - LESS, "met", "unmet").astype(object)
    reason = np.full(len(index), "", dtype=object)
    for code, doubt in doubts.items():
        here = doubt.to_numpy(dtype=bool) & (met == "unmet") & (reason == "")
        met[here], reason[here] = "unknown", f"evaluation.{code}"
    return pd.DataFrame({"value": value, "target": target, "unit": unit, "met": met, "reason": reason}, index=index)


def _unknown(index: pd.Index[str], code: str, unit: str) -> pd.DataFrame:
    return pd.DataFrame({"value": np.nan, "target": np.nan, "unit": unit, "met": "unknown", "reason": f"evaluation.{code}"}, index=index)


def _areas(setting: Setting) -> pd.Index[str]:
    return pd.Index([COUNTY, *setting.townships])


def _reach(setting: Setting, item: Reach, coverage: Coverage | None) -> pd.DataFrame:
    index = _areas(setting)
    people = setting.people(setting.kind.demand_group)
    if people is None:
        return _unknown(index, "no_demand_group", "share")
    if coverage is None:
        return _unknown(index, "not_measured", "share")
    covered = setting.by_area(coverage.people.where(coverage.cells["state"] == "covered", 0.0), setting.cell_area)[index]
    given = people[index]
    judged = _judged(covered / given.where(given > 0), pd.Series(item.share, index=index), "share", {"no_people": given == 0})
    # To one person: nobody stands for a tenth of one.
    judged.loc[(given > 0) & (covered >= item.share * given - 0.5), "met"] = "met"
    return judged


def _capacity(setting: Setting, item: CapacityPer | CapacityDeaths) -> pd.DataFrame:
    index, unit = _areas(setting), setting.kind.capacity_unit
    needed = setting.needed(item)
    if needed is None:
        return _unknown(index, "no_demand_group", unit)
    available, unknown = setting.available(item)
    judged = _judged(available[index], needed[index], unit, {"capacity_unknown": unknown[index] > 0})
    nobody = needed[index] == 0
    judged.loc[nobody, ["met", "reason"]] = ["unknown", "evaluation.no_people"]
    return judged


def _per_area(setting: Setting, item: PerArea) -> pd.DataFrame:
    if item.area == "village":
        counted = by_village(setting, item)
        return _unknown(pd.Index([COUNTY]), "no_villages", "areas") if counted is None else _all_areas(counted, "village")
    facilities = setting.facilities
    count = setting.by_area(pd.Series(1.0, index=facilities.index), setting.facility_area(facilities))
    index = pd.Index([COUNTY]) if item.area == "county" else pd.Index(setting.townships)
    target = pd.Series(float(item.at_least), index=index)
    if item.per_people is not None:
        people = setting.people(setting.kind.demand_group)
        if people is None:
            return _unknown(index, "no_demand_group", "sites")
        # Rounded first: 30,000.000000001 people are 30,000 people.
        target = target.clip(lower=np.ceil((people[index] / item.per_people).round(9)))
    if item.area == "county":
        return _judged(count[index], target, "sites", {})
    astray = bool(count.iloc[-1] > 0)
    return _all_areas(_judged(count[index], target, "sites", {"township_unknown": pd.Series(astray, index=index)}), "township")


def _all_areas(judged: pd.DataFrame, level: str) -> pd.DataFrame:
    """Put the county's row on top: how many areas meet the requirement, out of how many."""
    met, unknown = (judged["met"] == "met").sum(), (judged["met"] == "unknown").sum()
    reason = next((text for text in judged["reason"] if text), "")
    verdict = "met" if met == len(judged) else "unknown" if met + unknown == len(judged) else "unmet"
    row = {"value": float(met), "target": float(len(judged)), "unit": "areas", "met": verdict, "reason": reason if verdict == "unknown" else ""}
    top = pd.DataFrame([row], index=pd.Index([COUNTY])).assign(level="county")
    return pd.concat([top, judged.assign(level=level)])


def _size(setting: Setting, item: Size) -> pd.DataFrame:
    facilities, index = setting.facilities, _areas(setting)
    areas, judged = setting.facility_area(facilities), size_met(facilities, item)
    met = setting.by_area((judged == "met").astype(float), areas)[index]
    unmet = setting.by_area((judged == "unmet").astype(float), areas)[index]
    unknown = setting.by_area((judged == "unknown").astype(float), areas)[index]
    table = _judged(met, met + unmet + unknown, "sites", {"size_unknown": unmet == 0})
    table.loc[met + unmet + unknown == 0, ["met", "reason"]] = ["unknown", "evaluation.no_facilities"]
    return table


def _ratio(setting: Setting, item: Ratio) -> pd.DataFrame:
    index = _areas(setting)
    facilities = setting.facilities_with(item.also)
    areas, over = setting.facility_area(facilities), facilities[item.numerator]
    if item.denominator == "households_100":
        residents = setting.people("residents")
        if residents is None:
            return _unknown(index, "no_residents", "ratio")
        households = residents[index] / parameters()["household_size"].value / 100
        # Floor area that is missing can only add to what is known: met is met.
        value = setting.by_area(over.fillna(0.0), areas)[index] / households.where(households > 0)
        doubts = {"no_people": households == 0, "numbers_unknown": setting.by_area(over.isna().astype(float), areas)[index] > 0}
        return _judged(value, pd.Series(item.at_least, index=index), "ratio", doubts)
    return _ratio_of_sums(item, (over, facilities[item.denominator]), lambda values: setting.by_area(values, areas)[index])


def _ratio_of_sums(
    item: Ratio, terms: tuple[pd.Series[float], pd.Series[float]], by_area: Callable[[pd.Series[float]], pd.Series[float]]
) -> pd.DataFrame:
    """Divide over the facilities where both numbers are known; with others beside them the answer is open either way."""
    over, under = terms
    known = over.notna() & under.notna()
    below, unknown = by_area(under.where(known, 0.0)), by_area((~known).astype(float))
    value = by_area(over.where(known, 0.0)) / below.where(below > 0)
    judged = _judged(value, pd.Series(item.at_least, index=value.index), "ratio", {})
    judged.loc[below == 0, ["met", "reason"]] = ["unknown", "evaluation.no_facilities"]
    judged.loc[unknown > 0, ["met", "reason"]] = ["unknown", "evaluation.numbers_unknown"]
    return judged
