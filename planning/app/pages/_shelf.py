"""Scenarios on the shelf: begin, open, save; and the list of edits of the one that is worked on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from layers.errors import PlanningError
from layers.history import Version
from layers.types import facility_types
from planning.app import drafting, session, tables, words
from planning.app.drafting import Draft
from planning.app.pages import _streets
from planning.app.session import Desk
from planning.app.words import t
from scenarios.edits import BuildStreet, Close, CloseStreet, Convert, Edit, Merge, Move, Open, Resize
from scenarios.state import State

# The choice, among the versions of a scenario, of what its file holds.
NEWEST = 0


def row(desk: Desk, draft: Draft) -> None:
    """Draw the scenario's title and what can be done with it as a whole."""
    title, begin, opening, saving, undo = st.columns([6, 1.2, 1.2, 1.2, 1.2], vertical_alignment="center")
    mark = f":green-badge[{t('shelf.saved')}]" if draft.is_saved else f":orange-badge[{t('shelf.unsaved')}]"
    mark = mark if draft.name or draft.scenario.edits else ""
    name = f" :gray[{tables.plain(draft.name)}.toml]" if draft.name else ""
    title.markdown(f"**{tables.plain(draft.scenario.title)}**{name} {mark} :gray[{t('shelf.count', count=len(draft.scenario.edits))}]")
    with begin.popover(t("shelf.new"), icon=":material/note_add:", width="stretch"):
        if not draft.is_saved:
            st.warning(t("shelf.would_lose"))
        st.button(t("shelf.new_button"), key="new_scenario", on_click=partial(_begin, draft), width="stretch")
    with opening.popover(t("shelf.open"), icon=":material/file_open:", width="stretch"):
        _opening(desk, draft)
    with saving.popover(t("shelf.save"), icon=":material/save:", width="stretch"):
        _saving(desk, draft)
    undo.button(
        t("shelf.undo"), key="undo", icon=":material/undo:", width="stretch", disabled=not draft.scenario.edits, on_click=partial(_undo, desk, draft)
    )


def edits(desk: Desk, draft: Draft, state: State) -> None:
    """Draw the list of edits, one of which may be taken back."""
    st.markdown(f"**{t('shelf.edits')}**")
    if not draft.scenario.edits:
        st.caption(t("shelf.no_edits"))
        return
    frame = pd.DataFrame([{"number": number, "edit": sentence(edit, state, number)} for number, edit in enumerate(draft.scenario.edits, start=1)])
    shown = tables.headed(frame, ["number", "edit"])
    chosen = st.dataframe(
        shown, hide_index=True, height=min(38 + 36 * len(shown), 250), key=f"edits_{len(shown)}", on_select="rerun", selection_mode="single-row",
        column_config={t("column.number"): st.column_config.NumberColumn(width=44)},
    )  # fmt: skip
    rows = chosen["selection"]["rows"]
    st.button(
        t("shelf.remove"), key="remove_edit", icon=":material/delete:", disabled=not rows, help=t("shelf.remove_help"),
        on_click=partial(_remove, desk, draft, rows[0] if rows else 0),
    )  # fmt: skip
    for note in state.notes:
        st.caption(f":orange[{tables.plain(note.say(words.lang()))}]")


def sentence(edit: Edit, state: State, number: int) -> str:
    """Return an edit in words; ``number`` is its place in the scenario, from 1."""
    if isinstance(edit, CloseStreet | BuildStreet):
        return _streets.sentence(next(change for change in state.streets if change.edit == number))
    return _of_facility(edit, state)


def _of_facility(edit: Open | Resize | Close | Merge | Convert | Move, state: State) -> str:
    table = state.layer.table

    def named(facility: str) -> str:
        return str(table["name"].get(facility, facility))

    match edit:
        case Open():
            return t("edit.open", name=edit.name, size=words.whole(float("nan") if edit.capacity is None else edit.capacity))
        case Resize():
            return t("edit.resize", name=named(edit.facility), size=words.whole(float("nan") if edit.capacity is None else edit.capacity))
        case Close():
            return t("edit.close", name=named(edit.facility))
        case Merge():
            return t("edit.merge", name=named(edit.facility), into=named(edit.into))
        case Convert():
            return t("edit.convert", name=named(edit.facility), type=words.kind_name(facility_types()[edit.to]))
        case Move():
            return t("edit.move", name=named(edit.facility))


