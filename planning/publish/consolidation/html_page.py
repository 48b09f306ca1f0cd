"""The consolidation as one HTML file that opens from disk, without internet: homes with their fates, arrows, and the tables beside the map."""

from __future__ import annotations

import html
import math
from collections.abc import Collection, Iterable, Sequence

import folium
import geopandas as gpd
import shapely
from folium.utilities import JsCode

from planning.publish import html_map
from planning.publish.consolidation.marks import ARROW, width_of
from planning.publish.consolidation.paper import ConsolidationSheet, Deed, Transfer
from planning.publish.symbols import SIGNS, svg
from planning.publish.wording import number

# The arrow's head points along the line; on a Mercator map its direction is the same at every zoom.
HEAD = '<svg width="16" height="16" viewBox="-8 -8 16 16" style="transform:rotate({turn:.1f}deg)"><polygon points="7,0 -6,-5.5 -6,5.5" fill="{colour}" stroke="#fff"/></svg>'  # noqa: E501
SIGN = """(feature, layer) => {
  const told = feature.properties;
  const icon = document.createElement("div");
  icon.innerHTML = told.sign;
  const name = document.createElement("span");
  name.className = "name";
  for (const text of [told.number, " " + told.name]) {
    const part = document.createElement("span");
    part.textContent = text;
    name.appendChild(part);
  }
  icon.appendChild(name);
  layer.setIcon(L.divIcon({className: "home", html: icon, iconSize: [20, 20]}));
  const table = document.createElement("table");
  for (const [head, text] of told.rows) {
    const row = table.insertRow();
    row.insertCell().textContent = head;
    row.insertCell().textContent = text;
  }
  layer.bindPopup(table);
}"""
LINE = """(feature, layer) => {
  const name = document.createElement("span");
  name.textContent = feature.properties.name;
  layer.bindTooltip(name, {sticky: true});
}"""
PILL = """(feature, layer) => {
  const icon = document.createElement("div");
  if (feature.properties.sign) icon.innerHTML = feature.properties.sign;
  else {
    const pill = document.createElement("span");
    pill.className = "pill";
    pill.textContent = feature.properties.text;
    icon.appendChild(pill);
  }
  layer.setIcon(L.divIcon({className: "move", html: icon, iconSize: [16, 16]}));
}"""
# Names stand right, left, above or below their signs, wherever they cover nothing; where there is no room the number alone is left. Layers are
# switched beside the map, not upon it.
PLACING = """<script>
addEventListener("load", () => {
  const map = window[document.querySelector(".folium-map").id];
  document.getElementById("layers").appendChild(document.querySelector(".leaflet-control-layers"));
  const common = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left))
    * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const place = () => {
    const boxes = [...document.querySelectorAll(".pill, .home svg, .township")].map(item => item.getBoundingClientRect());
    for (const name of document.querySelectorAll(".home .name")) {
      let best = null;
      for (const whole of [true, false]) {
        name.lastChild.hidden = !whole;
        for (const side of ["right", "left", "above", "below"]) {
          name.className = "name " + side;
          const own = name.getBoundingClientRect();
          const cost = boxes.reduce((sum, box) => sum + common(own, box), 0);
          if (!best || cost < best.cost - 1) best = {cost, side, whole};
        }
        if (best.cost < 1) break;
      }
      name.lastChild.hidden = !best.whole;
      name.className = "name " + best.side;
      boxes.push(name.getBoundingClientRect());
    }
  };
  map.on("zoomend overlayadd overlayremove", place);
  place();
});
</script>"""
STYLE = """<style>
body { margin: 0; }
.folium-map { position: absolute !important; top: 0; bottom: 0; left: 0 !important; width: calc(100% - 450px) !important; height: 100% !important; }
#beside { position: absolute; top: 0; right: 0; bottom: 0; width: 450px; box-sizing: border-box; overflow-y: auto; padding: 14px 16px;
  font-size: 13px; line-height: 1.5; border-left: 1px solid #999; background: #fff; }
#beside h1 { font-size: 19px; line-height: 1.3; margin: 0 0 4px; }
#beside h2 { font-size: 14px; margin: 14px 0 4px; color: #fff; background: #1F4E79; padding: 2px 8px; }
#beside table { border-collapse: collapse; width: 100%; }
#beside td, #beside th { border-bottom: 1px solid #ddd; padding: 2px 4px; text-align: left; vertical-align: top; }
#beside th { color: #6b6b6b; font-weight: normal; border-bottom-color: #333; }
#beside td.figure, #beside th.figure { text-align: right; white-space: nowrap; }
#beside td.short { white-space: nowrap; max-width: 12em; overflow: hidden; text-overflow: ellipsis; }
#beside svg { vertical-align: -3px; margin-right: 3px; }
#beside i { display: inline-block; width: 22px; height: 11px; margin-right: 6px; border: 1px solid #bbb; }
#beside .grey { color: #6b6b6b; }
#layers .leaflet-control-layers { border: 0; box-shadow: none; margin: 0; padding: 0; float: none; font-size: 13px; }
.home .name { position: absolute; white-space: nowrap; font-size: 12px; color: #111;
  text-shadow: 0 0 3px #fff, 0 0 3px #fff, 0 0 3px #fff, 0 0 2px #fff; }
.home .right { left: 22px; top: 0; }
.home .left { right: 22px; top: 0; }
.home .above { bottom: 20px; left: 10px; transform: translateX(-50%); }
.home .below { top: 20px; left: 10px; transform: translateX(-50%); }
.move { pointer-events: none; }
.move > div { position: relative; width: 16px; height: 16px; }
.pill { position: absolute; left: 50%; top: 50%; transform: translate(-50%, -50%); white-space: nowrap; font-size: 12px; line-height: 1.3;
  color: ARROW; background: #fff; border: 1px solid ARROW; border-radius: 4px; padding: 0 3px; }
@media (max-width: 900px) { .folium-map { width: 100% !important; height: 60% !important; bottom: auto; }
  #beside { top: 60%; left: 0; width: auto; border-left: 0; border-top: 1px solid #999; } }
</style>""".replace("ARROW", ARROW)
LINES = {"color": ARROW, "opacity": 0.85}
PILL_AT, HEAD_AT = 0.45, 0.75


