"""Streets closed and built under the planner's hands: what clicks and forms do to a scenario, without any page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from planning.app import drafting
from planning.app.drafting import Draft, LonLat
from planning.workbench import Workbench
from scenarios.edits import BuildStreet, CloseStreet

Tool = Literal["site", "close", "build"]
TOOLS: tuple[Tool, ...] = ("site", "close", "build")
CLASSES = (
    "tertiary", "unclassified", "residential", "service", "secondary", "primary", "trunk", "motorway", "living_street", "pedestrian", "footway",
    "path", "steps",
)  # fmt: skip
"""Classes a planner chooses from, those of county roads first."""
CLICK_M = 200.0
"""How near a click must be to the street it closes, in m: on a map of the whole county a pixel is some 50 m, and what was closed is shown at once."""


def clicked(tool: Tool, closing: Mapping[str, Any]) -> drafting.Click:
    """Return what a click on the map does: open a site, close the street there, or add a point to the road that is being drawn.

    Parameters
    ----------
    tool : {"site", "close", "build"}
    closing : mapping
        Fields of :class:`scenarios.edits.CloseStreet` that the form has set.
    """
    if tool == "close":
        return lambda bench, draft, lonlat: close_street(bench, draft, lonlat, closing)
    return (lambda _, draft, lonlat: with_point(draft, lonlat)) if tool == "build" else drafting.place


def close_street(bench: Workbench, draft: Draft, lonlat: LonLat, told: Mapping[str, Any]) -> Draft:
    """Close the street at a place.

    Raises
    ------
    PlanningError
        When there is none near, or it is closed already.
    """
    lon, lat = drafting.in_datum(draft, lonlat)
    return drafting.with_edits(bench, draft, (*draft.scenario.edits, CloseStreet(**{"lon": lon, "lat": lat, "within_m": CLICK_M, **told})))


def with_point(draft: Draft, lonlat: LonLat) -> Draft:
    """Add a point to the road that is being drawn."""
    return replace(draft, sketch=(*draft.sketch, lonlat))


def without_point(draft: Draft) -> Draft:
    """Take the last point of the road back."""
    return replace(draft, sketch=draft.sketch[:-1])


def build_street(bench: Workbench, draft: Draft, told: Mapping[str, Any]) -> Draft:
    """Build the road that has been drawn; a refused one stays drawn.

    Raises
    ------
    PlanningError
        When it joins no street, or changes nothing.
    """
    points = tuple(drafting.in_datum(draft, lonlat) for lonlat in draft.sketch)
    built = drafting.with_edits(bench, draft, (*draft.scenario.edits, BuildStreet(points=points, **told)))
    return replace(built, sketch=())
