"""A scenario under the planner's hands: what clicks and forms do to it, without any page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from layers.consolidation import ConsolidationTask
from layers.crs import from_wgs84, to_wgs84
from layers.errors import PlanningError
from layers.tasks import PlanTask
from planning.workbench import Proposal, Workbench, check_place, draft_move, draft_open
from scenarios.document import Scenario, fingerprint
from scenarios.edits import Close, Convert, Edit, Merge, Move, Open, Place, Resize
from scenarios.files import Opened
from scenarios.state import State

LonLat = tuple[float, float]
Click = Callable[[Workbench, "Draft", LonLat], "Draft"]


@dataclass(frozen=True)
class Draft:
    """A scenario being worked on, and what the planner looks at.

    Attributes
    ----------
    scenario : Scenario
    name : str
        File name it was opened from or saved under; empty for a new one.
    saved : str
        Fingerprint when it was last opened or saved; empty for a new one.
    known : str
        What a save must tell of the file that was opened or saved last; empty for a new one.
    type : str
        Facility type that clicks place.
    selected : str
        Facility the planner chose, or empty.
    ack : mapping or None
        The map's last event that was taken note of: client and number.
    state : State or None
        What the scenario leads to, where it has been worked out already.
    sketch : tuple of (lon, lat)
        Points of a road that is being drawn, in WGS 84; no part of the scenario until it is built.
    asked : (lon, lat) or None
        Where the planner asked for a population cell last, in WGS 84.
    """

    scenario: Scenario
    type: str
    name: str = ""
    saved: str = ""
    known: str = ""
    selected: str = ""
    ack: Mapping[str, Any] | None = None
    state: State | None = None
    sketch: tuple[LonLat, ...] = ()
    asked: LonLat | None = None

    @property
    def is_saved(self) -> bool:
        """Whether the file holds what is shown; a new scenario without edits has nothing to lose."""
        return fingerprint(self.scenario) == self.saved or not (self.name or self.scenario.edits)


def new_draft(title: str, type: str) -> Draft:
    """Return an empty scenario to begin with."""
    return Draft(Scenario(title=title), type)


def opened_draft(opened: Opened, type: str) -> Draft:
    """Return a scenario opened from a file, or just saved; an older version is not what the file holds."""
    return Draft(opened.scenario, type, opened.path.stem, "" if opened.older else fingerprint(opened.scenario), opened.known)


def hear(bench: Workbench, draft: Draft, message: Mapping[str, Any], click: Click | None = None) -> tuple[Draft, list[PlanningError]]:
    """Apply what the map tells, each event once.

    Parameters
    ----------
    bench : Workbench
    draft : Draft
    message : mapping
        ``{client, events: [{seq, place | facility | move}]}``; the map repeats events until their number is acknowledged.
    click : callable, optional
        What a click on an empty place does; :func:`place` when absent.

    Returns
    -------
    draft : Draft
        With the events applied and acknowledged.
    errors : list of PlanningError
        One for each event that was refused; a refused event is acknowledged, too, and changes nothing else.
    """
    errors: list[PlanningError] = []
    for event in fresh(draft.ack, message):
        try:
            draft = _apply(bench, draft, event, click or place)
        except PlanningError as error:
            errors.append(error)
        draft = replace(draft, ack={"client": message["client"], "seq": event["seq"]})
    return draft, errors


def fresh(ack: Mapping[str, Any] | None, message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the events of a message that have not been acknowledged, in their order."""
    last = ack["seq"] if ack and ack["client"] == message["client"] else 0
    return sorted((event for event in message.get("events", ()) if event["seq"] > last), key=lambda event: int(event["seq"]))


def place(bench: Workbench, draft: Draft, lonlat: LonLat) -> Draft:
    """Open a facility of the draft's type at a place, and choose it.

    Raises
    ------
    PlanningError
        When the place is outside the county or excluded.
    """
    edit = draft_open(bench, draft.type, in_datum(draft, lonlat), draft.scenario, state=draft.state)
    return replace(with_edits(bench, draft, (*draft.scenario.edits, edit)), selected=edit.id)


