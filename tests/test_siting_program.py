"""The linear program that grows by cuts and drops those that lie idle: bounds hold, conditions stay, and no answer changes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from planning.siting import LSCP, MCLP, BackupCover, PMedian, program, propose
from planning.siting.program import Program
from tests.siting_drawings import problem_of, spread


@pytest.fixture
def dropped(monkeypatch):
    """Drop every cut at once that has no price, and count those dropped."""
    monkeypatch.setattr(program, "_IDLE", 0)
    monkeypatch.setattr(program, "_MANY", 0.0)
    counts, drop = [], Program._drop_idle

    def counted(self: Program, prices: np.ndarray) -> None:
        before = len(self._known)
        drop(self, prices)
        counts.append(before - len(self._known))

    monkeypatch.setattr(Program, "_drop_idle", counted)
    return counts


@pytest.mark.parametrize("seed", range(5))
def test_cuts_of_a_ball_reach_its_tangent_plane(seed, dropped):
    """The least of ``c @ x`` over a ball is ``c @ centre - radius * |c|``; each step adds a half-space that touches the ball."""
    rng = np.random.default_rng(seed)
    objective, centre, radius = rng.normal(size=6), np.full(6, 0.5), 0.3
    least = float(objective @ centre - radius * np.linalg.norm(objective))
    grown = Program(objective, np.zeros(6), np.ones(6), lambda: None)
    half = sparse.csr_array(-np.ones((1, 6)))
    grown.add(half, np.array([-5.0]))  # holds in the whole ball and is never tight: a condition all the same
    for _ in range(400):
        answer = grown.solve()
        assert answer.bound <= least + 1e-9
        assert len(answer.rows) == grown.rows
        assert grown.priced(answer.rows)[0] == answer.bound
        assert grown._known[0] == 0
        out = answer.x - centre
        if np.linalg.norm(out) <= radius + 1e-5:
            break
        normal = out / np.linalg.norm(out)
        grown.add(sparse.csr_array(-normal[None, :]), np.array([-(normal @ centre) - radius]), cuts=True)
    assert answer.bound == pytest.approx(least, abs=1e-4)
    assert sum(dropped) > 0


def test_what_nothing_satisfies_is_seen_after_cuts_were_dropped(dropped):
    grown = Program(np.array([1.0, 2.0]), np.zeros(2), np.ones(2), lambda: None)
    grown.add(sparse.csr_array(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])), np.array([1.5, 0.1, 0.2]), cuts=True)
    assert grown.solve().bound == pytest.approx(2.0)  # x = 1, y = 0.5: the two single limits lie idle
    assert sum(dropped) == 2
    grown.add(sparse.csr_array(np.array([[-1.0, -1.0]])), np.array([-1.0]))
    answer = grown.solve()
    assert answer.state == "infeasible"
    assert len(answer.rows) == 4
    assert (answer.rows[1:3] == 0).all()


@pytest.mark.parametrize(
    "model", [MCLP(8, 3.5), PMedian(9, "limit"), LSCP(7.0, 1.0, "coverable"), BackupCover(8, 6.0, 0.5)], ids=lambda model: model.key
)
def test_dropping_changes_no_answer(model, dropped, monkeypatch):
    table, people = spread(900, 150, 8.0)
    problem = problem_of(table, people, limit=8.0)
    plan = propose(problem, model)
    assert sum(dropped) > 0
    monkeypatch.setattr(program, "_MANY", 2.0)
    whole = propose(problem, model)
    assert (plan.value, plan.status, plan.checked) == (whole.value, "proven", whole.checked)
