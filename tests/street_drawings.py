"""Small street files drawn by hand: points in metres around a corner of Songming, streets as rows of points with tags."""

from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from layers.county import Streets, Travel
from layers.readers.streets import read_streets
from planning.travel import attach, build_network, search, snap

CRS_M = CRS.from_epsg(4543)  # CGCS2000, 3-degree Gauss-Krueger, meridian 102 E
EAST, NORTH = 500_000.0, 2_800_000.0
FIRST_WAY = 1000
TO_DEGREES = Transformer.from_crs(CRS_M, 4326, always_xy=True).transform


def osm(places, streets):
    """Return an .osm text: places {id: (x, y) in m}, streets [(ids, tags)]."""
    nodes = []
    for number, (x, y) in places.items():
        lon, lat = TO_DEGREES(EAST + x, NORTH + y)
        nodes.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    ways = [
        f'<way id="{FIRST_WAY + number}" version="1">'
        + "".join(f'<nd ref="{ref}"/>' for ref in refs)
        + "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
        + "</way>"
        for number, (refs, tags) in enumerate(streets)
    ]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="test">{"".join(nodes)}{"".join(ways)}</osm>\n'


def write_osm(folder, places, streets, name="streets.osm"):
    path = folder / name
    path.write_text(osm(places, streets), "utf-8")
    return path


def read(path, **spec):
    """Return streets and faults of a file in the drawing's CRS."""
    return read_streets(path, Streets(file=path.name, **spec), CRS_M)


def points(places):
    """Return labelled points, given as {label: (x, y)} in m."""
    return gpd.GeoSeries({label: shapely.Point(EAST + x, NORTH + y) for label, (x, y) in places.items()}, crs=CRS_M)


def costs(streets, cells, sites, *, mode="drive", unit="m", limit=np.inf, **travel):
    """Return {(site, cell): cost} of all trips."""
    network = build_network(streets, mode, Travel(**travel))
    found = search(attach(network, snap(network, points(cells)), unit), snap(network, points(sites)), limit)
    return {
        (site, found.cells[cell]): cost for site in found.sites for cell, cost in zip(*(part.tolist() for part in found.column(site)), strict=True)
    }
