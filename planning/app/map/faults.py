"""What the map of the street check-up shows: each fault of the streets in its colour and with its number, and who lives too far from any street."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.facts import Facts
from planning.app import words
from planning.app.map.cells import COLOURS, DENSITY_ALPHA, STATES, Raster, densities, image
from planning.app.map.ground import Drawing, Ground, chains
from planning.workbench import StreetFault

# Colour and dashes by what a planner has to do: mend a tag, a line, a joint, a direction, or know of it.
STYLES: dict[str, tuple[str, str | None]] = {
    "tags": ("#b45309", None),
    "lines": ("#7c3aed", None),
    "gap": ("#d0021b", None),
    "one_way": ("#be185d", None),
    "closed": ("#475569", "6 4"),
    "apart": ("#0f766e", "6 4"),
}
_STYLE_OF = {
    "unknown_class": "tags", "zero_speed": "tags", "high_speed": "tags", "slow_speed": "tags", "odd_speed": "tags", "odd_oneway": "tags",
    "no_length": "lines", "drawn_twice": "lines", "one_way_through": "one_way", "one_way_true": "one_way",
}  # fmt: skip


def data(facts: Facts, raster: Raster, laid: Ground, found: Sequence[StreetFault], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of the live map; see the head of ``live.js``.

    Parameters
    ----------
    facts : Facts
    raster : Raster
    laid : Ground
    found : sequence of StreetFault
        In the order of their numbers, from 1.
    options : mapping
        ``chosen`` (number of a fault, 0 for none), ``send_ground``, ``attribution``, ``height``.
    """
    chosen = int(options["chosen"])
    draw = Drawing(facts.crs)
    faults = [_drawn(facts, draw, number, item, chosen=number == chosen) for number, item in enumerate(found, 1)]
    shown = [fault for fault in faults if fault["lines"]]
    focus = next((fault for fault in faults if fault["number"] == chosen), None)
    return {
        "place": False, "ask": False, "view": f"buju-faults-{laid.version}", "version": laid.version,
        "base": laid.base if options["send_ground"] else None, "bounds": laid.bounds, "cells": _cells(facts, raster, found),
        "changes": [], "moves": [], "area": None, "cell": None, "trips": [], "facilities": [], "styles": {}, "pending": "#111827", "selected": "",
        "faults": shown[::-1], "focus": _box(focus["lines"]) if focus else None, "legend": _legend(found), "ack": None,
        "attribution": options["attribution"], "height": options["height"],
        "words": {"map": words.t("street_check.map"), "failed": words.t("map.failed")},
    }  # fmt: skip


def style(item: StreetFault) -> str:
    """Return the name of the style a fault is drawn in, empty for what is no street."""
    return _STYLE_OF.get(item.kind, item.kind if item.kind in STYLES else "")


def _drawn(facts: Facts, draw: Drawing, number: int, item: StreetFault, *, chosen: bool) -> dict[str, Any]:
    lines = [draw.points(line) for line in chains(facts.streets, item.segments)]
    if item.gap:
        lines.append(draw.points(np.array(item.gap)))
    colour, dash = STYLES.get(style(item), ("#111827", None))
    known = item.fault.values
    at = [known["lat"], known["lon"]] if "lon" in known else None
    text = words.t("street_check.told", number=number, kind=words.t(f"street_check.kind.{item.kind}"), text=item.fault.say(words.lang()))
    return {"number": number, "lines": lines, "at": at, "colour": colour, "dash": dash, "text": text, "chosen": chosen}


def _box(lines: list[list[list[float]]]) -> list[list[float]] | None:
    points = [point for line in lines for point in line]
    return [[min(axis) for axis in zip(*points, strict=True)], [max(axis) for axis in zip(*points, strict=True)]] if points else None


def _cells(facts: Facts, raster: Raster, found: Sequence[StreetFault]) -> dict[str, object] | None:
    """Return the cells that are too far from every street, the others left clear."""
    far = np.unique(np.concatenate([np.empty(0, np.int64), *(item.cells for item in found)]))
    if not len(far):
        return None
    classes = np.full(len(facts.population.cells), len(STATES) * len(DENSITY_ALPHA), np.uint8)
    classes[far] = STATES.index("unreachable") * len(DENSITY_ALPHA) + densities(facts.population.people.sum(axis=1))[far]
    return image(raster, classes)


def _legend(found: Sequence[StreetFault]) -> list[dict[str, Any]]:
    present = {style(item) for item in found if len(item.segments)}
    entries = [
        {"fill": "transparent", "stroke": colour, "dash": dash, "shape": "line", "text": words.t(f"street_check.style.{name}")}
        for name, (colour, dash) in STYLES.items()
        if name in present
    ]
    if any(len(item.cells) for item in found):
        far = {"fill": COLOURS["unreachable"], "stroke": "transparent", "dash": None, "shape": "square", "text": words.t("street_check.style.far")}
        entries.append(far)
    return entries
