"""The map as one HTML file that opens from disk, without internet: nothing in it is fetched from anywhere.

folium asks ten addresses on the internet when left alone, so Leaflet itself is written into the file. Names come from ledgers: they only ever reach
the page as text, never as HTML.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from pathlib import Path

import folium
import geopandas as gpd
import shapely
from folium.utilities import JsCode
from pyproj import CRS, Transformer

from layers.errors import PlanningError
from planning.publish import cells
from planning.publish.plate import ground
from planning.publish.plate.legend import class_names
from planning.publish.roads import COLOURS, roads
from planning.publish.sheet import Sheet
from planning.publish.sites import Site, counts, each, located
from planning.publish.symbols import SIGNS, svg
from planning.publish.wording import number, percent, reach_sentence, size_change

STATIC = Path(__file__).parents[2] / "static"
WGS84 = CRS.from_epsg(4326)
MERCATOR = CRS.from_epsg(3857)
TOLERANCE_M = 15.0
MOST_POINTS = 60_000

# A popup is a table of texts; textContent never reads HTML.
POPUP = """(feature, layer) => {
  const table = document.createElement("table");
  for (const [head, text] of feature.properties.rows) {
    const row = table.insertRow();
    row.insertCell().textContent = head;
    row.insertCell().textContent = text;
  }
  layer.setIcon(L.divIcon({className: "site", html: feature.properties.sign, iconSize: [20, 20]}));
  layer.bindPopup(table);
  const name = document.createElement("span");
  name.textContent = feature.properties.name;
  layer.bindTooltip(name);
}"""
NAME = """(feature, layer) => {
  const name = document.createElement("span");
  name.textContent = feature.properties.name;
  layer.bindTooltip(name, {permanent: true, direction: "center", className: "township"});
}"""
ROAD_NAME = """(feature, layer) => {
  const name = document.createElement("span");
  name.textContent = feature.properties.name;
  layer.bindTooltip(name, {sticky: true});
}"""
ROAD_STYLES = {
    "closed": {"color": COLOURS["closed"], "weight": 4, "dashArray": "6 4", "lineCap": "butt"},
    "built": {"color": COLOURS["built"], "weight": 5, "dashArray": "12 6", "lineCap": "butt"},
}
STYLE = """<style>
html, body { font-family: "Noto Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
.leaflet-container { background: #fff; font-family: inherit; }
.leaflet-tooltip.township { background: none; border: 0; box-shadow: none; color: #5a4a6a; font-size: 14px; text-shadow: 0 0 3px #fff, 0 0 3px #fff; }
.leaflet-popup-content td:first-child { color: #6b6b6b; padding-right: 8px; white-space: nowrap; vertical-align: top; }
.card { position: absolute; z-index: 1000; background: rgba(255,255,255,.94); border: 1px solid #999; padding: 8px 12px; }
.card { font-size: 13px; line-height: 1.55; }
#heading { top: 10px; left: 56px; max-width: 50%; }
#heading h1 { font-size: 18px; margin: 0; }
#key { bottom: 24px; left: 10px; max-width: 340px; }
#key i { display: inline-block; width: 22px; height: 11px; margin-right: 6px; border: 1px solid #bbb; }
.warning { color: #a8071a; }
.leaflet-control-layers label svg { vertical-align: -4px; }
</style>"""


def page(sheet: Sheet, marks: Callable[[folium.Map], None] | None = None, cards: str = "") -> bytes:
    """Return the map as HTML (UTF-8).

    The same sheet gives the same bytes.

    Parameters
    ----------
    sheet : Sheet
    marks : callable, optional
        Draws on the map instead of the sheet's sites.
    cards : str, optional
        HTML that stands before the end of the page instead of heading and key, every text in it escaped.

    Raises
    ------
    PlanningError
        When the map files of the installation are incomplete.
    """
    view = _Map()
    _add_coverage(view, sheet)
    _add_streets(view, sheet)
    _add_outlines(view, sheet)
    _add_roads(view, sheet)
    if marks is None:
        _add_sites(view, sheet)
    else:
        marks(view)
    folium.LayerControl(collapsed=False).add_to(view)
    south, west, north, east = _bounds(sheet)
    view.fit_bounds([[south, west], [north, east]])
    root = view.get_root()
    scale = f'<script>L.control.scale({{imperial: false, position: "bottomright"}}).addTo({view.get_name()});</script>'
    text = root.render().replace("</html>", f"{scale}\n</html>")
    text = re.sub(r"(?<=_)[0-9a-f]{32}(?![0-9a-f])", _Names(), text)
    head = f"<title>{html.escape(sheet.heading)}</title>\n{_licence()}\n{STYLE}\n</head>"
    return text.replace("</head>", head, 1).replace("</body>", f"{cards or _cards(sheet)}\n</body>", 1).encode("utf-8")


class _Map(folium.Map):
    """A map whose libraries stand in the file."""

    def __init__(self) -> None:
        self.default_js = [("leaflet", _data("leaflet.js", "text/javascript"))]
        self.default_css = [("leaflet_css", _stylesheet())]
        # Quarter steps of zoom: the county fills the window it is opened in.
        super().__init__(tiles=None, prefer_canvas=True, attribution_control=False, zoom_snap=0.25, zoom_delta=0.5)


class _Names:
    """Number folium's random ids in the order in which they appear."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def __call__(self, found: re.Match[str]) -> str:
        return self.known.setdefault(found.group(), f"{len(self.known):04d}")


def _asset(name: str) -> bytes:
    try:
        return (STATIC / name).read_bytes()
    except OSError as error:
        raise PlanningError("publish.no_asset", file=name) from error


def _data(name: str, media: str) -> str:
    return f"data:{media};base64,{base64.b64encode(_asset(name)).decode('ascii')}"


def _stylesheet() -> str:
    """Return Leaflet's style with its pictures written into it."""
    text = _asset("leaflet.css").decode("utf-8")
    text = re.sub(r"url\((images/[\w-]+\.png)\)", lambda found: f"url({_data(found.group(1), 'image/png')})", text)
    return f"data:text/css;base64,{base64.b64encode(text.encode()).decode('ascii')}"


def _licence() -> str:
    return f"<!--\nLeaflet 1.9.4\n{_asset('LICENSE.leaflet.txt').decode('utf-8')}\n-->"


def _bounds(sheet: Sheet) -> tuple[float, float, float, float]:
    west, south, east, north = ground.framed(sheet)
    west, south, east, north = Transformer.from_crs(sheet.facts.crs, WGS84, always_xy=True).transform_bounds(west, south, east, north)
    return south, west, north, east


def features(shapes: gpd.GeoSeries, properties: list[dict[str, object]]) -> dict[str, object]:
    """Return shapes as GeoJSON in degrees, to seven digits (1 cm)."""
    degrees = shapely.set_precision(shapes.to_crs(WGS84).to_numpy(), 1e-7, mode="pointwise")
    pairs = zip(degrees, properties, strict=True)
    features = [{"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)), "properties": told} for shape, told in pairs]
    return {"type": "FeatureCollection", "features": features}


def _add_coverage(view: folium.Map, sheet: Sheet) -> None:
    coverage = sheet.coverage
    if coverage is None:
        return
    shading = cells.shade(coverage, sheet.facts.population)
    image = cells.picture(sheet.facts.population, shading, coverage.people.index, crs=MERCATOR)
    west, south, east, north = Transformer.from_crs(MERCATOR, WGS84, always_xy=True).transform_bounds(*image.box)
    folium.raster_layers.ImageOverlay(
        image.pixels, [[south, west], [north, east]], name=html.escape(sheet.say("legend_coverage", kind=sheet.kind_name(sheet.main.key))),
        opacity=0.85, pixelated=True,
    ).add_to(view)  # fmt: skip


def _add_streets(view: folium.Map, sheet: Sheet) -> None:
    """Add streets in their greys; the smallest are left out where they would make the file heavy."""
    lines, classes = ground.street_lines(sheet.facts.streets, TOLERANCE_M)
    if len(lines) == 0:
        return
    group = folium.FeatureGroup(name=sheet.say("streets"))
    heavy = int(shapely.get_num_coordinates(lines).sum()) > MOST_POINTS
    for name, _, width, grey in ground.STREETS[1 if heavy else 0 :]:
        chosen = list(lines[classes == name])
        if chosen:
            shape = gpd.GeoSeries([shapely.MultiLineString(chosen)], crs=sheet.facts.crs)
            style = {"color": grey, "weight": 1 + width, "interactive": False}
            folium.GeoJson(features(shape, [{"style": style}]), interactive=False).add_to(group)
    group.add_to(view)


def _add_roads(view: folium.Map, sheet: Sheet) -> None:
    """Add the streets that the plan closes or builds, each kind a layer of its own."""
    known = roads(sheet)
    for action, style in ROAD_STYLES.items():
        chosen = [road for road in known if road.action == action]
        if chosen:
            told: list[dict[str, object]] = [{"name": " ".join((str(road.number), road.name)), "style": style} for road in chosen]
            shapes = gpd.GeoSeries([road.geometry for road in chosen], crs=sheet.facts.crs)
            label = sheet.say("counted", name=sheet.say(f"ground.{action}"), count=len(chosen))
            folium.GeoJson(features(shapes, told), name=html.escape(label), on_each_feature=JsCode(ROAD_NAME)).add_to(view)


def _add_outlines(view: folium.Map, sheet: Sheet) -> None:
    outlines = sheet.facts.outlines
    townships = located(outlines.townships)
    if len(townships):
        group = folium.FeatureGroup(name=sheet.say("ground.township"))
        style = {"color": ground.TOWNSHIP_LINE, "weight": 1, "dashArray": "6 4", "fill": False}
        told: list[dict[str, object]] = [{"name": str(name), "style": style} for name in townships["name"]]
        folium.GeoJson(features(townships.geometry, told), on_each_feature=JsCode(NAME)).add_to(group)
        group.add_to(view)
    if outlines.county is not None:
        style = {"color": ground.COUNTY_LINE, "weight": 2, "fill": False, "interactive": False}
        shape = gpd.GeoSeries([outlines.county], crs=sheet.facts.crs)
        folium.GeoJson(features(shape, [{"style": style}]), name=sheet.say("ground.county")).add_to(view)
    areas = sheet.facts.exclusions.of_domain(sheet.main.domain)
    if len(areas):
        style = {"color": ground.HATCHES["exclude"][1], "weight": 1, "fillOpacity": 0.15}
        told = [{"style": style} for _ in range(len(areas))]
        folium.GeoJson(features(areas.geometry, told), name=sheet.say("ground.exclude")).add_to(view)


def _add_sites(view: folium.Map, sheet: Sheet) -> None:
    sites = located(sheet.sites)
    for action, count in counts(sites).items():
        rows = sites.loc[sites["action"] == action]
        sign = svg(SIGNS[action])
        told: list[dict[str, object]] = [{"sign": sign, "name": f"{row.number} {row.name}", "rows": _rows(sheet, row)} for row in each(rows)]
        label = f"{sign} {html.escape(sheet.say('counted', name=sheet.say(f'action.{action}'), count=count))}"
        marker = folium.Marker(icon=folium.DivIcon())
        folium.GeoJson(features(rows.geometry, told), name=label, marker=marker, on_each_feature=JsCode(POPUP)).add_to(view)


def _rows(sheet: Sheet, site: Site) -> list[list[str]]:
    told = {
        "no": str(site.number),
        "name": site.name or sheet.say("nameless"),
        "type": sheet.kind_name(site.type),
        "township": site.township_name,
        "action_head": sheet.say(f"action.{site.action}"),
        "size": size_change(sheet, site),
        "note": site.note,
    }
    return [[sheet.say(f"column.{head}"), text] for head, text in told.items() if text]


def _cards(sheet: Sheet) -> str:
    """Return heading and key as HTML, every text escaped."""
    lines = [f"<h1>{html.escape(sheet.heading)}</h1>"]
    told = [sheet.imprint.scenario, f"{sheet.compiled_by}　{sheet.month}", *_coverage_lines(sheet)]
    lines += [f"<div>{html.escape(text)}</div>" for text in told if text]
    warning = "" if sheet.imprint.secrecy == "公开" else ' class="warning"'
    lines.append(f"<div{warning}>{html.escape(sheet.permission)}</div>")
    key = [f"<div>{html.escape(text)}</div>" for text in (sheet.say("boundaries"), sheet.say("sources", sources=sheet.sources))]
    return f'<div id="heading" class="card">{"".join(lines)}</div>\n<div id="key" class="card">{swatches(sheet)}{"".join(key)}</div>'


def _coverage_lines(sheet: Sheet) -> list[str]:
    lines = []
    for code, found in (("before", sheet.coverage_before), ("after", sheet.coverage)):
        if found is not None:
            share, covered = percent(found.covered_share), number(found.totals["covered"])
            lines.append(sheet.say("coverage_line", when=sheet.say(code), share=share, covered=covered))
    evaluation = sheet.evaluations_after.get(sheet.main.key)
    if lines and evaluation is not None:
        lines.insert(0, sheet.say("coverage_of", kind=sheet.kind_name(sheet.main.key), reach=reach_sentence(sheet, evaluation.requirement)))
    return lines


def swatches(sheet: Sheet) -> str:
    """Return the key of the shaded cells as HTML."""
    coverage = sheet.coverage
    if coverage is None:
        return ""
    shading = cells.shade(coverage, sheet.facts.population)
    names = [sheet.say("state.covered"), sheet.say("state.unreachable"), *class_names(sheet, shading)]
    drawn = set(shading.colour.tolist())
    rows = [
        f'<div><i style="background:{colour}"></i>{html.escape(name)}</div>'
        for position, (name, colour) in enumerate(zip(names, shading.palette, strict=True))
        if position in drawn
    ]
    return "".join(rows)
