"""The form that asks a siting model: which fields it shows depends on the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from pydantic import ValidationError

from layers.keys import CandidateSource
from layers.tasks import MODELS as FIELDS
from layers.tasks import PlanTask
from layers.types import FacilityType, Reach
from planning.app import figures, session, words
from planning.app.session import Desk
from planning.app.words import t

MODELS = tuple(FIELDS)
ORIGINS = ("streets", "villages", "kmeans", "file")
OWN = ""
_OF_MODELS = frozenset(name for fields in FIELDS.values() for name in fields.known)


@dataclass(frozen=True)
class Amount:
    """A number a model may be asked with.

    Attributes
    ----------
    least, most : float or None
    begin : float or None
        Shown at first where no task says otherwise and the model needs it.
    whole : bool
        A count.
    percent : bool
        A share, told in per cent.
    """

    least: float = 0.0
    most: float | None = None
    begin: float | None = None
    whole: bool = False
    percent: bool = False


AMOUNTS = {
    "sites": Amount(1, 500, 5, whole=True),
    "budget": Amount(),
    "share": Amount(1.0, 100.0, percent=True),
    "weight": Amount(0.0, 1.0),
    "trip_cost": Amount(),
    "trips": Amount(),
    "places_per_1000": Amount(),
    "price": Amount(),
    "price_standing": Amount(),
    "apart_m": Amount(),
    "away_m": Amount(),
    "crowd": Amount(),
    "around_m": Amount(),
}
"""The numbers of the form; what a model takes besides is asked in words (:func:`_words`), or taken over from a ready task."""
MORE = ("price", "price_standing", "apart_m", "away_m", "crowd", "around_m")
"""Fields that stand in a part of their own unless the model needs them."""
WORDS = ("source", "price_source", "may_close", "others")
SOURCES = ("split", "cell", "township")
ALL = "all"


@dataclass(frozen=True)
class Asked:
    """What the form is about: a ready task or a question of the planner's own, its type and standard."""

    task: PlanTask | None
    kind: FacilityType
    reach: Reach | None

    def key(self, field: str) -> str:
        """Return the widget key of a field."""
        return f"in_{field}_{self.task.key if self.task else f'own_{self.kind.key}'}"


def chosen(desk: Desk) -> Asked:
    """Draw the choice of a task."""
    tasks = {task.key: task for task in desk.bench.facts.county.plan}
    key = st.selectbox(t("propose.task"), [*tasks, OWN], format_func=lambda key: tasks[key].title if key else t("propose.own"), key="in_task")
    asked = of_key(desk, key)
    st.caption(f"{words.kind_name(asked.kind)} · {words.reach_name(asked.reach) if asked.reach else words.DASH}")
    return asked


def of_key(desk: Desk, key: str) -> Asked:
    """Return what a ready task is about, or what the planner has chosen beside the map for one of their own."""
    task = next((task for task in desk.bench.facts.county.plan if task.key == key), None)
    draft = session.draft()
    scenario = draft.scenario if draft else None
    if task is not None:
        kind = desk.bench.kind(task.type, scenario)
        return Asked(task, kind, desk.bench.reach(kind, task.requirement))
    kind = desk.bench.kind(str(st.session_state.get("in_scenario_type", session.first_type(desk.bench))), scenario)
    return Asked(None, kind, desk.bench.reach(kind, _own_reach(kind) or None))


def form(desk: Desk, asked: Asked, buttons: Callable[[], None]) -> None:
    """Draw the model, its fields and the buttons; what is asked is kept under the keys of the fields."""
    if asked.reach is None:
        st.info(t("propose.no_reach"))
        return
    begin = MODELS.index(asked.task.model) if asked.task else 0
    model = st.selectbox(t("propose.model"), MODELS, index=begin, format_func=lambda key: t(f"model.{key}"), key=asked.key("model"))
    st.caption(t(f"model_help.{model}"))
    with st.form("propose", border=True):
        fields = FIELDS[model]
        needed = {*fields.needs, *fields.either}
        _amounts(asked, [field for field in AMOUNTS if field in fields.known and (field in needed or field not in MORE)], needed)
        if "source" in fields.known:
            _source(asked)
        _candidates(asked)
        with st.expander(t("propose.more")):
            _amounts(asked, [field for field in MORE if field in fields.known and field not in needed], needed)
            _words(desk, asked)
        buttons()


def _source(asked: Asked) -> None:
    kept = asked.task.source if asked.task and asked.task.source else SOURCES[0]
    st.selectbox(
        t("propose.allocation"), SOURCES, index=SOURCES.index(kept), format_func=lambda key: t(f"allocation.{key}"), key=asked.key("source"),
        help=t("propose.allocation_help"),
    )  # fmt: skip


def _amounts(asked: Asked, fields: list[str], needed: set[str]) -> None:
    columns = st.columns(2)
    for position, field in enumerate(fields):
        _amount(columns[position % 2], asked, field, needed=field in needed)


