"""Streets that the plan closes or builds, drawn over the ground."""

from __future__ import annotations

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from planning.publish.plate.ground import Extent
from planning.publish.roads import COLOURS, roads
from planning.publish.sheet import Sheet

STYLES: dict[str, dict[str, object]] = {
    "closed": {"color": COLOURS["closed"], "linewidth": 1.2},
    "built": {"color": COLOURS["built"], "linewidth": 2.2, "linestyle": (0, (4, 1.5))},
}
CROSS: dict[str, object] = {"marker": "x", "markersize": 5.0, "markeredgewidth": 1.3, "color": COLOURS["closed"], "linestyle": "none"}
CROSSES_MM = 6.0


def draw(axes: Axes, sheet: Sheet, seen: Extent) -> set[str]:
    """Draw closed streets with crosses and built ones as bold dashes; return which of the two are there."""
    there: set[str] = set()
    for road in roads(sheet):
        paths = [shapely.get_coordinates(line) for line in road.geometry.geoms]
        axes.add_collection(LineCollection(paths, zorder=3.4, **STYLES[road.action]), autolim=False)
        if road.action == "closed":
            points = np.concatenate([crosses(line, seen.metres(CROSSES_MM)) for line in road.geometry.geoms])
            axes.plot(points[:, 0], points[:, 1], zorder=3.5, **CROSS)  # type: ignore[arg-type]
        there.add(road.action)
    return there


def crosses(line: shapely.LineString, apart: float) -> NDArray[np.float64]:
    """Return where a closed line is crossed out, shape (crosses, 2): evenly, the only one of a short line in its middle."""
    count = max(1, int(line.length // apart))
    return shapely.get_coordinates(shapely.line_interpolate_point(line, (np.arange(count) + 0.5) / count, normalized=True))
