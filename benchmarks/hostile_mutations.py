"""Ways to spoil a sound file, chosen and placed by a random generator so that the same seed spoils the same way."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable

import numpy as np

from benchmarks.hostile_seeds import unzipped, zipped

Chance = np.random.Generator
TEXTS = (".csv", ".geojson", ".osm", ".graphml", ".toml", ".prj", ".cpg", ".xml", ".rels")
NUMBERS = (
    b"NaN",
    b"nan",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b"-1e999",
    b"1e308",
    b"-1",
    b"0",
    b"",
    b"9" * 5000,
    b"1e-320",
    b"null",
    b"true",
    b"0x10",
    b"[]",
)
WORDS = (
    b"\x00",
    b"\xff\xfe",
    "\u202e".encode(),
    b"../../../etc/passwd",
    b"=1+1",
    b"<img src=x onerror=alert(1)>",
    b"'" * 3,
    b'"""',
    b"{}",
    b"\n" * 50,
)
XML = ".osm", ".graphml", ".xml", ".rels"
LENGTHS = (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0, 0x00FFFFFF, 0xFFFF)


def spoilt(content: bytes, suffix: str, others: dict[str, bytes], chance: Chance) -> tuple[str, bytes]:
    """Return the name of a way to spoil, and the spoilt bytes.

    Parameters
    ----------
    content : bytes
        The sound file.
    suffix : str
        Its last suffix.
    others : mapping of name to bytes
        Sound files of other kinds, to stand under this one's name.
    chance : Generator
        Decides everything.
    """
    if suffix == ".xlsx" and chance.random() < 0.7:
        return _in_workbook(content, chance)
    ways = {**_BYTES, **(_TEXT if suffix in TEXTS else {}), **_CRAFTED.get(suffix, {})}
    names = sorted(ways)
    if suffix in _CRAFTED and chance.random() < 0.3:
        names = sorted(_CRAFTED[suffix])
    name = str(chance.choice([*names, "other"]))
    if name == "other":
        other = str(chance.choice(sorted(others)))
        return f"other {other}", others[other]
    for _ in range(int(chance.integers(1, 4)) if name in _TEXT else 1):
        content = ways[name](content, chance)
    return name, content


def _in_workbook(content: bytes, chance: Chance) -> tuple[str, bytes]:
    """Spoil one member of a workbook, or the set of members."""
    members = unzipped(content)
    name = str(chance.choice(sorted(members)))
    kind = int(chance.integers(8))
    if kind == 0:
        del members[name]
        return f"without {name}", zipped(members)
    if kind == 1:
        bomb = b"<row><c><v>1</v></c></row>" * 8_000_000
        members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"].replace(
            b"<sheetData>", b"<sheetData>" + bomb[: int(chance.integers(1, 200) * 1e6)]
        )
        return "bomb", zipped(members)
    if kind == 2:
        return "paths", zipped({**members, "../../outside.txt": b"x", "/etc/outside": b"x", "C:\\outside": b"x"})
    way, spoiled = spoilt(members[name], ".xml", {"x": b"x"}, chance)
    return f"{name}: {way}", zipped({**members, name: spoiled})


def _somewhere(content: bytes, chance: Chance) -> int:
    """Return a position; heads of files are hit as often as the rest."""
    return int(chance.integers(0, max(min(len(content), 128) if chance.random() < 0.5 else len(content), 1)))


def _flip(content: bytes, chance: Chance) -> bytes:
    changed = bytearray(content)
    for _ in range(int(2 ** chance.integers(0, 7)) if content else 0):
        changed[_somewhere(content, chance)] ^= 1 << int(chance.integers(8))
    return bytes(changed)


def _cut(content: bytes, chance: Chance) -> bytes:
    return content[: _somewhere(content, chance)]


def _piece(content: bytes, chance: Chance) -> tuple[int, int]:
    at = _somewhere(content, chance)
    return at, at + int(2 ** chance.integers(0, 12))


def _swap(content: bytes, chance: Chance) -> bytes:
    (a, b), (c, d) = sorted([_piece(content, chance), _piece(content, chance)])
    b, d = min(b, c), max(d, c)
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _double(content: bytes, chance: Chance) -> bytes:
    a, b = _piece(content, chance)
    return content[:b] + content[a:b] * int(chance.integers(1, 200)) + content[b:]


def _without(content: bytes, chance: Chance) -> bytes:
    a, b = _piece(content, chance)
    return content[:a] + content[b:]


def _blank(content: bytes, chance: Chance) -> bytes:
    a, b = _piece(content, chance)
    return content[:a] + bytes(len(content[a:b])) + content[b:]


def _noise(content: bytes, chance: Chance) -> bytes:
    a, b = _piece(content, chance)
    return content[:a] + chance.bytes(b - a) + content[b:]


def _length(content: bytes, chance: Chance) -> bytes:
    a, order = _somewhere(content, chance), str(chance.choice(["<", ">"]))
    size = str(chance.choice(["H", "I", "Q", "d"]))
    value = int(chance.choice(LENGTHS)) & (0xFFFF if size == "H" else 0xFFFFFFFF)
    number = float(chance.choice([np.nan, np.inf, -1e300, 1e38])) if size == "d" else value
    written = struct.pack(order + size, number)
    return content[:a] + written + content[a + len(written) :]


