"""The app's frame: navigation, language, what the planner is told, and slow work under way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from planning.app import notices, session, tables, words
from planning.app.pages import check, compare, export, measure, opening, review, scenario
from planning.app.style import ICON, STYLE, UPLOADS
from planning.app.words import t

PAGES: dict[str, tuple[Callable[[], None], str]] = {
    "open": (opening.page, ":material/folder_open:"),
    "check": (check.page, ":material/fact_check:"),
    "measure": (measure.page, ":material/analytics:"),
    "scenario": (scenario.page, ":material/edit_location_alt:"),
    "compare": (compare.page, ":material/compare_arrows:"),
    "export": (export.page, ":material/map:"),
    "review": (review.page, ":material/gavel:"),
}


def main() -> None:
    """Draw the page that is asked for."""
    st.set_page_config(page_title=t("title"), page_icon=ICON, layout="wide")
    st.html(STYLE)
    st.html(UPLOADS.format(button=t("upload.button"), limit=t("upload.limit", size=st.get_option("server.maxUploadSize"))))
    _keep_inputs()
    session.settle()
    _open_given()
    chosen = st.navigation([_page(name) for name in PAGES], position="sidebar")
    _sidebar()
    # Always the same containers in the same places: what comes and goes must not shift the page below it, or the map would be built anew.
    with st.container(key="notices"):
        notices.show()
    with st.container(key="strip"):
        if session.job() is not None:
            _work_under_way()
    with session.guarded():
        chosen.run()


def _page(name: str) -> st.Page:
    body, icon = PAGES[name]
    page = st.Page(body, title=t(f"page.{name}"), icon=icon, url_path=None if name == "open" else name, default=name == "open")
    st.session_state.setdefault("pages", {})[name] = page
    return page


def _open_given() -> None:
    """Open the folder that the command line names (``buju app DIR``), once for each browser session."""
    if "given" not in st.session_state:
        st.session_state["given"] = sys.argv[1:2]
        for folder in sys.argv[1:2]:
            session.open_kept(Path(folder).expanduser().resolve())


def _keep_inputs() -> None:
    """Keep what was entered on other pages: Streamlit forgets a widget that is not drawn."""
    for key in [key for key in st.session_state if str(key).startswith("in_")]:
        st.session_state[key] = st.session_state[key]


def _sidebar() -> None:
    with st.sidebar:
        opened = session.desk()
        if opened is not None:
            county = opened.bench.facts.county
            name = county.name if words.lang() == "zh" else county.name_en or county.name
            st.markdown(f"**{tables.plain(name)}**" + (f"  \n:gray[{t('fictional')}]" if county.fictional else ""))
        st.radio(
            t("language"), list(words.LANGUAGES), format_func=lambda key: words.LANGUAGES[key], key="in_language", horizontal=True,
            label_visibility="collapsed",
        )  # fmt: skip


@st.fragment(run_every=1)
def _work_under_way() -> None:
    """Show how far the slow work is; runs by itself each second and touches nothing else of the page."""
    job = session.job()
    if job is None or job.ended:
        st.rerun()
    step = job.step
    with st.container(border=True, key="work"):
        left, right = st.columns([6, 1], vertical_alignment="center")
        with left:
            st.progress(step.share, text=f"**{tables.plain(job.title)}** · {words.stage(step.stage)} · {t('job.seconds', seconds=job.seconds)}")
            if step.value is not None:
                st.caption(t("job.solver", value=step.value, bound=_or_nan(step.bound), gap=_or_nan(step.gap)))
        with right:
            text = t("job.stopping") if job.stopping else t("job.stop")
            st.button(text, key="stop", icon=":material/stop_circle:", on_click=_stop, disabled=job.stopping, width="stretch")
    # A solver answers at once with its best plan: shown when it is there, not when the next second begins.
    if job.stopping and job.wait(0.9):
        st.rerun()


def _stop() -> None:
    job = session.job()
    if job is not None:
        job.stop()


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
