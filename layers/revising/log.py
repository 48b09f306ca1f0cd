"""What was changed in a file, cell by cell, kept beside its versions (:mod:`layers.history`) and only ever added to."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from layers.revising.changes import Revision, shown
from layers.saving import refused

STRUCK = "—"
"""What is told as the new value of a row that was struck out."""


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """A change as it is told.

    Attributes
    ----------
    sha256 : str
        Of the version that it led to.
    sheet, row, head : str, int, str
        Where; a row that was struck out has no head.
    before, after, why : str
    """

    sha256: str
    sheet: str
    row: int
    head: str
    before: str
    after: str
    why: str = ""


def log_changes(file: Path, sha256: str, revision: Revision) -> None:
    """Write down what leads to a new version, before it is saved; what was never saved is not told later.

    Raises
    ------
    PlanningError
        When the disk refuses.
    """
    path = _log_of(file)
    lines = "".join(json.dumps(asdict(change), ensure_ascii=False) + "\n" for change in _told(sha256, revision))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log:
            log.write(b"\n" + lines.encode("utf-8"))  # after a line that was cut off a new one begins
            log.flush()
            os.fsync(log.fileno())
    except OSError as error:
        raise refused(path, error) from error


def logged_changes(file: Path, saved: Iterable[str]) -> tuple[LoggedChange, ...]:
    """Return all changes of a file that led to a version that was saved, the oldest first.

    Parameters
    ----------
    file : Path
    saved : iterable of str
        sha256 of its versions.
    """
    known = set(saved)
    return tuple(dict.fromkeys(change for change in _read(_log_of(file)) if change.sha256 in known))


def _told(sha256: str, revision: Revision) -> Iterator[LoggedChange]:
    for change in revision.kept_cells():
        yield LoggedChange(sha256, change.sheet, change.row, change.head, shown(change.before), shown(change.after))
    for strike in revision.struck:
        yield LoggedChange(sha256, strike.sheet, strike.row, "", strike.said, STRUCK, strike.why)


def _read(path: Path) -> Iterator[LoggedChange]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(path, error) from error
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            yield LoggedChange(**json.loads(line))


def _log_of(file: Path) -> Path:
    return file.parent / ".history" / file.name / "changes.jsonl"
