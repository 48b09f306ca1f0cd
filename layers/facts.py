"""Facts: everything read from a county's folder, checked and in one metric CRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS

from layers.candidates import CandidateLayer
from layers.county import County
from layers.errors import Fault
from layers.facilities import FacilityLayer
from layers.outlines import Exclusions, Outlines
from layers.population import PopulationGrid
from layers.streets import StreetNetwork


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
