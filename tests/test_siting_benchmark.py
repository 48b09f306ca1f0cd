"""The siting benchmark: files are read as their formats say, generated regions are what is claimed, and its lines hold what they should."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import siting, siting_peers
from benchmarks.siting_instances import Instance, generated, read


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def table_of(instance: Instance) -> np.ndarray:
    costs = instance.problem.costs
    table = np.full((len(costs.cells), len(costs.sites)), np.inf)
    table[costs.cell, np.repeat(np.arange(len(costs.sites)), np.diff(costs.start))] = costs.cost
    return table


def test_or_library_takes_the_last_cost_of_a_repeated_edge(tmp_path: Path):
    path = tmp_path / "tiny.txt"
    path.write_text(" 3 3 1\n 1 2 5\n 2 3 4\n 2 1 7\n")
    instance = read(path, None, None)
    assert (instance.model, instance.p) == ("pmedian", 1)
    assert table_of(instance).tolist() == [[0, 7, 11], [7, 0, 4], [11, 4, 0]]
    assert read(path, 2, None).p == 2


@pytest.mark.parametrize(("kind", "way"), [("EUC_2D", 4.0), ("CEIL_2D", 5.0)])
def test_tsplib_rounds_as_its_kind_says(tmp_path: Path, kind, way):
    path = tmp_path / "tiny.tsp"
    path.write_text(f"NAME : tiny\nTYPE : TSP\nDIMENSION : 2\nEDGE_WEIGHT_TYPE : {kind}\nNODE_COORD_SECTION\n1 0.0 0.0\n2 3.0 3.0\nEOF\n")
    assert table_of(read(path, 1, None)).tolist() == [[0, way], [way, 0]]  # the root of 18 is 4.24


def test_points_cover_what_is_within_reach(tmp_path: Path):
    path = tmp_path / "points.txt"
    path.write_text("0 0 2\n3 4 5\n6 8.1 7\n")
    instance = read(path, 1, 5.0)
    assert table_of(instance).tolist() == [[0, 5, np.inf], [5, 0, np.inf], [np.inf, np.inf, 0]]  # the second pair is 5.08 apart
    assert (instance.model, instance.problem.people.tolist()) == ("mclp", [2, 5, 7])
    with pytest.raises(SystemExit, match="--reach"):
        read(path, 1, None)


def test_spopt_tables_keep_their_people(tmp_path: Path):
    path = tmp_path / "trips.csv"
    path.write_text("distance,name,DestinationName,demand\n5.5,B,002,8\n1.0,B,001,3\n2.0,A,002,8\n9.0,A,001,3\n")
    instance = read(path, 1, None)
    assert (list(instance.problem.costs.sites), list(instance.problem.costs.cells)) == (["B", "A"], ["002", "001"])
    assert (instance.problem.people.tolist(), table_of(instance).tolist()) == ([8, 3], [[5.5, 2], [1, 9]])


def test_what_is_no_instance_is_refused(tmp_path: Path):
    path = tmp_path / "words.txt"
    path.write_text("1 2\n3 4\n")
    with pytest.raises(SystemExit, match="neither"):
        read(path, 1, 1.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_generated_region_is_what_is_claimed(seed):
    instance = generated(2000, 100, 5, 10.0, seed)
    people, table = instance.problem.people, table_of(instance)
    assert np.isfinite(table).sum() == instance.pairs
    assert instance.pairs >= 10 * 2000 > (table <= instance.reach - 1).sum()  # the least whole metre
    assert table[np.isfinite(table)].max() <= instance.reach
    assert (people == np.round(people)).all()
    assert people.min() >= 1
    assert 300 < people.max() < 500
    again = generated(2000, 100, 5, 10.0, seed)
    assert (again.problem.people == people).all()
    assert (again.problem.costs.cell == instance.problem.costs.cell).all()


def test_trips_of_a_generated_region_are_all_there_are(monkeypatch):
    seen = {}
    kept = siting_instances_places()
    monkeypatch.setattr(
        "benchmarks.siting_instances._places",
        lambda rng, centres, count, country, lattice: seen.setdefault(count, kept(rng, centres, count, country, lattice)),
    )
    instance = generated(1500, 80, 5, 8.0, 3)
    homes, places = seen[1500], seen[80] + 13.0
    assert len(np.unique(homes, axis=0)) == 1500
    assert len(np.unique(places, axis=0)) == 80
    assert (homes % 100 == 0).all()
    assert (places % 200 == 13).all()
    way = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    expected = np.where(way <= instance.reach, way, np.inf)
    assert np.allclose(table_of(instance), expected, rtol=1e-6)
    assert 0 <= homes.min() < homes.max() < 100_000


def siting_instances_places():
    from benchmarks.siting_instances import _places

    return _places


def test_a_line_holds_what_was_found(capsys):
    siting.main(["--cells", "600", "--sites", "40", "--p", "4", "--cover", "5", "--seed", "1", "2"])
    first, second = lines(capsys)
    keys = {"instance", "model", "p", "value", "bound", "gap", "status", "seconds", "peak_mb", "pairs", "covered"}
    assert keys <= set(first)
    assert (first["status"], first["gap"], first["p"]) == ("proven", 0.0, 4)
    assert 0 < first["covered"] == round(first["value"] / generated(600, 40, 4, 5.0, 1).problem.people.sum(), 6)
    assert first["instance"] != second["instance"]


@pytest.mark.parametrize("model", ["mclp", "lscp"])
def test_a_peer_agrees_and_is_timed(capsys, model):
    siting.main(["--cells", "300", "--sites", "30", "--p", "3", "--cover", "4", "--model", model, "--peer", "highs"])
    out = capsys.readouterr().out.splitlines()
    ours, theirs = (json.loads(line) for line in out[:2])
    assert ours["value"] == theirs["value"]
    assert theirs["proven"]
    assert out[2].startswith("ratio ")


def test_peers_that_prove_something_else_fail_the_run(monkeypatch):
    monkeypatch.setattr(siting_peers, "run", lambda *asked: siting_peers.Peer(1.0, True, 1.0))
    with pytest.raises(SystemExit, match="cannot both be proven"):
        siting.main(["--cells", "300", "--sites", "30", "--p", "3", "--cover", "4", "--peer", "highs"])


def test_the_textbook_p_median_agrees(tmp_path: Path, capsys):
    path = tmp_path / "points.tsp"
    places = np.random.default_rng(4).integers(0, 50, (25, 2))
    coordinates = "\n".join(f"{number + 1} {x} {y}" for number, (x, y) in enumerate(places.tolist()))
    path.write_text(f"EDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n{coordinates}\nEOF\n")
    siting.main([str(path), "--p", "3", "--peer", "highs"])
    ours, theirs = lines(capsys)
    assert ours["value"] == theirs["value"]


def test_p_center_of_a_file_and_of_a_share(tmp_path: Path, capsys):
    path = tmp_path / "tiny.txt"
    path.write_text("3 2 1\n1 2 5\n2 3 4\n")  # the middle is 5 and 4 from the ends
    siting.main([str(path), "--model", "pcenter"])
    siting.main([str(path), "--model", "pcenter", "--share", "0.6"])
    assert [(line["value"], line["status"]) for line in lines(capsys)] == [(5.0, "proven"), (4.0, "proven")]
    with pytest.raises(SystemExit):
        siting.main([str(path), "--model", "pcenter", "--peer", "highs"])


def test_what_a_model_needs_is_asked_for():
    with pytest.raises(SystemExit, match="--p"):
        siting.main(["--cells", "300", "--sites", "30"])


def test_stopped_at_once_still_answers(capsys):
    siting.main(["--cells", "3000", "--sites", "120", "--p", "12", "--cover", "10", "--stop", "0"])
    (line,) = lines(capsys)
    assert line["status"] == "cancelled"
    assert line["value"] is None or line["value"] <= line["bound"]


def test_stopped_within_a_second_with_a_plan_and_a_valid_gap(capsys):
    asked = ["--cells", "8000", "--sites", "1500", "--p", "60", "--cover", "40"]
    siting.main([*asked, "--limit", "2"])
    siting.main([*asked, "--stop", "1"])
    longer, stopped = lines(capsys)
    assert stopped["seconds"] < 2
    assert stopped["status"] == "cancelled"
    assert 0 < stopped["value"] <= longer["bound"]
    assert longer["value"] <= stopped["bound"]  # a bound holds whenever the search is stopped
    assert 0 < stopped["gap"] == pytest.approx((stopped["bound"] - stopped["value"]) / stopped["value"])


def test_places_are_shared_out_over_the_sites_asked_for(capsys):
    siting.main(["--cells", "120", "--sites", "12", "--p", "4", "--cover", "4", "--seed", "1", "--model", "capcover", "--slack", "0.5"])
    siting.main(["--cells", "120", "--sites", "12", "--p", "4", "--cover", "12", "--seed", "1", "--model", "capmedian"])
    cover, median = lines(capsys)
    instance = generated(120, 12, 4, 4, 1)
    people = float(instance.problem.people.sum())
    assert cover["value"] <= 4 * np.ceil(0.5 * people / 4)
    assert (cover["status"], median["status"]) == ("proven", "proven")
    assert median["value"] >= (instance.problem.people * table_of(generated(120, 12, 4, 12, 1)).min(axis=1)).sum()
