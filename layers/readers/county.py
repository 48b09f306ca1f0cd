"""Reading a whole county into one metric CRS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.cache import Cache
from layers.checking.confirmed import confirmed
from layers.county import County
from layers.crs import datum_crs, from_metric, layer_to_metric, metric_crs
from layers.errors import Fault, PlanningError
from layers.facts import Facts, RowCount
from layers.population import PopulationGrid
from layers.progress import Progress, silent
from layers.readers._files import RASTERS, TABLES, digests, locate, read_vector
from layers.readers._points import point_table
from layers.readers._rasters import bounds_centre
from layers.readers.candidates import read_candidates
from layers.readers.costs import read_costs
from layers.readers.datum_check import check_datums
from layers.readers.exclusions import read_exclusions
from layers.readers.facilities import read_facilities
from layers.readers.kept import cache_of, kept_streets
from layers.readers.marks import MARKS, read_marks
from layers.readers.outlines import read_outlines
from layers.readers.population import read_population
from layers.readers.schema import listed_layers, read_county_toml
from layers.readers.trace import Seen
from layers.streets import StreetNetwork

FARTHEST_APART_M = 50_000.0


def read_county(folder: Path, *, cached: bool = False, progress: Progress = silent, seen: Seen | None = None, county: County | None = None) -> Facts:
    """Read everything that a county's ``county.toml`` lists.

    Parameters
    ----------
    folder : Path
        The county's folder.
    cached : bool
        Whether streets that were read before may come from the folder's cache, and are kept there (:mod:`layers.cache`).
    progress : Progress
        Called with the stages ``stage.read.*`` and ``stage.streets``; may raise Cancelled.
    seen : Seen, optional
        Takes what stood in the files and how each datum was judged.
    county : County, optional
        What is read instead of what county.toml lists, such as its layers without a ledger that cannot be read.

    Returns
    -------
    Facts
        All layers in the county's metric CRS, with every finding and the sha256 of every file.

    Raises
    ------
    PlanningError
        When county.toml is bad, a listed layer is missing, empty or unreadable, or layers do not lie together; findings are attached.
    """
    folder = Path(folder)
    county = county or read_county_toml(folder)
    inputs = _inputs(folder, county)
    crs = county_crs(folder, county)
    seen = seen or Seen()
    marks, of_marks = read_marks(folder)
    progress("stage.read.outlines", 0, 1)
    outlines, of_outlines = read_outlines(folder, county, crs, seen=seen.tables)
    population, of_population = read_population(folder, county, outlines, crs, progress=progress, seen=seen.cells)
    path = locate(folder, county.streets.file, "streets")
    cache = cache_of(folder, county) if cached else Cache()
    streets, of_streets = kept_streets(path, county.streets, crs, inputs, cache=cache, progress=progress)
    _check_together(county, population, streets)
    facilities, of_facilities = read_facilities(folder, county, outlines, crs, progress=progress, seen=seen)
    exclusions, of_exclusions = read_exclusions(folder, county, crs)
    candidates, of_candidates = read_candidates(folder, county, outlines, crs, seen=seen.tables)
    faults = (*of_facilities, *of_population, *of_streets, *of_outlines, *of_exclusions, *of_candidates)
    faults = (*faults, *check_datums(county, seen, streets, outlines), *of_marks)
    facts = Facts(folder, county, crs, facilities, population, streets, outlines, exclusions, candidates, faults, inputs)
    costs, of_costs = read_costs(folder, county, facts)
    return replace(facts, faults=confirmed((*faults, *of_costs), seen.contents, marks), rows=_rows((*faults, *of_costs)), costs=costs)


def outline_in_degrees(folder: Path, county: County) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the county's outline in WGS 84 degrees, its datum undone: the area that streets are downloaded for.

    Raises
    ------
    PlanningError
        When county.toml lists no outline of the county or its townships, or it cannot be read.
    """
    for name, spec in (("county", county.outlines.county), ("townships", county.outlines.townships)):
        if spec is not None and PurePosixPath(spec.file).suffix.lower() not in TABLES:
            layer = read_vector(folder, spec.file, f"outlines.{name}", encoding=spec.encoding)
            area = layer_to_metric(layer, spec.datum, CRS.from_epsg(4326), file=spec.file).geometry.union_all()
            if isinstance(area, shapely.Polygon | shapely.MultiPolygon):
                return area
    raise PlanningError("download.no_outline")


