"""Population tables with anything in their cells: never an exception but PlanningError, and every person is somewhere."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import PlanningError
from tests.population_county import degrees, raster, read, readable, table, townships

NUMBERS = st.floats(0, 400).map(lambda value: round(value, 2))
WRONG = ["x", "-5", "约10", "1e400", "nan", "inf", "-inf", "1-2", "=A1", "2000000000"]
BLANK = ["", "-", "不详"]
COUNTS = st.one_of(NUMBERS, NUMBERS, st.sampled_from([*WRONG, *BLANK, "12人", "１２"]))
INSIDE = st.tuples(st.integers(0, 59), st.integers(0, 29)).map(lambda at: degrees(100 * at[0] + 50, 100 * at[1] + 50))
PLACES = st.one_of(
    INSIDE, INSIDE, st.sampled_from([degrees(-50_000, 0), ("", ""), ("x", 25.3), (0, 0), (200, 95), (25.3, 103.0), (600_000, 2_800_000)])
)
QUIET = [HealthCheck.function_scoped_fixture]


def refused(error, *codes):
    """Check that a refusal is one that may be, and can be said."""
    assert error.code in codes
    assert all(error.say(lang) for lang in ("zh", "en"))
    assert readable(error.faults)


def counted(cell):
    """Return what a cell counts, read by other means than the reader's; the second value says whether something must be told of it."""
    if isinstance(cell, float):
        return cell, False
    if cell in {"12人", "１２"}:
        return 12.0, False
    return 0.0, True


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(st.lists(st.tuples(PLACES, COUNTS, COUNTS), min_size=1, max_size=25))
def test_everybody_in_a_table_is_somewhere(tmp_path, rows):
    table(tmp_path / "p.csv", ["经度", "纬度", "0_59", "60_plus"], [(*place, one, other) for place, one, other in rows])
    try:
        grid, faults = read(tmp_path, population=[{"file": "p.csv", "datum": "WGS84", "cell_m": 100}], outlines=townships())
    except PlanningError as error:
        refused(error, "population.nobody", "population.no_positions", "population.all_outside", "population.all_elsewhere", "population.all_turned")
        return
    for column, head in ((1, "0_59"), (2, "60_plus")):
        given_ = [counted(row[column]) for row in rows]
        assert math.isclose(grid.people[head].sum() + grid.outside[head] + grid.not_located[head], sum(value for value, _ in given_), abs_tol=1e-6)
        told = {fault.row for fault in faults if fault.code in {"population.bad_number", "population.blank"} and fault.field == head}
        assert told == {row for row, (_, odd) in enumerate(given_, start=2) if odd}
    assert readable(faults)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(
    st.lists(
        st.lists(st.one_of(NUMBERS, st.sampled_from([math.nan, math.inf, -1.0, -9999.0, -3e38, 5e9, 0.0])), min_size=4, max_size=4),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, -9999.0, math.nan, 0.0, 7.0]),
)
def test_everybody_in_a_raster_is_somewhere(tmp_path, values, nodata):
    raster(tmp_path / "a.tif", values, nodata=nodata, dtype="float64")
    try:
        grid, faults = read(tmp_path, population=[{"file": "a.tif", "group": "total"}], outlines=townships())
    except PlanningError as error:
        refused(error, "population.nobody")
        return
    array = np.array(values)
    good = (array > 0) & (array <= 1e9) & (array != (7.0 if nodata == 7.0 else -1))
    assert math.isclose(grid.people["total"].sum() + grid.outside["total"], array[good].sum(), rel_tol=1e-9)
    assert {fault.row for fault in faults if fault.severity == "error"} == {
        number for number, value in enumerate(array.ravel().tolist(), start=1) if value == -1.0 or value > 1e9
    }
    assert readable(faults)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(st.lists(st.tuples(st.sampled_from(["甲镇", "乙乡", "丙", "", "合计", "小计", "530127101", "示例县"]), COUNTS), min_size=1, max_size=8))
def test_any_table_of_totals_scales_or_tells(tmp_path, rows):
    table(tmp_path / "p.csv", ["经度", "纬度", "total"], [(*degrees(500, 500), 100), (*degrees(4500, 500), 300)])
    table(tmp_path / "totals.csv", ["乡镇", "人口"], rows)
    try:
        grid, faults = read(tmp_path, population=[{"file": "p.csv", "datum": "WGS84"}], population_totals="totals.csv", outlines=townships())
    except PlanningError as error:
        refused(error, "table.no_rows")
        return
    # Each row that has an entry is told: scaled, summed, left out or refused.
    entries = {number for number, (name, count) in enumerate(rows, start=2) if name or count != ""}
    assert entries <= {fault.row for fault in faults if fault.file == "totals.csv"}
    for code, people in (("530127101", 100.0), ("530127102", 300.0)):
        scaled = [
            fault for fault in faults if fault.code == "population.scaled" and fault.value in {code, {"530127101": "甲镇", "530127102": "乙乡"}[code]}
        ]
        expected = people * float(scaled[0].values["factor"]) if scaled else people
        assert math.isclose(grid.people["total"][grid.cells["township"] == code].sum(), expected, rel_tol=1e-5, abs_tol=1e-9)
    assert readable(faults)
