"""The frame of a generated county: its size, its place on the map, its random numbers, and smooth noise."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

CELL = 100.0
EPSG = 4543  # CGCS2000 3° Gauss-Krüger, central meridian 102° E, no zone number
CENTRE = (103.1, 25.3)
_SIDE = (32_400.0, 29_400.0)  # a county of about 830 km2, as facts of a real county of 430,000 people say
_USUAL_CELLS = 8_000

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """Size, place and random numbers of a generated county.

    Parameters
    ----------
    seed : int
        The same seed gives the same county.
    cells : int
        Inhabited cells. More cells make a larger county of the same density: land, people, streets and facilities grow together.
    """

    seed: int
    cells: int

    @property
    def factor(self) -> float:
        """How many usual counties this one is worth."""
        return self.cells / _USUAL_CELLS

    @property
    def width(self) -> float:
        """Metres from west to east."""
        return _SIDE[0] * float(max(self.factor, 0.25) ** 0.5)

    @property
    def height(self) -> float:
        """Metres from south to north."""
        return _SIDE[1] * float(max(self.factor, 0.25) ** 0.5)

    @cached_property
    def origin(self) -> Points:
        """South-west corner in EPSG:4543, on the lattice of cells."""
        to_metric = Transformer.from_crs(4326, EPSG, always_xy=True)
        centre = np.array(to_metric.transform(*CENTRE))
        return np.round((centre - [self.width / 2, self.height / 2]) / CELL) * CELL

    def rng(self, part: str) -> np.random.Generator:
        """Return the random numbers of one part, so that a change in one part leaves the others as they were."""
        return np.random.default_rng([self.seed, zlib.crc32(part.encode())])

    def many(self, usual: int) -> int:
        """Return how many of something there are where the usual county has ``usual``; never fewer."""
        return max(usual, round(usual * self.factor))

    def to_lonlat(self, points: Points) -> Points:
        """Return WGS84 longitude and latitude of points in EPSG:4543, shape (points, 2)."""
        to_wgs84 = Transformer.from_crs(EPSG, 4326, always_xy=True)
        return np.column_stack(to_wgs84.transform(points[:, 0], points[:, 1]))


@dataclass(frozen=True)
class Noise:
    """A smooth random field: a sum of plane waves, between about -1 and 1."""

    waves: Points
    phases: Points

    @classmethod
    def of(cls, rng: np.random.Generator, length: float, count: int = 9) -> Noise:
        """Return a field whose waves are about ``length`` metres long."""
        angles = rng.uniform(0, 2 * np.pi, count)
        numbers = 2 * np.pi / (length * rng.uniform(0.6, 1.8, count))
        return cls(np.column_stack([np.cos(angles), np.sin(angles)]) * numbers[:, None], rng.uniform(0, 2 * np.pi, count))

    def at(self, points: Points) -> NDArray[np.float64]:
        """Return the field at points, shape (points,)."""
        values: NDArray[np.float64] = np.sin(points @ self.waves.T + self.phases).sum(axis=1) / (0.7 * len(self.phases))
        return values


def away_from(places: Points, points: Points) -> NDArray[np.float64]:
    """Return the distance of each point to the nearest of some places, m, shape (points,)."""
    return np.asarray(cKDTree(places).query(points)[0], dtype=np.float64)


def wind(ends: Points, amplitude: float, rng: np.random.Generator, step: float = 120.0) -> Points:
    """Return a winding line between two points: waves across the straight line, still at both ends.

    Parameters
    ----------
    ends : float64, shape (2, 2)
        First and last point.
    amplitude : float
        Largest deviation as a share of the length.
    rng : Generator
        Random numbers.
    step : float
        Metres between points.
    """
    start, end = ends
    length = float(np.hypot(*(end - start)))
    along = np.linspace(0, 1, max(2, round(length / step) + 1))
    waves = [rng.normal() / k * np.sin(np.pi * k * along) for k in range(1, max(2, min(8, round(length / 900) + 2)))]
    aside = np.sum(waves, axis=0) * amplitude * length / 2
    across = np.array([start[1] - end[1], end[0] - start[0]]) / max(length, 1e-9)
    line: Points = start + along[:, None] * (end - start) + aside[:, None] * across
    line[0], line[-1] = start, end
    return line
