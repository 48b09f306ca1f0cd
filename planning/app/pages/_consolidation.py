"""撤并整合: which homes go on, merge, change or close; the answer on a map of who moves where, and as edits of the scenario."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from layers.consolidation import ConsolidationPrices, ConsolidationTask
from layers.progress import Progress
from layers.types import FacilityType, facility_types
from planning.app import drafting, figures, session, tables, words
from planning.app.map import component, view
from planning.app.session import Desk
from planning.app.words import t
from planning.workbench import ConsolidationAnswer, consolidate_task

MAP = "consolidation_map"
PRICES = tuple(name for name in ConsolidationPrices.model_fields if name != "source")
OWN = ""
DEEDS = ["number", "name", "township_name", "fate", "into_name", "beds_before", "beds_after", "residents_before", "residents_after"]
MOVES = ["number", "name", "into_name", "residents", "way"]


def part(desk: Desk) -> None:
    """Draw where a consolidation is asked for, and the newest answer."""
    st.caption(t("consolidate.intro"))
    left, right = st.columns([2, 3], gap="large")
    with left:
        _asked(desk)
    with right:
        answer = st.session_state.get("consolidation")
        if isinstance(answer, ConsolidationAnswer):
            _answered(desk, answer)
        else:
            st.caption(t("consolidate.none"))


def _asked(desk: Desk) -> None:
    tasks = {task.key: task for task in desk.bench.facts.county.consolidate}
    key = st.selectbox(
        t("propose.task"), [*tasks, OWN], format_func=lambda key: _title(tasks[key]) if key else t("consolidate.own"), key="in_consolidate_task"
    )
    task = tasks.get(key)
    kind = desk.bench.kind(task.type if task else str(st.session_state.get("in_scenario_type", session.first_type(desk.bench))))
    st.caption(words.kind_name(kind))
    with st.form("consolidate", border=True):
        _fields(desk, task, kind)
        st.form_submit_button(
            t("propose.start"), type="primary", icon=":material/play_arrow:", width="stretch", disabled=session.job() is not None,
            on_click=_start, args=(desk, task, kind),
        )  # fmt: skip


def _title(task: ConsolidationTask) -> str:
    return task.title if words.lang() == "zh" else task.title_en or task.title


def _key(field: str, task: ConsolidationTask | None, kind: FacilityType) -> str:
    return f"in_merge_{field}_{task.key if task else f'own_{kind.key}'}"


def _fields(desk: Desk, task: ConsolidationTask | None, kind: FacilityType) -> None:
    """Draw the fields of the form; what is asked is kept under their keys."""
    known: dict[str, Any] = task.model_dump() if task else {"limit": 30.0, "transfer_limit": 30.0, "unit": "min", "years": 10.0}

    def amount(column: Any, field: str, *, shown: float | None, **limits: float) -> None:  # noqa: ANN401 - a column of Streamlit
        column.number_input(t(f"consolidate.{field}", unit=words.unit(kind)), value=shown, key=_key(field, task, kind), format="%g",
                            help=t(f"consolidate.{field}_help"), placeholder=t("consolidate.no_limit"), **limits)  # fmt: skip

    first, second = st.columns(2)
    first.selectbox(t("consolidate.unit"), ["min", "km"], index=["min", "km"].index(known["unit"]), format_func=lambda unit: t(f"consolidate.{unit}"),
                    key=_key("unit", task, kind))  # fmt: skip
    amount(second, "limit", shown=known["limit"], min_value=0.1)
    amount(first, "transfer_limit", shown=known["transfer_limit"], min_value=0.1)
    amount(second, "least_beds", shown=known.get("least_beds") or 0.0, min_value=0.0)
    amount(first, "most_beds", shown=known.get("most_beds"), min_value=1.0)
    amount(second, "care_share", shown=figures.percent(known.get("care_share") or 0.0), min_value=0.0, max_value=100.0)
    sizes = "、".join(f"{size:g}" for size in known.get("sizes", ()))
    st.text_input(t("consolidate.sizes", unit=words.unit(kind)), value=sizes, key=_key("sizes", task, kind), help=t("consolidate.sizes_help"))
    homes = desk.bench.state().layer.of_type(kind.key)["name"]
    stays = [home for home, name in homes.items() if home in known.get("stays", ()) or name in known.get("stays", ())]
    st.multiselect(t("consolidate.stays"), list(homes.index), default=stays, format_func=lambda home: str(homes.get(home, home)),
                   key=_key("stays", task, kind), placeholder=t("consolidate.choose"))  # fmt: skip
    others = [key for key, other in facility_types().items() if other.domain == kind.domain and key != kind.key]
    st.multiselect(
        t("consolidate.convert_to"), others, default=[key for key in known.get("convert_to", ()) if key in others],
        format_func=lambda key: words.kind_name(facility_types()[key]), key=_key("convert_to", task, kind), placeholder=t("consolidate.choose"),
    )  # fmt: skip
    first, second = st.columns(2)
    amount(first, "changes", shown=_float(known.get("changes")), min_value=0.0, step=1.0)
    amount(second, "budget", shown=known.get("budget"), min_value=0.0)
    amount(first, "years", shown=known["years"], min_value=0.0)
    amount(second, "time_limit_s", shown=known.get("time_limit_s", 60.0), min_value=1.0, max_value=3600.0)
    with st.expander(t("consolidate.prices"), expanded=task is None):
        st.caption(t("consolidate.prices_note"))
        columns, prices = st.columns(2), known.get("prices") or {}
        for position, name in enumerate(PRICES):
            columns[position % 2].number_input(t(f"consolidate.price.{name}"), value=prices.get(name), min_value=0.0, format="%g",
                                               key=_key(name, task, kind))  # fmt: skip
        st.text_input(t("consolidate.price.source"), value=prices.get("source", ""), key=_key("source", task, kind))


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _start(desk: Desk, ready: ConsolidationTask | None, kind: FacilityType) -> None:
    task = task_from(ready, kind)
    if task is None:
        return
    draft = session.draft()
    base = draft.scenario if draft and draft.scenario.edits else None

    def work(progress: Progress) -> ConsolidationAnswer:
        return consolidate_task(desk.bench, task, base, progress=progress)

    def done(answer: ConsolidationAnswer) -> None:
        st.session_state["consolidation"] = answer

    session.start(t("job.propose", title=_title(task)), work, done)


def task_from(ready: ConsolidationTask | None, kind: FacilityType) -> ConsolidationTask | None:
    """Return the task the form asks for, or None, with the reason told, where it cannot be."""

    def told(field: str) -> Any:  # noqa: ANN401 - what a widget holds
        return st.session_state[_key(field, ready, kind)]

    content = ready.model_dump(exclude_none=True) if ready else {"key": "own", "title": t("consolidate.own_title", type=words.kind_name(kind))}
    asked = {name: told(name) for name in ("unit", "limit", "transfer_limit", "least_beds", "most_beds", "budget", "years", "time_limit_s")}
    prices = {name: told(name) for name in (*PRICES, "source")}
    changes = told("changes")
    try:
        asked |= {
            "type": kind.key,
            "care_share": (told("care_share") or 0.0) / 100,
            "sizes": str(told("sizes")).replace("，", " ").replace("、", " ").replace(",", " ").split(),
            "stays": told("stays"),
            "convert_to": told("convert_to"),
            "changes": None if changes is None else int(changes),
            "prices": prices,
        }
        return ConsolidationTask.model_validate({**content, **asked})
    except ValidationError as error:
        session.tell_mistakes(t("consolidate.impossible"), error)
        return None


def _answered(desk: Desk, answer: ConsolidationAnswer) -> None:
    plan, lang = answer.plan, words.lang()
    colour = {"proven": "green", "within_gap": "green"}.get(plan.status, "orange")
    st.markdown(f"**{tables.plain(_title(answer.task))}** :{colour}-badge[{t(f'status.{plan.status}')}]")
    if answer.scenario is None or plan.figures is None:
        st.error(tables.plain(plan.say(lang)), icon=":material/block:")
        return
    _numbers(answer)
    st.caption(tables.plain(plan.say(lang)))
    _map(desk, answer)
    deeds = answer.deeds.assign(fate=[t(f"action.{action}") for action in answer.deeds["action"]])
    counted = tables.counts("beds_before", "beds_after", "residents_before", "residents_after")
    tables.show(tables.headed(pd.DataFrame(deeds), DEEDS), columns=counted)
    if len(answer.moves):
        st.markdown(f"**{t('consolidate.moves')}**")
        moves = answer.moves.assign(way=[answer.shown(way) for way in answer.moves["way"]])
        named = tables.headed(moves, MOVES).rename(columns={t("column.way"): t(f"consolidate.way_{answer.task.unit}")})
        tables.show(named, columns={t(f"consolidate.way_{answer.task.unit}"): st.column_config.NumberColumn(format="%.1f")})
    left, right = st.columns(2)
    left.button(
        t("propose.take"), key="take_consolidation", type="primary", icon=":material/add_task:", width="stretch",
        on_click=partial(_take, desk, answer), help=t("consolidate.take_help"),
    )  # fmt: skip
    right.button(t("propose.drop"), key="drop_consolidation", width="stretch", on_click=lambda: st.session_state.pop("consolidation", None))


def _numbers(answer: ConsolidationAnswer) -> None:
    whole = answer.balance.iloc[0]
    far = max((answer.shown(move.way) for move in answer.plan.moves), default=math.nan)
    with st.container(key="merged"):
        cells = st.columns(5)
    cells[0].metric(t("consolidate.homes"), words.whole(whole["homes_after"]), words.delta(whole["homes_after"] - whole["homes_before"]), "off")
    cells[1].metric(t("consolidate.beds"), words.whole(whole["beds_after"]), words.delta(whole["beds_after"] - whole["beds_before"]), "off")
    cells[2].metric(t("consolidate.moved"), words.whole(sum(move.residents for move in answer.plan.moves)))
    cells[3].metric(t("consolidate.farthest"), t(f"consolidate.amount_{answer.task.unit}", amount=words.DASH if math.isnan(far) else f"{far:.1f}"))
    cells[4].metric(t("consolidate.once"), t("consolidate.amount_money", amount=words.whole(answer.money["once"])))
    st.caption(t("consolidate.source", source=tables.plain(answer.task.prices.source)))


def _map(desk: Desk, answer: ConsolidationAnswer) -> None:
    facts = desk.bench.facts
    state = desk.bench.state(answer.scenario)
    scene = view.Scene(answer.kind, state, answer.after, answer.before, desk.ground, desk.raster, figures.attribution(desk), facts.crs)
    component.show(MAP, view.data(scene, view.Controls(height=520, send_ground=False)), _heard)


def _heard() -> None:
    session.heard(MAP)


def _take(desk: Desk, answer: ConsolidationAnswer) -> None:
    draft = session.draft()
    if draft is None or answer.scenario is None:
        return
    begun = 0 if answer.start is None else len(answer.start.edits)
    with session.acting():
        edits = answer.scenario.edits[begun:]
        session.keep_draft(drafting.take_edits(desk.bench, draft, answer.scenario.model_copy(update={"edits": edits}), answer.task))
        st.session_state.pop("consolidation", None)
        st.session_state["in_scenario_type"] = answer.task.type
        session.tell(t("consolidate.taken", count=len(edits)))
