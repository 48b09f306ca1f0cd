"""Facts: everything read from a county's folder, checked and in one metric CRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS

from layers.candidates import CandidateLayer
from layers.costs import CostTable
from layers.county import County
from layers.errors import Fault
from layers.facilities import FacilityLayer
from layers.outlines import Exclusions, Outlines
from layers.population import PopulationGrid
from layers.streets import StreetNetwork


@dataclass(frozen=True, slots=True)
class RowCount:
    """Rows of one file or sheet: every row read is kept or excluded (convention 2).

    Raises
    ------
    ValueError
        When the rows do not add up.
    """

    layer: str
    file: str
    sheet: str
    read: int
    kept: int
    excluded: int

    def __post_init__(self) -> None:
        if self.read != self.kept + self.excluded:
            raise ValueError(f"{self.file}: {self.read} rows read are not {self.kept} kept + {self.excluded} excluded")


@dataclass(frozen=True)
class Facts:
    """What is known of a county.

    Attributes
    ----------
    folder : Path
        The county's folder.
    faults : tuple of Fault
        All findings of all layers (errors name rows that were left out of the layer; every row read is kept or among them).
    inputs : mapping
        sha256 of every file read, by path relative to the folder.
    rows : tuple of RowCount
        Rows read, kept and excluded of every ledger and table.
    costs : tuple of CostTable
        Travel costs that stand in for the search, in the order of county.toml: a later table counts before an earlier one.
    """

    folder: Path
    county: County
    crs: CRS
    facilities: FacilityLayer
    population: PopulationGrid
    streets: StreetNetwork
    outlines: Outlines
    exclusions: Exclusions
    candidates: CandidateLayer | None
    faults: tuple[Fault, ...]
    inputs: Mapping[str, str]
    rows: tuple[RowCount, ...] = ()
    costs: tuple[CostTable, ...] = ()
