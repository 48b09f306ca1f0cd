"""Reading county.toml: every mistake at once, each as one sentence with the key and how to repair it."""

from __future__ import annotations

import codecs
import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from layers.county import Changes, County, Streets
from layers.crs import datum_crs
from layers.errors import Fault, PlanningError
from layers.readers._files import RASTERS, inside
from layers.types import FacilityType, Reach, facility_types
from layers.untrusted.documents import load_toml

FILE = "county.toml"
_SAID = {  # pydantic's kinds of mistake that have a sentence of their own
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "literal_error": "not_allowed",
    "string_pattern_mismatch": "pattern",
    "too_short": "too_short",
    "string_too_short": "too_short",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large",
    "less_than_equal": "too_large",
    "consolidate_sizes": "consolidate_sizes",
    "consolidate_open": "consolidate_open",
}


def read_county_toml(folder: Path) -> County:
    """Read and check a county's ``county.toml``.

    Parameters
    ----------
    folder : Path
        The county's folder.

    Raises
    ------
    PlanningError
        When the file is missing, is no UTF-8 TOML, or says what the schema does not know; all mistakes are among ``faults``.
    """
    path = folder / FILE
    if not folder.is_dir():
        raise PlanningError("county_toml.no_folder", folder=folder.name)
    if not path.is_file():
        raise PlanningError("county_toml.no_file", folder=folder.name)
    return parse_county_toml(path.read_bytes(), folder)


def parse_county_toml(content: bytes, folder: Path) -> County:
    """Return the county that the content of a ``county.toml`` describes.

    Parameters
    ----------
    content : bytes
    folder : Path
        The county's folder, which no layer may lie outside of.

    Raises
    ------
    PlanningError
        When it is no UTF-8 TOML, or says what the schema does not know; all mistakes are among ``faults``.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanningError("county_toml.encoding") from error
    try:
        county = County.model_validate(load_toml(text, FILE))
    except tomllib.TOMLDecodeError as error:
        raise PlanningError("county_toml.syntax", **_where(str(error), text)) from error
    except ValidationError as error:
        raise _refusal(list(mistakes(error))) from error
    faults = list(_contradictions(folder, county))
    if faults:
        raise _refusal(faults)
    return county


def _where(said: str, text: str) -> dict[str, Any]:
    """Return line, column and the text of the line that the parser stumbled over; the last line where it only says that the file ends."""
    lines = text.splitlines() or [""]
    at = re.search(r"line (\d+), column (\d+)", said)
    line, column = (int(at[1]), int(at[2])) if at else (len(lines), len(lines[-1]) + 1)
    return {"line": line, "column": column, "text": lines[min(line, len(lines)) - 1].strip()[:60]}


def mistakes(error: ValidationError) -> tuple[Fault, ...]:
    """Return what pydantic found in a table of county.toml as findings, in words."""
    return tuple(_fault(item) for item in _innermost(error))


def _refusal(faults: list[Fault]) -> PlanningError:
    """Return the error of some mistakes: the only one's own sentence, or that there are several."""
    if len(faults) == 1:
        only = faults[0]
        return PlanningError(only.code, faults=faults, field=only.field, value=only.value, **only.values)
    keys = "、".join(dict.fromkeys(fault.field for fault in faults))
    return PlanningError("county_toml.several", faults=faults, count=len(faults), keys=keys)


def _innermost(error: ValidationError) -> list[Any]:
    """Return the mistakes without those that only follow from one further inside, such as a list that is empty once its bad entry is taken out."""
    items = error.errors()
    inside = {item["loc"][:depth] for item in items for depth in range(len(item["loc"]))}
    return [item for item in items if item["loc"] not in inside]