def ask(_: Workbench, draft: Draft, lonlat: LonLat) -> Draft:
    """Note the place whose population cell is asked for."""
    return replace(draft, asked=lonlat)


def move(bench: Workbench, draft: Draft, facility: str, lonlat: LonLat) -> Draft:
    """Put a facility elsewhere: one the planner opened is opened there instead, an existing one is moved.

    Raises
    ------
    PlanningError
        When the place is outside the county or excluded.
    """
    lon, lat = in_datum(draft, lonlat)
    edits = draft.scenario.edits
    for position, edit in enumerate(edits):
        if isinstance(edit, Open) and edit.id == facility:
            check_place(bench, bench.kind(edit.type, draft.scenario), (lon, lat), draft.scenario)
            there = edit.model_copy(update={"lon": lon, "lat": lat, "township": ""})
            return replace(with_edits(bench, draft, (*edits[:position], there, *edits[position + 1 :])), selected=facility)
    others = edits[:-1] if edits and isinstance(edits[-1], Move) and edits[-1].facility == facility else edits
    before = draft.scenario.model_copy(update={"edits": others})
    moved = draft_move(bench, facility, (lon, lat), before, draft.state if others == edits else None)
    return replace(with_edits(bench, draft, (*others, moved)), selected=facility)


def close(bench: Workbench, draft: Draft, facility: str, note: str = "") -> Draft:
    """Close a facility; one the planner opened is taken back instead."""
    opened = [edit for edit in draft.scenario.edits if isinstance(edit, Open) and edit.id == facility]
    if opened:
        return without(bench, draft, draft.scenario.edits.index(opened[0]))
    return _with(bench, draft, Close(facility=facility, note=note))


def resize(bench: Workbench, draft: Draft, facility: str, capacity: float, note: str = "") -> Draft:
    """Give a facility another capacity; one the planner opened is opened with it."""
    edits = draft.scenario.edits
    for position, edit in enumerate(edits):
        if isinstance(edit, Open) and edit.id == facility:
            sized = edit.model_copy(update={"capacity": capacity})
            return with_edits(bench, draft, (*edits[:position], sized, *edits[position + 1 :]))
    return _with(bench, draft, Resize(facility=facility, capacity=capacity, note=note))


def merge(bench: Workbench, draft: Draft, facility: str, into: str, note: str = "") -> Draft:
    """Merge a facility into another."""
    return replace(_with(bench, draft, Merge(facility=facility, into=into, note=note)), selected=into)


def convert(bench: Workbench, draft: Draft, facility: str, to: str, note: str = "") -> Draft:
    """Make a facility one of another type."""
    return _with(bench, draft, Convert(facility=facility, to=to, note=note))


def without(bench: Workbench, draft: Draft, position: int) -> Draft:
    """Take one edit back.

    Raises
    ------
    PlanningError
        When a later edit needs it.
    """
    edits = draft.scenario.edits
    left = with_edits(bench, draft, (*edits[:position], *edits[position + 1 :]))
    gone = left.selected not in worked_out(bench, left).layer.table.index
    return replace(left, selected="") if gone else left


def with_edits(bench: Workbench, draft: Draft, edits: tuple[Edit, ...]) -> Draft:
    """Return the draft with these edits, after each has been checked against the state before it; only the new ones where some are added."""
    scenario = draft.scenario.model_copy(update={"edits": edits})
    known = draft.scenario.edits
    if draft.state is None or edits[: len(known)] != known:
        return replace(draft, scenario=scenario, state=bench.state(scenario))
    here = Place.of(bench.facts, scenario.datum)
    state = draft.state
    for edit in edits[len(known) :]:
        state = edit.apply(state, here)
    return replace(draft, scenario=scenario, state=state)


