"""现状评估: who is served by what stands today, by county and township, and which standards are met."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
import shapely
import streamlit as st

from layers.types import FacilityType, Reach
from planning.app import figures, session, standards, words
from planning.app.drafting import fresh
from planning.app.map import component, view
from planning.app.map.answer import Answer
from planning.app.pages import _common, _inquiry, _travel
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Evaluation, area_served, inquire
from scenarios.state import State

MAP = "measure_map"


def page() -> None:
    """Draw the page."""
    desk = _common.opened("measure")
    if desk is None:
        return
    left, right = st.columns([1, 1])
    with left:
        kind = _common.choose_type(desk.bench, "in_measure_type", session.first_type(desk.bench))
    with right:
        reach = _common.choose_reach(kind, "in_measure_reach")
    evaluation = desk.bench.measure_type(kind.key, requirement=None if reach is None else reach.id)
    _people(evaluation)
    _supply(evaluation)
    if reach is not None:
        st.caption(standards.source_line(reach))
    _scene(desk, kind, reach, evaluation)
    townships, requirements, facilities = st.tabs([t("measure.townships"), t("measure.requirements"), t("measure.facilities")])
    with townships:
        figures.townships(evaluation)
    with requirements:
        figures.requirements(evaluation)
    with facilities:
        figures.facilities(evaluation)
    if reach is not None and evaluation.coverage is not None:
        _travel.panel(desk, kind, reach)


def _people(evaluation: Evaluation) -> None:
    if evaluation.coverage is None:
        st.info(figures.why_not(evaluation), icon=":material/info:")
        return
    coverage = evaluation.coverage
    totals = coverage.totals
    cells = st.columns(6)
    cells[0].metric(t("column.people"), words.whole(sum(totals.values())), help=t("measure.people_help"))
    cells[1].metric(t("column.covered_share"), words.share(coverage.covered_share))
    for cell, state in zip(cells[2:], ("covered", "uncovered", "unreachable", "not_located"), strict=True):
        cell.metric(t(f"column.{state}"), words.whole(totals[state]), help=t(f"measure.{state}_help"))
    st.caption(t("measure.adds_up", outside=coverage.outside))


def _supply(evaluation: Evaluation) -> None:
    county = evaluation.county
    cells = st.columns(6)
    for cell, name in zip(cells, ("facilities", "capacity", "capacity_unknown", "available", "needed", "balance"), strict=True):
        value = float(county[name])
        shown = words.change(value) if name == "balance" else words.whole(value)
        cell.metric(figures.head(name, evaluation.kind), shown, help=t(f"measure.{name}_help"))


@st.fragment
def _scene(desk: Desk, kind: FacilityType, reach: Reach | None, evaluation: Evaluation) -> None:
    """Draw the map, and beside it the cell or facility chosen on it; a choice redraws nothing else."""
    left, right = st.columns([7, 4], gap="medium")
    with session.guarded():
        state = desk.bench.state()
        scene = view.Scene(kind, state, evaluation, None, desk.ground, desk.raster, figures.attribution(desk), desk.bench.facts.crs)
        shown = view.shown(scene)
        selected = str(st.session_state.get("measure_selected", ""))
        place = st.session_state.get("measure_place")
        inquiry = None if reach is None or place is None else inquire(desk.bench, kind, reach, place, state)
        area = None
        with right:
            if place is not None and reach is not None:
                _inquiry.card(desk, inquiry, reach)
            elif selected in shown.index:
                figures.facility(cast("pd.Series[Any]", shown.loc[selected]), kind, desk)
                area = _area(desk, reach, selected, state)
            else:
                st.caption(t("inquiry.hint"))
            figures.verdicts(evaluation)
        controls = view.Controls(
            ask=evaluation.coverage is not None,
            selected=selected,
            ack=st.session_state.get("measure_ack"),
            send_ground=session.must_send(desk.ground),
            height=560,
        )
        with left:
            component.show(MAP, view.data(scene, controls, Answer(inquiry, area)), _heard)
            lost = int((shown.geometry.isna() | shown.geometry.is_empty).sum())
            if lost:
                st.caption(t("map.without_place", count=lost))


def _area(desk: Desk, reach: Reach | None, facility: str, state: State) -> shapely.Geometry | None:
    """Ask whether the facility's service area shall be drawn, and return it if so."""
    if reach is None or not st.checkbox(t("served.show"), key="in_measure_area", help=t("served.show_help")):
        return None
    return area_served(desk.bench, reach, facility, state)


def _heard() -> None:
    """Note the newest choice: a cell takes the place of a facility, and the other way round."""
    message = session.heard(MAP)
    for event in fresh(st.session_state.get("measure_ack"), message):
        if "facility" in event:
            st.session_state["measure_selected"], st.session_state["measure_place"] = event["facility"], None
        elif "place" in event:
            lon, lat = event["place"]
            st.session_state["measure_selected"], st.session_state["measure_place"] = "", (float(lon), float(lat))
        st.session_state["measure_ack"] = {"client": message["client"], "seq": event["seq"]}
