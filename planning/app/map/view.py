"""What the live map shows at one moment, as the data its component draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from layers.crs import from_metric
from layers.types import FacilityType
from planning.app import words
from planning.app.map import changes, moves
from planning.app.map.answer import ASKED, NOTHING, Answer, drawn, legend
from planning.app.map.cells import COLOURS, Raster, classes, image
from planning.app.map.ground import Ground
from planning.workbench import Evaluation
from scenarios.state import State

# The colours of the plate's signs, so that a planner knows the plan again.
ACTIONS = {
    "keep": "#2B6CB0",
    "enlarge": "#E07B00",
    "reduce": "#8C6D31",
    "new": "#D0021B",
    "move": "#00857C",
    "convert": "#7B3FB5",
    "merge": "#4A4A4A",
    "close": "#8A1C1C",
}
GIVEN_UP = ("merge", "close")
GONE = (*GIVEN_UP, "convert")
STATES = ("covered", "gained", "uncovered", "lost", "unreachable")


@dataclass(frozen=True)
class Scene:
    """What a map is drawn from.

    Attributes
    ----------
    kind : FacilityType
    state : State
    now : Evaluation
    before : Evaluation or None
        What coverage is compared with; None shows the state alone.
    ground : Ground
    raster : Raster
    attribution : str
    crs : CRS
        The county's metric CRS.
    """

    kind: FacilityType
    state: State
    now: Evaluation
    before: Evaluation | None
    ground: Ground
    raster: Raster
    attribution: str
    crs: CRS


@dataclass(frozen=True)
class Controls:
    """What the planner may do on the map, and what the browser already has.

    Attributes
    ----------
    place : bool
        A click places a candidate.
    ask : bool
        A click asks for the population cell there.
    drag_existing : bool
        Existing facilities may be dragged, not only new ones.
    selected : str
        Facility id, or empty.
    ack : mapping or None
        The last event taken note of.
    sketch : tuple of (lon, lat)
        Points of a road that is being drawn.
    send_ground : bool
    height : int
        In pixels.
    """

    place: bool = False
    ask: bool = False
    drag_existing: bool = False
    selected: str = ""
    ack: Mapping[str, Any] | None = None
    sketch: tuple[tuple[float, float], ...] = ()
    send_ground: bool = True
    height: int = 620


def data(scene: Scene, controls: Controls, answer: Answer = NOTHING) -> dict[str, Any]:
    """Return the data of the live map; see the head of ``live.js``."""
    facilities = _facilities(scene, controls)
    return {
        "place": controls.place,
        "ask": controls.ask,
        "view": f"buju-{scene.ground.version}",
        "version": scene.ground.version,
        "base": scene.ground.base if controls.send_ground else None,
        "bounds": scene.ground.bounds,
        "cells": _cells(scene),
        "changes": changes.drawn(scene.state, controls.sketch, scene.crs),
        "moves": moves.drawn(scene.state, scene.kind, scene.crs),
        **drawn(answer),
        "facilities": facilities,
        "styles": {action: _style(action) for action in ACTIONS},
        "legend": _legend(scene, {item["style"] for item in facilities}, answer),
        "attribution": scene.attribution,
        "ack": dict(controls.ack) if controls.ack else None,
        "selected": controls.selected,
        "pending": ACTIONS["new"] if controls.place else ASKED,
        "height": controls.height,
        "words": {"map": words.t("map.name"), "failed": words.t("map.failed")},
    }


def shown(scene: Scene) -> gpd.GeoDataFrame:
    """Return the facilities of the type, or that were of it before, with their action; index facility, in the order of the ids.

    Columns of the facility table and ``action``; those without position are kept here and counted, though they cannot be drawn.
    """
    table = scene.state.layer.table
    actions = scene.state.actions.reindex(table.index)
    was = actions["from_type"].eq(scene.kind.key)
    chosen = (table["type"].eq(scene.kind.key) | was) & actions["action"].notna()
    return table.assign(action=actions["action"]).loc[chosen].sort_index()


def _facilities(scene: Scene, controls: Controls) -> list[dict[str, Any]]:
    rows = shown(scene)
    rows = rows.loc[~(rows.geometry.isna() | rows.geometry.is_empty)]
    lon, lat = from_metric(rows.geometry.x.to_numpy(), rows.geometry.y.to_numpy(), "WGS84", scene.crs)
    listed = []
    for (facility, row), x, y in zip(rows.iterrows(), lon, lat, strict=True):
        movable = row["action"] == "new" or (controls.drag_existing and row["action"] not in GIVEN_UP)
        listed.append(
            {
                "id": str(facility),
                "at": [round(float(y), 6), round(float(x), 6)],
                "style": row["action"],
                "name": row["name"],
                "label": _label(row, scene.kind),
                "draggable": bool(movable),
            }
        )
    return listed


def _label(row: pd.Series[Any], kind: FacilityType) -> str:
    size = words.t("map.size", size=words.whole(float(row["capacity"])), unit=words.unit(kind))
    return words.t("map.label", name=row["name"], size=size, action=words.t(f"action.{row['action']}"))


def _cells(scene: Scene) -> dict[str, object] | None:
    coverage = scene.now.coverage
    if coverage is None:
        return None
    before = scene.before.coverage if scene.before is not None else None
    return image(scene.raster, classes(coverage.cells["state"], None if before is None else before.cells["state"], coverage.people))


def _style(action: str) -> dict[str, Any]:
    given_up = action in GIVEN_UP
    return {
        "fill": "#ffffff" if given_up else ACTIONS[action],
        "stroke": ACTIONS[action] if given_up else "#ffffff",
        "radius": 6 if action == "keep" else 7.5,
        "opacity": 0.85 if given_up else 1.0,
        "dash": "3 2" if given_up else None,
    }


def _legend(scene: Scene, actions: set[str], answer: Answer) -> list[dict[str, Any]]:
    entries = []
    if scene.now.coverage is not None:
        states = STATES if scene.before is not None else [state for state in STATES if state not in {"gained", "lost"}]
        entries = [{"fill": COLOURS[state], "stroke": "transparent", "shape": "square", "text": words.t(f"state.{state}")} for state in states]
    for action in ACTIONS:
        if action in actions:
            style = _style(action)
            shape = "diamond" if action == "new" else "circle"
            text = words.t(f"action.{action}")
            entries.append({"fill": style["fill"], "stroke": style["stroke"], "dash": style["dash"], "shape": shape, "text": text})
    return [*entries, *changes.legend(scene.state), *moves.legend(scene.state, scene.kind), *legend(answer)]
