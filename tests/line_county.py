"""A county along one road, for head arithmetic: four cells 1,000 m apart, a day-care centre at the west end, a candidate at every cell.

Elders (residents) of the cells a, b, c, d: 2.5 (112.5), 3 (123), 4 (134) and 5 (145); a and b lie in the west township, c and d in the east one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from layers.candidates import CandidateLayer
from layers.tasks import PlanTask
from planning.workbench import Workbench
from planning.workbench.columns import TravelColumns
from tests.small_county import METRIC, Y0, at, facility_layer, facts
from tests.street_drawings import NORTH, read, write_osm

TYPE = "elder_daycare"
EAST = {"a": -1500, "b": -500, "c": 500, "d": 1500}
STOOD = {"id": "x", "type": TYPE, "name": "甲", "capacity": 20.0, "residents": 1.0, "at": (-1500, 0), "township": "01"}


def bench(folder: Path, reach: float = 1000.5, *stood: dict[str, object]) -> Workbench:
    """Return the workbench of the county whose day-care centres serve ``reach`` metres of walk."""
    road = {"highway": "residential"}
    places = {1: (-1900, Y0 - NORTH), **{number: (x, Y0 - NORTH) for number, x in enumerate(EAST.values(), 2)}, 6: (1900, Y0 - NORTH)}
    streets, _ = read(write_osm(folder, places, [([1, 2, 3, 4, 5, 6], road)]))
    layer = facility_layer(*(stood or (STOOD,)))
    known = facts(layer, travel={"snap_m": 100}, standards={TYPE: {"E08-reach": {"radius_m": reach}}})
    known = replace(known, streets=streets, candidates=candidates())
    return Workbench(known, TravelColumns(known.streets, known.population, known.county.travel))


def candidates() -> CandidateLayer:
    ids = pd.Index(list(EAST), name="candidate")
    told = {"name": [f"{name}点" for name in EAST], "township": ["01", "01", "02", "02"], "types": [()] * 4, "source": "file"}
    return CandidateLayer(gpd.GeoDataFrame(told, geometry=[at(x, 0) for x in EAST.values()], index=ids, crs=METRIC))


def task(model: str, **told: object) -> PlanTask:
    """Return a task that takes its candidates from the county's file."""
    shared = {"key": "t", "title": "增设", "type": TYPE, "requirement": "E08-reach", "candidates": {"origin": "file"}}
    return PlanTask.model_validate({**shared, "model": model, **told})