def worked_out(bench: Workbench, draft: Draft) -> State:
    """Return the state of a draft, worked out only where it is not known yet.

    Raises
    ------
    PlanningError
        When an edit is impossible.
    """
    return bench.state(draft.scenario) if draft.state is None else draft.state


def take(bench: Workbench, draft: Draft, proposal: Proposal) -> Draft:
    """Add a proposal's new sites and closures to the draft, whatever has been changed while it was computed.

    A site whose id the draft has already given away gets the next free number.

    Raises
    ------
    PlanningError
        When a site no longer fits.
    """
    return take_edits(bench, draft, proposal.scenario.model_copy(update={"edits": proposal.edits}), proposal.task)


def take_edits(bench: Workbench, draft: Draft, computed: Scenario, task: PlanTask | ConsolidationTask) -> Draft:
    """Add computed edits to the draft; those that open what the draft has already, by id, open it under the next free number.

    Raises
    ------
    PlanningError
        When an edit no longer fits.
    """
    taken = set(worked_out(bench, draft).layer.table.index)
    names: dict[str, str] = {}
    added: list[Edit] = []
    for edit in computed.edits:
        if isinstance(edit, Open):
            names[edit.id] = _free(edit.id, taken)
            taken.add(names[edit.id])
            lon, lat = _between(computed.datum, draft.scenario.datum, (edit.lon, edit.lat))
            added.append(edit.model_copy(update={"id": names[edit.id], "lon": lon, "lat": lat}))
        elif isinstance(edit, Merge):
            added.append(edit.model_copy(update={"into": names.get(edit.into, edit.into)}))
        else:
            added.append(edit)
    scenario = draft.scenario
    if not draft.name and not scenario.edits:
        scenario = scenario.model_copy(update={"title": task.title})
    changed = with_edits(bench, replace(draft, scenario=scenario), (*scenario.edits, *added))
    return replace(changed, type=task.type)


def _free(wanted: str, taken: set[str]) -> str:
    free, number = wanted, 2
    while free in taken:
        free, number = f"{wanted}-{number}", number + 1
    return free


def in_datum(draft: Draft, lonlat: LonLat) -> LonLat:
    """Return WGS 84 coordinates in the datum of a draft's edits."""
    return _between("WGS84", draft.scenario.datum, lonlat)


def targets(state: State, facility: str) -> list[str]:
    """Return the facilities of the same type that a facility could be merged into, the nearest first."""
    table = state.layer.table
    row = table.loc[facility]
    others = state.layer.of_type(str(row["type"])).drop(index=facility, errors="ignore")
    if row.geometry is None or row.geometry.is_empty:
        return [str(other) for other in others.index]
    far = others.geometry.distance(row.geometry).fillna(np.inf)
    return [str(other) for other in far.sort_values(kind="stable").index]


def _apply(bench: Workbench, draft: Draft, event: Mapping[str, Any], click: Click) -> Draft:
    actions: dict[str, Callable[[Any], Draft]] = {
        "place": lambda told: click(bench, draft, _lonlat(told)),
        "facility": lambda told: replace(draft, selected=str(told)),
        "move": lambda told: move(bench, draft, str(told["id"]), _lonlat(told["lonlat"])),
    }
    for name, act in actions.items():
        if name in event:
            return act(event[name])
    return draft


def _lonlat(told: Any) -> LonLat:  # noqa: ANN401 (what a browser sends)
    lon, lat = (round(float(value), 7) for value in told)
    return lon, lat


def _between(datum: str, other: str, lonlat: LonLat) -> LonLat:
    if datum == other:
        return lonlat
    lon, lat = from_wgs84(*to_wgs84(np.array([lonlat[0]]), np.array([lonlat[1]]), datum), other)
    return round(float(lon[0]), 7), round(float(lat[0]), 7)


def _with(bench: Workbench, draft: Draft, edit: Edit) -> Draft:
    return with_edits(bench, draft, (*draft.scenario.edits, edit))
