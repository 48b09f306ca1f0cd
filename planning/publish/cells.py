"""Cells as one picture: who is covered, and how many are not, by density.

A picture of 10^5 cells is a fraction of the size of as many polygons, and draws at once everywhere.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from scipy.spatial import KDTree

from layers.population import PopulationGrid
from planning.coverage import Coverage

WIDEST = 1600  # pixels along the longer side: 6 per mm of a plate, as fine as print shows a cell
COVERED = "#D3E8DA"
UNREACHABLE = "#CDC2DE"
UNCOVERED = ("#FDF1DC", "#FBDDB0", "#F6BC85", "#E8936A")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shading:
    """How cells are coloured.

    Attributes
    ----------
    colour : int, shape (cells,)
        0 covered, 1 unreachable, 2 … uncovered by class; -1 where nobody lives (not drawn).
    palette : tuple of str
        Colours by these numbers.
    breaks : tuple of float
        Bounds between the classes of uncovered people, in ``unit``.
    unit : {"km2", "cell"}
        Whether classes are people per km2 or, where cells have no size, people per cell.
    """

    colour: NDArray[np.int8]
    palette: tuple[str, ...]
    breaks: tuple[float, ...]
    unit: str


def shade(coverage: Coverage, population: PopulationGrid) -> Shading:
    """Return the colour of each cell by its state and, where uncovered, by the density of its people.

    Class bounds are 1-2-5 numbers near the quartiles of the uncovered cells, so that a legend reads well and sheets can be compared by eye.
    """
    people = coverage.people.to_numpy(dtype=float)
    size = population.cells["size"].reindex(coverage.people.index).to_numpy(dtype=float)
    sized = bool(np.isfinite(size).all()) and len(size) > 0
    density = people / (size / 1000.0) ** 2 if sized else people
    state = coverage.cells["state"].to_numpy()
    uncovered = (state == "uncovered") & (people > 0)
    breaks = _breaks(density[uncovered])
    colour = np.full(len(people), -1, dtype=np.int8)
    colour[(state == "covered") & (people > 0)] = 0
    colour[(state == "unreachable") & (people > 0)] = 1
    colour[uncovered] = 2 + np.searchsorted(breaks, density[uncovered], side="right")
    palette = (COVERED, UNREACHABLE, *UNCOVERED[: len(breaks) + 1])
    return Shading(colour, palette, breaks, "km2" if sized else "cell")


def _breaks(values: NDArray[np.float64]) -> tuple[float, ...]:
    if len(values) == 0:
        return ()
    ladder = np.array([step * 10.0**power for power in range(-2, 7) for step in (1, 2, 5)])
    near = [float(ladder[np.abs(np.log(ladder / quartile)).argmin()]) for quartile in np.quantile(values, [0.25, 0.5, 0.75])]
    return tuple(sorted({bound for bound in near if values.min() < bound <= values.max()}))


@dataclass(frozen=True)
class Picture:
    """Coloured cells as pixels.

    Attributes
    ----------
    pixels : uint8, shape (rows, columns, 4)
        Red, green, blue, alpha; the first row is the northernmost.
    box : tuple of float
        West, south, east, north of the picture's edges: metres of the county's CRS, or of Web Mercator.
    """

    pixels: NDArray[np.uint8]
    box: Box


def picture(population: PopulationGrid, shading: Shading, index: pd.Index[int], *, crs: CRS | None = None) -> Picture:
    """Return cells drawn as pixels, in the county's CRS or warped to another.

    Each pixel takes the nearest cell within its size (0.6 of it along each axis, since grids in degrees are not square in metres).

    Parameters
    ----------
    population : PopulationGrid
    shading : Shading
    index : Index
        Cells of ``shading.colour``.
    crs : CRS, optional
        CRS of the picture, such as Web Mercator; the county's own when absent.
    """
    cells = population.cells.loc[index]
    drawn = shading.colour >= 0
    if not drawn.any():
        return Picture(np.zeros((1, 1, 4), np.uint8), (0.0, 0.0, 1.0, 1.0))
    size = cells["size"].fillna(usual_size(cells)).to_numpy(dtype=float)
    squares = np.column_stack([shapely.get_coordinates(cells.geometry.to_numpy()), size])[drawn]
    nearest, box = _nearest(squares.tobytes(), CRS.from_user_input(population.cells.crs).to_wkt(), None if crs is None else crs.to_wkt())
    colour = np.append(shading.colour[drawn], len(shading.palette))[nearest]
    table = np.array([*map(_rgba, shading.palette), (0, 0, 0, 0)], dtype=np.uint8)
    return Picture(table[colour], box)


@functools.lru_cache(maxsize=4)
def _nearest(squares: bytes, own: str, crs: str | None) -> tuple[NDArray[np.int32], Box]:
    """Return which cell each pixel takes, shape (rows, columns), -1 for none, and the picture's edges.

    The sheets of a plan draw the same cells in other colours, and finding them takes most of the time of a picture.

    Parameters
    ----------
    squares : bytes
        Centres and sizes of the cells, float64, shape (cells, 3).
    own, crs : str
        CRS of the cells, and of the picture if it is another.
    """
    x, y, size = np.frombuffer(squares).reshape(-1, 3).T
    box = west, south, east, north = _box(x, y, size, own, crs)
    step = max(max(east - west, north - south) / WIDEST, float(np.median(size)) / 12)
    columns, rows = max(1, round((east - west) / step)), max(1, round((north - south) / step))
    px, py = np.meshgrid(west + (np.arange(columns) + 0.5) * (east - west) / columns, north - (np.arange(rows) + 0.5) * (north - south) / rows)
    if crs is not None:
        px, py = Transformer.from_crs(crs, own, always_xy=True).transform(px, py)
    far, nearest = KDTree(np.column_stack([x, y])).query(np.stack([px, py], axis=-1), distance_upper_bound=0.85 * size.max())
    nearest = np.where(np.isinf(far), 0, nearest)
    reach = np.where(np.isinf(far), -1.0, 0.6 * size[nearest])
    inside = (np.abs(px - x[nearest]) <= reach) & (np.abs(py - y[nearest]) <= reach)
    return np.where(inside, nearest, -1).astype(np.int32), box


def usual_size(cells: gpd.GeoDataFrame) -> float:
    """Return the median size of cells in metres; where none has a size, the usual distance between neighbours."""
    known = cells["size"].dropna()
    if len(known):
        return float(known.median())
    points = shapely.get_coordinates(cells.geometry.to_numpy())
    return float(np.median(KDTree(points).query(points, k=[2])[0])) if len(points) > 1 else 500.0


def _box(x: NDArray[np.float64], y: NDArray[np.float64], size: NDArray[np.float64], own: str, crs: str | None) -> Box:
    half = 0.6 * size
    west, south, east, north = (x - half).min(), (y - half).min(), (x + half).max(), (y + half).max()
    if crs is None:
        return float(west), float(south), float(east), float(north)
    west, south, east, north = Transformer.from_crs(own, crs, always_xy=True).transform_bounds(west, south, east, north)
    return float(west), float(south), float(east), float(north)


def _rgba(colour: str) -> tuple[int, int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), 255
