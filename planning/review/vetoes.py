"""Vetoes: grounds on which a project fails whatever its points; shown first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from layers import texts
from layers.texts import Language
from planning.review.context import LITTLE_USED, Context
from planning.review.norms import GRAVES, INSTITUTION_BEDS, INSTITUTIONS

VetoState = Literal["hit", "clear", "unknown"]
OVERLAP = 0.9


@dataclass(frozen=True)
class VetoFinding:
    """Whether a veto holds: hit, clear, or unknown for want of evidence."""

    state: VetoState
    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, lang: Language = "zh") -> str:
        """Return the finding as a sentence."""
        return texts.say(self.code, lang, **self.values)


def excluded_area(context: Context) -> VetoFinding:
    """V1: the site lies in an area excluded for its domain."""
    areas = context.facts.exclusions.of_domain(context.kind.domain)
    if context.point is None or not len(areas):
        return VetoFinding("unknown", "review.no_exclusions")
    hit = areas.loc[areas.geometry.covers(context.point)]
    if len(hit):
        return VetoFinding("hit", "review.v1_hit", {"names": "、".join(sorted(set(hit["name"])))})
    return VetoFinding("clear", "review.v1_clear", {"areas": len(areas)})


def position(context: Context) -> VetoFinding:
    """V2: no usable position, or outside the county."""
    if context.point is None:
        return VetoFinding("hit", "review.v2_none")
    return VetoFinding("clear", "review.v2_clear") if context.inside else VetoFinding("hit", "review.v2_outside")


def land_document(context: Context) -> VetoFinding:
    """V3: no document of land use or ownership."""
    if context.project.documents is None:
        return VetoFinding("unknown", "review.no_documents")
    return _held(context.project.has("land_document"), "review.v3")


def county_child_home(context: Context) -> VetoFinding:
    """V4: a new county child welfare home without the province's confirmation."""
    project = context.project
    if project.type != "child_welfare_county" or project.kind != "new":
        return VetoFinding("clear", "review.not_concerned")
    return _held(project.has("provincial_confirmation"), "review.v4")


def duplicate(context: Context) -> VetoFinding:
    """V5: overlaps facilities of its type by 90 % and more while they are little used (occupancy under 40 %)."""
    if context.project.kind != "new":
        return VetoFinding("clear", "review.not_concerned")
    if not context.in_catchment:
        return VetoFinding("unknown", "review.no_catchment")
    overlap = 1 - context.newly_covered / context.in_catchment
    if overlap < OVERLAP:
        return VetoFinding("clear", "review.v5_clear", {"overlap": overlap})
    occupancy = context.occupancy_nearby
    if occupancy is None:
        return VetoFinding("unknown", "review.v5_unknown", {"overlap": overlap})
    names = "、".join(context.neighbours["name"])
    state: VetoState = "hit" if occupancy < LITTLE_USED else "clear"
    return VetoFinding(state, f"review.v5_{state}_occupancy", {"overlap": overlap, "occupancy": occupancy, "names": names})


def planned(context: Context) -> VetoFinding:
    """V6: in no plan, and no procedure of change named."""
    if context.project.documents is None:
        return VetoFinding("unknown", "review.no_documents")
    return _held(context.project.has("plan") or context.project.has("plan_adjustment"), "review.v6")


def out_of_bounds(context: Context) -> VetoFinding:
    """V7: an institution under 20 or over 500 beds, or graves over the limit."""
    project = context.project
    measured: list[tuple[float | None, tuple[float | None, float | None]]] = []
    if project.type in INSTITUTIONS:
        measured.append((project.capacity, INSTITUTION_BEDS))
    elif project.type.startswith("cemetery"):
        measured += [(project.single_grave_area, GRAVES["single_grave_area"]), (project.joint_grave_area, GRAVES["joint_grave_area"])]
    else:
        return VetoFinding("clear", "review.not_concerned")
    known = [(value, lo, hi) for value, (lo, hi) in measured if value is not None]
    if not known:
        return VetoFinding("unknown", "review.no_size")
    wrong = [value for value, lo, hi in known if (lo is not None and value < lo) or (hi is not None and value > hi)]
    return VetoFinding("hit", "review.v7_hit", {"value": wrong[0]}) if wrong else VetoFinding("clear", "review.v7_clear")


def below_ground(context: Context) -> VetoFinding:
    """V8: elder rooms below ground or mixed with industrial or transport land."""
    project = context.project
    if project.has("underground") or project.has("mixed_industrial"):
        return VetoFinding("hit", "review.v8_hit")
    if project.has("above_ground"):
        return VetoFinding("clear", "review.v8_clear")
    return VetoFinding("unknown", "review.v8_unknown")


def _held(held: bool, code: str) -> VetoFinding:
    state: VetoState = "clear" if held else "hit"
    return VetoFinding(state, f"{code}_{state}")


VETOES: dict[str, Callable[[Context], VetoFinding]] = {
    "V1": excluded_area,
    "V2": position,
    "V3": land_document,
    "V4": county_child_home,
    "V5": duplicate,
    "V6": planned,
    "V7": out_of_bounds,
    "V8": below_ground,
}
