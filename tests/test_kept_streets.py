"""Streets from the cache: the same files read in the same way, and only those."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layers.cache import Cache
from layers.county import Streets, Travel
from layers.readers import kept
from layers.readers.kept import kept_streets
from planning.travel.stored import network_of
from tests.street_drawings import CRS_M, write_osm

PLACES = {1: (0, 0), 2: (100, 0), 3: (200, 50), 4: (300, 0)}
STREETS = [([1, 2, 3], {"highway": "residential", "name": "人民路"}), ([3, 4], {"highway": "bus_stop", "maxspeed": "5 parsecs"})]
FILES = {"layers/s.osm": "1", "layers/people.tif": "2", "county.toml": "3"}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that reads through the cache and tells how often the file itself was read."""
    path, calls, real = write_osm(tmp_path, PLACES, STREETS), [], kept.read_streets
    monkeypatch.setattr(kept, "read_streets", lambda *args, **more: calls.append(1) or real(*args, **more))
    cache = Cache(tmp_path / ".cache")

    def reading(digests=None, crs=CRS_M, **spec):
        found = kept_streets(path, Streets(file="layers/s.osm", **spec), crs, digests or FILES, cache=cache)
        return found, len(calls)

    return reading


def test_streets_and_findings_come_back_as_they_were_read(read, tmp_path):
    (cold, found), _ = read()
    (warm, again), calls = read()
    assert calls == 1
    assert found == again
    assert {fault.code for fault in found} >= {"streets.unknown_class"}
    pd.testing.assert_frame_equal(cold.streets, warm.streets)
    for name in ("x", "y", "tail", "head", "length", "rise", "street"):
        np.testing.assert_array_equal(getattr(cold, name), getattr(warm, name))
    assert cold.modes == warm.modes
    for mode in cold.modes:
        np.testing.assert_array_equal(cold.allowed[mode], warm.allowed[mode])
        np.testing.assert_array_equal(cold.speed[mode], warm.speed[mode])
    assert cold.crs == warm.crs == CRS_M


@pytest.mark.parametrize(
    "change",
    [
        {"digests": FILES | {"layers/s.osm": "other"}},
        {"digests": FILES | {"layers/s.prj": "beside it"}},
        {"walkable": "all"},
        {"speeds_kmh": {"residential": 20.0}},
        {"crs": None},
    ],
)
def test_what_the_reading_depends_on_is_read_again(read, change):
    assert read()[1] == 1
    assert read(**change)[1] == 2
    assert read()[1] == 2


def test_other_files_do_not_matter(read):
    assert read()[1] == 1
    assert read(FILES | {"layers/people.tif": "other", "layers/s_old.osm": "4", "s.osm": "5"})[1] == 1


def test_a_changed_elevation_is_read_again(read, monkeypatch):
    real = kept.read_streets
    monkeypatch.setattr(kept, "read_streets", lambda path, spec, crs, **more: real(path, spec.model_copy(update={"elevation": None}), crs, **more))
    spec = {"elevation": {"file": "layers/height.tif"}}
    assert read(FILES | {"layers/height.tif": "1"}, **spec)[1] == 1
    assert read(FILES | {"layers/height.tif": "1"}, **spec)[1] == 1
    assert read(FILES | {"layers/height.tif": "2"}, **spec)[1] == 2


def test_a_network_of_a_file_is_the_same_from_the_cache(tmp_path):
    path = write_osm(tmp_path, PLACES, STREETS)
    spec, cache = Streets(file="streets.osm"), Cache(tmp_path / ".cache")
    cold, warm = (network_of(path, spec, "walk", cache, crs=CRS_M) for _ in range(2))
    plain = network_of(path, spec, "walk", Cache(), crs=CRS_M)
    for network in (cold, warm):
        for name in ("x", "y", "tail", "head", "length", "allowed", "street"):
            np.testing.assert_array_equal(getattr(network, name), getattr(plain, name))
    names = {name.split("-")[0] for name in cache.names("")}
    assert names == {"streets", "network"}
    before = len(cache.names("network-"))
    network_of(path, spec, "walk", cache, travel=Travel(threads=3), crs=CRS_M)
    assert len(cache.names("network-")) == before
    network_of(path, spec, "walk", cache, travel=Travel(walk_speed_mps=1.3), crs=CRS_M)
    assert len(cache.names("network-")) == before + 1
