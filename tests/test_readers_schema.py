"""county.toml: each mistake is one Chinese sentence with the key and how to repair it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layers.errors import PlanningError
from layers.readers import read_county_toml
from layers.readers.reference import TARGET, reference

GOOD = """
name = "示例县"
[[population]]
file = "layers/p.tif"
group = "60_plus"
[streets]
file = "layers/s.osm.pbf"
"""


def read(folder: Path, text: str | bytes):
    (folder / "county.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_county_toml(folder)


def refused(folder: Path, text: str | bytes) -> PlanningError:
    with pytest.raises(PlanningError) as caught:
        read(folder, text)
    return caught.value


def test_the_smallest_file(tmp_path):
    county = read(tmp_path, GOOD)
    assert (county.name, county.population[0].group, county.travel.snap_m) == ("示例县", "60_plus", 500.0)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).name == "示例县"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("name =", "nam ="), "several", ["nam", "name"]),
        (("[streets]", "colour = 1\n[streets]"), "unknown_key", ["population[1].colour"]),
        (('group = "60_plus"', 'group = "60_plus"\ndatumn = "WGS84"'), "unknown_key", ["population[1].datumn", "datum"]),
        (('group = "60_plus"', 'group = "60_plus"\ndatum = "Beijing54"'), "datum", ["population[1].datum", "Beijing54", "GCJ-02"]),
        (('group = "60_plus"', 'group = "60_plus"\ndatum = "EPSG:99999"'), "epsg", ["EPSG:99999"]),
        (('group = "60_plus"', ""), "no_group", ["population[1].group", "60_64"]),
        (('group = "60_plus"', 'group = "60_plus"\nband = 0'), "too_small", ["population[1].band"]),
        (('group = "60_plus"', 'group = "60_plus"\nencoding = "klingon"'), "encoding_name", ["klingon", "gb18030"]),
        (('group = "60_plus"', 'group = "60_plus"\nband = "two"'), "wrong_type", ["population[1].band", "two"]),
        (("layers/p.tif", "../p.tif"), "path", ["../p.tif", "正斜杠"]),
        (("layers/p.tif", "C:/p.tif"), "path", ["C:/p.tif"]),
        (("layers/s.osm.pbf", "layers\\\\\\\\s.pbf"), "path", ["反斜杠"]),
        (('[streets]\nfile = "layers/s.osm.pbf"', ""), "missing", ["streets"]),
        (('"示例县"', '""'), "too_short", ["name"]),
        (("[[population]]", 'metric_crs = "EPSG:4326"\n[[population]]'), "not_metric", ["EPSG:4326"]),
        (("[streets]", "[travel]\nwalk_speed_mps = 9\n[streets]"), "too_large", ["travel.walk_speed_mps", "3"]),
        (("[streets]", '[streets]\nwalkable = "some"'), "not_allowed", ["streets.walkable", "some", "classes"]),
        (("[streets]", '[[facilities]]\nfile = "a.csv"\ntype = "elder_dayca"\n[streets]'), "unknown_type", ["facilities[1].type", "elder_daycare"]),
        (("[streets]", "[standards.elder_daycare.E99]\nradius_m = 1\n[streets]"), "standard", ["E99", "E08-reach"]),
        (("[streets]", "[standards.elder_daycare.E08-reach]\nradius_m = -1\n[streets]"), "too_small", ["standards.elder_daycare.E08-reach.radius_m"]),
        (("[streets]", "[standards.nothing.x]\ny = 1\n[streets]"), "unknown_type", ["standards.nothing"]),
    ],
)
def test_each_mistake_is_one_sentence(tmp_path, change, code, words):
    error = refused(tmp_path, GOOD.replace(*change))
    assert error.code == f"county_toml.{code}"
    said = error.say("zh")
    assert re.search("[\u4e00-\u9fff]", said)
    assert "county.toml" in said
    for word in words:
        assert word in said
    assert said.endswith("。")
    assert error.faults
    assert all(fault.say("en") and fault.repair("en") for fault in error.faults)


PLAN = '[[plan]]\nkey = "a"\ntitle = "甲"\ntype = "elder_daycare"\nrequirement = "E08-reach"\n'


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (PLAN, "plan_either"),
        (PLAN + 'model = "equity"\n', "plan_needs"),
        (PLAN + 'model = "lscp"\nsites = 3\n', "plan_refuses"),
        (PLAN + 'sites = 3\nmodel = "pmedian"\napart_m = 500\n', "plan_refuses"),
        (PLAN + "sites = 3\naway_m = 500\n", "plan_together"),
        (PLAN + "sites = 3\ncrowd = 500\n", "plan_together"),
        (PLAN + "sites = 3\ncrowd = 500\naround_m = 200\n", "plan_away"),
        (PLAN.replace("E08-reach", "E08-size") + "sites = 3\n", "plan_requirement"),
        (PLAN.replace("elder_daycare", "castle") + "sites = 3\n", "unknown_type"),
        (PLAN + "sites = 3\n" + PLAN + "sites = 4\n", "plan_repeats"),
    ],
)
def test_plan_tasks_are_checked(tmp_path, plan, code):
    assert refused(tmp_path, GOOD + plan).code == f"county_toml.{code}"


def test_all_mistakes_come_at_once(tmp_path):
    error = refused(tmp_path, GOOD.replace("name =", 'code = "53a"\nname =').replace("[streets]", "[streets]\nspeed = 1").replace("60_plus", ""))
    assert error.code == "county_toml.several"
    assert {fault.field for fault in error.faults} == {"code", "streets.speed"}
    assert error.values["count"] == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [(GOOD.encode("gb18030"), "county_toml.encoding"), (b"name = \n", "county_toml.syntax"), (None, "county_toml.no_file")],
)
def test_files_that_are_no_toml(tmp_path, content, code):
    if content is not None:
        error = refused(tmp_path, content)
    else:
        with pytest.raises(PlanningError) as caught:
            read_county_toml(tmp_path)
        error = caught.value
    assert error.code == code
    assert "county.toml" in error.say("zh")
    if code.endswith("syntax"):
        assert "第 1 行" in error.say("zh")


def test_no_folder(tmp_path):
    with pytest.raises(PlanningError) as caught:
        read_county_toml(tmp_path / "none")
    assert caught.value.code == "county_toml.no_folder"


def test_the_reference_page_is_up_to_date():
    assert TARGET.read_text("utf-8") == reference(), "run: python -m layers.readers.reference"