def page(paper: ConsolidationSheet) -> bytes:
    """Return the map as HTML (UTF-8); the same sheet gives the same bytes."""
    return html_map.page(paper.sheet, lambda view: _draw(view, paper), _beside(paper))


def _draw(view: folium.Map, paper: ConsolidationSheet) -> None:
    moves = list(paper.each_move())
    if moves:
        group = folium.FeatureGroup(name=html.escape(paper.say("arrow")))
        _lines(group, paper, moves)
        group.add_to(view)
    for action, name, count in paper.fates():
        rows = paper.deeds.loc[paper.deeds["action"] == action]
        sign = svg(SIGNS[action])
        told: list[dict[str, object]] = [
            {"sign": sign, "number": str(deed.number), "name": deed.name, "rows": _rows(paper, deed)}
            for deed in paper.each_deed()
            if deed.action == action
        ]
        label = f"{sign} {html.escape(paper.say('counted', name=name, count=count))}"
        marker = folium.Marker(icon=folium.DivIcon())
        shapes = gpd.GeoSeries(rows.geometry, crs=paper.deeds.crs)
        folium.GeoJson(html_map.features(shapes, told), name=label, marker=marker, on_each_feature=JsCode(SIGN)).add_to(view)


def _lines(group: folium.FeatureGroup, paper: ConsolidationSheet, moves: list[Transfer]) -> None:
    ends = [shapely.LineString([(move.x, move.y), (move.into_x, move.into_y)]) for move in moves]
    told: list[dict[str, object]] = [
        {
            "name": f"{move.number} {move.name} {paper.goes(deed)}",
            "style": {"color": ARROW, "weight": 1.3 * width_of(move.residents), "opacity": 0.85},
        }
        for move, deed in zip(moves, _deeds_of(paper, moves), strict=True)
    ]
    folium.GeoJson(html_map.features(gpd.GeoSeries(ends, crs=paper.deeds.crs), told), on_each_feature=JsCode(LINE)).add_to(group)
    points = [line.interpolate(part, normalized=True) for line in ends for part in (HEAD_AT, PILL_AT)]
    texts: list[dict[str, object]] = []
    for move in moves:
        texts.append({"sign": HEAD.format(turn=_turn(move), colour=ARROW)})
        texts.append({"text": paper.say("people", value=number(move.residents))})
    marker = folium.Marker(icon=folium.DivIcon(), interactive=False)
    shapes = gpd.GeoSeries(points, crs=paper.deeds.crs)
    folium.GeoJson(html_map.features(shapes, texts), marker=marker, on_each_feature=JsCode(PILL)).add_to(group)


def _deeds_of(paper: ConsolidationSheet, moves: Iterable[Transfer]) -> list[Deed]:
    known = {deed.Index: deed for deed in paper.each_deed()}
    return [known[move.Index] for move in moves]


def _turn(move: Transfer) -> float:
    """Return by how many degrees an arrow that points east is turned clockwise, on a Mercator map."""
    east = math.radians(move.into_lon - move.lon)
    north = math.asinh(math.tan(math.radians(move.into_lat))) - math.asinh(math.tan(math.radians(move.lat)))
    return math.degrees(math.atan2(-north, east))


