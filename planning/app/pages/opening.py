"""打开县域: a county opened lately, the demo county, a folder, or one made from uploaded files."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import streamlit as st

from layers.errors import PlanningError
from layers.history import digest
from layers.probation.trial import warm
from layers.progress import Progress
from planning.app import session, tables
from planning.app.words import lang, t
from planning.workbench import init_from_uploads, make_demo, recent_counties, write_county_toml

DATUMS = ("", "WGS84", "CGCS2000", "GCJ-02", "BD-09")
UPLOADS = ["xlsx", "csv", "gpkg", "geojson", "shp", "shx", "dbf", "prj", "cpg", "tif", "tiff", "pbf", "osm", "parquet", "graphml"]


def page() -> None:
    """Draw the page."""
    st.header(t("page.open"), anchor=False)
    st.caption(t("open.intro"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _recent()
        _folder()
    with right:
        _demo()
    check = st.session_state["pages"].get("check")
    if check is not None and session.shut() is not None and session.job() is None:
        st.page_link(check, label=t("clerk.to_check"), icon=":material/fact_check:")
    _from_files()


def home() -> Path:
    """Return where new counties are put unless the planner says otherwise; ``BUJU_HOME`` names another place."""
    return Path(os.environ.get("BUJU_HOME") or Path.home() / "buju")


def _recent() -> None:
    st.subheader(t("open.recent"), anchor=False)
    known = recent_counties()
    if not known:
        st.caption(t("open.none_recent"))
    opened = session.desk()
    for number, (folder, name) in enumerate(known):
        text, button = st.columns([5, 1], vertical_alignment="center")
        is_open = opened is not None and opened.bench.folder == folder
        mark = f" :green-badge[{t('open.is_open')}]" if is_open else ""
        text.markdown(f"**{tables.plain(name)}**{mark}  \n:gray[{tables.plain(str(folder))}]")
        button.button(t("open.button"), key=f"recent_{number}", on_click=partial(session.open_kept, folder), width="stretch", disabled=is_open)


def _folder() -> None:
    with st.form("folder", border=False, clear_on_submit=False):
        text, button = st.columns([5, 1], vertical_alignment="bottom")
        text.text_input(t("open.folder"), key="in_folder", placeholder=t("open.folder_hint"))
        button.form_submit_button(t("open.button"), on_click=_open_typed, width="stretch")


def _demo() -> None:
    with st.container(border=True):
        st.subheader(t("open.demo"), anchor=False)
        st.caption(t("open.demo_intro"))
        st.button(t("open.demo_button"), key="demo", type="primary", icon=":material/play_arrow:", on_click=_open_demo)
        st.button(
            t("open.demo_dirty_button"), key="demo_dirty", type="tertiary", icon=":material/rule:", help=t("open.demo_dirty_help"),
            on_click=partial(_open_demo, dirty=True),
        )  # fmt: skip
        st.caption(t("open.demo_folder", folder=tables.plain(str(home() / "demo"))))


def _from_files() -> None:
    with st.expander(t("new.title"), icon=":material/upload_file:", expanded="proposed" in st.session_state):
        st.caption(t("new.intro"))
        left, right = st.columns(2, gap="large")
        with left:
            files = st.file_uploader(t("new.files"), type=UPLOADS, accept_multiple_files=True, key="uploads")
        if files:
            warm()  # it has loaded its libraries when the names are filled in
        with right:
            name = st.text_input(t("new.name"), key="in_new_name", placeholder=t("new.name_hint"))
            st.selectbox(
                t("new.datum"), DATUMS, format_func=lambda datum: datum or t("new.datum_unknown"), key="in_new_datum", help=t("new.datum_help")
            )
            folder = st.text_input(t("new.folder"), key="in_new_folder", placeholder=str(home() / (name or t("new.name_hint"))))
            st.button(
                t("new.button"), key="propose_county", icon=":material/auto_fix_high:", disabled=not (files and name),
                on_click=partial(_propose, Path(folder) if folder else home() / name),
            )  # fmt: skip
        _proposed()


def _proposed() -> None:
    told = st.session_state.get("proposed")
    if told is None:
        return
    folder, assumptions, _ = told
    st.markdown(t("new.assumed", folder=tables.plain(str(folder))))
    with st.container(height=260):
        st.markdown("\n".join(f"- {tables.plain(sentence)}" for sentence in assumptions))
    st.text_area(t("new.toml"), key="in_new_toml", height=360)
    st.button(t("new.save"), key="save_county", type="primary", icon=":material/folder_open:", on_click=partial(_save_proposed, folder))


def _open_typed() -> None:
    told = str(st.session_state.get("in_folder", "")).strip().strip('"')
    if not told:
        session.tell_warning(t("open.no_folder"))
        return
    session.open_kept(Path(told).expanduser().resolve())


def _open_demo(*, dirty: bool = False) -> None:
    folder = (home() / ("demo-dirty" if dirty else "demo")).resolve()
    if (folder / "county.toml").exists():
        session.open_kept(folder)
        return

    def work(progress: Progress) -> Path:
        return make_demo(folder, dirty=dirty, progress=progress)

    session.start(t("job.demo"), work, session.open_folder)


def _propose(folder: Path) -> None:
    files = {file.name: file.getvalue() for file in st.session_state.get("uploads") or []}
    answers = {"name": st.session_state["in_new_name"], "datum": st.session_state["in_new_datum"]}
    with session.acting():
        proposal = init_from_uploads(folder.expanduser().resolve(), files, **{key: value for key, value in answers.items() if value})
        st.session_state["in_new_toml"] = proposal.text
        st.session_state["proposed"] = folder.expanduser().resolve(), [fault.say(lang()) for fault in proposal.assumptions], proposal.text


def _save_proposed(folder: Path) -> None:
    *_, read = st.session_state["proposed"]
    try:
        write_county_toml(folder, st.session_state["in_new_toml"], known=digest(read.encode("utf-8")))
    except PlanningError as error:
        session.refuse(error)
        return
    st.session_state.pop("proposed")
    session.open_folder(folder)