def _words(desk: Desk, asked: Asked) -> None:
    """Draw what is asked in words: where prices come from, which facilities may close, and whose are run by others."""
    task, table = asked.task, desk.bench.state().layer.of_type(asked.kind.key)
    st.text_input(t("propose.price_source"), value=(task.price_source if task else None) or "", key=asked.key("price_source"))
    names, told = table["name"], task.may_close if task else ()
    closing = [ALL] if told == ALL else [site for site, name in names.items() if site in told or name in told]
    st.multiselect(
        t("propose.may_close"), [ALL, *names.index], default=closing, key=asked.key("may_close"), help=t("propose.may_close_help"),
        format_func=lambda site: t("propose.all") if site == ALL else str(names.get(site, site)), placeholder=t("consolidate.choose"),
    )  # fmt: skip
    owners = sorted({*table["ownership"], *(task.others if task else ())} - {""})
    st.multiselect(
        t("propose.others"), owners, default=list(task.others) if task else [], key=asked.key("others"), help=t("propose.others_help"),
        placeholder=t("consolidate.choose"),
    )  # fmt: skip


def _candidates(asked: Asked) -> None:
    """Draw what every model is asked with."""
    task, unit = asked.task, words.unit(asked.kind)
    source = task.candidates if task else CandidateSource()
    first, second = st.columns(2)
    first.number_input(
        t("propose.capacity", unit=unit), 0.0, value=(task.capacity if task else None) or 0.0, format="%g", key=asked.key("capacity"),
        help=t("propose.capacity_help"),
    )  # fmt: skip
    second.number_input(t("propose.limit"), 1.0, 3600.0, value=task.time_limit_s if task else 60.0, format="%g", key=asked.key("limit"))
    first.selectbox(
        t("propose.origin"), ORIGINS, index=ORIGINS.index(source.origin), format_func=lambda key: t(f"origin.{key}"), key=asked.key("origin")
    )
    second.number_input(t("propose.spacing"), 100.0, 20000.0, value=source.spacing_m, step=100.0, format="%g", key=asked.key("spacing"))


def _amount(column: Any, asked: Asked, field: str, *, needed: bool) -> None:  # noqa: ANN401 - a column of Streamlit
    limits = AMOUNTS[field]
    ready = getattr(asked.task, field, None) if asked.task else None
    begin = limits.begin if needed and not _paid(asked) else None
    value = begin if ready is None else figures.percent(ready) if limits.percent else ready
    kind: Callable[[float], float] = int if limits.whole else float
    column.number_input(
        t(f"propose.{field}"), min_value=kind(limits.least), max_value=None if limits.most is None else kind(limits.most),
        value=None if value is None else kind(value), format="%d" if limits.whole else "%g", key=asked.key(field), help=t(f"propose.{field}_help"),
        placeholder=t("propose.blank"),
    )  # fmt: skip


def task_from(desk: Desk, key: str) -> PlanTask | None:
    """Return the task the form asks for, or None, with the reason told, where it cannot be."""
    asked = of_key(desk, key)
    ready, model = asked.task, st.session_state[asked.key("model")]
    kept = ready.model_dump(exclude_none=True) if ready else {}
    fields = FIELDS[model].known
    asked_here = {*AMOUNTS, *WORDS}
    content = {name: value for name, value in kept.items() if name not in asked_here and (name in fields or name not in _OF_MODELS)}
    content |= {
        "key": ready.key if ready else "own",
        "title": ready.title if ready else t("propose.own_title", type=words.kind_name(asked.kind)),
        "type": asked.kind.key,
        "requirement": ready.requirement if ready else _own_reach(asked.kind),
        "model": model,
        "candidates": {
            **kept.get("candidates", {}),
            "origin": st.session_state[asked.key("origin")],
            "spacing_m": st.session_state[asked.key("spacing")],
        },
        "capacity": st.session_state[asked.key("capacity")] or None,
        "time_limit_s": st.session_state[asked.key("limit")],
    }
    content |= {field: told for field in (*AMOUNTS, *WORDS) if field in fields and (told := _told(asked, field)) not in (None, "")}
    try:
        return PlanTask.model_validate(content)
    except ValidationError as error:
        session.tell_mistakes(t("propose.impossible"), error)
        return None


def _told(asked: Asked, field: str) -> object:
    told = st.session_state.get(asked.key(field))
    if field == "may_close":
        return ALL if told and ALL in told else tuple(told or ())
    if field in AMOUNTS and AMOUNTS[field].percent and told is not None:
        return figures.from_percent(told)
    return told


def _paid(asked: Asked) -> bool:
    """Whether a ready task is limited by its budget: then it names no number of sites."""
    return asked.task is not None and asked.task.budget is not None


def _own_reach(kind: FacilityType) -> str:
    """Return the standard chosen beside the map, or the type's first."""
    told = st.session_state.get("in_scenario_reach")
    known = [item.id for item in kind.requirements if isinstance(item, Reach)]
    return str(told) if told in known else next(iter(known), "")
