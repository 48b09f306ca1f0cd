"""Computed proposals: a siting model answers a plan task; its answer may be taken into the scenario."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from layers.progress import Progress
from planning.app import drafting, figures, session, standards, tables, words
from planning.app.pages import _frontier, _question
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Proposal, TaskFrontier, frontier_of, propose_task
from scenarios.document import Scenario


def part(desk: Desk) -> None:
    """Draw where a proposal or a frontier is asked for, and the newest answer."""
    st.caption(t("propose.intro"))
    left, right = st.columns([2, 3], gap="large")
    with left:
        asked = _question.chosen(desk)
        _question.form(desk, asked, partial(_buttons, desk, asked))
        if asked.reach is not None:
            st.caption(standards.source_line(asked.reach))
    with right:
        curve, proposal = st.session_state.get("frontier"), st.session_state.get("proposal")
        if isinstance(curve, TaskFrontier):
            _frontier.curve(desk, curve)
        if isinstance(proposal, Proposal):
            _answer(desk, proposal)
        elif not isinstance(curve, TaskFrontier):
            st.caption(t("propose.none"))


def _buttons(desk: Desk, asked: _question.Asked) -> None:
    key, busy = asked.task.key if asked.task else _question.OWN, session.job() is not None
    nested = st.toggle(t("frontier.nested"), key="in_nested", help=t("frontier.nested_help"))
    one, row = st.columns(2)
    one.form_submit_button(
        t("propose.start"), type="primary", icon=":material/play_arrow:", width="stretch", disabled=busy, on_click=_start, args=(desk, key)
    )
    row.form_submit_button(
        t("frontier.start"), icon=":material/show_chart:", width="stretch", disabled=busy, on_click=_start_frontier, args=(desk, key),
        help=t("frontier.start_help"),
    )  # fmt: skip
    del nested  # kept under its key


def _base() -> Scenario | None:
    """Return what a question starts from: the draft, also without edits, so that what is measured is what the map shows."""
    draft = session.draft()
    return draft.scenario if draft else None


def _start(desk: Desk, key: str) -> None:
    task, base = _question.task_from(desk, key), _base()
    if task is None:
        return

    def work(progress: Progress) -> Proposal:
        return propose_task(desk.bench, task, base, progress=progress)

    def done(proposal: Proposal) -> None:
        st.session_state.pop("frontier", None)
        _take_note(proposal)

    session.start(t("job.propose", title=task.title), work, done)


def _start_frontier(desk: Desk, key: str) -> None:
    task, base = _question.task_from(desk, key), _base()
    if task is None:
        return
    nested = bool(st.session_state.get("in_nested"))

    def work(progress: Progress) -> TaskFrontier:
        return frontier_of(desk.bench, task, nested=nested, base=base, progress=progress)

    def done(found: TaskFrontier) -> None:
        st.session_state.pop("proposal", None)
        st.session_state["frontier"] = found

    session.start(t("job.propose", title=task.title), work, done)


def _take_note(proposal: Proposal) -> None:
    st.session_state["proposal"] = proposal
    if proposal.plan.status == "cancelled":
        session.tell_warning(t("propose.stopped", gap=proposal.plan.gap))


def _answer(desk: Desk, proposal: Proposal) -> None:
    plan, change = proposal.plan, figures.change(proposal.before, proposal.after)
    colour = {"proven": "green", "within_gap": "green"}.get(plan.status, "orange")
    st.markdown(f"**{tables.plain(proposal.task.title)}** :{colour}-badge[{t(f'status.{plan.status}')}]")
    with st.container(key="answer"):
        first = st.columns(4)
    first[0].metric(t("propose.opened"), words.whole(len(plan.opened)), help=t("propose.opened_help", count=len(proposal.candidates.table)))
    first[1].metric(t("column.covered_share"), words.share(change.share), words.share_delta(change.share_change))
    first[2].metric(t("column.covered"), words.whole(change.covered), words.delta(change.covered_change))
    first[3].metric(t("propose.gap"), f"{plan.gap:.2%}", help=t("propose.gap_help"))
    st.caption(_proof(proposal))
    columns = ["name", "township", "capacity", "lon", "lat"]
    outlines = desk.bench.facts.outlines
    codes = proposal.after.facilities["township"]
    rows = [[edit.name, outlines.township_name(str(codes.get(edit.id, ""))), edit.capacity, edit.lon, edit.lat] for edit in proposal.opened]
    shown = tables.headed(pd.DataFrame(rows, columns=columns), columns)
    tables.show(shown, height=230 if len(rows) > 5 else "content", columns=_degrees())
    _closed(proposal)
    left, right = st.columns(2)
    left.button(
        t("propose.take"), key="take_proposal", type="primary", icon=":material/add_task:", width="stretch", on_click=partial(_take, desk, proposal),
        help=t("propose.take_help"),
    )  # fmt: skip
    right.button(t("propose.drop"), key="drop_proposal", width="stretch", on_click=_drop)


def _proof(proposal: Proposal) -> str:
    """Return what the plan is worth and how it is known, values with their unit."""
    plan, lang = proposal.plan, words.lang()
    aims = [(proposal.aim, plan.value, plan.bound)]
    if proposal.second_aim is not None:
        aims.append((proposal.second_aim, plan.second_value, plan.second_bound))
    told = [t("propose.aim", aim=aim.title(lang), value=aim.amount(value, lang), bound=aim.amount(bound, lang)) for aim, value, bound in aims]
    greedy = proposal.aim.amount(plan.greedy_value, lang)
    return t("propose.proof", model=t(f"model.{plan.model}"), aims=" · ".join(told), gap=plan.gap, greedy=greedy, nodes=plan.nodes)


def _closed(proposal: Proposal) -> None:
    if proposal.plan.closed:
        names = proposal.before.facilities["name"]
        st.markdown(t("propose.closed", names=tables.plain("、".join(str(names.get(site, site)) for site in proposal.plan.closed))))


def _degrees() -> dict[str, object]:
    return {t(f"column.{name}"): st.column_config.NumberColumn(format="%.5f") for name in ("lon", "lat")}


def _drop() -> None:
    st.session_state.pop("proposal", None)


def _take(desk: Desk, proposal: Proposal) -> None:
    draft = session.draft()
    if draft is None:
        return
    with session.acting():
        changed = drafting.take(desk.bench, draft, proposal)
        session.keep_draft(changed)
        st.session_state.pop("proposal", None)
        st.session_state.pop("frontier", None)
        st.session_state["in_scenario_type"] = proposal.task.type
        session.tell(t("propose.taken", count=len(proposal.edits)))
