"""Where population cells lie: which one holds a point, and its corners."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.population import PopulationGrid

# A grid drawn in degrees gives oblongs in metres: a tenth more leaves no seams between them.
_SQUARE = 0.55
_HEXAGON = 0.6  # a corner lies at 0.577 of the spacing


def cell_at(population: PopulationGrid, x: float, y: float) -> int | None:
    """Return the position of the cell that a point lies in: the nearest centre, if it is no farther than a cell is wide.

    Parameters
    ----------
    population : PopulationGrid
    x, y : float
        In the metric CRS.
    """
    if not len(population.cells):
        return None
    east, north = np.array(population.cells.geometry.x), np.array(population.cells.geometry.y)
    sizes = population.cells["size"].to_numpy(dtype=float)
    square = bool(np.isfinite(sizes).all())
    away = np.maximum(np.abs(east - x), np.abs(north - y)) if square else np.hypot(east - x, north - y)
    position = int(np.argmin(away))
    half = _SQUARE * sizes[position] if square else _HEXAGON * _spacing(east, north, position)
    return position if away[position] <= half else None


def _spacing(east: NDArray[np.float64], north: NDArray[np.float64], position: int) -> float:
    """Return how far a cell's centre is from the next one."""
    away = np.hypot(east - east[position], north - north[position])
    away = away[away > 0]
    return float(away.min()) if len(away) else 100.0


def corners(centre: shapely.Point, size: float) -> NDArray[np.float64]:
    """Return the corners of a square cell in the metric CRS, shape (4, 2), or none of a cell that is no square."""
    if not np.isfinite(size):
        return np.empty((0, 2))
    steps = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * size / 2
    corners: NDArray[np.float64] = np.array([centre.x, centre.y]) + steps
    return corners
