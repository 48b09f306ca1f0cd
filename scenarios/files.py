"""Scenario files: opened with what a later save must know, and saved so that nothing is lost."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from layers.errors import PlanningError
from layers.history import ABSENT, Document, digest
from layers.saving import write_whole
from layers.untrusted.documents import load_toml
from scenarios.document import FORMAT, Scenario, parse_scenario, scenario_text


@dataclass(frozen=True)
class Opened:
    """A scenario as its file holds it.

    Attributes
    ----------
    path : Path
    scenario : Scenario
    known : str
        :func:`layers.history.digest` of the file: what a save must be told was read.
    changed_outside : bool
        The file is none of the versions in its history: another program wrote it, or it is damaged.
    older : bool
        The scenario is an older version, not what the file holds.
    """

    path: Path
    scenario: Scenario
    known: str
    changed_outside: bool = False
    older: bool = False


def read_scenario(path: Path) -> Scenario:
    """Read a scenario document.

    Raises
    ------
    PlanningError
        When the file cannot be read, is no TOML, is of a newer format, or holds mistakes: all at once, as faults. Where it is none of the versions in
        its history it is called damaged, and the last good version is named.
    """
    return open_scenario(path).scenario


def open_scenario(path: Path) -> Opened:
    """Read a scenario document together with what a later save must know; errors as of :func:`read_scenario`."""
    document = Document(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlanningError("scenario.unreadable", file=path.name, why=error.strerror or str(error)) from error
    outside = document.changed_outside
    try:
        return Opened(path, _parsed(content, path.name), digest(content), outside)
    except PlanningError as error:
        good = document.last_good() if outside and error.code != "scenario.newer" else None
        if good is None:
            raise
        told = {"number": good.number, "user": good.user, "when": good.shown_when, "why": error.say("zh"), "why_en": error.say("en")}
        raise PlanningError("saving.damaged", faults=error.faults, file=path.name, **told) from error


def open_version(path: Path, number: int) -> Opened:
    """Read an older version of a scenario document; saved, it takes the place of what the file holds now.

    Raises
    ------
    PlanningError
        When there is no such version, or it is no scenario.
    """
    document = Document(path)
    scenario = _parsed(document.content(number), path.name)
    return Opened(path, scenario, digest(path.read_bytes()) if path.exists() else ABSENT, older=True)


def _parsed(content: bytes, file: str) -> Scenario:
    try:
        text = content.decode("utf-8-sig")  # the Windows editor puts a mark in front
    except UnicodeDecodeError as error:
        raise PlanningError("scenario.not_utf8", file=file) from error
    return parse_scenario(text, file)


def save_scenario(scenario: Scenario, path: Path, *, known: str | None) -> Opened:
    """Save a scenario document under a lock, never over somebody else's work, and keep every version.

    Parameters
    ----------
    scenario : Scenario
    path : Path
        Its folder must exist.
    known : str or None
        :attr:`Opened.known` of what was opened, empty where there was no file; None: whatever stands there is replaced knowingly.

    Returns
    -------
    Opened
        With what the next save must be told.

    Raises
    ------
    PlanningError
        As :meth:`layers.history.Document.save`; also when the file is of a newer format, which is left untouched.
    """
    _refuse_newer(path)
    saved = Document(path).save(scenario_text(scenario).encode("utf-8"), known=known)
    return Opened(path, scenario, saved.sha256)


def _refuse_newer(path: Path) -> None:
    try:
        told = load_toml(path.read_text("utf-8-sig"), path.name).get("format", FORMAT)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, PlanningError):
        return
    if isinstance(told, int) and told > FORMAT:
        raise PlanningError("scenario.newer", file=path.name, format=told, known=FORMAT)


def write_scenario(scenario: Scenario, path: Path) -> None:
    """Write a scenario document, whole or not at all; the same scenario always gives the same bytes.

    Raises
    ------
    PlanningError
        When the file cannot be written.
    """
    write_whole(path, scenario_text(scenario).encode("utf-8"))
