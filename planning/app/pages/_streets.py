"""道路变动: the streets a scenario closes and the roads it builds."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import streamlit as st

from planning.app import drafting, sketching, tables, words
from planning.app.drafting import Draft
from planning.app.pages._common import ask_lonlat, change_draft
from planning.app.session import Desk
from planning.app.sketching import TOOLS, Tool
from planning.app.words import t
from planning.workbench import class_name, mode_name, street_sentence
from scenarios.roads import StreetChange
from scenarios.state import State

MODES = ("walk", "drive")
JOIN_M = 50.0
"""How near a clicked end must be to a street, in m: on a screen a finger's breadth is more than the 30 m of a scenario written by hand."""


def panel(desk: Desk, draft: Draft, state: State) -> None:
    """Draw what may be done to streets, and what has been done."""
    with st.expander(t("streets.title"), icon=":material/add_road:", expanded=bool(state.streets)):
        st.segmented_control(t("streets.click"), TOOLS, default="site", format_func=lambda tool: t(f"streets.tool_{tool}"), key="in_street_tool")
        if tool() == "close":
            _closing(desk)
        elif tool() == "build":
            _building(desk, draft)
        for change in state.streets:
            text, button = st.columns([5, 2], vertical_alignment="center")
            text.markdown(f"{change.edit}. {tables.plain(sentence(change))}")
            button.button(
                t("streets.take_back"), key=f"street_back_{change.edit}", width="stretch",
                on_click=change_draft, args=(partial(drafting.without, desk.bench, position=change.edit - 1),),
            )  # fmt: skip


def tool() -> Tool:
    """Return what a click on the map does."""
    chosen = st.session_state.get("in_street_tool") or "site"
    return cast("Tool", chosen)


def click() -> drafting.Click:
    """Return what a click on an empty place of the map does, as the forms are set."""
    return sketching.clicked(tool(), _told_closing())


def sentence(change: StreetChange) -> str:
    """Return a closed or built street in words."""
    return street_sentence(change, words.lang())


def _closing(desk: Desk) -> None:
    st.caption(t("streets.close_hint"))
    st.radio(
        t("streets.extent"), ("section", "street"), format_func=lambda extent: t(f"streets.extent_{extent}"), key="in_close_extent", horizontal=True
    )
    st.pills(
        t("streets.modes"), MODES, default=MODES, selection_mode="multi", key="in_close_modes",
        format_func=lambda mode: mode_name(mode, words.lang()),
    )  # fmt: skip
    st.text_input(t("facility.note"), key="in_close_note", placeholder=t("facility.note_hint"))
    lonlat = ask_lonlat("close")
    st.button(
        t("streets.close_button"), key="close_street", width="stretch", disabled=lonlat is None,
        on_click=change_draft, args=(lambda draft: sketching.close_street(desk.bench, draft, lonlat or (0.0, 0.0), _told_closing()),),
    )  # fmt: skip


def _told_closing() -> dict[str, Any]:
    kept = st.session_state
    told = {"extent": kept.get("in_close_extent"), "modes": tuple(kept.get("in_close_modes") or ()), "note": kept.get("in_close_note")}
    return {name: value for name, value in told.items() if value}


def _building(desk: Desk, draft: Draft) -> None:
    st.caption(t("streets.build_hint", count=len(draft.sketch)))
    lonlat = ask_lonlat("road")
    add, back = st.columns(2)
    add.button(
        t("streets.add_point"), key="add_point", width="stretch", disabled=lonlat is None,
        on_click=change_draft, args=(lambda known: sketching.with_point(known, lonlat or (0.0, 0.0)),),
    )  # fmt: skip
    back.button(
        t("streets.last_back"), key="last_back", width="stretch", disabled=not draft.sketch, on_click=change_draft, args=(sketching.without_point,)
    )
    name = st.text_input(t("streets.name"), key="in_road_name")
    highway = st.selectbox(t("streets.class"), sketching.CLASSES, format_func=lambda highway: class_name(highway, words.lang()), key="in_road_class")
    left, right = st.columns(2)
    kmh = left.number_input(t("streets.kmh"), min_value=1.0, max_value=120.0, value=None, step=5.0, format="%g", key="in_road_kmh")
    join = right.number_input(t("streets.join_m"), min_value=1.0, max_value=500.0, value=JOIN_M, step=10.0, format="%g", key="in_road_join")
    oneway = st.checkbox(t("streets.oneway"), key="in_road_oneway")
    note = st.text_input(t("facility.note"), key="in_road_note", placeholder=t("facility.note_hint"))
    told = {"name": name, "highway": highway, "kmh": kmh, "join_m": join, "oneway": oneway, "note": note}
    st.button(
        t("streets.build_button"), key="build_street", type="primary", width="stretch", disabled=len(draft.sketch) < 2,
        on_click=change_draft, args=(lambda known: sketching.build_street(desk.bench, known, told),),
    )  # fmt: skip
