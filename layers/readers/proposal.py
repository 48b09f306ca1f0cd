"""Proposing a county.toml for the files that a person has dropped into ``layers/``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import tomli_w

from layers import texts
from layers.errors import Fault, PlanningError, Severity
from layers.readers._datums import ground_of_streets, guess_datum, with_people
from layers.readers._files import RASTERS, SIDECARS
from layers.readers._groups import demand_groups
from layers.readers._sniffing import STREETS, Sniffed, sniff
from layers.types import Domain, facility_types

_ANSWERS = ("name", "datum")
_ONE = ("streets", "county", "townships", "villages")
_MANY = ("facilities", "exclusions", "candidates")
_ORDER: tuple[Domain, ...] = ("elder", "community", "child", "burial")
_OSM = "© OpenStreetMap contributors (ODbL)"


@dataclass(frozen=True)
class CountyProposal:
    """A county.toml to be looked over.

    Attributes
    ----------
    text : str
        The file's text; its head repeats the assumptions as comments.
    assumptions : tuple of Fault
        What was taken for granted: notes where the files say so themselves, warnings where a person should confirm, errors for what is lacking.
    """

    text: str
    assumptions: tuple[Fault, ...]


def propose_county(folder: Path, **answers: object) -> CountyProposal:
    """Look at the files in ``folder/layers`` and propose a county.toml for them.

    Parameters
    ----------
    folder : Path
        The county's folder.
    **answers : object
        What a person has already said: ``name`` of the county, ``datum`` of all longitudes and latitudes whose datum the files do not prove.

    Returns
    -------
    CountyProposal
        Text and assumptions; a file that was not recognised is among them.

    Raises
    ------
    PlanningError
        When there is no file, or none is recognised.
    """
    unknown = set(answers) - set(_ANSWERS)
    if unknown:
        raise TypeError(f"unknown answers {sorted(unknown)}; known are {_ANSWERS}")
    assumed: list[Fault] = []
    found = _looked_at(folder, assumed)
    chosen = _chosen(found, assumed)
    _with_names(chosen, found, assumed)
    _with_datums(folder, chosen, str(answers.get("datum") or ""), assumed)
    document = _document(str(answers.get("name") or folder.resolve().name), chosen)
    _note_lacking(chosen, assumed)
    _with_plan(document, chosen, assumed)
    return CountyProposal(_head(assumed) + tomli_w.dumps(document), tuple(assumed))


def _looked_at(folder: Path, assumed: list[Fault]) -> list[Sniffed]:
    layers = folder / "layers"
    paths = sorted(path for path in layers.rglob("*") if path.is_file() and not _is_hidden(path, layers)) if layers.is_dir() else []
    # Streets of OpenStreetMap come first: where there are several street files they are the ones meant.
    paths.sort(key=lambda path: not path.name.lower().endswith(STREETS))
    files = [path.relative_to(folder).as_posix() for path in paths if path.suffix.lower() not in SIDECARS and not path.name.endswith(".tif.aux.xml")]
    if not files:
        raise PlanningError("proposal.no_files", folder=folder.name)
    found: list[Sniffed] = []
    for file in files:
        try:
            found.extend(sniff(folder, file))
        except PlanningError as error:
            assumed.append(Fault("warning", "proposal.unreadable", "", file, values={"reason": error.say()}))
    unused = [item for item in found if not item.role]
    assumed.extend(Fault("warning", "proposal.unused", "", item.file, str(item.entry.get("sheet", ""))) for item in unused)
    if not any(item.role for item in found):
        raise PlanningError("proposal.none_known", folder=folder.name, count=len(files))
    return found


def _is_hidden(path: Path, layers: Path) -> bool:
    """Return whether a file is no layer: what Excel keeps beside a workbook that is open, and old versions."""
    return any(part.startswith((".", "~$")) for part in path.relative_to(layers).parts)


def _chosen(found: Sequence[Sniffed], assumed: list[Fault]) -> dict[str, list[Sniffed]]:
    """Return the files of each layer: the first one where there can only be one, population of one kind and without repeated groups."""
    chosen: dict[str, list[Sniffed]] = {role: [] for role in (*_ONE, *_MANY, "population")}
    rasters = any(item.role == "population" and _is_raster(item) for item in found)
    groups: set[str] = set()
    for item in found:
        if item.role not in chosen:
            continue
        second = item.role in _ONE and bool(chosen[item.role])
        if item.role == "population":
            second = (rasters and not _is_raster(item)) or (_is_raster(item) and item.entry["group"] in groups)
            groups.add(str(item.entry.get("group", "")))
        if second:
            assumed.append(Fault("warning", "proposal.second", item.role, item.file))
            continue
        chosen[item.role].append(item)
        said = "、".join(_said(key, value) for key, value in item.entry.items() if key != "file")
        assumed.append(Fault("note", f"proposal.is.{item.role}", item.role, item.file, str(item.entry.get("sheet", "")), value=said))
    return chosen


def _said(key: str, value: object) -> str:
    """Return an entry as it stands in county.toml, on one line."""
    if isinstance(value, dict):
        return f"{key} = {{{', '.join(_said(inner, of) for inner, of in value.items())}}}"
    if isinstance(value, list):
        return f"{key} = [{', '.join(_quoted(of) for of in value)}]"
    return f"{key} = {_quoted(value)}"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _is_raster(item: Sniffed) -> bool:
    return PurePosixPath(item.file).suffix.lower() in RASTERS


def _with_names(chosen: dict[str, list[Sniffed]], found: Sequence[Sniffed], assumed: list[Fault]) -> None:
    """Use tables of codes: as names of township outlines that have none, else as townships and villages without positions."""
    for table in (item for item in found if item.role == "names"):
        lengths = {len(code) for code in table.codes}
        outline = next((item for item in chosen["townships"] if item.codes and set(item.codes) <= set(table.codes)), None)
        if outline is not None:
            outline.entry["names"] = table.file
            role = "names"
        else:
            role = {9: "townships", 12: "villages"}.get(max(lengths, default=0), "townships" if not table.codes else "")
            if not role or chosen[role]:
                assumed.append(Fault("warning", "proposal.unused", "", table.file))
                continue
            chosen[role].append(table)
        assumed.append(Fault("note", f"proposal.is.{role}", role, table.file))


def _with_datums(folder: Path, chosen: dict[str, list[Sniffed]], stated: str, assumed: list[Fault]) -> None:
    """State a datum wherever the file does not prove it: the person's answer, or a guess with its evidence."""
    ground = ground_of_streets(folder, chosen["streets"], assumed)
    for role in ("population", "county", "townships", "villages", *_MANY):
        for item in chosen[role]:
            if not len(item.lon) or _is_raster(item):
                continue
            if stated:
                item.entry["datum"] = stated
                assumed.append(Fault("note", "proposal.datum_stated", role, item.file, field="datum", value=stated))
                continue
            guess = guess_datum(item, ground)
            item.entry["datum"] = guess.datum
            severity: Severity = "note" if guess.evidence in {"streets", "outside_china"} else "warning"
            values = {"best": f"{guess.best:.0f}", "other": f"{guess.other:.0f}"}
            assumed.append(Fault(severity, f"proposal.datum_{guess.evidence}", role, item.file, field="datum", value=guess.datum, values=values))
            if guess.swapped:
                _turn(item, role, assumed)
        if role == "population":
            ground = with_people(folder, chosen[role], ground)


