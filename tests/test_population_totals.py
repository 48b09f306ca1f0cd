"""Township totals against the people of the cells: what is scaled, what is far off, what is left out; by head arithmetic."""

from __future__ import annotations

import pytest

from layers.checking.population_totals import Total, TotalTable, check_totals
from tests.population_county import degrees, found, read, readable, table, told, townships


def people(folder, totals):
    """Write 甲镇 with 100 people in two cells and 乙乡 with 300 in one, and their totals."""
    rows = [(*degrees(500, 500), 40), (*degrees(1500, 500), 60), (*degrees(4500, 500), 300)]
    table(folder / "p.csv", ["经度", "纬度", "total"], rows)
    table(folder / "totals.csv", ["乡镇", "常住人口"], totals)
    return read(folder, population=[{"file": "p.csv", "datum": "WGS84"}], population_totals="totals.csv", outlines=townships())


def test_totals_that_fit_are_notes(tmp_path):
    grid, faults = people(tmp_path, [("甲镇", 110), ("乙乡", 300), ("合计", 410)])
    assert grid.people["total"].tolist() == pytest.approx([44, 66, 300])
    assert [fault[:4] for fault in told(faults, "population.scaled")] == [
        ("note", "totals.csv", 2, "常住人口"), ("note", "totals.csv", 3, "常住人口"),
    ]  # fmt: skip
    assert [fault.values["factor"] for fault in found(faults, "population.scaled")] == ["1.1", "1"]
    assert told(faults, "population.total_row") == [("note", "totals.csv", 4, "常住人口", "410")]
    assert {fault.severity for fault in faults} == {"note"}
    assert readable(faults)


def test_a_total_three_times_off_is_a_warning_and_breaks_the_sum(tmp_path):
    grid, faults = people(tmp_path, [("甲镇", 300), ("乙乡", 300), ("全县合计", 400)])
    assert told(faults, "population.factor_far") == [("warning", "totals.csv", 2, "常住人口", "300")]
    assert told(faults, "population.total_sum") == [("warning", "totals.csv", 4, "常住人口", "400")]
    assert found(faults, "population.total_sum")[0].values["summed"] == "600"
    assert grid.people["total"].tolist() == pytest.approx([120, 180, 300])
    assert readable(faults)


@pytest.mark.parametrize(("total", "far"), [(79, True), (80, False), (125, False), (126, True)])
def test_how_far_a_factor_may_be_from_one(tmp_path, total, far):
    _, faults = people(tmp_path, [("甲镇", total), ("乙乡", 300)])
    assert bool(found(faults, "population.factor_far")) == far


def test_rows_that_cannot_be_used(tmp_path):
    grid, faults = people(tmp_path, [("甲镇", "约100"), ("丙镇", 5), ("乙乡", 330), ("乙乡", 3), ("小计", 335), ("示例县", 999)])
    assert told(faults, "population.total_bad") == [("error", "totals.csv", 2, "常住人口", "约100")]
    assert told(faults, "population.township_unknown") == [("error", "totals.csv", 3, "乡镇", "丙镇")]
    assert told(faults, "population.township_twice") == [("error", "totals.csv", 5, "乡镇", "乙乡")]
    assert told(faults, "population.part_row") == [("note", "totals.csv", 6, "乡镇", "小计")]
    # A row has no number, so that the sum of the others says nothing of the county's.
    assert told(faults, "population.total_row") == [("note", "totals.csv", 7, "常住人口", "999")]
    assert told(faults, "population.total_missing") == [("warning", "totals.csv", None, "乡镇", "甲镇")]
    assert grid.people["total"].tolist() == pytest.approx([40, 60, 330])
    (rows,) = [fault.values for fault in found(faults, "table.rows") if fault.file == "totals.csv"]
    assert rows == {"read": 6, "kept": 1, "excluded": 5}
    assert readable(faults)


def test_a_township_without_total_stays_as_it_is(tmp_path):
    grid, faults = people(tmp_path, [("乙乡", 330)])
    assert grid.people["total"].tolist() == pytest.approx([40, 60, 330])
    (only,) = found(faults, "population.total_missing")
    assert (only.severity, only.value, only.values["people"]) == ("warning", "甲镇", "100.0")


def test_a_total_whose_cells_are_empty():
    table_ = TotalTable("t.csv", "乡镇", "人口", {"01": Total(2, "甲镇", 50.0), "02": Total(3, "乙乡", 0.0)}, [], unread=False, every=50.0)
    factors, faults = check_totals(table_, {"01": 0.0}, {})
    assert factors == {}
    assert [(fault.severity, fault.code, fault.row, fault.value) for fault in faults] == [("error", "population.total_nobody", 2, "50")]
