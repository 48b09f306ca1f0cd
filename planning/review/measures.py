"""How each item of the rubric is measured: one function per item, each from the context alone.

The score functions are those of ``docs/review.md``; a function returns missing evidence where it cannot know.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layers.types import CapacityDeaths, CapacityPer, Size
from planning.evaluation import COUNTY
from planning.evaluation.setting import Setting
from planning.review.context import Context
from planning.review.evidence import Evidence, clamp, computed, missing
from planning.review.norms import UNIT_NORMS
from planning.review.project import Document

ROAD_TARGET_M = 100.0
PRIORITY_COLUMNS = {"elder": ("80_plus",), "child": ("0_17",)}


def unserved_share(context: Context) -> Evidence:
    """A1: share of the catchment's people not served now; full points from one half on."""
    if not context.in_catchment:
        return missing("review.no_catchment")
    share = context.newly_covered / context.in_catchment
    return computed(share / 0.5, "review.a1", share, people=context.in_catchment)


def newly_covered(context: Context) -> Evidence:
    """A2: newly covered people as a percentile among candidate places (share of them that cover no more)."""
    if context.people is None or not len(context.rivals):
        return missing("review.no_rivals")
    share = float(np.mean(context.rivals <= context.newly_covered))
    return computed(share, "review.a2", context.newly_covered, share=share, rivals=len(context.rivals))


def capacity_gap(context: Context) -> Evidence:
    """A3: capacity the county lacks without the project over the project's capacity, counted as an evaluation counts it."""
    norm = next((item for item in context.kind.requirements if isinstance(item, CapacityPer | CapacityDeaths)), None)
    setting = Setting(context.kind, context.facts.population, context.facts.outlines, context.layer)
    needed = None if norm is None else setting.needed(norm)
    if norm is None or needed is None:
        return missing("review.no_capacity_norm")
    if not context.project.capacity:
        return missing("review.no_capacity")
    available, unknown = (float(by_area[COUNTY]) for by_area in setting.available(norm))
    gap = max(float(needed[COUNTY]) - available, 0.0)
    values = {"needed": float(needed[COUNTY]), "capacity": context.project.capacity, "unknown": int(unknown)}
    return computed(gap / context.project.capacity, "review.a3", gap, **values)


def priority_people(context: Context) -> Evidence:
    """A4: how far the share of priority people in the catchment exceeds the county's; full points from 50 % above."""
    columns = [name for name in PRIORITY_COLUMNS.get(context.kind.domain, ()) if name in context.facts.population.people.columns]
    if not columns or not context.catchment.any():
        return missing("review.no_priority")
    priority = context.facts.population.people[columns].sum(axis=1).to_numpy(dtype=float)
    everyone = context.facts.population.people.sum(axis=1).to_numpy(dtype=float)
    if not everyone[context.catchment].sum() or not priority.sum():
        return missing("review.no_priority")
    here = priority[context.catchment].sum() / everyone[context.catchment].sum()
    county = priority.sum() / everyone.sum()
    return computed((here / county - 1) / 0.5, "review.a4", here, county=county)


def overlap(context: Context) -> Evidence:
    """B1: share of the catchment that other facilities of the type serve already."""
    if not context.in_catchment:
        return missing("review.no_catchment")
    share = 1 - context.newly_covered / context.in_catchment
    return computed(1 - share, "review.b1", share, facilities=len(context.neighbours))


def occupancy(context: Context) -> Evidence:
    """B2: occupancy of facilities of the type within reach; full points at 80 %, or where there is none."""
    if not len(context.neighbours):
        return computed(1.0, "review.b2_none", 0.0)
    share = context.occupancy_nearby
    if share is None:
        return missing("review.no_occupancy", facilities=len(context.neighbours))
    return computed((share - 0.4) / 0.4, "review.b2", share, facilities=len(context.neighbours))


def reuse(context: Context) -> Evidence:
    """B3: share of the people the project would newly cover whom the best reuse of one existing facility would reach."""
    if context.project.kind != "new":
        return computed(1.0, "review.b3_is_reuse", 0.0)
    if context.people is None or not context.newly_covered:
        return missing("review.no_catchment")
    best = float(context.reuse.max()) if len(context.reuse) else 0.0
    share = best / context.newly_covered
    return computed(1 - clamp((share - 0.6) / 0.4), "review.b3", share, options=len(context.reuse))


def safe_distance(context: Context) -> Evidence:
    """C1: smallest distance to an excluded area over the distance required; full points at twice the distance."""
    areas = context.facts.exclusions.of_domain(context.kind.domain)
    if context.point is None or not len(areas):
        return missing("review.no_exclusions")
    beyond = areas.geometry.distance(context.point).to_numpy(dtype=float)
    required = areas["buffer"].to_numpy(dtype=float)
    ratio = np.where(beyond == 0, 0.0, np.where(required > 0, (beyond + required) / np.where(required > 0, required, 1.0), 2.0))
    worst = int(np.argmin(ratio))
    return computed(ratio[worst] - 1, "review.c1", beyond[worst], name=areas["name"].iloc[worst])


