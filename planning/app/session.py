"""What one browser session holds: the county it has open, the scenario it works on, the work under way, what it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import streamlit as st
from pydantic import ValidationError

from layers.errors import Cancelled, PlanningError
from layers.progress import Progress
from layers.readers.schema import mistakes
from layers.types import facility_types
from planning.app import tables, words
from planning.app.drafting import Draft, new_draft
from planning.app.jobs import Job
from planning.app.map.cells import Raster, warp
from planning.app.map.ground import Ground, ground
from planning.workbench import Evaluation, Workbench, open_county, remember
from scenarios.document import Scenario, fingerprint
from scenarios.state import State

MEASURED_KEPT = 8
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """A county that is open.

    Attributes
    ----------
    bench : Workbench
    ground : Ground
        What the live map is drawn on.
    raster : Raster
    """

    bench: Workbench
    ground: Ground
    raster: Raster


@dataclass
class Memory:
    """What outlives a reload of the page: counties opened by this process, and scenarios nobody has saved yet."""

    desks: dict[Path, Desk] = field(default_factory=dict)
    drafts: dict[Path, Draft] = field(default_factory=dict)


@st.cache_resource(show_spinner=False)
def memory() -> Memory:
    """Return the memory of this process; it belongs to the one person at this computer."""
    return Memory()


def desk() -> Desk | None:
    """Return the county this session has open."""
    return cast("Desk | None", st.session_state.get("desk"))


def draft() -> Draft | None:
    """Return the scenario this session works on."""
    return cast("Draft | None", st.session_state.get("draft"))


def keep_draft(changed: Draft) -> None:
    """Put a changed scenario in the place of the one worked on, also for after a reload of the page."""
    st.session_state["draft"] = changed
    opened = desk()
    if opened is not None:
        memory().drafts[opened.bench.folder] = changed


def open_folder(folder: Path, then: Callable[[], None] | None = None) -> None:
    """Open a county's folder as slow work, and make it the one this session has open."""

    def work(progress: Progress) -> Desk:
        laid = lay_out(folder, progress)
        _warm(laid.bench, progress)
        return laid

    def done(laid: Desk) -> None:
        sit_down(laid)
        if then is not None:
            then()

    st.session_state["refused"] = None
    keep_shut(folder)
    start(words.t("job.open", folder=folder.name), work, done)


def lay_out(folder: Path, progress: Progress) -> Desk:
    """Read a county's folder and lay out what pages need of it; for a worker thread."""
    bench = open_county(folder, progress=progress)
    laid = Desk(bench, ground(bench.facts), warp(bench.facts.population.cells, bench.facts.crs))
    remember(folder, bench.facts.county.name)
    return laid


def keep_shut(folder: Path) -> None:
    """Note a folder that is about to be opened: until it is, its ledgers can only be repaired (page 数据核查)."""
    st.session_state["shut"] = folder if (folder / "county.toml").is_file() else None
    st.session_state.pop("survey", None)


def shut() -> Path | None:
    """Return the county that was to be opened last and is not open."""
    return cast("Path | None", st.session_state.get("shut"))


def get_up(folder: Path) -> None:
    """Close a county: its files have changed since they were read. Scenarios nobody has saved stay."""
    memory().desks.pop(folder, None)
    opened = desk()
    if opened is not None and opened.bench.folder == folder:
        st.session_state["desk"] = None


def open_kept(folder: Path) -> None:
    """Open a county at once where this process has it open already, else as slow work."""
    kept = memory().desks.get(folder)
    if kept is None:
        open_folder(folder)
    else:
        sit_down(kept)


def sit_down(laid: Desk) -> None:
    """Make a county the one this session has open, with the scenario last worked on or a new one."""
    folder = laid.bench.folder
    memory().desks = {folder: laid}  # one county at a time: they are large
    for key in (
        "shut",
        "survey",
        "proposal",
        "frontier",
        "consolidation",
        "conflict",
        "export",
        "reviews",
        "comparison",
        "measured",
        "measure_place",
    ):
        st.session_state.pop(key, None)
    st.session_state["desk"] = laid
    st.session_state["draft"] = memory().drafts.get(folder) or new_draft(words.t("scenario.untitled"), first_type(laid.bench))


def first_type(bench: Workbench) -> str:
    """Return the type a planner is likely to begin with: that of the first plan task."""
    tasks = bench.facts.county.plan
    return tasks[0].type if tasks else (bench.present_types() or list(facility_types()))[0]