def _fault(item: Mapping[str, Any]) -> Fault:
    """Put one mistake found by pydantic into words."""
    key, kind, context = _key(item["loc"]), item["type"], item.get("ctx", {})
    value = "" if kind == "missing" or isinstance(item["input"], dict | list) else str(item["input"])
    if kind.startswith("plan_"):  # said by a plan task of its own fields
        return _mistake(kind, key, **{name: value for name, value in context.items() if name != "code"})
    if kind == "extra_forbidden":
        return _mistake("unknown_key", key, value, near=_near(str(item["loc"][-1]), item["loc"][:-1]))
    if kind == "string_pattern_mismatch" and str(item["loc"][-1]) == "datum":
        return _mistake("datum", key, value)
    values = {"missing": {}, "literal_error": {"allowed": context.get("expected", "")}}.get(kind)
    if values is None:
        limit = next((context[name] for name in ("gt", "ge", "lt", "le", "min_length", "pattern") if name in context), "")
        values = {"limit": limit} if kind in _SAID else {"reason": item["msg"]}
    return _mistake(_SAID.get(kind, _wrong_type(kind)), key, value, **values)


def _wrong_type(kind: str) -> str:
    return "wrong_type" if kind.endswith(("_type", "_parsing", "_from_float")) else "invalid"


def _mistake(code: str, key: str, value: object = "", **values: object) -> Fault:
    return Fault("error", f"county_toml.{code}", "county", FILE, field=key, value=str(value), values=values)


def _key(location: tuple[str | int, ...]) -> str:
    """Return ``population[2].datum``: entries of lists are counted from 1."""
    key = ""
    for part in location:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _near(name: str, parents: tuple[str | int, ...]) -> str:
    """Return the known keys most like an unknown one, or all of them where none is."""
    model: Any = County
    for part in parents:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = _model_of(model.model_fields[part].annotation)
    known = list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
    return "、".join(difflib.get_close_matches(name, known, 2, 0.7) or known)


def _model_of(annotation: Any) -> Any:  # noqa: ANN401 -- whatever a field may be annotated with
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation
    return next((found for found in map(_model_of, get_args(annotation)) if isinstance(found, type) and issubclass(found, BaseModel)), None)


def _contradictions(folder: Path, county: County) -> Iterator[Fault]:
    """Yield what the schema alone cannot see: unknown types, requirements, groups, encodings and CRS."""
    yield from _of_layers(folder, county)
    yield from _of_streets(county.streets)
    yield from _of_types(county)
    yield from _of_plan(county)
    yield from _of_consolidations(county)
    yield from _of_standards(county.standards)


def _of_consolidations(county: County) -> Iterator[Fault]:
    for number, task in enumerate(county.consolidate, 1):
        at = f"consolidate[{number}]"
        kinds = facility_types()
        if task.type not in kinds:
            yield _unknown_type(f"{at}.type", task.type)
            continue
        own = kinds[task.type]
        # What a home becomes is counted in the same beds and serves the same people, or its residents would be unknown.
        allowed = [kind.key for kind in kinds.values() if kind.key != own.key and _alike(kind, own)]
        for name in task.convert_to:
            if name not in allowed:
                yield _mistake("consolidate_type", f"{at}.convert_to", name, type=task.type, known="、".join(allowed) or "-")


def _alike(one: FacilityType, other: FacilityType) -> bool:
    return (one.domain, one.capacity_unit, one.demand_group) == (other.domain, other.capacity_unit, other.demand_group)


def _of_plan(county: County) -> Iterator[Fault]:
    keys = [*(task.key for task in county.plan), *(task.key for task in county.consolidate)]
    repeated = [key for key, count in Counter(keys).items() if count > 1]
    for key in repeated:
        yield _mistake("plan_repeats", "plan", key)
    for number, task in enumerate(county.plan, 1):
        if task.type not in facility_types():
            yield _unknown_type(f"plan[{number}].type", task.type)
            continue
        kind = facility_types()[task.type]
        reaches = [item.id for item in kind.requirements if isinstance(item, Reach)]
        if task.requirement not in reaches:
            yield _mistake("plan_requirement", f"plan[{number}].requirement", task.requirement, type=task.type, known="、".join(reaches) or "-")
        if task.crowd is not None and task.away_m is None and kind.away is None:
            yield _mistake("plan_away", f"plan[{number}]", type=kind.name_zh, type_en=kind.name_en)


