"""Travel columns kept site by site: what is searched, what is found again, and that neither disk nor memory changes a cost."""

from __future__ import annotations

import shutil
import threading
from importlib import import_module

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.cache import Cache, Writing
from layers.county import Travel
from layers.errors import Cancelled
from layers.population import PopulationGrid
from planning.access import two_step_floating_catchment
from planning.coverage import cover
from planning.siting.problem import SitingProblem
from planning.siting.reduce import reduce_cover
from planning.travel import attach, build_network, search, snap, stored
from planning.workbench import columns as module
from planning.workbench import open_county
from planning.workbench.columns import BATCH, Measure, TravelColumns
from tests.street_drawings import CRS_M, EAST, NORTH, read, write_osm

SIDE = 12
FAR = Measure("walk", "m", np.inf)
NEAR = Measure("walk", "m", 500.0)


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    """Return a lattice of 11 x 11 blocks of 100 m."""
    places = {row * SIDE + column: (column * 100, row * 100) for row in range(SIDE) for column in range(SIDE)}
    rows = [([row * SIDE + column for column in range(SIDE)], {"highway": "residential"}) for row in range(SIDE)]
    columns = [([row * SIDE + column for row in range(SIDE)], {"highway": "residential"}) for column in range(SIDE)]
    return read(write_osm(tmp_path_factory.mktemp("lattice"), places, rows + columns))[0]


def scattered(count: int, seed: int, prefix: str = "") -> gpd.GeoSeries:
    # To 1 mm, which is how exactly a place is told from another.
    places = np.round(np.array([EAST, NORTH]) + np.random.default_rng(seed).uniform(0, 1100, (count, 2)), 3)
    return gpd.GeoSeries(gpd.points_from_xy(*places.T), index=[f"{prefix}{number:03d}" for number in range(count)], crs=CRS_M)


@pytest.fixture(scope="module")
def population():
    points = scattered(600, 1)
    points.iloc[7] = shapely.Point(EAST - 9000, NORTH)  # beyond every street
    cells = gpd.GeoDataFrame({"size": 100.0, "township": "01", "estimated": False}, geometry=points.to_numpy(), index=range(10, 610), crs=CRS_M)
    people = pd.DataFrame({"60_plus": np.arange(600.0)}, index=cells.index)
    nobody = pd.Series({"60_plus": 0.0})
    return PopulationGrid(cells, people, nobody, nobody, {"elders": ("60_plus",)})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / ".cache"


@pytest.fixture
def searched(monkeypatch):
    """Return the number of sites of every search."""
    counts, real = [], module.search_blocks

    def counting(attached, sites, limit, **more):
        counts.append(len(sites.index))
        return real(attached, sites, limit, **more)

    monkeypatch.setattr(module, "search_blocks", counting)
    return counts


def columns(streets, population, folder=None, **travel):
    return TravelColumns(streets, population, Travel(**travel), Cache(folder))


def oracle(streets, population, sites, measure):
    """Return costs from one search of all sites, nothing kept."""
    network = build_network(streets, measure.mode, Travel())
    attached = attach(network, snap(network, population.cells.geometry), measure.unit)
    return search(attached, snap(network, sites), measure.limit)


def assert_same(found, expected):
    assert list(found.sites) == list(expected.sites)
    for name in ("start", "cell", "cost", "reachable"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert (found.unit, found.mode, found.limit, found.unsnapped) == (expected.unit, expected.mode, expected.limit, expected.unsnapped)
    assert found.cells.equals(expected.cells)


def mapped(array: np.ndarray) -> bool:
    while array is not None and not isinstance(array, np.memmap):
        array = array.base if isinstance(array.base, np.ndarray) else None
    return array is not None


@pytest.mark.parametrize("measure", [NEAR, FAR])
@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, 150])
def test_columns_on_disk_and_in_memory_are_those_of_one_search(streets, population, folder, measure, count):
    sites = scattered(count, 2)
    expected = oracle(streets, population, sites, measure)
    assert len(expected.cost) > 0
    for where in (None, folder, folder):
        assert_same(columns(streets, population, where).costs(sites, measure), expected)


def test_opening_a_site_searches_one_column_closing_none(streets, population, folder, searched):
    kept = columns(streets, population, folder)
    many, one = scattered(40, 2), scattered(1, 3, "new")
    kept.costs(many, NEAR)
    more = pd.concat([many, one])
    assert_same(kept.costs(more, NEAR), oracle(streets, population, more, NEAR))
    less = more.drop(["003", "017"])
    assert_same(kept.costs(less, NEAR), oracle(streets, population, less, NEAR))
    assert searched == [40, 1]


def test_a_new_start_searches_only_what_was_a_click(streets, population, folder, searched):
    sites = pd.concat([scattered(1, 3, "new"), scattered(40, 2)])
    first = columns(streets, population, folder)
    first.costs(sites.iloc[1:], NEAR)
    first.costs(sites, NEAR)
    found = columns(streets, population, folder).costs(sites, NEAR)
    assert searched == [40, 1, 1]
    assert_same(found, oracle(streets, population, sites, NEAR))


