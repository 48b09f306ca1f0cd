"""Points that many facilities share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import shapely

from layers.checking.origins import Finding, Origin

_MANY = 3


def find_shared_points(table: gpd.GeoDataFrame, origins: Sequence[Origin]) -> Iterator[Finding]:
    """Yield rows that share their point, to 1 m, with two others of their ledger or with one of their type.

    Address searches answer with the middle of a township where they do not find an address; so many facilities at one point are rarely there.
    """
    shapes = np.asarray(table.geometry.array)
    located = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    places = np.round(shapely.get_coordinates(shapes[located])).astype(np.int64)
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, (x, y) in zip(located.tolist(), places.tolist(), strict=True):
        groups.setdefault((table["source_file"].iloc[position], x, y), []).append(position)
    for positions in groups.values():
        kinds = [str(table["type"].iloc[position]) for position in positions]
        for position, kind in zip(positions, kinds, strict=True):
            if len(positions) >= _MANY or kinds.count(kind) > 1:
                others = [other for other in positions if other != position]
                names = "、".join(str(table["name"].iloc[other]) for other in others[:3])
                told = {"count": len(positions), "names": names, "rows": "、".join(str(origins[other].row) for other in others[:3])}
                fault = origins[position].fault("warning", "ledger.shared_point", "lon", str(table["name"].iloc[position]), **told)
                yield Finding(position, "", fault)
