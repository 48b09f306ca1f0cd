"""Ten small street plans whose trips can be worked out in the head; tested, and drawn for docs/travel.md."""

from __future__ import annotations

from dataclasses import dataclass, field

ROAD = {"highway": "residential"}
ONE_WAY = {**ROAD, "oneway": "yes"}
BRIDGE = {**ROAD, "bridge": "yes"}


@dataclass(frozen=True)
class Trip:
    """One way of asking: what counts, and the cost of each trip with its sum as one would say it; a pair that is absent cannot be travelled."""

    label: str
    mode: str
    costs: dict[tuple[str, int], str]
    unit: str = "m"
    spec: dict[str, object] = field(default_factory=dict)
    travel: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A street plan in metres: points, streets as rows of points with tags, cells and sites; water and a hill are only drawn."""

    name: str
    title: str
    english: str
    places: dict[int, tuple[float, float]]
    streets: list[tuple[list[int], dict[str, str]]]
    cells: dict[int, tuple[float, float]]
    sites: dict[str, tuple[float, float]]
    trips: tuple[Trip, ...]
    water: tuple[tuple[float, float, float, float], ...] = ()


BANKS = {1: (0, 60), 2: (300, 60), 3: (300, -60), 4: (0, -60)}
RIVER = ((-90, -35, 390, 35),)

CASES = (
    Case(
        "bridge", "一河一桥", "River, one bridge", BANKS,
        [([1, 2], ROAD), ([2, 3], BRIDGE), ([3, 4], ROAD)],
        {0: (20, 70)}, {"a": (20, -70)},
        (Trip("步行", "walk", {("a", 0): "10 + 280 + 120 + 280 + 10"}),),
        RIVER,
    ),
    Case(
        "spiral", "单行螺旋路", "One-way spiral",
        {1: (0, 0), 2: (200, 0), 3: (200, 140), 4: (0, 140), 5: (0, 40), 6: (140, 40), 7: (140, 80), 8: (60, 80)},
        [([1, 2, 3, 4, 5, 6, 7, 8, 1], ONE_WAY)],
        {0: (100, -10)}, {"a": (100, 90)},
        (
            Trip("行车", "drive", {("a", 0): "10 + 100 + 140 + 200 + 100 + 140 + 40 + 40 + 10"}),
            Trip("步行", "walk", {("a", 0): "10 + 100 + 100 + 40 + 10"}),
        ),
    ),
    Case(
        "dead_end", "断头路", "Dead ends",
        {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (250, 0), 6: (250, 100)},
        [([1, 2, 3, 4, 1], ROAD), ([2, 5], ROAD), ([3, 6], ONE_WAY)],
        {0: (240, 10), 1: (210, 90)}, {"a": (50, -10)},
        (Trip("行车", "drive", {("a", 0): "10 + 140 + 50 + 10", ("a", 1): "90 + 110 + 50 + 10"}),),
    ),
    Case(
        "island", "孤岛", "Island",
        {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 11: (260, 20), 12: (260, 100)},
        [([1, 2, 3, 4, 1], ROAD), ([11, 12], ROAD)],
        {0: (50, 110), 1: (270, 90)}, {"a": (50, -10), "b": (270, 30)},
        (
            Trip("默认", "drive", {("a", 0): "10 + 50 + 100 + 50 + 10"}, travel={"snap_m": 100.0}),
            Trip("全部路网", "drive", {("a", 0): "10 + 50 + 100 + 50 + 10", ("b", 1): "10 + 60 + 10"}, travel={"snap_m": 100.0, "components": "all"}),
        ),
        ((130, -30, 225, 130), (225, 115, 310, 130), (225, -30, 310, 5), (290, 5, 310, 115)),
    ),
    Case(
        "beyond_snap", "离路超过 500 米", "Beyond 500 m",
        {1: (0, 0), 2: (600, 0)},
        [([1, 2], ROAD)],
        {0: (150, 499), 1: (350, 501)}, {"a": (500, -20)},
        (Trip("行车", "drive", {("a", 0): "499 + 350 + 20"}),),
    ),
    Case(
        "one_edge", "一段路上两处设施", "Two on one edge",
        {1: (50, 0), 2: (400, 0)},
        [([1, 2], ROAD)],
        {0: (160, 40), 1: (340, 30)}, {"a": (100, -40), "b": (280, -50)},
        (
            Trip("行车", "drive", {("a", 0): "40 + 60 + 40", ("b", 0): "40 + 120 + 50", ("a", 1): "30 + 240 + 40", ("b", 1): "30 + 60 + 50"}),
            Trip("步行", "walk", {("a", 0): "100", ("b", 0): "150", ("a", 1): "250", ("b", 1): "100"}),
        ),
    ),
    Case(
        "loop", "环形路（单行）", "Loop",
        {1: (20, 0), 2: (200, 0), 3: (280, -60), 4: (360, 0), 5: (280, 60)},
        [([1, 2], ROAD), ([2, 3, 4, 5, 2], ONE_WAY)],
        {0: (234, -38), 1: (234, 38)}, {"a": (100, -10)},
        (
            Trip("行车", "drive", {("a", 0): "10 + 50 + 300 + 100 + 10", ("a", 1): "10 + 50 + 100 + 10"}),
            Trip("步行", "walk", {("a", 0): "10 + 50 + 100 + 10", ("a", 1): "10 + 50 + 100 + 10"}),
        ),
    ),
    Case(
        "overpass", "立交（不相通）", "Overpass",
        {1: (-100, 0), 2: (100, 0), 3: (0, -100), 4: (0, 100), 5: (100, 100)},
        [([3, 4], ROAD), ([1, 2], BRIDGE), ([2, 5, 4], ROAD)],
        {0: (-50, 10)}, {"a": (10, -50)},
        (Trip("行车", "drive", {("a", 0): "10 + 150 + 200 + 150 + 10"}),),
    ),
    Case(
        "stairs", "台阶", "Stairs",
        {1: (0, 0), 2: (60, 0), 3: (0, 100), 4: (60, 100), 5: (-80, 0), 6: (140, 0)},
        [([5, 1], ROAD), ([1, 2], {"highway": "steps"}), ([2, 6], ROAD), ([1, 3, 4, 2], ROAD)],
        {0: (-50, 10)}, {"a": (110, 10)},
        (
            Trip("步行", "walk", {("a", 0): "10 + 50 + 60 + 50 + 10"}),
            Trip("行车", "drive", {("a", 0): "10 + 50 + 260 + 50 + 10"}),
            Trip("步行", "walk", {("a", 0): "10 + 50 + 120 + 50 + 10"}, unit="s"),
        ),
    ),
    Case(
        "ferry", "渡船", "Ferry", {**BANKS, 5: (60, 60), 6: (60, -60)},
        [([1, 5, 2], ROAD), ([2, 3], BRIDGE), ([3, 6, 4], ROAD), ([5, 6], {"route": "ferry"})],
        {0: (20, 70)}, {"a": (20, -70)},
        (
            Trip("默认", "walk", {("a", 0): "10 + 280 + 120 + 280 + 10"}),
            Trip("乘渡船", "walk", {("a", 0): "10 + 40 + 120 + 40 + 10"}, spec={"ferries": "walk"}),
        ),
        RIVER,
    ),
)  # fmt: skip


def meant(sum_in_words: str) -> float:
    """Return what a sum such as ``10 + 280 + 10`` comes to."""
    return sum(float(part) for part in sum_in_words.split("+"))