def test_another_rule_street_or_place_is_another_column(streets, population, folder, searched):
    sites = scattered(20, 2)
    columns(streets, population, folder).costs(sites, NEAR)
    columns(streets, population, folder, threads=2, memory_mb=7).costs(sites, NEAR)
    assert searched == [20], "neither threads nor memory change a cost"
    columns(streets, population, folder, walk_speed_mps=1.2).costs(sites, NEAR)
    columns(streets, population, folder).costs(sites, FAR)
    columns(streets, population, folder).costs(sites, Measure("walk", "s", 500.0))
    moved = sites.copy()
    moved.iloc[0] = shapely.Point(EAST + 5, NORTH + 5)
    columns(streets, population, folder).costs(moved, NEAR)
    assert searched == [20, 20, 20, 20, 1]


def test_what_is_stored_in_one_batch_is_mapped_and_not_copied(streets, population, folder):
    sites = scattered(40, 2)
    for kept in (columns(streets, population, folder), columns(streets, population, folder)):
        found = kept.costs(sites, NEAR)
        assert mapped(found.cost)
        assert mapped(found.cell)
        assert not found.cost.flags.writeable
        assert np.shares_memory(found.cost, kept.costs(sites.iloc[3:20], NEAR).cost)


def test_joined_columns_beyond_the_memory_limit_stand_on_disk(streets, population, folder, searched):
    parts = [scattered(100, seed, str(seed)) for seed in (2, 3)]
    sites = pd.concat(parts).iloc[::-1]
    kept = columns(streets, population, folder, memory_mb=1)  # 200 sites x 599 cells x 12 bytes are 1.4 MB
    for part in parts:
        kept.costs(part, FAR)
    kept.costs(sites.iloc[1:], FAR)
    found = kept.costs(sites, FAR)
    assert mapped(found.cost)
    assert_same(found, oracle(streets, population, sites, FAR))
    assert np.shares_memory(kept.costs(sites, FAR).cost, found.cost)
    assert_same(columns(streets, population, folder, memory_mb=1).costs(sites, FAR), found)
    assert [path.name for path in folder.iterdir() if "joined" in path.name] == [], "the file goes, the mapping stays"
    assert not mapped(columns(streets, population, folder).costs(sites, FAR).cost)
    assert searched == [100, 100]


def test_clicks_beyond_the_memory_limit_leave_oldest_first(streets, population, folder, searched):
    kept, sites = columns(streets, population, folder, memory_mb=1), scattered(150, 2)
    for begin in range(0, 150, 15):
        kept.costs(sites.iloc[begin : begin + 15], FAR)
    kept.costs(sites.iloc[-15:], FAR)
    assert searched == [15] * 10
    kept.costs(sites.iloc[:15], FAR)
    # 150 columns of 599 cells of 12 bytes are 78,200 bytes too many: the 11 oldest had left.
    assert searched == [*[15] * 10, 11]


def test_places_off_the_streets_missing_or_twice_keep_their_rows(streets, population, folder):
    sites = scattered(30, 2)
    sites.iloc[4] = shapely.Point(EAST - 5000, NORTH)
    sites.iloc[5] = shapely.Point()
    sites.iloc[6] = None
    sites.iloc[8] = sites.iloc[20]
    expected = oracle(streets, population, sites, NEAR)
    assert expected.unsnapped == ("004", "005", "006")
    for where in (None, folder, folder):
        assert_same(columns(streets, population, where).costs(sites, NEAR), expected)


def test_a_hierarchy_is_built_once_and_changes_nothing(streets, population, folder, monkeypatch):
    expected = {seed: oracle(streets, population, scattered(40, seed), FAR) for seed in (2, 3)}
    monkeypatch.setattr(import_module("planning.travel.search"), "pays", lambda attached, settled, sites: True)
    built, real = [], stored.build_hierarchy
    monkeypatch.setattr(stored, "build_hierarchy", lambda arcs: built.append(1) or real(arcs))
    for seed in (2, 3):
        kept = columns(streets, population, folder)
        assert_same(kept.costs(scattered(40, seed), FAR), expected[seed])
        assert kept.hierarchy("walk", "m") is kept.hierarchy("walk", "m")
    assert len(built) == 1
    columns(streets, population, folder).costs(scattered(40, 2), Measure("walk", "s", 500.0))
    assert len(built) == 2


def test_no_site_at_all(streets, population, folder):
    found = columns(streets, population, folder).costs(scattered(0, 2), NEAR)
    assert (len(found.sites), len(found.cost)) == (0, 0)


def test_deleting_the_folder_between_calls_changes_nothing(streets, population, folder, searched):
    kept, sites = columns(streets, population, folder), scattered(40, 2)
    first = kept.costs(sites, NEAR)
    shutil.rmtree(folder)
    assert_same(kept.costs(sites, NEAR), first)
    assert searched == [40]
    more = pd.concat([sites, scattered(20, 3, "new")])
    assert_same(kept.costs(more, NEAR), oracle(streets, population, more, NEAR))
    shutil.rmtree(folder)
    assert_same(columns(streets, population, folder).costs(sites, NEAR), first)


