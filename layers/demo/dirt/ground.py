"""What planting must know of the clean county: its townships, and which facilities scenarios and projects name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from layers.crs import from_wgs84, to_wgs84

BORDER = 0.003
"""Degrees, about 300 m: places nearer to a border may fall into the next township when they are moved a little."""


@dataclass(frozen=True)
class Ground:
    """Townships in degrees of WGS 84, and the ids that must stay usable.

    Attributes
    ----------
    codes, names : tuple of str
    shapes : tuple of geometry
    named : frozenset of str
        Ids of facilities that scenarios and projects name: an edit of a facility that is gone would be a fault that nobody planted.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    shapes: tuple[shapely.Geometry, ...]
    named: frozenset[str]

    @classmethod
    def of(cls, folder: Path) -> Ground:
        """Read the ground of a county that is still clean."""
        features = json.loads((folder / "layers" / "townships.geojson").read_text("utf-8"))["features"]
        shapes = tuple(shapely.transform(shapely.geometry.shape(each["geometry"]), _undone) for each in features)
        texts = [path.read_text("utf-8") for part in ("scenarios", "projects") for path in sorted((folder / part).glob("*.toml"))]
        named = frozenset(re.findall(r'^(?:facility|into) = "([^"]+)"', "\n".join(texts), re.MULTILINE))
        return cls(tuple(str(each["properties"]["代码"]) for each in features), tuple(each["properties"]["名称"] for each in features), shapes, named)

    def deep_in(self, lon: object, lat: object, datum: str) -> str:
        """Return the name of the township a place lies well inside of, or nothing."""
        try:
            x, y = to_wgs84(float(str(lon)), float(str(lat)), datum)
        except ValueError:
            return ""
        inside = [name for name, shape in zip(self.names, self.shapes, strict=True) if shapely.contains_xy(shapely.buffer(shape, -BORDER), x, y)]
        return inside[0] if inside else ""

    def other(self, name: object) -> str:
        """Return the name of the township after one in the file."""
        return self.names[(self.names.index(str(name)) + 1) % len(self.names)]

    def other_code(self, code: object) -> str:
        """Return the code of the township after one in the file."""
        return self.codes[(self.codes.index(str(code)) + 1) % len(self.codes)]


def in_datum(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """Return a place of WGS 84 in another datum, with six decimals."""
    x, y = from_wgs84(lon, lat, datum)
    return round(float(x), 6), round(float(y), 6)


def _undone(points: np.ndarray) -> np.ndarray:
    return np.column_stack(to_wgs84(points[:, 0], points[:, 1], "GCJ-02"))
