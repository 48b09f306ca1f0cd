"""Files are read on probation by a child: what hangs, grows or dies there is a sentence that names the file, and the program never reads it."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import psutil
import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.hostile_seeds import READERS, county_toml, write_seeds
from layers import readers
from layers.errors import Cancelled, PlanningError
from layers.probation import passed, trial
from layers.probation.child import Child, Limits
from layers.texts import codes, say
from planning.workbench import check_county, init_from_uploads, make_demo, open_county

ROOT = Path(__file__).resolve().parents[1]
VICTIM = "tests.probation_victim"
AMPLE = Limits(seconds=60.0, resident=4 << 30, wait=120.0)


def silent(*_: object, **__: object) -> None:
    pass


@pytest.fixture(autouse=True)
def watched(monkeypatch, tmp_path):
    """Put files on trial, as a planner's are; what passed is forgotten after each test."""
    monkeypatch.delenv("BUJU_READ_MEMORY_MB")
    monkeypatch.setenv("BUJU_PASSED", str(tmp_path / "passed"))
    monkeypatch.setattr(passed, "_known", set())


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


def county(seeds: Path, folder: Path, reader: str = "csv") -> Path:
    shutil.copytree(seeds, folder, ignore=shutil.ignore_patterns("a.toml"))
    (folder / "county.toml").write_text(county_toml(reader), "utf-8")
    return folder


@pytest.fixture
def victim(monkeypatch):
    """Put a child that misbehaves in the place of the one that reads, and let nobody else read."""
    child = Child(VICTIM)
    monkeypatch.setattr(trial, "_child", child)
    monkeypatch.setattr(readers, "read_county", lambda *_, **__: pytest.fail("the program itself has read the county"))
    yield child
    child.end()


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


# ---------------------------------------------------------------- the child


@pytest.mark.parametrize(("does", "limits", "kind"), [
    ("spin", Limits(0.4, 1 << 30, 60.0), "hung"), ("sleep", Limits(60.0, 1 << 30, 0.4), "hung"), ("grow", Limits(60.0, 200 << 20, 60.0), "grew"),
    ("die", AMPLE, "died"),
])  # fmt: skip
def test_a_child_that_misbehaves_is_ended_and_the_next_request_is_anothers(does, limits, kind):
    child = Child(VICTIM)
    try:
        first = int(child.ask({"does": "answer"}, AMPLE, silent).said)
        assert int(child.ask({"does": "answer"}, AMPLE, silent).said) == first  # it stays warm
        ended = child.ask({"does": does}, limits, silent)
        assert (ended.kind, ended.file) == (kind, "layers/路网.osm.pbf")
        assert ended.said == ("7" if kind == "died" else "")
        assert ended.resident < 400 << 20
        assert not alive(first)
        assert int(child.ask({"does": "answer"}, AMPLE, silent).said) != first
    finally:
        child.end()


def test_what_is_no_message_is_passed_over():
    child = Child(VICTIM)
    try:
        assert child.ask({"does": "babble"}, AMPLE, silent).kind == "read"
    finally:
        child.end()


def test_the_child_ends_with_its_parent_also_while_it_works():
    code = (
        "from layers.probation.child import Child, Limits\nimport os, sys\nchild = Child('tests.probation_victim')\n"
        "hear = lambda message: 'file' in message and print(child._process.pid, flush=True)\n"
        "child.ask({'does': 'spin'}, Limits(60.0, 1 << 30, 60.0), hear)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    until = time.monotonic() + 10.0
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(pid)


def test_a_folder_that_looks_like_the_program_is_not_imported(monkeypatch, tmp_path):
    """Python imports from the folder it is started in, and a county has a folder ``layers``."""
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "__init__.py").write_text("raise SystemExit(3)", "utf-8")
    monkeypatch.chdir(tmp_path)
    child = Child(VICTIM)
    try:
        assert child.ask({"does": "answer"}, AMPLE, silent).kind == "read"
    finally:
        child.end()


# ---------------------------------------------------------------- the trial


