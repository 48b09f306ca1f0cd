"""现状评估: who is served by what stands today, by county and township, and which standards are met."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
import streamlit as st

from layers.types import FacilityType
from planning.app import figures, session, standards, words
from planning.app.drafting import fresh
from planning.app.map import component, view
from planning.app.pages import _common
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Evaluation

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
    left, right = st.columns([7, 4], gap="medium")
    with left:
        _map(desk, kind, evaluation)
    with right:
        figures.verdicts(evaluation)
    townships, requirements, facilities = st.tabs([t("measure.townships"), t("measure.requirements"), t("measure.facilities")])
    with townships:
        figures.townships(evaluation)
    with requirements:
        figures.requirements(evaluation)
    with facilities:
        figures.facilities(evaluation)


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
def _map(desk: Desk, kind: FacilityType, evaluation: Evaluation) -> None:
    """Draw the map and the facility chosen on it; a choice redraws nothing else."""
    with session.guarded():
        state = desk.bench.state()
        scene = view.Scene(kind, state, evaluation, None, desk.ground, desk.raster, figures.attribution(desk), desk.bench.facts.crs)
        controls = view.Controls(
            selected=str(st.session_state.get("measure_selected", "")),
            ack=st.session_state.get("measure_ack"),
            send_ground=session.must_send(desk.ground),
            height=560,
        )
        component.show(MAP, view.data(scene, controls), _heard)
        shown = view.shown(scene)
        lost = int((shown.geometry.isna() | shown.geometry.is_empty).sum())
        if lost:
            st.caption(t("map.without_place", count=lost))
        if controls.selected in shown.index:
            figures.facility(cast("pd.Series[Any]", shown.loc[controls.selected]), kind, desk)
        else:
            st.caption(t("measure.click"))


def _heard() -> None:
    message = session.heard(MAP)
    for event in fresh(st.session_state.get("measure_ack"), message):
        if "facility" in event:
            st.session_state["measure_selected"] = event["facility"]
        st.session_state["measure_ack"] = {"client": message["client"], "seq": event["seq"]}
