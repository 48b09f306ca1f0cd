"""The one step that needs the internet: streets of an area from OpenStreetMap, by osmnx, into a file that is read like any other.

Nothing else in Buju downloads; an office without internet carries a file in.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import shapely

from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.readers.streets.rules import TAGS
from layers.saving import write_whole

SERVER = "https://overpass-api.de/api"


def download_streets(area: shapely.Polygon | shapely.MultiPolygon, path: Path, *, server: str = SERVER, progress: Progress = silent) -> None:
    """Download all streets of an area into a GraphML file, every point kept, nothing filtered: rules are applied when it is read.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        WGS 84 degrees.
    path : Path
        File to write, ``*.graphml``.
    server : str
        Address of an Overpass API.
    progress : Progress
        Called with the stage ``stage.download``.

    Raises
    ------
    PlanningError
        ``download.failed`` when the server cannot be reached or refuses, ``download.empty`` when the area has no streets.

    Notes
    -----
    osmnx turns ``oneway = reversible`` into two-way; an extract as .osm.pbf keeps it.
    """
    import osmnx  # slow to import, and used here only

    progress("stage.download", 0, 1)
    with _settings(osmnx.settings, server), tempfile.TemporaryDirectory() as folder:
        try:
            graph = osmnx.graph_from_polygon(area, simplify=False, retain_all=True, truncate_by_edge=True, custom_filter='["highway"]')
        except (OSError, KeyError) as error:  # what requests raises is an OSError; an error in JSON has no elements
            raise PlanningError("download.failed", server=server, reason=str(error)) from error
        except ValueError as error:  # osmnx: status code, or nothing found
            code = "download.failed" if "respond" in str(error) else "download.empty"
            raise PlanningError(code, server=server, reason=str(error)) from error
        made = Path(folder) / "streets.graphml"
        osmnx.save_graphml(graph, made)
        write_whole(path, made.read_bytes())
    progress("stage.download", 1, 1)


@contextmanager
def _settings(settings: Any, server: str) -> Iterator[None]:  # noqa: ANN401 (a module)
    """Set osmnx's global settings for a while: all tags of the rules, no cache folder in the working directory."""
    wanted = {
        "overpass_url": server,
        "overpass_rate_limit": server == SERVER,
        "use_cache": False,
        "useful_tags_way": sorted({*settings.useful_tags_way, *TAGS}),
    }
    before = {name: getattr(settings, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