@pytest.mark.parametrize(("does", "code"), [("spin", "probation.hung"), ("grow", "probation.grew"), ("die", "probation.died")])
def test_the_sentence_names_the_file_and_the_program_does_not_read_it(seeds, tmp_path, monkeypatch, victim, does, code):
    monkeypatch.setenv("BUJU_READ_SECONDS", "0.5" if does == "spin" else "60")
    monkeypatch.setenv("BUJU_READ_MEMORY_MB", "200")
    folder = county(seeds, tmp_path / does)
    with pytest.raises(PlanningError) as caught:
        open_county(folder)
    assert caught.value.code == code
    assert "layers/路网.osm.pbf" in caught.value.say("zh")
    assert "layers/路网.osm.pbf" in caught.value.say("en")
    assert say(f"{code}", "zh", file="f", seconds=1, memory=200, exit="7") != caught.value.say("zh")
    found = check_county(folder)
    assert not found.usable
    assert [(fault.code, fault.file) for fault in found.faults] == [(code, "layers/路网.osm.pbf")]
    assert not list(tmp_path.glob("passed/*"))


def test_stopping_ends_the_child(seeds, tmp_path, victim):
    seen = []

    def progress(stage, done, total, **_):
        seen.append((stage, done, total))
        if stage == "stage.read.population":
            raise Cancelled

    with pytest.raises(Cancelled):
        open_county(county(seeds, tmp_path / "spin"), progress=progress)
    assert ("stage.read.population", 1.0, 4.0) in seen  # what the child told
    assert {stage for stage, _, _ in seen} <= codes()
    assert victim._process is None


def test_a_county_is_tried_once_and_again_when_a_file_has_changed(seeds, tmp_path, monkeypatch):
    folder = county(seeds, tmp_path / "county")
    asked = []
    ask = Child.ask
    monkeypatch.setattr(Child, "ask", lambda child, request, *more: asked.append(request["task"]) or ask(child, request, *more))
    first = open_county(folder).facts
    assert asked == ["county"]
    monkeypatch.setattr(passed, "_known", set())  # as another process, later
    assert open_county(folder).facts.inputs == first.inputs
    assert check_county(folder).usable
    assert asked == ["county"]
    (folder / "f.csv").write_text((folder / "f.csv").read_text("utf-8").replace("第一", "第三"), "utf-8")
    assert "第三敬老院" in set(open_county(folder).facts.facilities.table["name"])
    assert asked == ["county"] * 2
    (folder / "s.geojson.aux.xml").write_text("<a/>", "utf-8")  # what a library would open by itself counts, too
    open_county(folder)
    assert asked == ["county"] * 3


def test_a_refused_county_is_refused_by_the_program_itself_with_its_findings(seeds, tmp_path):
    folder = county(seeds, tmp_path / "county")
    (folder / "f.csv").write_text("名称,类型\n", "utf-8")
    with pytest.raises(PlanningError) as tried:
        open_county(folder)
    with pytest.raises(PlanningError) as bare:
        readers.read_county(folder)
    assert (tried.value.code, tried.value.say()) == (bare.value.code, bare.value.say())


def test_files_that_change_between_trial_and_reading_are_refused(seeds, tmp_path, monkeypatch):
    folder = county(seeds, tmp_path / "county")
    read = readers.read_county

    def late(*args, **kwargs):
        (folder / "p.csv").write_text((folder / "p.csv").read_text("utf-8") + "102.0045,25.0035,1,2\n", "utf-8")
        return read(*args, **kwargs)

    monkeypatch.setattr(readers, "read_county", late)
    with pytest.raises(PlanningError) as caught:
        open_county(folder)
    assert (caught.value.code, caught.value.values["file"]) == ("probation.changed", "p.csv")


def test_uploads_are_tried_before_they_are_looked_at(seeds, tmp_path, monkeypatch):
    files = {name: (seeds / name).read_bytes() for name in ("f.xlsx", "p.csv", "s.osm.pbf", "c.geojson")}
    proposal = init_from_uploads(tmp_path / "good", files, name="示例县")
    assert "s.osm.pbf" in proposal.text
    child = Child(VICTIM)
    monkeypatch.setattr(trial, "_child", child)
    monkeypatch.setattr(readers, "propose_county", lambda *_, **__: pytest.fail("the program itself has looked at the files"))
    with pytest.raises(PlanningError, match="ended by itself"):
        init_from_uploads(tmp_path / "die", files, name="另一县")
    assert not (tmp_path / "die" / "county.toml").exists()
    child.end()