def _of_layers(folder: Path, county: County) -> Iterator[Fault]:
    if county.metric_crs != "auto":
        yield from _of_crs("metric_crs", county.metric_crs, projected=True)
    for key, layer in listed_layers(county):
        if not inside(folder, layer.file):
            yield _mistake("path", f"{key}.file", layer.file)
        datum = getattr(layer, "datum", "")  # a table of costs has no coordinates
        if datum.startswith("EPSG:"):
            yield from _of_crs(f"{key}.datum", datum)
        if layer.encoding is not None and not _is_encoding(layer.encoding):
            yield _mistake("encoding_name", f"{key}.encoding", layer.encoding)


def _of_streets(streets: Streets) -> Iterator[Fault]:
    for name, use in streets.classes.items():
        if name in streets.speeds_kmh and (use.kmh is not None or use.drive is False):
            yield _mistake("streets_twice", f"streets.classes.{name}", name, other="streets.speeds_kmh")
        if name == "steps" and use.walk and not streets.stairs:
            yield _mistake("streets_twice", f"streets.classes.{name}", name, other="streets.stairs")


def _of_types(county: County) -> Iterator[Fault]:
    for number, ledger in enumerate(county.facilities, 1):
        if ledger.type is not None and ledger.type not in facility_types():
            yield _unknown_type(f"facilities[{number}].type", ledger.type)
    for number, file in enumerate(county.candidates, 1):
        for kind in file.types:
            if kind not in facility_types():
                yield _unknown_type(f"candidates[{number}].types", kind)
    for number, people in enumerate(county.population, 1):
        if PurePosixPath(people.file).suffix.lower() in RASTERS and not people.group:
            yield _mistake("no_group", f"population[{number}].group")


def _of_standards(standards: Changes) -> Iterator[Fault]:
    for key, changes in standards.items():
        if key not in facility_types():
            yield _unknown_type(f"standards.{key}", key)
            continue
        requirements = {item.id: item for item in facility_types()[key].requirements}
        for item_id, fields in changes.items():
            if item_id not in requirements:
                yield _mistake("standard", f"standards.{key}.{item_id}", item_id, type=key, known="、".join(requirements) or "-")
                continue
            try:
                type(requirements[item_id]).model_validate({**requirements[item_id].model_dump(), **fields})
            except ValidationError as error:
                for item in _innermost(error):
                    yield _fault({**item, "loc": ("standards", key, item_id, *item["loc"])})


def _of_crs(key: str, name: str, *, projected: bool = False) -> Iterator[Fault]:
    try:
        known = datum_crs(name)
    except ValueError:
        yield _mistake("epsg", key, name)
        return
    if projected and not known.is_projected:
        yield _mistake("not_metric", key, name)


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name) is not None
    except LookupError:
        return False


def _unknown_type(key: str, name: str) -> Fault:
    near = difflib.get_close_matches(name, facility_types(), 3, 0.4) or list(facility_types())
    return _mistake("unknown_type", key, name, near="、".join(near))


def listed_layers(county: County) -> Iterator[tuple[str, Any]]:
    """Yield every listed layer with its key in county.toml, in the order of the schema."""
    for name in ("facilities", "population", "exclusions", "candidates", "costs"):
        for number, layer in enumerate(getattr(county, name), 1):
            yield f"{name}[{number}]", layer
    if county.population_ages is not None:
        yield "population_ages", county.population_ages
    yield "streets", county.streets
    if county.streets.elevation is not None:
        yield "streets.elevation", county.streets.elevation
    for name in ("county", "townships", "villages"):
        layer = getattr(county.outlines, name)
        if layer is not None:
            yield f"outlines.{name}", layer
