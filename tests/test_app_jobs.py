"""Slow work in the app: progress is seen, stopping is heard, errors reach the page."""

from __future__ import annotations

import threading
import time

import pytest

from layers.errors import Cancelled, PlanningError
from layers.progress import Progress
from planning.app.jobs import Job


def test_result_and_progress() -> None:
    seen, go = threading.Event(), threading.Event()

    def work(progress: Progress) -> int:
        progress("stage.search", 3, 12, value=5.0, bound=6.0, gap=0.2)
        seen.set()
        assert go.wait(5)
        return 42

    job = Job("t", work, lambda _: None).start()
    assert seen.wait(5)
    assert not job.ended
    assert (job.step.stage, job.step.share, job.step.value, job.step.gap) == ("stage.search", 0.25, 5.0, 0.2)
    go.set()
    assert job.wait(5)
    assert job.outcome() == 42


def test_a_solver_that_is_stopped_answers_with_its_best_plan_at_once() -> None:
    def solve(progress: Progress) -> str:
        best = 0
        try:
            while True:
                best += 1
                progress("stage.solve", 0, 0, value=float(best))
                time.sleep(0.01)
        except Cancelled:
            return f"best of {best}"

    job = Job("t", solve, lambda _: None).start()
    time.sleep(0.1)
    began = time.monotonic()
    job.stop()
    assert job.wait(2)
    assert time.monotonic() - began < 1
    assert str(job.outcome()).startswith("best of")


def test_errors_reach_the_page() -> None:
    def refuse(progress: Progress) -> None:
        raise PlanningError("workbench.no_plan")

    job = Job("t", refuse, lambda _: None).start()
    assert job.wait(5)
    with pytest.raises(PlanningError):
        job.outcome()


def test_work_that_ignores_cancel_lets_it_through() -> None:
    def work(progress: Progress) -> None:
        while True:
            progress("stage.read", 0, 1)
            time.sleep(0.01)

    job = Job("t", work, lambda _: None).start()
    job.stop()
    assert job.wait(2)
    with pytest.raises(Cancelled):
        job.outcome()


def test_an_unknown_total_shows_no_share() -> None:
    job = Job("t", lambda progress: progress("stage.read", 5, 0), lambda _: None).start()
    assert job.wait(5)
    assert job.step.share == 0.0