def _warm(bench: Workbench, progress: Progress) -> None:
    """Search the present facilities once, so that pages answer at once; what cannot be measured says so on its own page."""
    for key in bench.present_types():
        try:
            bench.measure_type(key, progress=progress)
        except Cancelled:
            raise
        except PlanningError:
            continue


def measured(laid: Desk, scenario: Scenario, key: str, requirement: str | None, state: State | None = None) -> Evaluation:
    """Return an evaluation, kept for the next redraw of the same; ``state`` is what the scenario leads to, where that is known."""
    kept = cast("dict[tuple[str, ...], Evaluation]", st.session_state.setdefault("measured", {}))
    name = (str(laid.bench.folder), fingerprint(scenario), key, requirement or "")
    if name not in kept:
        while len(kept) >= MEASURED_KEPT:
            kept.pop(next(iter(kept)))
        kept[name] = laid.bench.measure_type(key, scenario, requirement=requirement, state=state)
    kept[name] = kept.pop(name)  # the newest last
    return kept[name]


# ---------------------------------------------------------------- the live map


def must_send(laid: Ground) -> bool:
    """Return whether the browser has not been sent this ground yet; it keeps it, and asks when it has lost it."""
    known = st.session_state.get("ground_sent") == laid.version
    st.session_state["ground_sent"] = laid.version
    return not known


def heard(key: str) -> Mapping[str, Any]:
    """Return what a map has told, for the callback of its events; a wish for the ground is noted here."""
    message = cast("Mapping[str, Any] | None", st.session_state[key].get("event")) or {}
    if "need" in message:
        st.session_state["ground_sent"] = None
    return message


# ---------------------------------------------------------------- slow work


def job() -> Job | None:
    """Return the work under way in this session."""
    return cast("Job | None", st.session_state.get("job"))


def start(title: str, work: Callable[[Progress], Any], done: Callable[[Any], None]) -> None:
    """Start slow work, unless some is under way."""
    if job() is not None:
        tell_warning(words.t("job.busy"))
        return
    st.session_state["job"] = Job(title, work, done).start()


def settle() -> None:
    """Take over what ended work has brought; to be called at the start of each run of a page."""
    ended = job()
    if ended is None or not ended.ended:
        return
    st.session_state["job"] = None
    with acting():
        try:
            ended.done(ended.outcome())
        except Cancelled:
            tell_warning(words.t("job.stopped", title=ended.title))


# ---------------------------------------------------------------- what the planner is told


def refuse(error: PlanningError) -> None:
    """Show a PlanningError at the head of the page, once."""
    _notices().append(("error", error))
    if error.faults:
        st.session_state["refused"] = error


def tell_warning(sentence: str) -> None:
    """Show a sentence at the head of the page, once."""
    _notices().append(("warning", sentence))


def tell_mistakes(sentence: str, error: ValidationError) -> None:
    """Show at the head of the page, once, that a form cannot be as it is filled in, and why."""
    found = dict.fromkeys(f"{fault.say(words.lang())}{fault.repair(words.lang())}" for fault in mistakes(error))
    tell_warning(" ".join([sentence, *found]))


def tell(sentence: str) -> None:
    """Show good news at the head of the page, once."""
    _notices().append(("success", sentence))


def notices() -> list[tuple[str, Any]]:
    """Return what is to be shown, and forget it."""
    shown = list(_notices())
    _notices().clear()
    return shown


def _notices() -> list[tuple[str, Any]]:
    return cast("list[tuple[str, Any]]", st.session_state.setdefault("notices", []))


@contextmanager
def guarded() -> Iterator[None]:
    """Show a PlanningError as its sentence, and a fault of the program as one; what a person has entered stays as it is."""
    try:
        yield
    except PlanningError as error:
        st.error(tables.plain(error.say(words.lang())), icon=":material/error:")
    except Exception:  # the frame of the app has nobody above it that a planner could understand
        LOG.exception("a page failed")
        st.error(words.t("unexpected"), icon=":material/bug_report:")


@contextmanager
def acting() -> Iterator[None]:
    """Like :func:`guarded`, for callbacks, which run before the page: shown at its head."""
    try:
        yield
    except PlanningError as error:
        refuse(error)
    except Exception:
        LOG.exception("an action failed")
        _notices().append(("error", words.t("unexpected")))