def _rows(faults: Sequence[Fault]) -> tuple[RowCount, ...]:
    """Return the rows of every table as the readers counted them."""
    counted = [fault for fault in faults if fault.code == "table.rows"]
    return tuple(RowCount(fault.layer, fault.file, fault.sheet, **fault.values) for fault in counted)  # type: ignore[arg-type]


def _inputs(folder: Path, county: County) -> dict[str, str]:
    """Return sha256 of all files read; all that are missing or empty are named at once."""
    extra = [("population_totals", county.population_totals)]
    extra += [(f"{key}.names", layer.names) for key, layer in listed_layers(county) if getattr(layer, "names", None)]
    files = [(key, layer.file) for key, layer in listed_layers(county)] + [(key, file) for key, file in extra if file]
    faults, found = [], digests(folder, "county.toml")
    if (folder / MARKS).is_file():
        found |= digests(folder, MARKS)
    for key, file in files:
        try:
            locate(folder, file, key)
        except PlanningError as error:
            faults.append(Fault("error", error.code, key, file, values=error.values))
        else:
            found.update(digests(folder, file))
    if len(faults) == 1:
        raise PlanningError(faults[0].code, faults=faults, **faults[0].values)
    if faults:
        raise PlanningError("file.several", faults=faults, count=len(faults), files="、".join(dict.fromkeys(fault.file for fault in faults)))
    return found


def county_crs(folder: Path, county: County) -> CRS:
    """Return the metric CRS that county.toml states, or the zone of the county's centre."""
    if county.metric_crs != "auto":
        return datum_crs(county.metric_crs)
    lon, lat = _centre(folder, county)
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):
        raise PlanningError("datum.no_centre", file=county.population[0].file)
    return metric_crs(lon, lat)


def _centre(folder: Path, county: County) -> tuple[float, float]:
    """Return longitude and latitude of the county's centre: of its outline, else of its townships, else of its population."""
    degrees = CRS.from_epsg(4326)
    for name, spec in (("county", county.outlines.county), ("townships", county.outlines.townships)):
        if spec is not None and PurePosixPath(spec.file).suffix.lower() not in TABLES:
            layer = read_vector(folder, spec.file, f"outlines.{name}", encoding=spec.encoding)
            return _middle(layer_to_metric(layer, spec.datum, degrees, file=spec.file).total_bounds)
    first = county.population[0]
    if PurePosixPath(first.file).suffix.lower() in RASTERS:
        return bounds_centre(folder, first)
    points, _ = point_table(folder, first, "population", degrees, kind="population")
    return _middle(points.total_bounds)


def _middle(bounds: NDArray[np.float64]) -> tuple[float, float]:
    return float((bounds[0] + bounds[2]) / 2), float((bounds[1] + bounds[3]) / 2)


def _check_together(county: County, population: PopulationGrid, streets: StreetNetwork) -> None:
    """Refuse streets and population that lie apart: a datum, a CRS or a file is wrong."""
    people = population.cells.total_bounds
    lines = np.array([streets.x.min(), streets.y.min(), streets.x.max(), streets.y.max()])
    gap_x = max(people[0] - lines[2], lines[0] - people[2], 0.0)
    gap_y = max(people[1] - lines[3], lines[1] - people[3], 0.0)
    apart = float(np.hypot(gap_x, gap_y))
    if apart <= FARTHEST_APART_M:
        return
    here, there = (_said(bounds, streets.crs) for bounds in (people, lines))
    first = county.population[0].file
    raise PlanningError("layers.apart", km=round(apart / 1000), here=here, there=there, population=first, streets=county.streets.file)


def _said(bounds: NDArray[np.float64], crs: CRS) -> str:
    lon, lat = from_metric(*_middle(bounds), "WGS84", crs)
    return f"({float(lon):.2f}, {float(lat):.2f})"