def test_what_the_program_wrote_itself_needs_no_trial(tmp_path, monkeypatch):
    monkeypatch.setattr(Child, "ask", lambda *_: pytest.fail("the demo was tried"))
    open_county(make_demo(tmp_path / "demo", cells=1000))


def test_a_system_that_starts_no_child_is_told_of(seeds, tmp_path, monkeypatch):
    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(subprocess, "Popen", forbidden)
    monkeypatch.setattr(trial, "_child", Child(VICTIM))
    with pytest.raises(PlanningError, match="Permission denied"):
        open_county(county(seeds, tmp_path / "county"))


def test_limits_grow_with_the_files_and_may_be_set(monkeypatch):
    half = psutil.virtual_memory().total // 2
    assert trial.limits(2_000_000).seconds == 60 + 10
    assert trial.limits(0).resident == pytest.approx(min(4e9, half), abs=1e6)
    monkeypatch.setenv("BUJU_READ_SECONDS", "7")
    monkeypatch.setenv("BUJU_READ_MEMORY_MB", "300")
    assert (trial.limits(0).seconds, trial.limits(0).resident) == (7, 300_000_000)
    for word in ("many", "-1", "nan"):
        monkeypatch.setenv("BUJU_READ_MEMORY_MB", word)
        assert trial.limits(0).resident > 300_000_000
    monkeypatch.setenv("BUJU_READ_MEMORY_MB", "0")
    assert trial.limits(0) is None


# ---------------------------------------------------------------- files within every limit that stands before parsing


def parquet_bomb(path: Path) -> None:
    """Write 200,000 points with a remark of 100 kB each: it stands once in the file."""
    count = 200_000
    points = gpd.points_from_xy(np.full(count, 102.001), np.full(count, 25.001), crs=4326)
    gpd.GeoDataFrame({"60_plus": 1.0, "total": 3.0}, index=range(count), geometry=points).to_parquet(path)
    table = parquet.read_table(path)
    remark = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["长" * 33_000]))
    longer = table.append_column("remark", remark)
    with parquet.ParquetWriter(path, longer.schema, store_schema=False) as writer:  # a stored schema would keep the remarks together
        writer.write_table(longer)
        writer.add_key_value_metadata({"geo": table.schema.metadata[b"geo"]})


def pbf_bomb(path: Path) -> None:
    """Write 200 million nodes in one place: three bytes each, which pack a thousandfold."""
    count = 10_000_000
    dense = _field(1, b"\x02" * count) + _field(8, b"\x00" * count) + _field(9, b"\x00" * count)
    block = _blob(b"OSMData", _field(1, _field(1, b"")) + _field(2, _field(2, dense)))
    path.write_bytes(_blob(b"OSMHeader", _field(4, b"OsmSchema-V0.6") + _field(4, b"DenseNodes")) + block * 20)


def _varint(value: int) -> bytes:
    return bytes([value & 127 | 128]) + _varint(value >> 7) if value > 127 else bytes([value])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _blob(kind: bytes, content: bytes) -> bytes:
    blob = b"\x10" + _varint(len(content)) + _field(3, zlib.compress(content, 1))
    head = _field(1, kind) + b"\x18" + _varint(len(blob))
    return struct.pack(">I", len(head)) + head + blob


@pytest.mark.parametrize(("reader", "file", "make"), [("parquet", "p.parquet", parquet_bomb), ("pbf", "s.osm.pbf", pbf_bomb)])
def test_a_file_that_unpacks_without_end_is_stopped(seeds, tmp_path, monkeypatch, reader, file, make):
    """Oracle: 200,000 texts of 99 kB are 20 GB; 200 million nodes are some 10 GB as the library holds them."""
    folder = county(seeds, tmp_path / "county", reader)
    assert file in READERS[reader][1]
    make(folder / file)
    assert (folder / file).stat().st_size < 4_000_000
    monkeypatch.setenv("BUJU_READ_MEMORY_MB", "800")
    monkeypatch.setenv("BUJU_READ_SECONDS", "8")
    monkeypatch.setattr(trial, "SECONDS_PER_MB", 0.0)
    monkeypatch.setattr(readers, "read_county", lambda *_, **__: pytest.fail("the program itself has read the county"))
    with pytest.raises(PlanningError) as caught:
        open_county(folder)
    assert caught.value.code in {"probation.grew", "probation.hung"}
    assert caught.value.values["file"] == file