@pytest.mark.parametrize("file", ["cell.bin", "cost.bin", "data.bin", "meta.json"])
@pytest.mark.parametrize("how", ["short", "other", "gone"])
def test_a_damaged_batch_is_searched_again(streets, population, folder, searched, file, how):
    sites = scattered(40, 2)
    columns(streets, population, folder).costs(sites, NEAR)
    (batch,) = folder.glob("columns-*")
    content = (batch / file).read_bytes()
    (batch / file).unlink()
    if how != "gone":
        (batch / file).write_bytes(content[:-8] if how == "short" else bytes([content[0] ^ 1]) + content[1:])
    assert_same(columns(streets, population, folder).costs(sites, NEAR), oracle(streets, population, sites, NEAR))
    columns(streets, population, folder).costs(sites, NEAR)
    assert searched == [40, 40]


def test_a_folder_that_cannot_be_written(streets, population, folder):
    folder.write_text("a file stands here")
    kept, sites = columns(streets, population, folder), scattered(40, 2)
    assert_same(kept.costs(sites, NEAR), oracle(streets, population, sites, NEAR))
    assert [note.code for note in kept.cache.notes] == ["cache.not_kept"]


def test_a_disk_that_is_full_in_the_middle(streets, population, folder, monkeypatch):
    real, calls = Writing.append, []

    def full(self, file, array):
        calls.append(file)
        if file == "cost.bin":
            raise OSError(28, "No space left on device")
        real(self, file, array)

    monkeypatch.setattr(Writing, "append", full)
    sites = scattered(40, 2)
    assert_same(columns(streets, population, folder).costs(sites, NEAR), oracle(streets, population, sites, NEAR))
    assert "cost.bin" in calls
    assert not [path for path in folder.iterdir() if path.name.startswith((".", "columns"))]


def test_a_cancelled_search_leaves_nothing_behind(streets, population, folder):
    kept = columns(streets, population, folder)

    def stop(stage, done, total, **more):
        if stage == "stage.search" and done:
            raise Cancelled

    with pytest.raises(Cancelled):
        kept.costs(scattered(300, 2), NEAR, progress=stop)
    assert not [path for path in folder.iterdir() if path.name.startswith((".", "columns"))]


def test_two_threads_that_ask_for_the_same(streets, population, folder):
    kept, sites, found = columns(streets, population, folder), scattered(40, 2), []
    threads = [threading.Thread(target=lambda: found.append(kept.costs(sites, NEAR))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = oracle(streets, population, sites, NEAR)
    assert len(found) == 4
    for one in found:
        assert_same(one, expected)
    assert len(Cache(folder).names("columns-")) == 1


def test_whoever_uses_costs_takes_them_mapped(streets, population, folder):
    sites = scattered(40, 2)
    on_disk, in_memory = (columns(streets, population, where).costs(sites, NEAR) for where in (folder, None))
    people, capacity = population.demand("elders"), pd.Series(30.0, index=sites.index)
    pd.testing.assert_frame_equal(cover(on_disk, people, 400.0).cells, cover(in_memory, people, 400.0).cells)
    access = [two_step_floating_catchment(costs, people, capacity, 400.0).cells for costs in (on_disk, in_memory)]
    pd.testing.assert_frame_equal(*access)
    status = dict.fromkeys(sites.index[:30], "candidate") | dict.fromkeys(sites.index[30:], "kept")
    reduced = [reduce_cover(SitingProblem(people.to_numpy(), costs, status), 400.0) for costs in (on_disk, in_memory)]
    for name in ("weight", "beyond", "start", "site", "cost"):
        np.testing.assert_array_equal(getattr(reduced[0], name), getattr(reduced[1], name))


def test_a_county_opened_cold_warm_or_without_cache_is_the_same(demo_county, tmp_path):
    folder = tmp_path / "county"
    shutil.copytree(demo_county, folder, ignore=shutil.ignore_patterns(".cache"))
    benches = [open_county(folder), open_county(folder)]
    text = (folder / "county.toml").read_text("utf-8")
    (folder / "county.toml").write_text(text.replace("[travel]\n", "[travel]\ncache_mb = 0\n"), "utf-8")
    benches.append(open_county(folder))
    kinds = benches[0].present_types()[:4]
    first, *others = ([bench.measure(types=kinds)[kind] for kind in kinds] for bench in benches)
    assert {name.split("-")[0] for name in benches[0].columns.cache.names("")} >= {"streets", "network", "cells"}
    assert benches[2].columns.cache.folder is None
    for bench, found in zip(benches[1:], others, strict=True):
        assert bench.faults == benches[0].faults
        for one, other in zip(first, found, strict=True):
            pd.testing.assert_frame_equal(one.townships, other.townships)
            pd.testing.assert_frame_equal(one.facilities, other.facilities)
            assert (one.coverage is None) == (other.coverage is None)
            if one.coverage is not None:
                pd.testing.assert_frame_equal(one.coverage.cells, other.coverage.cells)
