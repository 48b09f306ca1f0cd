"""Evaluation: how one facility type serves the county under one scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import pandas as pd

from layers.types import FacilityType, Reach
from planning.access import Access
from planning.coverage import Coverage

COUNTY = ""
UNASSIGNED = "-"
Met = Literal["met", "unmet", "unknown"]
TOWNSHIP_COLUMNS = (
    "name",
    "people",
    "covered",
    "uncovered",
    "unreachable",
    "not_located",
    "covered_share",
    "facilities",
    "capacity",
    "capacity_unknown",
    "needed",
    "available",
    "available_unknown",
    "balance",
    "access_per_1000",
)
REQUIREMENT_COLUMNS = ("id", "kind", "level", "area", "area_name", "value", "target", "unit", "met", "reason", "source", "confidence")
FACILITY_COLUMNS = (
    "name", "township", "township_name", "x", "y", "position", "capacity", "care_beds", "residents", "floor_area", "occupancy", "assigned",
    "beyond", "size",
)  # fmt: skip


@dataclass(frozen=True)
class Evaluation:
    """One type, one scenario.

    Attributes
    ----------
    kind : FacilityType
    requirement : Reach or None
        The reach that coverage is measured by; None where the type has none.
    status : {"evaluated", "not_evaluated"}
        ``not_evaluated`` 未评价 where the population lacks the type's demand group; people and coverage are then unknown, never 0.
    reason : str
        Code of :mod:`layers.texts` that says why it was not evaluated; empty otherwise.
    coverage : Coverage or None
        None where the type is not evaluated or has no reach.
    access : Access or None
        2SFCA of the type's capacity within the reach; None where there is no coverage or no capacity is counted.
    townships : DataFrame
        Index ``township``: :data:`COUNTY` (empty text, the county's total) first, then every township, and :data:`UNASSIGNED` last where people
        or facilities belong to none. The rows below the first add up to it. Columns :data:`TOWNSHIP_COLUMNS`: people by state; ``facilities``;
        ``capacity`` (sum of the known) and ``capacity_unknown`` (facilities without one); ``needed`` by the type's first capacity requirement;
        ``available`` towards it, with the further types that count (free plots where the requirement is of deaths) and ``available_unknown``;
        ``balance`` = available - needed; ``access_per_1000`` (mean over people on the network). NaN where unknown or where no requirement says.
    requirements : DataFrame
        One row per requirement and area; columns :data:`REQUIREMENT_COLUMNS`. ``level`` is ``county``, ``township`` or ``village``; ``met`` is
        ``met``, ``unmet`` or ``unknown``; ``reason`` is a code of :mod:`layers.texts`: why it is unknown, or ``evaluation.information`` where
        the norm holds for the county and the township's row only informs.
    facilities : DataFrame
        Index ``facility``; columns ``name``, ``township``, ``township_name``, ``x``, ``y`` (m), ``position`` (``located``, ``unsnapped``: beyond
        the snap distance, or ``not_located``), ``capacity``, ``care_beds``, ``residents``, ``floor_area``, ``occupancy`` (residents / capacity),
        ``assigned`` (people covered, whose nearest facility it is), ``beyond`` (people nearest to it but not within the threshold) and ``size``
        (whether it meets the type's size requirements: met, unmet, unknown, or empty where there is none).
    """

    kind: FacilityType
    requirement: Reach | None
    status: Literal["evaluated", "not_evaluated"]
    reason: str
    coverage: Coverage | None
    access: Access | None
    townships: pd.DataFrame
    requirements: pd.DataFrame
    facilities: pd.DataFrame

    @property
    def county(self) -> pd.Series[float]:
        """The county's row of :attr:`townships`."""
        return cast("pd.Series[float]", self.townships.loc[COUNTY])

    @property
    def unmet(self) -> pd.DataFrame:
        """Requirements that are not met and bind where they stand."""
        rows = self.requirements
        return rows.loc[(rows["met"] == "unmet") & (rows["reason"] == "")]
