"""Candidate sites where a county brings none of its own, or those of its file that may be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.candidates import CandidateLayer
from layers.errors import PlanningError
from layers.facts import Facts
from layers.keys import CandidateSource
from layers.progress import Progress, silent
from layers.readers.outlines import townships_of, within_county
from layers.types import FacilityType, Mode, Reach
from planning.travel.network import build_network

Points = NDArray[np.float64]

# Squares of the lattice need this many people: population grids spread fractions of a person over empty land.
_LEAST_PEOPLE = 1.0
_STAGE = "siting.stage.candidates"


def propose_candidates(
    facts: Facts, source: CandidateSource, kind: FacilityType, people: pd.Series[float], *, progress: Progress = silent
) -> CandidateLayer:
    """Return places where a facility of a type could be opened: inside the county and outside what excludes it.

    Parameters
    ----------
    facts : Facts
    source : CandidateSource
        ``file``: the county's own candidates for the type, with their ids. ``villages``: village centres. ``streets``: in each square of a lattice of
        ``spacing_m`` where people live, the street node nearest to the middle of its people. ``kmeans``: ``count`` centres of the people (k-means,
        weighted by them), each moved to the nearest street node. Street nodes are those that every means of travel of the type can use.
    kind : FacilityType
        Its domain decides which exclusion areas hold.
    people : Series, shape (cells,)
        People of the type's demand group, indexed as ``facts.population.cells``.
    progress : Progress
        May raise Cancelled.

    Returns
    -------
    CandidateLayer
        The same for the same input; ids such as ``street-0001`` count lattice squares from the north-west.

    Raises
    ------
    PlanningError
        ``candidates.no_file`` or ``candidates.no_villages`` when the county has no such layer; ``candidates.none_for_type`` when the file has
        none for the type; ``candidates.nobody`` when nobody of the group lives in the county; ``candidates.none_left`` when the outline and the
        exclusions leave nothing.
    """
    progress(_STAGE, 0.0, 1.0)
    table = _MAKERS[source.origin](facts, source, kind, people)
    table = table[_allowed(facts, kind, shapely.get_coordinates(np.asarray(table.geometry.array)))]
    if not len(table):
        raise PlanningError("candidates.none_left", type=kind.name_zh, type_en=kind.name_en)
    progress(_STAGE, 1.0, 1.0)
    return CandidateLayer(table)


def _from_file(facts: Facts, source: CandidateSource, kind: FacilityType, people: pd.Series[float]) -> gpd.GeoDataFrame:
    del source, people  # each maker is called alike
    if facts.candidates is None:
        raise PlanningError("candidates.no_file")
    table = facts.candidates.table
    table = table[[not types or kind.key in types for types in table["types"]]]
    if not len(table):
        raise PlanningError("candidates.none_for_type", type=kind.name_zh, type_en=kind.name_en)
    return table


def _from_villages(facts: Facts, source: CandidateSource, kind: FacilityType, people: pd.Series[float]) -> gpd.GeoDataFrame:
    del source, kind, people
    villages = facts.outlines.villages
    villages = villages[villages.geometry.notna() & ~villages.geometry.is_empty].sort_index()
    if not len(villages):
        raise PlanningError("candidates.no_villages")
    ids = [f"village-{code}" for code in villages.index]
    return _table(facts, ids, shapely.get_coordinates(np.asarray(villages.geometry.array)), "villages", list(villages["name"].astype(str)))


def _from_streets(facts: Facts, source: CandidateSource, kind: FacilityType, people: pd.Series[float]) -> gpd.GeoDataFrame:
    nodes = _street_nodes(facts, kind)
    square, middle = _inhabited_squares(_cells(facts), people.to_numpy(dtype=float), source.spacing_m)
    if not len(square):
        raise PlanningError("candidates.nobody", type=kind.name_zh, type_en=kind.name_en)
    known = _pairs(square)
    place = known.get_indexer(_pairs(_square_of(nodes, source.spacing_m)))
    nodes, place = nodes[place >= 0], place[place >= 0]
    far = np.hypot(*(nodes - middle[place]).T).round(3)
    order = np.lexsort((nodes[:, 1], nodes[:, 0], far, place))
    _, first = np.unique(place[order], return_index=True)
    chosen = order[first]
    # Squares from north to south, then from west to east, numbered before anything is excluded.
    square, nodes = square[place[chosen]], nodes[chosen]
    order = np.lexsort((square[:, 0], -square[:, 1]))
    return _table(facts, _numbered("street", len(order)), nodes[order], "streets")


def _from_kmeans(facts: Facts, source: CandidateSource, kind: FacilityType, people: pd.Series[float]) -> gpd.GeoDataFrame:
    from scipy.spatial import cKDTree
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it publishes no types

    nodes, weight = _street_nodes(facts, kind), people.to_numpy(dtype=float)
    inhabited = weight > 0
    if not inhabited.any():
        raise PlanningError("candidates.nobody", type=kind.name_zh, type_en=kind.name_en)
    cells = _cells(facts)[inhabited]
    clusters = KMeans(min(source.count, len(np.unique(cells, axis=0))), random_state=0, n_init=1, max_iter=100)
    with threadpool_limits(limits=1):  # sums of several threads differ in their last digits from run to run
        centres = clusters.fit(cells, sample_weight=weight[inhabited]).cluster_centers_
    if not len(nodes):
        return _table(facts, [], nodes, "kmeans")
    places = np.unique(nodes[cKDTree(nodes).query(centres.round(3))[1]], axis=0)
    places = places[np.lexsort((places[:, 0], -places[:, 1]))]
    return _table(facts, _numbered("kmeans", len(places)), places, "kmeans")


_MAKERS: dict[str, Callable[[Facts, CandidateSource, FacilityType, pd.Series[float]], gpd.GeoDataFrame]] = {
    "file": _from_file,
    "villages": _from_villages,
    "streets": _from_streets,
    "kmeans": _from_kmeans,
}


def _cells(facts: Facts) -> Points:
    return shapely.get_coordinates(np.asarray(facts.population.cells.geometry.array))


def _street_nodes(facts: Facts, kind: FacilityType) -> Points:
    """Return the street nodes that every means of travel of the type can use and where it may stand, shape (nodes, 2), from west to east."""
    modes: set[Mode] = {item.mode for item in kind.requirements if isinstance(item, Reach)} or {"walk"}
    common: Points | None = None
    for mode in sorted(modes):
        network = build_network(facts.streets, mode, facts.county.travel)
        nodes = np.unique(np.column_stack([network.x, network.y]), axis=0)
        common = nodes if common is None else nodes[_pairs(nodes).isin(_pairs(common))]
    found = common if common is not None else np.empty((0, 2))
    return found[_allowed(facts, kind, found)]


def _allowed(facts: Facts, kind: FacilityType, places: Points) -> NDArray[np.bool_]:
    """Return where a facility of the type may stand, shape (places,); the border of an exclusion area belongs to it."""
    allowed = within_county(facts.outlines, places[:, 0], places[:, 1])
    areas = np.asarray(facts.exclusions.of_domain(kind.domain).geometry.array)
    if len(areas) and len(places):
        allowed[shapely.STRtree(np.asarray(shapely.points(places))).query(areas, predicate="intersects")[1]] = False
    return allowed


def _pairs(table: NDArray[Any]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([table[:, 0], table[:, 1]])


def _square_of(places: Points, spacing: float) -> NDArray[np.int64]:
    return np.floor(places / spacing).astype(np.int64)


def _inhabited_squares(cells: Points, people: NDArray[np.floating[Any]], spacing: float) -> tuple[NDArray[np.int64], Points]:
    """Return the lattice squares where people live, shape (squares, 2), and the middle of their people in each."""
    square, place = np.unique(_square_of(cells, spacing), axis=0, return_inverse=True)
    place = place.reshape(-1)
    count = np.bincount(place, weights=people, minlength=len(square))
    lived_in = count >= _LEAST_PEOPLE
    sums = [np.bincount(place, weights=people * cells[:, axis], minlength=len(square))[lived_in] for axis in (0, 1)]
    return square[lived_in], np.column_stack(sums) / count[lived_in, None]


def _numbered(origin: str, count: int) -> list[str]:
    return [f"{origin}-{number:04d}" for number in range(1, count + 1)]


def _table(facts: Facts, ids: list[str], places: Points, origin: str, names: list[str] | None = None) -> gpd.GeoDataFrame:
    townships, _ = townships_of(facts.outlines, places[:, 0], places[:, 1])
    index = pd.Index(ids, dtype="str", name="candidate")
    columns = {
        "name": pd.Series(names or [""] * len(ids), index=index, dtype="str"),
        "township": pd.Series(townships, index=index, dtype="str"),
        "origin": pd.Series([origin] * len(ids), index=index, dtype="str"),
        "types": pd.Series([()] * len(ids), index=index, dtype="object"),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(places[:, 0], places[:, 1]), crs=facts.crs, index=index)
