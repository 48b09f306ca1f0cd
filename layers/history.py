"""Documents that people edit, kept so that nothing is lost: under a lock, with what was read, and with every version.

Beside a document ``name`` its folder holds ``.history/name/`` with

* ``versions/<sha256>``: the bytes of each version, written once and never changed;
* ``log.jsonl``: one line for each event, only ever added to;
* ``lock`` and ``holder.json``: who is writing at the moment.

A version is written whole before the document is replaced, and the line of the log after. Whenever the power fails, the document is therefore a whole
version, either the old or the new one, and what was told to be saved is there. A document whose bytes are no known version was changed by another
program, or is damaged.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import hashlib
import json
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from layers.errors import PlanningError
from layers.saving import refused, write_whole

PATIENCE_S = 5.0
"""How long a save waits for another one of the same document."""

Kind = Literal["saved", "outside", "conflict", "restored"]
ABSENT = ""


@dataclass(frozen=True)
class Version:
    """One line of the log.

    Attributes
    ----------
    number : int
        From 1 in the order of the log.
    sha256 : str
        Of the bytes.
    kind : {"saved", "outside", "conflict", "restored"}
        ``outside``: found in the document, written by another program; ``conflict``: refused because the document had changed since it was read, and
        kept here only; ``restored``: an older version put back.
    when : str
        Local time, ISO 8601, to the second.
    user, host : str
        Who, and on which computer.
    """

    number: int
    sha256: str
    kind: Kind
    when: str
    user: str
    host: str

    @property
    def shown_when(self) -> str:
        """The time without its zone, as people read it."""
        return self.when.replace("T", " ")[:19]


def digest(content: bytes) -> str:
    """Return the sha256 of bytes as hexadecimal text: what a save is told was read."""
    return hashlib.sha256(content).hexdigest()


class Document:
    """A file that is saved whole or not at all, never over somebody else's work.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = path.parent / ".history" / path.name
        self._log = self._folder / "log.jsonl"

    def save(self, content: bytes, *, known: str | None) -> Version:
        """Save a new version.

        Parameters
        ----------
        content : bytes
        known : str or None
            :func:`digest` of what was read before it was changed, :data:`ABSENT` where there was no document. None: whatever stands there is
            replaced knowingly; it stays in the history.

        Raises
        ------
        PlanningError
            ``saving.conflict`` when the document is no longer what was read (the new version is kept in the history, the document stays),
            ``saving.locked`` when somebody else is saving it for over 5 s, and as :func:`layers.saving.write_whole`.
        """
        with self._locked():
            return self._save(content, known, "saved")

    def restore(self, number: int, *, known: str | None) -> Version:
        """Put a version back; what stands there stays in the history.

        Parameters and errors as for :meth:`save` and :meth:`content`.
        """
        with self._locked():
            return self._save(self.content(number), known, "restored")

    def versions(self) -> tuple[Version, ...]:
        """Return all versions, the oldest first; a line that the power cut off is none."""
        return tuple(_versions(self._log))

    def content(self, number: int) -> bytes:
        """Return the bytes of a version.

        Raises
        ------
        PlanningError
            When there is no such version, or its bytes are no longer what was saved.
        """
        found = next((version for version in self.versions() if version.number == number), None)
        if found is None:
            raise PlanningError("saving.no_version", file=self.path.name, number=number, count=len(self.versions()))
        try:
            content = self._kept(found.sha256).read_bytes()
        except OSError as error:
            raise PlanningError("saving.version_lost", file=self.path.name, number=number) from error
        if digest(content) != found.sha256:
            raise PlanningError("saving.version_lost", file=self.path.name, number=number)
        return content

    @property
    def changed_outside(self) -> bool:
        """Whether the document is there and is none of the versions kept, though some are: another program wrote it, or it is damaged."""
        standing = self._standing()
        return standing != ABSENT and self._log.exists() and not self._kept(standing).exists()

    def last_good(self) -> Version | None:
        """Return the newest version that was in the document and whose bytes are still whole."""
        for version in reversed(self.versions()):
            if version.kind in {"saved", "restored"}:
                with contextlib.suppress(PlanningError):
                    self.content(version.number)
                    return version
        return None

    def _save(self, content: bytes, known: str | None, kind: Kind) -> Version:
        standing, wanted = self._standing(), digest(content)
        if standing != ABSENT and standing not in {version.sha256 for version in self.versions()}:
            self._take_in()
        self._keep(content)
        if known is not None and standing not in {ABSENT, known, wanted}:  # what was deleted is not overwritten by being made again
            mine = self._tell(wanted, "conflict")
            raise PlanningError("saving.conflict", file=self.path.name, number=mine.number, **self._whose(standing))  # type: ignore[arg-type]
        if standing != wanted:
            write_whole(self.path, content)
        return self._tell(wanted, kind)

    def _take_in(self) -> None:
        """Keep what another program wrote, before it is replaced; who wrote it is not known, when is."""
        found = self.path.read_bytes()
        self._keep(found)
        self._tell(digest(found), "outside", (_local(self.path.stat().st_mtime), "—", "—"))

    def _whose(self, standing: str) -> dict[str, object]:
        newest = next((version for version in reversed(self.versions()) if version.sha256 == standing), None)
        if newest is None:
            return {"user": "—", "host": "—", "when": "—"}
        return {"user": newest.user, "host": newest.host, "when": newest.shown_when}

    def _standing(self) -> str:
        try:
            return digest(self.path.read_bytes())
        except FileNotFoundError:
            return ABSENT
        except OSError as error:
            raise refused(self.path, error) from error

    def _kept(self, sha256: str) -> Path:
        return self._folder / "versions" / sha256

    def _keep(self, content: bytes) -> None:
        place = self._kept(digest(content))
        if not place.exists() or place.read_bytes() != content:
            write_whole(place, content)

    def _tell(self, sha256: str, kind: Kind, origin: tuple[str, str, str] | None = None) -> Version:
        known = self.versions()
        version = Version(known[-1].number + 1 if known else 1, sha256, kind, *(origin or _now_and_who()))
        line = json.dumps(asdict(version), ensure_ascii=False).encode("utf-8")
        try:
            with self._log.open("ab") as log:
                # After a line that was cut off a new one begins; an empty line is nothing.
                log.write(b"\n" + line + b"\n")
                log.flush()
                os.fsync(log.fileno())
        except OSError as error:
            raise refused(self._log, error) from error
        return version

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            (self._folder / "versions").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused(self._folder, error) from error
        holder = self._folder / "holder.json"
        try:
            with FileLock(self._folder / "lock", timeout=PATIENCE_S):
                when, user, host = _now_and_who()
                with contextlib.suppress(OSError):  # only told to those who wait
                    holder.write_text(json.dumps({"user": user, "host": host, "when": when}, ensure_ascii=False), "utf-8")
                yield
        except Timeout as error:
            raise PlanningError("saving.locked", file=self.path.name, **_holder(holder)) from error  # type: ignore[arg-type]


def _versions(log: Path) -> Iterator[Version]:
    try:
        lines = log.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(log, error) from error
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            yield Version(**json.loads(line))


def _holder(file: Path) -> dict[str, str]:
    try:
        told = json.loads(file.read_text("utf-8"))
        return {name: str(told[name]) for name in ("user", "host", "when")}
    except (OSError, ValueError, TypeError, KeyError):
        return {"user": "—", "host": "—", "when": "—"}


def _now_and_who() -> tuple[str, str, str]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # Windows without its variables
        user = "—"
    return _local(time.time()), user, platform.node()


def _local(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
