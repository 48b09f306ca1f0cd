"""Imported cost tables: kept as given, refused when ambiguous."""

import numpy as np
import pandas as pd
import pytest

from layers.errors import PlanningError
from planning.travel import from_table
from planning.travel.costs import within

TRIPS = pd.DataFrame({"from": ["t2", "t1", "t1"], "to": ["A", "B", "A"], "m": [5.0, 0.0, 7.25]})


def read(frame):
    return from_table(frame, origin="from", site="to", cost="m", unit="m")


def test_table_is_kept_as_given():
    costs = read(TRIPS)
    assert (list(costs.sites), list(costs.cells), costs.unit, costs.mode, costs.limit) == (["A", "B"], ["t2", "t1"], "m", "imported", np.inf)
    assert [tuple(part.tolist() for part in costs.column(site)) for site in "AB"] == [([0, 1], [5.0, 7.25]), ([1], [0.0])]
    assert costs.reachable.all()


@pytest.mark.parametrize(
    ("row", "field", "value", "code"),
    [
        (1, "m", -1.0, "travel.bad_cost"),
        (2, "m", np.nan, "travel.bad_cost"),
        (0, "to", None, "travel.no_label"),
        (2, "to", "B", "travel.repeated_pair"),
    ],
)
def test_what_is_ambiguous_is_refused_with_its_row(row, field, value, code):
    frame = TRIPS.copy()
    frame.loc[row, field] = value
    with pytest.raises(PlanningError) as caught:
        read(frame)
    assert caught.value.code == "travel.table_rows"
    assert [(fault.code, fault.row) for fault in caught.value.faults] == [(code, row + 2)]
    assert f"第 {row + 2} 行" in caught.value.say()


def test_missing_columns_are_named():
    with pytest.raises(PlanningError) as caught:
        read(TRIPS.rename(columns={"m": "metres"}))
    assert "metres" in caught.value.say()


def test_unknown_sites_are_a_key_error():
    costs = read(TRIPS)
    with pytest.raises(KeyError):
        costs.column("C")
    with pytest.raises(KeyError):
        costs.take(pd.Index(["C"]))


def test_take_keeps_columns_in_the_order_asked_for():
    costs = read(TRIPS).take(pd.Index(["B", "A"]))
    assert list(costs.sites) == ["B", "A"]
    assert costs.column("A")[1].tolist() == [5.0, 7.25]


def test_within_rounds_to_a_thousandth_and_includes_the_threshold():
    assert within(np.array([1000.0, 1000.0004, 1000.0006, np.inf]), 1000.0).tolist() == [True, True, False, False]


@pytest.mark.shared
def test_san_francisco_distances(shared):
    path = shared / "spopt_sf" / "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    if not path.is_file():
        pytest.skip("the San Francisco instance is absent")
    table = pd.read_csv(path, dtype={"DestinationName": "str"})
    costs = from_table(table, origin="DestinationName", site="name", cost="distance", unit="m")
    assert (len(costs.sites), len(costs.cells), len(costs.cost)) == (16, 205, 3280)
    assert costs.cost.sum() == pytest.approx(table["distance"].sum())
