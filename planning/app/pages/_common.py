"""What several pages show alike: that a county must be open first, and types and standards to choose."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from layers.types import FacilityType, Reach, facility_types
from planning.app import session, words
from planning.app.drafting import Draft
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Workbench
from scenarios.document import Scenario


def opened(page: str) -> Desk | None:
    """Head a page, and return the county that is open; where there is none, say so and lead to where one is opened."""
    st.header(t(f"page.{page}"), anchor=False)
    desk = session.desk()
    if desk is None:
        st.info(t("no_county"), icon=":material/folder_open:")
        st.page_link(st.session_state["pages"]["open"], label=t("page.open"), icon=":material/folder_open:")
        return None
    st.caption(t(f"{page}.intro"))
    return desk


def choose_type(bench: Workbench, key: str, default: str | None = None) -> FacilityType:
    """Let the planner choose a facility type: those of the county first, then all others."""
    present = bench.present_types()
    options = [*present, *(other for other in facility_types() if other not in present)]
    chosen = st.selectbox(
        t("choose.type"),
        options,
        index=options.index(default) if default in options else 0,
        format_func=lambda option: type_name(option, present),
        key=key,
    )
    return bench.kind(chosen)


def type_name(key: str, present: list[str]) -> str:
    """Return a type's name, marked where the county has none of it."""
    name = words.kind_name(facility_types()[key])
    return name if key in present else t("choose.absent", name=name)


def choose_reach(kind: FacilityType, key: str) -> Reach | None:
    """Let the planner choose which service standard coverage is measured by; None where the type has none."""
    reaches = {item.id: item for item in kind.requirements if isinstance(item, Reach)}
    if not reaches:
        st.selectbox(t("choose.reach"), [t("choose.no_reach")], disabled=True, key=f"{key}_none")
        return None
    # A key for each type: a browser goes on showing the old choice of a box whose options have changed under one key.
    chosen = st.selectbox(
        t("choose.reach"),
        list(reaches),
        format_func=lambda option: t("choose.with_id", name=words.reach_name(reaches[option]), id=option),
        key=f"{key}_{kind.key}",
    )
    return reaches[chosen]


PRESENT = ""
DRAFT = "\0draft"


def scenario_names(desk: Desk) -> list[str]:
    """Return the scenarios a planner may choose: the present state, the one worked on where it is not saved, those on file."""
    draft = session.draft()
    working = [DRAFT] if draft is not None and draft.scenario.edits and not draft.is_saved else []
    return [PRESENT, *working, *desk.bench.scenarios()]


def scenario_title(name: str) -> str:
    """Return how a scenario is called: its file name, or what it is."""
    if name == PRESENT:
        return t("choose.present")
    draft = session.draft()
    if name == DRAFT and draft is not None:
        return t("choose.draft", title=draft.scenario.title)
    return name


def scenario_named(desk: Desk, name: str) -> Scenario | None:
    """Return the scenario chosen by this name; None for the present state.

    Raises
    ------
    PlanningError
        When its file cannot be read.
    """
    if name == PRESENT:
        return None
    draft = session.draft()
    return draft.scenario if name == DRAFT and draft is not None else desk.bench.scenario(name)


def choose_scenario(desk: Desk, key: str, *, at_first: str | None = None) -> str:
    """Let the planner choose a scenario; ``at_first``, or the one worked on, or the last on file, at first."""
    names = scenario_names(desk)
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)
    draft = session.draft()
    first = DRAFT if DRAFT in names else draft.name if draft is not None and draft.name and draft.name in names else names[-1]
    first = first if at_first is None else at_first
    return st.selectbox(t("choose.scenario"), names, index=names.index(first), format_func=scenario_title, key=key)


def ask_lonlat(key: str) -> tuple[float, float] | None:
    """Ask for a place in WGS 84 degrees; None until both are given."""
    left, right = st.columns(2)
    lon = left.number_input(t("column.lon"), value=None, min_value=-180.0, max_value=180.0, format="%.6f", key=f"{key}_lon", placeholder="WGS 84")
    lat = right.number_input(t("column.lat"), value=None, min_value=-90.0, max_value=90.0, format="%.6f", key=f"{key}_lat", placeholder="WGS 84")
    return None if lon is None or lat is None else (float(lon), float(lat))


def change_draft(change: Callable[[Draft], Draft]) -> None:
    """Apply a change to the newest draft; a refused one changes nothing and says why."""
    draft = session.draft()
    if draft is None:
        return
    with session.acting():
        session.keep_draft(change(draft))
