"""A consolidation as edits of a scenario: sizes and types first, then new homes, then who merges into whom, then what closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planning.siting.consolidation.answer import ConsolidationPlan
from planning.siting.consolidation.problem import Consolidation, Option
from scenarios.edits import Close, Convert, Edit, Merge, Open, Resize


@dataclass(frozen=True)
class NewPlace:
    """What an edit says of a new home besides its beds: type, name, and position in the scenario's datum."""

    type: str
    name: str
    lon: float
    lat: float


def edits_of(problem: Consolidation, plan: ConsolidationPlan, places: Mapping[str, NewPlace] | None = None) -> tuple[Edit, ...]:
    """Return a plan as edits that follow each other, applied to the state that the problem was made of.

    A merge states the beds of the home that takes over, since residents move into beds that are there or are built; beds do not move.

    Parameters
    ----------
    problem : Consolidation
    plan : ConsolidationPlan
    places : mapping of site to NewPlace
        Of every new site that opens.

    Raises
    ------
    ValueError
        When there is no plan, or nothing is said of a site that opens.
    """
    if not plan.deeds:
        raise ValueError("there is no plan")
    states = {deed.site: problem.home(deed.site).options[deed.option] for deed in plan.deeds if deed.option is not None}
    lacking = {site for site, option in states.items() if option.action == "open"} - set(places or {})
    if lacking:
        raise ValueError(f"nothing is said of the new sites {sorted(lacking)}")
    edits: list[Edit] = [edit for site, option in states.items() for edit in _goes_on(site, option)]
    edits += [_opens(site, option, (places or {})[site]) for site, option in states.items() if option.action == "open"]
    edits += [
        Merge(facility=deed.site, into=deed.into, capacity=states[deed.into].beds, care_beds=states[deed.into].care_beds)
        for deed in plan.deeds
        if deed.into
    ]
    return (*edits, *(Close(facility=deed.site) for deed in plan.deeds if deed.option is None and not deed.into))


def _goes_on(site: str, option: Option) -> list[Edit]:
    if option.action == "convert":
        return [Convert(facility=site, to=option.to, capacity=option.beds, care_beds=option.care_beds)]
    if option.action in {"enlarge", "reduce"}:
        return [Resize(facility=site, capacity=option.beds, care_beds=option.care_beds)]
    return []


def _opens(site: str, option: Option, place: NewPlace) -> Edit:
    return Open(
        id=site, type=place.type, name=place.name, lon=place.lon, lat=place.lat, capacity=option.beds, care_beds=option.care_beds
    )  # fmt: skip
