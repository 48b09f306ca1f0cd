"""布局图导出: the plate as it will be printed, and every file that goes with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from layers.progress import Progress
from layers.types import facility_types
from planning.app import session, tables, words
from planning.app.pages import _common
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import PAPERS, Order, Paper, Workbench, free_folder, paper_names, render, sheet_of, write_files, write_run_record
from scenarios.document import Scenario

SECRECIES: tuple[Literal["内部", "送审", "公开"], ...] = ("内部", "送审", "公开")
MIMES = {
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "png": "image/png",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
}


@dataclass(frozen=True)
class Papers:
    """Papers of one order: content and file name of each, and the folder they stand in."""

    title: str
    folder: str
    contents: dict[Paper, bytes]
    names: dict[Paper, str]


def page() -> None:
    """Draw the page."""
    desk = _common.opened("export")
    if desk is None:
        return
    left, right = st.columns([3, 7], gap="large")
    with left:
        _ordered(desk)
    with right:
        made = st.session_state.get("export")
        if isinstance(made, Papers):
            _made(made)
        else:
            st.info(t("export.none"), icon=":material/map:")


def _ordered(desk: Desk) -> None:
    bench = desk.bench
    name = _common.choose_scenario(desk, "in_export_scenario")
    present = bench.present_types()
    draft = session.draft()
    start = draft.type if draft else session.first_type(bench)
    types = st.multiselect(
        t("export.types"), [*present, *(key for key in facility_types() if key not in present)], default=[start] if start in present else None,
        format_func=lambda key: words.kind_name(facility_types()[key]), key="in_export_types", help=t("export.types_help"),
    )  # fmt: skip
    reach = _common.choose_reach(bench.kind(types[0]), "in_export_reach") if types else None
    title = st.text_input(t("export.title"), key="in_export_title", placeholder=t("export.title_hint"))
    left, right = st.columns(2)
    date = left.date_input(t("export.date"), value=dt.datetime.now(tz=dt.UTC).astimezone().date(), key="in_export_date", help=t("export.date_help"))
    secrecy = right.selectbox(t("export.secrecy"), SECRECIES, format_func=lambda key: t(f"secrecy.{key}"), key="in_export_secrecy")
    number = st.text_input(t("export.review_number"), key="in_export_number", placeholder=t("export.number_hint"), help=t("export.number_help"))
    order = Order(tuple(types), date, None if reach is None else reach.id, title.strip(), secrecy, number.strip(), words.lang())
    st.button(
        t("export.make"), key="make_papers", type="primary", icon=":material/print:", width="stretch",
        disabled=session.job() is not None or not types, on_click=_start, args=(desk, name, order),
    )  # fmt: skip
    st.caption(t("export.compiled_by", name=tables.plain(bench.facts.county.compiled_by or words.DASH)))


def _start(desk: Desk, name: str, order: Order) -> None:
    with session.acting():
        scenario = _common.scenario_named(desk, name)
        session.start(t("job.export"), lambda progress: make(desk.bench, scenario, order, progress), _keep)


def make(bench: Workbench, scenario: Scenario | None, order: Order, progress: Progress) -> Papers:
    """Draw all papers of an order and write them into a new folder of ``outputs/``."""
    sheet = sheet_of(bench, scenario, order, progress=progress)
    contents = render(sheet, PAPERS, progress=progress)
    names = paper_names(sheet, contents)
    folder = free_folder(bench, f"sheet-{order.date.isoformat()}")
    write_files(folder, {names[paper]: content for paper, content in contents.items()})
    write_run_record(bench, folder, order.date, [scenario])
    return Papers(sheet.heading, folder.relative_to(bench.folder).as_posix(), contents, names)


def _keep(made: Papers) -> None:
    st.session_state["export"] = made
    session.tell(t("export.done", folder=made.folder))


def _made(made: Papers) -> None:
    st.markdown(f"**{tables.plain(made.title)}**  \n:gray[{tables.plain(made.folder)}]")
    for cell, paper in zip(st.columns(len(made.contents)), made.contents, strict=True):
        content = made.contents[paper]
        cell.download_button(
            t(f"paper.{paper}"), content, file_name=made.names[paper], mime=MIMES[paper], key=f"download_{paper}", icon=":material/download:",
            width="stretch", on_click="ignore", help=t(f"paper.{paper}_help"),
        )  # fmt: skip
    st.image(made.contents["png"], width="stretch")
