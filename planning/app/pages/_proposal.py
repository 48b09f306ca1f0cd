"""Computed proposals: a siting model answers a plan task; its answer may be taken into the scenario."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from layers.keys import CandidateSource
from layers.progress import Progress
from layers.tasks import MODELS as MODEL_FIELDS
from layers.tasks import PlanTask
from layers.types import FacilityType, Reach
from planning.app import drafting, figures, session, standards, tables, words
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import Proposal, propose_task

MODELS = tuple(MODEL_FIELDS)
ORIGINS = ("streets", "villages", "kmeans", "file")
OWN = ""


def part(desk: Desk) -> None:
    """Draw where a proposal is asked for, and the newest answer."""
    st.subheader(t("propose.title"), anchor=False)
    st.caption(t("propose.intro"))
    left, right = st.columns([2, 3], gap="large")
    with left:
        _asked(desk)
    with right:
        proposal = st.session_state.get("proposal")
        if isinstance(proposal, Proposal):
            _answer(desk, proposal)
        else:
            st.caption(t("propose.none"))


def _asked(desk: Desk) -> None:
    tasks = {task.key: task for task in desk.bench.facts.county.plan}
    key = st.selectbox(t("propose.task"), [*tasks, OWN], format_func=lambda key: tasks[key].title if key else t("propose.own"), key="in_task")
    task = tasks.get(key)
    kind, reach = _served(desk, task)
    with st.form("propose", border=True):
        asked = _fields(task, kind, reach)
        st.form_submit_button(
            t("propose.start"), type="primary", icon=":material/play_arrow:", width="stretch",
            disabled=session.job() is not None or asked is None, on_click=_start, args=(desk, key),
        )  # fmt: skip
    if reach is not None:
        st.caption(standards.source_line(reach))


def _served(desk: Desk, task: PlanTask | None) -> tuple[FacilityType, Reach | None]:
    """Return what a ready task is about, or what the planner chooses for one of their own."""
    draft = session.draft()
    if task is not None:
        kind = desk.bench.kind(task.type, draft.scenario if draft else None)
        reach = desk.bench.reach(kind, task.requirement)
        st.caption(f"{words.kind_name(kind)} · {words.reach_name(reach) if reach else words.DASH}")
        return kind, reach
    kind = desk.bench.kind(str(st.session_state.get("in_scenario_type", session.first_type(desk.bench))), draft.scenario if draft else None)
    reach = desk.bench.reach(kind, _own_reach(kind) or None)
    st.caption(t("propose.own_about", type=words.kind_name(kind), reach=words.reach_name(reach) if reach else words.DASH))
    return kind, reach


def _fields(task: PlanTask | None, kind: FacilityType, reach: Reach | None) -> dict[str, object] | None:
    """Draw the fields of the form and keep what is asked under their keys; None where the type has no service standard to plan for."""
    if reach is None:
        st.info(t("propose.no_reach"))
        return None
    name = task.key if task else f"own_{kind.key}"
    source = task.candidates if task else CandidateSource()
    first, second = st.columns(2)
    model = first.selectbox(
        t("propose.model"), MODELS, index=MODELS.index(task.model) if task else 0, format_func=lambda key: t(f"model.{key}"), key=f"in_model_{name}",
        help=t("propose.model_help"),
    )  # fmt: skip
    sites = second.number_input(
        t("propose.sites"), 1, 500, value=(task.sites if task else None) or 5, key=f"in_sites_{name}", help=t("propose.sites_help")
    )
    share = first.number_input(
        t("propose.share"), 1.0, 100.0, value=figures.percent((task.share if task else None) or 0.9), format="%g", key=f"in_share_{name}",
        help=t("propose.share_help"),
    )  # fmt: skip
    capacity = second.number_input(
        t("propose.capacity", unit=words.unit(kind)), 0.0, value=(task.capacity if task else None) or 0.0, format="%g", key=f"in_capacity_{name}",
        help=t("propose.capacity_help"),
    )  # fmt: skip
    origin = first.selectbox(
        t("propose.origin"), ORIGINS, index=ORIGINS.index(source.origin), format_func=lambda key: t(f"origin.{key}"), key=f"in_origin_{name}"
    )
    spacing = second.number_input(t("propose.spacing"), 100.0, 20000.0, value=source.spacing_m, step=100.0, format="%g", key=f"in_spacing_{name}")
    limit = first.number_input(t("propose.limit"), 1.0, 3600.0, value=task.time_limit_s if task else 60.0, format="%g", key=f"in_limit_{name}")
    return {"model": model, "sites": sites, "share": share, "capacity": capacity, "origin": origin, "spacing": spacing, "limit": limit}


def _start(desk: Desk, key: str) -> None:
    draft = session.draft()
    base = draft.scenario if draft else None  # also without edits: what is measured is what the map shows
    task = task_from(desk, key)
    if task is None:
        return

    def work(progress: Progress) -> Proposal:
        return propose_task(desk.bench, task, base, progress=progress)

    session.start(t("job.propose", title=task.title), work, _take_note)


def task_from(desk: Desk, key: str) -> PlanTask | None:
    """Return the task the form asks for, or None, with the reason told, where it cannot be."""
    ready = next((task for task in desk.bench.facts.county.plan if task.key == key), None)
    kind = desk.bench.kind(ready.type if ready else str(st.session_state.get("in_scenario_type")))
    name = ready.key if ready else f"own_{kind.key}"

    def told(field: str) -> object:
        return st.session_state[f"in_{field}_{name}"]

    reach = ready.requirement if ready else _own_reach(kind)
    known = MODEL_FIELDS[told("model")].known  # type: ignore[index]
    asked = {**(ready.asked if ready else {}), "sites": told("sites"), "share": figures.from_percent(told("share"))}
    content = {
        "key": ready.key if ready else "own",
        "title": ready.title if ready else t("propose.own_title", type=words.kind_name(kind)),
        "type": kind.key,
        "requirement": reach,
        "model": told("model"),
        **{name: value for name, value in asked.items() if name in known},
        "candidates": {**(ready.candidates.model_dump() if ready else {}), "origin": told("origin"), "spacing_m": told("spacing")},
        "capacity": told("capacity") or None,
        "time_limit_s": told("limit"),
    }
    try:
        return PlanTask.model_validate(content)
    except ValidationError:
        session.tell_warning(t("propose.impossible"))
        return None


def _own_reach(kind: FacilityType) -> str:
    """Return the standard chosen beside the map, or the type's first."""
    chosen = st.session_state.get("in_scenario_reach")
    known = [item.id for item in kind.requirements if isinstance(item, Reach)]
    return str(chosen) if chosen in known else next(iter(known), "")


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
    told = {"value": plan.value, "bound": plan.bound, "gap": plan.gap, "greedy": plan.greedy_value, "nodes": plan.nodes}
    st.caption(t("propose.proof", model=t(f"model.{plan.model}"), **told))
    columns = ["name", "township", "capacity", "lon", "lat"]
    outlines = desk.bench.facts.outlines
    codes = proposal.after.facilities["township"]
    rows = [[edit.name, outlines.township_name(str(codes.get(edit.id, ""))), edit.capacity, edit.lon, edit.lat] for edit in proposal.opened]
    shown = tables.headed(pd.DataFrame(rows, columns=columns), columns)
    tables.show(shown, height=230 if len(rows) > 5 else "content", columns=_degrees())
    left, right = st.columns(2)
    left.button(
        t("propose.take"), key="take_proposal", type="primary", icon=":material/add_task:", width="stretch", on_click=partial(_take, desk, proposal),
        help=t("propose.take_help"),
    )  # fmt: skip
    right.button(t("propose.drop"), key="drop_proposal", width="stretch", on_click=lambda: st.session_state.pop("proposal", None))


def _degrees() -> dict[str, object]:
    return {t(f"column.{name}"): st.column_config.NumberColumn(format="%.5f") for name in ("lon", "lat")}


def _take(desk: Desk, proposal: Proposal) -> None:
    draft = session.draft()
    if draft is None:
        return
    with session.acting():
        changed = drafting.take(desk.bench, draft, proposal)
        session.keep_draft(changed)
        st.session_state.pop("proposal", None)
        st.session_state["in_scenario_type"] = proposal.task.type
        session.tell(t("propose.taken", count=len(proposal.opened)))
