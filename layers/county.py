"""The schema of ``county.toml``: which file is which layer, and how the county is measured.

Unknown keys are refused. ``docs/county.md`` is generated from the descriptions below.
"""

from __future__ import annotations

import os
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from layers.consolidation import ConsolidationTask
from layers.keys import Frozen as _Frozen
from layers.keys import Text
from layers.tasks import PlanTask
from layers.texts import Language, say
from layers.types import LOCAL, FacilityType, Requirement, facility_types

FORMAT: Final = 1
Datum = Annotated[str, Field(pattern=r"^(WGS84|CGCS2000|GCJ-02|BD-09|EPSG:\d{4,5}|file)$")]
Kmh = Annotated[float, Field(gt=0, le=150)]
Changes = dict[str, dict[str, dict[str, Any]]]


class _Layer(_Frozen):
    file: Text = Field(description="Path inside the county's folder, with forward slashes.")
    datum: Datum = Field(
        default="file",
        description="Datum of the coordinates: WGS84, CGCS2000, GCJ-02 (Amap, Tencent), BD-09 (Baidu), EPSG:n, or `file` where the file itself says.",
    )
    encoding: str | None = Field(default=None, description="Text encoding of csv, shp and dbf files; utf-8 when absent.")


class FacilityLedger(_Layer):
    """A ledger of facilities (设施台账)."""

    sheet: str | None = Field(default=None, description="Sheet of a workbook; `*`: all sheets; the first when absent.")
    header_row: int | None = Field(default=None, ge=1, description="Row of the column heads, as Excel counts; found when absent.")
    type: str | None = Field(default=None, description="Facility type of all rows; absent when a column says.")
    columns: dict[str, str] = Field(
        default={}, description="Column heads by field (name, type, lon, lat, capacity, …) where aliases do not suffice; empty: not used."
    )


class PopulationFile(_Layer):
    """People by group: one band of a GeoTIFF, or columns of a polygon or point file."""

    group: str | None = Field(default=None, description="Group of a GeoTIFF's band, such as `60_64` or `80_plus`.")
    band: int = Field(default=1, ge=1, description="Band of the GeoTIFF.")
    columns: dict[str, str] = Field(default={}, description="Columns of a table by group, and `lon`, `lat`, `cell` where aliases do not suffice.")
    cell_m: float | None = Field(default=None, gt=0, description="Cell size in m of a point file, for drawing.")


class AgeTable(_Frozen):
    """People of each township by age group, from which groups that the cells do not count are estimated; docs/population.md says how."""

    file: Text = Field(description="Path inside the county's folder, with forward slashes: a csv or xlsx table, one row per township.")
    encoding: str | None = Field(default=None, description="Text encoding of a csv file; utf-8 when absent.")
    sheet: str | None = Field(default=None, description="Sheet of a workbook; the first when absent.")
    header_row: int = Field(default=1, ge=1, description="Row of the column heads, as Excel counts.")
    groups: tuple[Text, ...] = Field(min_length=1, description="Groups to be estimated in each cell, such as `0_17`, `60_64` or `80_plus`.")
    columns: dict[str, str] = Field(
        default={}, description="Column heads by age group (`0_4`, `85_plus`), and `township`, where they are not written like 0-4岁 or 85岁及以上."
    )


class StreetClass(_Frozen):
    """How a class of street (OpenStreetMap `highway`) is used where it differs from docs/travel.md; what is absent stays as there."""

    walk: bool | None = Field(default=None, description="Whether it is walked.")
    drive: bool | None = Field(default=None, description="Whether it is driven.")
    kmh: Kmh | None = Field(default=None, description="Driving speed in km/h where no maxspeed is given; of `ferry` the speed of the boat.")


class Elevation(_Layer):
    """Elevation in metres, a GeoTIFF: walking takes longer uphill."""

    smooth_m: float = Field(default=50.0, ge=0, le=1000, description="Width over which elevation is averaged before slopes are taken, in m.")
    max_slope: float = Field(default=0.35, gt=0, le=1, description="Steepest slope a street can have; what is steeper is noise of the raster.")


