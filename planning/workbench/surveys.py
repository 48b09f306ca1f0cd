"""What is known of a county's ledgers, also where the county cannot be opened because of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from layers.county import County, FacilityLedger, OutlineFiles
from layers.errors import Cancelled, Fault, PlanningError
from layers.facts import RowCount
from layers.history import digest
from layers.probation.trial import read_county, try_county
from layers.progress import Progress, silent
from layers.readers import read_county_toml
from layers.readers.county import county_crs
from layers.readers.facilities import read_facilities
from layers.readers.ledger_sheets import ALL
from layers.readers.marks import MARKS
from layers.readers.outlines import read_outlines
from layers.readers.trace import Seen
from planning.workbench.bench import Workbench
from planning.workbench.checks import all_findings
from planning.workbench.street_checks import street_check

ASSUMED = "WGS84"
"""What a table of unstated datum is read as, only to judge what it is."""


@dataclass(frozen=True)
class Survey:
    """The ledgers of a county as they were read.

    Attributes
    ----------
    folder : Path
    county : County
        As county.toml states it.
    inputs : mapping
        sha256 by file, county.toml among them: what a save is told was read.
    faults, rows : tuple
        As of :class:`layers.facts.Facts`.
    seen : Seen
        What rows with findings say, and how each datum was judged.
    broken : mapping
        Why a ledger cannot be read, by its place in county.toml.
    unstated : frozenset of int
        Ledgers whose datum nobody has stated; they are among the broken.
    failure : PlanningError or None
        Why the county cannot be opened, where it cannot.
    """

    folder: Path
    county: County
    inputs: Mapping[str, str]
    faults: tuple[Fault, ...]
    rows: tuple[RowCount, ...]
    seen: Seen
    broken: Mapping[int, PlanningError] = field(default_factory=dict)
    unstated: frozenset[int] = frozenset()
    failure: PlanningError | None = None

    @property
    def serious(self) -> int:
        """Number of errors and warnings, and of ledgers that cannot be read."""
        return sum(fault.severity != "note" for fault in self.faults) + len(self.broken)

    def faults_of(self, ledger: int) -> tuple[Fault, ...]:
        """Return the findings of a ledger."""
        spec = self.county.facilities[ledger]
        alone = sum(other.file == spec.file for other in self.county.facilities) == 1
        mine = alone or spec.sheet == ALL
        found = [fault for fault in self.faults if fault.layer == "facilities" and fault.file == spec.file]
        return tuple(fault for fault in found if mine or fault.sheet in {spec.sheet or "", ""})

    def count_of(self, ledger: int, *severities: str) -> int:
        """Return the number of findings of a ledger with these severities; of errors and warnings where none is named."""
        return sum(fault.severity in (severities or ("error", "warning")) for fault in self.faults_of(ledger))

    def rows_of(self, ledger: int) -> RowCount:
        """Return rows read, kept and left out of a ledger, over its sheets; none where it cannot be read."""
        spec = self.county.facilities[ledger]
        counts = [row for row in self.rows if row.file == spec.file and (spec.sheet == ALL or row.sheet == (spec.sheet or ""))]
        sums = [sum(getattr(row, name) for row in counts) for name in ("read", "kept", "excluded")]
        return RowCount("facilities", spec.file, "", *sums)


def survey_of(bench: Workbench) -> Survey:
    """Return what is known of the ledgers of a county that is open."""
    facts = bench.facts
    faults = all_findings(facts, bench.faults, street_check(bench))
    return Survey(facts.folder, facts.county, facts.inputs, faults, facts.rows, bench.seen)


def survey_folder(folder: Path, *, progress: Progress = silent) -> Survey:
    """Read a county that cannot be opened: each ledger by itself, and the rest with those that can be read.

    Raises
    ------
    PlanningError
        When county.toml itself cannot be read, or a file could not be tried to its end.
    """
    known = digest((folder / "county.toml").read_bytes()) if (folder / "county.toml").is_file() else ""
    county = read_county_toml(folder)
    try_county(folder, progress=progress)
    usable: list[FacilityLedger] = []
    broken: dict[int, PlanningError] = {}
    for number, spec in enumerate(county.facilities):
        progress("stage.read.facilities", number, len(county.facilities))
        error = _error_of(folder, county, spec)
        if error is not None:
            broken[number] = error
        if error is None or error.code == "datum.unstated":
            usable.append(spec if error is None else spec.model_copy(update={"datum": ASSUMED}))
    unstated = frozenset(number for number, error in broken.items() if error.code == "datum.unstated")
    seen = Seen()
    inputs = {"county.toml": known} | _digests(folder, county)
    try:
        facts = read_county(folder, cached=True, progress=progress, seen=seen, county=county.model_copy(update={"facilities": tuple(usable)}))
    except Cancelled:
        raise
    except PlanningError as error:
        return Survey(folder, county, inputs, error.faults, (), seen, broken, unstated, error)
    failure = next(iter(broken.values()), None)
    return Survey(folder, county, inputs, facts.faults, facts.rows, seen, broken, unstated, failure)


def _error_of(folder: Path, county: County, spec: FacilityLedger) -> PlanningError | None:
    """Return why a ledger cannot be read, None where it can; findings in its rows are no reason."""
    try:
        alone = county.model_copy(update={"facilities": (spec,), "outlines": OutlineFiles()})
        crs = county_crs(folder, county)
        outlines, _ = read_outlines(folder, alone, crs)
        read_facilities(folder, alone, outlines, crs)
    except PlanningError as error:
        return error
    return None


def _digests(folder: Path, county: County) -> dict[str, str]:
    found = {}
    for file in (*(spec.file for spec in county.facilities), MARKS):
        path = folder / PurePosixPath(file)
        if path.is_file():
            found[file] = digest(path.read_bytes())
    return found


@dataclass(frozen=True)
class FileLine:
    """A file or sheet in the list of files: findings by severity, and rows read, kept and left out; None where no rows are counted."""

    layer: str
    file: str
    sheet: str
    errors: int
    warnings: int
    notes: int
    read: int | None = None
    kept: int | None = None
    excluded: int | None = None


def file_lines(survey: Survey) -> tuple[FileLine, ...]:
    """Return every file and sheet whose rows were counted, and those with findings besides."""
    counted = {(row.layer, row.file, row.sheet): row for row in survey.rows}
    broken = [("facilities", survey.county.facilities[ledger].file, survey.county.facilities[ledger].sheet or "") for ledger in survey.broken]
    places = dict.fromkeys([*counted, *broken, *((fault.layer, fault.file, fault.sheet) for fault in survey.faults)])
    return tuple(_line(survey, place, counted.get(place)) for place in places if place in counted or place in broken or _has(survey, place))


def _has(survey: Survey, place: tuple[str, str, str]) -> bool:
    return any(fault.severity != "note" for fault in survey.faults if (fault.layer, fault.file, fault.sheet) == place)


def _line(survey: Survey, place: tuple[str, str, str], row: RowCount | None) -> FileLine:
    here = [fault.severity for fault in survey.faults if (fault.layer, fault.file, fault.sheet) == place]
    counts = [here.count(severity) for severity in ("error", "warning", "note")]
    return FileLine(*place, *counts, *((None, None, None) if row is None else (row.read, row.kept, row.excluded)))
