"""Streets from line layers (gpkg, shp, geojson, parquet): lines meet at equal ends, or where columns ``u`` and ``v`` say so."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers import check_gdal
from layers.crs import layer_to_metric, metric_crs
from layers.errors import Fault, PlanningError
from layers.readers._files import check_vector, parquet_layer
from layers.readers.streets.drawn import Drawn, kinds_of
from layers.readers.streets.rules import ONE_WAY, TAGS
from layers.readers.streets.sense import named_each
from layers.untrusted import opening
from layers.untrusted.places import check_crs, sound_shapes


def read(path: Path, datum: str, crs: CRS | None, encoding: str | None = None) -> tuple[Drawn, list[Fault]]:
    """Read a layer of lines; columns named like OpenStreetMap tags count, all may be absent.

    Parameters
    ----------
    path : Path
        Layer of LineStrings or MultiLineStrings.
    datum : str
        As in county.toml; ``file``: the layer has a CRS, with or without an authority's name.
    crs : CRS or None
        Metric CRS; chosen from the layer's middle where None.
    encoding : str, optional
        Text encoding of a shapefile.

    Raises
    ------
    PlanningError
        ``streets.unreadable``, ``streets.empty`` (no lines), or what :func:`layers.crs.layer_to_metric` refuses.
    """
    return drawn(_opened(path, encoding), datum, crs, path.name)


def drawn(layer: gpd.GeoDataFrame, datum: str, crs: CRS | None, file: str) -> tuple[Drawn, list[Fault]]:
    """Return the lines of a layer as sequences of points; parts of other kinds are counted in a fault."""
    layer = layer.reset_index()
    whole = len(layer)
    layer = layer.explode() if (layer.geom_type == "MultiLineString").any() else layer
    is_line = (layer.geom_type == "LineString") & ~layer.geometry.is_empty
    faults = [Fault("warning", "streets.no_lines", "streets", file, values={"count": int((~is_line).sum())})] if not is_line.all() else []
    row = layer.index[is_line].to_numpy(np.int64) + 1
    layer = layer.loc[is_line.to_numpy()].reset_index(drop=True)
    if layer.empty:
        raise PlanningError("streets.empty", file=file)
    ends = _ends(layer, named=whole == len(is_line))
    streets = _tags(layer).assign(row=row)
    kept, faults_twins = _without_twins(layer.geometry.to_numpy(), ends, streets, file)
    metric = crs or _middle(layer, datum, file)
    layer = layer_to_metric(layer.loc[kept], datum, metric, file=file)
    x, y, point, start = _points(layer.geometry.to_numpy(), ends[kept])
    streets = streets.loc[kept].reset_index(drop=True)
    kind, kinds = kinds_of(streets[list(TAGS)])
    return Drawn(x, y, point, start, kind, kinds, streets[["name", "source", "row"]], metric), faults + faults_twins


def sound(layer: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Return a layer whose coordinate system can be used and whose coordinates are numbers.

    Raises
    ------
    PlanningError
    """
    check_crs(layer.crs, path, path.name, "streets")
    return sound_shapes(layer, path.name, "streets")


def _opened(path: Path, encoding: str | None) -> gpd.GeoDataFrame:
    try:
        check_vector(path, path.name, "streets")
    except PlanningError as error:
        if error.code != "file.unreadable":
            raise
        raise PlanningError("streets.unreadable", file=path.name, reason=error.values["reason"]) from error
    check_gdal()
    with opening(path, "streets.unreadable", file=path.name):
        if path.suffix == ".parquet":
            layer = parquet_layer(path)
        else:
            layers = pyogrio.list_layers(path)
            lines = [name for name, kind in layers if kind and "LineString" in kind]
            layer = gpd.read_file(path, layer=lines[0] if lines else layers[0][0], encoding=encoding)
    if not isinstance(layer, gpd.GeoDataFrame):
        raise PlanningError("streets.empty", file=path.name)
    return sound(layer, path)


def _middle(layer: gpd.GeoDataFrame, datum: str, file: str) -> CRS:
    west, south, east, north = layer_to_metric(layer, datum, CRS.from_epsg(4326), file=file).total_bounds
    return metric_crs((west + east) / 2, (south + north) / 2)