class Streets(_Layer):
    """The street file, who may use which street, and how fast."""

    walkable: Literal["classes", "all"] = Field(default="classes", description="`all`: every class of the file may be walked.")
    speeds_kmh: dict[str, Kmh] = Field(default={}, description="Driving speed by highway class where it differs; the class is then driven.")
    default_class: str = Field(default="unclassified", description="Class of streets that name none.")
    classes: dict[str, StreetClass] = Field(default={}, description="Use of single classes, such as `[streets.classes.track]`.")
    surfaces: dict[str, Kmh] = Field(
        default={},
        description="Highest driving speed by `surface`, `smoothness` or `tracktype` where it differs from docs/travel.md; 150 takes it away.",
    )
    closed: tuple[Text, ...] = Field(
        default=("no", "private", "use_sidepath", "agricultural", "forestry", "military", "emergency"),
        description="Values of the access tags that close a street.",
    )
    stairs: bool = Field(default=True, description="Whether stairs are walked; false for wheelchairs and prams.")
    stairs_speed: float = Field(default=0.5, gt=0, le=1, description="Part of the walking speed that is left on stairs.")
    ferries: Literal["none", "walk", "all"] = Field(default="none", description="Whether ferries carry nobody, walkers, or vehicles as well.")
    construction: bool = Field(default=False, description="Whether streets under construction count as what they will be.")
    elevation: Elevation | None = Field(default=None, description="Elevation for the slope of streets; all are level when absent.")


class Outline(_Layer):
    """An outline file: polygons of the county or its townships, or villages as points."""

    columns: dict[str, str] = Field(default={}, description="Column heads by field (code, name, township, lon, lat).")
    names: str | None = Field(default=None, description="Table (csv) of codes and names, where the outline has codes only.")


class OutlineFiles(_Frozen):
    """Outlines of the county, its townships and villages; each may be absent."""

    county: Outline | None = Field(default=None, description="Polygon of the county; people outside are counted apart.")
    townships: Outline | None = Field(default=None, description="Polygons of the townships, or a csv of codes and names.")
    villages: Outline | None = Field(default=None, description="Villages as points, or a csv of codes and names.")


class ExclusionFile(_Layer):
    """Areas where types of facility must not or should not stand."""

    kind: Literal["exclude", "avoid", "prefer"] = Field(default="exclude", description="Nothing may, should not, or should stand there.")
    domains: tuple[Literal["elder", "child", "burial", "community"], ...] = Field(
        default=("elder", "child", "burial", "community"), description="Domains of facilities the areas hold for."
    )
    rule: str = Field(default="", description="Id of the siting rule the areas come from.")
    buffer_m: float = Field(default=0.0, ge=0, description="Distance kept from the areas, in m.")
    columns: dict[str, str] = Field(default={}, description="Column heads by field (name, rule, kind, domains, buffer_m).")


class CandidateFile(_Layer):
    """Places where a site could be opened."""

    types: tuple[str, ...] = Field(default=(), description="Facility types the places are meant for; empty: all.")
    columns: dict[str, str] = Field(default={}, description="Column heads by field (id, name, township, types, lon, lat).")


class CostFile(_Frozen):
    """A table of travel costs (origin, site, cost) that stands in for the search: buses, ferries, a bureau's own survey."""

    file: Text = Field(description="Path inside the county's folder, with forward slashes: a csv or xlsx table, one row per origin and site.")
    encoding: str | None = Field(default=None, description="Text encoding of a csv file; utf-8 when absent.")
    sheet: str | None = Field(default=None, description="Sheet of a workbook; the first when absent.")
    header_row: int = Field(default=1, ge=1, description="Row of the column heads, as Excel counts.")
    mode: Literal["walk", "drive"] = Field(description="Standards of this mode are measured by the table.")
    unit: Literal["m", "km", "s", "min"] = Field(
        description="Unit of the costs. Metres stand in for standards by distance, times for standards by time."
    )
    origins: Literal["cells", "villages", "townships"] = Field(
        default="villages",
        description="What origins name: cells of the population by number, or villages or townships by code or name, for all their cells.",
    )
    absent: Literal["search", "unreachable"] = Field(
        default="search",
        description="What a pair of origin and listed site means that the table lacks: the way along the streets counts, or the trip cannot be made.",
    )
    columns: dict[str, str] = Field(default={}, description="Column heads by field (origin, site, cost) where aliases do not suffice.")


class Travel(_Frozen):
    """How trips are measured."""

    snap_m: float = Field(default=500.0, gt=0, description="Farthest way to the nearest usable street, in m.")
    walk_speed_mps: float = Field(default=1.0, gt=0, le=3, description="Walking speed in m/s, also of the way to the street.")
    components: Literal["main", "all"] = Field(default="main", description="`main`: only the largest connected part of the streets is used.")
    threads: int | None = Field(
        default=None, ge=1, le=64, description="Searches that run at the same time; the number of cores, at most 4, when absent."
    )
    memory_mb: int = Field(default=1000, ge=1, description="Travel costs beyond this many MB are kept on disk and not in memory.")
    cache_mb: int = Field(default=5000, ge=0, description="Size of the folder `.cache`; what was used longest ago leaves. 0: nothing is kept there.")

    @property
    def searches(self) -> int:
        """Searches that run at the same time."""
        return self.threads or min(4, os.cpu_count() or 1)

    @property
    def rules(self) -> dict[str, Any]:
        """What results depend on: everything but how this computer works."""
        return self.model_dump(mode="json", exclude={"threads", "memory_mb", "cache_mb"})