def _tail(content: bytes, chance: Chance) -> bytes:
    return content + chance.bytes(int(chance.integers(1, 5000)))


_BYTES: dict[str, Callable[[bytes, Chance], bytes]] = {
    "flip": _flip, "cut": _cut, "swap": _swap, "double": _double, "without": _without,
    "blank": _blank, "noise": _noise, "length": _length, "tail": _tail,
}  # fmt: skip


def _replaced(content: bytes, pattern: bytes, new: bytes, chance: Chance) -> bytes:
    found = list(re.finditer(pattern, content))
    if not found:
        return content
    hit = found[int(chance.integers(len(found)))]
    return content[: hit.start()] + new + content[hit.end() :]


def _number(content: bytes, chance: Chance) -> bytes:
    return _replaced(content, rb"-?\d+(\.\d+)?", NUMBERS[int(chance.integers(len(NUMBERS)))], chance)


def _word(content: bytes, chance: Chance) -> bytes:
    return _replaced(content, rb"[A-Za-z\x80-\xff_]+", WORDS[int(chance.integers(len(WORDS)))], chance)


def _line(content: bytes, chance: Chance) -> bytes:
    lines = content.split(b"\n")
    at = int(chance.integers(len(lines)))
    lines[at : at + 1] = [lines[at]] * int(chance.choice([0, 2, 1000]))
    return b"\n".join(lines)


def _mark(content: bytes, chance: Chance) -> bytes:
    return _replaced(content, rb"[\[\]{}<>=\",:/]", bytes(chance.choice(list(b'[]{}<>=",:/'), 1).astype(np.uint8)), chance)


def _recoded(content: bytes, chance: Chance) -> bytes:
    return content.decode("utf-8", "replace").encode(str(chance.choice(["utf-16", "gb18030", "utf-7", "utf-8-sig"])), "replace")


_TEXT: dict[str, Callable[[bytes, Chance], bytes]] = {"number": _number, "word": _word, "line": _line, "mark": _mark, "recoded": _recoded}


def _bracketed(depth: int, opening: bytes, closing: bytes) -> bytes:
    return opening * depth + closing * depth


def _nested_json(content: bytes, chance: Chance) -> bytes:
    depth = int(chance.choice([50, 900, 5_000, 200_000]))
    inner = _bracketed(depth, b"[", b"]") if chance.random() < 0.5 else b'{"a":' * depth + b"1" + b"}" * depth
    return _replaced(content, rb'"coordinates": |"properties": ', b'"coordinates": ' + inner + b', "x": ', chance)


def _wide_json(content: bytes, chance: Chance) -> bytes:
    many = b",".join(b'"k%d": %d' % (k, k) for k in range(int(chance.choice([600, 20_000]))))
    return content.replace(b'"properties": {', b'"properties": {' + many + b",", 1)


def _odd_shape(content: bytes, chance: Chance) -> bytes:
    shapes: list[object] = [
        None, {}, {"type": "Point", "coordinates": []}, {"type": "GeometryCollection", "geometries": []},
        {"type": "Polygon", "coordinates": [[[0, 0]]]},
        {"type": "Point", "coordinates": [1e400, 0]}, {"type": "Point", "coordinates": ["a", "b"]}, {"type": "LineString", "coordinates": [[1, 1]]},
        {"type": "Curve", "coordinates": 3}, {"type": "Polygon", "coordinates": [[[102, 25], [103, 26], [102, 26], [103, 25], [102, 25]]]},
        {"type": "MultiPoint", "coordinates": [[102, 25]] * 50_000}, {"type": "Point", "coordinates": [102, 25, float("nan")]}, "x", 7,
    ]  # fmt: skip
    told = json.loads(content) if content[:1] == b"{" else {}
    if not isinstance(told, dict) or not isinstance(told.get("features"), list):
        return content
    for feature in told["features"]:
        if chance.random() < 0.6:
            feature["geometry"] = shapes[int(chance.integers(len(shapes)))]
    if chance.random() < 0.3:
        told["crs"] = {
            "type": "name",
            "properties": {"name": str(chance.choice(["EPSG:99999", "EPSG:3857", "", "urn:ogc:def:crs:OGC:1.3:CRS84", "/etc/passwd"]))},
        }
    return json.dumps(told, ensure_ascii=False).encode()


def _entities(content: bytes, chance: Chance) -> bytes:
    lols = b"".join(b'<!ENTITY l%d "%s">' % (k, b"&l%d;" % (k - 1) * 10 if k else b"lol" * 10) for k in range(9))
    outside = b'<!ENTITY l8 SYSTEM "file:///etc/hostname">'
    head = b"<!DOCTYPE x [" + (lols if chance.random() < 0.5 else outside) + b"]>"
    at = content.find(b"?>") + 2 if content.startswith(b"<?xml") else 0
    return _replaced(content[:at] + head + content[at:], rb'(?<==")[^"]*(?=")', b"&l8;", chance)


