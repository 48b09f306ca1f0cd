"""A frontier of a plan task: its levels by head arithmetic, its plans as scenarios, its curve and table as files."""

from __future__ import annotations

import datetime as dt
import io
import json
import tomllib

import openpyxl
import pytest

from layers.errors import PlanningError
from planning.cli.frontiers import print_frontier
from planning.workbench import frontier_of, frontier_record, proposal_at, upto, write_frontier
from tests.line_county import bench, task

DATE = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def near(tmp_path_factory):
    return bench(tmp_path_factory.mktemp("near"), 500.0)


@pytest.fixture(scope="module")
def cover(near):
    return frontier_of(near, task("mclp", sites=4))


def test_each_level_covers_what_the_largest_cells_left_hold(near, cover):
    # x serves a (2.5) already; d (5), c (4) and b (3) follow; a fourth site helps nobody.
    table = cover.table
    assert list(table.index) == [1, 2, 3, 4]
    assert list(table["value"]) == pytest.approx([7.5, 11.5, 14.5, 14.5])
    assert list(table["marginal"])[1:] == pytest.approx([4, 3, 0])
    assert list(table["new_sites"]) == [1, 2, 3, 3]
    assert list(table["covered"]) == pytest.approx(list(table["value"]))
    assert list(table["covered_share"]) == pytest.approx([7.5 / 14.5, 11.5 / 14.5, 1, 1])
    assert set(table["status"]) == {"proven"}


def test_a_level_is_a_scenario_like_any_other(near, cover):
    proposal = proposal_at(near, cover, 2)
    assert [edit.name for edit in proposal.opened] == ["c点老年人日间照料中心（拟建1）", "d点老年人日间照料中心（拟建2）"] or len(
        proposal.opened
    ) == 2
    assert proposal.after.coverage.totals["covered"] == pytest.approx(11.5)
    with pytest.raises(PlanningError) as caught:
        proposal_at(near, cover, 9)
    assert (caught.value.code, caught.value.values["known"]) == ("frontier.no_level", "1、2、3、4")


def test_stages_keep_what_stands_and_tell_their_price(tmp_path):
    # Reach 1,000 m without x: one site at c serves b, c, d (12); a second one at a all. Free, the same: nobody pays for stages.
    alone = bench(tmp_path, 1000.5, {"id": "o", "type": "elder_institution", "name": "乙", "at": (0, 0), "township": "01"})
    found = frontier_of(alone, task("mclp", sites=2), nested=True)
    first, second = (set(point.plan.opened) for point in found.curve.points)
    assert first == {"c"}
    assert first < second
    assert list(found.table["value"]) == pytest.approx([12, 14.5])
    assert list(found.table["step_gap"]) == [0, 0]


def test_shares_and_own_levels(near):
    found = frontier_of(near, task("lscp", share=0.9), levels=(0.5, 0.75))
    # Half of 14.5 is 7.25: d suffices. Three quarters are 10.875: d and c.
    assert list(found.table["value"]) == [1, 2]
    assert found.curve.varies == "share"
    with pytest.raises(PlanningError) as caught:
        frontier_of(near, task("mclp", sites=2), levels=(2, 1))
    assert caught.value.code == "frontier.levels"


def test_money_by_the_tenth(near):
    found = frontier_of(near, task("mclp", budget=30, price=10, price_source="估算"), levels=(5, 10, 20, 30))
    assert found.curve.varies == "budget"
    assert list(found.table["value"]) == pytest.approx([2.5, 7.5, 11.5, 14.5])
    assert list(found.table["spent"]) == pytest.approx([0, 10, 20, 30])
    assert found.level_text(20) == "20 万元"


def test_the_largest_level_may_be_another_than_the_task_s():
    assert upto(task("mclp", sites=2), 5).sites == 5
    assert upto(task("lscp"), 0.8).share == 0.8
    for asked, most in ((task("mclp", sites=2), 2.5), (task("lscp"), 3)):
        with pytest.raises(PlanningError) as caught:
            upto(asked, most)
        assert caught.value.code == "frontier.upto"


def test_curve_table_and_record_are_written_and_the_same_each_time(near, cover, tmp_path):
    files = [write_frontier(near, cover, tmp_path / name, DATE) for name in ("one", "two")]
    assert {suffix: path.name for suffix, path in files[0].items()} == {
        "png": "投入效益曲线.png", "svg": "投入效益曲线.svg", "xlsx": "投入效益表.xlsx",
    }  # fmt: skip
    assert all(files[0][suffix].read_bytes() == files[1][suffix].read_bytes() for suffix in files[0])
    sheet = openpyxl.load_workbook(io.BytesIO(files[0]["xlsx"].read_bytes())).worksheets[0]
    heads, *rows = list(sheet.iter_rows(min_row=3, values_only=True))
    assert heads[:4] == ("新建处数", "新建设施（处）", "撤销设施（处）", "覆盖人数（人）")
    assert [row[:4] for row in rows] == [(1, 1, 0, 7.5), (2, 2, 0, 11.5), (3, 3, 0, 14.5), (4, 3, 0, 14.5)]
    told = tomllib.loads((tmp_path / "one" / "run.toml").read_text("utf-8"))
    assert [level["value"] for level in told["plans"]["t_frontier"]["levels"]] == pytest.approx([7.5, 11.5, 14.5, 14.5])


def test_a_terminal_shows_every_level_with_units(near, cover, capsys):
    print_frontier(cover, "zh")
    shown = capsys.readouterr().out
    assert "覆盖人数" in shown
    assert "1 处" in shown
    print_frontier(frontier_of(near, task("pmedian", sites=2)), "en")
    assert "person-metres" in capsys.readouterr().out
    assert json.loads(json.dumps(frontier_record(cover)["parameters"]))["threshold"] == 500.0
