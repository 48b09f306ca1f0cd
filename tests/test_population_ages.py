"""Ages of townships spread over cells: totals met in every township, shares by head, and findings with their row and column."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.ages import multipliers
from layers.errors import PlanningError
from layers.readers.population_ages import _span_of
from tests.population_county import degrees, found, read, readable, table, told, townships

HEADS = [*(f"{age}-{age + 4}岁" for age in range(0, 85, 5)), "85岁及以上"]
WEST = [100, 110, 120, 130, 140, 150, 160, 150, 140, 130, 120, 110, 100, 80, 60, 40, 20, 10]  # 1,870
EAST = [50] * 18  # 900


def write(folder, ages, people=((500, 500, 600.0), (1500, 500, 1200.0), (4500, 500, 900.0)), heads=HEADS):
    table(folder / "p.csv", ["经度", "纬度", "total"], [(*degrees(x, y), count) for x, y, count in people])
    table(folder / "ages.csv", ["乡镇", *heads], ages)
    return {"population": [{"file": "p.csv", "datum": "WGS84"}], "outlines": townships()}


def asked(*groups, **more):
    return {"population_ages": {"file": "ages.csv", "groups": list(groups), **more}}


def test_each_township_is_met_and_spread_as_its_residents(tmp_path):
    grid, faults = read(tmp_path, **write(tmp_path, [("甲镇", *WEST), ("乙乡", *EAST)]), **asked("0_17", "18_59", "60_plus"))
    assert grid.people.sum(axis=1).tolist() == pytest.approx([600 + 1870 / 3, 1200 + 1870 * 2 / 3, 900 + 900])
    # 60 and over: 100 + 80 + 60 + 40 + 20 + 10 = 310 in 甲镇, a third of it in the cell with a third of the residents; 6 x 50 in 乙乡.
    assert grid.people["60_plus"].tolist() == pytest.approx([310 / 3, 310 * 2 / 3, 300])
    young = 100 + 110 + 120 + (multipliers(17)[15:18] @ np.array(WEST[:17])).sum()
    assert grid.people["0_17"].tolist() == pytest.approx([young / 3, young * 2 / 3, 150 + 30])
    assert grid.estimated_groups == ("0_17", "18_59", "60_plus")
    assert grid.groups == {"elders": ("60_plus",), "minors": ("0_17",), "residents": ("total",)}
    assert (grid.is_estimated("elders"), grid.is_estimated("residents")) == (True, False)
    assert [fault[:4] for fault in told(faults, "population.ages_summed")] == [("note", "ages.csv", None, "60_plus")]
    assert [fault[3] for fault in told(faults, "population.ages_split")] == ["0_17", "18_59"]
    assert {fault.severity for fault in faults} == {"note"}
    assert readable(faults)


def test_a_group_follows_the_narrowest_one_that_holds_it(tmp_path):
    spec = write(tmp_path, [("甲镇", *WEST), ("乙乡", *EAST)])
    rows = [(*degrees(500, 500), 600, 200), (*degrees(1500, 500), 1200, 100), (*degrees(4500, 500), 900, 300)]
    table(tmp_path / "p.csv", ["经度", "纬度", "total", "60_plus"], rows)
    grid, _ = read(tmp_path, **spec, **asked("80_plus", "0_59"))
    # 30 people of 80 and over live as the elders do, two thirds of them in the first cell; those under 60 as all residents.
    assert grid.people["80_plus"].tolist() == pytest.approx([20, 10, 100])
    assert grid.people["0_59"].tolist() == pytest.approx([520, 1040, 600])
    assert grid.estimated_groups == ("80_plus", "0_59")


def test_a_township_without_row_takes_the_proportion_of_the_others(tmp_path):
    grid, faults = read(tmp_path, **write(tmp_path, [("甲镇", *WEST)]), **asked("60_plus"))
    assert grid.people["60_plus"].tolist() == pytest.approx([310 / 3, 620 / 3, 900 * 310 / 1800])
    assert told(faults, "population.ages_missing") == [("warning", "ages.csv", None, "乡镇", "乙乡")]
    assert readable(faults)


def test_cells_that_are_no_number_leave_their_row_out(tmp_path):
    bad = [*EAST[:3], "x", *EAST[4:10], "", *EAST[11:]]
    grid, faults = read(tmp_path, **write(tmp_path, [("甲镇", *WEST), ("乙乡", *bad)]), **asked("60_plus"))
    assert told(faults, "population.ages_bad") == [("error", "ages.csv", 3, "15-19岁", "x"), ("error", "ages.csv", 3, "50-54岁", "")]
    assert told(faults, "population.ages_missing") == [("warning", "ages.csv", None, "乡镇", "乙乡")]
    assert grid.people["60_plus"].iloc[2] == pytest.approx(155)
    assert readable(faults)


def test_totals_among_the_rows_are_compared(tmp_path):
    whole = [west + east for west, east in zip(WEST, EAST, strict=True)]
    whole[4] += 9
    rows = [("甲镇", *WEST), ("乙乡", *EAST), ("小计", *EAST), ("合计", *whole), ("丙镇", *[0] * 18)]
    _, faults = read(tmp_path, **write(tmp_path, rows), **asked("60_plus"))
    assert told(faults, "population.total_sum") == [("warning", "ages.csv", 5, "20-24岁", str(whole[4]))]
    assert told(faults, "population.part_row") == [("note", "ages.csv", 4, "乡镇", "小计")]
    assert told(faults, "population.township_unknown") == [("error", "ages.csv", 6, "乡镇", "丙镇")]
    assert readable(faults)


def test_ages_far_from_the_residents_and_people_without_cells(tmp_path):
    spec = write(tmp_path, [("甲镇", *WEST), ("乙乡", *EAST)], [(500, 500, 600.0), (1500, 500, 200.0)])
    grid, faults = read(tmp_path, **spec, **asked("60_plus"))
    assert told(faults, "population.ages_factor") == [("warning", "ages.csv", 2, "乡镇", "1870")]  # against 800
    assert told(faults, "population.ages_nobody") == [("error", "ages.csv", 3, "乡镇", "900")]
    assert grid.people["60_plus"].sum() == pytest.approx(310)
    assert readable(faults)


def test_an_even_split_is_noted(tmp_path):
    wild = [100, 5000, *[0] * 15, 10]
    grid, faults = read(tmp_path, **write(tmp_path, [("甲镇", *wild), ("乙乡", *EAST)]), **asked("0_2", "3_plus"))
    (only,) = found(faults, "population.ages_even")
    assert (only.severity, only.file, only.values["townships"]) == ("note", "ages.csv", 1)
    assert grid.people[["0_2", "3_plus"]].sum(axis=1).iloc[:2].sum() == pytest.approx(5110)
    assert readable(faults)


@pytest.mark.parametrize(
    ("heads", "spec", "code"),
    [
        (HEADS, asked("elders"), "ages.group"),
        (HEADS, asked("total"), "ages.group"),
        (HEADS, asked("90_plus"), "ages.open"),
        (HEADS, asked("80_89"), "ages.open"),
        ([*HEADS[:3], "儿童", *HEADS[4:]], asked("60_plus"), "ages.gap"),
        ([f"x{n}" for n in range(18)], asked("60_plus"), "ages.gap"),
        (HEADS, asked("60_plus", columns={"0_17": "0-4岁", "18_plus": "5-9岁"}), "ages.bounds"),
        (HEADS, asked("60_plus", columns={"0_9": "0-4岁", "10_plus": "5-9岁"}), "ages.few"),
        (HEADS, asked("60_plus", columns={"0_4": "没有"}), "table.no_column"),
        (HEADS, asked("60_plus", columns={"young": "0-4岁"}), "ages.group"),
        (HEADS, asked("60_plus", columns={"township": "没有"}), "table.no_column"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path, heads, spec, code):
    with pytest.raises(PlanningError) as caught:
        read(tmp_path, **write(tmp_path, [("甲镇", *WEST), ("乙乡", *EAST)], heads=heads), **spec)
    assert caught.value.code == code
    assert all(caught.value.say(lang) for lang in ("zh", "en"))


def test_more_that_is_refused(tmp_path):
    good = write(tmp_path, [("甲镇", *WEST), ("乙乡", *EAST)])
    cases = {
        "ages.no_rows": ([("丙镇", *WEST)], ["经度", "纬度", "total"]),
        "ages.counted": ([("甲镇", *WEST)], ["经度", "纬度", "60_plus"]),
        "ages.no_residents": ([("甲镇", *WEST)], ["经度", "纬度", "0_17"]),
        "table.needs_column": (None, ["经度", "纬度", "total"]),
    }
    for code, (rows, heads) in cases.items():
        table(tmp_path / "p.csv", heads, [(*degrees(500, 500), 100)])
        table(tmp_path / "ages.csv", ["乡镇" if rows else "x", *HEADS], rows or [("甲镇", *WEST)])
        with pytest.raises(PlanningError) as caught:
            read(tmp_path, **good, **asked("60_plus"))
        assert caught.value.code == code
        assert all(caught.value.say(lang) for lang in ("zh", "en"))


def test_totals_come_before_ages(tmp_path):
    spec = write(tmp_path, [("甲镇", *WEST), ("乙乡", *EAST)])
    table(tmp_path / "totals.csv", ["乡镇", "人口"], [("甲镇", 1870), ("乙乡", 900)])
    grid, _ = read(tmp_path, **spec, **asked("0_59", "60_plus"), population_totals="totals.csv")
    assert (grid.people["0_59"] + grid.people["60_plus"]).tolist() == pytest.approx(grid.people["total"].tolist())


def test_demand_groups_may_name_what_is_estimated(tmp_path):
    grid, _ = read(
        tmp_path, **write(tmp_path, [("甲镇", *WEST), ("乙乡", *EAST)]), **asked("65_79", "80_plus"), demand_groups={"old": ["65_79", "80_plus"]}
    )
    assert grid.demand("old").sum() == pytest.approx(80 + 60 + 40 + 20 + 10 + 250)
    assert grid.outside_people("old") == grid.not_located_people("old") == 0


@pytest.mark.parametrize(
    ("head", "span"),
    [
        ("0-4岁", (0, 5)), ("0—4", (0, 5)), ("５～９岁", (5, 10)), ("10至14周岁", (10, 15)), ("15_19", (15, 20)), ("20岁到24岁", (20, 25)),
        ("85岁及以上", (85, float("inf"))), ("85+", (85, float("inf"))), ("85_plus", (85, float("inf"))), ("100 岁以上", (100, float("inf"))),
        ("0岁", (0, 1)), ("合计", None), ("男", None), ("2020", None), ("9-5岁", None),
    ],
)  # fmt: skip
def test_heads_of_ages(head, span):
    assert _span_of(head) == span


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.lists(st.integers(0, 5000), min_size=18, max_size=18).filter(any), min_size=2, max_size=2),
    people=st.lists(st.floats(0.01, 500), min_size=4, max_size=4),
)
def test_totals_are_met_whatever_the_table(tmp_path, ages, people):
    spots = [(500, 500), (1500, 500), (3500, 500), (4500, 500)]
    spec = write(tmp_path, [("甲镇", *ages[0]), ("乙乡", *ages[1])], [(*spot, count) for spot, count in zip(spots, people, strict=True)])
    grid, faults = read(tmp_path, **spec, **asked("0_17", "18_59", "60_79", "80_plus"))
    made = grid.people[["0_17", "18_59", "60_79", "80_plus"]].groupby(grid.cells["township"]).sum()
    assert made.sum(axis=1).tolist() == pytest.approx([sum(row) for row in ages])
    assert made["80_plus"].tolist() == pytest.approx([row[16] + row[17] for row in ages])
    assert (grid.people >= 0).all(axis=None)
    assert readable(faults)
