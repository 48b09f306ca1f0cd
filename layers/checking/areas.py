"""Outlines that do not fit together: shapes that cross themselves, townships over each other, beyond the county, or with land between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.checking.origins import GEOMETRY, Origin
from layers.errors import Fault

WIDE_M = 50.0
"""Narrower strips between or across outlines are the width of a border as it is drawn."""
BEYOND_SHARE = 0.05

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Townships:
    """Features of a file of townships, in a metric CRS.

    Attributes
    ----------
    shapes : object array, shape (features,)
        Valid areas; empty or None where a feature has none.
    codes, names : sequences of str
        Several features may share a code: they are parts of one township, and then have one name.
    origins : sequence of Origin
        Where each was read.
    """

    shapes: Shapes
    codes: Sequence[str]
    names: Sequence[str]
    origins: Sequence[Origin]


def find_crossings(shapes: Shapes, origins: Sequence[Origin]) -> Iterator[Fault]:
    """Yield areas whose outline crosses or touches itself, as they were before they were made valid."""
    for position in np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)).tolist():
        yield origins[position].fault("warning", "area.invalid", GEOMETRY)


def check_townships(townships: Townships, county: shapely.Geometry | None) -> list[Fault]:
    """Return what is wrong with townships; with the county's own outline also where they leave it, or leave land of it to none.

    Parameters
    ----------
    townships : Townships
    county : geometry or None
        In the same CRS; None where no file outlines the county.
    """
    found = [*_codes(townships), *_without_area(townships), *_overlaps(townships)]
    return found if county is None else [*found, *_beyond(townships, county), *_gaps(townships, county)]


def _codes(townships: Townships) -> Iterator[Fault]:
    """Yield features without code, with the code of a township of another name, or with the name of a township of another code."""
    named: dict[str, int] = {}
    coded: dict[str, int] = {}
    for position, (code, name, origin) in enumerate(zip(townships.codes, townships.names, townships.origins, strict=True)):
        if not code:
            yield origin.fault("warning", "area.no_code", "code", name=name)
            continue
        first, namesake = coded.setdefault(code, position), named.setdefault(name, position)
        if townships.names[first] != name:
            yield origin.fault("warning", "area.code_repeats", "code", code, name=name, other=townships.names[first], first=_row(townships, first))
        elif townships.codes[namesake] != code:
            yield origin.fault("warning", "area.name_repeats", "name", name, first=_row(townships, namesake))


def _row(townships: Townships, position: int) -> int | None:
    return townships.origins[position].row


def _without_area(townships: Townships) -> Iterator[Fault]:
    for position in np.flatnonzero(shapely.is_missing(townships.shapes) | shapely.is_empty(townships.shapes)).tolist():
        yield townships.origins[position].fault("error", "area.none", GEOMETRY, name=townships.names[position])


def _overlaps(townships: Townships) -> Iterator[Fault]:
    """Yield townships that lie over an earlier one by more than a border's width."""
    shapes = townships.shapes
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects").T.tolist()
    for later, earlier in sorted(pair for pair in pairs if pair[0] > pair[1] and townships.codes[pair[0]] != townships.codes[pair[1]]):
        common = shapely.intersection(shapes[later], shapes[earlier])
        if _is_wide(common):
            told = {"name": townships.names[later], "other": townships.names[earlier], "hectares": _hectares(common)}
            yield townships.origins[later].fault("warning", "area.overlap", GEOMETRY, first=_row(townships, earlier), **told)


def _beyond(townships: Townships, county: shapely.Geometry) -> Iterator[Fault]:
    for position, shape in enumerate(townships.shapes):
        if shape is None or shape.is_empty:
            continue
        outside = shapely.difference(shape, county)
        share = float(shapely.area(outside) / shapely.area(shape))
        if share > BEYOND_SHARE:
            told = {"name": townships.names[position], "hectares": _hectares(outside), "share": f"{share:.0%}"}
            yield townships.origins[position].fault("warning", "area.beyond", GEOMETRY, **told)


def _gaps(townships: Townships, county: shapely.Geometry) -> Iterator[Fault]:
    """Yield townships beside which land of the county belongs to none: told of the one with the longest border to it."""
    gaps: dict[int, list[shapely.Geometry]] = {}
    for part in shapely.get_parts(shapely.difference(county, shapely.union_all(townships.shapes))):
        if _is_wide(part):
            borders = shapely.length(shapely.intersection(shapely.boundary(townships.shapes), shapely.buffer(part, 1.0)))
            gaps.setdefault(int(np.nanargmax(borders)), []).append(part)
    for position, parts in sorted(gaps.items()):
        told = {"name": townships.names[position], "hectares": _hectares(shapely.union_all(parts))}
        yield townships.origins[position].fault("warning", "area.gap", GEOMETRY, count=len(parts), **told)


def _is_wide(shape: shapely.Geometry) -> bool:
    return not shapely.buffer(shape, -WIDE_M / 2).is_empty


def _hectares(shape: shapely.Geometry) -> str:
    return f"{shapely.area(shape) / 1e4:.1f}"
