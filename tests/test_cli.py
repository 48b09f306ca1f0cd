"""The command line: the same answers as the workbench, one sentence for what can be repaired."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from planning import workbench
from planning.cli import app
from planning.workbench import open_county
from scenarios.document import Scenario
from scenarios.files import read_scenario, save_scenario

runner = CliRunner()


def run(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments])


def test_measure_says_what_the_workbench_measures(demo_county):
    answer = run("measure", demo_county, "--type", "elder_station_city", "--type", "elder_town_centre", "--json")
    assert answer.exit_code == 0, answer.stderr
    record = json.loads(answer.stdout)
    measured = open_county(demo_county).measure(types=["elder_station_city", "elder_town_centre"])
    assert list(record) == list(measured)
    for key, evaluation in measured.items():
        totals = {**evaluation.coverage.totals, "outside": evaluation.coverage.outside}
        assert record[key]["totals"] == totals
        assert [row["name"] for row in record[key]["townships"]] == list(evaluation.townships["name"])


def test_people_read_a_chinese_table_and_may_switch(demo_county):
    chinese, english = (run("measure", demo_county, "--type", "elder_town_centre", "--lang", lang) for lang in ("zh", "en"))
    assert "虚构" in chinese.stdout
    assert "未覆盖" in chinese.stdout
    assert "uncovered" in english.stdout


def test_the_township_table_names_the_county_and_adds_up(demo_county):
    answer = run("measure", demo_county, "--type", "elder_institution")
    table = open_county(demo_county).measure(types=["elder_institution"])["elder_institution"].townships
    line = next(line for line in answer.stdout.splitlines() if "全县" in line)
    needed, available, balance = (float(cell.replace(",", "")) for cell in line.strip("│ \n").split("│")[-3:])
    assert balance == pytest.approx(table.iloc[0]["balance"], abs=0.6)
    assert balance == pytest.approx(available - needed, abs=1.6)
    assert "余缺" in answer.stdout


def test_scenarios_are_compared_in_chinese(demo_county):
    (name,) = open_county(demo_county).scenarios()
    answer = run("compare", demo_county, "现状", name, "--type", "elder_institution")
    assert answer.exit_code == 0, answer.stderr
    assert "差值均与“现状”相比" in answer.stdout
    assert "covered" not in answer.stdout


def cells(answer, *words):
    """Return the cells of the first table row that holds all words."""
    line = next(line for line in answer.stdout.splitlines() if line.startswith("│") and all(word in line for word in words))
    return [cell.strip() for cell in line.strip("│ \n").split("│")]


def number(cell):
    return float(cell.replace(",", "").removesuffix("%"))


def test_compared_figures_are_those_of_two_measurements(demo_county):
    bench = open_county(demo_county)
    ((name, _),) = bench.scenarios().items()
    first, second = (bench.measure_type("elder_town_centre", scenario) for scenario in (None, bench.scenario(name)))
    answer = run("compare", demo_county, "现状", name, "--type", "elder_town_centre")
    row = cells(answer, "乡镇（街道）", name)
    covered, share = second.coverage.totals["covered"], second.coverage.covered_share
    assert number(row[2]) == round(covered)
    assert number(row[3]) == round(covered - first.coverage.totals["covered"])
    assert number(row[4]) == pytest.approx(100 * share, abs=0.06)
    assert number(row[5]) == pytest.approx(100 * (share - first.coverage.covered_share), abs=0.06)
    townships = [number(cells(answer, town, name)[3]) for town in bench.facts.outlines.townships["name"]]
    assert sum(townships) == pytest.approx(covered, abs=len(townships))
    changed = [line for line in answer.stdout.split("有变化的设施")[1].splitlines() if line.startswith("│")]
    assert len(changed) >= len(set(first.facilities.index) ^ set(second.facilities.index)) > 0
    record = json.loads(run("compare", demo_county, "现状", name, "--type", "elder_town_centre", "--json").stdout)
    assert record["scenarios"] == ["现状", name]
    assert {row["scenario"]: row["covered"] for row in record["county"]}[name] == pytest.approx(covered)
    assert {row["facility"] for row in record["facilities"]} >= set(first.facilities.index) ^ set(second.facilities.index)


def test_capacity_counts_what_is_unknown_and_lists_what_is_not_met_with_its_source(demo_county):
    answer = run("measure", demo_county, "--type", "elder_institution", "--type", "elder_mutual_rural")
    found = open_county(demo_county).measure(types=["elder_institution", "elder_mutual_rural"])
    homes, rural = found["elder_institution"], found["elder_mutual_rural"]
    row = cells(answer, "养老机构", "床")
    assert [number(cell) for cell in (row[1], row[4], row[6])] == [
        len(homes.facilities),
        homes.facilities["capacity"].sum(),
        round(homes.county["needed"]),
    ]
    assert number(row[8]) == pytest.approx(number(row[7]) - number(row[6]), abs=1)
    unknown = next(line for line in answer.stdout.split("设施与能力")[1].splitlines() if "农村幸福院" in line).strip("│ ").split("│")[5]
    assert number(unknown) == rural.facilities["capacity"].isna().sum() > 0
    listed = answer.stdout.split("未达标和无法判定的标准")[1]
    failing = {row["id"] for row in homes.unmet.to_dict("records") if row["level"] == "county"}
    assert failing
    assert all(f"{name} (" in listed for name in failing)
    assert "S01  《城镇老年人设施规划规范》" in listed


def test_a_proposal_tells_the_present_state_from_where_it_started(demo_county):
    bench = open_county(demo_county)
    task = next(task for task in bench.facts.county.plan if task.key == "town_centre")
    present = bench.measure_type(task.type, requirement=task.requirement)
    start = bench.measure_type(task.type, bench.scenario(bench.facts.county.scenario), requirement=task.requirement)
    record = json.loads(run("propose", demo_county, task.key, "--json").stdout)
    assert record["present"] == pytest.approx(present.coverage.totals)
    assert record["before"] == pytest.approx(start.coverage.totals)
    assert present.coverage.totals["covered"] < start.coverage.totals["covered"] < record["after"]["covered"]
    answer = run("propose", demo_county, task.key)
    assert f"由现状 {present.coverage.covered_share:.1%} 提高到 {record['covered_share_after']:.1%}" in answer.stdout
    assert f"该情景的覆盖率为 {start.coverage.covered_share:.1%}" in answer.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("measure", "--type", "elder_institution", "--type", "child_welfare_county"),
        ("propose", "home_care"),
        ("compare", "present", "{scenario}", "--type", "elder_town_centre"),
    ],
)
def test_english_has_no_chinese_but_names_and_chinese_no_keys(demo_county, arguments):
    bench = open_county(demo_county)
    first, *rest = [argument.format(scenario=bench.facts.county.scenario) for argument in arguments]
    english, chinese = (run(first, demo_county, *rest, "--lang", lang) for lang in ("en", "zh"))
    assert english.exit_code == chinese.exit_code == 0
    assert english.stderr == chinese.stderr == ""
    heads = [line for line in english.stdout.splitlines() if line.startswith("┃")]
    assert heads
    assert not re.search("[\u4e00-\u9fff，。：；（）、]", "".join(heads))
    assert not re.search("[，。：；（）、]", re.sub("(│[^│]*){1,}", "", english.stdout))
    heads = [line for line in chinese.stdout.splitlines() if line.startswith("┃")]
    assert not re.search("[a-z_]{3,}", "".join(heads))
    assert "nan" not in chinese.stdout.lower()


def test_a_status_that_a_sheet_cannot_have_is_refused(demo_county):
    answer = run("map", demo_county, "--status", "绝密")
    assert answer.exit_code == 2
    assert "内部、送审、公开" in answer.stderr


def test_help_loads_nothing_heavy_and_the_workbench_has_every_name():
    script = "import sys; from planning.cli import app; print([name for name in ('numpy', 'pandas', 'numba', 'matplotlib') if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
    assert set(workbench.__all__) == set(workbench._HOMES)
    for name in workbench.__all__:
        assert getattr(workbench, name) is not None
    with pytest.raises(AttributeError):
        _ = workbench.nothing


def test_check_prints_faults_and_notes(demo_county):
    answer = run("check", demo_county, "--json")
    assert answer.exit_code == 0
    record = json.loads(answer.stdout)
    assert {"faults", "notes"} <= set(record)
    assert all(row["read"] == row["kept"] + row["excluded"] for row in record["rows"])
    assert not [fault for fault in record["faults"] if fault["severity"] == "error"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("measure", "{folder}", "--type", "casino"), "没有名为"),
        (("measure", "{folder}", "--scenario", "无"), "没有名为"),
        (("propose", "{folder}", "nothing"), "没有编号为"),
        (("map", "{folder}", "--status", "公开"), "审图号"),
        (("compare", "{folder}", "现状", "无"), "没有名为"),
    ],
)
def test_what_can_be_repaired_is_one_sentence_and_exit_code_1(demo_county, arguments, words):
    answer = run(*[argument.format(folder=demo_county) for argument in arguments])
    assert answer.exit_code == 1
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_folder_that_is_no_county_is_one_sentence(tmp_path):
    answer = run("measure", tmp_path)
    assert answer.exit_code == 1
    assert "county.toml" in answer.stderr


def test_versions_are_listed_and_put_back(tmp_path):
    path = tmp_path / "scenarios" / "方案.toml"
    path.parent.mkdir()
    (tmp_path / "county.toml").write_text("", "utf-8")
    first = save_scenario(Scenario(title="一"), path, known="")
    save_scenario(Scenario(title="二"), path, known=first.known)
    told = json.loads(run("history", tmp_path, "--json").stdout)["versions"]
    assert [(line["document"], line["number"], line["kind"]) for line in told] == [("方案", 1, "saved"), ("方案", 2, "saved")]
    assert "第 1 版" in run("restore", tmp_path, "方案", 1).stdout
    assert read_scenario(path).title == "一"
    assert "恢复" in run("history", tmp_path, "--file", "方案").stdout
    refused = run("restore", tmp_path, "没有", 1)
    assert refused.exit_code == 1
    assert "方案" in refused.stderr
