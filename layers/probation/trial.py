"""Reading what others have made: tried by the child, and read by the program when that went well."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from threading import Lock
from typing import Any

import psutil
import shapely

from layers import readers, texts
from layers.county import County, FacilityLedger
from layers.errors import Fault, PlanningError
from layers.facts import Facts
from layers.probation import contents
from layers.probation.child import Child, Ended, Limits, Message
from layers.probation.passed import has_passed, key_of_trial, note_passed
from layers.progress import Progress, silent
from layers.readers import CountyProposal, read_county_toml
from layers.readers import county as of_county
from layers.readers.ledger_views import SheetView, ledger_views
from layers.readers.trace import Seen

SECONDS, SECONDS_PER_MB = 60.0, 5.0
"""Processor time for a county, and more by the size of its files: the slowest, workbooks, take some 3 s for 1 MB."""
MOST_MEMORY_MB = 4_000
_child = Child("layers.probation.reading")
_lock = Lock()
atexit.register(_child.end)


def read_county(folder: Path, *, cached: bool = False, progress: Progress = silent, seen: Seen | None = None, county: County | None = None) -> Facts:
    """Read a county as :func:`layers.readers.read_county` does, after a trial where its files have not been read well on this computer before.

    Raises
    ------
    PlanningError
        Also when the trial had to be ended; the file that was being read is named.
    """
    folder = Path(folder)
    found = contents.listed(folder, read_county_toml(folder))
    on_trial("county", folder, found, progress=progress)
    facts = readers.read_county(folder, cached=cached, progress=progress, seen=seen, county=county)
    _check_same(found.files, facts.inputs)
    return facts


def try_county(folder: Path, *, progress: Progress = silent) -> None:
    """Have the files of a county tried that is then read in parts, as one of its ledgers cannot be read.

    Raises
    ------
    PlanningError
        When the trial had to be ended; the file that was being read is named.
    """
    on_trial("county", folder, contents.listed(folder, read_county_toml(folder)), progress=progress)


def view_ledger(folder: Path, spec: FacilityLedger) -> tuple[SheetView, ...]:
    """Look into a ledger as :func:`layers.readers.ledger_views.ledger_views` does, after a trial.

    Raises
    ------
    PlanningError
        Also when the trial had to be ended.
    """
    on_trial("ledger", folder, contents.of_file(folder, spec.file), spec.model_dump(mode="json", exclude_none=True))
    return ledger_views(folder, spec)


def propose_county(folder: Path, **answers: object) -> CountyProposal:
    """Propose a county.toml as :func:`layers.readers.propose_county` does, after a trial of all files in ``layers/``.

    Raises
    ------
    PlanningError
        Also when the trial had to be ended; the file that was being read is named.
    """
    found = contents.laid(folder)
    on_trial("proposal", folder, found, answers)
    proposal = readers.propose_county(folder, **answers)
    _check_same(found.files, contents.laid(folder).files)
    return proposal


def outline_in_degrees(folder: Path, county: County) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the county's outline as :func:`layers.readers.county.outline_in_degrees` does, after a trial.

    Raises
    ------
    PlanningError
        Also when the trial had to be ended; the file that was being read is named.
    """
    on_trial("outline", folder, contents.listed(folder, county))
    return of_county.outline_in_degrees(folder, county)


def vouch(folder: Path) -> None:
    """Take a county's files as read well: the program has just written them itself."""
    note_passed(key_of_trial("county", contents.listed(folder, read_county_toml(folder)).files, {}))


def warm() -> None:
    """Start the child, so that it has loaded its libraries when it is needed; a system that does not let it is told of then."""
    if limits(0) is not None and _lock.acquire(blocking=False):
        try:
            _child.start()
        except OSError:
            return
        finally:
            _lock.release()


def limits(size: int) -> Limits | None:
    """Return what the child may use for files of so many bytes.

    ``BUJU_READ_SECONDS`` and ``BUJU_READ_MEMORY_MB`` stand in for the seconds that any county may take, and for the memory, which is half of the
    computer's but no more than 4 GB. None, where the latter is 0: nothing is put on trial.
    """
    half = psutil.virtual_memory().total // 2 // 1_000_000
    memory = _number("BUJU_READ_MEMORY_MB", min(MOST_MEMORY_MB, half))
    seconds = _number("BUJU_READ_SECONDS", SECONDS) + SECONDS_PER_MB * size / 1e6
    return Limits(seconds, int(memory * 1e6), wait=60.0 + 4 * seconds) if memory else None


def on_trial(task: str, folder: Path, found: contents.Contents, answers: Mapping[str, object] | None = None, *, progress: Progress = silent) -> None:
    """Have files read by the child, unless they have been read well before.

    Parameters
    ----------
    task : str
        Key of :data:`layers.probation.reading.TASKS`.
    folder : Path
    found : Contents
        All that is read.
    answers : mapping, optional
        What a person has said.
    progress : Progress
        What it raises ends the child.

    Raises
    ------
    PlanningError
        When the child had to be ended, ended by itself, or cannot be started.
    """
    key, allowed = key_of_trial(task, found.files, answers or {}), limits(found.size)
    if allowed is None or has_passed(key):
        return
    hear = _Hearing(progress)
    while not _lock.acquire(timeout=0.1):
        hear({})
    try:
        ended = _child.ask({"task": task, "folder": str(folder.resolve()), "answers": dict(answers or {})}, allowed, hear)
    except OSError as error:
        raise PlanningError("probation.no_child", reason=error.strerror or type(error).__name__) from error
    finally:
        _lock.release()
    if ended.kind in {"hung", "grew", "died"}:
        raise _refusal(ended, allowed)
    if ended.kind == "read":
        note_passed(key)


class _Hearing:
    """Passes on what the child says of its progress; also when it says nothing, so that a planner can stop it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._step = ("stage.probation", 0.0, 1.0)

    def __call__(self, message: Message) -> None:
        told: tuple[Any, ...] = tuple(message.get(name) for name in ("stage", "done", "total"))
        if told[0] in texts.codes() and all(isinstance(value, int | float) and isfinite(value) for value in told[1:]):
            self._step = told
        self._progress(*self._step)


def _refusal(ended: Ended, allowed: Limits) -> PlanningError:
    file = ended.file or "county.toml"
    limit = {"seconds": round(allowed.seconds), "memory": allowed.resident // 1_000_000, "exit": ended.said or "-"}
    fault = Fault("error", f"probation.{ended.kind}", "", file, values=limit)
    return PlanningError(fault.code, faults=[fault], file=file, **limit)


def _check_same(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Refuse files of which others were read than were tried."""
    for file, digest in after.items():
        if before.get(file) != digest:
            raise PlanningError("probation.changed", file=file)


def _number(variable: str, otherwise: float) -> float:
    try:
        value = float(os.environ.get(variable) or otherwise)
    except ValueError:
        return otherwise
    return value if isfinite(value) and value >= 0 else otherwise
