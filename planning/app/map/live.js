// The live map: a component on unchanged Leaflet. Streamlit calls the exported function at each rerun with the newest data.
//
// data: { assets, place, ask, view, version, base | null, cells, changes, moves, area, cell, trips, facilities, styles, legend, attribution, ack, selected, words,
//         faults?, focus? }
// `faults` are pieces of streets, each with its number; `focus`, where it changes, is brought into sight.
// A click tells its `place`: where `place` holds it puts a pin there, where `ask` holds it asks for the cell there, which `cell` and `trips` answer.
// One trigger, `event` = { client, events: [{ seq, place | facility | move }], need? }. Events stay in the outbox until the server has
// acknowledged their number, so that two quick clicks that arrive as one are both kept and none is applied twice. Where an answer leaves some
// unacknowledged and no newer answer comes, they are sent once more: a rerun that overtakes another may lose the trigger of the first.

const NAMES_FROM_ZOOM = 14;
const RESEND_AFTER_MS = 2000;
const bases = (window.bujuBases ??= new Map()); // heavy layers by version; outlives the page of the app that shows them
const maps = new WeakMap(); // element -> promise of its map

function leaflet(assets) {
  // One promise for all maps; on failure the next rerun tries again.
  window.bujuLeaflet ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${assets}/leaflet.js`;
    script.onload = () => resolve(window.L);
    script.onerror = () => {
      window.bujuLeaflet = undefined;
      reject(new Error(`cannot load ${script.src}`));
    };
    document.head.appendChild(script);
  });
  return window.bujuLeaflet;
}

function until(holds) {
  return new Promise((resolve) => {
    const look = () => (holds() ? resolve() : requestAnimationFrame(look));
    look();
  });
}

function escaped(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text; // never as HTML: names come from ledgers
  return made;
}

// ---------------------------------------------------------------- creating

async function create(host, data) {
  const L = await leaflet(data.assets);
  await until(() => host.clientWidth > 0 && host.clientHeight > 0);
  const map = L.map(host, { zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 120, preferCanvas: false, attributionControl: true });
  map.attributionControl.setPrefix(false);
  // Leaflet focuses the map when it is pressed, and undoes the scrolling of the window that follows, but not of the app's own scroll area: the
  // map would move between pressing and releasing, and the click would miss.
  host.focus = () => HTMLElement.prototype.focus.call(host, { preventScroll: true });
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.createPane("roads").style.zIndex = 350;
  map.createPane("names").style.zIndex = 620;
  map.getPane("names").style.pointerEvents = "none";
  map.createPane("badges").style.zIndex = 630;
  const live = {
    L, map, host, outbox: [], seq: 0, client: Math.random().toString(36).slice(2), pins: new Map(), markers: new Map(),
    roads: L.canvas({ pane: "roads", padding: 0.3 }), ground: L.layerGroup().addTo(map), names: L.layerGroup(), cells: null,
    changes: L.layerGroup().addTo(map), moves: L.layerGroup().addTo(map), answer: L.layerGroup().addTo(map), faults: L.layerGroup().addTo(map),
  };
  host.bujuMap = map; // for tests: clicks are computed through the map's own projection
  map.on("click", (event) => clicked(live, event));
  map.on("moveend", () => keepView(live));
  map.on("zoomend", () => showNames(live));
  // Fires when the page of the app goes, too: Leaflet's listeners on window and document must go with it. The cleanup that Streamlit offers
  // would also run when newer data overtakes the loading of this script, while the map is still shown.
  const observer = new ResizeObserver(() => {
    if (host.isConnected) return map.invalidateSize({ animate: false });
    observer.disconnect();
    maps.delete(host);
    map.remove();
  });
  observer.observe(host);
  return live;
}

function keepView(live) {
  if (!live.viewKey || !live.shown) return;
  const centre = live.map.getCenter();
  sessionStorage.setItem(live.viewKey, JSON.stringify([centre.lat, centre.lng, live.map.getZoom()]));
}

function setView(live, data) {
  if (live.viewKey === data.view) return;
  live.viewKey = data.view;
  live.shown = false;
  const kept = JSON.parse(sessionStorage.getItem(data.view) ?? "null");
  const bounds = live.L.latLngBounds(data.bounds);
  live.map.setMaxBounds(bounds.pad(0.6));
  live.map.setMinZoom(Math.max(live.map.getBoundsZoom(bounds) - 1, 1));
  if (kept) live.map.setView([kept[0], kept[1]], kept[2], { animate: false });
  else live.map.fitBounds(bounds.pad(0.02), { animate: false });
  live.shown = true;
}

function showNames(live) {
  const near = live.map.getZoom() >= NAMES_FROM_ZOOM;
  if (near !== live.map.hasLayer(live.names)) near ? live.names.addTo(live.map) : live.names.remove();
}

// ---------------------------------------------------------------- telling the server

function tell(live, event) {
  live.seq += 1;
  live.outbox.push({ seq: live.seq, ...event });
  live.send({ client: live.client, events: live.outbox });
  return live.seq;
}

function clicked(live, event) {
  if (!(live.place || live.ask) || event.originalEvent.detail > 1) return; // the second click of a double click is no second site
  const { lat, lng } = event.latlng.wrap();
  const seq = tell(live, { place: [lng, lat] });
  const pin = live.L.circleMarker(event.latlng, { radius: 9, color: "#fff", weight: 2, fillColor: live.pending, fillOpacity: 0.55, interactive: false });
  live.pins.set(seq, pin.addTo(live.map));
}

// ---------------------------------------------------------------- drawing

function drawGround(live, base) {
  const { L } = live;
  live.ground.clearLayers();
  for (const area of base.townships) {
    L.polygon(area.rings, { pane: "roads", renderer: live.roads, interactive: false, fill: false, color: "#8a8f98", weight: 1, dashArray: "5 4" }).addTo(live.ground);
  }
  if (base.county) {
    L.polygon(base.county, { pane: "roads", renderer: live.roads, interactive: false, fill: false, color: "#4b5563", weight: 2 }).addTo(live.ground);
  }
  for (const road of base.roads) {
    L.polyline(road.lines, { renderer: live.roads, pane: "roads", interactive: false, color: road.colour, weight: road.weight, smoothFactor: 1.5 }).addTo(live.ground);
  }
  for (const area of base.townships.filter((item) => item.at)) name(live, area.at, area.name, "township").addTo(live.ground);
}

function name(live, at, text, kind) {
  const icon = live.L.divIcon({ className: `name ${kind}`, html: element("span", "", text), iconSize: [0, 0] });
  return live.L.marker(at, { icon, interactive: false, keyboard: false, pane: "names" });
}

function drawCells(live, cells) {
  if (live.cellsVersion === cells?.version) return;
  live.cellsVersion = cells?.version;
  if (!cells) {
    live.cells?.remove();
    live.cells = null;
    return;
  }
  if (live.cells) {
    live.cells.setUrl(cells.url);
    live.cells.setBounds(live.L.latLngBounds(cells.bounds));
  } else {
    live.cells = live.L.imageOverlay(cells.url, cells.bounds, { className: "cells", opacity: 0.8, interactive: false }).addTo(live.map);
  }
}

function drawChanges(live, changes) {
  const text = JSON.stringify(changes);
  if (live.changesText === text) return;
  live.changesText = text;
  live.changes.clearLayers();
  const { L } = live;
  for (const road of changes) {
    const line = { className: `road ${road.kind}`, color: road.colour, weight: 5, dashArray: road.dash, lineCap: "butt", interactive: false };
    const drawn = [L.polyline(road.lines, { color: "#fff", weight: 8, opacity: 0.85, interactive: false }), L.polyline(road.lines, line)];
    if (road.points) {
      const point = { radius: 4, color: road.colour, weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false };
      for (const at of road.lines.flat()) drawn.push(L.circleMarker(at, point));
    }
    for (const layer of drawn) layer.addTo(live.changes);
    for (const layer of drawn.reverse()) layer.bringToBack(); // facilities stay on top, and can be clicked
  }
}

function drawMoves(live, moves) {
  const text = JSON.stringify(moves);
  if (live.movesText === text) return;
  live.movesText = text;
  live.moves.clearLayers();
  const { L } = live;
  for (const move of moves) {
    const [begin, end] = [move.from, move.to].map((at) => L.CRS.EPSG3857.project(L.latLng(at)));
    // A line between two places has one direction on a Mercator map, at every zoom.
    const turn = (Math.atan2(end.x - begin.x, end.y - begin.y) * 180) / Math.PI;
    const at = (share) => L.CRS.EPSG3857.unproject(begin.multiplyBy(1 - share).add(end.multiplyBy(share)));
    const lines = [
      L.polyline([move.from, move.to], { color: "#fff", weight: 6, opacity: 0.85, interactive: false }),
      L.polyline([move.from, move.to], { className: "move", color: move.colour, weight: 2.5, interactive: false }),
    ];
    const head = element("i", "arrow");
    head.style.transform = `translate(-50%, -50%) rotate(${turn}deg)`;
    head.style.borderBottomColor = move.colour;
    const icon = (html, className) => L.divIcon({ className, html, iconSize: [0, 0] });
    L.marker(at(0.68), { icon: icon(head, "arrowhead"), interactive: false, keyboard: false, pane: "names" }).addTo(live.moves);
    L.marker(at(0.42), { icon: icon(element("span", "", move.text), "name move"), interactive: false, keyboard: false, pane: "names" }).addTo(live.moves);
    for (const layer of lines) layer.addTo(live.moves);
    for (const layer of lines.reverse()) layer.bringToBack(); // homes stay on top, and can be clicked
  }
}

function drawAnswer(live, data) {
  const text = JSON.stringify([data.area, data.cell, data.trips]);
  if (live.answerText === text) return;
  live.answerText = text;
  live.answer.clearLayers();
  const { L } = live;
  const drawn = [];
  if (data.area) drawn.push(L.polygon(data.area.rings, { className: "area", color: data.area.colour, weight: 1.5, fillOpacity: 0.2, interactive: false }));
  for (const trip of data.trips) {
    // Wide and white below: roads and cells have every other colour.
    drawn.push(L.polyline(trip.line, { color: "#fff", weight: 7, opacity: 0.85, interactive: false }));
    drawn.push(L.polyline(trip.line, { className: "trip", color: trip.colour, weight: 3.5, dashArray: trip.dash, interactive: false }));
  }
  if (data.cell) drawn.push(L.polygon(data.cell.ring, { className: "asked", color: data.cell.colour, weight: 2.5, fill: false, interactive: false }));
  for (const layer of drawn) layer.addTo(live.answer);
  for (const layer of drawn.reverse()) layer.bringToBack(); // facilities stay on top, and can be clicked
}

function drawFaults(live, faults) {
  const text = JSON.stringify(faults);
  if (live.faultsText === text) return;
  live.faultsText = text;
  live.faults.clearLayers();
  const { L } = live;
  const told = (fault) => element("span", "told", fault.text);
  for (const fault of faults) {
    const wide = fault.chosen ? 3 : 0;
    L.polyline(fault.lines, { color: "#fff", weight: 8 + wide, opacity: 0.85, interactive: false }).addTo(live.faults);
    const line = L.polyline(fault.lines, { className: "fault", color: fault.colour, weight: 4 + wide, dashArray: fault.dash, bubblingMouseEvents: false });
    line.bindTooltip(told(fault), { sticky: true, direction: "top", opacity: 0.95 }).addTo(live.faults);
  }
  for (const fault of faults.filter((item) => item.at)) badge(live, fault).bindTooltip(told(fault), { direction: "top", offset: [0, -10], opacity: 0.95 }).addTo(live.faults);
}

function badge(live, fault) {
  const face = element("span", fault.chosen ? "face chosen" : "face", String(fault.number));
  face.style.background = fault.colour;
  const icon = live.L.divIcon({ className: "badge", html: face, iconSize: [20, 20] });
  // The gravest have the smallest numbers, and lie on top.
  const marker = live.L.marker(fault.at, { icon, pane: "badges", alt: "", zIndexOffset: fault.chosen ? 100000 : -10 * fault.number });
  marker.on("add", () => marker.getElement().setAttribute("aria-label", fault.text));
  return marker;
}

function bringIntoSight(live, focus) {
  const text = JSON.stringify(focus);
  if (live.focusText === text) return;
  live.focusText = text;
  if (focus) live.map.fitBounds(live.L.latLngBounds(focus).pad(0.15), { animate: false, maxZoom: 17 });
}

function drawFacilities(live, data) {
  const wanted = new Map(data.facilities.map((item) => [item.id, item]));
  for (const [id, drawn] of live.markers) {
    const item = wanted.get(id);
    if (item && drawn.text === drawnAs(item, data)) continue;
    drawn.marker.remove();
    live.markers.delete(id);
  }
  live.names.clearLayers();
  for (const item of data.facilities) {
    if (!live.markers.has(item.id)) live.markers.set(item.id, { marker: facility(live, item, data), text: drawnAs(item, data) });
    name(live, item.at, item.name, "facility").addTo(live.names);
  }
}

function drawnAs(item, data) {
  return JSON.stringify([item, data.styles[item.style], data.selected === item.id]);
}

function facility(live, item, data) {
  const style = data.styles[item.style];
  const chosen = data.selected === item.id;
  const marker = item.draggable ? handle(live, item, style, chosen) : dot(live, item, style, chosen);
  marker.bindTooltip(element("span", "", item.label), { direction: "top", offset: [0, -6], opacity: 0.95 });
  marker.on("click", () => tell(live, { facility: item.id }));
  marker.addTo(live.map);
  const drawn = marker.getElement();
  drawn.id = `facility-${item.id}`;
  drawn.setAttribute("role", "button");
  drawn.setAttribute("aria-label", item.label);
  drawn.setAttribute("aria-pressed", String(chosen));
  drawn.setAttribute("tabindex", "0");
  drawn.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    tell(live, { facility: item.id });
  });
  return marker;
}

function dot(live, item, style, chosen) {
  return live.L.circleMarker(item.at, {
    radius: style.radius + (chosen ? 3 : 0), color: chosen ? "#111827" : style.stroke, weight: chosen ? 3 : 1.5, fillColor: style.fill,
    fillOpacity: style.opacity, dashArray: style.dash, bubblingMouseEvents: false,
  });
}

function handle(live, item, style, chosen) {
  const face = element("span", chosen ? "face chosen" : "face");
  face.style.background = style.fill;
  const icon = live.L.divIcon({ className: "candidate", html: face, iconSize: [22, 22] });
  const marker = live.L.marker(item.at, { icon, draggable: true, autoPan: true, bubblingMouseEvents: false });
  marker.on("dragend", () => {
    const { lat, lng } = marker.getLatLng().wrap();
    tell(live, { move: { id: item.id, lonlat: [lng, lat] } });
  });
  return marker;
}

function drawLegend(live, data) {
  const text = JSON.stringify(data.legend);
  if (live.legendText === text) return;
  live.legendText = text;
  live.legend?.remove();
  const legend = live.L.control({ position: "bottomleft" });
  legend.onAdd = () => {
    const box = element("div", "legend");
    for (const entry of data.legend) {
      const row = element("div", "entry");
      const swatch = element("i", entry.shape);
      swatch.style.background = entry.fill;
      swatch.style.borderColor = entry.stroke;
      if (entry.dash) swatch.style.borderStyle = "dashed";
      row.append(swatch, element("span", "", entry.text));
      box.append(row);
    }
    return box;
  };
  live.legend = legend.addTo(live.map);
}

function drawAttribution(live, text) {
  if (live.attribution === text) return;
  if (live.attribution) live.map.attributionControl.removeAttribution(escaped(live.attribution));
  live.attribution = text;
  if (text) live.map.attributionControl.addAttribution(escaped(text));
}

// ---------------------------------------------------------------- updating

function update(live, data, send) {
  live.send = send;
  live.place = data.place;
  live.ask = data.ask;
  live.pending = data.pending;
  live.host.classList.toggle("placing", data.place);
  live.host.classList.toggle("asking", data.ask);
  data.place ? live.map.doubleClickZoom.disable() : live.map.doubleClickZoom.enable();
  acknowledge(live, data.ack);
  remind(live);
  setView(live, data);
  if (data.base) bases.set(data.version, data.base);
  const base = bases.get(data.version);
  if (!base) live.send({ client: live.client, events: live.outbox, need: data.version });
  else if (live.version !== data.version) {
    drawGround(live, base);
    live.version = data.version;
  }
  drawCells(live, data.cells);
  drawChanges(live, data.changes);
  drawMoves(live, data.moves);
  drawAnswer(live, data);
  drawFaults(live, data.faults ?? []);
  bringIntoSight(live, data.focus ?? null);
  drawFacilities(live, data);
  drawLegend(live, data);
  drawAttribution(live, data.attribution);
  showNames(live);
  live.host.dataset.ack = String(data.ack?.client === live.client ? data.ack.seq : 0);
  if (base) ready(live);
}

function remind(live) {
  clearTimeout(live.reminder);
  if (!live.outbox.length) return;
  live.reminder = setTimeout(() => {
    if (live.outbox.length && live.host.isConnected) live.send({ client: live.client, events: live.outbox });
  }, RESEND_AFTER_MS);
}

function acknowledge(live, ack) {
  if (ack?.client !== live.client) return;
  live.outbox = live.outbox.filter((event) => event.seq > ack.seq);
  for (const [seq, pin] of live.pins) {
    if (seq > ack.seq) continue;
    pin.remove();
    live.pins.delete(seq);
  }
}

async function ready(live) {
  // Leaflet's sheet arrives by @import; before it the panes are not in their places.
  await until(() => getComputedStyle(live.map.getPane("mapPane")).position === "absolute");
  live.host.dataset.ready = "true";
}

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".map");
  if (!data || !host) return undefined;
  host.setAttribute("aria-label", data.words.map);
  host.style.height = `${data.height}px`;
  if (!maps.has(host)) maps.set(host, create(host, data));
  const newest = (host.bujuNewest = (host.bujuNewest ?? 0) + 1);
  maps
    .get(host)
    .then((live) => {
      if (host.bujuNewest === newest) update(live, data, (event) => setTriggerValue("event", event));
    })
    .catch((error) => {
      maps.delete(host);
      host.textContent = `${data.words.failed} ${error.message}`;
    });
  return undefined;
}
