"""项目评审: proposed projects in their order of merit, and the evidence behind every point."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pandas as pd
import streamlit as st

from layers.progress import Progress
from layers.types import sources
from planning.app import session, tables, words
from planning.app.pages import _common
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Review, parse_project, projects, rank, result_line, review_all, review_papers, review_project
from scenarios.document import Scenario


def page() -> None:
    """Draw the page."""
    desk = _common.opened("review")
    if desk is None:
        return
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        name = _common.choose_scenario(desk, "in_review_scenario", at_first=_common.PRESENT)  # as the command line does
    right.button(
        t("review.all", count=len(projects(desk.bench))), key="review_all", type="primary", icon=":material/gavel:", width="stretch",
        disabled=session.job() is not None, on_click=_start, args=(desk, name),
    )  # fmt: skip
    _another(desk, name)
    reviews: dict[str, Review] = st.session_state.get("reviews", {})
    if not reviews:
        st.info(t("review.none"), icon=":material/gavel:")
        return
    _ranked(reviews)
    key = st.selectbox(
        t("review.which"), list(reviews), format_func=lambda key: t("choose.with_id", name=reviews[key].project.name, id=key), key="in_review_which"
    )
    _one(desk, reviews[key])


def _start(desk: Desk, name: str) -> None:
    def work(progress: Progress) -> list[Review]:
        return review_all(desk.bench, scenario, progress=progress)

    with session.acting():
        scenario = _common.scenario_named(desk, name)
        session.start(t("job.review"), work, _keep)


def _another(desk: Desk, name: str) -> None:
    with st.expander(t("review.another"), icon=":material/upload_file:"):
        st.caption(t("review.another_intro"))
        file = st.file_uploader(t("review.file"), type=["toml"], key="project_file")
        if file is not None and st.session_state.get("project_read") != file.file_id:
            st.session_state["project_read"] = file.file_id
            st.session_state["in_project"] = file.getvalue().decode("utf-8-sig", errors="replace")
        text = st.text_area(t("review.text"), key="in_project", height=260, placeholder=t("review.text_hint"))
        st.button(
            t("review.one"), key="review_one", icon=":material/gavel:", disabled=not text.strip() or session.job() is not None,
            on_click=partial(_start_one, desk, name),
        )  # fmt: skip


def _start_one(desk: Desk, name: str) -> None:
    with session.acting():
        project = parse_project(st.session_state["in_project"], t("review.entered"))
        scenario: Scenario | None = _common.scenario_named(desk, name)
        session.start(t("job.review_one", name=project.name), lambda _: [review_project(desk.bench, project, scenario)], _add)


def _keep(reviews: list[Review]) -> None:
    st.session_state["reviews"] = {}
    _add(reviews)
    if not reviews:
        session.tell_warning(t("review.no_files"))


def _add(reviews: list[Review]) -> None:
    known: dict[str, Review] = {**st.session_state.get("reviews", {}), **{review.project.key: review for review in reviews}}
    st.session_state["reviews"] = known
    if reviews:
        table = rank(known.values())
        st.session_state["in_review_which"] = reviews[0].project.key if len(reviews) == 1 else str(table["key"].iloc[0])


def _ranked(reviews: dict[str, Review]) -> None:
    st.subheader(t("review.ranking"), anchor=False)
    table = rank(reviews.values(), words.lang()).reset_index()
    shown = table.assign(
        vetoes=[vetoes or words.DASH for vetoes in table["vetoes"]],
        band=[
            t("review.provisional", band=band) if provisional else band for band, provisional in zip(table["band"], table["provisional"], strict=True)
        ],
        span=[t("review.span", best=best, worst=worst) for best, worst in zip(table["best_rank"], table["worst_rank"], strict=True)],
    )
    column = st.column_config.NumberColumn
    tables.show(
        tables.headed(shown, ["rank", "name", "type", "vetoes", "points", "assessable", "band", "span"]),
        columns={
            t("column.points"): column(format="%.1f"),
            t("column.assessable"): column(format="%.0f"),
            t("column.rank"): column(width="small"),
            t("column.vetoes"): st.column_config.TextColumn(width="medium"),
        },
    )
    st.caption(t("review.ranking_note"))


def _one(desk: Desk, review: Review) -> None:
    st.subheader(tables.plain(review.project.name), anchor=False)
    tone = st.error if review.hits else st.warning if review.provisional else st.success
    tone(tables.plain(result_line(review, words.lang())), icon=":material/block:" if review.hits else ":material/grading:")
    cells = st.columns(4)
    cells[0].metric(t("column.points"), f"{review.points:.1f}")
    cells[1].metric(t("column.assessable"), f"{review.assessable:g}", help=t("review.assessable_help"))
    cells[2].metric(t("review.total"), f"{review.rubric.total:g}")
    band = review.band.name(words.lang())
    cells[3].metric(t("column.band"), t("review.provisional", band=band) if review.provisional else band, help=t("review.band_help"))
    _downloads(desk, review)
    _vetoes(review)
    _items(review)
    with st.expander(t("review.sources"), icon=":material/menu_book:"):
        _sources(review)


def _downloads(desk: Desk, review: Review) -> None:
    left, middle, right = st.columns([1, 1, 1], vertical_alignment="bottom")
    date = left.date_input(t("export.date"), value=dt.datetime.now(tz=dt.UTC).astimezone().date(), key="in_review_date")
    files = review_papers(desk.bench, review, date, words.lang())
    for cell, (name, content) in zip((middle, right), files.items(), strict=True):
        suffix = name.rpartition(".")[2]
        cell.download_button(
            t(f"review.download_{suffix}"),
            content,
            file_name=name,
            key=f"review_{suffix}",
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
        )


def _vetoes(review: Review) -> None:
    st.markdown(f"**{t('review.vetoes')}**")
    rows = [
        {
            "state": t(f"veto.{finding.state}"),
            "standard": veto.id,
            "name": veto.name(words.lang()),
            "evidence": finding.say(words.lang()),
            "source": t("list.mark").join(veto.source),
            "confidence": t(f"confidence.{veto.confidence}"),
        }
        for veto, finding in sorted(review.vetoes, key=lambda pair: ("hit", "unknown", "clear").index(pair[1].state))
    ]
    columns = ["state", "standard", "name", "evidence", "source", "confidence"]
    tables.show(tables.headed(pd.DataFrame(rows, columns=columns), columns))


def _items(review: Review) -> None:
    st.markdown(f"**{t('review.items')}**")
    names = {item.id: criterion.name(words.lang()) for criterion in review.rubric.criteria for item in criterion.items}
    rows = [
        {
            "standard": scored.item.id,
            "criterion": names[scored.item.id],
            "name": scored.item.name(words.lang()),
            "points": scored.points,
            "max": scored.item.max,
            "evidence": scored.evidence.say(words.lang()),
            "state": t(f"evidence.{scored.evidence.state}"),
            "source": t("list.mark").join(scored.item.source),
        }
        for scored in review.scored
    ]
    columns = ["standard", "criterion", "name", "points", "max", "evidence", "state", "source"]
    number = st.column_config.NumberColumn
    widths = {
        t("column.points"): number(format="%.1f"),
        t("column.max"): number(format="%.0f"),
        t("column.evidence"): st.column_config.TextColumn(width="large"),
    }
    tables.show(tables.headed(pd.DataFrame(rows, columns=columns), columns), height=38 + 35 * len(rows), columns=widths)
    if review.missing:
        listed = "；".join(f"{scored.item.id} {scored.item.name(words.lang())}" for scored in review.missing)
        st.caption(t("review.missing", count=len(review.missing), names=tables.plain(listed)))


def _sources(review: Review) -> None:
    known = sources()
    named = [*(veto.source for veto, _ in review.vetoes), *(scored.item.source for scored in review.scored)]
    used = dict.fromkeys(name for source in named for name in source)
    for name in used:
        if name in known:
            told = known[name].zh if words.lang() == "zh" else known[name].en
            st.caption(f"**{name}** {tables.plain(told)}")
