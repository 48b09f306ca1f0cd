"""What a county may say of its streets: classes, surfaces, stairs, ferries, building sites, closed values."""

import numpy as np
import osmium
import pytest
from pydantic import ValidationError

from layers.county import Streets
from layers.errors import PlanningError
from layers.readers.schema import parse_county_toml
from layers.readers.streets import read_streets
from layers.readers.streets.speeds import parse_duration, surfaces
from tests.oracle.streets import CAPS, driven, driving_mps, in_force, walked, walking_mps, ways_of_pbf
from tests.street_drawings import costs, read, write_osm

ROW = {number: (100 * number, 0) for number in range(9)}


def drawn(folder, *tags, **spec):
    """Read a row of streets of 100 m each with the tags given; return who may use them, km/h, walked m/s and faults."""
    streets, faults = read(write_osm(folder, ROW, [([number, number + 1], item) for number, item in enumerate(tags)]), **spec)
    row = {source: place for place, source in enumerate(streets.streets["source"])}
    places = [row.get(str(1000 + number)) for number in range(len(tags))]
    use = {mode: [0 if place is None else int(streets.allowed[mode][streets.street == place][0]) for place in places] for mode in streets.modes}
    kmh = [None if place is None else streets.speed["drive"][streets.street == place][0] * 3.6 for place in places]
    mps = [None if place is None else streets.walking_speed(1.2)[streets.street == place][0] for place in places]
    return use, kmh, mps, faults


def codes(faults):
    return [fault.code for fault in faults]


def test_single_classes_are_opened_closed_and_given_a_speed(tmp_path):
    tags = [{"highway": name} for name in ("track", "motorway", "path", "residential", "gondola")]
    use, kmh, _, faults = drawn(tmp_path, *tags)
    assert use == {"walk": [3, 0, 3, 3, 0], "drive": [0, 1, 0, 3, 0]}
    assert codes(faults) == ["streets.unknown_class"]
    classes = {"track": {"drive": True, "kmh": 12}, "motorway": {"walk": True}, "path": {"walk": False}, "gondola": {"walk": True, "drive": True}}
    use, kmh, _, faults = drawn(tmp_path, *tags, classes={**classes, "residential": {"kmh": 25}})
    assert use == {"walk": [3, 3, 0, 3, 3], "drive": [3, 1, 0, 3, 3]}
    assert kmh[:2] + kmh[3:] == pytest.approx([12, 80, 25, 15])  # a class without a speed takes that of service
    assert faults == ()


def test_the_word_of_the_county_comes_before_tags_that_open(tmp_path):
    tags = [{"highway": "track", "motorcar": "yes"}, {"highway": "bridleway", "foot": "designated"}, {"highway": "steps"}]
    assert drawn(tmp_path, *tags)[0] == {"walk": [3, 3, 3], "drive": [3, 0, 0]}
    use = drawn(tmp_path, *tags, classes={"track": {"drive": False}, "bridleway": {"walk": False}}, stairs=False)[0]
    assert use == {"walk": [3, 0, 0], "drive": [0, 0, 0]}
    use = drawn(tmp_path, *tags, walkable="all", classes={"bridleway": {"walk": False}}, stairs=False)[0]
    assert use["walk"] == [3, 0, 0]


def test_rough_surfaces_lower_the_speed_and_the_legal_one_too(tmp_path):
    tags = [
        {"highway": "primary"},
        {"highway": "primary", "surface": "asphalt", "maxspeed": "90"},
        {"highway": "primary", "surface": "gravel"},
        {"highway": "primary", "surface": "gravel", "maxspeed": "90"},
        {"highway": "primary", "surface": "Earth; gravel", "tracktype": "grade1"},
        {"highway": "primary", "surface": "asphalt", "smoothness": "horrible"},
        {"highway": "living_street", "surface": "gravel"},
        {"highway": "primary", "smoothness": "impassable"},
    ]
    use, kmh, _, faults = drawn(tmp_path, *tags)
    assert kmh == pytest.approx([50, 90, 40, 40, 20, 10, 10, 50])
    assert use["drive"] == [3] * 7 + [0]
    assert use["walk"] == [3] * 8
    kmh = drawn(tmp_path, *tags, surfaces={"gravel": 150, "asphalt": 45, "earth": 33.5})[1]
    assert kmh[:7] == pytest.approx([50, 45, 50, 90, 33.5, 10, 10])
    assert faults == ()


