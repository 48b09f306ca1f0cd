"""The facility a planner has chosen: what is known of it, and what may become of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pandas as pd
import streamlit as st

from layers.types import FacilityType, facility_types
from planning.app import drafting, figures, words
from planning.app.drafting import Draft
from planning.app.pages._common import ask_lonlat, change_draft
from planning.app.session import Desk
from planning.app.words import t
from scenarios.state import State

DEEDS = ("resize", "merge", "convert", "close", "move")


def panel(desk: Desk, draft: Draft, state: State, kind: FacilityType) -> None:
    """Draw the chosen facility; without one, say how one is chosen or placed."""
    facility = draft.selected
    if facility not in state.actions.index:
        st.markdown(f"**{t('facility.none')}**")
        st.caption(t("facility.hint"))
        _by_coordinates(desk)
        return
    table = state.layer.table.assign(action=state.actions["action"])
    row = cast("pd.Series[Any]", table.loc[facility])
    own = facility_types().get(str(row["type"]), kind)
    figures.facility(row, own, desk)
    if row["status"] == "closed":
        st.caption(t("facility.given_up"))
        return
    if state.is_new(facility):
        _new(desk, draft, row)
    else:
        _existing(desk, draft, state, row, own)


def _new(desk: Desk, draft: Draft, row: pd.Series[Any]) -> None:
    facility = draft.selected
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        size = _size(facility, row)
    right.button(
        t("facility.set_size"),
        key="set_size",
        width="stretch",
        on_click=lambda: change_draft(lambda d: drafting.resize(desk.bench, d, facility, size)),
    )
    st.button(
        t("facility.take_back"), key="take_back", icon=":material/delete:", width="stretch",
        on_click=lambda: change_draft(lambda d: drafting.close(desk.bench, d, facility)),
    )  # fmt: skip
    st.caption(t("facility.drag"))


def _existing(desk: Desk, draft: Draft, state: State, row: pd.Series[Any], kind: FacilityType) -> None:
    facility = draft.selected
    deed = st.selectbox(t("facility.deed"), DEEDS, format_func=lambda key: t(f"deed.{key}"), key="in_deed")
    act: Callable[[Draft], Draft] | None = None
    note = st.text_input(t("facility.note"), key=f"note_{facility}", placeholder=t("facility.note_hint")) if deed != "move" else ""
    if deed == "resize":
        size = _size(facility, row)
        act = lambda d: drafting.resize(desk.bench, d, facility, size, note)  # noqa: E731 (one small act for each deed)
    elif deed == "merge":
        others = drafting.targets(state, facility)
        names = state.layer.table["name"]
        into = st.selectbox(
            t("facility.into"), others, format_func=lambda other: str(names[other]), key=f"into_{facility}", help=t("facility.into_help")
        )
        act = (lambda d: drafting.merge(desk.bench, d, facility, into, note)) if into else None
    elif deed == "convert":
        options = [*kind.convert_to, *(key for key in facility_types() if key not in kind.convert_to and key != kind.key)]
        to = st.selectbox(t("facility.to"), options, format_func=lambda key: words.kind_name(facility_types()[key]), key=f"to_{facility}")
        act = lambda d: drafting.convert(desk.bench, d, facility, to, note)  # noqa: E731
    elif deed == "close":
        act = lambda d: drafting.close(desk.bench, d, facility, note)  # noqa: E731
    else:
        st.caption(t("facility.move_hint"))
        lonlat = ask_lonlat(f"move_{facility}")
        act = (lambda d: drafting.move(desk.bench, d, facility, lonlat)) if lonlat else None
    st.button(t(f"deed.{deed}_button"), key="apply_deed", type="primary", width="stretch", disabled=act is None, on_click=change_draft, args=(act,))


def _size(facility: str, row: pd.Series[Any]) -> float:
    known = float(row["capacity"])
    start = known if known > 0 else 30.0  # also where it is unknown
    return float(st.number_input(t("facility.size"), min_value=1.0, value=start, step=1.0, format="%g", key=f"size_{facility}_{known}"))


def _by_coordinates(desk: Desk) -> None:
    with st.expander(t("facility.by_coordinates"), icon=":material/my_location:"):
        lonlat = ask_lonlat("place")
        st.button(
            t("facility.place_button"), key="place_button", width="stretch", disabled=lonlat is None,
            on_click=lambda: change_draft(lambda d: drafting.place(desk.bench, d, lonlat or (0.0, 0.0))),
        )  # fmt: skip
