"""Random street networks, built without a file: what chains, rings, loops, parallels, zero lengths, traps and islands can be made of."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from layers.streets import BACKWARD, FORWARD, StreetNetwork
from tests.street_drawings import CRS_M, EAST, NORTH

BOTH = FORWARD | BACKWARD
STEP = 64.0
TURNED = {0: 0, FORWARD: BACKWARD, BACKWARD: FORWARD, BOTH: BOTH}


class Sketch:
    """Streets while they are drawn."""

    def __init__(self, random):
        self.random, self.places, self.rows = random, [], []

    def node(self, x, y):
        self.places.append((EAST + x, NORTH + y))
        return len(self.places) - 1

    def anywhere(self, far=0.0):
        return self.node(*(self.random.uniform(0, 4 * STEP, 2) + far))

    def segment(self, a, b, bits, length=None):
        """Draw a segment from a to b, or from b to a, open in the same directions."""
        if self.random.random() < 0.5:
            a, b, bits = b, a, TURNED[bits]
        if length is None:
            (ax, ay), (bx, by) = self.places[a], self.places[b]
            length = float(np.hypot(ax - bx, ay - by))
        self.rows.append((a, b, bits, length))

    def chain(self, nodes):
        """Draw a way through nodes: open both ways, one way, or changing in the middle."""
        kind = self.random.choice(["both", "along", "against", "mixed"], p=[0.4, 0.2, 0.2, 0.2])
        for a, b in pairwise(nodes):
            bits = (
                int(self.random.choice([BOTH, BOTH, FORWARD, BACKWARD])) if kind == "mixed" else {"both": BOTH, "along": FORWARD}.get(kind, BACKWARD)
            )
            self.segment(a, b, bits)

    def some(self, count):
        return [self.anywhere() for _ in range(count)]

    def pick(self, nodes):
        return int(self.random.choice(nodes))


def street_graph(random, *, consistent=False, hilly=False):
    """Return a random StreetNetwork for both modes; ``consistent``: every length is that of the straight line; ``hilly``: streets climb."""
    sketch = Sketch(random)
    junctions = _junctions(sketch)
    for _ in range(random.integers(0, 5)):  # chains between junctions, back to the same one, and dead ends
        last = [] if random.random() < 0.2 else [sketch.pick(junctions)]
        sketch.chain([sketch.pick(junctions), *sketch.some(random.integers(1, 8)), *last])
    for _ in range(random.integers(0, 3)):  # points that are two nodes
        near = sketch.pick(junctions)
        twin = sketch.node(*(np.array(sketch.places[near]) - (EAST, NORTH)))
        sketch.segment(near, twin, int(random.choice([BOTH, BOTH, FORWARD, BACKWARD])))
        sketch.chain([twin, *sketch.some(random.integers(0, 3)), sketch.pick(junctions)])
    for _ in range(random.integers(0, 3)):
        loop = sketch.pick([*junctions, len(sketch.places) - 1])
        sketch.segment(loop, loop, BOTH, 0.0 if consistent else float(random.choice([0.0, 50.0])))
    for _ in range(random.integers(0, 3)):  # closed rings without a junction, of one, two or more nodes
        ring = [sketch.anywhere(far=random.choice([0.0, 3 * STEP])) for _ in range(random.integers(1, 6))]
        sketch.chain([*ring, ring[0]])
    for _ in range(random.integers(0, 2)):
        sketch.chain([sketch.anywhere(far=5 * STEP) for _ in range(random.integers(2, 5))])
    made = _network(sketch)
    return replace(made, rise=random.uniform(-0.3, 0.3, len(made.tail)) * made.length) if hilly else made


def town(random, side=9):
    """Return a lattice of streets at odd angles and several speeds, some one-way, some missing: many ways that cost nearly the same."""
    sketch = Sketch(random)
    nodes = [sketch.node(*(STEP * np.array([k % side, k // side]) + random.uniform(-25, 25, 2))) for k in range(side**2)]
    for k in nodes:
        for other in [k + 1] * (k % side < side - 1) + [k + side] * (k + side < len(nodes)):
            if random.random() < 0.9:
                sketch.segment(k, other, int(random.choice([BOTH, FORWARD, BACKWARD], p=[0.7, 0.15, 0.15])))
    return _network(sketch)


def _junctions(sketch):
    """Draw streets between junctions, on a lattice whose points are equally far from several streets, or anywhere."""
    random, side = sketch.random, 3
    if random.random() < 0.5:
        nodes = [sketch.node(STEP * (k % side), STEP * (k // side)) for k in range(side**2)]
        pairs = [(k, k + 1) for k in range(side**2) if k % side < side - 1] + [(k, k + side) for k in range(side * (side - 1))]
    else:
        nodes = [sketch.anywhere() for _ in range(random.integers(2, 10))]
        pairs = [tuple(int(node) for node in random.choice(nodes, 2, replace=False)) for _ in range(random.integers(1, 2 * len(nodes)))]
    for a, b in pairs:
        if random.random() < 0.85:
            sketch.segment(a, b, int(random.choice([0, BOTH, FORWARD, BACKWARD], p=[0.05, 0.65, 0.2, 0.1])))
    for _ in range(random.integers(0, 4)):  # parallels, drawn the same way, open other ways at another speed
        if sketch.rows:
            tail, head, _, length = sketch.rows[random.integers(len(sketch.rows))]
            sketch.rows.append((tail, head, int(random.choice([BOTH, FORWARD, BACKWARD])), length))
    return nodes


def _network(sketch):
    random, rows = sketch.random, sketch.rows or [(0, 1, BOTH, float(np.hypot(*np.subtract(*sketch.places[:2]))))]
    order = random.permutation(len(rows))
    tail, head, bits, length = (np.array(part)[order] for part in zip(*rows, strict=True))
    x, y = np.array(sketch.places).T
    count = len(rows)
    closed = random.random(count) < 0.03
    return StreetNetwork(
        x, y, tail.astype(np.int32), head.astype(np.int32), length=length, rise=np.zeros(count), street=np.zeros(count, np.int32),
        streets=pd.DataFrame({"highway": ["residential"], "name": [""], "source": ["1"]}),
        allowed={mode: np.where(closed, 0, bits).astype(np.uint8) for mode in ("walk", "drive")},
        speed={"walk": random.choice([1.0, 1.0, 0.5], count), "drive": random.choice([1.5, 5.0, 12.5], count)}, crs=CRS_M,
    )  # fmt: skip


def spots(random, streets, count, snap_m):
    """Return places: several on few segments, on the line and beside it, at nodes, twice the same, anywhere, and as far off as may be."""
    favoured = random.integers(0, len(streets.tail), 3)
    found = []
    for _ in range(count):
        kind = random.choice(["beside", "segment", "node", "again", "anywhere", "edge"], p=[0.35, 0.1, 0.2, 0.1, 0.2, 0.05])
        segment = int(random.choice(favoured)) if random.random() < 0.7 else int(random.integers(len(streets.tail)))
        tail, head = (np.array([streets.x[node], streets.y[node]]) for node in (streets.tail[segment], streets.head[segment]))
        node = tail if random.random() < 0.5 else head
        place = {
            "beside": tail + random.random() * (head - tail) + random.normal(0, 3, 2),
            "segment": tail + random.choice([0.25, 0.5, 0.75]) * (head - tail),
            "node": node,
            "again": found[random.integers(len(found))] if found else node,
            "anywhere": random.uniform(-1.5 * STEP, 6 * STEP, 2) + np.array([EAST, NORTH]),
            "edge": np.array([streets.x.max() + snap_m, streets.y[np.argmax(streets.x)]]),
        }[str(kind)]
        found.append(place)
    return np.array(found)