def _rows(paper: ConsolidationSheet, deed: Deed) -> list[list[str]]:
    told = {
        "no": str(deed.number),
        "name": deed.name,
        "township": deed.township_name,
        "action": paper.say(f"action.{deed.action}"),
        "beds": paper.change(deed.beds_before, deed.beds_after),
        "residents": paper.change(deed.residents_before, deed.residents_after),
        "goes": paper.goes(deed),
    }
    return [[paper.say(f"column.{head}"), text] for head, text in told.items() if text]


def _beside(paper: ConsolidationSheet) -> str:
    """Return heading, figures, tables and key as HTML, every text escaped."""
    sheet = paper.sheet
    warning = "" if sheet.imprint.secrecy == "公开" else ' class="warning"'
    parts = [
        f"<h1>{html.escape(sheet.heading)}</h1>",
        f'<div class="grey">{html.escape(f"{sheet.compiled_by}　{sheet.month}")}</div>',
        f"<div{warning}>{html.escape(sheet.permission)}</div>",
        _part(paper.say("figures_heading"), _figures(paper)),
        *(f'<div><span class="grey">{html.escape(head)}</span>　{html.escape(text)}</div>' for head, text in paper.sentences()),
        _moves(paper),
        _part(paper.say("list_heading", count=len(paper.deeds)), _homes(paper)),
        _part(sheet.say("legend"), f'<div id="layers"></div>{_key(paper)}'),
    ]
    return f'{STYLE}\n<aside id="beside">{"".join(parts)}</aside>\n{PLACING}'


def _part(heading: str, content: str) -> str:
    return f"<h2>{html.escape(heading)}</h2>{content}"


def _figures(paper: ConsolidationSheet) -> str:
    rows = [(name, before, after) for name, before, after in paper.figures()]
    heads = ["", *(paper.sheet.say(code) for code in ("before", "after"))]
    return _table(heads, rows, figures={1, 2})


def _moves(paper: ConsolidationSheet) -> str:
    told = list(paper.each_move())
    if not told:
        return ""
    heading = paper.say("moves_heading", count=len(told), people=number(sum(move.residents for move in told)))
    heads = [paper.say(f"column.{code}") for code in ("from", "into", "people", "way")]
    rows = [
        (f"{move.number} {move.name}", f"{move.into_number} {move.into_name}", number(move.residents), paper.way(move.way)) for move in told
    ]  # fmt: skip
    return _part(heading, _table(heads, rows, figures={2, 3}))


def _homes(paper: ConsolidationSheet) -> str:
    heads = [paper.say(f"column.{code}") for code in ("no", "name", "action", "beds", "residents", "goes")]
    rows = []
    signs = []
    for deed in paper.each_deed():
        change, goes = paper.change(deed.beds_before, deed.beds_after), paper.goes(deed)
        rows.append(
            (str(deed.number), deed.name, paper.say(f"action.{deed.action}"), change, paper.change(deed.residents_before, deed.residents_after), goes)
        )
        signs.append(svg(SIGNS[deed.action], 14))
    return _table(heads, rows, short={1, 2, 3, 4}, signs=signs)


def _table(
    heads: list[str], rows: Sequence[tuple[str, ...]], figures: Collection[int] = (), short: Collection[int] = (), signs: list[str] | None = None
) -> str:
    def cell(tag: str, at: int, text: str, sign: str = "") -> str:
        kind = ' class="figure"' if at in figures else ' class="short"' if at in short else ""
        return f"<{tag}{kind}>{sign}{html.escape(text)}</{tag}>"

    lines = ["<tr>" + "".join(cell("th", at, head) for at, head in enumerate(heads)) + "</tr>"]
    for number_, row in enumerate(rows):
        mark = signs[number_] if signs else ""
        lines.append("<tr>" + "".join(cell("td", at, text, mark if at == 2 else "") for at, text in enumerate(row)) + "</tr>")
    return f"<table>{''.join(lines)}</table>"


def _key(paper: ConsolidationSheet) -> str:
    """Return what the list of layers, which names the signs, does not tell."""
    sheet = paper.sheet
    arrow = f'<svg width="30" height="12" viewBox="0 0 30 12"><path d="M0 6H22" stroke="{ARROW}" stroke-width="2.5"/><polygon points="30,6 19,1 19,11" fill="{ARROW}"/></svg>'  # noqa: E501
    lines = [f"<div>{arrow}{html.escape(paper.say('arrow'))}</div>"] if len(paper.moves) else []
    lines.append(f'<div class="grey">{html.escape(paper.say("legend_coverage", limit=paper.limit))}</div>{html_map.swatches(sheet)}')
    lines += [f'<div class="grey">{html.escape(text)}</div>' for text in (sheet.say("boundaries"), sheet.say("sources", sources=sheet.sources))]
    return "".join(lines)
