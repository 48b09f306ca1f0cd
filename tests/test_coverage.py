"""Coverage against brute force, cell by cell and site by site."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.coverage import cover
from tests.cost_tables import cases, from_matrix


def brute(matrix: np.ndarray, sites: list[str], reachable: list[bool], threshold: float) -> list[tuple[str, str]]:
    found = []
    for row, usable in zip(matrix, reachable, strict=True):
        ranked = sorted((round(cost, 3), site) for cost, site in zip(row, sites, strict=True) if not np.isnan(cost))
        if not usable:
            found.append(("", "unreachable"))
        elif not ranked:
            found.append(("", "uncovered"))
        else:
            found.append((ranked[0][1], "covered" if ranked[0][0] <= threshold else "uncovered"))
    return found


@settings(deadline=None)
@given(cases(), st.floats(0, 100), st.floats(0, 100))
def test_equals_brute_force(case: tuple, lost: float, beyond: float) -> None:
    matrix, sites, reachable, numbers, threshold = case
    costs = from_matrix(matrix, sites=sites, reachable=reachable)
    people = pd.Series(numbers, costs.cells)
    result = cover(costs, people, threshold, not_located=lost, outside=beyond)
    assert result.cells.index.equals(people.index)  # no row disappears
    assert list(zip(result.cells["site"], result.cells["state"], strict=True)) == brute(matrix, sites, reachable, threshold)
    assert (result.cells["site"] == "").equals(result.cells["cost"].isna())
    # conservation: convention 3
    assert sum(result.totals.values()) == pytest.approx(people.sum() + lost, abs=1e-6)
    areas = pd.Series(["w" if cell % 2 else "e" for cell in people.index], people.index)
    by_area = result.by_area(areas)
    assert by_area.to_numpy().sum() == pytest.approx(people.sum(), abs=1e-6)
    assert by_area["covered"].sum() == pytest.approx(result.totals["covered"], abs=1e-6)
    by_site = result.by_site(costs.sites)
    assert by_site["assigned"].sum() == pytest.approx(result.totals["covered"], abs=1e-6)
    assert by_site.index.equals(costs.sites)


def test_the_same_whatever_the_order_of_sites() -> None:
    matrix = np.array([[2.0, 2.0, 1.0], [5.0, 5.0, 5.0]])
    one = cover(from_matrix(matrix, sites=["c", "a", "b"]), pd.Series([1.0, 1.0], pd.RangeIndex(10, 12)), 2.0)
    other = cover(from_matrix(matrix[:, ::-1], sites=["b", "a", "c"]), pd.Series([1.0, 1.0], pd.RangeIndex(10, 12)), 2.0)
    pd.testing.assert_frame_equal(one.cells, other.cells)
    assert one.cells["site"].to_list() == ["b", "a"]


def test_equal_to_the_threshold_is_covered_at_a_millimetre() -> None:
    costs = from_matrix(np.array([[300.0], [300.0004], [300.0006]]), sites=["a"])
    assert cover(costs, pd.Series(1.0, costs.cells), 300).cells["state"].to_list() == ["covered", "covered", "uncovered"]


def test_without_sites_all_on_the_network_are_uncovered() -> None:
    costs = from_matrix(np.empty((3, 0)), sites=[], reachable=[True, False, True])
    result = cover(costs, pd.Series([5.0, 7.0, 11.0], costs.cells), 1000, not_located=2)
    assert result.totals == {"covered": 0, "uncovered": 16, "unreachable": 7, "not_located": 2}
    assert result.covered_share == 0
    assert result.by_site(costs.sites).empty


def test_refuses_what_it_cannot_tell() -> None:
    costs = from_matrix(np.array([[1.0]]), sites=["a"], limit=500)
    with pytest.raises(ValueError, match="cannot tell"):
        cover(costs, pd.Series([1.0], costs.cells), 501)
    with pytest.raises(ValueError, match="cells"):
        cover(costs, pd.Series([1.0], pd.RangeIndex(1)), 500)
