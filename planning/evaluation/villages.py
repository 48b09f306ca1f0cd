"""Facilities by village: villages are points, and a place belongs to the nearest one of its township."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.outlines import nearest_village
from layers.types import PerArea
from planning.evaluation.result import UNASSIGNED
from planning.evaluation.setting import Setting


def by_village(setting: Setting, item: PerArea) -> pd.DataFrame | None:
    """Count a type's facilities in every village.

    Parameters
    ----------
    setting : Setting
    item : PerArea
        With ``per_people``, people count in the village their cell is nearest to.

    Returns
    -------
    DataFrame or None
        Index village code; columns ``value``, ``target``, ``unit``, ``met``, ``reason``. None where no village has a position. A village without
        a facility is unknown, not unmet, while facilities of its township have no position.
    """
    villages = setting.outlines.villages
    villages = villages.loc[~(villages.geometry.isna() | villages.geometry.is_empty)]
    if not len(villages):
        return None
    facilities = setting.facilities
    located = ~(facilities.geometry.isna() | facilities.geometry.is_empty)
    home = nearest_village(villages, gpd.GeoSeries(facilities.geometry[located]), setting.facility_area(facilities)[located])
    count = home.value_counts().reindex(villages.index, fill_value=0).astype(float)
    astray = set(setting.facility_area(facilities)[~located])
    doubt = np.array([UNASSIGNED in astray or code in astray for code in villages["township"]], dtype=bool)
    target = _target(setting, villages, item)
    doubt |= target.isna().to_numpy()
    met = np.where(count >= target, "met", np.where(doubt, "unknown", "unmet"))
    why = np.where(target.isna(), "evaluation.no_demand_group", "evaluation.village_unknown")
    reason = np.where(met == "unknown", why, "")
    return pd.DataFrame({"value": count, "target": target, "unit": "sites", "met": met, "reason": reason}, index=villages.index)


def _target(setting: Setting, villages: gpd.GeoDataFrame, item: PerArea) -> pd.Series[float]:
    """Return the sites each village needs; NaN where the population lacks the people they are counted by."""
    least = pd.Series(float(item.at_least), index=villages.index)
    if item.per_people is None:
        return least
    if setting.kind.demand_group not in setting.population.groups:
        return least * np.nan
    home = nearest_village(villages, setting.population.cells.geometry, setting.cell_area)
    people = setting.population.demand(setting.kind.demand_group).groupby(home.to_numpy()).sum().reindex(villages.index, fill_value=0.0)
    return least.clip(lower=np.ceil((people / item.per_people).round(9)))