def _nested_xml(content: bytes, chance: Chance) -> bytes:
    depth = int(chance.choice([100, 5_000, 300_000]))
    return _replaced(content, rb"</", _bracketed(depth, b"<a>", b"</a>") + b"</", chance)


def _attributes(content: bytes, chance: Chance) -> bytes:
    return _replaced(content, rb"<\w+ ", b"<node " + b"".join(b'a%d="1" ' % k for k in range(int(chance.choice([1_000, 100_000])))), chance)


def _wide_csv(content: bytes, chance: Chance) -> bytes:
    return _replaced(content, b",", b"," * int(chance.choice([600, 100_000, 5_000_000])), chance)


def _long_csv(content: bytes, chance: Chance) -> bytes:
    return content + b'"' * int(chance.integers(0, 2)) + b"a,b\n" * int(chance.choice([5_000, 400_000]))


def _nested_toml(content: bytes, chance: Chance) -> bytes:
    depth = int(chance.choice([200, 2_000, 100_000]))
    value = _bracketed(depth, b"[", b"]") if chance.random() < 0.5 else b"{a=" * depth + b"1" + b"}" * depth
    return b"deep = " + value + b"\n" + content if chance.random() < 0.7 else content + b"\n[" + b"a." * depth + b"b]\n"


def _odd_toml(content: bytes, chance: Chance) -> bytes:
    odd = (
        b"9" * 5000,
        b"1979-99-99",
        b"inf",
        b"nan",
        b"0x" + b"f" * 5000,
        b"1979-05-27T07:32:00Z",
        b'"\\uD800"',
        b"'''\n",
        b"[1, 'a', {}]",
        b"00:99:00",
    )
    return _replaced(content, rb"(?<== ).+", odd[int(chance.integers(len(odd)))], chance)


def _long_toml(content: bytes, chance: Chance) -> bytes:
    return content + b"\n[[candidates]]\nfile='x'\n" * int(chance.choice([1_000, 100_000]))


def _huge_raster(content: bytes, chance: Chance) -> bytes:
    """Set tags of a TIFF's first directory: width, height, bands, bits, compression, lengths of strips."""
    at = struct.unpack_from("<I", content, 4)[0] if len(content) > 8 else 0
    if at + 2 > len(content):
        return content
    changed = bytearray(content)
    wanted = [
        (256, 2**31 - 1),
        (257, 2**31 - 1),
        (277, 60_000),
        (258, 64),
        (259, 8),
        (279, 2**32 - 1),
        (256, 20_000),
        (257, 20_000),
        (273, 2**32 - 1),
        (339, 6),
    ]
    chosen = dict(wanted[int(k)] for k in chance.choice(len(wanted), 3, replace=False))
    for k in range(struct.unpack_from("<H", content, at)[0]):
        entry = at + 2 + 12 * k
        if entry + 12 > len(content):
            break
        tag = struct.unpack_from("<H", content, entry)[0]
        if tag in chosen:
            struct.pack_into("<HII", changed, entry + 2, 4, 1, chosen[tag])
    return bytes(changed)


def _dense_blob(content: bytes, chance: Chance) -> bytes:
    """Put a block of OpenStreetMap data in front that unpacks to far more than it takes, or says so."""
    packed = zlib.compress(bytes(int(chance.choice([1, 31, 200])) << 20), 9)
    size = int(chance.choice([len(packed), 2**31 - 1, 32 << 20, 0]))
    blob = b"\x10" + _varint(size) + b"\x1a" + _varint(len(packed)) + packed
    head = b"\x0a\x07OSMData\x18" + _varint(len(blob))
    return content + struct.pack(">I", len(head)) + head + blob


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _statements(content: bytes, chance: Chance) -> bytes:
    """Change words of the SQL that a GeoPackage keeps, length kept."""
    old = (b"CREATE TABLE", b"INTEGER", b"geom", b"gpkg_contents", b"TRIGGER", b"SELECT", b"features", b"POINT")
    word = old[int(chance.integers(len(old)))]
    return content.replace(word, chance.bytes(len(word)) if chance.random() < 0.5 else b"x" * len(word), int(chance.integers(1, 5)))


_XML = {"entities": _entities, "nested xml": _nested_xml, "attributes": _attributes}
_JSON = {"nested json": _nested_json, "wide json": _wide_json, "odd shape": _odd_shape, "odd shapes": _odd_shape}
_CRAFTED: dict[str, dict[str, Callable[[bytes, Chance], bytes]]] = {
    ".geojson": _JSON, ".csv": {"wide csv": _wide_csv, "long csv": _long_csv}, ".tif": {"huge raster": _huge_raster},
    ".pbf": {"dense blob": _dense_blob}, ".gpkg": {"statements": _statements},
    ".toml": {"nested toml": _nested_toml, "odd toml": _odd_toml, "long toml": _long_toml}, **dict.fromkeys(XML, _XML),
}  # fmt: skip
