"""People who are counted twice: cells that stand in a file twice, and areas that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.checking.origins import written
from layers.checking.population_rows import CellRows, Floats, named
from layers.errors import Fault

OVERLAP = 0.05  # of the smaller area; below that, borders were drawn or projected a little differently
SAME_M = 0.1
MOST_PAIRS = 50_000  # overlapping pairs that are looked at; a file with more has areas stacked on each other
_PAIRS_AT_ONCE = 2_000_000
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Inhabited:
    """Cells as they are compared.

    Attributes
    ----------
    places : float64 array, shape (cells, 2)
        Centres, m.
    shapes : object array, shape (cells,), or None
        Areas as drawn, None in place of points.
    people : DataFrame
        People by group.
    everyone : float64 array, shape (cells,)
        People of the group that is told, residents where they are counted.
    group : str
        Its name.
    rows : CellRows
        Where the cells stand.
    """

    places: Floats
    shapes: NDArray[np.object_] | None
    people: pd.DataFrame
    everyone: Floats
    group: str
    rows: CellRows


def find_twice(cells: Inhabited) -> Iterator[Fault]:
    """Yield cells that count people who are counted already, as warnings: all of them count.

    A cell repeats an earlier one when both have the same number in one file, or the same centre to 0.1 m. Points whose cells have no size may be
    households of one house: they repeat each other only where all counts are the same too. Areas overlap when they share 5 % of the smaller one.

    Parameters
    ----------
    cells : Inhabited
    """
    if cells.rows.raster:  # no two pixels of a grid share ground
        return
    first, same_number = _first_by_number(cells.rows), True
    by_number = np.flatnonzero(first >= 0)
    yield from named((_repeat(cells, at, int(first[at]), number=same_number) for at in by_number.tolist()), len(by_number))
    at_place = _first_by_place(cells)
    by_place = np.flatnonzero((at_place >= 0) & (first < 0))
    yield from named((_repeat(cells, at, int(at_place[at]), number=False) for at in by_place.tolist()), len(by_place))
    single = (at_place < 0) & (first < 0)  # what repeats a cell overlaps it, too, and has been told
    yield from _overlaps(cells, single)


def _first_by_number(rows: CellRows) -> Rows:
    """Return the earlier cell of the same file with the same number, -1 where there is none."""
    numbered = rows.ids != ""
    keys = pd.MultiIndex.from_arrays([rows.spec, np.where(numbered, rows.ids, np.arange(len(rows.ids)).astype(str) + " ")])
    return _first(keys)


def _first_by_place(cells: Inhabited) -> Rows:
    somewhere = np.isfinite(cells.places).all(axis=1)
    nowhere = np.arange(len(cells.places)) + 0.5  # like no other
    keys = [np.where(somewhere, np.round(cells.places[:, axis] / SAME_M), nowhere) for axis in (0, 1)]
    sized = np.array([spec.cell_m is not None for spec in cells.rows.specs])[cells.rows.spec]
    drawn = np.zeros(len(sized), dtype=bool) if cells.shapes is None else ~shapely.is_missing(cells.shapes)
    counts = cells.people.to_numpy(dtype=float)
    # Of points without a size the counts belong to what is compared.
    keys += [np.where(sized | drawn, -1.0, counts[:, column]) for column in range(counts.shape[1])]
    return _first(pd.MultiIndex.from_arrays(keys))


def _first(keys: pd.MultiIndex) -> Rows:
    """Return for each key that stood before where it stood first, -1 for others."""
    codes = pd.factorize(keys)[0]
    first = np.full(int(codes.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    earlier = first[codes]
    return np.where(earlier == np.arange(len(codes)), -1, earlier)


def _repeat(cells: Inhabited, at: int, earlier: int, *, number: bool) -> Fault:
    rows = cells.rows
    same = bool((cells.people.iloc[at].to_numpy() == cells.people.iloc[earlier].to_numpy()).all())
    told = {
        "other_row": int(rows.row[earlier]), "other_file": rows.file(earlier), "people": f"{cells.everyone[at]:.1f}", "group": cells.group,
    }  # fmt: skip
    if number:
        return rows.fault("warning", "population.same_number", at, "cell", str(rows.ids[at]), **told)
    code = "population.same_row" if same else "population.same_place"
    x, y = rows.written[at].tolist()
    return rows.fault("warning", code, at, rows.place_field(at), f"{x:.10g}, {y:.10g}", **told)


def _overlaps(cells: Inhabited, single: NDArray[np.bool_]) -> Iterator[Fault]:
    """Yield one warning for each area that overlaps earlier ones, and one for all."""
    if cells.shapes is None:
        return
    drawn = np.flatnonzero(single & ~shapely.is_missing(cells.shapes) & np.isfinite(cells.places).all(axis=1))
    one, other, share, all_seen = overlapping(cells.shapes[drawn])
    if not len(one):
        return
    table = pd.DataFrame({"earlier": drawn[one], "later": drawn[other], "share": share}).sort_values(["later", "earlier"])
    density = cells.everyone / np.where(shapely.is_missing(cells.shapes), 1.0, shapely.area(cells.shapes))
    # The people of the ground that both have: what the thinner of the two counts there.
    table["people"] = np.minimum(density[table["earlier"]], density[table["later"]]) * table["share"]
    told = table.groupby("later").agg(earlier=("earlier", "first"), count=("earlier", "size"), people=("people", "sum"))
    each = zip(told.index.tolist(), told["earlier"].tolist(), told["count"].tolist(), told["people"].tolist(), strict=True)
    yield from named((_overlap(cells, *overlap) for overlap in each), len(told))
    values = {"count": len(told), "people": f"{told['people'].sum():.1f}", "group": cells.group, "pairs": len(table)}
    code = "population.overlaps" if all_seen else "population.overlaps_least"
    yield Fault("warning", code, "population", cells.rows.file(int(drawn[0])), values=values)


def _overlap(cells: Inhabited, at: int, earlier: int, count: int, people: float) -> Fault:
    rows = cells.rows
    values = {
        "other_row": int(rows.row[earlier]), "other_file": rows.file(earlier), "others": count, "people": f"{people:.1f}", "group": cells.group,
    }  # fmt: skip
    return rows.fault("warning", "population.overlap", at, rows.place_field(at), written(float(cells.everyone[at])), **values)


def overlapping(shapes: NDArray[np.object_]) -> tuple[Rows, Rows, Floats, bool]:
    """Return pairs of areas that share 5 % of the smaller one or more.

    Parameters
    ----------
    shapes : object array
        Polygons, none missing.

    Returns
    -------
    one, other : int64 arrays, shape (pairs,)
        Places in ``shapes``; ``one`` comes first.
    shared : float64 array, shape (pairs,)
        Area they share, m2.
    all_seen : bool
        Whether all pairs were looked at.

    Notes
    -----
    Cells of a grid touch all their neighbours, so that asking which shapes touch would answer with eight for each. Boxes that share too little are
    left out before anything is intersected, which leaves nothing of a sound grid.
    """
    sound = shapes.copy()
    broken = ~shapely.is_valid(shapes)
    sound[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    areas, boxes = shapely.area(sound), shapely.bounds(sound)
    (one, other), all_seen = _pairs_of_boxes(sound, areas, boxes)
    shared, all_met = _shared(sound[one], sound[other])
    enough = (shared >= OVERLAP * np.minimum(areas[one], areas[other])) & (shared > 0)
    return one[enough], other[enough], shared[enough], all_seen and all_met


def _shared(one: NDArray[np.object_], other: NDArray[np.object_]) -> tuple[Floats, bool]:
    """Return the area that pairs share, and whether the geometry library could tell it of all of them."""
    try:
        return np.asarray(shapely.area(shapely.intersection(one, other)), dtype=np.float64), True
    except shapely.errors.GEOSException:
        told = [_area_of(*pair) for pair in zip(one, other, strict=True)]
    return np.array([area or 0.0 for area in told]), None not in told


def _area_of(one: shapely.Geometry, other: shapely.Geometry) -> float | None:
    try:
        return float(shapely.area(shapely.intersection(one, other)))
    except shapely.errors.GEOSException:
        return None


def _pairs_of_boxes(shapes: NDArray[np.object_], areas: Floats, boxes: Floats) -> tuple[Rows, bool]:
    """Return pairs whose boxes share enough, shape (2, pairs), in pieces, so that areas stacked on each other do not fill the memory."""
    tree, found, count = shapely.STRtree(shapes), [np.empty((2, 0), dtype=np.int64)], 0
    step = max(_PAIRS_AT_ONCE // max(len(shapes), 1), 16)
    for start in range(0, len(shapes), step):
        one, other = tree.query(shapes[start : start + step])
        one = one + start
        later = other > one
        one, other = one[later], other[later]
        width = np.minimum(boxes[one, 2], boxes[other, 2]) - np.maximum(boxes[one, 0], boxes[other, 0])
        height = np.minimum(boxes[one, 3], boxes[other, 3]) - np.maximum(boxes[one, 1], boxes[other, 1])
        enough = (width > 0) & (height > 0) & (width * height >= OVERLAP * np.minimum(areas[one], areas[other]))
        found.append(np.vstack([one[enough], other[enough]]))
        count += int(enough.sum())
        if count > MOST_PAIRS:
            return np.hstack(found)[:, :MOST_PAIRS], False
    return np.hstack(found), True