def _opening(desk: Desk, draft: Draft) -> None:
    names = list(desk.bench.scenarios())
    if not names:
        st.caption(t("shelf.none"))
        return
    if not draft.is_saved:
        st.warning(t("shelf.would_lose"))
    name = st.selectbox(t("shelf.which"), names, key="in_open_scenario")
    kept = {version.number: version for version in reversed(desk.bench.versions(name))}
    number = st.selectbox(
        t("shelf.version"), [NEWEST, *kept], format_func=lambda number: _version(kept[number]) if number in kept else t("shelf.newest"),
        key=f"in_open_version_{name}", help=t("shelf.version_help"),
    )  # fmt: skip
    st.button(t("shelf.open_button"), key="open_scenario", on_click=partial(_open, desk, draft, (name, number)), width="stretch")


def _version(version: Version) -> str:
    return t("shelf.version_line", number=version.number, when=version.shown_when, user=version.user, kind=words.said(f"saving.kind.{version.kind}"))


def _saving(desk: Desk, draft: Draft) -> None:
    title = st.text_input(t("shelf.title"), value=draft.scenario.title, key=f"save_title_{draft.name}_{draft.scenario.title}")
    name = st.text_input(t("shelf.name"), value=draft.name or draft.scenario.title, key=f"save_name_{draft.name}_{draft.scenario.title}")
    note = st.text_area(t("shelf.note"), value=draft.scenario.note, height=90, key=f"save_note_{draft.name}_{draft.scenario.title}")
    taken = name in desk.bench.scenarios() and (name != draft.name or st.session_state.get("conflict") == (name, draft.known))
    overwrite = st.checkbox(t("shelf.overwrite", name=tables.plain(name)), key="save_overwrite") if taken else False
    st.button(
        t("shelf.save_button"), key="save_scenario", type="primary", width="stretch", disabled=not (title and name) or (taken and not overwrite),
        on_click=partial(_save, desk, draft, (title, name.strip(), note), overwrite=overwrite),
    )  # fmt: skip


def _begin(draft: Draft) -> None:
    session.keep_draft(drafting.new_draft(t("scenario.untitled"), draft.type))


def _open(desk: Desk, draft: Draft, what: tuple[str, int]) -> None:
    name, number = what
    with session.acting():
        opened = desk.bench.opened(name, number or None)
        desk.bench.state(opened.scenario)
        session.keep_draft(drafting.opened_draft(opened, draft.type))
        if opened.changed_outside:
            session.tell_warning(words.said("saving.outside", file=f"{name}.toml"))


def _save(desk: Desk, draft: Draft, told: tuple[str, str, str], *, overwrite: bool) -> None:
    title, name, note = told
    with session.acting():
        scenario = draft.scenario.model_copy(update={"title": title.strip(), "note": note.strip()})
        try:
            saved = desk.bench.save(scenario, name, overwrite=overwrite, known=draft.known if name == draft.name else None)
        except PlanningError as error:
            if error.code == "saving.conflict":
                st.session_state["conflict"] = (name, draft.known)
            raise
        session.keep_draft(replace(drafting.opened_draft(saved, draft.type), selected=draft.selected, ack=draft.ack))
        session.tell(t("shelf.saved_as", file=f"scenarios/{saved.path.name}"))


def _undo(desk: Desk, draft: Draft) -> None:
    _remove(desk, draft, len(draft.scenario.edits) - 1)


def _remove(desk: Desk, draft: Draft, position: int) -> None:
    with session.acting():
        session.keep_draft(drafting.without(desk.bench, draft, position))
