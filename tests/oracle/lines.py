"""Streets of a GeoParquet layer with columns u and v by pyarrow and shapely, one line at a time: docs/travel.md, section 1."""

from __future__ import annotations

import json
from collections import Counter
from itertools import count

import pyarrow.parquet as pq
import shapely
from pyproj import CRS

ONE_WAY = {"yes", "true", "1", "-1", "reverse", "reversible"}


def ways_of_parquet(path):
    """Return tags and [(node, x, y)] of each line in the order of the file, and the CRS; nodes are numbered as they first appear."""
    table = pq.read_table(path)
    about = json.loads(table.schema.metadata[b"geo"])
    columns = about["columns"][about["primary_column"]]
    shapes = table[about["primary_column"]].to_pylist()
    rows = table.drop_columns([about["primary_column"]]).to_pylist()
    lines = [list(line.coords) for line in shapely.from_wkb(shapes)]
    # Where a name lies: most of its lines have an end there.
    votes = Counter()
    for row, line in zip(rows, lines, strict=True):
        votes.update((row[name], end) for name in "uv" for end in {line[0], line[-1]})
    numbers, inside = {}, count(10**9)
    found, drawn = [], {}
    for row, line in zip(rows, lines, strict=True):
        along = votes[row["u"], line[0]] + votes[row["v"], line[-1]]
        against = votes[row["v"], line[0]] + votes[row["u"], line[-1]]
        names = ("v", "u") if against > along else ("u", "v")
        first, last = (numbers.setdefault(row[name], len(numbers)) for name in names)
        nodes = [first, *(next(inside) for _ in line[1:-1]), last]
        tags = {key: str(value) for key, value in row.items() if key in {"highway", "oneway", "maxspeed"} and value}
        twin = (tags["highway"], frozenset([first, last]), min(tuple(line), tuple(line[::-1])))
        if twin not in drawn:
            drawn[twin] = (tags, line)
            found.append((tags, [(node, *place[:2]) for node, place in zip(nodes, line, strict=True)]))
        elif line == drawn[twin][1][::-1] or {tags.get("oneway"), drawn[twin][0].get("oneway")} - ONE_WAY:
            drawn[twin][0]["oneway"] = "no"
    return found, CRS.from_json_dict(columns["crs"])