def _turn(item: Sniffed, role: str, assumed: list[Fault]) -> None:
    """State that the columns of a table are the wrong way round; a file of shapes cannot state it."""
    if len(item.heads) == 2:
        item.entry["columns"] = {**item.entry.get("columns", {}), "lon": item.heads[1], "lat": item.heads[0]}
    elif item.heads:
        item.entry["columns"] = {**item.entry.get("columns", {}), "latlon": item.heads[0]}
    assumed.append(Fault("warning", "proposal.turned", role, item.file, field="columns"))


def _document(name: str, chosen: dict[str, list[Sniffed]]) -> dict[str, Any]:
    document: dict[str, Any] = {"format": 1, "name": name}
    codes = chosen["county"][0].codes if chosen["county"] else ()
    if len(codes) == 1 and codes[0].isdigit():
        document["code"] = codes[0]
    if any(item.file.lower().endswith((".pbf", ".osm")) for item in chosen["streets"]):
        document["attribution"] = [_OSM]
    for role in ("population", *_MANY):
        if chosen[role]:
            document[role] = [item.entry for item in chosen[role]]
    if chosen["streets"]:
        document["streets"] = chosen["streets"][0].entry
    outlines = {role: chosen[role][0].entry for role in ("county", "townships", "villages") if chosen[role]}
    if outlines:
        document["outlines"] = outlines
    return document


def _note_lacking(chosen: dict[str, list[Sniffed]], assumed: list[Fault]) -> None:
    lacking = [role for role in ("population", "streets") if not chosen[role]]
    assumed.extend(Fault("error", f"proposal.no_{role}", role) for role in lacking)
    assumed.extend(Fault("warning", "proposal.exclusion", "exclusions", item.file) for item in chosen["exclusions"])
    if not chosen["facilities"]:
        assumed.append(Fault("warning", "proposal.no_facilities", "facilities"))


def _with_plan(document: dict[str, Any], chosen: dict[str, list[Sniffed]], assumed: list[Fault]) -> None:
    """Add one task to begin with: the first type whose people are counted and whose norm gives a reach."""
    columns = [group for item in chosen["population"] for group in ([item.entry["group"]] if _is_raster(item) else item.entry.get("columns", {}))]
    groups = demand_groups(columns, {})
    for kind in sorted(facility_types().values(), key=lambda kind: _ORDER.index(kind.domain)):
        reach = kind.reach
        if reach is not None and kind.demand_group in groups:
            origin = {"origin": "file"} if chosen["candidates"] else {"origin": "streets"}
            task = {"key": kind.key, "title": f"{kind.name_zh}布局", "type": kind.key, "requirement": reach.id, "sites": 5, "candidates": origin}
            document["plan"] = [task]
            assumed.append(Fault("warning", "proposal.plan", "plan", value=kind.name_zh, values={"sites": 5}))
            return


def _head(assumed: Sequence[Fault]) -> str:
    lines = [texts.say("proposal.head")] + [f"{fault.say()}{fault.repair()}" for fault in assumed]
    return "".join(f"# {line}\n" for line in lines) + "\n"
