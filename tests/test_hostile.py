"""Spoilt files of every kind give a result, findings or a PlanningError, in time and without filling the memory."""

from __future__ import annotations

import pytest

from benchmarks.hostile import report, run, sound
from benchmarks.hostile_seeds import READERS


def test_each_reader_refuses_or_reads_spoilt_files():
    found = run(20, range(2 * len(READERS)), tuple(READERS))
    assert {case.reader for case, _ in found} == set(READERS)
    assert all(sound(answer) for _, answer in found), report(found)
    assert {answer.kind for _, answer in found} == {"read", "refused"}


@pytest.mark.slow
def test_three_hundred_spoilt_files():
    found = run(21, range(300), tuple(READERS))
    assert all(sound(answer) for _, answer in found), report(found)
