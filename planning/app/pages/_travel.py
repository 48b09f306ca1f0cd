"""出行成本报告: how people reach the streets, and which streets do not hang together with the others."""

from __future__ import annotations

from typing import cast

import pandas as pd
import streamlit as st

from layers.types import FacilityType, Reach
from planning.app import figures, session, tables, words
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import TravelReport, Workbench, travel_report

KEPT = "travel_report"
COLOUR = "#1f6f6b"
STATES = ("covered", "uncovered", "unreachable", "not_located")
WAYS = ("access_median", "access_95", "access_largest")


@st.fragment
def panel(desk: Desk, kind: FacilityType, reach: Reach) -> None:
    """Draw the report once it is asked for; asking redraws nothing else."""
    if not st.toggle(t("travel.show"), key="in_measure_travel", help=t("travel.show_help")):
        return
    with session.guarded():
        report = _report(desk.bench, kind, reach)
        _numbers(report)
        _townships(report)
        st.caption(t("travel.note"))
        left, right = st.columns([4, 7], gap="medium")
        with left:
            _distances(report)
        with right:
            _parts(report)


def _report(bench: Workbench, kind: FacilityType, reach: Reach) -> TravelReport:
    """Return the report, kept for the next redraw of the same."""
    name = (kind.key, reach.id)
    kept = cast("tuple[Workbench, tuple[str, str], TravelReport] | None", st.session_state.get(KEPT))
    if kept is None or kept[0] is not bench or kept[1] != name:
        with st.spinner(t("travel.working")):
            kept = (bench, name, travel_report(bench, kind.key, requirement=reach.id))
        st.session_state[KEPT] = kept
    return kept[2]


def _numbers(report: TravelReport) -> None:
    cells = st.columns(6)
    for cell, name in zip(cells, WAYS, strict=False):
        cell.metric(t(f"column.{name}"), words.whole(float(report.county[name])), help=t(f"travel.{name}_help", snap=report.snap_m))
    cells[3].metric(t("column.beyond_snap"), words.whole(float(report.county["beyond_snap"])), help=t("travel.beyond_snap_help", snap=report.snap_m))
    cells[4].metric(t("travel.parts"), words.whole(report.streets["parts"]), help=t(f"travel.parts_{report.components}_help"))
    cells[5].metric(t("travel.cut_off"), words.whole(float(report.others["cut_off"].sum())), help=t("travel.cut_off_help"))


def _townships(report: TravelReport) -> None:
    frame = report.townships
    whole = ["people", *STATES, "cells", *WAYS, "beyond_snap"]
    shown = frame.assign(name=figures.area_names(frame), **{name: figures.counted(frame[name]) for name in whole})
    tables.show(tables.headed(shown, ["name", *whole]), columns=tables.counts(*whole))


def _distances(report: TravelReport) -> None:
    """Draw how many people have how long a way to the street."""
    way, people = t("travel.way"), t("column.people")
    frame = pd.DataFrame({way: [f"≤ {upto:g}" for upto in report.distances.index], people: report.distances["people"].round().to_numpy()})
    st.bar_chart(frame, x=way, y=people, x_label=way, y_label=people, sort=False, color=COLOUR, height=360)


def _parts(report: TravelReport) -> None:
    told = {name: f"{value:,.1f}" if name.endswith("km") else words.whole(value) for name, value in report.streets.items()}
    st.markdown(t(f"travel.streets_{report.components}", mode=t(f"mode.{report.mode}"), **told))
    if report.others.empty:
        return
    frame = report.others
    whole = ["nodes", "metres", "nearest", "cut_off"]
    shown = frame.assign(
        township=frame["township_name"],
        nodes=frame["points"],
        nearest=frame["people"],
        lon=frame["lon"].map("{:.5f}".format),
        lat=frame["lat"].map("{:.5f}".format),
    )
    shown = shown.assign(**{name: figures.counted(shown[name]) for name in whole})
    tables.show(tables.headed(shown, ["township", "lon", "lat", *whole]), columns=tables.counts(*whole), height=320 if len(shown) > 8 else "content")
    st.caption(t("travel.parts_note"))
