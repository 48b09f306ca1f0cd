"""PopulationGrid: people by group in cells."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd


@dataclass(frozen=True)
class PopulationGrid:
    """People by group in cells; people are real numbers (convention 6).

    Attributes
    ----------
    cells : GeoDataFrame
        Index ``cell``: unique integers, stable for the same files. Columns ``geometry`` (centre, metric CRS), ``size`` (edge length in m, NaN
        where cells are not squares), ``township`` (code), ``estimated`` (bool: the township is that of the nearest village).
    people : DataFrame
        Same index; one float64 column per group as read (``0_17``, ``60_64``, ``80_plus`` …); no NaN, none negative.
    outside, not_located : Series
        People per group beyond the county (counted before the sum of convention 3, and shown) and without usable position.
    groups : mapping
        Demand groups by name (``elders``, ``residents``, ``minors`` …): the columns of ``people`` that add up to them.
    estimated_groups : tuple of str
        Columns of ``people`` that no file counts by cell: they were estimated from a township table of ages. Nobody of theirs is ``outside`` or
        ``not_located``, as the table counts the people of the townships.
    """

    cells: gpd.GeoDataFrame
    people: pd.DataFrame
    outside: pd.Series[float]
    not_located: pd.Series[float]
    groups: dict[str, tuple[str, ...]]
    estimated_groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.cells.index.equals(self.people.index) or not self.cells.index.is_unique:
            raise ValueError("cells and people must share one unique index")
        values = self.people.to_numpy(dtype=float)
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError("people must be finite and not negative")
        if not set(self.estimated_groups) <= set(self.people.columns):
            raise ValueError("estimated groups are columns of people")
        unknown = {column for columns in self.groups.values() for column in columns} - set(self.people.columns)
        if unknown:
            raise ValueError(f"demand groups name unknown columns {sorted(unknown)}")

    def demand(self, group: str) -> pd.Series[float]:
        """Return people of a demand group per cell, shape (cells,).

        Raises
        ------
        KeyError
            When the population has no such group: the type is then 未评价 with that reason, never 0.
        """
        return self.people[list(self.groups[group])].sum(axis=1).rename(group)

    def is_estimated(self, group: str) -> bool:
        """Return whether a demand group was estimated, wholly or in part, and not counted (推算)."""
        return not set(self.estimated_groups).isdisjoint(self.groups[group])

    def not_located_people(self, group: str) -> float:
        """Return people of a demand group without usable position."""
        return float(self.not_located[list(self.groups[group])].sum())

    def outside_people(self, group: str) -> float:
        """Return people of a demand group beyond the county."""
        return float(self.outside[list(self.groups[group])].sum())
