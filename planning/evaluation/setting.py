"""Setting: what all parts of an evaluation look at, and sums by area."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.facilities import FacilityLayer
from layers.outlines import Outlines
from layers.population import PopulationGrid
from layers.types import CapacityDeaths, CapacityPer, FacilityType
from planning.evaluation.result import COUNTY, UNASSIGNED


@dataclass(frozen=True)
class Setting:
    """One facility type in a county: who is to be served, and by what."""

    kind: FacilityType
    population: PopulationGrid
    outlines: Outlines
    layer: FacilityLayer

    @cached_property
    def facilities(self) -> gpd.GeoDataFrame:
        """Facilities of the type that are not closed."""
        return self.layer.of_type(self.kind.key)

    @cached_property
    def townships(self) -> pd.Index[str]:
        """Codes of the townships."""
        return pd.Index([str(code) for code in self.outlines.townships.index], name="township", dtype=str)

    @cached_property
    def cell_area(self) -> pd.Series[str]:
        """Township of every cell; :data:`UNASSIGNED` where it has none."""
        return self._known(self.population.cells["township"])

    def facility_area(self, table: pd.DataFrame) -> pd.Series[str]:
        """Township of every facility; :data:`UNASSIGNED` where it has none."""
        return self._known(table["township"])

    def facilities_with(self, also: Iterable[str]) -> pd.DataFrame:
        """Facilities of the type and of further types that count with it."""
        keys = [self.kind.key, *(key for key in also if key != self.kind.key)]
        return pd.concat([self.layer.of_type(key).drop(columns="geometry") for key in keys])

    def by_area(self, values: pd.Series[float], areas: pd.Series[str]) -> pd.Series[float]:
        """Sum values by township: the county, every township, and :data:`UNASSIGNED`."""
        sums = values.astype(float).groupby(areas.to_numpy()).sum().reindex([*self.townships, UNASSIGNED], fill_value=0.0)
        whole = pd.Series([float(values.sum())], index=[COUNTY])
        return pd.concat([whole, sums]).rename_axis("township")

    def people(self, group: str) -> pd.Series[float] | None:
        """People of a demand group by township, those without position under :data:`UNASSIGNED`; None where the population lacks the group."""
        if group not in self.population.groups:
            return None
        sums = self.by_area(self.population.demand(group), self.cell_area)
        lost = self.population.not_located_people(group)
        sums[[COUNTY, UNASSIGNED]] += lost
        return sums

    def needed(self, requirement: CapacityPer | CapacityDeaths) -> pd.Series[float] | None:
        """Capacity needed by township; None where the population lacks the group."""
        group = requirement.group if isinstance(requirement, CapacityPer) and requirement.group else self.kind.demand_group
        people = self.people(group)
        if people is None:
            return None
        if isinstance(requirement, CapacityPer):
            return people * requirement.per_1000 / 1000
        return people * requirement.death_rate * requirement.years * requirement.share

    def available(self, requirement: CapacityPer | CapacityDeaths) -> tuple[pd.Series[float], pd.Series[float]]:
        """Return capacity that counts towards a requirement, and facilities whose share in it is unknown, by township.

        Towards deaths of the years to come only free plots count: capacity less what is used.
        """
        table = self.facilities_with(requirement.also)
        held = table["capacity"]
        if isinstance(requirement, CapacityDeaths):
            held = (held - table["residents"]).clip(lower=0)
        areas = self.facility_area(table)
        return self.by_area(held.fillna(0.0), areas), self.by_area(held.isna().astype(float), areas)

    def _known(self, codes: pd.Series[str]) -> pd.Series[str]:
        return pd.Series(np.where(codes.isin(self.townships), codes, UNASSIGNED), index=codes.index, dtype=object)
