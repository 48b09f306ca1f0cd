"""情景方案: place, close, resize, merge, convert and move on the map, and see at once who is served."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from layers.types import FacilityType, Reach
from planning.app import drafting, figures, notices, session, standards, words
from planning.app.drafting import Draft
from planning.app.map import component, view
from planning.app.map.answer import Answer
from planning.app.pages import _common, _consolidation, _facility, _inquiry, _proposal, _shelf, _streets
from planning.app.pages._awaited import awaited
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Evaluation, inquire

MAP = "scenario_map"


def page() -> None:
    """Draw the page."""
    desk = _common.opened("scenario")
    if desk is None:
        return
    _workshop(desk)
    siting, merging = st.tabs([t("propose.title"), t("consolidate.title")])
    with siting:
        _proposal.part(desk)
    with merging:
        _consolidation.part(desk)


@st.fragment
def _workshop(desk: Desk) -> None:
    """Draw everything a click changes; a click redraws this part alone."""
    with st.container(key="workshop_notices"):
        notices.show()
    draft = session.draft()
    if draft is None:
        return
    with session.guarded():
        _shelf.row(desk, draft)
        kind, reach = _choices(desk, draft)
        draft = session.draft() or draft
        _scene(desk, draft, kind, reach)


def _choices(desk: Desk, draft: Draft) -> tuple[FacilityType, Reach | None]:
    first, second, third, fourth = st.columns([3, 3, 1.3, 1.5], vertical_alignment="bottom")
    with first:
        kind = _common.choose_type(desk.bench, "in_scenario_type", draft.type)
        kind = desk.bench.kind(kind.key, draft.scenario)
    with second:
        reach = _common.choose_reach(kind, "in_scenario_reach")
    third.toggle(t("scenario.place"), value=True, key="in_scenario_place", help=t("scenario.place_help"))
    fourth.toggle(t("scenario.drag"), key="in_scenario_drag", help=t("scenario.drag_help"))
    if draft.type != kind.key:
        session.keep_draft(replace(draft, type=kind.key))
    return kind, reach


def _scene(desk: Desk, draft: Draft, kind: FacilityType, reach: Reach | None) -> None:
    state = drafting.worked_out(desk.bench, draft)
    requirement = None if reach is None else reach.id
    before = session.measured(desk, draft.scenario.model_copy(update={"edits": ()}), kind.key, requirement)
    waiting = awaited(desk, draft, state, kind.key, requirement)
    now = before if waiting else session.measured(desk, draft.scenario, kind.key, requirement, state)
    if waiting:
        st.info(t("streets.waiting"), icon=":material/hourglass_top:")
    _numbers(before, now)
    if reach is not None:
        st.caption(standards.source_line(reach))
    left, right = st.columns([7, 4], gap="medium")
    scene = view.Scene(kind, state, now, before, desk.ground, desk.raster, figures.attribution(desk), desk.bench.facts.crs)
    asking = None if _placing() or waiting or now.coverage is None else reach
    inquiry = inquire(desk.bench, kind, asking, draft.asked, state) if asking and draft.asked else None
    with left:
        controls = view.Controls(
            place=_placing(),
            ask=asking is not None,
            drag_existing=bool(st.session_state.get("in_scenario_drag", False)),
            selected=draft.selected,
            ack=draft.ack,
            sketch=draft.sketch,
            send_ground=session.must_send(desk.ground),
        )
        component.show(MAP, view.data(scene, controls, Answer(inquiry)), _heard)
    with right:
        if asking and draft.asked:
            _inquiry.card(desk, inquiry, asking)
        _facility.panel(desk, draft, state, kind)
        _streets.panel(desk, draft, state)
        _shelf.edits(desk, draft, state)
    with st.expander(t("scenario.townships"), icon=":material/table_chart:"):
        figures.township_change(before, now)


def _placing() -> bool:
    """Return whether a click changes the scenario; else it asks for the cell."""
    return bool(st.session_state.get("in_scenario_place", True)) or _streets.tool() != "site"


def _numbers(before: Evaluation, now: Evaluation) -> None:
    change = figures.change(before, now)
    with st.container(key="numbers"):
        cells = st.columns(5)
    if now.coverage is None:
        st.info(figures.why_not(now), icon=":material/info:")
    else:
        cells[0].metric(t("column.covered_share"), words.share(change.share), words.share_delta(change.share_change), help=t("scenario.share_help"))
        cells[1].metric(t("column.covered"), words.whole(change.covered), words.delta(change.covered_change))
        cells[2].metric(t("column.uncovered"), words.whole(change.uncovered), words.delta(change.uncovered_change), delta_color="inverse")
    cells[3].metric(t("column.facilities"), words.whole(change.facilities), words.delta(change.facilities_change), delta_color="off")
    cells[4].metric(figures.head("capacity", now.kind), words.whole(change.capacity), words.delta(change.capacity_change), delta_color="off")


def _heard() -> None:
    """Apply what the map told, before the part is redrawn."""
    desk, draft = session.desk(), session.draft()
    message = session.heard(MAP)
    if desk is None or draft is None:
        return
    changed, errors = drafting.hear(desk.bench, draft, message, _streets.click() if _placing() else drafting.ask)
    session.keep_draft(changed)
    for error in errors:
        session.refuse(error)
