"""What is kept comes back as it was made; what is damaged, missing or in the way is made anew."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyproj import CRS

from layers import cache as caching
from layers.cache import Cache, key_of, made_by
from layers.errors import Fault
from layers.packing import fingerprint, pack, shape_of, unpack


class Lists(NamedTuple):
    start: NDArray[np.int64]
    item: NDArray[np.int32]


@dataclass(frozen=True)
class Inner:
    lists: Lists
    name: str


@dataclass(frozen=True)
class Outer:
    x: NDArray[np.float64]
    same: NDArray[np.float64]
    none: NDArray[np.int32]
    flag: NDArray[np.bool_]
    grid: NDArray[np.float64]
    by_mode: Mapping[str, NDArray[np.uint8]]
    table: pd.DataFrame
    labels: pd.Index[str]
    crs: CRS
    inner: Inner | None
    levels: tuple[Inner, ...]
    names: tuple[str, ...]
    limit: float
    count: int
    whole: bool
    faults: tuple[Fault, ...] = ()


def value() -> Outer:
    x = np.array([0.1, np.nan, np.inf])
    lists = Lists(np.arange(3), np.array([7, 9], np.int32))
    table = pd.DataFrame({"name": pd.Series(["人民路", "", "x"], dtype="str"), "lanes": [1, 2, 3]}, index=[4, 2, 9])
    return Outer(
        x, x, np.empty(0, np.int32), np.array([True, False]), np.arange(6.0).reshape(2, 3)[:, ::-1], {"walk": np.array([3], np.uint8)},
        table, pd.Index(["a", "b"], name="site"), CRS.from_epsg(4543), Inner(lists, "甲"), (Inner(lists, "乙"),), ("一", "二"), np.inf, 3, True,
        (Fault("note", "c", "streets", values={"count": 3, "why": "没有"}),),
    )  # fmt: skip


def assert_equal(left: object, right: object) -> None:
    if isinstance(left, np.ndarray):
        np.testing.assert_array_equal(left, right)
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
    elif isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right)
    elif isinstance(left, pd.Index):
        pd.testing.assert_index_equal(left, right)
    elif isinstance(left, tuple):
        assert type(left) is type(right)
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            assert_equal(one, other)
    elif isinstance(left, dict):
        assert list(left) == list(right)
        for key in left:
            assert_equal(left[key], right[key])
    elif isinstance(left, Outer | Inner):
        assert_equal(vars(left), vars(right))
    else:
        assert left == right
        assert type(left) is type(right)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / ".cache")


def made_once(cache: Cache, key: str = "k", made: object = None) -> tuple[object, int]:
    calls = []
    found = cache.kept("outer", key, lambda: calls.append(1) or (value() if made is None else made), Outer)
    return found, len(calls)


def files(cache: Cache) -> list:
    return sorted(path for path in cache.folder.rglob("*") if path.is_file() and path.name != "CACHEDIR.TAG")


def test_what_is_taken_apart_is_put_together_again():
    tree, arrays = pack(value())
    assert_equal(unpack(tree, arrays, Outer), value())
    assert len([array for array in arrays if array.dtype == float]) == 2, "x stands twice and is kept once"


def test_only_classes_of_the_type_asked_for_are_made():
    tree, arrays = pack(value())
    with pytest.raises(KeyError):
        unpack(tree, arrays, Inner)


@pytest.mark.parametrize("odd", [np.array([object()]), {1, 2}, object(), b"x"])
def test_what_cannot_be_kept_is_refused(odd):
    with pytest.raises(TypeError):
        pack(odd)


def test_a_fingerprint_tells_content_apart():
    one = fingerprint(np.arange(4), "a")
    assert one == fingerprint(np.arange(8)[:4].copy(), "a")
    others = [fingerprint(np.arange(4), "b"), fingerprint(np.arange(4.0), "a"), fingerprint(np.arange(4).reshape(2, 2), "a"), fingerprint("a")]
    assert len({one, *others}) == 5
    assert len(key_of(1.0)) == 32


def test_a_type_with_another_field_has_another_shape():
    @dataclass(frozen=True)
    class Box:
        a: int

    first = shape_of(Box)

    @dataclass(frozen=True)
    class Box:
        a: int
        b: int

    assert first != shape_of(Box)


def test_program_text_keeps_versions_apart():
    assert made_by("layers.readers.streets") != made_by("layers.crs")


def test_warm_equals_cold(cache):
    (cold, first), (warm, second) = made_once(cache), made_once(Cache(cache.folder))
    assert (first, second) == (1, 0)
    assert_equal(cold, value())
    assert_equal(warm, value())
    assert cache.notes == ()


def test_another_key_or_type_is_another_value(cache):
    made_once(cache)
    assert made_once(cache, "other")[1] == 1
    assert cache.kept("outer", "k", lambda: Inner(value().inner.lists, "x"), Inner).name == "x"


def damage(path) -> list:
    content = path.read_bytes()
    middle = len(content) // 2
    return [content[:-1], content[:middle], b"", content + b"\0", content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]]


@pytest.mark.parametrize("how", range(5))
@pytest.mark.parametrize("which", range(2))
def test_a_damaged_entry_is_made_anew(cache, how, which):
    made_once(cache)
    path = files(cache)[which]
    path.write_bytes(damage(path)[how])
    found, calls = made_once(cache)
    assert calls == 1
    assert_equal(found, value())
    assert made_once(cache)[1] == 0


def test_a_missing_file_is_made_anew(cache):
    for which in range(2):
        made_once(cache)
        files(cache)[which].unlink()
        assert made_once(cache)[1] == 1


def test_deleting_the_folder_does_not_disturb_what_is_open(cache):
    found, _ = made_once(cache)
    shutil.rmtree(cache.folder)
    assert_equal(found, value())
    assert made_once(cache)[1] == 1
    assert made_once(cache)[1] == 0


def test_without_folder_nothing_is_kept():
    assert made_once(Cache())[1] == 1
    assert made_once(Cache())[1] == 1


def test_a_folder_that_cannot_be_written_never_stops_the_work(tmp_path):
    (tmp_path / ".cache").write_text("a file stands here")
    cache = Cache(tmp_path / ".cache")
    found, calls = made_once(cache)
    assert calls == 1
    assert_equal(found, value())
    (note,) = cache.notes
    assert note.severity == "note"
    assert ".cache" in note.say("zh")
    assert ".cache" in note.say("en")


def test_a_read_only_share_is_read(cache, monkeypatch):
    made_once(cache)

    def refused(*args, **more):
        raise OSError(errno.EROFS, "Read-only file system")

    for name in ("mkdir", "rename", "write_text", "unlink"):
        monkeypatch.setattr(Path, name, refused)
    monkeypatch.setattr(os, "utime", refused)
    assert made_once(cache)[1] == 0
    assert cache.notes == ()
    assert_equal(made_once(cache, "other")[0], value())
    assert "Read-only" in cache.notes[0].say("en")


def test_a_damaged_entry_that_cannot_be_removed_is_in_nobodys_way(cache, monkeypatch):
    made_once(cache)
    path = files(cache)[0]
    path.write_bytes(b"x" * path.stat().st_size)

    def held(*args, **more):
        raise PermissionError(errno.EACCES, "mapped by another program, as Windows says")

    monkeypatch.setattr(Path, "rename", held)
    monkeypatch.setattr(shutil, "rmtree", lambda *args, **more: None)
    found, calls = made_once(cache)
    assert calls == 1
    assert_equal(found, value())


def test_a_county_that_is_gone_is_not_made_again(tmp_path):
    cache = Cache(tmp_path / "gone" / ".cache")
    assert made_once(cache)[1] == 1
    assert not (tmp_path / "gone").exists()


def test_a_full_disk_leaves_nothing_behind(cache, monkeypatch):
    def full(self, file, array):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(caching.Writing, "append", full)
    assert made_once(cache)[1] == 1
    monkeypatch.undo()
    assert files(cache) == []
    assert [path.name for path in cache.folder.iterdir()] == ["CACHEDIR.TAG"]
    assert "No space" in cache.notes[0].say("en")


def test_a_virus_scanner_is_waited_for(cache, monkeypatch):
    real, calls = Path.rename, []

    def held(self, target):
        calls.append(1)
        if len(calls) < 3:
            raise PermissionError(13, "held")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", held)
    assert made_once(cache)[1] == 1
    assert len(calls) == 3
    assert made_once(cache)[1] == 0
    assert cache.notes == ()


def test_threads_that_make_the_same_value_leave_one_entry(cache):
    found, errors, barrier = [], [], threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        try:
            found.append(made_once(cache)[0])
        except Exception as error:  # noqa: BLE001 (any at all)
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(found) == 8
    for one in found:
        assert_equal(one, value())
    assert len(files(cache)) == 2
    assert made_once(cache)[1] == 0


def test_what_was_used_longest_ago_leaves(tmp_path):
    big = Lists(np.zeros(1000, np.int64), np.zeros(0, np.int32))  # 8,000 bytes
    cache = Cache(tmp_path / ".cache", limit_bytes=20_000)

    def kept(key: str) -> int:
        calls = []
        cache.kept("lists", key, lambda: calls.append(1) or big, Lists)
        return len(calls)

    assert [kept("a"), kept("b")] == [1, 1]
    for age, path in zip((200, 100), sorted(cache.folder.glob("lists-*/meta.json"), key=lambda path: path.stat().st_mtime_ns), strict=True):
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert kept("a") == 0  # used now, and so younger than b
    assert kept("c") == 1
    assert [kept("a"), kept("c")] == [0, 0]
    assert len(cache.names("lists-")) == 2
    assert kept("b") == 1


def test_an_entry_larger_than_the_limit_stays_alone(tmp_path):
    cache = Cache(tmp_path / ".cache", limit_bytes=1)
    assert [made_once(cache, key)[1] for key in "aabb"] == [1, 0, 1, 0]
    assert len(cache.names("outer-")) == 1


def test_what_a_dead_program_left_is_swept_after_a_day(cache):
    made_once(cache)
    old, new = cache.folder / ".outer-x.1", cache.folder / ".outer-y.2"
    for path in (old, new):
        path.mkdir()
    os.utime(old, (0, 0))
    made_once(cache, "other")
    assert (old.exists(), new.exists()) == (False, True)


def test_streamed_files_are_part_of_the_entry(cache):
    with cache.writing("stream-1") as writing:
        for part in np.arange(10.0).reshape(5, 2):
            writing.append("cost.bin", part)
        writing.finish(("a", "b"))
    entry = cache.entry("stream-1")
    assert entry.value(tuple[str, ...]) == ("a", "b")
    np.testing.assert_array_equal(entry.stream("cost.bin", np.float64), np.arange(10.0))
    path = entry.folder / "cost.bin"
    path.write_bytes(bytes(80))
    with pytest.raises(ValueError, match="damaged"):
        cache.entry("stream-1").stream("cost.bin", np.float64)
    path.write_bytes(bytes(72))
    assert cache.entry("stream-1") is None
    assert cache.names("stream-") == []


def test_an_entry_that_is_not_finished_is_not_there(cache):
    with cache.writing("stream-1") as writing:
        writing.append("cost.bin", np.arange(3))
    assert cache.entry("stream-1") is None
    assert files(cache) == []
