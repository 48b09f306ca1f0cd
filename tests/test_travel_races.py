"""The races of benchmarks/travel.py: every task agrees with scipy and networkx on a small town, and says so when costs differ."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from benchmarks import peers, travel
from benchmarks.workload import Reach


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a 12 × 12 grid of streets of 100 m, bent now and then, every third one-way for cars."""
    lines, oneway = [], []
    for row in range(12):
        for column in range(12):
            for more_x, more_y in ((100, 0), (0, 100)):
                if column * 100 + more_x < 1200 and row * 100 + more_y < 1200:
                    begin, end = np.array([column * 100, row * 100]), np.array([column * 100 + more_x, row * 100 + more_y])
                    bend = (begin + end) / 2 + (10 if (row + column) % 4 == 0 else 0)
                    lines.append(shapely.LineString(np.array([begin, bend, end]) + np.array([500_000, 3_400_000])))
                    oneway.append("yes" if (row * 12 + column) % 3 == 0 and 0 < row < 11 and 0 < column < 11 else "no")
    path = tmp_path_factory.mktemp("town") / "streets.gpkg"
    gpd.GeoDataFrame({"highway": "residential", "oneway": oneway}, geometry=lines, crs="EPSG:4547").to_file(path)
    return path


def race(monkeypatch: pytest.MonkeyPatch, path: Path, *more: str) -> int:
    monkeypatch.setattr("sys.argv", ["travel.py", "--streets", str(path), "--sites", "7", "--repeats", "1", *more])
    return travel.main()


@pytest.mark.parametrize("peer", ["scipy", "networkx"])
@pytest.mark.parametrize("more", [("--reach", "500m"), ("--reach", "1min", "--cells", "60"), ("--reach", "2min", "--threads", "2")])
def test_peers_agree_on_all_trips(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], town: Path, peer: str, more: tuple) -> None:
    assert race(monkeypatch, town, "--peer", peer, *more) == 0
    printed = capsys.readouterr().out.splitlines()
    assert any("costs agree" in line for line in printed)
    assert printed[-1].startswith("ratio ")
    assert float(printed[-1].split()[1]) >= 0


def test_costs_that_differ_fail_the_race(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], town: Path) -> None:
    honest = peers.dijkstra
    monkeypatch.setattr(peers, "dijkstra", lambda *args, **options: honest(*args, **options) * 1.0001)
    assert race(monkeypatch, town, "--peer", "scipy", "--reach", "500m") == 1
    assert "DISAGREE" in capsys.readouterr().out


def test_a_missing_trip_fails_the_race(monkeypatch: pytest.MonkeyPatch, town: Path) -> None:
    honest = peers.dijkstra

    def forgetful(*args: object, **options: object) -> np.ndarray:
        found = honest(*args, **options)
        found[:, 3] = np.inf
        return found

    monkeypatch.setattr(peers, "dijkstra", forgetful)
    assert race(monkeypatch, town, "--peer", "scipy", "--reach", "3km") == 1


def test_a_reach_names_mode_and_unit() -> None:
    assert (Reach.parse("1km"), Reach.parse("30min")) == (Reach("walk", "m", 1000.0), Reach("drive", "s", 1800.0))
    with pytest.raises(ValueError, match="no reach"):
        Reach.parse("1 mile")
