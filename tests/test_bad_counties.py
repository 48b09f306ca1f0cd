"""What a bureau may get wrong: one Chinese sentence with what, where and how to repair it, exit code 1, and nothing half written."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planning.cli import app

runner = CliRunner()
TIFF = b"II*\x00\x08\x00\x00\x00\x01\x00nothing that a raster would hold"
PROJECT = 'key = "p"\nname = "新院"\ntype = "{type}"\n{more}\n'
FAR = """<osm version="0.6"><node id="1" lat="-30.0" lon="-51.2"/><node id="2" lat="-30.01" lon="-51.2"/>
<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"""
NEAR = FAR.replace("-30.0", "25.3").replace("-51.2", "103.1")
SCENARIO = 'title = "试"\n[[edits]]\n{edit}\n'
Spoil = Callable[[Path], object]


@pytest.fixture
def county(tmp_path):
    """Return the folder of a county of two cells, one street and one home; it can be measured as it is."""
    folder = tmp_path / "小县"
    for part in ("layers", "scenarios", "projects"):
        (folder / part).mkdir(parents=True)
    (folder / "layers" / "人口.csv").write_text("lon,lat,total,60_plus\n103.1,25.3,100,20\n103.1,25.305,50,10\n", "utf-8")
    (folder / "layers" / "路网.osm").write_text(NEAR, "utf-8")
    (folder / "layers" / "台账.csv").write_text("名称,类型,经度,纬度,床位数\n敬老园,养老机构,103.1,25.301,40\n", "utf-8")
    (folder / "county.toml").write_text(
        'name = "小县"\n[[population]]\nfile = "layers/人口.csv"\ndatum = "WGS84"\n[streets]\nfile = "layers/路网.osm"\n'
        '[[facilities]]\nfile = "layers/台账.csv"\ndatum = "WGS84"\n',
        "utf-8",
    )
    (folder / "scenarios" / "试.toml").write_text('title = "试"\n', "utf-8")
    (folder / "projects" / "新院.toml").write_text('key = "p1"\nname = "新院"\ntype = "elder_institution"\nlon = 103.1\nlat = 25.302\n', "utf-8")
    return folder


def text(name: str, content: str) -> Spoil:
    return lambda folder: (folder / name).write_text(content, "utf-8")


def toml(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "county.toml"
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")

    return spoil


def more(content: str) -> Spoil:
    return lambda folder: (folder / "county.toml").write_text((folder / "county.toml").read_text("utf-8") + content, "utf-8")


def raster(folder: Path) -> None:
    (folder / "layers" / "人口.tif").write_bytes(TIFF)
    toml('file = "layers/人口.csv"\ndatum = "WGS84"', 'file = "layers/人口.tif"\ngroup = "60_plus"')(folder)


def in_place(name: str) -> Spoil:
    """Put a file where a folder is needed."""

    def spoil(folder: Path) -> None:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).write_bytes(b"kept")

    return spoil


def run(*arguments: object):
    return runner.invoke(app, [str(argument) for argument in arguments])


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files but those of the cache: what is derived may be kept even where a command ends with a sentence."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix(): (folder / path).read_bytes() for path in files if path.parts[0] != ".cache"}


CASES: dict[str, tuple[Spoil, str, tuple[str, ...]]] = {
    "no TOML": (toml("name =", "name"), "measure", ("county.toml", "第 1 行", "引号")),
    "a key twice": (more('[streets]\nfile = "x"\n'), "measure", ("county.toml", "第 10 行", "不要写两次")),
    "unknown key": (toml("[streets]", '[streets]\nwalkabel = "all"'), "measure", ("streets.walkabel", "walkable")),
    "wrong type": (more('[travel]\nsnap_m = "far"\n'), "measure", ("travel.snap_m", "far", "不加引号")),
    "out of range": (more("[travel]\nsnap_m = -5\n"), "measure", ("travel.snap_m", "-5")),
    "gb18030": (lambda folder: (folder / "county.toml").write_bytes('name = "小县"'.encode("gb18030")), "measure", ("UTF-8", "另存为")),
    "layer missing": (lambda folder: (folder / "layers" / "台账.csv").unlink(), "measure", ("layers/台账.csv", "不存在", "删去这一图层")),
    "people missing": (lambda folder: (folder / "layers" / "人口.csv").unlink(), "measure", ("layers/人口.csv", "不存在")),
    "ledger of 0 bytes": (text("layers/台账.csv", ""), "measure", ("layers/台账.csv", "空文件")),
    "ledger of heads": (text("layers/台账.csv", "名称,类型,经度,纬度\n"), "measure", ("layers/台账.csv", "没有任何数据", "header_row")),
    "ledger in no encoding": (
        lambda folder: (folder / "layers" / "台账.csv").write_bytes("名称,类型\n".encode() + b"\xff\xff\n"), "measure", ("台账.csv", "编码"),
    ),
    "no workbook": (toml("台账.csv", "台账.xlsx"), "measure", ("layers/台账.xlsx", "不存在")),
    "type of county.toml": (toml('台账.csv"', '台账.csv"\ntype = "casino"'), "measure", ("facilities[1].type", "casino", "elder_institution")),
    "raster": (raster, "measure", ("layers/人口.tif", "请")),
    "hemispheres": (text("layers/路网.osm", FAR), "measure", ("layers/路网.osm", "layers/人口.csv", "公里", "请")),
    "street file": (text("layers/路网.osm", "<osm"), "measure", ("路网.osm", "请")),
    "scenario no TOML": (text("scenarios/试.toml", "title = "), "measure -s 试", ("试.toml", "第 1 行", "引号")),
    "scenario key": (text("scenarios/试.toml", 'titel = "x"\n'), "measure -s 试", ("试.toml", "titel")),
    "scenario facility": (text("scenarios/试.toml", SCENARIO.format(edit='action = "close"\nfacility = "无"')), "measure -s 试", ("无",)),
    "scenario action": (text("scenarios/试.toml", SCENARIO.format(edit='action = "burn"')), "measure -s 试", ("试.toml", "edits[1]", "close")),
    "no scenario": (lambda folder: None, "measure -s 无", ("“无”", "试")),
    "project no TOML": (text("projects/新院.toml", "key = "), "review", ("新院.toml", "第 1 行", "引号")),
    "project key": (text("projects/新院.toml", PROJECT.format(type="elder_institution", more="colour = 1")), "review", ("colour", "docs/review.md")),
    "project type": (text("projects/新院.toml", PROJECT.format(type="casino", more="")), "review", ("新院.toml", "casino", "elder_institution")),
    "project amount": (text("projects/新院.toml", PROJECT.format(type="elder_institution", more='capacity = "x"')), "review", ("capacity", "“x”")),
    "no project": (lambda folder: None, "review 无", ("“无”", "新院")),
    "no task": (lambda folder: None, "plan", ("[[plan]]", "docs/county.md")),
    "outputs is a file": (in_place("outputs"), "export -t elder_institution", ("outputs", "同名文件", "移走")),
    "outputs of a review": (in_place("outputs"), "review", ("outputs", "同名文件", "移走")),
    "scenarios is a file": (
        lambda folder: (
            in_place("scenarios")(folder),
            more('[[plan]]\nkey = "a"\ntitle = "甲"\ntype = "elder_institution"\nrequirement = "E01-reach"\nsites = 1\n')(folder),
        ),
        "propose a --save 新", ("scenarios", "同名文件", "移走"),
    ),
    "public without number": (lambda folder: None, "map -t elder_institution --status 公开", ("审图号",)),
    "init twice": (lambda folder: None, "init", ("county.toml", "没有改动", "改名")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_sentence_and_nothing_half_written(county, name):
    spoil, command, words = CASES[name]
    spoil(county)
    before = tree(county)
    first, *options = command.split()
    answer = run(first, county, *options)
    assert answer.exit_code == 1, answer.output
    assert isinstance(answer.exception, SystemExit)
    assert answer.stdout == ""
    sentence, *found = answer.stderr.strip().split("\n")
    assert re.search("[\u4e00-\u9fff]", sentence)
    assert all(line.startswith("  ") for line in found)
    assert sentence not in [re.sub(r"^ +(\[.*?\]+ )?", "", line) for line in found], "said twice"
    for word in words:
        assert word in answer.stderr
    assert "Traceback" not in answer.stderr
    assert str(county) not in sentence or first in {"export", "review", "propose", "init"}, "only what is written is named by its whole path"
    assert tree(county) == before
    assert not [path for path in county.rglob("*") if path.name.startswith(".") and path.name != ".cache"]


def test_the_county_is_good_when_nothing_is_spoilt(county):
    """The cases above fail for their own reason: the untouched county answers."""
    assert run("measure", county).exit_code == 0
    assert run("measure", county, "-s", "试").exit_code == 0
    assert run("review", county).exit_code == 0


def test_an_unknown_type_in_a_ledger_keeps_the_other_rows(county):
    with (county / "layers" / "台账.csv").open("a", encoding="utf-8") as file:
        file.write("乐园,游乐场,103.1,25.302,3\n")
    answer = run("check", county, "--json")
    assert answer.exit_code == 0
    record = json.loads(answer.stdout)
    (fault,) = [fault for fault in record["faults"] if fault["severity"] == "error"]
    assert (fault["file"], fault["row"], fault["value"]) == ("layers/台账.csv", 3, "游乐场")
    assert fault["repair"]
    (row,) = [row for row in record["rows"] if row["layer"] == "facilities"]
    assert (row["read"], row["kept"], row["excluded"]) == (2, 1, 1)


@pytest.mark.parametrize("spoil", [toml("name =", "name"), toml("[streets]", "[streets]\nspeed = 1"), text("layers/台账.csv", "")])
def test_a_check_that_fails_says_so_once_and_in_its_record(county, spoil):
    spoil(county)
    answer, machine = run("check", county), run("check", county, "--json")
    assert (answer.exit_code, machine.exit_code) == (1, 1)
    record = json.loads(machine.stdout)
    assert not record["usable"]
    assert answer.stderr.strip() == machine.stderr.strip() == record["failure"]["message"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_layer_outside_the_folder_is_refused(county):
    secret = county.parent / "别处.csv"
    shutil.copy(county / "layers" / "台账.csv", secret)
    (county / "layers" / "台账.csv").unlink()
    (county / "layers" / "台账.csv").symlink_to(secret)
    answer = run("measure", county)
    assert answer.exit_code == 1
    assert "县域文件夹" in answer.stderr


def test_init_without_people_or_streets_writes_nothing_and_says_what_is_lacking(county):
    (county / "county.toml").unlink()
    (county / "layers" / "人口.csv").unlink()
    (county / "layers" / "路网.osm").unlink()
    answer = run("init", county)
    assert answer.exit_code == 1
    for word in ("人口", "路网", "buju init"):
        assert word in answer.stderr.split("\n")[0]
    assert not (county / "county.toml").exists()


def test_a_full_disk_is_one_sentence(county, monkeypatch):
    import layers.saving

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(layers.saving.os, "fsync", full)
    (county / "county.toml").unlink()
    answer = run("init", county)
    assert answer.exit_code == 1
    assert "磁盘空间不足" in answer.stderr
    assert not (county / "county.toml").exists()
    assert not list(county.rglob("*.tmp"))  # nothing half-written; a lock stays where documents are kept


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("measure",), ("缺少", "DIR")),
        (("check", "x", "--nope"), ("没有选项", "--nope")),
        (("demo", "x", "--cells", "many"), ("--cells", "--help")),
        (("demo", "x", "--cells", "20"), ("--cells", "--help")),
        (("export", "x", "--date", "2026-13-01"), ("--date", "2026-13-01")),
        (("check", "x", "--lang", "fr"), ("--lang", "zh、en")),
        (("init", "x", "--datum", "GCJ"), ("--datum", "GCJ-02")),
    ],
)
def test_a_wrong_command_line_is_one_chinese_sentence_and_exit_code_2(arguments, words):
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "用法" in answer.stderr
    for word in words:
        assert word in answer.stderr