def hazards(context: Context) -> Evidence:
    """C2: share of the areas-to-avoid checks passed, one check per rule."""
    areas = context.facts.exclusions.of_domain(context.kind.domain, "avoid")
    if context.point is None or not len(areas):
        return missing("review.no_hazards")
    hit = areas.loc[areas.geometry.covers(context.point)]
    rules = set(areas["rule"])
    passed = len(rules) - len(set(hit["rule"]))
    return computed(passed / len(rules), "review.c2", passed, rules=len(rules), names="、".join(sorted(set(hit["name"]))) or "—")


def access(context: Context) -> Evidence:
    """C3: share of access targets met: a street within 100 m, and every ``prefer`` rule of the county."""
    if context.point is None:
        return missing("review.no_position")
    areas = context.facts.exclusions.of_domain(context.kind.domain, "prefer")
    rules = set(areas["rule"])
    near = set(areas.loc[areas.geometry.covers(context.point), "rule"])
    met = len(near) + (context.street_m <= ROAD_TARGET_M)
    return computed(met / (len(rules) + 1), "review.c3", met, targets=len(rules) + 1, street=min(context.street_m, 9999.0))


def funds(context: Context) -> Evidence:
    """C5: confirmed funds over the investment; points from one half on."""
    project = context.project
    if not project.investment_wan or project.confirmed_funds_wan is None:
        return missing("review.no_funds")
    share = project.confirmed_funds_wan / project.investment_wan
    return computed((share - 0.5) / 0.5, "review.c5", share)


def size(context: Context) -> Evidence:
    """D1: relative distance to the norm's interval, the worst of the sizes that are known."""
    found = [(_distance(value, lo, hi), name, value) for name, value, lo, hi in _sizes(context) if value is not None]
    if not found:
        return missing("review.no_size")
    distance, name, value = max(found)
    return computed(1 - clamp(distance), "review.d1", value, of=name, distance=distance)


def unit_cost(context: Context) -> Evidence:
    """D2: investment per unit of capacity over the median of facilities and projects of the type (at least three)."""
    own = _unit_cost(context.project.investment_wan, context.project.capacity)
    table = context.others[["investment", "capacity"]].dropna().to_numpy(dtype=float)
    costs = [_unit_cost(float(investment), float(capacity)) for investment, capacity in table]
    costs += [_unit_cost(peer.investment_wan, peer.capacity) for peer in context.peers]
    known = [cost for cost in costs if cost is not None]
    if own is None or len(known) < 3:
        return missing("review.no_unit_cost", known=len(known))
    median = float(np.median(known))
    return computed(1 - clamp((own / median - 1) / 0.5), "review.d2", own, median=median)


def cost_per_person(context: Context) -> Evidence:
    """D3: share of candidate places whose investment per newly covered person, at the project's investment, is higher."""
    if not context.project.investment_wan or not len(context.rivals) or not context.newly_covered:
        return missing("review.no_cost_per_person")
    own = context.project.investment_wan / context.newly_covered
    dearer = float(np.mean(context.rivals < context.newly_covered))
    return computed(dearer, "review.d3", own, share=dearer)


def _sizes(context: Context) -> list[tuple[str, float | None, float | None, float | None]]:
    """Return name, value and interval of every size the norms speak of."""
    project = context.project
    own = {"capacity": project.capacity, "floor_area": project.floor_area}
    sizes = [(item.of, own[item.of], item.lo, item.hi) for item in context.kind.requirements if isinstance(item, Size)]
    per = {name: getattr(project, name) for name in ("single_grave_area", "joint_grave_area")}
    if project.capacity:
        per["floor_per_unit"] = None if project.floor_area is None else project.floor_area / project.capacity
        per["land_per_unit"] = None if project.land_area is None else project.land_area / project.capacity
    norms = UNIT_NORMS.get(context.kind.key, {})
    return sizes + [(name, per.get(name), lo, hi) for name, (lo, hi) in norms.items()]


def _distance(value: float, lo: float | None, hi: float | None) -> float:
    if lo is not None and value < lo:
        return (lo - value) / lo
    if hi is not None and value > hi:
        return (value - hi) / hi
    return 0.0


def _unit_cost(investment: float | None, capacity: float | None) -> float | None:
    return investment / capacity if investment and capacity else None


def _checklist(code: str, *documents: Document) -> Callable[[Context], Evidence]:
    def measure(context: Context) -> Evidence:
        if context.project.documents is None:
            return missing("review.no_documents")
        held = [document for document in documents if context.project.has(document)]
        lacking = tuple(document for document in documents if document not in held)
        return Evidence("document", len(held) / len(documents), code, float(len(held)), {"of": len(documents), "lacking": lacking})

    return measure


MEASURES: dict[str, Callable[[Context], Evidence]] = {
    "A1": unserved_share,
    "A2": newly_covered,
    "A3": capacity_gap,
    "A4": priority_people,
    "B1": overlap,
    "B2": occupancy,
    "B3": reuse,
    "C1": safe_distance,
    "C2": hazards,
    "C3": access,
    "C4": _checklist("review.c4", "plan", "land_use_code", "land_document"),
    "C5": funds,
    "D1": size,
    "D2": unit_cost,
    "D3": cost_per_person,
    "E1": _checklist("review.e1", "operator", "staff", "running_cost"),
    "E2": _checklist("review.e2", "targets", "baseline", "date"),
}
