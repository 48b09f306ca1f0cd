"""Whole counties: the published Wuhan, Porto Alegre and Songming files, a tiny written one, and what does not lie together."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from layers.errors import Cancelled, PlanningError
from layers.readers import propose_county, read_county, read_county_toml

OSM = """<osm version="0.6"><node id="1" lat="{lat}" lon="{lon}"/><node id="2" lat="{lat2}" lon="{lon}"/>
<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"""
AGES = {"60_64": "age60_64", "65_69": "age65_69", "70_74": "age70_74", "75_79": "age75_79", "80_plus": "age80plus", "20_plus": "age20plus"}


def tiny(folder: Path, *, people=(103.0, 25.3), streets=(103.0, 25.3), more="") -> Path:
    (folder / "layers").mkdir(exist_ok=True)
    (folder / "layers" / "p.csv").write_text(f"lon,lat,total,60_plus\n{people[0]},{people[1]},100,20\n", "utf-8")
    (folder / "layers" / "s.osm").write_text(OSM.format(lon=streets[0], lat=streets[1], lat2=streets[1] + 0.01), "utf-8")
    text = 'name = "小县"\n[[population]]\nfile = "layers/p.csv"\ndatum = "WGS84"\n[streets]\nfile = "layers/s.osm"\n'
    (folder / "county.toml").write_text(text + more, "utf-8")
    return folder


def refused(folder: Path) -> PlanningError:
    with pytest.raises(PlanningError) as caught:
        read_county(folder)
    return caught.value


def test_a_tiny_county(tmp_path):
    stages = []
    facts = read_county(tiny(tmp_path), progress=lambda stage, done, total, **more: stages.append(stage))
    assert facts.crs.to_epsg() == 4543
    assert facts.population.groups == {"elders": ("60_plus",), "residents": ("total",)}
    assert facts.population.demand("elders").sum() == 20
    assert facts.outlines.townships["name"].tolist() == ["小县"]
    assert facts.facilities.table.empty
    assert facts.candidates is None
    assert facts.inputs["layers/p.csv"] == hashlib.sha256((tmp_path / "layers" / "p.csv").read_bytes()).hexdigest()
    assert set(facts.inputs) == {"county.toml", "layers/p.csv", "layers/s.osm"}
    assert {"stage.read.population", "stage.streets"} <= set(stages)
    assert [(row.read, row.kept) for row in facts.rows] == [(1, 1)]


@pytest.mark.parametrize("streets", [(-71.0, -25.3), (103.0, -25.3), (103.0, 26.0), (-77.0, 25.3)])
def test_streets_elsewhere_are_named_with_the_likely_cause(tmp_path, streets):
    error = refused(tiny(tmp_path, streets=streets))
    assert error.code == "layers.apart"
    said = error.say("zh")
    for word in ("layers/p.csv", "layers/s.osm", "datum", "公里"):
        assert word in said


def test_everything_that_is_missing_is_named_at_once(tmp_path):
    more = '[outlines]\ncounty = {file = "layers/c.geojson"}\n[[facilities]]\nfile = "layers/f.xlsx"\ndatum = "WGS84"\n'
    folder = tiny(tmp_path, more=more)
    (folder / "layers" / "f.xlsx").touch()
    error = refused(folder)
    assert error.code == "file.several"
    assert [(fault.code, fault.file) for fault in error.faults] == [("file.empty", "layers/f.xlsx"), ("file.missing", "layers/c.geojson")]


@pytest.mark.parametrize(("name", "content"), [("p.csv", None), ("s.osm", None), ("p.csv", b"lon,lat,total\n"), ("p.csv", b"lon,lat,total\n1,1,0\n")])
def test_a_listed_layer_that_is_missing_or_empty(tmp_path, name, content):
    path = tiny(tmp_path) / "layers" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    error = refused(tmp_path)
    assert name in error.say("zh")


def test_cancelled_goes_through(tmp_path):
    def stop(stage, done, total, **more):
        raise Cancelled

    with pytest.raises(Cancelled):
        read_county(tiny(tmp_path), progress=stop)


def wuhan(shared: Path, folder: Path, datum: str) -> Path:
    (folder / "layers").mkdir()
    names = [f"{stem}.tif" for stem in AGES.values()] + ["boundary_gcj02.geojson", "districts_gcj02.geojson", "streets.parquet"]
    for name in names:
        shutil.copy(shared / "wuhan" / name, folder / "layers" / name)
    lines = ['name = "武汉市"', 'code = "420100"']
    lines += [f'[[population]]\nfile = "layers/{stem}.tif"\ngroup = "{group}"' for group, stem in AGES.items()]
    lines += ['[streets]\nfile = "layers/streets.parquet"\nwalkable = "all"', "[outlines]"]
    lines += [f'{role} = {{file = "layers/{name}", datum = "{datum}"}}' for role, name in zip(("county", "townships"), names[-3:-1], strict=True)]
    (folder / "county.toml").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.mark.shared
def test_wuhan_conserves_people_and_nobody_is_outside(shared, tmp_path):
    facts = read_county(wuhan(shared, tmp_path, "GCJ-02"))
    grid = facts.population
    assert facts.crs.to_epsg() == 4547
    assert grid.demand("elders").sum() == pytest.approx(1_458_166, abs=0.5)
    assert grid.people["20_plus"].sum() == pytest.approx(7_400_171, abs=0.5)
    assert grid.outside.max() == 0
    assert "residents" not in grid.groups  # nobody under 20 is given
    # An independent join; the grid ends north of the thirteenth district.
    joined = gpd.sjoin(grid.cells[["geometry"]], facts.outlines.townships, predicate="within")
    assert joined["township"].reindex(grid.cells.index).equals(grid.cells["township"])
    assert (grid.cells["township"].nunique(), len(facts.outlines.townships)) == (12, 13)
    assert facts.streets.length.sum() == pytest.approx(7_185_000, rel=0.002)
    by_township = grid.demand("elders").groupby(grid.cells["township"]).sum()
    assert by_township.sum() == pytest.approx(grid.demand("elders").sum())


@pytest.mark.shared
def test_wuhan_read_as_wgs84_loses_people_beyond_the_outline(shared, tmp_path):
    facts = read_county(wuhan(shared, tmp_path, "WGS84"))
    elders = facts.population.outside_people("elders")
    assert elders == pytest.approx(42.5, abs=0.05)
    assert facts.population.demand("elders").sum() + elders == pytest.approx(1_458_166, abs=0.5)
    assert 206_374 - len(facts.population.cells) == 20
    assert "population.outside" in {fault.code for fault in facts.faults}


@pytest.mark.shared
def test_porto_alegre_hexagons(shared, tmp_path):
    shutil.copytree(shared / "porto_alegre", tmp_path / "layers")
    proposal = propose_county(tmp_path, name="Porto Alegre")
    (tmp_path / "county.toml").write_text(proposal.text, "utf-8")
    facts = read_county(tmp_path)
    raw = pd.read_csv(shared / "porto_alegre" / "hexgrid.csv")
    assert facts.crs.to_epsg() == 32722
    assert facts.population.demand("residents").sum() == raw["population"].sum() == 812_935
    assert len(facts.population.cells) == (raw["population"] > 0).sum()
    assert "layers/elevation.tif" in {item.file for item in proposal.assumptions if item.code == "proposal.unused"}
    assert "OpenStreetMap" in facts.county.attribution[0]


@pytest.mark.shared
def test_wuhan_proposal_finds_the_datum_by_the_people_outside(shared, tmp_path):
    wuhan(shared, tmp_path, "GCJ-02")
    for role in ("boundary", "districts"):
        (tmp_path / "layers" / f"{role}_gcj02.geojson").rename(tmp_path / "layers" / f"{role}.geojson")
    proposal = propose_county(tmp_path)
    (tmp_path / "county.toml").write_text(proposal.text, "utf-8")
    found = {item.file: (item.code, item.value) for item in proposal.assumptions if item.field == "datum"}
    assert set(found.values()) == {("proposal.datum_outline", "GCJ-02")}
    assert set(found) == {"layers/boundary.geojson", "layers/districts.geojson"}
    county = read_county_toml(tmp_path)
    assert county.code == "420100"
    assert {file.file: file.group for file in county.population} == {f"layers/{stem}.tif": group for group, stem in AGES.items()}


@pytest.mark.shared
def test_songming_proposal_says_what_is_lacking(shared, tmp_path):
    shutil.copytree(shared / "songming", tmp_path / "layers")
    proposal = propose_county(tmp_path, name="嵩明县", datum="GCJ-02")
    lacking = [item.layer for item in proposal.assumptions if item.severity == "error"]
    assert lacking == ["population", "streets"]
    assert "township_codes.csv" in proposal.text
    tiny(tmp_path)
    added = '[[population]]\nfile = "layers/p.csv"\ndatum = "WGS84"\n[streets]\nfile = "layers/s.osm"\n'
    text = proposal.text.replace("[outlines.county]", added + "[outlines.county]")
    (tmp_path / "county.toml").write_text(text, "utf-8")
    facts = read_county(tmp_path)
    assert len(facts.outlines.townships) == 8
    assert facts.outlines.township_name("530127001") == "嵩阳街道"
    assert len(facts.outlines.villages) == 83
    assert set(facts.outlines.villages["township"]) <= set(facts.outlines.townships.index)


def test_the_demo_county_is_read_from_its_own_county_toml_and_from_a_proposal(tmp_path):
    from layers.demo import write_demo

    write_demo(tmp_path / "a", seed=1, cells=1500)
    stated = read_county(tmp_path / "a")
    shutil.copytree(tmp_path / "a" / "layers", tmp_path / "b" / "layers")
    proposal = propose_county(tmp_path / "b", name="云岭县")
    (tmp_path / "b" / "county.toml").write_text(proposal.text, "utf-8")
    proposed = read_county(tmp_path / "b")
    assert len(proposed.facilities.table) == len(stated.facilities.table)
    assert proposed.population.demand("elders").sum() == pytest.approx(stated.population.demand("elders").sum())
    names = stated.facilities.table.set_index("name").geometry
    for name, place in proposed.facilities.table.set_index("name").geometry.items():
        assert (place is None and names[name] is None) or place.distance(names[name]) < 0.1, f"the datum of {name} was guessed wrong"


@pytest.mark.parametrize(("files", "code"), [([], "proposal.no_files"), (["x.docx"], "proposal.none_known")])
def test_nothing_to_propose(tmp_path, files, code):
    (tmp_path / "layers").mkdir()
    for file in files:
        (tmp_path / "layers" / file).write_bytes(b"x")
    with pytest.raises(PlanningError) as caught:
        propose_county(tmp_path)
    assert caught.value.code == code


def test_an_answered_datum_is_written_down(tmp_path):
    tiny(tmp_path)
    (tmp_path / "county.toml").unlink()
    proposal = propose_county(tmp_path, datum="BD-09", name="小县")
    assert 'datum = "BD-09"' in proposal.text
    assert 'name = "小县"' in proposal.text
    assert "proposal.datum_stated" in {item.code for item in proposal.assumptions}
    with pytest.raises(TypeError, match="colour"):
        propose_county(tmp_path, colour="red")