def _tags(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the columns :data:`TAGS`, ``name`` and ``source`` as texts; ``fclass`` and its F, T, B are how Geofabrik's shapefiles write."""
    named = {"fclass": "highway", "osm_id": "source", "osmid": "source"}
    columns = {named.get(str(name), str(name)): name for name in reversed(layer.columns)}
    blank, wanted = pd.Series("", layer.index, dtype="str"), (*TAGS, "name", "source")
    texts = {tag: _texts(layer[columns[tag]], tag) if tag in columns else blank for tag in wanted}
    streets = pd.DataFrame(texts)
    streets["highway"] = streets["highway"].str.replace(r"^track_grade\d$", "track", regex=True).replace("unknown", "")
    streets["oneway"] = streets["oneway"].str.lower().replace({"f": "yes", "t": "-1", "b": "no"})
    if "fclass" in layer.columns:
        streets["maxspeed"] = streets["maxspeed"].replace({"0": "", "0.0": ""})
    streets["source"] = streets["source"].mask(streets["source"] == "", streets.index.astype("str"))
    return streets


def _texts(column: pd.Series[Any], tag: str) -> pd.Series[str]:
    """Return texts; of lists, which simplified graphs hold, the first counts, all speeds, and the drawn direction."""
    listed = column.map(lambda value: isinstance(value, list | tuple | np.ndarray) or (isinstance(value, str) and value.startswith("[")))
    texts = column.astype("object").where(listed | column.notna(), "").astype("str")
    for row in np.flatnonzero(listed).tolist():
        value = column.iloc[row]
        parts = [str(part) for part in (ast.literal_eval(value) if isinstance(value, str) else value)]
        texts.iloc[row] = {"oneway": "yes", "maxspeed": ";".join(parts)}.get(tag, parts[0] if parts else "")
    return texts.str.strip()


def _ends(layer: gpd.GeoDataFrame, *, named: bool) -> NDArray[np.int64]:
    """Return an id of the start and end point of each line, shape (lines, 2)."""
    lines = layer.geometry.to_numpy()
    first, last = shapely.get_coordinates(shapely.get_point(lines, 0)), shapely.get_coordinates(shapely.get_point(lines, -1))
    places = np.concatenate([first, last])
    place: NDArray[np.int64] = pd.factorize(places[:, 0] + 1j * places[:, 1])[0].reshape(2, -1).T
    if not (named and {"u", "v"} <= set(layer.columns) and layer[["u", "v"]].notna().all(axis=None)):
        return place
    names = pd.concat([layer["u"], layer["v"]]).astype("str")
    node: NDArray[np.int64] = pd.factorize(names)[0].reshape(2, -1).T
    return np.where(_drawn_backwards(node, place)[:, None], node[:, ::-1], node)


def _drawn_backwards(node: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which lines run from ``v`` to ``u``, as undirected graphs draw many: a node lies where most of its lines have an end."""
    pairs = [node[:, 0] * (place.max() + 1) + place[:, 0], node[:, 1] * (place.max() + 1) + place[:, 1]]
    crossed = [node[:, 0] * (place.max() + 1) + place[:, 1], node[:, 1] * (place.max() + 1) + place[:, 0]]
    _, pair, count = np.unique(np.concatenate([*pairs, *crossed]), return_inverse=True, return_counts=True)
    votes = count[pair].reshape(4, -1)
    backwards: NDArray[np.bool_] = votes[2] + votes[3] > votes[0] + votes[1]
    return backwards


def _without_twins(lines: NDArray[np.object_], ends: NDArray[np.int64], streets: pd.DataFrame, file: str) -> tuple[NDArray[np.int64], list[Fault]]:
    """Return which lines to keep: graphs draw a two-way street twice, once in each direction; it is one street, open both ways."""
    normal = shapely.normalize(lines)
    turned = shapely.get_x(shapely.get_point(normal, 0)) != shapely.get_x(shapely.get_point(lines, 0))
    turned |= shapely.get_y(shapely.get_point(normal, 0)) != shapely.get_y(shapely.get_point(lines, 0))
    pair = pd.DataFrame({"shape": shapely.to_wkb(normal), "class": streets["highway"], "one": ends.min(axis=1), "other": ends.max(axis=1)})
    group = pair.groupby(list(pair.columns), sort=False).ngroup()
    first = ~group.duplicated().to_numpy()
    if first.all():
        return np.flatnonzero(first), []
    both = pd.Series(turned).groupby(group).transform("nunique").gt(1) | (~streets["oneway"].isin(ONE_WAY)).groupby(group).transform("any")
    streets.loc[both & group.duplicated(keep=False), "oneway"] = "no"
    # Drawn again in the same direction is no other direction of a two-way street.
    again = pd.DataFrame({"group": group, "turned": turned}).duplicated().to_numpy()
    row = streets["row"].to_numpy()
    earlier = dict(zip(group[first], row[first].tolist(), strict=True))
    like = Fault("warning", "streets.drawn_twice", "streets", file, field="geometry")
    faults = named_each(like, row, np.flatnonzero(again), lambda line: {"other": earlier[group[line]], "others": [earlier[group[line]]]})
    twins = int((~first & ~again).sum())
    return np.flatnonzero(first), [*([Fault("note", "streets.twins", "streets", file, values={"count": twins})] if twins else []), *faults]


def _points(
    lines: NDArray[np.object_], ends: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return points, the vertices of all lines as points, and where each line starts: ends are shared, other vertices are not."""
    places, line = shapely.get_coordinates(lines, return_index=True)
    start = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(lines)))])
    vertex = np.arange(len(places)) + ends.max() + 1
    vertex[start[:-1]], vertex[start[1:] - 1] = ends[:, 0], ends[:, 1]
    _, first, point = np.unique(vertex, return_index=True, return_inverse=True)
    return places[first, 0], places[first, 1], point, start
