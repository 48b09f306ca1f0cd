"""The command line says which streets a scenario closes and builds, and measures along them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from layers.crs import from_metric
from planning.cli import app
from planning.workbench import make_demo, open_county
from scenarios.document import Scenario
from scenarios.edits import BuildStreet, CloseStreet

TYPE = "elder_station_city"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small demo county with a scenario that closes one street and bridges the water to its island."""
    folder = make_demo(tmp_path_factory.mktemp("county") / "demo", cells=1000)
    bench = open_county(folder)
    streets, cells = bench.facts.streets, bench.facts.population.cells
    coverage = bench.measure_type(TYPE).coverage
    assert coverage is not None
    lost = cells.geometry[(coverage.cells["state"] == "unreachable") & (coverage.people > 0)]
    used, _ = bench.columns.network("walk")
    ends = np.column_stack([used.x, used.y])
    island = shapely.get_coordinates(lost.iloc[0])[0]
    outside = np.flatnonzero(~np.isin(np.round(streets.x, 3), np.round(used.x, 3)))
    here = outside[np.argmin(np.hypot(streets.x[outside] - island[0], streets.y[outside] - island[1]))]
    there = ends[np.argmin(np.hypot(*(ends - (streets.x[here], streets.y[here])).T))]
    lon, lat = from_metric([streets.x[here], there[0]], [streets.y[here], there[1]], "WGS84", bench.facts.crs)
    bridge = BuildStreet(name="跨江大桥", highway="secondary", points=tuple(zip(lon.tolist(), lat.tolist(), strict=True)))
    source = str(streets.streets["source"].iloc[0])
    bench.save(Scenario(title="修桥", edits=(CloseStreet(street=source, extent="street"), bridge)), "修桥")
    return folder


def ran(*words: str) -> str:
    found = CliRunner().invoke(app, list(words))
    assert found.exit_code == 0, found.output
    return found.output


def test_measure_names_them_and_counts_along_them(county: Path) -> None:
    said = ran("measure", str(county), "--type", TYPE, "--scenario", "修桥")
    assert "道路变动 1：封闭 " in said
    assert "道路变动 2：新建道路 跨江大桥，" in said
    assert "Changed street 2: build 跨江大桥, " in ran("measure", str(county), "--type", TYPE, "--scenario", "修桥", "--lang", "en")
    assert "道路变动" not in ran("measure", str(county), "--type", TYPE)
    totals = [json.loads(ran("measure", str(county), "--type", TYPE, "--json", *more))[TYPE]["totals"] for more in ((), ("--scenario", "修桥"))]
    assert totals[1]["unreachable"] < totals[0]["unreachable"]
    assert sum(totals[0].values()) == pytest.approx(sum(totals[1].values()))
