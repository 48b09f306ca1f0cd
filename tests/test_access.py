"""2SFCA against head arithmetic, brute force and conservation of capacity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.access import two_step_floating_catchment
from tests.cost_tables import cases, from_matrix

NAN = np.nan


def test_head_arithmetic() -> None:
    # a: 10 beds for 100 + 300 people = 0.025; b: 30 beds for 300 = 0.1; c unknown
    costs = from_matrix(
        np.array([[5, NAN, NAN], [5, 5, 5], [50, 50, 5], [NAN, NAN, NAN]]), sites=["a", "b", "c"], reachable=[True, True, True, False]
    )
    people = pd.Series([100.0, 300, 500, 9], costs.cells)
    result = two_step_floating_catchment(costs, people, pd.Series([10, 30, NAN], costs.sites), 5)
    assert result.cells["access"].to_list()[:3] == pytest.approx([0.025, 0.125, 0])
    assert np.isnan(result.cells["access"].iloc[3])
    assert result.cells["partial"].to_list() == [False, True, True, False]
    assert (result.unknown, result.idle) == (("c",), ())
    assert result.per_1000(people) == pytest.approx(1000 * 40 / 900)
    assert result.per_1000(people.iloc[:1]) == pytest.approx(25)
    assert np.isnan(result.per_1000(people.iloc[3:]))


@settings(deadline=None)
@given(cases(), st.lists(st.none() | st.floats(0, 500), min_size=5, max_size=5))
def test_equals_brute_force_and_conserves_capacity(case: tuple, beds: list[float | None]) -> None:
    matrix, sites, reachable, numbers, threshold = case
    costs = from_matrix(matrix, sites=sites, reachable=reachable)
    people = pd.Series(numbers, costs.cells)
    capacity = pd.Series([NAN if bed is None else bed for bed in beds[: len(sites)]], costs.sites, dtype=float)
    result = two_step_floating_catchment(costs, people, capacity, threshold)
    near = np.where(np.isnan(matrix), np.inf, np.round(matrix, 3)) <= threshold
    catchment = near.T @ people.to_numpy()
    counted = (catchment > 0) & capacity.notna().to_numpy()
    ratio = np.where(counted, np.nan_to_num(capacity.to_numpy()) / np.where(catchment > 0, catchment, 1), 0)
    expected = np.where(reachable, near @ ratio, NAN) if sites else np.where(reachable, 0, NAN)
    np.testing.assert_allclose(result.cells["access"], expected, rtol=1e-9)
    shared_out = (result.cells["access"] * people).sum()
    assert shared_out == pytest.approx(capacity[counted].sum(), rel=1e-6, abs=1e-9)


def test_nobody_in_reach_is_told() -> None:
    costs = from_matrix(np.array([[9.0]]), sites=["a"])
    result = two_step_floating_catchment(costs, pd.Series([4.0], costs.cells), pd.Series([7.0], costs.sites), 5)
    assert result.idle == ("a",)
    assert result.cells["access"].to_list() == [0]


def test_refuses_what_it_cannot_tell() -> None:
    costs = from_matrix(np.array([[1.0]]), sites=["a"], limit=500)
    with pytest.raises(ValueError, match="cannot tell"):
        two_step_floating_catchment(costs, pd.Series([1.0], costs.cells), pd.Series([1.0], costs.sites), 501)
    with pytest.raises(ValueError, match="sites"):
        two_step_floating_catchment(costs, pd.Series([1.0], costs.cells), pd.Series([1.0], pd.Index(["b"])), 500)
