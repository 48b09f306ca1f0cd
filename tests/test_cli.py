"""The command line: the same answers as the workbench, one sentence for what can be repaired."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from planning import workbench
from planning.cli import app
from planning.workbench import open_county

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
    assert "与首个情景之差" in answer.stdout.replace("\n", "")
    assert "covered" not in answer.stdout


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
