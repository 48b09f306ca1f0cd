"""Plan day-care centres for a city of 1.46 million elders from published rasters and streets.

Usage: ``python benchmarks/wuhan.py DATA OUT [--sites 60] [--reach 1000]``. DATA holds streets.parquet, the five age rasters and the GCJ-02
outlines; OUT becomes a county's folder, planned by ``buju plan``. Prints one line of people by state and the time and memory of each step.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

DISTRICTS = {
    "420102": "江岸区", "420103": "江汉区", "420104": "硚口区", "420105": "汉阳区", "420106": "武昌区", "420107": "青山区", "420111": "洪山区",
    "420112": "东西湖区", "420113": "汉南区", "420114": "蔡甸区", "420115": "江夏区", "420116": "黄陂区", "420117": "新洲区",
}  # fmt: skip
AGES = ("60_64", "65_69", "70_74", "75_79", "80_plus")

COUNTY = """format = 1
name = "武汉市"
name_en = "Wuhan"
code = "420100"
metric_crs = "EPSG:32650"  # that of the street file, which the published figures were measured in
attribution = ["道路 © OpenStreetMap contributors (ODbL)", "人口 WorldPop (CC BY 4.0)"]

[streets]
file = "layers/streets.parquet"
walkable = "all"

[outlines.county]
file = "layers/boundary.geojson"
datum = "GCJ-02"

[outlines.townships]
file = "layers/districts.geojson"
datum = "GCJ-02"
names = "layers/districts.csv"

[demand_groups]
elders = ["60_64", "65_69", "70_74", "75_79", "80_plus"]

[standards.elder_daycare.E08-reach]
radius_m = {reach}
time_min = {minutes}

[[plan]]
key = "daycare"
title = "社区日间照料中心"
type = "elder_daycare"
requirement = "E08-reach"
model = "mclp"
sites = {sites}
time_limit_s = 60
candidates = {{ origin = "streets", spacing_m = 800 }}
"""


def write_county(data: Path, folder: Path, sites: int, reach: float) -> None:
    layers = folder / "layers"
    layers.mkdir(parents=True)
    shutil.copy(data / "streets.parquet", layers)
    shutil.copy(data / "boundary_gcj02.geojson", layers / "boundary.geojson")
    shutil.copy(data / "districts_gcj02.geojson", layers / "districts.geojson")
    names = "code,name\n" + "".join(f"{code},{name}\n" for code, name in DISTRICTS.items())
    (layers / "districts.csv").write_text(names, "utf-8")
    text = COUNTY.format(sites=sites, reach=reach, minutes=reach / 60)
    for age in AGES:
        name = f"age{age.replace('_plus', 'plus')}.tif"
        shutil.copy(data / name, layers)
        text += f'\n[[population]]\nfile = "layers/{name}"\ngroup = "{age}"\n'
    (folder / "county.toml").write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--reach", type=float, default=1000.0)
    given = parser.parse_args()
    write_county(given.data, given.out, given.sites, given.reach)
    began = time.perf_counter()
    command = [sys.executable, "-m", "planning", "plan", str(given.out), "--json", "--date", "2026-01-01"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps(json.loads(answer), ensure_ascii=False, indent=1))
    print(f"seconds {seconds:.1f}  peak_mb {peak:.0f}")


if __name__ == "__main__":
    main()