def test_surfaces_are_those_of_the_page():
    assert surfaces() == {value: kmh for kmh, values in CAPS.items() for value in values.split()}


def test_stairs_take_their_time_or_are_closed(tmp_path):
    tags = [{"highway": "footway"}, {"highway": "steps"}]
    assert drawn(tmp_path, *tags)[2] == pytest.approx([1.2, 0.6])
    assert drawn(tmp_path, *tags, stairs_speed=0.25)[2] == pytest.approx([1.2, 0.3])
    use, _, mps, _ = drawn(tmp_path, *tags, stairs=False)
    assert (use["walk"], mps) == ([3, 0], [1.2, None])


def test_ferries_carry_nobody_unless_the_county_says_so(tmp_path):
    boats = [{"route": "ferry"}, {"route": "ferry", "motor_vehicle": "no"}, {"route": "ferry", "foot": "no"}, {"route": "ferry", "access": "private"}]
    tags = [{"highway": "residential"}, *boats]
    use, _, _, faults = drawn(tmp_path, *tags)
    assert use == {"walk": [3, 0, 0, 0, 0], "drive": [3, 0, 0, 0, 0]}
    assert [(fault.code, fault.values["count"]) for fault in faults] == [("streets.ferries", 4)]
    use, _, mps, faults = drawn(tmp_path, *tags, ferries="walk")
    assert use == {"walk": [3, 3, 3, 0, 0], "drive": [3, 0, 0, 0, 0]}
    assert mps[1] == pytest.approx(10 / 3.6)
    assert [(fault.code, fault.values["count"]) for fault in faults] == [("streets.ferries_used", 4)]
    use, kmh, _, _ = drawn(tmp_path, *tags, ferries="all", classes={"ferry": {"kmh": 18}})
    assert use == {"walk": [3, 3, 3, 0, 0], "drive": [3, 3, 0, 3, 0]}
    assert kmh[1] == pytest.approx(18)
    assert drawn(tmp_path, *tags, classes={"ferry": {"drive": True}})[0]["drive"] == [3, 3, 0, 3, 0]


def test_a_ferry_takes_as_long_as_it_says(tmp_path):
    places = {1: (0, 0), 2: (100, 0), 3: (400, 0), 4: (900, 0), 5: (1000, 0)}
    streets = [([1, 2], {"highway": "service"}), ([2, 3, 4], {"route": "ferry", "duration": "00:05"}), ([4, 5], {"highway": "service"})]
    read_in = read(write_osm(tmp_path, places, streets), ferries="all")[0]
    assert read_in.speed["walk"][1:3] == pytest.approx([800 / 300] * 2, rel=1e-4)
    cell, site = {0: (0, 0)}, {"a": (1000, 0)}
    assert costs(read_in, cell, site, mode="walk", unit="s", walk_speed_mps=0.5)["a", 0] == pytest.approx(200 + 300 + 200, abs=0.1)
    assert costs(read_in, cell, site, mode="drive", unit="s")["a", 0] == pytest.approx(24 + 300 + 24, abs=0.1)


