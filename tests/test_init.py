"""Only the drivers we mean can open a file."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import layers
from layers.errors import PlanningError

TRAP = '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{path}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


def run(code: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in {"GDAL_SKIP", "GDAL_DRIVER_PATH", "CPL_LOG"}}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=clean, check=False)


READ = """
import pyogrio
try:
    print(len(pyogrio.raw.read({trap!r})[2]))
except pyogrio.errors.DataSourceError:
    print("refused")
"""
LIST = """
import rasterio
layers.check_gdal()
found = set(pyogrio.list_drivers())
with rasterio.Env() as env:
    found |= set(env.drivers())
print(sorted(found - layers.GDAL_DRIVERS))
"""


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trap")
    secret = folder / "secret.geojson"
    secret.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"k":1},"geometry":{"type":"Point","coordinates":[1,2]}}]}'
    )
    path = folder / "trap.geojson"
    path.write_text(TRAP.format(path=secret))
    return str(path)


def test_a_virtual_dataset_named_geojson_is_refused_and_nothing_is_printed(trap):
    done = run("import layers" + READ.format(trap=trap) + LIST)
    assert (done.stdout.split("\n"), done.stderr) == (["refused", "[]", ""], "")


def test_start_fails_when_pyogrio_came_first_and_the_trap_is_a_trap(trap):
    done = run(READ.format(trap=trap) + "import layers")
    assert done.stdout.strip() == "1"
    assert done.returncode != 0
    assert "gdal" in done.stderr.lower()


def test_drivers_beyond_the_list_are_named(monkeypatch):
    import pyogrio

    monkeypatch.setattr(pyogrio, "list_drivers", lambda: {"GPKG": "rw", "OGR_VRT": "r"})
    with pytest.raises(PlanningError) as caught:
        layers.check_gdal()
    assert "OGR_VRT" in caught.value.say("zh")


def test_the_list_of_drivers_can_be_written_again_and_names_all_of_them(monkeypatch, tmp_path):
    from layers import gdal_drivers

    kept = gdal_drivers.TARGET.read_text("utf-8").splitlines()
    monkeypatch.setattr(gdal_drivers, "TARGET", tmp_path / "drivers.txt")
    gdal_drivers.main()
    found = (tmp_path / "drivers.txt").read_text("utf-8").splitlines()
    assert {"OGR_VRT", "VRT", "GTiff", "CSV"} <= set(found)
    assert set(found) <= set(kept), "run: python -m layers.gdal_drivers"
