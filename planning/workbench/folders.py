"""County folders: made from a generated demo or from a person's files, and remembered."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from layers.county import County
from layers.demo import write_demo
from layers.errors import PlanningError
from layers.history import ABSENT, Document
from layers.probation.trial import outline_in_degrees, propose_county, vouch
from layers.progress import Progress, silent
from layers.readers import parse_county_toml, read_county_toml
from layers.readers.download import SERVER, download_streets
from layers.readers.marks import MARKS
from layers.readers.proposal import CountyProposal
from layers.saving import refused, write_whole
from layers.texts import say

RECENT_KEPT = 12
BEYOND_BORDER_DEGREES = 0.03
"""Streets are downloaded about 3 km beyond the border: the shortest way may leave the county."""


def make_demo(folder: Path, *, seed: int = 1, cells: int = 8000, dirty: bool = False, progress: Progress = silent) -> Path:
    """Write a generated, fictional county into a new or empty folder; a ``dirty`` one has faults, which ``planted.csv`` lists.

    Raises
    ------
    PlanningError
        When the folder already holds something.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise PlanningError("workbench.folder_not_empty", folder=folder)
    write_demo(folder, seed=seed, cells=cells, dirty=dirty, progress=progress)
    vouch(folder)
    return folder


def init_county(folder: Path, **answers: object) -> CountyProposal:
    """Propose a county.toml for the files in ``folder/layers`` and write it.

    Raises
    ------
    PlanningError
        When there is a county.toml already, no file is recognised, or there is no population or no street file.
    """
    if (folder / "county.toml").exists():
        raise PlanningError("workbench.county_exists", folder=folder)
    proposal = propose_county(folder, **answers)
    lacking = [fault for fault in proposal.assumptions if fault.severity == "error"]
    if lacking:
        layers = "、".join(say(f"layer.{fault.layer}") for fault in lacking)
        layers_en = ", ".join(say(f"layer.{fault.layer}", "en") for fault in lacking)
        raise PlanningError("workbench.lacking", faults=lacking, folder=folder, layers=layers, layers_en=layers_en)
    write_county_toml(folder, proposal.text, known=ABSENT)
    return proposal


def init_from_uploads(folder: Path, files: Mapping[str, bytes], **answers: object) -> CountyProposal:
    """Write uploaded files to ``folder/layers`` and propose a county.toml for them.

    Raises
    ------
    PlanningError
        When a file name is not a plain name, a file would be overwritten, or none is recognised.
    """
    if (folder / "county.toml").exists():
        raise PlanningError("workbench.county_exists", folder=folder)
    layers = folder / "layers"
    for name in files:
        if PurePosixPath(name.replace("\\", "/")).name != name or name.startswith("."):
            raise PlanningError("workbench.bad_name", name=name)
        if (layers / name).exists():
            raise PlanningError("workbench.file_exists", file=layers / name)
    try:
        layers.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(layers, error) from error
    for name, content in files.items():
        write_whole(layers / name, content)
    return init_county(folder, **answers)


def write_county_toml(folder: Path, text: str, *, known: str | None) -> County:
    """Save a county.toml after the schema has accepted it, whole or not at all, and keep every version.

    Parameters
    ----------
    folder : Path
    text : str
    known : str or None
        :func:`layers.history.digest` of the text that was read before it was changed, empty where there was none; None: whatever stands there is
        replaced knowingly.

    Raises
    ------
    PlanningError
        When the text is not a valid county.toml, or somebody else has saved it since; the file that stood there stays.
    """
    content = text.encode("utf-8")
    county = parse_county_toml(content, folder)
    Document(folder / "county.toml").save(content, known=known)
    return county


def documents(folder: Path) -> dict[str, Document]:
    """Return the documents of a county that people edit, by name: ``county.toml``, ``checked.toml``, ledgers, and scenarios without suffix."""
    found = {"county.toml": Document(folder / "county.toml")}
    kept = [folder / MARKS, *(folder / "layers" / path.name for path in sorted((folder / "layers" / ".history").glob("*.*")))]
    found |= {path.relative_to(folder).as_posix(): Document(path) for path in kept if Document(path).versions()}
    scenarios = folder / "scenarios"
    names = {path.stem for path in scenarios.glob("*.toml")} | {path.stem for path in (scenarios / ".history").glob("*.toml")}
    return found | {name: Document(scenarios / f"{name}.toml") for name in sorted(names)}


def document(folder: Path, name: str) -> Document:
    """Return a document of a county by its name.

    Raises
    ------
    PlanningError
        When the county has none of that name.
    """
    known = documents(folder)
    if name not in known:
        raise PlanningError("workbench.no_document", name=name, known="、".join(known))
    return known[name]


def fetch_streets(folder: Path, *, server: str = "", progress: Progress = silent) -> Path:
    """Download the county's streets from OpenStreetMap into the file that county.toml lists: the one step that needs the internet.

    Parameters
    ----------
    folder : Path
        A county's folder; its county.toml lists an outline, and a ``.graphml`` file for the streets.
    server : str
        Address of an Overpass API; the public one when empty.
    progress : Progress

    Raises
    ------
    PlanningError
        When the file stands already or is no ``.graphml``, there is no outline, or the server does not answer.
    """
    county = read_county_toml(folder)
    path = folder / county.streets.file
    if path.suffix.lower() != ".graphml":
        raise PlanningError("download.no_graphml", file=county.streets.file)
    if path.exists():
        raise PlanningError("workbench.file_exists", file=path)
    area = outline_in_degrees(folder, county).buffer(BEYOND_BORDER_DEGREES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(path, error) from error
    download_streets(area, path, server=server or SERVER, progress=progress)
    return path


def recent_counties() -> list[tuple[Path, str]]:
    """Return the county folders opened lately that still exist, newest first, with the counties' names."""
    try:
        entries = json.loads(_recent_file().read_text("utf-8"))
        known = [(Path(entry["folder"]), str(entry["name"])) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError):
        return []
    return [(folder, name) for folder, name in known if (folder / "county.toml").is_file()]


def remember(folder: Path, name: str) -> None:
    """Put a county at the head of the recent ones; a list that cannot be written is not worth an error."""
    folder = folder.resolve()
    others = [entry for entry in recent_counties() if entry[0] != folder]
    entries = [{"folder": str(path), "name": title} for path, title in [(folder, name), *others][:RECENT_KEPT]]
    file = _recent_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(entries, ensure_ascii=False, indent=1).encode("utf-8"))
    except (OSError, PlanningError):
        return


def _recent_file() -> Path:
    named = os.environ.get("BUJU_RECENT")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", Path.home()))
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))
    return base / "buju" / "recent.json"