def test_a_ferry_that_says_nothing_of_use_is_named(tmp_path):
    boats = [{"route": "ferry", "duration": text} for text in ("soon", "0:00", "0:00:01")]
    _, kmh, _, faults = drawn(tmp_path, {"highway": "residential"}, *boats, ferries="all")
    assert kmh[1:] == pytest.approx([10, 10, 150])
    assert [(fault.code, fault.value) for fault in faults][1:] == [("streets.odd_duration", "soon, 0:00")]
    for lang in ("zh", "en"):
        assert all("streets.osm" in fault.say(lang) for fault in faults)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1:30", 5400), ("01:30", 5400), ("0:02:30", 150), ("20", 1200), ("120", 7200), ("PT20M", 1200), ("PT2H25M6S", 8706), ("pt40s", 40)],
)
def test_durations_are_parsed(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0:00", "PT", "P1D", "1:60", "-5", "1.5", "20 min", "soon"])
def test_words_and_nonsense_are_no_duration(text):
    assert np.isnan(parse_duration(text))


def test_building_sites_wait_for_the_county(tmp_path):
    sites = [{"highway": "construction", "construction": text} for text in ("primary", "footway", "yes", "ferry")]
    use, _, _, faults = drawn(tmp_path, {"highway": "service"}, *sites)
    assert use == {"walk": [3, 0, 0, 0, 0], "drive": [3, 0, 0, 0, 0]}
    assert [(fault.code, fault.values["count"]) for fault in faults] == [("streets.construction", 4)]
    use, kmh, _, faults = drawn(tmp_path, {"highway": "service"}, *sites, construction=True, ferries="all")
    assert use == {"walk": [3, 3, 3, 0, 0], "drive": [3, 3, 0, 0, 0]}
    assert kmh[1] == pytest.approx(50)
    assert codes(faults) == ["streets.construction_used"]


def test_a_county_says_which_values_close(tmp_path):
    tags = [{"highway": "service", "access": value} for value in ("private", "customers", "no")]
    assert drawn(tmp_path, *tags)[0]["walk"] == [0, 3, 0]
    assert drawn(tmp_path, *tags, closed=["no", "customers"])[0]["walk"] == [3, 0, 0]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"speeds_kmh": {"track": -5}},
        {"speeds_kmh": {"track": 500}},
        {"surfaces": {"mud": 0}},
        {"stairs_speed": 0},
        {"stairs_speed": 1.5},
        {"ferries": "boats"},
        {"classes": {"track": {"speed": 5}}},
        {"classes": {"track": {"kmh": 0}}},
        {"closed": [""]},
        {"elevation": {"file": "dem.tif", "max_slope": 0}},
        {"elevation": {"file": "dem.tif", "smooth_m": -1}},
        {"elevation": {}},
    ],
)
def test_nonsense_is_refused(nonsense):
    with pytest.raises(ValidationError):
        Streets(file="streets.osm", **nonsense)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("speeds_kmh = {track = 10}\n[streets.classes.track]\nkmh = 12", "streets.classes.track"),
        ("speeds_kmh = {track = 10}\n[streets.classes.track]\ndrive = false", "streets.classes.track"),
        ("stairs = false\n[streets.classes.steps]\nwalk = true", "streets.classes.steps"),
    ],
)
def test_contradictions_are_named(tmp_path, said, field):
    text = f'name = "示例县"\n[[population]]\nfile = "people.tif"\ngroup = "total"\n[streets]\nfile = "streets.osm"\n{said}\n'
    with pytest.raises(PlanningError) as caught:
        parse_county_toml(text.encode(), tmp_path)
    assert caught.value.code == "county_toml.streets_twice"
    for lang in ("zh", "en"):
        assert field in caught.value.say(lang)


@pytest.mark.shared
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"ferries": "walk", "construction": True, "stairs": False, "surfaces": {"gravel": 12.5, "asphalt": 60}},
        {"walkable": "all", "classes": {"path": {"walk": False}, "track": {"drive": True, "kmh": 17}}},
    ],
)
def test_every_street_of_reykjavik_follows_the_page(shared, spec):
    file = shared / "reykjavik" / "streets.osm.pbf"
    streets, _ = read_streets(file, Streets(file=file.name, **spec), None)
    segment = dict(zip(streets.streets["source"].to_numpy()[streets.street[::-1]], range(len(streets.street) - 1, -1, -1), strict=True))
    walking = streets.walking_speed(0.9)
    wrong, kept = [], 0
    for way, (given, nodes) in zip(way_ids(file), ways_of_pbf(file), strict=True):
        tags = in_force(given, spec)
        walk, drive = walked(tags, spec), driven(tags, spec)
        if way not in segment:
            wrong += [way] if any(walk + drive) and len(set(nodes)) > 1 else []
            continue
        k, kept = segment[way], kept + 1
        expected = [walk[0] + 2 * walk[1], drive[0] + 2 * drive[1]]
        found = [streets.allowed["walk"][k], streets.allowed["drive"][k]]
        if tags["highway"] != "ferry":
            expected += [walking_mps(tags, spec, 0.9), driving_mps(tags, spec)]
            found += [walking[k], streets.speed["drive"][k]]
        wrong += [] if found == pytest.approx(expected) else [way]
    assert wrong == []
    assert kept > 30_000


def way_ids(file):
    ways = osmium.FileProcessor(str(file), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway", "route"))
    return [str(way.id) for way in ways if "highway" in way.tags or way.tags["route"] == "ferry"]