class County(_Frozen):
    """A county's folder as ``county.toml`` describes it."""

    format: Literal[1] = Field(default=FORMAT, description="Version of this format.")
    name: Text = Field(description="Name of the county in Chinese.")
    name_en: str = Field(default="", description="Name in English.")
    code: str = Field(default="", pattern=r"^\d*$", description="Six-digit code, as text.")
    fictional: bool = Field(default=False, description="True for generated counties: every output says so.")
    metric_crs: str = Field(default="auto", pattern=r"^(auto|EPSG:\d{4,5})$", description="`auto`: CGCS2000 3° Gauss-Krüger in China, UTM elsewhere.")
    attribution: tuple[str, ...] = Field(default=(), description="Data sources named on every output.")
    compiled_by: str = Field(default="", description="编制单位.")
    facilities: tuple[FacilityLedger, ...] = Field(default=(), description="Ledgers of facilities.")
    population: tuple[PopulationFile, ...] = Field(min_length=1, description="People by group.")
    streets: Streets = Field(description="The street file.")
    outlines: OutlineFiles = Field(default=OutlineFiles(), description="Outlines of the county, its townships and villages.")
    exclusions: tuple[ExclusionFile, ...] = Field(default=(), description="Areas where types of facility must not or should not stand.")
    candidates: tuple[CandidateFile, ...] = Field(default=(), description="Places where a site could be opened.")
    demand_groups: dict[str, tuple[str, ...]] = Field(default={}, description="Demand groups (elders, residents, minors) as columns of people.")
    population_totals: str | None = Field(default=None, description="Table (csv: township, people) that the grid is scaled to.")
    population_ages: AgeTable | None = Field(default=None, description="Table of people by township and age, for groups that the cells do not count.")
    travel: Travel = Field(default=Travel(), description="How trips are measured.")
    costs: tuple[CostFile, ...] = Field(
        default=(), description="Tables of travel costs that stand in for the search; where two tell the same pair, the later one counts."
    )
    standards: Changes = Field(
        default={},
        description="Changed fields of requirements: [standards.<type>.<requirement id>]. A changed requirement is shown with the source `LOCAL` "
        "before the one it departs from, and as to be confirmed, unless `source` and `confidence` are stated.",
    )
    scenario: str | None = Field(
        default=None,
        description="Scenario file (without .toml) that plan tasks start from unless they name their own; the present state when absent.",
    )
    plan: tuple[PlanTask, ...] = Field(default=(), description="Questions the plan answers.")
    consolidate: tuple[ConsolidationTask, ...] = Field(default=(), description="Consolidations of homes that the plan answers.")

    def sources(self, lang: Language = "zh") -> tuple[str, ...]:
        """Return the data sources that every output names: ``attribution``, and the tables of travel costs that stand in for the search."""
        return (*self.attribution, *self.imported(lang))

    def imported(self, lang: Language = "zh") -> tuple[str, ...]:
        """Return one sentence for each mode and unit in which tables of travel costs stand in for the search."""
        files: dict[tuple[str, str], list[str]] = {}
        for table in self.costs:
            files.setdefault((table.mode, table.unit), []).append(table.file)
        return tuple(
            say("costs.source", lang, mode=say(f"costs.mode.{mode}", lang), unit=unit, files="、".join(named))
            for (mode, unit), named in files.items()
        )

    def type(self, key: str, *changes: Changes) -> FacilityType:
        """Return a facility type as this county (and then a scenario) measures it.

        Parameters
        ----------
        key : str
            Facility type.
        *changes : mapping
            Further changes in the form of ``standards``, the last one wins.

        Raises
        ------
        ValueError
            When the type, the requirement or a field is unknown.
        """
        kind = facility_types()[key]
        for change in (self.standards, *changes):
            kind = _changed(kind, change.get(key, {}))
        return kind


def _changed(kind: FacilityType, changes: dict[str, dict[str, Any]]) -> FacilityType:
    unknown = set(changes) - {item.id for item in kind.requirements}
    if unknown:
        raise ValueError(f"{kind.key} has no requirement {sorted(unknown)}")
    changed = [type(item).model_validate({**item.model_dump(), **_own(item, changes.get(item.id, {}))}) for item in kind.requirements]
    return kind.model_copy(update={"requirements": tuple(changed)})


def _own(item: Requirement, change: dict[str, Any]) -> dict[str, Any]:
    """Return a change with its source: the county's or scenario's own, before what it departs from; to be confirmed unless it says how sure it is."""
    if not any(change[field] != getattr(item, field, None) for field in change):
        return change
    source = tuple(dict.fromkeys((LOCAL, *item.source)))
    return {"source": source, "confidence": "L", **change}
