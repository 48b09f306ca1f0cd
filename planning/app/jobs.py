"""Slow work: one worker thread for each session, which a rerun of the page neither restarts nor loses (design, section 5)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from layers.errors import Cancelled, PlanningError
from layers.progress import Progress

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """How far the work is.

    Attributes
    ----------
    stage : str
        Code of :mod:`layers.texts`.
    done, total : float
    value, bound, gap : float or None
        From a solver, once it has a plan.
    """

    stage: str = ""
    done: float = 0.0
    total: float = 0.0
    value: float | None = None
    bound: float | None = None
    gap: float | None = None

    @property
    def share(self) -> float:
        """Share of the stage that is done, 0 where that is unknown."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total > 0 else 0.0


@dataclass
class Job:
    """Work under way; the worker thread calls nothing of Streamlit.

    Parameters
    ----------
    title : str
        What is being done, as shown.
    work : callable
        Called once with ``progress``, in the thread.
    done : callable
        Called with the result, by the page that notices the end.
    """

    title: str
    work: Callable[[Progress], Any]
    done: Callable[[Any], None]
    started: float = field(default_factory=time.monotonic)
    _step: Step = field(default_factory=Step)
    _stop: Event = field(default_factory=Event)
    _ended: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _outcome: Any = None
    _error: Exception | None = None

    def start(self) -> Job:
        """Start the thread and return the job."""
        Thread(target=self._run, name="buju-work", daemon=True).start()
        return self

    def stop(self) -> None:
        """Ask the work to stop; a solver then answers with its best plan so far."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most so long, and return whether it has come."""
        return self._ended.wait(seconds)

    @property
    def step(self) -> Step:
        """The newest step."""
        with self._lock:
            return self._step

    @property
    def stopping(self) -> bool:
        """Whether the planner has asked to stop."""
        return self._stop.is_set()

    @property
    def ended(self) -> bool:
        """Whether there is an outcome."""
        return self._ended.is_set()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self.started

    def outcome(self) -> Any:  # noqa: ANN401 (what the work returned)
        """Return what the work returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._outcome

    def progress(self, stage: str, done: float, total: float, **more: float) -> None:
        """Take note of one step (:class:`layers.progress.Progress`)."""
        with self._lock:
            known = {key: more[key] for key in ("value", "bound", "gap") if key in more}
            self._step = Step(stage, done, total, **known)
        if self._stop.is_set():
            raise Cancelled

    def _run(self) -> None:
        try:
            self._outcome = self.work(self.progress)
        except PlanningError as error:
            self._error = error
        except Exception as error:  # a thread has nobody above it; the page raises it again
            LOG.exception("work %r failed", self.title)
            self._error = error
        finally:
            self._ended.set()
