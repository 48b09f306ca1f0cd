"""Everything of a run, written into one folder: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from layers.progress import Progress, silent
from planning.publish import run_record
from planning.publish.run_record import Run
from planning.publish.sheet import Sheet
from planning.publish.writing import staged

RECORD = "run.toml"
PARTS = 4


def export(
    sheets: Mapping[str, Sheet], folder: Path, run: Run, *, made: Callable[[], Mapping[str, object]] | None = None, progress: Progress = silent
) -> list[Path]:
    """Write plates, maps, tables and GeoPackages of a run, with its record.

    Parameters
    ----------
    sheets : mapping of stem to Sheet
        Files are named ``<stem>.pdf``, ``.svg``, ``.png``, ``.html``, ``.xlsx`` and ``.gpkg``.
    folder : Path
        Made when absent; nothing is written to it before every file is complete.
    run : Run
    made : callable, optional
        Asked at the very end for what differs between runs of the same inputs (durations, time of day).
    progress : Progress

    Returns
    -------
    list of Path

    Raises
    ------
    PlanningError
        When the folder cannot be written or a file is held by another program; Cancelled when ``progress`` raises it, and nothing is written.
    """
    total = PARTS * len(sheets)
    with staged(folder) as stage:
        for number, (stem, sheet) in enumerate(sheets.items()):
            progress("stage.publish", PARTS * number, total)
            for part, contents in enumerate(_parts(sheet), start=1):
                for suffix, content in contents.items():
                    (stage / f"{stem}.{suffix}").write_bytes(content)
                progress("stage.publish", PARTS * number + part, total)
        outputs = run_record.hashes(stage)
        (stage / RECORD).write_bytes(run_record.content(run, outputs=outputs, made=made() if made else None))
    return [folder / name for name in (*outputs, RECORD)]


def _parts(sheet: Sheet) -> Iterator[Mapping[str, bytes]]:
    from planning.publish import geopackage, html_map, plate, tables

    yield {str(suffix): content for suffix, content in plate.render(sheet).items()}
    yield {"html": html_map.page(sheet)}
    yield {"xlsx": tables.workbook(sheet)}
    yield {"gpkg": geopackage.content(sheet)}
