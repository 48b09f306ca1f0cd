"""Frozen values taken apart into one JSON tree and plain arrays, and put together again; nothing is pickled.

Taken apart are dataclasses and named tuples, and in them arrays, numbers, texts, tables, labels, a CRS, tuples and mappings of such. A value that
is put together names its classes, and only classes that the type asked for can hold are made: a file of a stranger makes no object of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeAlias, get_args, get_type_hints

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyproj import CRS

Tree: TypeAlias = Any
Array: TypeAlias = NDArray[Any]


def pack(value: object) -> tuple[Tree, list[Array]]:
    """Take a value apart.

    Returns
    -------
    tree : JSON
        Scalars as they are, everything else as ``{kind: …}``.
    arrays : list of array
        Contiguous; an array that stands in several places of the value is one.

    Raises
    ------
    TypeError
        When the value holds what cannot be kept.
    """
    packing = _Packing([], {})
    return packing.tree(value), packing.arrays


def unpack(tree: Tree, arrays: list[Array], hint: Any) -> Any:  # noqa: ANN401 - whatever the type says
    """Put a value together again.

    Parameters
    ----------
    tree, arrays
        As :func:`pack` returned them.
    hint : type
        What the value is: a class or a type such as ``tuple[StreetNetwork, tuple[Fault, ...]]``.

    Raises
    ------
    KeyError, TypeError, ValueError
        When the tree is not that of such a value.
    """
    return _unpacked(tree, arrays, _classes(hint))


def fingerprint(*values: object) -> str:
    """Return 32 hexadecimal digits that tell values of different content apart (BLAKE2b, 128 bit)."""
    tree, arrays = pack(values)
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(tree, ensure_ascii=False, sort_keys=True).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


@cache
def shape_of(hint: Any) -> str:  # noqa: ANN401 - a type, or a generic alias
    """Return the names and fields of the classes in a type: kept values of an older shape are then not found."""
    classes = _classes(hint)
    fields = {name: [f"{field}: {kind}" for field, kind in sorted(_annotations(found).items())] for name, found in sorted(classes.items())}
    return json.dumps([str(hint), fields])


@dataclasses.dataclass
class _Packing:
    arrays: list[Array]
    known: dict[int, tuple[int, object]]

    def tree(self, value: object) -> Tree:  # noqa: PLR0911 - one line per kind
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, np.bool_ | np.integer | np.floating):
            return value.item()
        if isinstance(value, int | float):
            return value
        if isinstance(value, np.ndarray):
            return {"array": self.array(value)}
        if isinstance(value, pd.DataFrame):
            return {"table": self.table(value)}
        if isinstance(value, pd.Index):
            return {"labels": self.table(pd.DataFrame(index=value))}
        if isinstance(value, CRS):
            return {"crs": value.to_wkt()}
        return self.several(value)

    def several(self, value: object) -> Tree:
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"made": [type(value).__name__, {name: self.tree(getattr(value, name)) for name in value._fields}]}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            return {"made": [type(value).__name__, {name: self.tree(getattr(value, name)) for name in names}]}
        if isinstance(value, tuple | list):
            return {type(value).__name__: [self.tree(item) for item in value]}
        if isinstance(value, Mapping):
            return {"map": [[self.tree(key), self.tree(item)] for key, item in value.items()]}
        raise TypeError(f"a {type(value).__name__} cannot be kept")

    def array(self, value: Array) -> int:
        if value.dtype.hasobject or value.dtype.fields:
            raise TypeError(f"an array of {value.dtype} cannot be kept")
        if id(value) not in self.known:
            self.arrays.append(np.ascontiguousarray(value).reshape(value.shape))
            # The array itself is held too: its id is then nobody else's.
            self.known[id(value)] = len(self.arrays) - 1, value
        return self.known[id(value)][0]

    def table(self, value: pd.DataFrame) -> int:
        table = pa.Table.from_pandas(value)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        self.arrays.append(np.frombuffer(sink.getvalue(), np.uint8))
        return len(self.arrays) - 1


def _unpacked(tree: Tree, arrays: list[Array], classes: Mapping[str, type]) -> Any:  # noqa: ANN401, PLR0911 - one line per kind
    if not isinstance(tree, dict):
        return tree
    ((kind, given),) = tree.items()
    match kind:
        case "array":
            return arrays[given]
        case "table":
            return _table(arrays[given])
        case "labels":
            return _table(arrays[given]).index
        case "crs":
            return CRS.from_wkt(given)
        case "tuple" | "list":
            items = [_unpacked(item, arrays, classes) for item in given]
            return tuple(items) if kind == "tuple" else items
        case "map":
            return {_unpacked(key, arrays, classes): _unpacked(item, arrays, classes) for key, item in given}
        case "made":
            name, fields = given
            return classes[name](**{field: _unpacked(item, arrays, classes) for field, item in fields.items()})
    raise ValueError(f"{kind!r} is no kind of value")


def _table(content: Array) -> pd.DataFrame:
    table: pd.DataFrame = pa.ipc.open_file(pa.py_buffer(content)).read_all().to_pandas()
    return table


@cache
def _classes(hint: Any) -> Mapping[str, type]:  # noqa: ANN401 - a type, or a generic alias
    """Return the dataclasses and named tuples that a value of a type may hold, by name."""
    found: dict[str, type] = {}
    waiting = [hint]
    while waiting:
        some = waiting.pop()
        waiting.extend(get_args(some))
        if inspect.isclass(some) and (dataclasses.is_dataclass(some) or hasattr(some, "_fields")) and some.__name__ not in found:
            found[some.__name__] = some
            waiting.extend(_hints(some))
    return found


def _annotations(kind: type) -> Mapping[str, Any]:
    if dataclasses.is_dataclass(kind):
        return {field.name: field.type for field in dataclasses.fields(kind)}
    return dict(kind.__annotations__)


def _hints(kind: type) -> Iterator[Any]:
    """Return the types of a class's fields; one that cannot be told at run time, such as ``pd.Index[Any]``, holds no class of ours."""
    for name, given in _annotations(kind).items():
        with contextlib.suppress(TypeError):
            yield get_type_hints(SimpleNamespace(__annotations__={name: given}), vars(sys.modules[kind.__module__]))[name]
